import Attendance
import CentralStore
import Crypto
import Foundation
import Hummingbird
import HummingbirdTesting
import Testing

@testable import CentralServer

@Suite("Signing in and out", .timeLimit(.minutes(1)))
struct AccountsLoginTests {
    @Test("nobody sees a page before the login, and afterwards the one that was asked for")
    func through() async throws {
        try await PagesRig.run { rig, client in
            try await rig.add("siti", role: .admin)
            var browser = Browser(client)
            let first = try await browser.get("/")
            #expect(first.status == .seeOther && first.location == "/masuk" && first.text.isEmpty)
            let login = try await browser.get("/masuk")
            #expect(login.status == .ok && login.alert.isEmpty)
            let done = try await browser.signIn("Siti", next: "/kantor?unit=3")
            #expect(done.status == .seeOther && done.location == "/kantor?unit=3")
            let page = try await browser.get("/")
            #expect(page.status == .ok && page.text.contains("siti") && !page.text.contains("Siti"))
            // Signed in, the login leads on.
            let again = try await browser.get("/masuk?next=%2Fkantor")
            #expect(again.status == .seeOther && again.location == "/kantor")
            #expect(try await browser.send("/", .head).status == .ok)
        }
    }

    @Test("H16 session fixation: a cookie from before the login opens nothing, and each login has another one")
    func fixation() async throws {
        try await PagesRig.run { rig, client in
            try await rig.add("siti")
            let planted = String(repeating: "ab", count: 32)
            var browser = Browser(client)
            browser.cookies = ["hadir": planted, "hadir-browser": planted]
            try await browser.signIn()
            let first = try #require(browser.cookies["hadir"])
            let known = try #require(browser.cookies["hadir-browser"])
            #expect(first != planted && known != planted)
            var thief = Browser(client)
            thief.cookies = ["hadir": planted]
            #expect(try await thief.get("/").status == .seeOther)
            // Again while signed in, by a form that was open before: the former session ends.
            var form = Browser(client)
            let token = try await form.formToken("/masuk")
            form.cookies.merge(browser.cookies) { mine, _ in mine }
            let again = try await form.post(
                "/masuk", ["account": "siti", "password": PagesRig.right, "token": token])
            #expect(again.status == .seeOther && form.cookies["hadir"] != first)
            #expect(form.cookies["hadir-browser"] == known)
            #expect(try await form.get("/").status == .ok)
            #expect(try await browser.get("/").status == .seeOther)
        }
    }

    @Test("H16 log out kills the session at the centre: the cookie, kept by a thief, is worth nothing")
    func logout() async throws {
        try await PagesRig.run { rig, client in
            try await rig.add("siti")
            var browser = Browser(client)
            try await browser.signIn()
            var thief = Browser(client)
            thief.cookies = browser.cookies
            #expect(try await thief.get("/").status == .ok)
            let token = try await browser.formToken("/")
            let out = try await browser.post("/keluar", ["token": token])
            #expect(out.status == .seeOther && out.location == "/masuk")
            #expect(browser.cookies["hadir"] == nil && browser.cookies["hadir-browser"] != nil)
            #expect(try await browser.get("/masuk").alert.isEmpty)
            #expect(try await thief.get("/").status == .seeOther)
            #expect(try await thief.get("/masuk").alert == "Sesi Anda sudah berakhir. Silakan masuk lagi.")
            #expect(thief.cookies["hadir"] == nil)
            #expect(try await rig.store.accounts().first?.sessions == 0)
            // A second time, from a page that stayed open, is no error.
            #expect(try await browser.post("/keluar", ["token": token]).status == .seeOther)
        }
    }

    @Test("H16 a new password, a new role and `disable` kill every session at once, also of a page that is open")
    func changed() async throws {
        try await PagesRig.run { rig, client in
            let hash = try PasswordHasher.make("sandi yang lain lagi", cost: .standard, derive: rig.hash.derive)
            let changes: [AccountRequest] = [
                .password(name: "siti", password: hash), .role(name: "siti2", role: "viewer"),
                .disable(name: "siti3"),
            ]
            for change in changes {
                let name = change.words.name
                try await rig.add(name, role: .admin)
                var browser = Browser(client)
                try await browser.signIn(name)
                #expect(try await browser.get("/").status == .ok)
                let token = try #require(SecretToken(browser.cookies["hadir"] ?? ""))
                let visitor = Visitor(account: name, role: .admin, session: token.hash, formToken: token.formToken)
                let sessions = rig.sessions()
                #expect(await sessions.life(of: visitor, touching: false) == .alive)
                _ = await rig.administration.perform(.account(change))
                #expect(await sessions.life(of: visitor, touching: true) == .over)
                #expect(try await browser.get("/").status == .seeOther)
            }
            var browser = Browser(client)
            #expect(try await browser.signIn("siti").alert == "Nama akun atau kata sandi salah.")
            #expect(try await browser.signIn("siti3").alert == "Nama akun atau kata sandi salah.")
            #expect(try await browser.signIn("siti", "sandi yang lain lagi").status == .seeOther)
        }
    }

