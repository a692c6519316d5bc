import Attendance
import EdgeDaemon
import EdgeStore
import Foundation
import Testing

@testable import HadirCommands

@Suite("hadir import")
struct ImportCommandTests {
    private static let log = """
                7\t2026-03-02 07:01:05\t1\t0\t1\t0\r
                9\t2026-03-02 07:02:05\t1\t0\t1\t0\r
                7\t2026-02-30 07:00:00\t1\t0\t1\t0\r\n
        """

    private func office(_ text: String = log, name: String = "1_attlog.dat") throws -> (OfficeFolder, file: String) {
        let office = try OfficeFolder()
        let path = office.path + "/" + name
        try Data(text.utf8).write(to: URL(filePath: path))
        return (office, path)
    }

    private func hadir(_ office: OfficeFolder, _ arguments: String...) async -> Shell.Done {
        await Shell.run(["import"] + arguments + ["--state", office.state, "--config", office.config])
    }

    private func punches(_ office: OfficeFolder) throws -> [Punch] {
        try EdgeStore.readOnly(path: office.state + "/journal.db").tail(100).compactMap {
            if case .punch(let punch) = try EntryBody.decode($0.body).body { punch } else { nil }
        }
    }

    @Test("Without a daemon the command journals: preview, then what is new; twice is nothing new")
    func imports() async throws {
        let (office, file) = try office()
        let done = await hadir(office, file, "--device", "CJ9L170560001", "--yes")
        #expect(done.code == 0, "\(done.err)")
        for words in ["2026-03-02T07:01:05 to 2026-03-02T07:02:05", "1: line 3", "never seen here", "imported 3 scans"]
        {
            #expect(done.out.contains(words), "\(words)")
        }
        let punches = try punches(office)
        #expect(punches.count == 3 && punches.allSatisfy { $0.source == .stick && $0.file?.by == Account.own })
        let again = await hadir(office, file, "--device", "CJ9L170560001", "--yes", "--json")
        let report = try #require((again.json as? [[String: Any]])?.first)
        #expect((report["preview"] as? [String: Any])?["known"] as? Int == 3)
        #expect((report["imported"] as? [String: Any])?["new"] as? Int == 0)
        #expect(try self.punches(office).count == 3)
    }

    @Test("Several files, one after the other; names of user.dat stand beside unknown user ids")
    func several() async throws {
        let (office, file) = try office()
        let second = office.path + "/2_attlog.dat"
        try Data("        8\t2026-03-03 07:01:05\t1\t0\t1\t0\n".utf8).write(to: URL(filePath: second))
        let serial = try #require(DeviceSerial("CJ9L170560001"))
        let moment = Date(timeIntervalSince1970: 1_772_409_600)
        try StateDirectory(path: office.state).create()
        let store = try EdgeStore(path: office.state + "/journal.db", now: moment)
        try store.append(
            users: [DeviceUser(serial: serial, userID: UserID("7"), name: "BUDI", privilege: 0)], of: serial, at: moment
        )
        var user = [UInt8](repeating: 0, count: 28)
        user[0] = 1
        user.replaceSubrange(3..<8, with: Array("24680".utf8))
        user.replaceSubrange(8..<14, with: Array("AMINAH".utf8))
        user[24] = 9
        let users = office.path + "/user.dat"
        try Data(user).write(to: URL(filePath: users))
        let done = await hadir(office, file, second, "--device", "CJ9L170560001", "--yes", "--users", users)
        #expect(done.code == 0 && done.out.contains("1: 9 (AMINAH)") && done.out.contains("1: 8"), "\(done.out)")
        #expect(!done.out.contains("24680") && !done.err.contains("24680"))
        #expect(try punches(office).filter { $0.source == .stick }.count == 4)
    }

