import Attendance
import CentralServer
import CentralStore
import Foundation
import Hummingbird
import HummingbirdTesting
import NIOSSL
import ServiceLifecycleTestKit
import ServiceSupport
import Synchronization
import Testing

/// The whole of `serve` under a service manager, with a configuration file and a certificate that change.
@Suite("Reload of the centre", .timeLimit(.minutes(1)))
struct ReloadTests {
    /// A centre that serves `configuration` from a file, over TLS.
    private struct Rig: Sendable {
        let state: StateDirectory
        let files: TLSFiles
        let path: String
        let settings: CentralSettings
        let ear: Ear
        let port: Int
        private let ask: AsyncStream<Void>.Continuation

        static func write(_ directory: URL, _ more: String = "") throws {
            let text = """
                listen = "127.0.0.1:0"
                timezone = "WIB"
                tls_cert = "c.pem"
                tls_key = "k.pem"
                \(more)
                """
            try Data(text.utf8).write(to: directory.appending(path: "centre.conf"))
        }

        static func run(_ work: @Sendable @escaping (Rig, URL) async throws -> Void) async throws {
            try await withTemporaryDirectory { directory in
                let (state, _) = try CommandTests.initialise(directory)
                let files = try TestCertificate.write(to: directory)
                try write(directory)
                let path = directory.appending(path: "centre.conf").path
                let settings = try CentralSettings { try CentralConfiguration.load(path: path) }
                let ear = Ear()
                let (requests, ask) = AsyncStream.makeStream(of: Void.self)
                let (urls, announce) = AsyncStream.makeStream(of: String.self)
                try await testGracefulShutdown { trigger in
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask {
                            defer { announce.finish() }
                            try await CentralCommands.serve(
                                state, settings, service: ear.service(), reloads: requests, logger: silent
                            ) { url in announce.yield(url) }
                        }
                        var iterator = urls.makeAsyncIterator()
                        if let url = await iterator.next() {
                            defer { trigger.triggerGracefulShutdown() }
                            let rig = Rig(
                                state: state, files: files, path: path, settings: settings, ear: ear,
                                port: try #require(URLComponents(string: url)?.port), ask: ask)
                            try await work(rig, directory)
                        }
                        trigger.triggerGracefulShutdown()
                        try await group.waitForAll()
                    }
                }
                #expect(ear.count("STOPPING=1") == 1)
            }
        }

        private init(
            state: StateDirectory, files: TLSFiles, path: String, settings: CentralSettings, ear: Ear, port: Int,
            ask: AsyncStream<Void>.Continuation
        ) {
            (self.state, self.files, self.path, self.settings) = (state, files, path, settings)
            (self.ear, self.port, self.ask) = (ear, port, ask)
        }

        /// Has it read again, and waits until it says that it did.
        func reload() async {
            let before = ear.all.count { $0.hasPrefix("RELOADING=1") }
            ask.yield()
            while !isDone(before + 1) { await Task.yield() }
        }

        /// READY and words behind the reload of this number.
        private func isDone(_ number: Int) -> Bool {
            let reloads = ear.all.indices.filter { ear.all[$0].hasPrefix("RELOADING=1") }
            guard reloads.count >= number, let last = reloads.last else { return false }
            let behind = ear.all[last...]
            guard let ready = behind.firstIndex(of: "READY=1") else { return false }
            return behind[ready...].contains { $0.hasPrefix("STATUS=") }
        }

        /// A client that takes this certificate and no other.
        func client(
            trusting certificate: String, _ work: @Sendable @escaping (TestClient) async throws -> Void
        ) async throws {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(certificate.utf8)))
            try await TestClient.withClient(
                host: "127.0.0.1", port: port,
                configuration: TestClient.Configuration(tlsConfiguration: tls, serverName: "localhost")
            ) { client in try await work(client) }
        }

        func isServed(_ certificate: String) async -> Bool {
            let served = Mutex(false)
            try? await client(trusting: certificate) { client in
                let response = try await client.get("/livez")
                served.withLock { $0 = response.status == .ok }
            }
            return served.withLock { $0 }
        }

        func pin() async throws -> [UInt8]? {
            let store = try SQLiteCentralStore(readingPath: state.database)
            defer { try? store.close() }
            return try await store.tlsPin()
        }
    }

    @Test("READY when it listens, and the configuration's values; a reload takes a good file over")
    func takenOver() async throws {
        try await Rig.run { rig, directory in
            while rig.ear.count("READY=1") == 0 { await Task.yield() }
            #expect(rig.settings.value.pages.government == PagesConfiguration().government)
            try Rig.write(directory, "government = \"Kabupaten Misal\"")
            await rig.reload()
            #expect(rig.settings.value.pages.government == "Kabupaten Misal")
            #expect(rig.settings.problem == nil && rig.ear.status == "STATUS=0 nodes")
        }
    }

    @Test("a file with a mistake is refused with its line and changes nothing; mended, it is taken")
    func refused() async throws {
        try await Rig.run { rig, directory in
            try Rig.write(directory, "government = \"Kabupaten Misal\"\nwrong = 1")
            await rig.reload()
            #expect(rig.settings.value.pages.government == PagesConfiguration().government)
            #expect(rig.ear.status?.contains("configuration refused: \(rig.path):6: unknown key \"wrong\"") == true)
            #expect(await rig.isServed(TestCertificate.certificate))
            try Rig.write(directory, "government = \"Kabupaten Misal\"")
            await rig.reload()
            #expect(rig.settings.value.pages.government == "Kabupaten Misal" && rig.ear.status == "STATUS=0 nodes")
        }
    }

    @Test("a renewed certificate, even with a key of another kind, is for new connections; one under way goes on")
    func renewed() async throws {
        try await Rig.run { rig, directory in
            try await rig.client(trusting: TestCertificate.certificate) { old in
                #expect(try await old.get("/livez").status == .ok)
                try TestCertificate.writeOther(to: rig.files)
                await rig.reload()
                #expect(try await old.get("/livez").status == .ok, "the connection of before")
            }
            #expect(await rig.isServed(TestCertificate.otherCertificate))
            #expect(await !rig.isServed(TestCertificate.certificate))
            #expect(try await rig.pin().map { Hex.encode($0) } == TestCertificate.otherPin)
        }
    }

    @Test("a broken certificate, or one with another's key, is refused; the old one is served and its pin stays")
    func broken() async throws {
        try await Rig.run { rig, directory in
            let good = try Data(contentsOf: URL(filePath: rig.files.certificatePath))
            try Data("nothing".utf8).write(to: URL(filePath: rig.files.certificatePath))
            await rig.reload()
            #expect(rig.settings.problem?.contains("not a readable certificate") == true)
            try Data(TestCertificate.otherCertificate.utf8).write(to: URL(filePath: rig.files.certificatePath))
            await rig.reload()
            #expect(rig.settings.problem?.contains("do not belong together") == true)
            #expect(await rig.isServed(TestCertificate.certificate))
            #expect(try await rig.pin().map { Hex.encode($0) } == TestCertificate.pin)
            try FileManager.default.removeItem(atPath: rig.files.certificatePath)
            await rig.reload()
            #expect(rig.settings.problem?.contains("there is no such file") == true)
            try good.write(to: URL(filePath: rig.files.certificatePath))
            await rig.reload()
            #expect(rig.settings.problem == nil)
        }
    }
}
