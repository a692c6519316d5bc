import Attendance
import CentralServer
import CentralStore
import Crypto
import Foundation
import Synchronization
import Testing

@Suite("Backup")
struct BackupTests {
    private static let phrase = "correct horse battery"

    /// A centre with one office and forty scans, a kit of it, and where backups go.
    private struct Setting {
        let state: StateDirectory
        let kit: String
        let folder: String
        let directory: URL
        let clock = TestClock()

        init(_ directory: URL) async throws {
            self.directory = directory
            state = try CommandTests.initialise(directory).0
            folder = directory.appending(path: "backups").path
            kit = directory.appending(path: "kit.txt").path
            try await scans(40)
            try await makeKit(kit)
        }

        func makeKit(_ path: String) async throws {
            let cost = try JSONDecoder().decode(
                RecoveryKit.Cost.self, from: Data(#"{"n":1024,"r":8,"p":1}"#.utf8))
            _ = try await CentralCommands.recoveryKit(state, path: path, passphrase: phrase, cost: cost)
        }

        func scans(_ count: Int, office: String = "Dinas Contoh") async throws {
            let store = try SQLiteCentralStore(path: state.database)
            defer { try? store.close() }
            let key = Curve25519.Signing.PrivateKey()
            let code = EnrolmentCode(
                url: "http://127.0.0.1", id: office, secret: [UInt8](repeating: 3, count: 16),
                centreFingerprint: try CentralKeys(state).fingerprint, tlsPin: nil)
            try await store.addEnrolmentCode(
                NewEnrolmentCode(
                    id: office, unit: office, key: EnrolmentKey(secret: code.secret, codeID: office),
                    createdAt: monday, expiresAt: monday.addingTimeInterval(86_400)))
            let name = RandomText.hex(bytes: 8)
            _ = try await store.enrol(
                EnrolmentRequest(code: code, nodeKey: key.publicKey), nodeName: name,
                centreFingerprint: code.centreFingerprint, at: monday)
            var edge = Edge(node: name, key: key)
            let serial = "SN" + RandomText.hex(bytes: 4).uppercased()
            edge.write(try device(serial: serial))
            for number in 0..<count {
                edge.write(try punch(UserID("7"), "2026-03-02T07:\(10 + number):00", serial: serial))
            }
            _ = try await store.append(EntryRun(edge.batch()), receivedAt: monday)
        }

        func backUp(keep: Int? = nil, drill: Bool = true) async throws -> CentralCommands.BackupReport {
            defer { clock.pass(60) }
            return try await CentralCommands.backUp(state, to: folder, keep: keep, drill: drill, now: clock.now)
        }
    }

    @Test("what a backup and the kit give back is what was there when it was made")
    func roundTrip() async throws {
        try await withTemporaryDirectory { directory in
            let setting = try await Setting(directory)
            let made = try await setting.backUp()
            #expect(made.problem == nil && made.nodes == 1 && made.entries >= 40 && made.kept == 1)
            let mode = try FileManager.default.attributesOfItem(atPath: made.path + "/central.db")[.posixPermissions]
            #expect(mode as? Int == 0o600)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: made.path).sorted()
                    == ["central.db", "manifest.json"])
            #expect(try FileManager.default.contentsOfDirectory(atPath: setting.folder).count == 1)
            // A node that only the kit knows is there as well.
            try await setting.scans(5, office: "Dinas Lain")
            let late = directory.appending(path: "late.txt").path
            try await setting.makeKit(late)
            let new = StateDirectory(directory.appending(path: "new").path)
            let back = try await CentralCommands.restore(
                new, kit: late, passphrase: Self.phrase, backup: BackupFolder(made.path), at: monday)
            #expect(back.nodes == 2 && back.entries == made.entries)
            #expect(try CentralKeys(new).fingerprint == CentralKeys(setting.state).fingerprint)
            #expect(try await CentralCommands.verify(in: new).isWhole)
        }
    }

