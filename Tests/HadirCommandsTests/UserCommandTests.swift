import Attendance
import EdgeDaemon
import EdgeStore
import Foundation
import Testing
import ZKClient
import ZKSimulator
import ZKWire

@testable import HadirCommands

@Suite("hadir user, device sync --users, backup, restore")
struct UserCommandTests {
    /// An office with a device named lobby and a key for backups.
    private struct Lobby: Sendable {
        let office: OfficeFolder
        let device: SimulatorServer
        var here: [String] { ["--config", office.config, "--state", office.state] }
        var one: [String] { ["--device", "lobby"] + here }
        var key: String { office.path + "/backup.key" }

        func run(_ arguments: [String]) async -> Shell.Done { await Shell.run(arguments) }

        /// The journal's entries of one kind.
        func entries(_ kind: String) async -> [String] {
            let tail = await Shell.run("journal", "tail", "--state", office.state, "--count", "1000")
            return tail.out.split(separator: "\n").map(String.init).filter { $0.contains("\"kind\":\"\(kind)\"") }
        }

        func file(_ text: String, _ name: String = "users.csv") throws -> String {
            let path = office.path + "/" + name
            try Data(text.utf8).write(to: URL(filePath: path))
            return path
        }

        var ids: [String] { device.users.map(\.userID.textBeforeNUL) }
    }

    private func withLobby(
        users: Int = 9, _ body: @Sendable (Lobby) async throws -> Void
    ) async throws {
        let office = try OfficeFolder()
        try await SimulatorServer.with(SimulatorConfiguration(serial: "CJ9L170560001", users: users, records: 5)) {
            device in
            let lobby = Lobby(office: office, device: device)
            let done = await Shell.run("device", "enroll", device.url, "--name", "lobby", "--config", office.config)
            #expect(done.code == 0)
            #expect(await Shell.run(["device", "backup", "--new-key", lobby.key] + lobby.here).code == 0)
            try await body(lobby)
        }
    }

    @Test("add, set, remove: on the device, in the journal, and no secret in either")
    func edits() async throws {
        try await withLobby { lobby in
            let add = await lobby.run(
                ["user", "add", "1001", "--name", "Sari", "--card", "8675309", "--privilege", "enroller"] + lobby.one)
            #expect(add.code == 0 && add.out.contains("1 confirmed by the device"), "\(add)")
            let user = lobby.device.users.first { $0.userID == Array("1001".utf8) }
            #expect(user?.card == 8_675_309 && user?.privilege == 2 && user?.name.bytes == Array("Sari".utf8))
            let again = await lobby.run(["user", "add", "1001", "--name", "Budi"] + lobby.one)
            #expect(again.code == 1 && again.out.contains("is on the device already"))
            let set = await lobby.run(["user", "set", "1001", "--name", "Sari W", "--disabled"] + lobby.one)
            #expect(set.code == 0, "\(set)")
            let changed = lobby.device.users.first { $0.userID == Array("1001".utf8) }
            #expect(changed?.privilege == 3 && changed?.card == 8_675_309, "what was not named stays")
            let missing = await lobby.run(["user", "set", "4711", "--name", "X"] + lobby.one)
            #expect(missing.code == 1 && missing.out.contains("not on the device"))
            let remove = await lobby.run(["user", "remove", "1001", "--json"] + lobby.one)
            #expect(remove.code == 0)
            #expect(((remove.json as? [[String: Any]])?.first)?["confirmed"] as? Int == 1)
            #expect(lobby.ids.count == 9 && !lobby.device.isDisabled)
            let operations = await lobby.entries("operation")
            #expect(operations.count == 3)
            for (line, what) in zip(operations, ["user_added", "user_changed", "user_deleted"]) {
                #expect(line.contains("\"what\":\"\(what)\"") && line.contains("\"object\":\"1001\""))
            }
            let users = await lobby.entries("user")
            #expect(users.last?.contains("\"removed\":true") == true)
            let all = operations.joined() + add.out + set.out + remove.out
            #expect(!all.contains("8675309") && !operations.joined().contains("Sari"))
        }
    }

    @Test("The last administrator is not removed or demoted by accident")
    func lastAdministrator() async throws {
        try await withLobby { lobby in
            let admin = try #require(lobby.device.users.first { PrivilegeWord.isAdministrator($0.privilege) })
            let id = admin.userID.textBeforeNUL
            for words in [["user", "remove", id], ["user", "set", id, "--privilege", "user"]] {
                let done = await lobby.run(words + lobby.one)
                #expect(done.code == 1 && done.out.contains("--allow-no-admin"), "\(done)")
            }
            #expect(lobby.device.users.contains(admin))
            #expect(await lobby.run(["user", "remove", id, "--allow-no-admin"] + lobby.one).code == 0)
            #expect(!lobby.ids.contains(id))
        }
    }

