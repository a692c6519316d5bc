import Attendance
import Crypto
import Doctor
import EdgeDaemon
import EdgeStore
import Foundation
import Testing
import ZKSimulator
import ZKWire

@testable import HadirCommands

#if canImport(Glibc)
    import Glibc
#endif

@Suite("hadir doctor", .serialized)
struct EdgeDoctorTests {
    private static let noCentre = "http://127.0.0.1:9"

    private static func stanza(_ device: SimulatorServer, key: Int = 0, serial: String = "CJ9L170560001") -> String {
        """
        [edge]
        unit = "Dinas Contoh"
        timezone = "WIB"
        [device.lobby]
        address = "\(device.url)"
        serial = "\(serial)"
        comm_key = \(key)

        """
    }

    private static func write(_ text: String, _ office: OfficeFolder) throws {
        try Data(text.utf8).write(to: URL(filePath: office.config))
    }

    /// A journal with one entry of epoch and `bodies`, and an identity at a centre that is not there.
    private static func fill(
        _ office: OfficeFolder, _ bodies: [EntryBody] = [], at now: Date = Date(), url: String? = noCentre
    ) throws -> StateDirectory {
        let state = StateDirectory(path: office.state)
        try state.create()
        let store = try EdgeStore(path: state.journal, now: now)
        try store.append(bodies, at: now)
        if let url { try enroll(state, url) }
        return state
    }

    private static func enroll(_ state: StateDirectory, _ url: String) throws {
        let signing = Curve25519.Signing.PrivateKey()
        let code = EnrolmentCode(
            url: url, id: "0011223344556677", secret: Array(repeating: 9, count: 16),
            centreFingerprint: Array(SHA256.hash(data: signing.publicKey.rawRepresentation)), tlsPin: nil)
        let key = try NodeKey.forEnrolment(in: state, code: code.id)
        let answer = EnrolmentAnswer(
            code: code.id, publicKey: EnrolmentRequest(code: code, nodeKey: key.key.publicKey).public_key, node: "n7",
            unit: "Dinas Contoh", signingKey: signing.publicKey,
            sealingKey: Curve25519.KeyAgreement.PrivateKey().publicKey)
        try NodeIdentity(answer: answer, code: code, key: key).save(to: state)
    }

    /// Ids without those of this computer's own clock and network.
    private static func ids(
        _ office: OfficeFolder, now: Date = Date(), _ change: (inout EdgeDoctor) -> Void = { _ in }
    ) async -> [FindingID] {
        await report(office, now: now, change).findings.map(\.id)
    }

    private static func report(
        _ office: OfficeFolder, now: Date = Date(), _ change: (inout EdgeDoctor) -> Void = { _ in }
    ) async -> ExaminationReport {
        var doctor = EdgeDoctor(config: office.config, state: StateDirectory(path: office.state))
        doctor.now = { now }
        doctor.isClockKept = { true }
        doctor.network = NetworkProbe(interfaces: { ["eth0"] }, hasDefaultRoute: { true }, resolves: { _ in true })
        doctor.deviceTimeout = 2
        change(&doctor)
        return await doctor.examination().run()
    }

    private static func withDevice(
        key: UInt32 = 0, records: Int = 3, capacity: Int? = nil, clock: @escaping @Sendable () -> Date = { Date() },
        _ body: (SimulatorServer) async throws -> Void
    ) async throws {
        let configuration = SimulatorConfiguration(
            serial: "CJ9L170560001", users: 3, records: records, capacity: capacity, commKey: CommKey(key))
        try await SimulatorServer.with(configuration, clock: clock) { try await body($0) }
    }

    @Test("F5 Each mistake of the configuration with its line; none, no device, no file")
    func configuration() async throws {
        let office = try OfficeFolder("[edge]\nunit = \"X\"\ntimezone = \"MARS\"\n")
        let found = await Self.report(office).findings
        let mistake = try #require(found.first { $0.id == .configMistake })
        #expect(mistake.facts["line"] == .count(3) && mistake.subject == office.config)
        try Self.write("[edge]\nunit = \"X\"\ntimezone = \"WIB\"\n", office)
        #expect(await Self.ids(office).contains(.configNoDevices))
        try FileManager.default.removeItem(atPath: office.config)
        #expect(await Self.ids(office).contains(.configMissing))
        try FileManager.default.createDirectory(atPath: office.config, withIntermediateDirectories: false)
        #expect(await Self.ids(office).contains(.configUnreadable))
    }

