import CentralPages
import FailPoints
import Foundation
import Hummingbird

/// Lets only signed-in people pass, and whoever came with a first password only to where it is changed.
struct SessionPolicy: RouterMiddleware {
    let sessions: SessionService

    func handle(
        _ request: Request, context: CentralContext, next: (Request, CentralContext) async throws -> Response
    ) async throws -> Response {
        guard let visitor = try await sessions.visitor(from: request, context) else {
            // What a page asks for by itself must not get another page.
            guard !PagePaths.streams.contains(request.uri.path) else {
                throw HTTPError(.unauthorized, message: "not signed in")
            }
            return .redirect(to: PagePaths.login(returningTo: request), type: .normal)
        }
        guard !visitor.mustChangePassword || request.uri.path == PagePaths.password else {
            guard !PagePaths.streams.contains(request.uri.path) else {
                throw HTTPError(.unauthorized, message: "the first password was not changed")
            }
            return .redirect(to: PagePaths.password, type: .normal)
        }
        var context = context
        context.visitor = visitor
        return try await next(request, context)
    }
}

/// Refuses what another site makes a browser send here. Every form carries a token besides (`FormGuard`).
struct OriginPolicy: RouterMiddleware {
    let site: Site

    func handle(
        _ request: Request, context: CentralContext, next: (Request, CentralContext) async throws -> Response
    ) async throws -> Response {
        guard [.get, .head].contains(request.method) || isOwn(request, context) else {
            throw HTTPError(.forbidden, message: "this came from another site")
        }
        return try await next(request, context)
    }

    /// Browsers without `Sec-Fetch-Site` must name our origin; a request with neither comes from none of our pages.
    private func isOwn(_ request: Request, _ context: CentralContext) -> Bool {
        let fetched = request.headers[values: .secFetchSite]
        let origins = request.headers[values: .origin]
        guard fetched.count <= 1, origins.count <= 1 else { return false }
        if let fetched = fetched.first, !["same-origin", "none"].contains(fetched) { return false }
        guard let origin = origins.first, origin != "null" else { return !fetched.isEmpty }
        return site.isOwnOrigin(origin, request, peer: context.address)
    }
}

/// Compares the token in a form with what its page was given.
enum FormGuard {
    /// - Throws: `HTTPError` 403.
    static func check(_ token: String, is expected: String) throws {
        guard Secret.areEqual(token.utf8, expected.utf8) || Sabotage.isOn("forms_unchecked") else {
            throw HTTPError(.forbidden, message: "the form is not of this session")
        }
    }
}

/// The paths of pages, and which of them may follow a login.
enum PagePaths {
    static let login = "/masuk"
    static let logout = "/keluar"
    /// The own password and sessions.
    static let password = "/sandi"
    /// Asked for by scripts.
    static let streams: Set<String> = ["/langsung", "/unduhan/langsung"]

    /// - Returns: `/masuk`, with where to go on where that is one of our pages.
    static func login(returningTo request: Request) -> String {
        guard request.method == .get, let next = local(request.uri.string), next != "/" else { return login }
        let escaped = next.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(["/"]))
        return escaped.map { "\(login)?next=\($0)" } ?? login
    }

    /// `text`, where it is the path of one of our pages, with plain parameters perhaps; never another site.
    static func local(_ text: String) -> String? {
        guard text.utf8.count <= 300 else { return nil }
        let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard let path = parts.first, path.first == "/", isPage(path.dropFirst()) else { return nil }
        let isPlain = parts.dropFirst().allSatisfy { query in
            query.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"): true
                default: "=&_.-%+~".utf8.contains(byte)
                }
            }
        }
        return isPlain ? text : nil
    }

    /// Pages whose first part is neither an area nor one of the network.
    private static let others: Set<String> = ["unit", "layar", "sandi"]

    private static func isPage(_ path: Substring) -> Bool {
        guard !path.isEmpty else { return true }
        let names = path.split(separator: "/", omittingEmptySubsequences: false)
        let isPlain = names.allSatisfy { name in
            !name.isEmpty
                && name.utf8.allSatisfy { byte in
                    "abcdefghijklmnopqrstuvwxyz0123456789-".utf8.contains(byte)
                }
        }
        guard isPlain, let first = names.first.map(String.init) else { return false }
        return PageArea(rawValue: first) != nil || PageName(rawValue: first) != nil || others.contains(first)
    }
}