    @Test("a backup with one changed bit is refused by restore, by check, and before anything is made")
    func damagedFile() async throws {
        try await withTemporaryDirectory { directory in
            let setting = try await Setting(directory)
            let made = try await setting.backUp()
            let file = URL(filePath: made.path + "/central.db")
            var bytes = try Data(contentsOf: file)
            bytes[bytes.count / 2] ^= 1
            try bytes.write(to: file)
            let new = StateDirectory(directory.appending(path: "new").path)
            let refused = await #expect(throws: CentralError.self) {
                try await CentralCommands.restore(
                    new, kit: setting.kit, passphrase: Self.phrase, backup: BackupFolder(made.path), at: monday)
            }
            #expect(refused?.kind == .data)
            #expect(!FileManager.default.fileExists(atPath: new.path))
            let checked = await #expect(throws: CentralError.self) {
                try await CentralCommands.drill(BackupFolder(made.path), of: setting.state, at: monday)
            }
            #expect(checked?.kind == .data)
        }
    }

    @Test("a centre whose own rows were changed fails its drill: the copy is marked, nothing older is removed")
    func damagedCentre() async throws {
        try await withTemporaryDirectory { directory in
            let setting = try await Setting(directory)
            let good = try await setting.backUp(keep: 1)
            // What a failing disk does: one minute of one scan is another.
            let file = URL(filePath: setting.state.database)
            var bytes = try Data(contentsOf: file)
            let place = try #require(bytes.firstRange(of: Data("2026-03-02T07:33:00".utf8)))
            bytes[place.lowerBound + 15] = UInt8(ascii: "4")
            try bytes.write(to: file)
            let bad = try await setting.backUp(keep: 1)
            #expect(bad.problem?.contains("not whole") == true && bad.path.hasSuffix("-damaged"))
            #expect(bad.removed.isEmpty)
            #expect(try BackupFolder.all(in: setting.folder).map(\.path) == [good.path])
            let text = try String(contentsOfFile: setting.state.backupRecord, encoding: .utf8)
            let record = try JSONDecoder().decode(BackupRecord.self, from: Data(text.utf8))
            // The age of the last good drill goes on from the good one.
            #expect(record.drilledAt == monday.ISO8601Format() && record.problem != nil)
        }
    }

    @Test("only so many are kept, the newest, and only after a good drill")
    func keep() async throws {
        try await withTemporaryDirectory { directory in
            let setting = try await Setting(directory)
            var paths: [String] = []
            for _ in 0..<4 { paths.append(try await setting.backUp(keep: 2).path) }
            #expect(try BackupFolder.all(in: setting.folder).map(\.path) == Array(paths.suffix(2)))
        }
    }

    @Test("work that was cut off is cleared away, and two backups at once are refused")
    func cutOff() async throws {
        try await withTemporaryDirectory { directory in
            let setting = try await Setting(directory)
            let half = URL(filePath: setting.folder).appending(path: ".unfinished")
            try FileManager.default.createDirectory(at: half, withIntermediateDirectories: true)
            try Data("half".utf8).write(to: half.appending(path: "central.db"))
            let second = Mutex<CentralError?>(nil)
            _ = try await CentralCommands.backUp(
                setting.state, to: setting.folder, keep: nil, drill: false, now: setting.clock.now
            ) { _, _ in
                second.withLock { error in
                    do throws(CentralError) { _ = try BackupFolder.claim(setting.folder) } catch let other {
                        error = other
                    }
                }
            }
            #expect(second.withLock { $0?.kind } == .alreadyRunning)
            #expect(!FileManager.default.fileExists(atPath: half.path))
        }
    }

    @Test("a backup of another centre is refused")
    func foreign() async throws {
        try await withTemporaryDirectory { directory in
            let setting = try await Setting(directory)
            let elsewhere = directory.appending(path: "other")
            try FileManager.default.createDirectory(at: elsewhere, withIntermediateDirectories: true)
            let other = try await Setting(elsewhere)
            let made = try await other.backUp()
            let new = StateDirectory(directory.appending(path: "new").path)
            let refused = await #expect(throws: CentralError.self) {
                try await CentralCommands.restore(
                    new, kit: setting.kit, passphrase: Self.phrase, backup: BackupFolder(made.path), at: monday)
            }
            #expect(refused?.kind == .data && refused?.description.contains("another centre") == true)
        }
    }

    @Test("a kit is whole until a node is enrolled or a key announced after it")
    func kit() async throws {
        try await withTemporaryDirectory { directory in
            let setting = try await Setting(directory)
            let check = {
                try await CentralCommands.checkKit(setting.state, kit: setting.kit, passphrase: Self.phrase)
            }
            #expect(try await check().problems.isEmpty)
            try await setting.scans(1, office: "Dinas Lain")
            #expect(try await check().problems.count == 1)
            _ = try await CentralCommands.perform(.announceKey, in: setting.state)
            #expect(try await check().problems.count == 2)
            await #expect(throws: CentralError.self) {
                try await CentralCommands.checkKit(setting.state, kit: setting.kit, passphrase: "not this one at all")
            }
        }
    }
}
