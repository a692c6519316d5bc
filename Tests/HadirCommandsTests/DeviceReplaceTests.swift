import Foundation
import Testing
import ZKClient
import ZKSimulator
import ZKWire

@testable import HadirCommands

@Suite("hadir device replace: nobody scans as somebody else")
struct DeviceReplaceTests {
    private func scene(
        _ body: @Sendable (OfficeFolder, SimulatorServer, SimulatorServer, [String]) async throws -> Void
    )
        async throws
    {
        let office = try OfficeFolder()
        let here = ["--config", office.config, "--state", office.state]
        let key = office.path + "/backup.key"
        #expect(await Shell.run(["device", "backup", "--new-key", key] + here).code == 0)
        try await SimulatorServer.with(SimulatorConfiguration(serial: "CJ9L170560001", users: 5, records: 3)) { old in
            // The same ids and places with other names, and one user more.
            let other = SimulatorConfiguration(serial: "SPARE00000001", users: 6, records: 0, seed: 4)
            try await SimulatorServer.with(other) { spare in
                _ = await Shell.run("device", "enroll", old.url, "--name", "lobby", "--config", office.config)
                try await Self.put(1, 4, of: old, user: 1)
                try await body(office, old, spare, ["device", "replace", "lobby", spare.url, "--key", key] + here)
            }
        }
    }

    private static func put(_ byte: UInt8, _ finger: UInt8, of device: SimulatorServer, user: Int) async throws {
        let one = FingerTemplate(
            index: device.users[user].index, finger: finger, flag: 1,
            template: Redacted(Array(repeating: byte, count: 300)))
        let written = try await withDeviceSession(
            to: DeviceAddress(parsing: device.url), logger: CommandLogger.make()
        ) { try await $0.write(one) }
        #expect(written == .confirmed)
    }

    private static func rename(_ device: SimulatorServer, _ user: Int, _ name: String) async throws {
        let user = device.users[user]
        var other = user
        other.name = Redacted(Array(name.utf8))
        let done = try await withDeviceSession(
            to: DeviceAddress(parsing: device.url), logger: CommandLogger.make()
        ) { [other] in await $0.apply([.change(user, to: other)]) }
        #expect(done.outcomes.allSatisfy { $0.state == .confirmed })
    }

    @Test("The same user id with another name is another person: told, and refused without --allow-users")
    func sameIDOtherName() async throws {
        try await scene { office, _, spare, replace in
            try await Self.rename(spare, 2, "Orang Lain")
            try await Self.put(9, 7, of: spare, user: 2)
            let (users, fingers, text) = (spare.users, spare.fingers, office.text)
            let done = await Shell.run(replace)
            #expect(done.code == 65 && done.err.contains("Orang Lain") && done.err.contains("--allow-users"), "\(done)")
            #expect(done.err.contains("right middle finger of user \(users[2].userID.textBeforeNUL)"))
            #expect(done.err.contains("Nothing was changed."))
            #expect(spare.users == users && spare.fingers == fingers && office.text == text)
        }
    }

    @Test("--allow-users: fingers of overwritten and foreign users are gone, and who must enroll is what is there")
    func allowUsers() async throws {
        try await scene { _, old, spare, replace in
            try await Self.rename(spare, 2, "Orang Lain")
            try await Self.put(9, 7, of: spare, user: 2)
            // Finger 0, which old firmware deletes only with the user, and one of a user whom the old device lacks.
            try await Self.put(8, 0, of: spare, user: 2)
            try await Self.put(7, 1, of: spare, user: 5)
            let dry = await Shell.run(replace + ["--allow-users", "--dry-run"])
            #expect(dry.code == 0 && dry.err.contains("Orang Lain") && spare.fingers.count == 2, "\(dry)")
            let done = await Shell.run(replace + ["--allow-users"])
            #expect(done.code == 0, "\(done)")
            #expect(Set(spare.users.map(\.name)) == Set(old.users.map(\.name)))
            let mine = try #require(spare.users.first { $0.userID == old.users[1].userID })
            #expect(spare.fingers == [mine.index: [4]], "nobody's finger but the old device's")
            for user in old.users where user.userID != mine.userID && user.card == 0 && user.password.bytes.isEmpty {
                #expect(done.out.contains("\n  \(user.userID.textBeforeNUL)  "), "must enroll: \(done.out)")
            }
            #expect(!done.out.contains("\n  \(mine.userID.textBeforeNUL)  "))
        }
    }

    @Test("A finger of another person under the same id and name is not kept silently")
    func foreignFinger() async throws {
        try await scene { _, old, spare, replace in
            try await Self.rename(spare, 5, "Tidak Ada")
            for (number, user) in old.users.enumerated() {
                try await Self.rename(spare, number, String(decoding: user.name.bytes, as: UTF8.self))
            }
            _ = spare.deleteUser(id: spare.users[5].userID.textBeforeNUL)
            try await Self.put(9, 7, of: spare, user: 1)
            let fingers = spare.fingers
            let done = await Shell.run(replace)
            #expect(done.code == 65 && done.err.contains("0 users and 1 fingers of its own"), "\(done)")
            #expect(spare.fingers == fingers)
        }
    }

    @Test("A plan that gives a user id another name says whose fingers stay under it")
    func renamedWithFingers() async throws {
        try await scene { office, old, _, replace in
            let here = Array(replace.suffix(4))
            let id = old.users[1].userID.textBeforeNUL
            let name = String(decoding: old.users[1].name.bytes, as: UTF8.self)
            let path = office.path + "/users.csv"
            try Data("user_id,name\n\(id),Pegawai Baru\n".utf8).write(to: URL(filePath: path))
            let dry = await Shell.run(["user", "import", path, "--device", "lobby", "--dry-run"] + here)
            #expect(dry.code == 0 && dry.out.contains("has a finger of \(name)"), "\(dry)")
            let json = await Shell.run(["user", "import", path, "--device", "lobby", "--json"] + here)
            #expect((json.json as? [[String: Any]])?.first?["renamed_with_fingers"] as? [String] == [id], "\(json)")
        }
    }
}
