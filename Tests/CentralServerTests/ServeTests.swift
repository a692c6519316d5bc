import Attendance
import CentralServer
import CentralStore
import Crypto
import Foundation
import HadirTestSupport
import Hummingbird
import HummingbirdTesting
import NIOCore
import NIOSSL
import ServiceLifecycleTestKit
import Synchronization
import Testing

/// The whole of `serve`, on a loopback socket, from the lock to the graceful end.
@Suite("Serving", .timeLimit(.minutes(1)))
struct ServeTests {
    /// Serves `state` while `work` runs with the URL, then shuts down in good order.
    private func serving(
        _ state: StateDirectory, tls: TLSFiles? = nil, clock: any Clock<Duration> = ContinuousClock(),
        _ work: @Sendable @escaping (String) async throws -> Void
    ) async throws {
        let (urls, announce) = AsyncStream.makeStream(of: String.self)
        try await testGracefulShutdown { trigger in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    defer { announce.finish() }
                    let settings = try CentralSettings {
                        CentralConfiguration(listen: ListenAddress(host: "127.0.0.1", port: 0), tls: tls)
                    }
                    try await CentralCommands.serve(state, settings, logger: silent, clock: clock) { url in
                        announce.yield(url)
                    }
                }
                var iterator = urls.makeAsyncIterator()
                if let url = await iterator.next() {
                    do {
                        try await work(url)
                    } catch {
                        trigger.triggerGracefulShutdown()
                        throw error
                    }
                    trigger.triggerGracefulShutdown()
                }
                try await group.waitForAll()
            }
        }
    }

    private func port(_ url: String) throws -> Int {
        try #require(URLComponents(string: url)?.port)
    }

    @Test("it begins once a command that holds the lock is done; who holds it for longer than 5 s is another server")
    func lockHeld() async throws {
        try await withTemporaryDirectory { directory in
            let (state, _) = try CommandTests.initialise(directory)
            let clock = ManualClock()
            let lock = Mutex(try state.lock())
            #expect(lock.withLock { $0 != nil })
            let refused = Task { try await serving(state, clock: clock) { _ in Issue.record("it serves") } }
            for _ in 0..<100 {
                await clock.sleepers(1)
                clock.advance(by: .milliseconds(50))
            }
            let error = await #expect(throws: CentralError.self) { try await refused.value }
            #expect(error?.exitCode == 75)
            let release = Task {
                await clock.sleepers(1)
                lock.withLock { $0 = nil }
                clock.advance(by: .milliseconds(50))
            }
            try await serving(state, clock: clock) { url in #expect(url.hasPrefix("http://127.0.0.1:")) }
            await release.value
        }
    }

    @Test("commands are done by the running server: enrol, send, read, revoke; all is there after the end")
    func together() async throws {
        try await withTemporaryDirectory { directory in
            let (state, _) = try CommandTests.initialise(directory)
            let keys = try CentralKeys(state)
            try await serving(state) { url in
                #expect(try state.lock() == nil)
                // The socket is made beside the listener and gets its mode a moment later.
                var mode: Int?
                for _ in 0..<1_000_000 where mode != 0o660 {
                    await Task.yield()
                    let attributes = try? FileManager.default.attributesOfItem(atPath: state.controlSocket)
                    mode = attributes?[.posixPermissions] as? Int
                }
                #expect(mode == 0o660)
                guard
                    case .code(let text, _, _) = try await CentralCommands.perform(
                        .addNode(unit: "Dinas Contoh", url: url, tlsPin: nil), in: state),
                    case .token(let token, _) = try await CentralCommands.perform(
                        .addToken(role: "reader", label: "test"), in: state)
                else { throw FixtureError(what: "no code or token") }
                await #expect(throws: CentralError.self) {
                    try await CentralCommands.perform(.addToken(role: "king", label: ""), in: state)
                }
                let code = try EnrolmentCode(parsing: text)
                let key = Curve25519.Signing.PrivateKey()
                try await TestClient.withClient(host: "127.0.0.1", port: try port(url)) { client in
                    let request = EnrolmentRequest(code: code, nodeKey: key.publicKey)
                    let enrolled = try await client.post(
                        "/v1/enroll", headers: [.contentType: "application/json"],
                        body: ByteBuffer(bytes: try JSONEncoder().encode(request)))
                    let answer = try EnrolmentAnswer(
                        parsing: Array((enrolled.body ?? ByteBuffer()).readableBytesView), code: code, request: request)
                    var edge = Edge(node: answer.node, key: key)
                    edge.write(try device(), try punch())
                    let batch = try edge.batch()
                    func send() async throws -> Receipt {
                        let response = try await client.post(
                            "/v1/batches", headers: [.contentType: "text/plain"], body: ByteBuffer(bytes: batch.text))
                        return try Receipt(
                            parsing: Array((response.body ?? ByteBuffer()).readableBytesView),
                            centreKey: keys.signing.publicKey, to: batch.header)
                    }
                    #expect(try await send().accepted == 2)
                    let page = try await client.get(
                        "/api/v1/punches?after=0&limit=10", headers: [.authorization: "Bearer \(token)"])
                    #expect(page.body.map { String(buffer: $0).contains(#""next":1"#) } == true)
                    // Read by another connection while the server runs.
                    #expect(try await CentralCommands.nodes(in: state).map(\.highWater) == [2])
                    _ = try await CentralCommands.perform(.revokeNode(node: answer.node, from: nil), in: state)
                    #expect(try await send().answer == .revoked)
                }
            }
            #expect(!FileManager.default.fileExists(atPath: state.controlSocket))
            let nodes = try await CentralCommands.nodes(in: state)
            #expect(nodes.map(\.unit) == ["Dinas Contoh"] && nodes.first?.revokedFrom != nil)
        }
    }

    @Test("over TLS; the certificate's pin is in codes made while serving and after it")
    func tls() async throws {
        try await withTemporaryDirectory { directory in
            let (state, _) = try CommandTests.initialise(directory)
            let files = try TestCertificate.write(to: directory)
            @Sendable func pin(_ given: String? = nil) async throws -> String? {
                let request = ControlRequest.addNode(unit: "Dinas", url: "https://hadir.example", tlsPin: given)
                guard case .code(let text, _, _) = try await CentralCommands.perform(request, in: state) else {
                    return nil
                }
                return try EnrolmentCode(parsing: text).tlsPin.map { Hex.encode($0) }
            }
            #expect(try await pin() == nil)
            try await serving(state, tls: files) { url in
                #expect(url.hasPrefix("https://127.0.0.1:"))
                #expect(try await pin() == TestCertificate.pin)
                var client = TLSConfiguration.makeClientConfiguration()
                client.certificateVerification = .none
                let port = try port(url)
                let configuration = TestClient.Configuration(tlsConfiguration: client, serverName: "localhost")
                try await TestClient.withClient(host: "127.0.0.1", port: port, configuration: configuration) { client in
                    let response = try await client.get("/livez")
                    #expect(response.status == .ok)
                }
            }
            #expect(try await pin() == TestCertificate.pin)
            let given = String(repeating: "ab", count: 32)
            #expect(try await pin(given) == given)
            #expect(Hex.encode(try TLSFiles.pin(certificatePath: files.certificatePath)) == TestCertificate.pin)
            #expect(throws: CentralError.self) { try TLSFiles.pin(certificatePath: files.keyPath) }
        }
    }

    @Test("the control socket answers nonsense with a refusal and lets go of a line without end")
    func nonsense() async throws {
        try await withTemporaryDirectory { directory in
            let (state, _) = try CommandTests.initialise(directory)
            try await serving(state) { _ in
                for text in ["\n", "{}\n", "{\"boo\":1}\n", "\u{0}\n", String(repeating: "x", count: 17 << 20)] {
                    let answer = try await rawExchange(path: state.controlSocket, text)
                    #expect(answer.hasPrefix(#"{"refused":"#) && answer.hasSuffix("\n"))
                }
                let request = ControlRequest.addToken(role: "reader", label: "still here")
                guard case .token = try await CentralCommands.perform(request, in: state) else {
                    throw FixtureError(what: "no token")
                }
            }
        }
    }

    @Test("plain HTTP beyond loopback, a second server and a taken port are refused with their exit codes")
    func refused() async throws {
        try await withTemporaryDirectory { directory in
            let (state, _) = try CommandTests.initialise(directory)
            @Sendable func serve(_ state: StateDirectory, _ address: ListenAddress) async -> CentralError? {
                do {
                    try await CentralCommands.serve(state, listen: address, tls: nil, logger: silent) { _ in }
                } catch {
                    return error as? CentralError
                }
                return nil
            }
            let open = await serve(state, ListenAddress(host: "0.0.0.0", port: 0))
            #expect(open?.exitCode == 78 && open?.description.contains("--tls-cert") == true)
            let nowhere = StateDirectory(directory.appending(path: "none").path)
            #expect(await serve(nowhere, ListenAddress(host: "127.0.0.1", port: 0))?.exitCode == 78)
            let (other, _) = try CommandTests.initialise(directory.appending(path: "o"))
            try await serving(state) { url in
                #expect(await serve(state, ListenAddress(host: "127.0.0.1", port: 0))?.exitCode == 75)
                let port = try port(url)
                let taken = await serve(other, ListenAddress(host: "127.0.0.1", port: port))
                #expect(taken?.exitCode == 69)
            }
        }
    }
}
