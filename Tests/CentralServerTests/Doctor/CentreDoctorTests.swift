import Attendance
import AttendanceRules
import CentralStore
import Doctor
import Foundation
import Logging
import Testing

@testable import CentralServer

#if canImport(Glibc)
    import Glibc
#endif

@Suite("hadir-central doctor", .serialized)
struct CentreDoctorTests {
    private struct Place {
        let folder: URL
        let state: StateDirectory
        var config: String { folder.appending(path: "centre.conf").path }

        func write(_ text: String) throws { try Data(text.utf8).write(to: URL(filePath: config)) }

        func ids(_ now: Date = Date()) async -> [FindingID] { await findings(now).map(\.id) }

        func findings(_ now: Date = Date()) async -> [Finding] {
            await CentreDoctor(state: state, config: config, now: { now }, isClockKept: { true }).examination().run()
                .findings
        }
    }

    private func withCentre(_ work: (Place) async throws -> Void) async throws {
        try await withTemporaryDirectory { folder in
            let state = StateDirectory(folder.appending(path: "state").path)
            let cost = try JSONDecoder().decode(RecoveryKit.Cost.self, from: Data(#"{"n":1024,"r":8,"p":1}"#.utf8))
            _ = try CentralCommands.initialise(state, cost: cost)
            let place = Place(folder: folder, state: state)
            try place.write("listen = \"127.0.0.1:9\"\ntimezone = \"WIB\"\nassets = \"\(folder.path)\"\n")
            try await work(place)
        }
    }

    @Test("A centre that nobody started, without offices or files of the pages; nothing is made or changed")
    func resting() async throws {
        try await withCentre { place in
            let found = await place.ids()
            #expect(Set(found) == [.serverNotRunning, .assetsMissing, .officesNone])
            let none = Place(folder: place.folder, state: StateDirectory(place.folder.path + "/none"))
            #expect(await none.ids().contains(.databaseMissing))
            #expect(await none.ids().contains(.stateMissing))
            #expect(!FileManager.default.fileExists(atPath: none.state.path))
        }
    }

    @Test("F5 E10 Configuration, certificate and clock")
    func files() async throws {
        try await withCentre { place in
            try place.write("listen = \"127.0.0.1:9\"\ntimezone = \"MARS\"\n")
            #expect(await place.findings().first { $0.id == .configMistake }?.facts["line"] == .count(2))
            let tls = try TestCertificate.write(to: place.folder)
            let secure = """
                listen = "127.0.0.1:9"
                timezone = "WIB"
                tls_cert = "\(tls.certificatePath)"
                tls_key = "\(tls.keyPath)"

                """
            try place.write(secure)
            let usual = await place.ids()
            #expect(!usual.contains { $0.rawValue.hasPrefix("certificate.") })
            // It is valid from 21 November 2026 to 28 October 2126.
            let end = Date(timeIntervalSince1970: 4_948_895_910)
            #expect(await place.ids(end.addingTimeInterval(-10 * 86_400)).contains(.certificateEndsSoon))
            #expect(await place.ids(end.addingTimeInterval(10 * 86_400)).contains(.certificateExpired))
            #expect(await place.ids(Date(timeIntervalSince1970: 1_793_750_400)).contains(.certificateNotYetValid))
            #expect(await place.ids(Date(timeIntervalSince1970: 0)).contains(.clockInPast))
            try Data("nothing".utf8).write(to: URL(filePath: tls.keyPath))
            #expect(await place.ids().contains(.certificateUnusable))
            try FileManager.default.removeItem(atPath: place.config)
            #expect(await place.ids().contains(.configMissing))
        }
    }

    @Test("F8 F12 Keys that others may read, and keys that are none; no key is in what is said")
    func keys() async throws {
        try await withCentre { place in
            let secret = try String(contentsOfFile: place.state.sealingKey, encoding: .utf8)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            #expect(chmod(place.state.sealingKey, 0o644) == 0)
            let open = await place.findings()
            #expect(open.first { $0.id == .keysOpen }?.subject == place.state.sealingKey)
            #expect(chmod(place.state.sealingKey, 0o600) == 0)
            #expect(!(await place.ids().contains(.keysOpen)))
            try Data("nonsense".utf8).write(to: URL(filePath: place.state.sealingKey))
            let broken = await place.findings()
            #expect(broken.contains { $0.id == .keysUnusable })
            for finding in open + broken { #expect(!"\(finding)".contains(secret)) }
        }
    }

    @Test("B11 B13 A database that is damaged")
    func damage() async throws {
        try await withCentre { place in
            var bytes = try Data(contentsOf: URL(filePath: place.state.database))
            for place in 0..<min(4096, bytes.count) { bytes[place] = 0x55 }
            try bytes.write(to: URL(filePath: place.state.database))
            #expect(await place.ids().contains(.databaseDamaged))
        }
    }

    @Test("A6 The server runs; and another program at its port")
    func server() async throws {
        try await withCentre { place in
            let (listening, isListening) = AsyncStream<String>.makeStream()
            let serving = Task {
                try await CentralCommands.serve(
                    place.state, listen: ListenAddress(host: "127.0.0.1", port: 0), tls: nil,
                    logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() }
                ) { isListening.yield($0) }
            }
            var port = 0
            for await url in listening {
                port = Int(url.split(separator: ":").last ?? "") ?? 0
                break
            }
            try place.write("listen = \"127.0.0.1:\(port)\"\ntimezone = \"WIB\"\n")
            let running = await place.ids()
            #expect(!running.contains { $0.rawValue.hasPrefix("server.") })
            // Its control socket is there, and nobody at the port of the file.
            try place.write("listen = \"127.0.0.1:9\"\ntimezone = \"WIB\"\n")
            #expect(await place.ids().contains(.serverNotListening))
            try place.write("listen = \"127.0.0.1:\(port)\"\ntimezone = \"WIB\"\n")
            // Somebody else's centre at our port.
            try await withCentre { other in
                try other.write("listen = \"127.0.0.1:\(port)\"\ntimezone = \"WIB\"\n")
                #expect(await other.ids().contains(.serverPortTaken))
            }
            serving.cancel()
            _ = try? await serving.value
        }
    }
}

@Suite("What a doctor makes of an office")
struct OfficeJudgementTests {
    @Test("Work that waits is no fault; work that does not get less is")
    func queue() {
        func work(_ ids: ClosedRange<Int64>) -> PendingWork {
            let items = ids.map {
                RecomputeItem(
                    id: $0, scope: .everyone, span: DateSpan(from: CivilDate(dayNumber: 20_000), to: nil),
                    why: .recompute)
            }
            return PendingWork(items: items, mark: .init(item: 0, punch: 0))
        }
        #expect(CentreDoctor.judge(work(1...3), work(2...4)).isEmpty)
        #expect(CentreDoctor.judge(work(1...3), work(1...2)).isEmpty)
        #expect(CentreDoctor.judge(work(1...3), PendingWork(items: [], mark: .init(item: 0, punch: 0))).isEmpty)
        #expect(CentreDoctor.judge(work(1...3), work(1...4)).map(\.id) == [.queueStuck])
    }

    private static let now = Date(timeIntervalSince1970: 1_795_000_000)

    private static func node(
        silence: TimeInterval = 30, forks: Int = 0, backlog: Int64 = 0, age: Int64? = nil, trusted: Bool = true,
        free: Int64 = 1 << 40, devices: [NodeStatus.Device] = []
    ) -> NodeSummary {
        NodeSummary(
            node: "n7", unit: "Dinas Contoh", enrolledAt: now.addingTimeInterval(-86_400), revokedFrom: nil,
            contactAt: now.addingTimeInterval(-silence),
            status: NodeStatus(
                version: "0.1.0", backlog: backlog, backlogAge: age, diskFree: free, clockTrusted: trusted,
                devices: devices),
            forks: forks)
    }

    private static func ids(_ node: NodeSummary, held: Int = 0) -> [FindingID] {
        OfficeJudgement.findings(node, held: held, at: now).map(\.id)
    }

    @Test(
        "A14 B6 C1 E19 F9 T4 Silent, late, full, with a wrong clock, forked, in quarantine, with devices that are not well"
    )
    func offices() {
        #expect(Self.ids(Self.node()).isEmpty)
        #expect(Self.ids(Self.node(silence: 3601)) == [.officeSilent])
        // What it said before it fell silent is not told as of now.
        #expect(Self.ids(Self.node(silence: 3601, trusted: false)) == [.officeSilent])
        #expect(Self.ids(Self.node(backlog: 7, age: 3601)) == [.officeLate])
        #expect(Self.ids(Self.node(backlog: 7, age: 3599)).isEmpty)
        #expect(Self.ids(Self.node(trusted: false)) == [.officeClock])
        #expect(Self.ids(Self.node(free: 1 << 20)) == [.officeDisk])
        #expect(Self.ids(Self.node(forks: 1)) == [.officeForked])
        #expect(Self.ids(Self.node(), held: 3) == [.officeQuarantine])
        let sick = NodeStatus.Device(serial: "A", name: "lobby", problem: "silent")
        let slow = NodeStatus.Device(serial: "B", name: "gudang", clockOffset: -301)
        #expect(Self.ids(Self.node(devices: [sick, slow])) == [.officeDevice])
        #expect(
            OfficeJudgement.findings(Self.node(devices: [sick, slow]), held: 0, at: Self.now).first?.detail
                == "lobby, gudang")
    }
}