    @Test("Two devices, one of them gone: the other is done, and the exit code says 69")
    func partial() async throws {
        try await withLobby { lobby in
            let done = await lobby.run(
                ["user", "add", "55", "--device", "tcp://127.0.0.1:1", "--device", "lobby", "--json"] + lobby.here)
            #expect(done.code == 69)
            let reports = try #require(done.json as? [[String: Any]])
            #expect(reports.map { $0["confirmed"] as? Int } == [0, 1])
            #expect(reports[0]["problem"] != nil && lobby.ids.contains("55"))
        }
    }

    @Test("Another device at the address is not written to")
    func otherDevice() async throws {
        try await withLobby { lobby in
            lobby.device.setSerial("FOREIGN000001")
            let done = await lobby.run(["user", "add", "55"] + lobby.one)
            #expect(done.code == 69 && done.out.contains("another device answers"))
            #expect(!lobby.ids.contains("55"))
        }
    }

    @Test("export, then sync --users: unchanged; empty, halved and doubled files delete nobody")
    func rosters() async throws {
        try await withLobby(users: 20) { lobby in
            let before = lobby.device.users
            let export = await lobby.run(["user", "export"] + lobby.one)
            let lines = export.out.split(separator: "\n").map(String.init)
            #expect(export.code == 0 && lines.count == 22)
            let sync = ["device", "sync", "lobby", "--key", lobby.key, "--users"]
            let same = await lobby.run(sync + [try lobby.file(export.out)] + lobby.here)
            #expect(same.code == 0 && same.out.contains("0 to add, 0 to change, 0 to delete, 20 unchanged"), "\(same)")
            #expect(same.out.contains("new scans"), "it reads, too")
            for (text, words) in [
                (lines.prefix(2), "has no users"), (lines.prefix(11), "--allow-shrink 9"),
                (lines.prefix(19), "--max-deletions 3"), (lines + lines.suffix(1), "already"),
            ] {
                let done = await lobby.run(sync + [try lobby.file(text.joined(separator: "\n"))] + lobby.here)
                #expect(done.code != 0 && (done.out + done.err).contains(words), "\(done)")
                #expect(lobby.device.users == before)
            }
            #expect(lobby.device.statistics.destructive == 0 && lobby.device.statistics.disables == 0)
        }
    }

    @Test("sync --users: dry run, applied with a backup first, undone from it to the last byte")
    func syncAndUndo() async throws {
        try await withLobby(users: 20) { lobby in
            _ = await lobby.run(
                ["user", "set", "5", "--card", "31337"] + lobby.one)
            let before = lobby.device.users
            let export = await lobby.run(["user", "export"] + lobby.one)
            var lines = export.out.split(separator: "\n").map(String.init)
            lines.removeAll { $0.hasPrefix("5,") || $0.hasPrefix("6,") }
            lines += ["2001,Orang Baru,,,,", "2002,Orang Lain,,,,"]
            let path = try lobby.file(lines.joined(separator: "\n"))
            let sync = ["device", "sync", "lobby", "--key", lobby.key, "--users", path]
            let dry = await lobby.run(sync + ["--dry-run"] + lobby.here)
            #expect(dry.code == 0 && dry.out.contains("  + 2001  Orang Baru") && dry.out.contains("  - 5"), "\(dry)")
            #expect(lobby.device.users == before)
            let done = await lobby.run(sync + ["--json"] + lobby.here)
            #expect(done.code == 0, "\(done)")
            let report = try #require((done.object["users"] as? [[String: Any]])?.first)
            #expect(report["confirmed"] as? Int == 4)
            #expect(Set(lobby.ids).isSuperset(of: ["2001", "2002"]) && !lobby.ids.contains("5"))
            let backup = try #require(report["backup"] as? String)
            let sealed = try Data(contentsOf: URL(filePath: backup))
            #expect(sealed.range(of: Data("31337".utf8)) == nil && sealed.range(of: Data("Baru".utf8)) == nil)
            let mode = try FileManager.default.attributesOfItem(atPath: backup)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            let undo = await lobby.run(
                ["device", "restore", "lobby", "--from", backup, "--users", "--key", lobby.key] + lobby.here)
            #expect(undo.code == 0, "\(undo)")
            #expect(Set(lobby.device.users) == Set(before))
        }
    }

