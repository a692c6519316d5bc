import Foundation
import NIOSSL
import Testing

@testable import EdgeDaemon

@Suite("Certificates and clocks", .timeLimit(.minutes(2)))
struct CertificateTests {
    private func error(_ link: HTTPLink) async -> CentreLinkError? {
        do {
            _ = try await link.post("/", body: [1], contentType: "text/plain; charset=utf-8")
            return nil
        } catch {
            return error as? CentreLinkError
        }
    }

    private func link(
        _ server: LoopbackServer, host: String = "localhost", trusting: TestCertificate? = nil, now: Date = Date()
    ) throws -> HTTPLink {
        try HTTPLink(
            url: "https://\(host):\(server.port)", pin: nil, now: { now },
            trustRoots: trusting.map { .certificates([$0.certificate]) } ?? .default)
    }

    @Test("E10 What is wrong with a certificate is said, with both clocks")
    func explained() async throws {
        try await withTemporaryDirectory { directory in
            let certificate = try TestCertificate(in: directory)
            let year: TimeInterval = 365 * 86_400
            try await LoopbackServer.with([], tls: certificate.context) { server in
                let late = try #require(await error(try link(server, now: Date(timeIntervalSinceNow: 10 * year))))
                #expect(late.code == .certificateExpired)
                #expect(late.description.contains("3648 days before this machine's clock"), "\(late)")
                let early = try #require(await error(try link(server, now: Date(timeIntervalSince1970: 5))))
                #expect(early.code == .certificateNotYetValid)
                #expect(early.description.contains("1970-01-01T00:00:05.000Z"), "\(early)")
                #expect(await error(try link(server))?.code == .certificateUntrusted)
                // Nobody was asked anything over such a connection.
                #expect(server.requests.isEmpty)
            }
        }
    }

    @Test("E9 E10 A certificate of a trusted authority is taken for its own name only")
    func names() async throws {
        try await withTemporaryDirectory { directory in
            let certificate = try TestCertificate(in: directory)
            try await LoopbackServer.with([], tls: certificate.context) { server in
                #expect(await error(try link(server, trusting: certificate)) == nil)
                let other = try #require(await error(try link(server, host: "127.0.0.1", trusting: certificate)))
                #expect(other.code == .certificateOtherName)
                #expect(server.requests.count == 1)
            }
        }
    }

    @Test("E10 Where it ends by minutes or hours, that is said, too")
    func spans() {
        let look = CertificateLook(validFrom: monday, validTo: monday.addingTimeInterval(86_400))
        func words(_ seconds: TimeInterval) -> String {
            look.explain(CentreLinkError(.tls, ""), host: "x", now: monday.addingTimeInterval(seconds)).description
        }
        #expect(words(86_400 + 600).contains("10 minutes before"))
        #expect(words(86_400 + 3 * 3600).contains("3 hours before"))
        #expect(words(-5 * 86_400).contains("5 days after"))
        #expect(words(10).contains("nobody this machine trusts"))
    }
}

@Suite("An explicit proxy", .timeLimit(.minutes(2)))
struct ProxyTests {
    private let text = "text/plain; charset=utf-8"

    @Test("E14 Batches go through a proxy that wants a name and password, over one tunnel, and it sees only TLS")
    func tunnel() async throws {
        try await withTemporaryDirectory { directory in
            let certificate = try TestCertificate(in: directory)
            try await LoopbackServer.with([], tls: certificate.context) { server in
                try await LoopbackProxy.with([.connect]) { proxy in
                    let link = try HTTPLink(
                        url: "https://centre.example:\(server.port)", pin: certificate.pin,
                        proxy: HTTPProxy(host: "127.0.0.1", port: proxy.port, credentials: "dinkes:rahasia"))
                    for _ in 0..<3 { #expect(try await link.post("/", body: [1], contentType: text).status == 200) }
                    await link.close()
                    #expect(server.connections == 1 && server.requests.count == 3)
                    let asked = try #require(proxy.asked.first)
                    #expect(proxy.asked.count == 1)
                    #expect(asked.hasPrefix("CONNECT centre.example:\(server.port) HTTP/1.1\r\n"))
                    #expect(asked.lowercased().contains("proxy-authorization: basic zglua2vzonjhagfzawe="))
                    #expect(!proxy.sawPlainText)
                }
            }
        }
    }

    @Test(
        "E14 A proxy that refuses is named, with what to do",
        arguments: [
            (LoopbackProxy.Behaviour.answer("407 Proxy Authentication Required"), "name and password"),
            (.answer("502 Bad Gateway"), "502"), (.answer("403 Forbidden"), "403"), (.close, "closed"),
            (.garbage, "proxy closed"),
        ])
    func refusals(behaviour: LoopbackProxy.Behaviour, word: String) async throws {
        try await LoopbackProxy.with([behaviour]) { proxy in
            let link = try HTTPLink(
                url: "https://centre.example", pin: [UInt8](repeating: 1, count: 32), connectTimeout: .seconds(5),
                proxy: HTTPProxy(host: "127.0.0.1", port: proxy.port, credentials: "dinkes:rahasia"))
            let error = await #expect(throws: CentreLinkError.self) {
                try await link.post("/", body: [1], contentType: text)
            }
            let words = try #require(error).description
            #expect(words.contains(word) && !words.contains("rahasia"), "\(words)")
        }
    }

    @Test("a centre on this machine itself is never asked for through a proxy")
    func loopback() async throws {
        try await LoopbackServer.with([]) { server in
            let link = try HTTPLink(
                url: "http://127.0.0.1:\(server.port)", pin: nil, proxy: HTTPProxy(host: "127.0.0.1", port: 1))
            #expect(try await link.post("/", body: [1], contentType: text).status == 200)
            await link.close()
        }
    }

    @Test("addresses of proxies are read, and those with a password in them refused")
    func addresses() {
        #expect(HTTPProxy("http://10.0.0.1:3128") == HTTPProxy(host: "10.0.0.1", port: 3128))
        #expect(HTTPProxy("http://[fd00::1]:3128/") == HTTPProxy(host: "fd00::1", port: 3128))
        for text in [
            "10.0.0.1:3128", "http://10.0.0.1", "https://10.0.0.1:3128", "http://a:b@10.0.0.1:3128", "http://:3128", "",
            "http://10.0.0.1:0", "http://10.0.0.1:99999", "http://10.0.0.1:3128/path",
        ] { #expect(HTTPProxy(text) == nil, "\(text)") }
    }
}
