import Attendance
import EdgeStore
import Foundation
import Testing
import ZKClient
import ZKSimulator
import ZKWire

@testable import EdgeDaemon

@Suite("What stands in the daemon's way")
struct FailureTests {
    private static let anyPort = EdgeConfiguration.ListenAddress(host: "127.0.0.1", port: 0)

    @Test(
        "F8 A node key that is lost, unreadable or everybody's: devices are read, nothing is sent, an alarm",
        arguments: [0, 1, 2, 3])
    func f8(way: Int) async throws {
        let office = try Office()
        let device = office.device()
        try await device.start()
        let centre = StubCentre(changes: office.changes)
        try await office.runningDaemon(
            [device.stanza(live: false)], centre: centre, statusListen: Self.anyPort,
            prepare: { state in
                switch way {
                case 0: unlink(state.nodeKey)
                case 1: chmod(state.nodeKey, 0o644)
                case 2: try AtomicFile.write(Array("no key".utf8), to: state.nodeKey, mode: 0o600)
                default: try AtomicFile.write(Array("{}".utf8), to: state.nodeIdentity, mode: 0o640)
                }
            }
        ) { running in
            let port = try await running.statusPort()
            try await office.hears("node.cannot_send")
            try await office.hears("device.read")
            _ = try await running.ask(.sync)
            #expect(try running.alarms() == ["node_key"])
            #expect(try running.punches() == 20)
            #expect(centre.requests == 0)
            office.time.advance(by: .seconds(2))
            let ready = try await RawHTTP.get("/readyz", port: port)
            #expect(ready.contains("503") && ready.contains("\"centre\":{\"problem\":"), "\(ready)")
        }
        // Mended, the rows are still there to be sent.
        try centre.enroll(office.daemonState)
        try await office.runningDaemon([], centre: centre) { _ in
            try await office.changes.until("every punch at the centre") { centre.punches == 20 }
        }
        await device.stop()
    }

    @Test("D12 Two stanzas whose devices tell one serial: the second is refused and told, the first read as before")
    func d12() async throws {
        let office = try Office()
        let devices = [office.device("CLONE"), office.device("CLONE", records: 7)]
        for device in devices { try await device.start() }
        let stanzas = [
            try devices[0].stanza("lobby", serial: "CLONE", live: false),
            try devices[1].stanza("gudang", serial: nil, live: false),
        ]
        try await office.runningDaemon(stanzas) { running in
            try await office.hears("device.read")
            try await office.hears("device.failed")
            let problem = try #require(office.heard("device.failed").first).metadata
            #expect(problem["device"] == "gudang" && problem["code"] == "serial_twice")
            #expect(problem["problem"]?.contains("[device.lobby]") == true)
            let synced = try #require(try await running.ask(.sync)?.synced)
            #expect(synced.map { $0.problem == nil } == [false, true])
            #expect(try running.alarms() == ["serial_twice"], "told once")
            #expect(try running.punches() == 20)
            // The other stanza goes: now it is this one's device.
            running.file.set { $0.devices.removeFirst() }
            _ = try await running.ask(.reload)
            #expect(try await running.ask(.sync)?.synced?.first?.outcome?.serial == "CLONE")
        }
        for device in devices { await device.stop() }
    }

    @Test("D12 Neither stanza names a serial: whose device answers first is read, and stays so")
    func d12NoSerial() async throws {
        let office = try Office()
        let devices = [office.device("CLONE"), office.device("CLONE", records: 7)]
        for device in devices { try await device.start() }
        let board = DeviceBoard(elapsed: office.environment.stopwatch())
        let readers = try devices.enumerated().map { number, device in
            office.reader(try device.stanza("d\(number)", serial: nil), board: board)
        }
        _ = try await readers[0].readInNewSession()
        await #expect(throws: SerialTwice.self) { try await readers[1].readInNewSession() }
        _ = try await readers[0].readInNewSession()
        #expect(try office.punches.count == 20)
        for device in devices { await device.stop() }
    }

    @Test(
        "B13 The last entry is damaged while it runs: it ends with an error, and the next start goes on with the rest")
    func damagedWhileRunning() async throws {
        let office = try Office()
        let device = office.device()
        try await device.start()
        await #expect(throws: EdgeDaemonError.self) {
            try await office.runningDaemon([device.stanza(live: false)]) { running in
                try await office.hears("device.read")
                _ = try await running.ask(.sync)
                try office.damageLastEntry(of: running.state)
                try device.scan(userID: "2")
                _ = try? await running.ask(.sync)
                try await office.hears("journal.damaged")
                await running.ends()
            }
        }
        #expect(FileManager.default.fileExists(atPath: office.daemonState.journalDamage))
        try await office.runningDaemon([device.stanza(live: false)]) { running in
            try await office.hears("journal.recovered")
            #expect(try await running.ask(.sync)?.synced?.first?.problem == nil)
            #expect(try running.punches() == 21, "what was damaged is read again")
            #expect(try running.alarms() == ["journal_damaged"])
        }
        #expect(!FileManager.default.fileExists(atPath: office.daemonState.journalDamage))
        await device.stop()
    }

    @Test("B16 A journal that another program holds: readings fail and are made later, the daemon goes on")
    func journalHeld() async throws {
        let office = try Office()
        let device = office.device()
        try await device.start()
        try await office.runningDaemon([device.stanza(live: false)], statusListen: Self.anyPort) { running in
            let port = try await running.statusPort()
            try await office.hears("device.read")
            _ = try await running.ask(.sync)
            let holder = try office.holdJournal(of: running.state)
            try device.scan(userID: "2")
            // Five seconds of real time: SQLite's own wait.
            let told = try await running.ask(.sync)?.synced?.first?.problem
            #expect(told?.contains("another program holds the journal") == true, "\(told ?? "read")")
            office.time.advance(by: .seconds(2))
            #expect(try await RawHTTP.get("/livez", port: port).contains("200 OK"))
            #expect(try await RawHTTP.get("/readyz", port: port).contains("503"))
            holder.end()
            #expect(try await running.ask(.sync)?.synced?.first?.problem == nil)
            #expect(try running.punches() == 21)
        }
        await device.stop()
    }
}
