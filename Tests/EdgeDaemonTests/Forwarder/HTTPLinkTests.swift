import Attendance
import Crypto
import EdgeDaemon
import Foundation
import NIOHTTP1
import NIOSSL
import Testing

@Suite(.timeLimit(.minutes(2))) struct HTTPLinkTests {
    private let text = "text/plain; charset=utf-8"

    private func link(
        _ server: LoopbackServer, pin: [UInt8]? = nil, scheme: String = "http", answerTimeout: Duration = .seconds(20)
    ) throws -> HTTPLink {
        try HTTPLink(url: "\(scheme)://127.0.0.1:\(server.port)/hadir/", pin: pin, answerTimeout: answerTimeout)
    }

    private func code(_ work: () async throws -> CentreAnswer) async -> CentreLinkError.Code? {
        do {
            _ = try await work()
            return nil
        } catch {
            #expect((error as? CentreLinkError)?.description.isEmpty == false, "\(error)")
            return (error as? CentreLinkError)?.code
        }
    }

    @Test("requests go one after the other over one connection, compressed", arguments: [false, true])
    func keepAlive(unzips: Bool) async throws {
        let bodies = [0, 1, 100, 1_000_000].map { count in (0..<count).map { UInt8(truncatingIfNeeded: $0 / 100) } }
        let answers: [LoopbackServer.Behaviour] = [
            .answer(.ok, [:], Array("one".utf8)), .answer(.conflict, ["retry-after": "17"]),
            .answer(.serviceUnavailable, ["Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"]), .answer(.ok),
        ]
        try await LoopbackServer.with(answers, unzips: unzips) { server in
            let link = try link(server)
            var got: [CentreAnswer] = []
            for body in bodies { got.append(try await link.post("/v1/batches", body: body, contentType: text)) }
            #expect(got.map(\.status) == [200, 409, 503, 200])
            #expect(got.map(\.retryAfter) == [nil, 17, nil, nil])
            #expect(got[0].body == Array("one".utf8))
            #expect(server.connections == 1)
            let requests = server.requests
            #expect(requests.allSatisfy { $0.head.uri == "/hadir/v1/batches" && $0.head.method == .POST })
            #expect(requests.allSatisfy { $0.head.headers["content-type"] == [text] })
            #expect(requests.allSatisfy { $0.head.headers["host"] == ["127.0.0.1:\(server.port)"] })
            if unzips {
                #expect(requests.map(\.body) == bodies)
            } else {
                #expect(requests.allSatisfy { $0.head.headers["content-encoding"] == ["gzip"] })
                #expect(requests.allSatisfy { $0.body.starts(with: [0x1F, 0x8B]) })
                #expect(requests.allSatisfy { $0.head.headers["content-length"] == ["\($0.body.count)"] })
                #expect(try #require(requests.last).body.count < 20_000)
            }
            await link.close()
        }
    }

    @Test("a connection that the server ended while it was idle is opened again, and nobody notices")
    func idleClosed() async throws {
        try await LoopbackServer.with([.answerAndClose, .close, .answer(.ok)]) { server in
            let link = try link(server)
            var closings = server.closings.makeAsyncIterator()
            let first = try await link.post("/", body: [1], contentType: text)
            #expect(first.body == Array("goodbye".utf8))
            await closings.next()
            // The new connection is closed without an answer: that one counts.
            #expect(await code { try await link.post("/", body: [2], contentType: text) } == .lost)
            #expect(try await link.post("/", body: [3], contentType: text).status == 200)
            await link.close()
        }
        // Closed only when the next request is there: that one goes once more.
        try await LoopbackServer.with([.answer(.ok), .close, .answer(.created)]) { server in
            let link = try link(server)
            #expect(try await link.post("/", body: [1], contentType: text).status == 200)
            #expect(try await link.post("/", body: [2], contentType: text).status == 201)
            #expect(server.connections == 2 && server.requests.count == 3)
            await link.close()
        }
    }

    @Test("E7 Broken answers are told apart, and the next request works")
    func brokenAnswers() async throws {
        let tooLarge = [UInt8](repeating: 65, count: HTTPLink.mostAnswerBytes + 1)
        let cases: [(LoopbackServer.Behaviour, CentreLinkError.Code)] = [
            (.close, .lost), (.halfAnswer, .lost), (.garbage, .lost), (.answer(.ok, [:], tooLarge), .answerTooLarge),
        ]
        for (behaviour, expected) in cases {
            try await LoopbackServer.with([behaviour, .answer(.accepted)]) { server in
                let link = try link(server)
                #expect(
                    await code { try await link.post("/", body: [1], contentType: text) } == expected, "\(behaviour)")
                #expect(try await link.post("/", body: [1], contentType: text).status == 202)
                await link.close()
            }
        }
    }

    @Test("the largest receipt allowed is read")
    func largestAnswer() async throws {
        let body = [UInt8](repeating: 65, count: HTTPLink.mostAnswerBytes)
        try await LoopbackServer.with([.answer(.ok, [:], body)]) { server in
            let link = try link(server)
            #expect(try await link.post("/", body: [1], contentType: text).body == body)
            await link.close()
        }
    }

    @Test("E5 E15 A server that never answers is given up in time, and asked over a new connection")
    func timeout() async throws {
        try await LoopbackServer.with([.silence, .answer(.ok)]) { server in
            let link = try link(server, answerTimeout: .milliseconds(100))
            var closings = server.closings.makeAsyncIterator()
            #expect(await code { try await link.post("/", body: [1], contentType: text) } == .timedOut)
            await closings.next()
            #expect(try await link.post("/", body: [1], contentType: text).status == 200)
            #expect(server.connections == 2)
            await link.close()
        }
    }

    @Test("a cancelled request ends at once", arguments: [false, true])
    func cancel(secure: Bool) async throws {
        try await withTemporaryDirectory { directory in
            let certificate = try secure ? TestCertificate(in: directory) : nil
            try await LoopbackServer.with([.silence], tls: certificate?.context) { server in
                let link = try link(
                    server, pin: certificate?.pin, scheme: secure ? "https" : "http", answerTimeout: .seconds(90))
                let task = Task { try await link.post("/", body: [1], contentType: text) }
                var arrivals = server.arrivals.makeAsyncIterator()
                #expect(await arrivals.next() == 1)
                let began = ContinuousClock.now
                task.cancel()
                await #expect(throws: CancellationError.self) { try await task.value }
                // A slow machine may take a while; the answer would take 90 s.
                #expect(ContinuousClock.now - began < .seconds(45))
            }
        }
    }

    @Test("E12 A port where nobody listens is unreachable, a name that does not exist has no address")
    func unreachable() async throws {
        let port = try await LoopbackServer.with([]) { $0.port }
        let link = try HTTPLink(url: "http://127.0.0.1:\(port)", pin: nil)
        #expect(await code { try await link.post("/", body: [], contentType: text) } == .unreachable)
        let told = await #expect(throws: CentreLinkError.self) { try await link.post("/", body: [], contentType: text) }
        #expect(told?.detail == "127.0.0.1:\(port): Connection refused")
        let nameless = try HTTPLink(url: "https://hadir.invalid", pin: nil)
        #expect(await code { try await nameless.post("/", body: [], contentType: text) } == .nameNotFound)
    }

    @Test("E12 While the centre's name has no address, its last one is used; whoever answers there must show the key")
    func lastAddress() async throws {
        try await withTemporaryDirectory { directory in
            let certificate = try TestCertificate(in: directory)
            try await LoopbackServer.with([.answerAndClose], tls: certificate.context) { server in
                let resolver = FailingResolver(answers: 1)
                func link(_ pin: [UInt8]) throws -> HTTPLink {
                    try HTTPLink(url: "https://centre.example:\(server.port)", pin: pin, resolver: resolver)
                }
                let link = try link(certificate.pin)
                var closings = server.closings.makeAsyncIterator()
                #expect(try await link.post("/", body: [1], contentType: text).status == 200)
                await closings.next()
                #expect(try await link.post("/", body: [1], contentType: text).status == 200)
                #expect(server.connections == 2 && resolver.asked == 2)
                await link.close()
                let nameless = try HTTPLink(
                    url: "https://centre.example:\(server.port)", pin: certificate.pin, resolver: resolver)
                #expect(await code { try await nameless.post("/", body: [1], contentType: text) } == .nameNotFound)
            }
        }
    }

    @Test("E9 The pinned key is trusted, any other and any certificate without a pin is not")
    func pins() async throws {
        try await withTemporaryDirectory { directory in
            let certificate = try TestCertificate(in: directory)
            try await LoopbackServer.with([], tls: certificate.context) { server in
                let pinned = try link(server, pin: certificate.pin, scheme: "https")
                for _ in 0..<3 { #expect(try await pinned.post("/", body: [1], contentType: text).status == 200) }
                #expect(server.connections == 1)
                await pinned.close()
                let other = try link(server, pin: [UInt8](repeating: 7, count: 32), scheme: "https")
                #expect(await code { try await other.post("/", body: [1], contentType: text) } == .wrongKey)
                let unpinned = try link(server, scheme: "https")
                #expect(
                    await code { try await unpinned.post("/", body: [1], contentType: text) } == .certificateUntrusted)
                #expect(server.requests.count == 3)
            }
        }
    }

    @Test("E11 A renewed certificate with the same key is trusted")
    func renewed() async throws {
        try await withTemporaryDirectory { directory in
            let first = try TestCertificate(in: directory)
            // The name on a pinned certificate does not matter: the key does.
            let second = try TestCertificate(in: directory, name: "other.example.go.id", renewing: "localhost")
            #expect(first.pin == second.pin && first.certificate != second.certificate)
            try await LoopbackServer.with([], tls: second.context) { server in
                let link = try link(server, pin: first.pin, scheme: "https")
                #expect(try await link.post("/", body: [1], contentType: text).status == 200)
                await link.close()
            }
        }
    }

    @Test("https where plain http answers, and http where https answers, are errors")
    func wrongScheme() async throws {
        try await LoopbackServer.with([]) { server in
            let link = try link(
                server, pin: [UInt8](repeating: 7, count: 32), scheme: "https", answerTimeout: .seconds(5))
            #expect(await code { try await link.post("/", body: [1], contentType: text) } != nil)
        }
        try await withTemporaryDirectory { directory in
            let certificate = try TestCertificate(in: directory)
            try await LoopbackServer.with([], tls: certificate.context) { server in
                let link = try link(server, answerTimeout: .seconds(5))
                #expect(await code { try await link.post("/", body: [1], contentType: text) } != nil)
            }
        }
    }

    @Test(
        "plain http is only for this machine",
        arguments: [
            "http://hadir.example.go.id", "http://192.168.1.10:8080", "http://127.0.0.1.example.id", "http://128.0.0.1",
            "ftp://127.0.0.1", "127.0.0.1", "", "https://", "https://user:secret@hadir.example.go.id", "http://[::2]",
            "http://localhost.example.id",
        ])
    func badAddress(url: String) {
        let error = #expect(throws: CentreLinkError.self) { try HTTPLink(url: url, pin: nil) }
        #expect(error?.code == .badAddress)
    }

    @Test(
        "loopback addresses and https are accepted",
        arguments: [
            "http://127.0.0.1:8080", "http://127.1.2.3", "http://localhost:1/x", "http://[::1]:8080",
            "https://x.example.id:8443/p",
        ])
    func goodAddress(url: String) throws {
        _ = try HTTPLink(url: url, pin: nil)
    }
}

@Suite struct AnswerJudgementTests {
    @Test(
        "E8 Each kind of stranger's answer is named",
        arguments: [
            (200, "<!doctype HTML><title>Login</title>", "web page"), (200, "", "status 200"), (302, "", "redirects"),
            (407, "", "proxy"), (511, "<html>", "sign in"), (403, "no", "status 403"), (999, "", "status 999"),
        ])
    func stranger(status: Int, body: String, word: String) throws {
        let centreKey = Curve25519.Signing.PrivateKey().publicKey
        let batch = try Batch(
            node: "dinkes-1", epoch: .random(), after: 0, previousHash: .start(of: .random()), entries: [], status: nil,
            key: .init())
        let judged = AnswerJudgement.judge(
            CentreAnswer(status: status, body: Array(body.utf8)), to: batch.header, centreKeys: [centreKey])
        guard case .unclear(let why) = judged else {
            Issue.record("\(judged)")
            return
        }
        #expect(why.contains(word), "\(why)")
    }
}
