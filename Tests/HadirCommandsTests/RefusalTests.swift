import EdgeDaemon
import EdgeStore
import Foundation
import Logging
import Testing
import ZKSimulator

@testable import HadirCommands

@Suite("What hadir cannot do with a device, said once and with one exit code")
struct RefusalTests {
    private func mixed(_ body: (SimulatorServer, OfficeFolder, [String]) async throws -> Void) async throws {
        let office = try OfficeFolder()
        let here = ["--config", office.config, "--state", office.state]
        try await SimulatorServer.with(SimulatorConfiguration(serial: "CJ9L170560001", users: 9, records: 0)) {
            device in
            _ = await Shell.run(["device", "enroll", device.url, "--name", "lobby"] + here)
            let more = """

                [device.kasir]
                address = "soap://127.0.0.1:1"
                serial = "6530150200047"

                """
            try Data((office.text + more).utf8).write(to: URL(filePath: office.config))
            try await body(device, office, here)
        }
    }

    @Test("--all says whom it leaves out; a command that changes then ends with 1, one that reads with 0")
    func all() async throws {
        try await mixed { _, _, here in
            let list = await Shell.run(["user", "list", "--all"] + here)
            #expect(list.code == 0 && list.err.contains("kasir: left out, it is read over its web service"), "\(list)")
            let add = await Shell.run(["user", "add", "1001", "--name", "Sari", "--all"] + here)
            #expect(add.code == 1 && add.err.contains("kasir: left out"), "\(add)")
            #expect(add.out.contains("1 confirmed by the device"))
        }
    }

    @Test("Over the web service: 64 for each command, the name once, no bare heading; an unknown device is 64, too")
    func wrongUse() async throws {
        try await mixed { _, _, here in
            for words in [
                ["user", "list", "--device", "kasir"], ["finger", "list", "--device", "kasir"],
                ["user", "add", "5", "--device", "kasir"], ["device", "clock", "kasir"], ["device", "info", "kasir"],
                ["user", "show", "5", "--device", "kasir"],
            ] {
                let done = await Shell.run(words + here)
                let said = done.out + done.err
                #expect(done.code == 64, "\(words) \(done)")
                #expect(said.contains("do it at the device's own menu"), "\(words) \(done)")
                #expect(said.components(separatedBy: "kasir").count == 2, "\(words) \(done)")
                #expect(!done.out.contains("user id  "), "\(words) \(done)")
                let unknown = await Shell.run(words.map { $0 == "kasir" ? "nobody" : $0 } + here)
                #expect(unknown.code == 64, "\(words) \(unknown)")
            }
        }
    }

    @Test("A refused plan changed nothing and says so; it needs no key, and sends nobody round again")
    func refused() async throws {
        try await mixed { device, office, here in
            let path = office.path + "/users.csv"
            try Data("user_id,name\n1,A\n2,B\n".utf8).write(to: URL(filePath: path))
            let noKey = ["--key", office.path + "/none.key"]
            let sync = ["device", "sync", "lobby", "--users", path] + noKey + here
            for arguments in [sync, sync + ["--dry-run"]] {
                let done = await Shell.run(arguments)
                #expect(done.code == 1 && done.out.contains("--allow-shrink 2"), "\(done)")
                #expect(done.out.contains("Nothing was changed.") && !done.out.contains("Run the same again"))
                #expect(!done.out.contains("0 confirmed"), "\(done)")
            }
            #expect(device.statistics.disables == 0)
            for words in [
                ["user", "import", path + "x", "--device", "lobby"],
                ["import", path + "x", "--device", "lobby", "--yes"],
            ] {
                #expect(await Shell.run(words + here).code == 74, "a file that is not there")
            }
        }
    }

    @Test("A device that is enrolled while hadird runs is read at once")
    func enrolled() async throws {
        try await SimulatorServer.with(SimulatorConfiguration(serial: "CJ9L170560001", users: 2, records: 1)) { one in
            try await RunningOffice.with(one) { office async throws in
                let second = SimulatorConfiguration(serial: "CJ9L170560002", users: 2, records: 1)
                try await SimulatorServer.with(second) { two async throws in
                    let done = await office.run("device", "enroll", two.url, "--name", "gudang")
                    #expect(done.code == 0 && done.out.contains("reads it from now on"), "\(done)")
                    #expect(await office.run("device", "sync", "gudang").code == 0)
                }
            }
        }
    }
}