    @Test("a session ends half an hour after its last use; a page left open is a use, for a day and a half")
    func ends() async throws {
        try await PagesRig.run { rig, client in
            try await rig.add("siti")
            var browser = Browser(client)
            try await browser.signIn()
            rig.clock.pass(29 * 60)
            #expect(try await browser.get("/").status == .ok)
            rig.clock.pass(29 * 60)
            #expect(try await browser.get("/").status == .ok)
            rig.clock.pass(30 * 60)
            #expect(try await browser.get("/").location == "/masuk")
            #expect(try await browser.get("/masuk").alert == "Sesi Anda sudah berakhir. Silakan masuk lagi.")

            try await browser.signIn()
            let token = try #require(SecretToken(browser.cookies["hadir"] ?? ""))
            let visitor = Visitor(account: "siti", role: .viewer, session: token.hash, formToken: token.formToken)
            let sessions = rig.sessions()
            for _ in 0..<36 * 6 - 1 {
                rig.clock.pass(600)
                #expect(await sessions.life(of: visitor, touching: true) == .alive)
            }
            // The page of yesterday connects again and goes on.
            #expect(try await browser.get("/").status == .ok)
            rig.clock.pass(600)
            #expect(await sessions.life(of: visitor, touching: true) == .over)
            #expect(try await browser.get("/").location == "/masuk")
        }
    }

    @Test("H5 a store that takes no writes ends no session, and one that cannot be read does not say that it is over")
    func silentStore() async throws {
        try await PagesRig.run { rig, client in
            try await rig.add("siti")
            var browser = Browser(client)
            try await browser.signIn()
            let token = try #require(SecretToken(browser.cookies["hadir"] ?? ""))
            let visitor = Visitor(account: "siti", role: .viewer, session: token.hash, formToken: token.formToken)
            rig.clock.pass(120)
            let reader = try SQLiteCentralStore(readingPath: rig.path)
            #expect(await rig.sessions(store: reader).life(of: visitor, touching: true) == .alive)
            try reader.close()
            #expect(try await rig.store.session(token.hash)?.seenAt == monday, "nothing was written")
            #expect(rig.log.text.contains("session.not_written"))
            let gone = BrokenStore(key: Curve25519.Signing.PrivateKey().publicKey)
            #expect(await rig.sessions(store: gone).life(of: visitor, touching: true) == .unknown)
        }
    }

    @Test("looking whether a session goes on is no use of it, unless asked to be one; uses are written once a minute")
    func touching() async throws {
        try await PagesRig.run { rig, client in
            try await rig.add("siti")
            var browser = Browser(client)
            try await browser.signIn()
            let token = try #require(SecretToken(browser.cookies["hadir"] ?? ""))
            let visitor = Visitor(account: "siti", role: .viewer, session: token.hash, formToken: token.formToken)
            let sessions = rig.sessions()
            func seen() async throws -> Date? { try await rig.store.session(token.hash)?.seenAt }
            rig.clock.pass(59)
            #expect(await sessions.life(of: visitor, touching: true) == .alive)
            #expect(try await seen() == monday)
            rig.clock.pass(1)
            #expect(await sessions.life(of: visitor, touching: false) == .alive)
            #expect(try await seen() == monday)
            #expect(await sessions.life(of: visitor, touching: true) == .alive)
            #expect(try await seen() == monday.addingTimeInterval(60))
            // A clock that goes back by days ends it rather than lengthen it.
            rig.clock.pass(-3 * 86_400)
            #expect(await sessions.life(of: visitor, touching: true) == .over)
        }
    }

    @Test("a stream without a session is 401 and no page; with one it knows the visitor")
    func stream() async throws {
        try await PagesRig.run { rig, _ in
            try await rig.add("siti")
            let site = Site(settings: PagesSettings(), isTLS: false, listensOnLoopback: true)
            let gate = try PageGate(
                store: rig.store, site: site, limits: CentralLimits(), derive: rig.hash.derive, now: rig.clock.now,
                logger: silent)
            let router = Router(context: CentralContext.self)
            router.add(middleware: AnswerPolicy(pages: gate.answers))
            gate.pages(on: router).get("/langsung") { _, context in try context.requireVisitor().account }
            try await Application(router: router).test(.live) { client in
                var browser = Browser(client)
                let refused = try await browser.get("/langsung")
                #expect(refused.status == .unauthorized && refused.location == nil)
                try await browser.signIn()
                #expect(try await browser.get("/langsung").text == "siti")
            }
        }
    }

    @Test("H24 a stolen database holds no password and nothing that a browser could send")
    func stolen() async throws {
        try await PagesRig.run { rig, client in
            try await rig.add("siti")
            var browser = Browser(client)
            try await browser.signIn()
            let formToken = try await browser.formToken("/")
            var file = Data()
            for end in ["", "-wal"] {
                file += try Data(contentsOf: URL(filePath: rig.path + end))
            }
            let session = try #require(SecretToken(browser.cookies["hadir"] ?? ""))
            let known = try #require(SecretToken(browser.cookies["hadir-browser"] ?? ""))
            #expect(file.range(of: Data(session.hash)) != nil && file.range(of: Data(known.hash)) != nil)
            for secret in [session.text, known.text, formToken] {
                #expect(file.range(of: Data(secret.utf8)) == nil)
                #expect(file.range(of: Data(try #require(Hex.decode(secret)))) == nil)
            }
            #expect(file.range(of: Data(PagesRig.right.utf8)) == nil)
        }
    }

    @Test("a store that cannot be read is 500 with words for people, never a page")
    func broken() async throws {
        let store = BrokenStore(key: Curve25519.Signing.PrivateKey().publicKey)
        let application = try CentralApplication(
            listen: ListenAddress(host: "127.0.0.1", port: 0), store: store, keys: KeyRing(CentralKeys()),
            derive: CountedHash().derive, logger: silent)
        try await application.application().test(.live) { client in
            var browser = Browser(client)
            browser.cookies["hadir"] = String(repeating: "0", count: 64)
            let page = try await browser.get("/")
            #expect(page.status == .internalServerError && page.text.contains("Terjadi kesalahan"))
            #expect(page.headers[.contentType] == "text/html; charset=utf-8")
            browser.cookies["hadir"] = nil
            #expect(try await browser.signIn().status == .internalServerError)
        }
    }
}