    @Test("B13 F8 Nothing here yet: no folder, no journal, no enrolment, no service; and a key that is open to all")
    func empty() async throws {
        let office = try OfficeFolder()
        let first = await Self.ids(office)
        #expect(first.contains(.stateMissing) && first.contains(.daemonNotRunning))
        #expect(!FileManager.default.fileExists(atPath: office.state))
        try StateDirectory(path: office.state).create()
        let second = await Self.ids(office)
        #expect(
            second.contains(.journalMissing) && second.contains(.nodeNotEnrolled) && !second.contains(.stateMissing))
        let state = try Self.fill(office)
        #expect(chmod(state.nodeKey, 0o644) == 0)
        let third = await Self.ids(office)
        #expect(third.contains(.nodeKey) && third.contains(.stateOpen) && !third.contains(.nodeNotEnrolled))
    }

    @Test("C4 D11 D14 Without a daemon each device is asked once: well, wrong key, wrong clock, another device")
    func devices() async throws {
        let office = try OfficeFolder()
        _ = try Self.fill(office)
        try await Self.withDevice(key: 77) { device in
            try Self.write(Self.stanza(device, key: 77), office)
            #expect(await Self.ids(office).filter { $0.rawValue.hasPrefix("device.") }.isEmpty)
            try Self.write(Self.stanza(device, key: 78), office)
            let report = await Self.report(office)
            #expect(report.findings.contains { $0.id == .deviceCommKey && $0.subject == "lobby" })
            // The wrong key is as secret as the right one.
            #expect(!report.text(in: .english).contains("78") && !report.text(in: .indonesian).contains("78"))
            try Self.write(Self.stanza(device, key: 77, serial: "OTHER0000001"), office)
            #expect(await Self.ids(office).contains(.deviceOther))
            #expect(device.statistics.disables == 0 && device.statistics.destructive == 0)
        }
        #expect(await Self.ids(office).contains(.deviceRefuses))
        try await Self.withDevice(clock: { Date().addingTimeInterval(-3600) }) { device in
            try Self.write(Self.stanza(device), office)
            #expect(await Self.ids(office).contains(.deviceClockOff))
        }
    }

    @Test("D8 A log that is full, or nearly")
    func fullLogs() async throws {
        let office = try OfficeFolder()
        _ = try Self.fill(office)
        try await Self.withDevice(records: 10, capacity: 10) { device in
            try Self.write(Self.stanza(device), office)
            #expect(await Self.ids(office).contains(.deviceLogFull))
        }
        try await Self.withDevice(records: 9, capacity: 10) { device in
            try Self.write(Self.stanza(device), office)
            #expect(await Self.ids(office).contains(.deviceLogNearlyFull))
        }
    }

    @Test("A12 A device that rests after deaths is told, and not asked")
    func resting() async throws {
        let office = try OfficeFolder()
        let state = try Self.fill(office)
        try await Self.withDevice { device in
            try Self.write(Self.stanza(device), office)
            try FileManager.default.createDirectory(atPath: state.path + "/reading", withIntermediateDirectories: false)
            try Data("1 reading\n".utf8).write(to: URL(filePath: state.path + "/reading/lobby"))
            #expect(await Self.ids(office).contains(.deviceResting))
            #expect(device.statistics.connections == 0)
        }
    }

    @Test("B12 B13 F3 T4 A journal that is damaged, of a later version, put aside")
    func journals() async throws {
        let office = try OfficeFolder()
        let state = try Self.fill(office, [.alarm(Alarm(code: "journal_failed", text: "find me here"))])
        #expect(!(await Self.ids(office).contains(.journalDamaged)))
        try Data().write(to: URL(filePath: state.journal + ".damaged-20261101T070000"))
        #expect(await Self.ids(office).contains(.journalMovedAside))
        var bytes = try Data(contentsOf: URL(filePath: state.journal))
        let place = try #require(bytes.range(of: Data("find me".utf8)))
        bytes[place.lowerBound] ^= 1
        try bytes.write(to: URL(filePath: state.journal))
        #expect(await Self.ids(office).contains(.journalDamaged))
        try Data("no database at all, but long enough to be looked at".utf8).write(to: URL(filePath: state.journal))
        #expect(await Self.ids(office).contains(.journalDamaged))
    }

    @Test("What stands between us and the journal has its own words")
    func journalErrors() {
        let path = "/x/journal.db"
        #expect(EdgeJournal.finding(EdgeStoreError(.otherVersion, "why"), path).id == .journalOtherVersion)
        #expect(EdgeJournal.finding(EdgeStoreError(.busy, "why"), path).id == .journalHeld)
        #expect(EdgeJournal.finding(EdgeStoreError(.io, "why"), path).id == .journalUnreadable)
        #expect(EdgeJournal.finding(EdgeStoreError(.full, "why"), path).id == .diskFull)
    }

    @Test("C4 D7 F9 F11 H23 What was alarmed this week stays told: fork, cleared log, touched clock, new administrator")
    func alarms() async throws {
        let office = try OfficeFolder()
        let codes = ["fork", "log_cleared", "clock_touched", "admin_added", "audit_went_back", "revoked"]
        _ = try Self.fill(office, codes.map { .alarm(Alarm(code: $0, text: "x")) })
        let found = Set(await Self.ids(office))
        #expect(
            found.isSuperset(of: [
                .journalForked, .deviceLogLost, .deviceClockTouched, .deviceAdminAdded, .auditWentBack, .nodeRevoked,
            ]))
        let later = Set(await Self.ids(office, now: Date().addingTimeInterval(8 * 86_400)))
        #expect(later.isDisjoint(with: [.journalForked, .deviceLogLost, .nodeRevoked]))
    }

    @Test("C1 E19 T3 What waits, by its age; and a clock behind what was kept")
    func backlog() async throws {
        let office = try OfficeFolder()
        let then = Date().addingTimeInterval(-3 * 3600)
        _ = try Self.fill(office, at: then)
        #expect(await Self.ids(office).contains(.backlogWaiting))
        #expect(await Self.ids(office, now: then.addingTimeInterval(2 * 86_400)).contains(.backlogOld))
        let young = await Self.ids(office, now: then.addingTimeInterval(60))
        #expect(!young.contains(.backlogWaiting) && !young.contains(.backlogOld))
        #expect(await Self.ids(office, now: then.addingTimeInterval(-3600)).contains(.clockBehindJournal))
        #expect(await Self.ids(office, now: Date(timeIntervalSince1970: 86_400)).contains(.clockInPast))
    }

    @Test("E12 E17 The way to the centre: nobody there, no name, no network")
    func way() async throws {
        let office = try OfficeFolder()
        let state = try Self.fill(office)
        #expect(await Self.ids(office).contains(.centreRefused))
        try Self.enroll(state, "https://pusat.invalid")
        let cut = await Self.report(office) {
            $0.network = NetworkProbe(interfaces: { [] }, hasDefaultRoute: { false }, resolves: { _ in false })
        }
        let ids = cut.findings.map(\.id)
        #expect(ids.contains(.networkNoInterface))
        // Two checks see it, it is told once.
        #expect(ids.filter { $0 == .dnsFails }.count == 1)
    }

    @Test("Beside a running daemon no device is asked, and nothing in the state changes")
    func daemon() async throws {
        try await Self.withDevice { device in
            try await RunningOffice.with(device) { office in
                _ = await office.run("device", "sync", "lobby")
                let before = device.statistics.connections
                let done = await office.run("doctor", "--json")
                #expect(done.object["ok"] as? Bool == false)
                let found = (done.object["findings"] as? [[String: Any]] ?? []).compactMap { $0["id"] as? String }
                #expect(done.code == 1 && found.contains("node.not_enrolled"))
                #expect(
                    !found.contains { $0.hasPrefix("daemon.") || $0.hasPrefix("device.") || $0 == "journal.damaged" })
                #expect(device.statistics.connections == before)
                let table = await DoctorCommand.$variables.withValue(["LANG": "id_ID.UTF-8"]) {
                    await office.run("doctor")
                }
                #expect(table.out.contains("GANGGUAN") && table.out.contains("baik"))
                #expect(table.out.contains("layanan hadird: berjalan, versi \(HadirVersion.text)"))
                // One that the daemon would refuse.
                try Data("[edge]\nunit = 3\n".utf8).write(to: URL(filePath: office.folder.config))
                let mistaken = await office.run("doctor", "--json")
                #expect(mistaken.out.contains("\"config.mistake\""), "\(mistaken.out)")
            }
        }
    }
}