    @Test("Without a key nothing is synced; a key in the state directory or open to all is refused")
    func keys() async throws {
        try await withLobby { lobby in
            let path = try lobby.file("user_id\n1\n")
            let sync = [
                "device", "sync", "lobby", "--allow-shrink", "1", "--max-deletions", "9", "--allow-no-admin", "--users",
                path,
            ]
            let missing = await lobby.run(sync + ["--key", lobby.office.path + "/none.key"] + lobby.here)
            #expect(missing.code == 78 && missing.out.contains("--new-key"), "\(missing)")
            let inside = await lobby.run(["device", "backup", "--new-key", lobby.office.state + "/b.key"] + lobby.here)
            #expect(inside.code == 78 && inside.err.contains("state directory"))
            let link = lobby.office.path + "/link"
            try FileManager.default.createDirectory(atPath: lobby.office.state, withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: lobby.office.state)
            let around = await lobby.run(["device", "backup", "--new-key", link + "/c.key"] + lobby.here)
            #expect(around.code == 78 && around.err.contains("state directory"), "\(around)")
            #expect(!FileManager.default.fileExists(atPath: lobby.office.state + "/c.key"))
            let twice = await lobby.run(["device", "backup", "--new-key", lobby.key] + lobby.here)
            #expect(twice.code == 74, "an old key is never overwritten")
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: lobby.key)
            let open = await lobby.run(["device", "backup", "lobby", "--key", lobby.key] + lobby.here)
            #expect(open.code == 78 && open.err.contains("chmod 600"))
        }
    }

    @Test("A backup with fingers and passwords goes onto another device; nothing secret is printed")
    func restoreElsewhere() async throws {
        try await withLobby { lobby in
            let user = lobby.device.users[3]
            let template = (0..<900).map { UInt8(truncatingIfNeeded: $0 * 3 + 1) }
            let address = try DeviceAddress(parsing: lobby.device.url)
            let finger = FingerTemplate(index: user.index, finger: 4, flag: 1, template: Redacted(template))
            let written = try await withDeviceSession(to: address, logger: CommandLogger.make()) {
                try await $0.write(finger)
            }
            #expect(written == .confirmed)
            let path = lobby.office.path + "/lobby.backup"
            let backup = await lobby.run(
                ["device", "backup", "lobby", "--templates", "--to", path, "--key", lobby.key, "--json"] + lobby.here)
            #expect(backup.code == 0 && backup.object["users"] as? Int == 9, "\(backup)")
            let spare = SimulatorConfiguration(serial: "SPARE00000001", users: 0, records: 0, seed: 9)
            try await SimulatorServer.with(spare) { spare in
                let restore = ["device", "restore", spare.url, "--from", path, "--key", lobby.key]
                let other = await lobby.run(restore + ["--users"] + lobby.here)
                #expect(other.code == 65 && other.out.contains("--other-device"))
                let done = await lobby.run(restore + ["--users", "--templates", "--other-device"] + lobby.here)
                #expect(done.code == 0, "\(done)")
                #expect(Set(spare.users) == Set(lobby.device.users))
                let back = try await withDeviceSession(
                    to: DeviceAddress(parsing: spare.url), logger: CommandLogger.make()
                ) { session in
                    let index = try await session.userList().user(user.userID)?.index ?? 0
                    return try await session.template(index: index, finger: 4)
                }
                #expect(back?.bytes == template)
            }
        }
    }

    @Test("enroll at the terminal, copy to another device, list, delete; no template in any output or entry")
    func fingers() async throws {
        try await withLobby { lobby in
            let id = lobby.device.users[2].userID.textBeforeNUL
            let enrolled = await Terminal.$output.withValue(Toucher(lobby.device)) {
                await HadirCommand.run(["finger", "enroll", "--user", id, "--finger", "6"] + lobby.one)
            }
            #expect(enrolled == 0)
            #expect(lobby.device.fingers == [lobby.device.users[2].index: [6]])
            let list = await lobby.run(["finger", "list", "--json"] + lobby.one)
            let row = try #require((list.json as? [[String: Any]])?.first)
            #expect(row["user_id"] as? String == id && row["finger_name"] as? String == "right index")
            #expect(Set(row.keys) == ["device", "user_id", "name", "finger_name", "finger", "bytes", "flag"])
            let other = SimulatorConfiguration(serial: "OTHER00000001", users: 9, records: 0)
            try await SimulatorServer.with(other) { other in
                let copy = ["finger", "copy", "--from", "lobby", "--device", other.url] + lobby.here
                let done = await lobby.run(copy)
                #expect(done.code == 0 && done.out.contains("1 confirmed"), "\(done)")
                #expect(other.fingers == lobby.device.fingers)
                #expect(await lobby.run(copy).out.contains("0 confirmed"), "what is there stays")
            }
            let gone = await lobby.run(["finger", "delete", "--user", id, "--all-fingers"] + lobby.one)
            #expect(gone.code == 0 && lobby.device.fingers.isEmpty, "\(gone)")
            let whats = await lobby.entries("operation").map {
                $0.contains("finger_enrolled") || $0.contains("finger_deleted")
            }
            #expect(whats == [true, true])
        }
    }

    /// A person at the device who does what the terminal says.
    private struct Toucher: TerminalOutput {
        let device: SimulatorServer

        init(_ device: SimulatorServer) { self.device = device }

        func print(_ line: String) {}

        func say(_ line: String) {
            if line.contains("(1 of 3)") || line.contains("(2 of 3)") || line.contains("(3 of 3)") {
                device.touch(.good)
            }
        }
    }

    @Test("sync --templates: each device gets the fingers its users have on the other, and keeps its own")
    func exchange() async throws {
        try await withLobby { lobby in
            let other = SimulatorConfiguration(serial: "OTHER00000001", users: 4, records: 0)
            try await SimulatorServer.with(other) { other in
                _ = await lobby.run(
                    ["device", "enroll", other.url, "--name", "gudang", "--config", lobby.office.config])
                let fingers = [
                    (lobby.device, 0, 1), (lobby.device, 0, 2), (other, 0, 2), (other, 1, 5), (lobby.device, 8, 3),
                ]
                for (number, (device, user, finger)) in fingers.enumerated() {
                    let one = FingerTemplate(
                        index: device.users[user].index, finger: UInt8(finger), flag: 1,
                        template: Redacted(Array(repeating: UInt8(number + 1), count: 300)))
                    let written = try await withDeviceSession(
                        to: DeviceAddress(parsing: device.url), logger: CommandLogger.make()
                    ) { try await $0.write(one) }
                    #expect(written == .confirmed)
                }
                let sync = ["device", "sync", "--templates", "--json"] + lobby.here
                let dry = await lobby.run(sync + ["--dry-run"])
                #expect(dry.code == 0, "\(dry)")
                let planned = (dry.object["users"] as? [[String: Any]])?.map { $0["fingers_to_copy"] as? Int }
                #expect(planned == [1, 1])
                let done = await lobby.run(sync)
                #expect(done.code == 0, "\(done)")
                let (first, second) = (other.users[0].index, other.users[1].index)
                #expect(other.fingers == [first: [1, 2], second: [5]], "user 9 is not on this device")
                // Its places are others: people are matched by user id.
                let (here, there) = (lobby.device.users[0].index, lobby.device.users[1].index)
                #expect(first != here)
                #expect(lobby.device.fingers[here] == [1, 2] && lobby.device.fingers[there] == [5])
                let kept = try await withDeviceSession(
                    to: DeviceAddress(parsing: other.url), logger: CommandLogger.make()
                ) { try await $0.template(index: first, finger: 2) }
                #expect(kept?.bytes.first == 3, "a finger that is there is left")
            }
        }
    }

    @Test("replace: users, fingers, settings, clock and stanza go to the new device; the old one's history stays")
    func replace() async throws {
        try await withLobby { lobby in
            let user = lobby.device.users[1]
            let address = try DeviceAddress(parsing: lobby.device.url)
            let finger = FingerTemplate(
                index: user.index, finger: 4, flag: 1, template: Redacted([1, 2, 3, 4, 5, 6, 7]))
            let isReady = try await withDeviceSession(to: address, logger: CommandLogger.make()) {
                let isWritten = try await $0.write(finger) == .confirmed
                return try await $0.setOption("LockOn", to: "9") && isWritten
            }
            #expect(isReady)
            let spare = SimulatorConfiguration(
                serial: "SPARE00000001", users: 0, records: 0)
            try await SimulatorServer.with(spare) { spare in
                let replace = ["device", "replace", "lobby", spare.url, "--key", lobby.key] + lobby.here
                let before = lobby.office.text
                let dry = await lobby.run(replace + ["--dry-run"])
                #expect(dry.code == 0 && dry.out.contains("9 to add") && spare.users.isEmpty, "\(dry)")
                #expect(lobby.office.text == before)
                let done = await lobby.run(replace)
                #expect(done.code == 0, "\(done)")
                #expect(Set(spare.users) == Set(lobby.device.users) && spare.fingers.count == 1)
                #expect(done.out.contains("nothing was copied that they could scan with"))
                let stanza = try #require(try DevicesFile.load(path: lobby.office.config).devices.first)
                #expect(stanza.name == "lobby" && stanza.serial?.text == "SPARE00000001")
                #expect(stanza.address.description == spare.url)
                #expect(lobby.office.text.contains("before that CJ9L170560001"))
                let probe = await lobby.run(["device", "probe", "lobby", "--json"] + lobby.here)
                #expect(abs(probe.object["clock_offset"] as? Int ?? 999) <= 2)
                let entries = await lobby.entries("punch")
                #expect(
                    entries.count == 5 && entries.allSatisfy { $0.contains("CJ9L170560001") },
                    "its last scans were read")
                #expect(
                    await lobby.run(["device", "replace", "lobby", spare.url, "--key", lobby.key] + lobby.here).code
                        == 64)
            }
        }
    }

    @Test("replace refuses a device with people of its own, or too little room, and changes nothing")
    func replaceRefused() async throws {
        try await withLobby { lobby in
            let before = lobby.office.text
            var small = DeviceProfile.tft
            small.userCapacity = 5
            let strangers = SimulatorConfiguration(serial: "SPARE1", users: 12, records: 0, seed: 99)
            for (other, words) in [
                (strangers, "--allow-users"),
                (SimulatorConfiguration(profile: small, serial: "SPARE2", users: 0, records: 0), "room for 5 users"),
            ] {
                try await SimulatorServer.with(other) { other in
                    let users = other.users
                    let done = await lobby.run(
                        ["device", "replace", "lobby", other.url, "--key", lobby.key] + lobby.here)
                    #expect(done.code == 65 && done.err.contains(words), "\(done)")
                    #expect(other.users == users && lobby.office.text == before)
                }
            }
        }
    }
}

