import Foundation
import PageSupport

/// The centre's pages: models in, HTML out. Pure.
package struct CentralPages: Sendable {
    let templates: PageTemplates

    package init() throws {
        templates = try PageTemplates(Self.sources)
    }

    /// A whole page.
    ///
    /// - Parameter search: what was typed into the page's field; rows without these words are left out.
    package func page(
        _ name: PageName, _ overview: Overview, _ coverage: CoverageModel?, _ frame: PageFrame, search: String = ""
    ) -> String {
        page(PageBody(name, overview, coverage, frame, search: search), frame)
    }

    /// The parts of a page that change while it is open; `page` contains the same HTML.
    package func sections(
        of name: PageName, _ overview: Overview, _ coverage: CoverageModel?, _ frame: PageFrame
    ) -> [PageSection] {
        sections(PageBody(name, overview, coverage, frame))
    }

    func page(_ body: PageBody, _ frame: PageFrame) -> String {
        templates.render(body.view(in: FrameView(body.place, frame)), with: body.template)
    }

    /// The same page, with parts that were made before: a page of many rows is not made anew for each who opens it.
    func page(_ body: PageBody, _ frame: PageFrame, with sections: [PageSection]) -> String {
        var view = body.still
        view["frame"] = FrameView(body.place, frame)
        let html = templates.render(view, with: body.template)
        let made = Dictionary(sections.map { ($0.id, $0.html) }) { first, _ in first }
        // By bytes: by characters it would take longer than all the rest.
        let skeleton = Array(html.utf8)
        let mark = Array("data-section=\"".utf8)
        var page: [UInt8] = []
        page.reserveCapacity(skeleton.count + sections.reduce(0) { $0 + $1.html.utf8.count })
        var rest = skeleton[...]
        // Quotes of texts are escaped: only a template can write this.
        while let quote = rest.firstIndex(of: UInt8(ascii: "\"")) {
            let isMark = rest[...quote].suffix(mark.count).elementsEqual(mark)
            guard isMark, let end = rest[quote...].firstIndex(of: UInt8(ascii: ">")) else {
                page += rest[...quote]
                rest = rest[(quote + 1)...]
                continue
            }
            let id = rest[(quote + 1)..<end].prefix { $0 != UInt8(ascii: "\"") }
            page += rest[...end]
            if let html = made[String(decoding: id, as: UTF8.self)] { page += html.utf8 }
            rest = rest[(end + 1)...]
        }
        page += rest
        return String(decoding: page, as: UTF8.self)
    }

    func sections(_ body: PageBody) -> [PageSection] {
        body.parts.map { part in PageSection(id: part.id, html: templates.render(part.view(), with: part.template)) }
    }

    func render(_ part: PageBody.Part) -> String { templates.render(part.view(), with: part.template) }

    package func board(_ frame: PageFrame) -> String {
        let place = PagePlace(area: .board, path: "/", title: "Dasbor", style: "dasbor")
        return page(PageBody(place, template: "page-board", parts: []), frame)
    }

    package func login(_ form: LoginForm) -> String {
        templates.render(LoginView(form), with: "login")
    }

    /// A page that says one thing: not found, no permission, busy.
    ///
    /// - Parameter text: in Indonesian; what to do next.
    package func message(title: String, text: String, government: String) -> String {
        templates.render(MessageView(government: government, title: title, text: text), with: "message")
    }
}

private struct LoginView {
    let government: String
    let token: String
    let account: String
    let hasAccount: Bool
    let message: String?
    let next: String

    init(_ form: LoginForm) {
        government = name(form.government)
        token = PageText.shown(form.formToken, longest: 512)
        account = PageText.shown(form.account)
        hasAccount = !form.account.isEmpty
        message = form.message.map { PageText.shown($0, longest: 300) }
        next = PageText.shown(form.next, longest: 512)
    }
}

private struct MessageView {
    let government: String
    let title: String
    let text: String

    init(government: String, title: String, text: String) {
        self.government = name(government)
        self.title = PageText.shown(title, longest: 120)
        self.text = PageText.shown(text, longest: 600)
    }
}