    @Test("It asks; only a yes imports, and nobody to ask is no yes; a dry run changes nothing")
    func asks() async throws {
        let (office, file) = try office()
        _ = try EdgeStore.openedForTest(office.state)
        for (answer, code) in [("n", 1), ("", 1), (nil, 64), ("y", 0)] as [(String?, Int32)] {
            let done = await Terminal.$input.withValue({ answer }) {
                await hadir(office, file, "--device", "CJ9L170560001")
            }
            #expect(done.code == code, "\(answer ?? "nobody"): \(done.err)")
            #expect(try punches(office).count == (code == 0 ? 3 : 0))
        }
        let (other, second) = try self.office()
        _ = try EdgeStore.openedForTest(other.state)
        let dry = await hadir(other, second, "--device", "CJ9L170560001", "--dry-run", "--json")
        #expect(dry.code == 0 && dry.out.contains("\"records\" : 3") && !dry.out.contains("\"imported\""))
        #expect(try punches(other).isEmpty && !FileManager.default.fileExists(atPath: other.state + "/imports"))
    }

    @Test("Refusals have their words and codes: another device's file, an unknown device, fingerprints, no file")
    func refused() async throws {
        let (office, file) = try office(name: "NYU7244800354_attlog.dat")
        let other = await hadir(office, file, "--device", "CJ9L170560001", "--yes")
        #expect(other.code == 65 && other.err.contains("NYU7244800354"))
        let unknown = await hadir(office, file, "--device", "loby", "--yes")
        #expect(unknown.code == 64 && unknown.err.contains("no device is called"))
        let (biometric, template) = try self.office("x", name: "template.fp10")
        let refused = await hadir(biometric, template, "--device", "CJ9L170560001", "--yes")
        #expect(refused.code == 65 && refused.err.contains("UU 27/2022"))
        #expect(!FileManager.default.fileExists(atPath: biometric.state))
        #expect(await hadir(office, office.path + "/none", "--device", "CJ9L170560001", "--yes").code == 74)
        #expect(await hadir(office, file, "--device", "CJ9L170560001", "--json").code == 64)
        #expect(await hadir(office, file, "--device", "CJ9L170560001", "--yes", "--dry-run").code == 64)
    }

    @Test("A running daemon does it: it has the lock, and the command the file, however many parts it has")
    func daemon() async throws {
        let line = "        7\t2026-03-02 07:01:05\t1\t0\t1\t0\r\n"
        let (office, file) = try office(String(repeating: line, count: 25_000))
        var configuration = EdgeConfiguration(unit: "Dinas Contoh", timezone: "Asia/Jakarta")
        configuration.devices = []
        let daemon = try EdgeDaemon(
            configuration: configuration, state: StateDirectory(path: office.state),
            environment: .real(logger: CommandLogger.make()))
        let (ready, isReady) = AsyncStream<Void>.makeStream()
        let running = Task { try await daemon.run(ready: { isReady.yield() }) }
        for await _ in ready { break }
        let dry = await hadir(office, file, "--device", "CJ9L170560001", "--dry-run")
        #expect(dry.code == 0 && dry.out.contains("25000"), "\(dry.err)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: office.state + "/imports").isEmpty)
        let done = await hadir(office, file, "--device", "CJ9L170560001", "--yes")
        #expect(done.code == 0 && done.out.contains("imported 25000 scans"), "\(done.err)")
        let unknown = await hadir(office, file, "--device", "loby", "--yes")
        #expect(unknown.code == 64)
        let left = try FileManager.default.contentsOfDirectory(atPath: office.state + "/imports")
        #expect(left.count == 1 && left.allSatisfy { $0.hasSuffix(".dat") }, "what was refused waits for nobody")
        running.cancel()
        try await running.value
    }
}

extension EdgeStore {
    fileprivate static func openedForTest(_ state: String) throws -> Int64 {
        let directory = StateDirectory(path: state)
        try directory.create()
        return try EdgeStore(path: directory.journal, now: Date(timeIntervalSince1970: 1_772_409_600)).head().lastSeq
    }
}
