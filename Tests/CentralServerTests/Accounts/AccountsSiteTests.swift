import CentralPages
import CentralStore
import Foundation
import Hummingbird
import HummingbirdTesting
import Testing

@testable import CentralServer

@Suite("Around the pages", .timeLimit(.minutes(1)))
struct AccountsSiteTests {
    private func request(_ host: String?, _ headers: HTTPFields = [:]) -> Request {
        Request(
            head: .init(method: .get, scheme: nil, authority: host, path: "/", headerFields: headers),
            body: .init(buffer: .init()))
    }

    private func site(
        _ publicURL: String? = nil, proxies: [String] = [], tls: Bool = false, loopback: Bool = true
    ) throws -> Site {
        var configuration = PagesConfiguration()
        configuration.publicURL = try publicURL.map { try PublicURL(parsing: $0) }
        configuration.trustedProxies = try proxies.map { try AddressRange(parsing: $0) }
        return Site(settings: PagesSettings(configuration), isTLS: tls, listensOnLoopback: loopback)
    }

    @Test("H14 a page under another Host than the server's own is refused: another site's name may lead here")
    func hosts() throws {
        let local = try site()
        for host in ["127.0.0.1", "127.0.0.1:8080", "localhost", "LOCALHOST:8080", "[::1]", "[::1]:8080"] {
            #expect(local.isOwnHost(request(host)), "\(host)")
        }
        for host in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "192.0.2.1", "", "[::2]"] {
            #expect(!local.isOwnHost(request(host)), "\(host)")
        }
        #expect(!local.isOwnHost(request(nil)))
        let named = try site("https://hadir.example.go.id", tls: true, loopback: false)
        #expect(named.isOwnHost(request("Hadir.example.go.id")))
        for host in ["evil.example", "hadir.example.go.id:8443", "localhost", "127.0.0.1", ""] {
            #expect(!named.isOwnHost(request(host)), "\(host)")
        }
        let behind = try site("https://hadir.example.go.id:8443")
        #expect(behind.isOwnHost(request("hadir.example.go.id:8443")) && behind.isOwnHost(request("127.0.0.1:8080")))
        let open = try site(tls: true, loopback: false)
        #expect(open.isOwnHost(request("whatever.example")) && !open.isOwnHost(request("")))
    }

    @Test("H14 X-Forwarded-For and -Proto are believed from configured proxies only, and never beyond them")
    func forwarded() throws {
        let told: HTTPFields = [.forwardedFor: "198.51.100.9, 192.0.2.7, 10.0.0.2", .forwardedProto: "https"]
        let nobody = try site()
        #expect(nobody.address(request("localhost", told), peer: "10.0.0.1") == "10.0.0.1")
        #expect(!nobody.isSecure(request("localhost", told), peer: "10.0.0.1"))
        let proxied = try site(proxies: ["10.0.0.0/30", "::1"])
        #expect(proxied.address(request("localhost", told), peer: "10.0.0.1") == "192.0.2.7")
        #expect(proxied.address(request("localhost", told), peer: "::ffff:10.0.0.1") == "192.0.2.7")
        #expect(proxied.address(request("localhost", told), peer: "10.0.0.4") == "10.0.0.4")
        #expect(proxied.isSecure(request("localhost", told), peer: "10.0.0.1"))
        #expect(!proxied.isSecure(request("localhost", told), peer: "10.0.0.4"))
        for odd in ["", "x", "unknown", "10.0.0.2", "192.0.2.7, x"] {
            #expect(proxied.address(request("localhost", [.forwardedFor: odd]), peer: "10.0.0.1") == "10.0.0.1")
        }
        for wrong in ["", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "a/8", "10.0.0.0/8/8"] {
            #expect(throws: CentralError.self, "\(wrong)") { try AddressRange(parsing: wrong) }
        }
        for wrong in ["hadir.example", "ftp://a", "https://", "https://a/b", "https://u@a", "https://a?b", ""] {
            #expect(throws: CentralError.self, "\(wrong)") { try PublicURL(parsing: wrong) }
        }
        #expect(try PublicURL(parsing: "https://A.example:443/").origin == "https://a.example")
    }

    @Test(
        "H20 only the files of the table are served, with a tag to ask by, and nothing else")
    func assets() async throws {
        try await withTemporaryDirectory { directory in
            let css = directory.appending(path: "bootstrap5/css")
            try FileManager.default.createDirectory(at: css, withIntermediateDirectories: true)
            try Data("b{}".utf8).write(to: css.appending(path: "bootstrap.min.css"))
            var configuration = PagesConfiguration()
            configuration.assets = directory.path
            try await PagesRig.run(configuration) { rig, client in
                #expect(rig.log.text.contains("libjs-chart.js") && !rig.log.text.contains("libjs-bootstrap5"))
                var browser = Browser(client)
                let file = try await browser.get("/aset/bootstrap.min.css")
                #expect(file.status == .ok && file.text == "b{}")
                #expect(file.headers[.contentType] == "text/css; charset=utf-8")
                #expect(file.headers[.cacheControl] == "public, max-age=300")
                #expect(file.headers[.xContentTypeOptions] == "nosniff")
                let tag = try #require(file.headers[.eTag])
                let same = try await browser.send("/aset/bootstrap.min.css", .get, [.ifNoneMatch: "\"x\", \(tag)"])
                #expect(same.status == .notModified && same.text.isEmpty && same.headers[.eTag] == tag)
                let version = tag.replacing("\"", with: "")
                let named = try await browser.get("/aset/bootstrap.min.css?v=\(version)")
                #expect(named.headers[.cacheControl] == "public, max-age=31536000, immutable")
                for asset in CentralPages.assets {
                    #expect(try await browser.get("/aset/\(asset.name)").status == .ok)
                }
                let missing = [
                    "chart.min.js", "", "..", "..%2F..%2Fcentral.db", "../central.db",
                    "bootstrap5/css/bootstrap.min.css",
                    "hadir.css/", "%00", "page.mustache",
                ]
                for name in missing {
                    let answer = try await browser.get("/aset/\(name)")
                    #expect([.notFound, .ok].contains(answer.status))
                    #expect(answer.status == .notFound || name == "hadir.css/", "\(name)")
                    #expect(!answer.text.contains("SQLite"))
                }
            }
        }
    }

    @Test("errors are pages in Indonesian with strict headers for people, JSON for programs")
    func errors() async throws {
        try await PagesRig.run { _, client in
            var browser = Browser(client)
            let page = try await browser.get("/tidak-ada")
            #expect(page.status == .notFound && page.text.contains("Halaman tidak ditemukan"))
            #expect(page.text.contains(#"<html lang="id">"#))
            for (name, value) in [
                ("x-content-type-options", "nosniff"), ("cross-origin-opener-policy", "same-origin"),
                ("referrer-policy", "same-origin"), ("cache-control", "no-store"),
                ("content-type", "text/html; charset=utf-8"),
            ] {
                let told = page.headers.first { $0.name.canonicalName == name }?.value
                #expect(told == value, "\(name)")
            }
            let policy = page.headers[.contentSecurityPolicy] ?? ""
            #expect(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"))
            #expect(!policy.contains("unsafe"))
            #expect(page.headers[.strictTransportSecurity] == nil)
            for path in ["/v1/nothing", "/api/v1/nothing"] {
                let answer = try await browser.get(path)
                #expect(answer.status == .notFound && answer.text.hasPrefix(#"{"error":"#), "\(path)")
                #expect(answer.headers[.contentSecurityPolicy] == nil)
            }
        }
    }

    @Test("H14 DNS rebinding: a page of another name that leads to loopback gets no page, no login, no file")
    func rebinding() async throws {
        try await PagesRig.run { rig, client in
            let port = try #require(client.port)
            for (method, path) in [("GET", "/"), ("GET", "/masuk"), ("POST", "/masuk"), ("GET", "/aset/hadir.css")] {
                let answer = try await rawExchange(
                    port: port,
                    """
                    \(method) \(path) HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\nContent-Length: 0\r\n\r\n
                    """)
                #expect(answer.hasPrefix("HTTP/1.1 421 "), "\(path)")
                #expect(!answer.contains("hadir-form") && answer.contains("Server ini tidak melayani nama tersebut"))
            }
            // Programs say what name they like: their tokens are their own.
            let ready = try await rawExchange(
                port: port, "GET /readyz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
            #expect(ready.hasPrefix("HTTP/1.1 200 "))
        }
    }
}
