import CentralPages
import CentralStore
import Foundation
import Hummingbird
import PageSupport

/// `/masuk` and `/keluar`.
struct LoginRoutes: Sendable {
    let sessions: SessionService
    let pages: CentralPages
    let bodyTime: Duration

    private static let wrong = "Nama akun atau kata sandi salah."
    private static let ended = "Sesi Anda sudah berakhir. Silakan masuk lagi."
    private static let tooLate = """
        Kata sandi pertama ini sudah lewat \(FirstPassword.lifetimeDays) hari dan tidak berlaku lagi. \
        Mintalah slip baru kepada bagian kepegawaian atau pengelola hadir.
        """
    private static let oldForm = "Formulir ini sudah tidak berlaku. Silakan coba lagi."

    func add(to routes: some RouterMethods<CentralContext>) {
        routes.get(RouterPath(PagePaths.login)) { request, context in try await show(request, context) }
        routes.post(RouterPath(PagePaths.login)) { request, context in try await signIn(request, context) }
        routes.post(RouterPath(PagePaths.logout)) { request, context in try await signOut(request, context) }
    }

    private func jar(_ request: Request, _ context: CentralContext) -> CookieJar {
        CookieJar(isSecure: sessions.site.isSecure(request, peer: context.address))
    }

    private func show(_ request: Request, _ context: CentralContext) async throws -> Response {
        let next = request.uri.queryParameters["next"].flatMap { PagePaths.local(String($0)) } ?? "/"
        if try await sessions.visitor(from: request, context) != nil { return .redirect(to: next, type: .normal) }
        let jar = jar(request, context)
        let wasSignedIn = jar.has(.session, request)
        var response = form(request, jar, next: next, message: wasSignedIn ? Self.ended : nil)
        if wasSignedIn { jar.clear(.session, &response) }
        return response
    }

    private func signIn(_ request: Request, _ context: CentralContext) async throws -> Response {
        let jar = jar(request, context)
        let fields = try await FormFields.collect(request, within: bodyTime)
        let next = PagePaths.local(fields["next"]) ?? "/"
        // A NIP is often written in groups, and no name has a space.
        let account = fields["account"].filter { !$0.isWhitespace }
        func again(_ message: String, _ status: HTTPResponse.Status, retryAfter: Int? = nil) -> Response {
            var response = form(request, jar, next: next, account: account, message: message, status: status)
            response.headers[.retryAfter] = retryAfter.map { "\($0)" }
            return response
        }
        guard let expected = jar.token(.form, request)?.formToken,
            Secret.areEqual(fields["token"].utf8, expected.utf8)
        else { return again(Self.oldForm, .forbidden) }
        let outcome = try await sessions.signIn(
            SignInRequest(
                account: account, password: fields["password"],
                address: sessions.site.address(request, peer: context.address), browser: jar.token(.browser, request)))
        switch outcome {
        case .signedIn(let session, let browser):
            // Whoever signs in again leaves no session behind that nobody ends.
            if let former = jar.token(.session, request) {
                let person = Actor(
                    name: account, role: "", address: sessions.site.address(request, peer: context.address))
                try await sessions.store.acting(person).endSession(former.hash, at: sessions.now())
            }
            var response = Response.redirect(to: next, type: .normal)
            jar.set(.session, to: session, &response)
            jar.set(.browser, to: browser, for: 400 * 86_400, &response)
            jar.clear(.form, &response)
            return response
        case .refused: return again(Self.wrong, .forbidden)
        case .ended: return again(Self.tooLate, .forbidden)
        case .wait(let seconds):
            let words = Indonesian.span(Double(seconds < 60 ? seconds : (seconds + 59) / 60 * 60))
            return again(
                "Terlalu banyak percobaan. Coba lagi dalam \(words).", .tooManyRequests, retryAfter: seconds)
        case .busy:
            return again("Server sedang sibuk. Coba lagi dalam 5 detik.", .serviceUnavailable, retryAfter: 5)
        }
    }

    /// Kills the session at the centre and in the browser. One that is over already is only cleared away.
    private func signOut(_ request: Request, _ context: CentralContext) async throws -> Response {
        let fields = try await FormFields.collect(request, within: bodyTime)
        if let visitor = try await sessions.visitor(from: request, context) {
            try FormGuard.check(fields["token"], is: visitor.formToken)
            try await sessions.signOut(visitor, from: sessions.site.address(request, peer: context.address))
        }
        var response = Response.redirect(to: PagePaths.login, type: .normal)
        jar(request, context).clear(.session, &response)
        return response
    }

    private func form(
        _ request: Request, _ jar: CookieJar, next: String, account: String = "", message: String? = nil,
        status: HTTPResponse.Status = .ok
    ) -> Response {
        // Kept while there is one: the login may be open in several tabs.
        let kept = jar.token(.form, request)
        let token = kept ?? SecretToken()
        var response = PageAnswers.html(
            pages.login(
                LoginForm(
                    government: sessions.site.configuration.government, formToken: token.formToken,
                    account: AccountName.isValid(account) ? account : "", message: message, next: next)),
            status: status)
        if kept == nil { jar.set(.form, to: token, &response) }
        return response
    }
}
