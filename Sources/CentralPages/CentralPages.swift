import Foundation
import PageSupport

/// The centre's pages: models in, HTML out. Pure.
package struct CentralPages: Sendable {
    private let templates: PageTemplates

    package init() throws {
        templates = try PageTemplates([
            "login": PackageResources.login_mustache,
            "message": PackageResources.message_mustache,
            "page": PackageResources.page_mustache,
        ])
    }

    /// A whole page.
    package func page(_ name: PageName, _ overview: Overview, _ coverage: CoverageModel?, _ frame: PageFrame) -> String
    {
        templates.render(
            PageView(government: frame.government, account: frame.account, token: frame.formToken), with: "page")
    }

    /// The parts of a page that change while it is open; `page` contains the same HTML.
    package func sections(
        of name: PageName, _ overview: Overview, _ coverage: CoverageModel?, _ frame: PageFrame
    ) -> [PageSection] { [] }

    package func login(_ form: LoginForm) -> String {
        templates.render(
            LoginView(
                government: form.government, token: form.formToken, account: form.account, message: form.message ?? "",
                next: form.next), with: "login")
    }

    /// A page that says one thing: not found, no permission, busy.
    ///
    /// - Parameter text: in Indonesian; what to do next.
    package func message(title: String, text: String, government: String) -> String {
        templates.render(MessageView(government: government, title: title, text: text), with: "message")
    }

    /// Files that pages ask for, by their name under `/aset/`.
    package static let assets: [PageAsset] = [
        PageAsset(name: "hadir.css", type: "text/css; charset=utf-8", bytes: PackageResources.hadir_css),
        PageAsset(name: "hadir.js", type: "text/javascript; charset=utf-8", bytes: PackageResources.hadir_js),
    ]

    /// Files of Debian packages that pages ask for: their name under `/aset/`, and where the package puts them.
    package static let systemAssets: [SystemAsset] = [
        SystemAsset(
            name: "bootstrap.min.css", type: "text/css; charset=utf-8",
            path: "bootstrap5/css/bootstrap.min.css", package: "libjs-bootstrap5"),
        SystemAsset(
            name: "chart.min.js", type: "text/javascript; charset=utf-8", path: "chart.js/chart.min.js",
            package: "libjs-chart.js"),
    ]
}

package struct PageAsset: Sendable {
    package let name: String
    package let type: String
    package let bytes: [UInt8]
}

package struct SystemAsset: Sendable {
    package let name: String
    package let type: String
    /// Under the folder of JavaScript packages, `/usr/share/javascript` on Debian.
    package let path: String
    package let package: String
}

private struct PageView {
    let government: String
    let account: String
    let token: String
}

private struct LoginView {
    let government: String
    let token: String
    let account: String
    let message: String
    let next: String
}

private struct MessageView {
    let government: String
    let title: String
    let text: String
}
