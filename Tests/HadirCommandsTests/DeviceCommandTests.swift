import Attendance
import EdgeDaemon
import EdgeStore
import Foundation
import Logging
import Testing
import ZKClient
import ZKSimulator
import ZKWire

@testable import HadirCommands

@Suite("hadir device")
struct DeviceCommandTests {
    private func withDevice(
        records: Int = 30, key: UInt32 = 0, _ body: (SimulatorServer) async throws -> Void
    ) async throws {
        try await SimulatorServer.with(
            SimulatorConfiguration(serial: "CJ9L170560001", users: 9, records: records, commKey: CommKey(key))
        ) { try await body($0) }
    }

    @Test("probe: who it is, as a table and as JSON; the device is not blocked")
    func probe() async throws {
        try await withDevice(key: 123_456) { device in
            let table = await Shell.run("device", "probe", device.url, "--comm-key", "123456")
            #expect(table.code == 0 && table.err.isEmpty)
            #expect(table.out.contains("CJ9L170560001") && table.out.contains("30 of 100000 (0 %)"))
            let json = await Shell.run("device", "probe", device.url, "--comm-key", "123456", "--json").object
            #expect(json["serial"] as? String == "CJ9L170560001")
            #expect(json["records"] as? Int == 30 && json["record_capacity"] as? Int == 100_000)
            #expect(json["model"] as? String == "F18/ID")
            #expect(abs(json["clock_offset"] as? Int ?? 99) <= 1)
            let east = await Shell.run(
                "device", "probe", device.url, "--comm-key", "123456", "--timezone", "WIT", "--json"
            ).object
            #expect(abs((east["clock_offset"] as? Int ?? 0) + 7200) <= 1)
            #expect(device.statistics.disables == 0 && device.statistics.destructive == 0)
        }
    }

    @Test("Errors have words, a hint, and their code")
    func errors() async throws {
        try await withDevice(key: 77) { device in
            let wrong = await Shell.run("device", "pull", device.url, "--comm-key", "78")
            #expect(wrong.code == 69 && wrong.err.contains("comm key") && wrong.out.isEmpty)
            for arguments in [
                ["device", "probe", "http://127.0.0.1"], ["device", "probe", device.url, "--timeout", "0"],
                ["device", "probe", device.url, "--timezone", "MARS"],
                ["device", "pull", device.url, "--format", "xml"],
                ["device", "enroll", device.url, "--name", "No Good"],
            ] {
                let done = await Shell.run(arguments)
                #expect(done.code == 64, "\(arguments)")
                #expect(done.out.isEmpty && !done.err.isEmpty)
            }
        }
        let url = try await SimulatorServer.with(SimulatorConfiguration()) { $0.url }
        let gone = await Shell.run("device", "probe", url)
        #expect(gone.code == 69 && gone.err.contains("udp://"))
    }

