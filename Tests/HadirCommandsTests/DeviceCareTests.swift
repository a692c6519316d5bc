import Attendance
import EdgeDaemon
import EdgeStore
import Foundation
import Testing
import ZKSimulator
import ZKWire

@testable import HadirCommands

@Suite("hadir device: looking after one")
struct DeviceCareTests {
    private func scene(
        offset: Int = 0, records: Int = 30, capacity: Int? = nil, operation: Bool = true,
        _ body: (SimulatorServer, RunningOffice) async throws -> Void
    ) async throws {
        var configuration = SimulatorConfiguration(serial: "CJ9L170560001", users: 9, records: records)
        configuration.clockOffset = offset
        configuration.capacity = capacity ?? configuration.capacity
        try await SimulatorServer.with(configuration) { device in
            try await RunningOffice.with(device) { office async throws in
                #expect(await office.run("device", "sync").code == 0)
                try await body(device, office)
            }
        }
    }

    @Test("clock tells; clock --set sets, reads back, and an entry has before, after and by whom; no alarm")
    func clock() async throws {
        try await scene(offset: -400) { device, office async throws in
            let look = await office.run("device", "clock", "lobby", "--json")
            #expect(look.code == 0 && abs((look.object["clock_offset"] as? Int ?? 0) + 400) <= 1, "\(look.err)")
            #expect(device.statistics.count(.setTime) == 0)
            let set = await office.run("device", "clock", "lobby", "--set", "--json")
            #expect(set.code == 0 && abs(set.object["offset_now"] as? Int ?? 99) <= 1, "\(set.err)")
            let told = try #require(try office.done.first)
            #expect(told.what == "clock_set" && told.source == .command && !told.by.isEmpty)
            let before = try #require(told.before.flatMap { DeviceTime(text: $0) })
            let after = try #require(told.after.flatMap { DeviceTime(text: $0) })
            #expect(before.isCalendarDate && after > before)
            #expect(await office.run("device", "sync").code == 0)
            #expect(try office.alarms.filter { $0 == "clock_touched" } == [])
            let table = await office.run("device", "clock", "lobby")
            #expect(table.out.contains("true time"))
            #expect(await office.run("device", "clock", "lobby", "--force").code == 64)
        }
    }

    @Test("clock --set is refused while this computer's own clock is in doubt, and --force says that it is right")
    func clockInDoubt() async throws {
        var configuration = SimulatorConfiguration(serial: "CJ9L170560001", users: 2, records: 3)
        configuration.clockOffset = -400
        try await SimulatorServer.with(configuration) { device in
            let folder = try OfficeFolder()
            let here = ["--config", folder.config, "--state", folder.state]
            _ = await Shell.run("device", "enroll", device.url, "--name", "lobby", "--config", folder.config)
            // An entry from a future that this computer has not reached.
            let state = StateDirectory(path: folder.state)
            try state.create()
            let future = Date().addingTimeInterval(10 * 86_400)
            _ = try EdgeStore(path: state.journal, now: future)
            let refused = await Shell.run(["device", "clock", "lobby", "--set"] + here)
            #expect(refused.code == 69 && refused.err.contains("in doubt"))
            #expect(device.statistics.count(.setTime) == 0)
            let forced = await Shell.run(["device", "clock", "lobby", "--set", "--force"] + here)
            #expect(forced.code == 0, "\(forced.err)")
            #expect(device.statistics.count(.setTime) == 1)
        }
    }

    @Test("A device that is not the enrolled one is neither set nor restarted")
    func another() async throws {
        try await scene { device, office async throws in
            device.setSerial("FOREIGN000001")
            for arguments in [["device", "clock", "lobby", "--set"], ["device", "restart", "lobby", "--yes"]] {
                let done = await Shell.run(arguments + office.here)
                #expect(done.code == 69 && done.err.contains("another device"), "\(done.err)")
            }
            #expect(device.statistics.count(.setTime) == 0 && device.statistics.count(.restart) == 0)
            #expect(try office.whatWasDone == [])
        }
    }

    @Test("restart asks, waits until it answers again, and an entry tells by whom")
    func restart() async throws {
        try await scene { device, office async throws in
            let nobody = await Question.$answers.withValue({ _ in nil }) {
                await office.run("device", "restart", "lobby")
            }
            #expect(nobody.code == 64 && nobody.err.contains("--yes"))
            let no = await Question.$answers.withValue({ _ in "n" }) { await office.run("device", "restart", "lobby") }
            #expect(no.code == 64 && device.statistics.count(.restart) == 0)
            let yes = await Question.$answers.withValue({ _ in "y" }) {
                await office.run("device", "restart", "lobby", "--wait", "10")
            }
            #expect(yes.code == 0 && yes.out.contains("answers again"), "\(yes.err)")
            #expect(device.statistics.count(.restart) == 1)
            #expect(try office.whatWasDone == ["restarted"])
        }
    }

