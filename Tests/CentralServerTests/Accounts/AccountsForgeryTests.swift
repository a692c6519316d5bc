import CentralStore
import Foundation
import Hummingbird
import HummingbirdTesting
import Testing

@testable import CentralServer

@Suite("Forged requests", .timeLimit(.minutes(1)))
struct AccountsForgeryTests {
    @Test("H15 every POST needs our origin and its form's token: log in and log out, one missing or wrong at a time")
    func everyPost() async throws {
        try await PagesRig.run { rig, client in
            try await rig.add("siti")
            var browser = Browser(client)
            try await browser.signIn()
            let token = try await browser.formToken("/")
            var stranger = Browser(client)
            let loginToken = try await stranger.formToken("/masuk")
            let login = ["account": "siti", "password": PagesRig.right, "token": loginToken]
            let wrongOrigins: [(String?, String?)] = [
                (nil, nil), ("null", nil), ("http://evil.example", nil), ("https://localhost", nil),
                ("http://localhost:81", nil), ("http://localhost.evil.example", nil), ("", nil),
                (nil, "cross-site"), (nil, "same-site"), (nil, "nonsense"), ("http://localhost", "cross-site"),
                ("http://evil.example", "same-origin"),
            ]
            for (origin, site) in wrongOrigins {
                let out = try await browser.post("/keluar", ["token": token], origin: origin, site: site)
                #expect(out.status == .forbidden, "\(origin ?? "-") \(site ?? "-")")
                let into = try await stranger.post("/masuk", login, origin: origin, site: site)
                #expect(into.status == .forbidden && stranger.cookies["hadir"] == nil)
            }
            #expect(rig.hash.calls == 1)
            for wrong in ["", loginToken, String(token.dropLast()), String(repeating: "0", count: 64)] {
                #expect(try await browser.post("/keluar", ["token": wrong]).status == .forbidden)
            }
            for wrong in ["", token, String(repeating: "0", count: 64)] {
                let again = try await stranger.post("/masuk", login.merging(["token": wrong]) { $1 })
                #expect(again.status == .forbidden)
                #expect(again.alert == "Formulir ini sudah tidak berlaku. Silakan coba lagi.")
            }
            #expect(rig.hash.calls == 1)
            // The browser is still signed in, and what is right goes through: also where a browser hides its origin.
            #expect(try await browser.get("/").status == .ok)
            #expect(
                try await browser.post("/keluar", ["token": token], origin: "null", site: "same-origin").status
                    == .seeOther)
            #expect(try await stranger.post("/masuk", login, origin: nil, site: "none").status == .seeOther)
        }
    }

    @Test("H15 nothing changes by GET, and a login's form is of one browser")
    func methods() async throws {
        try await PagesRig.run { rig, client in
            try await rig.add("siti")
            var browser = Browser(client)
            try await browser.signIn()
            #expect(try await browser.get("/keluar").status == .methodNotAllowed)
            #expect(try await browser.get("/").status == .ok)
            for method in [.post, .put, .patch, .delete] as [HTTPRequest.Method] {
                for path in ["/", "/kantor", "/aset/hadir.css"] {
                    let refused = try await browser.send(path, method)
                    #expect(refused.status == .methodNotAllowed && refused.headers[.allow] == "GET, HEAD")
                }
            }
            var mine = Browser(client)
            var other = Browser(client)
            let token = try await mine.formToken("/masuk")
            _ = try await other.get("/masuk")
            let fields = ["account": "siti", "password": PagesRig.right, "token": token]
            #expect(try await other.post("/masuk", fields).status == .forbidden)
            #expect(try await mine.post("/masuk", fields).status == .seeOther)
        }
    }

    @Test("after the login nobody is led away: only to pages that are ours")
    func next() async throws {
        try await PagesRig.run { rig, client in
            try await rig.add("siti")
            let elsewhere = [
                "http://evil.example", "//evil.example", "/\\evil.example", "/masuk", "/keluar", "/aset/hadir.css",
                "/kantor/../keluar", "javascript:alert(1)", "/kantor\r\nSet-Cookie: a=b", "/kantor?a=b#c", "kantor",
                "/kantor?" + String(repeating: "a", count: 400), "/kantor?a=\"<>", "", "/langsung", "/v1/batches",
            ]
            for path in elsewhere {
                var browser = Browser(client)
                #expect(try await browser.signIn(next: path).location == "/", "\(path)")
                #expect(PagePaths.local(path) == nil, "\(path)")
            }
            for path in ["/", "/kantor", "/kelengkapan?bulan=2026-11", "/kantor?a=%22b"] {
                #expect(PagePaths.local(path) == path)
            }
            // Asked for a page without a session, the login remembers it; not what is no page.
            let gate = Request(
                head: .init(method: .get, scheme: nil, authority: "localhost", path: "/kelengkapan?bulan=2026-11"),
                body: .init(buffer: .init()))
            #expect(PagePaths.login(returningTo: gate) == "/masuk?next=/kelengkapan%3Fbulan%3D2026%2D11")
            var browser = Browser(client)
            let login = try await browser.get("/masuk?next=/kelengkapan%3Fbulan%3D2026%2D11")
            #expect(login.text.contains(#"value="/kelengkapan?bulan=2026-11""#))
            #expect(try await browser.get("/masuk?next=https://evil.example").text.contains("evil") == false)
        }
    }

    @Test("a body that is no form, too long, or says a field twice is refused in words")
    func forms() async throws {
        try await PagesRig.run { rig, client in
            var browser = Browser(client)
            func send(_ body: String, type: String = "application/x-www-form-urlencoded") async throws
                -> HTTPResponse.Status
            {
                let headers: HTTPFields = [.contentType: type, .origin: "http://localhost"]
                let answer = try await browser.send("/masuk", .post, headers, .init(string: body))
                #expect(answer.text.contains("<html"))
                return answer.status
            }
            let json = try await send("a=b", type: "application/json")
            #expect(json == .unsupportedMediaType)
            for body in ["a=1&a=2", "a=%zz", "a=%ff"] { #expect(try await send(body) == .badRequest, "\(body)") }
            #expect(try await send(String(repeating: "a", count: 9000)) == .contentTooLarge)
        }
        #expect(FormFields("a=b+c%20d%C3%A9&e=&f")?["a"] == "b c d\u{E9}")
        #expect(FormFields("")?["a"] == "")
        #expect(FormFields("=&&a==b")?["a"] == "=b")
    }

    @Test("cookies: HttpOnly and Lax; under a https address also Secure and of this host alone")
    func cookies() async throws {
        func cookies(_ configuration: PagesConfiguration, origin: String, site: String?) async throws -> [String] {
            let told = LockedList()
            try await PagesRig.run(configuration) { rig, client in
                try await rig.add("siti")
                var browser = Browser(client)
                let login = try await browser.get("/masuk")
                let token = try await browser.formToken("/masuk")
                let fields = ["account": "siti", "password": PagesRig.right, "token": token]
                let done = try await browser.post("/masuk", fields, origin: origin, site: site)
                told.add(login.headers[values: .setCookie] + done.headers[values: .setCookie])
                #expect(try await browser.get("/").status == .ok)
                let security = done.headers[.strictTransportSecurity]
                #expect((security == "max-age=31536000") == origin.hasPrefix("https"))
            }
            return told.all.map { $0.replacing(/=[0-9a-f]{64}/, with: "=X") }
        }
        let plain = try await cookies(PagesConfiguration(), origin: "http://localhost", site: nil)
        let attributes = "Path=/; HttpOnly; SameSite=Lax"
        #expect(
            plain == [
                "hadir-form=X; \(attributes)", "hadir=X; \(attributes)",
                "hadir-browser=X; Max-Age=34560000; \(attributes)", "hadir-form=; Max-Age=0; \(attributes)",
            ])
        var configuration = PagesConfiguration()
        configuration.publicURL = try PublicURL(parsing: "https://Hadir.example.go.id/")
        let secure = try await cookies(configuration, origin: "https://hadir.example.go.id", site: "same-origin")
        #expect(secure == plain.map { "__Host-\($0); Secure" })
    }
}