@Suite("Sealed backups")
struct BackupFileTests {
    private func content() -> BackupContent {
        var user = UserRecord(
            index: 3, privilege: 14, password: Array("4321".utf8), name: Array("SariRahasia".utf8), card: 777_123,
            userID: Array("1001".utf8))
        user.zones = [1, 2, 3, 4]
        return BackupContent(
            serial: "CJ9", model: "F18", platform: "P", firmware: "V", taken_at: "2026-11-22T00:00:00.000Z",
            layout: "u72", pin_width: 9, finger_version: "10", settings: ["LockOn": "5"],
            users: [BackupContent.User(user)],
            fingers: [
                .init(user_id: .init(Array("1001".utf8)), finger: 4, flag: 1, template: .init(Array("CAPJARI".utf8)))
            ])
    }

    private func key() throws -> (BackupKey, OfficeFolder) {
        let office = try OfficeFolder()
        return (try BackupKey.make(path: office.path + "/k", state: StateDirectory(path: office.state)), office)
    }

    @Test("What is sealed opens with its key, and with no other")
    func roundTrip() throws {
        let (key, office) = try key()
        let sealed = try BackupFile.sealed(content(), key)
        #expect(try BackupFile.opened(sealed, key, name: "b") == content())
        let again = try BackupKey.read(path: office.path + "/k", state: StateDirectory(path: office.state))
        #expect(try BackupFile.opened(sealed, again, name: "b") == content())
        let (other, _) = try self.key()
        #expect(throws: CommandFailure.self) { try BackupFile.opened(sealed, other, name: "b") }
        for secret in ["Rahasia", "4321", "777123", "CAPJARI"] {
            #expect(Data(sealed).range(of: Data(secret.utf8)) == nil)
        }
        #expect(try BackupFile.sealed(content(), key) != sealed, "no nonce comes twice")
    }

    @Test("Any altered byte and any cut is noticed, in the readable line, too")
    func tamper() throws {
        let (key, _) = try key()
        let sealed = try BackupFile.sealed(content(), key)
        for position in sealed.indices {
            var altered = sealed
            altered[position] ^= 0x20
            #expect(throws: CommandFailure.self, "byte \(position)") {
                try BackupFile.opened(altered, key, name: "b")
            }
        }
        for length in 0..<sealed.count {
            #expect(throws: CommandFailure.self) {
                try BackupFile.opened(Array(sealed.prefix(length)), key, name: "b")
            }
        }
        #expect(throws: CommandFailure.self) { try BackupFile.opened(sealed + [0], key, name: "b") }
    }

    @Test("Printed, dumped or thrown, nothing secret shows")
    func silent() throws {
        let (key, _) = try key()
        var text = "\(content()) \(key) \(String(reflecting: key))"
        dump(content(), to: &text)
        dump(key, to: &text)
        for secret in ["Rahasia", "4321", "777123", "CAPJARI", "67, 65, 80"] { #expect(!text.contains(secret)) }
    }
}