    @Test("show, info and capacity tell what is known, and nothing a device said steers the terminal")
    func looks() async throws {
        try await scene(records: 96, capacity: 100) { device, office async throws in
            let show = await office.run("device", "show", "lobby", "--json")
            #expect(show.object["serial"] as? String == "CJ9L170560001" && show.object["records"] as? Int == 96)
            #expect(show.object["covered_to"] != nil && show.object["running"] as? Bool == true)
            let operations = try #require(show.object["operations"] as? [[String: Any]])
            #expect(operations.first?["what"] as? String == "switched_on")
            let table = await office.run("device", "show", "lobby")
            #expect(table.out.contains("96 of 100 (96 %)") && table.out.contains("switched_on"))
            let info = await Shell.run(["device", "info", "lobby", "--json"] + office.here)
            #expect((info.object["options"] as? [String: String])?["DeviceID"] == "1", "\(info.err)")
            #expect(info.object["platform"] as? String == "ZMM210_TFT")
            #expect(!info.out.contains("COMKey"))
            let capacity = await Shell.run(["device", "capacity", "--state", office.folder.state])
            #expect(capacity.code == 1 && capacity.out.contains("96 of 100 (96 %)"), "almost full is a finding")
            let rows = await Shell.run(["device", "capacity", "lobby", "--json", "--state", office.folder.state]).json
            #expect((rows as? [[String: Any]])?.first?["user_capacity"] as? Int == 10_000)
            #expect(await Shell.run(["device", "capacity", "nobody", "--state", office.folder.state]).code == 64)
            #expect(await office.run("device", "show", "nobody").code == 64)
            let list = await office.run("device", "list")
            #expect(list.out.contains("96, 96 % full"))
            #expect(try office.alarms == ["log_almost_full"])
        }
    }

    @Test("rename: the section's name only, comments stay, the daemon goes on under the new name with the same serial")
    func rename() async throws {
        try await scene { device, office async throws in
            let before = office.folder.text
            let done = await office.run("device", "rename", "lobby", "pintu-depan")
            #expect(done.code == 0, "\(done.err)")
            #expect(office.folder.text == before.replacing("[device.lobby]", with: "[device.pintu-depan]"))
            #expect(await office.run("device", "sync", "pintu-depan").code == 0)
            #expect(await office.run("device", "sync", "lobby").code == 64)
            let punches = try office.entries.count { if case .punch = $0 { true } else { false } }
            #expect(punches == 30, "nothing is journaled again")
            #expect(await office.run("device", "rename", "lobby", "x").code == 64)
            #expect(await office.run("device", "rename", "pintu-depan", "No Good").code == 64)
        }
    }

    @Test("A first serial that only the journal knows goes with the name, and is forgotten with a retired one")
    func firstSerial() async throws {
        try await scene { device, office async throws in
            let text = office.folder.text.split(separator: "\n").filter { !$0.hasPrefix("serial") }
            try Data((text.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: office.folder.config))
            #expect(await Shell.run(["config", "reload", "--state", office.folder.state]).code == 0)
            #expect(await office.run("device", "sync", "lobby").code == 0)
            #expect(await office.run("device", "rename", "lobby", "gudang").code == 0)
            device.setSerial("FOREIGN000001")
            device.dropConnections()
            let refused = await office.run("device", "sync", "gudang")
            #expect(refused.code == 69 && refused.out.contains("another device answers"), "\(refused.out)")
            let asked = await Question.$answers.withValue({ _ in "n" }) {
                await office.run("device", "retire", "gudang")
            }
            #expect(asked.code == 64)
            #expect(await office.run("device", "retire", "gudang", "--yes").code == 0)
            #expect(office.folder.text.contains("# [device.gudang]") && office.folder.text.contains("gudang: retired "))
            #expect(await office.run("device", "sync", "gudang").code == 64)
            #expect(try DevicesFile.load(path: office.folder.config).devices.isEmpty)
            _ = await Shell.run("device", "enroll", device.url, "--name", "gudang", "--config", office.folder.config)
            #expect(await Shell.run(["config", "reload", "--state", office.folder.state]).code == 0)
            #expect(await office.run("device", "sync", "gudang").code == 0, "the name is free for another device")
        }
    }
}
