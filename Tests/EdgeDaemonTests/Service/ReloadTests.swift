import Attendance
import EdgeStore
import Foundation
import Testing
import ZKClient
import ZKSimulator
import ZKWire

@testable import EdgeDaemon

@Suite("Reading the configuration again")
struct ReloadTests {
    @Test("F4 A broken file is refused: told once, the old one goes on, sessions and journal are as they were")
    func f4() async throws {
        let office = try Office()
        let device = office.device()
        try await device.start()
        let anyPort = EdgeConfiguration.ListenAddress(host: "127.0.0.1", port: 0)
        try await office.runningDaemon([device.stanza()], statusListen: anyPort) { running in
            let port = try await running.statusPort()
            try await office.hears("device.read")
            let before = try EdgeStore.readOnly(path: running.state.journal).head()
            office.time.advance(by: .seconds(5))
            running.file.breakIt(DevicesFileError([.init(file: "devices.conf", line: 7, message: "what is this")]))
            for _ in 0..<2 {
                let answer = try #require(try await running.ask(.reload))
                #expect(answer.error != nil && answer.findings == ["devices.conf:7: what is this"])
            }
            #expect(
                office.heard("config.refused").map { $0.metadata["problem"] }
                    == Array(repeating: "devices.conf:7: what is this", count: 2))
            #expect(try running.alarms().filter { $0 == "config_refused" }.count == 1, "once for one mistake")
            let after = try EdgeStore.readOnly(path: running.state.journal).head()
            #expect(after.epoch == before.epoch && after.lastSeq == before.lastSeq + 1)
            var metrics = try await RawHTTP.get("/metrics", port: port)
            let readAt = Int(StagedTime.start.timeIntervalSince1970)
            #expect(metrics.contains("\nhadir_edge_config_reload_success_timestamp_seconds \(readAt)\n"))
            #expect(metrics.contains("\nhadir_edge_config_last_reload_successful 0\n"))
            #expect(try await running.ask(.sync)?.synced?.first?.problem == nil, "polls go on")
            #expect(device.statistics.count(.connect) == 1, "in the same session")
            // Mended, it is taken, and the metric moves.
            running.file.mend(
                try EdgeConfiguration(
                    unit: "Dinas Contoh", timezone: "Asia/Jakarta", statusListen: anyPort, devices: [device.stanza()]))
            #expect(try await running.ask(.reload)?.configured == 1)
            office.time.advance(by: .seconds(2))
            metrics = try await RawHTTP.get("/metrics", port: port)
            #expect(metrics.contains("\nhadir_edge_config_reload_success_timestamp_seconds \(readAt + 5)\n"))
            #expect(metrics.contains("\nhadir_edge_config_last_reload_successful 1\n"))
            #expect(device.statistics.count(.connect) == 1)
        }
        await device.stop()
    }

    @Test("Only the stanza that changed is begun anew; a new one is read, the others keep their session")
    func onlyChanged() async throws {
        let office = try Office()
        let devices = ["A", "B", "C"].map { office.device("SIM\($0)") }
        for device in devices { try await device.start() }
        let stanzas = try devices.map { try $0.stanza($0.serial.lowercased(), serial: $0.serial) }
        try await office.runningDaemon(Array(stanzas.prefix(2))) { running in
            try await office.hears("device.read", 2)
            running.file.set { file in
                file.devices[1].poll = .seconds(20)
                file.devices.append(stanzas[2])
            }
            #expect(try await running.ask(.reload)?.configured == 3)
            try await office.hears("device.read", 4)
            let told = try #require(office.heard("config.reloaded").first).metadata
            #expect(told["started"] == "simc" && told["restarted"] == "simb" && told["stopped"] == "")
            #expect(devices.map { $0.statistics.count(.connect) } == [1, 2, 1])
            #expect(devices[1].statistics.count(.exit) == 1, "its old session was closed in order")
            try await office.time.pass(.seconds(20))
            try await office.hears("device.read", 5)
            #expect(try await running.ask(.status)?.devices?.map(\.name) == ["sima", "simb", "simc"])
            #expect(try await running.ask(.sync, ["simc"])?.synced?.first?.outcome?.count == 20)
        }
        for device in devices { await device.stop() }
    }

    @Test("F6 A device that is taken out of the configuration is left alone, and what it gave is still sent")
    func f6() async throws {
        let office = try Office()
        let device = office.device()
        try await device.start()
        let centre = StubCentre(changes: office.changes)
        centre.set(.unreachable)
        try await office.runningDaemon([device.stanza()], centre: centre) { running in
            try await office.hears("device.read")
            running.file.set { $0.devices = [] }
            #expect(try await running.ask(.reload)?.configured == 0)
            #expect(await device.wait { $0.count(.exit) == 1 })
            #expect(try await running.ask(.status)?.devices == [])
            let unknown = try await running.ask(.sync, ["lobby"])
            #expect(unknown?.unknown == "lobby")
            #expect(centre.punches == 0)
            centre.set(.answering)
            // Back-offs of a centre that was away.
            office.time.hurry(.seconds(60))
            try await office.changes.until("every punch at the centre") { centre.punches == 20 }
            office.time.hurry(nil)
        }
        await device.stop()
    }

    @Test("A new heartbeat and another status address apply at once")
    func settings() async throws {
        let office = try Office()
        let centre = StubCentre(changes: office.changes)
        let anyPort = EdgeConfiguration.ListenAddress(host: "127.0.0.1", port: 0)
        try await office.runningDaemon([], centre: centre, statusListen: anyPort) { running in
            let port = try await running.statusPort()
            try await office.time.sees(.seconds(60))
            let requests = centre.requests
            running.file.set { file in
                file.heartbeat = .seconds(7)
                file.statusListen = nil
            }
            _ = try await running.ask(.reload)
            try await office.changes.until("a heartbeat") { centre.requests > requests }
            try await office.time.pass(.seconds(7))
            try await office.changes.until("the next") { centre.requests > requests + 1 }
            await #expect(throws: (any Error).self) { _ = try await RawHTTP.get("/livez", port: port) }
        }
    }

    @Test("The manager hears of a reload when it begins and when it is over, refused or not")
    func manager() async throws {
        let office = try Office()
        let manager = Manager(office.changes)
        try await office.runningDaemon([], service: manager.service()) { running in
            try await office.changes.until("READY") { manager.count("READY=1") == 1 }
            _ = try await running.ask(.reload)
            running.file.breakIt(DevicesFileError([.init(file: "devices.conf", line: 1, message: "no")]))
            _ = try await running.ask(.reload)
            let heard = manager.heard.filter { !$0.hasPrefix("STATUS") }.map { $0.prefix(7) }
            #expect(heard == ["READY=1", "RELOADI", "READY=1", "RELOADI", "READY=1"])
        }
    }
}