    @Test("pull: every record in order, in three formats")
    func pull() async throws {
        try await withDevice { device in
            try device.scan(userID: "3", at: "2026-02-30T08:00:00")
            let lines = await Shell.run("device", "pull", device.url, "--format", "ndjson")
            #expect(lines.code == 0 && lines.err == "31 records")
            let records = lines.out.split(separator: "\n").compactMap {
                try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
            }
            #expect(records.compactMap { $0["user_id"] as? String } == device.scans().map(\.userText))
            #expect(
                records.dropLast().compactMap { $0["device_time"] as? String }
                    == device.scans().dropLast().map(\.deviceTime))
            #expect((records.last?["device_time"] as? String)?.count == 8, "30 February is the field in hex")
            let csv = await Shell.run("device", "pull", device.url, "--format", "csv").out.split(separator: "\n")
            #expect(csv.count == 32 && csv.first == "user_id,device_time,verify,verify_code,state,state_code,raw")
            let table = await Shell.run("device", "pull", device.url).out.split(separator: "\n")
            #expect(table.count == 32)
            #expect(device.recordCount == 31, "the log stays as it is")
        }
    }

    @Test("enroll: the stanza and the key are written, comments stay, the file loads; a second time nothing changes")
    func enroll() async throws {
        let office = try OfficeFolder("# our office\n[edge]\nunit = \"Dinas Contoh\"\ntimezone = \"WIB\" # Java\n")
        try await withDevice(key: 42) { device in
            let enroll = ["device", "enroll", device.url, "--name", "lobby", "--config", office.config]
            let done = await Shell.run(enroll + ["--comm-key", "42", "--timezone", "WITA", "--json"])
            #expect(done.code == 0, "\(done.err)")
            #expect(done.object["serial"] as? String == "CJ9L170560001")
            #expect(office.text.hasPrefix("# our office\n") && office.text.contains("# Java"))
            let configuration = try DevicesFile.load(path: office.config)
            #expect(configuration.devices.map(\.serial?.text) == ["CJ9L170560001"])
            #expect(configuration.devices.first?.commKey == CommKey(42))
            #expect(configuration.devices.first?.timezone == "Asia/Makassar")
            let keyFile = office.path + "/lobby.key"
            let mode = try FileManager.default.attributesOfItem(atPath: keyFile)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            let before = (office.text, try String(contentsOfFile: keyFile, encoding: .utf8))
            device.setCommKey(CommKey(43))
            let again = await Shell.run(enroll + ["--comm-key", "43"])
            #expect(again.code == 78 && again.err.contains("is there already"))
            let after = (office.text, try String(contentsOfFile: keyFile, encoding: .utf8))
            #expect(before == after)
        }
    }

    @Test("sync without a daemon journals; list shows what is configured; an unknown name is wrong use")
    func syncHere() async throws {
        let office = try OfficeFolder()
        try await withDevice { device in
            let here = ["--config", office.config, "--state", office.state]
            #expect(
                await Shell.run("device", "enroll", device.url, "--name", "lobby", "--config", office.config).code == 0)
            let sync = await Shell.run(["device", "sync", "lobby", "--json"] + here)
            #expect(sync.code == 0, "\(sync.err)")
            let read = (sync.object["synced"] as? [[String: Any]])?.first
            #expect((read?["outcome"] as? [String: Any])?["new_punches"] as? Int == 30)
            let again = await Shell.run(["device", "sync"] + here)
            #expect(again.code == 0 && again.out.contains("lobby") && again.out.contains("none"))
            #expect(await Shell.run(["device", "sync", "nowhere"] + here).code == 64)
            let list = await Shell.run(["device", "list"] + here)
            #expect(list.code == 0 && list.out.contains("hadird is not running"))
            device.setSerial("FOREIGN000001")
            let refused = await Shell.run(["device", "sync"] + here)
            #expect(refused.code == 69 && refused.out.contains("another device answers"))
        }
    }

    @Test("sync and list with a daemon are answered by it")
    func syncThere() async throws {
        let office = try OfficeFolder()
        try await withDevice { device in
            let here = ["--config", office.config, "--state", office.state]
            #expect(
                await Shell.run("device", "enroll", device.url, "--name", "lobby", "--config", office.config).code == 0)
            let daemon = try EdgeDaemon(
                configuration: try DevicesFile.load(path: office.config), state: StateDirectory(path: office.state),
                environment: .real(logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() }))
            let (ready, isReady) = AsyncStream<Void>.makeStream()
            let running = Task { try await daemon.run { isReady.yield() } }
            for await _ in ready { break }
            let sync = await Shell.run(["device", "sync", "--json"] + here)
            #expect(sync.code == 0, "\(sync.err)")
            let unknown = await Shell.run(["device", "sync", "nowhere"] + here)
            #expect(unknown.code == 64 && unknown.err.contains("nowhere"))
            let list = await Shell.run(["device", "list", "--json"] + here).json as? [[String: Any]]
            #expect(list?.first?["count"] as? Int == 30 && list?.first?["last_read"] != nil)
            running.cancel()
            try await running.value
            #expect(await device.wait { $0.count(.exit) >= 2 })
        }
    }

    @Test("A state directory somebody else holds is 75; a broken configuration is 78")
    func refused() async throws {
        let office = try OfficeFolder()
        let state = StateDirectory(path: office.state)
        try state.create()
        let lock = try #require(try state.lock())
        let busy = await Shell.run("device", "sync", "--config", office.config, "--state", office.state)
        #expect(busy.code == 75 && busy.err.contains("another hadird"))
        withExtendedLifetime(lock) {}
        let broken = try OfficeFolder("[edge]\nunit = 7\n")
        let wrong = await Shell.run("device", "list", "--config", broken.config, "--state", broken.state)
        #expect(wrong.code == 78 && wrong.err.contains("devices.conf:2: "))
    }

    @Test("journal: status, tail and verify of what sync wrote; a journal that is not there is 74")
    func journal() async throws {
        let office = try OfficeFolder()
        #expect(await Shell.run("journal", "status", "--state", office.state).code == 74)
        try await withDevice { device in
            try device.scan(userID: "=1\u{202E}x")
            let here = ["--config", office.config, "--state", office.state]
            #expect(
                await Shell.run("device", "enroll", device.url, "--name", "lobby", "--config", office.config).code == 0)
            #expect(await Shell.run(["device", "sync"] + here).code == 0)
        }
        let status = await Shell.run("journal", "status", "--state", office.state, "--json").object
        let last = try #require(status["last_seq"] as? Int)
        #expect(status["pending"] as? Int == last && status["acked_seq"] as? Int == 0)
        #expect(Set(status.keys).isSuperset(of: ["epoch", "quarantined", "oldest_pending"]))
        let tail = await Shell.run("journal", "tail", "--state", office.state, "-n", "\(last)")
        let lines = tail.out.split(separator: "\n")
        // The scans, how far they are complete, and at last who the device knows.
        #expect(lines.count == last && lines.last?.hasPrefix("\(last) {\"kind\":\"user\"") == true)
        #expect(lines.count { $0.contains(" {\"kind\":\"coverage\"") } == 1)
        #expect(!tail.out.contains("\u{202E}") && tail.out.contains("=1?x"))
        let json = await Shell.run("journal", "tail", "--state", office.state, "-n", "1", "--json").object
        #expect(json["seq"] as? Int == last && (json["body"] as? [String: Any])?["kind"] as? String == "user")
        #expect(await Shell.run("journal", "tail", "--state", office.state, "-n", "0").code == 64)
        let verify = await Shell.run("journal", "verify", "--state", office.state)
        #expect(verify.code == 0 && verify.out.contains("31 of them punches"))
    }
}
