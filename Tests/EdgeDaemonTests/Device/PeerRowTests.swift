import Attendance
import EdgeStore
import Foundation
import Testing
import ZKClient
import ZKSimulator
import ZKWire

@testable import EdgeDaemon

/// What other programs got wrong, row by row: docs of the peers, section 1. Rows about parsing alone are tested in
/// ZKWire, rows about sending in Forwarder.
@Suite("Where peers break")
struct PeerRowTests {
    private func device(_ office: Office, records: Int, fault: String = "") throws -> SimulatorServer {
        SimulatorServer(
            SimulatorConfiguration(users: 10, records: records, faults: try Fault.list(fault)),
            clock: { [time = office.time] in time.date })
    }

    @Test("T1 A scan by somebody nobody knows yet is kept, also when the person is added later and polled twice")
    func t1() async throws {
        let office = try Office()
        let device = try device(office, records: 10)
        try await device.start()
        let stanza = try device.stanza()
        try device.scan(userID: "4711")
        _ = try await office.reader(stanza).readInNewSession()
        #expect(device.writeUser(UserRecord(index: 99, userID: Array("4711".utf8))))
        _ = try await office.reader(stanza).readInNewSession()
        _ = try await office.reader(stanza).readInNewSession()
        #expect(try office.scans == device.journalled)
        #expect(try office.punches.filter { $0.userID.text == "4711" }.count == 1)
        await device.stop()
    }

    @Test("T2 A reading that breaks off in the middle leaves the device enabled, and takes nothing half")
    func t2() async throws {
        let office = try Office()
        let device = try device(office, records: 4000, fault: "close-at=60000")
        try await device.start()
        try await office.working(try device.stanza()) { _ in
            try await office.hears("device.failed")
            #expect(try office.punches.isEmpty)
            #expect(!device.isDisabled)
            try await office.time.pass(.milliseconds(1500))
            try await office.hears("device.read")
        }
        #expect(try office.scans == device.journalled)
        #expect(device.statistics.disables == 0)
        await device.stop()
    }

    @Test("T6 D7 A cleared log does not stop the scans behind it")
    func t6() async throws {
        let office = try Office()
        let device = try device(office, records: 100)
        try await device.start()
        let stanza = try device.stanza()
        _ = try await office.reader(stanza).readInNewSession()
        device.clearLog()
        let scan = try device.scan(userID: "5")
        _ = try await office.reader(stanza).readInNewSession()
        #expect(try office.scans.contains("5 \(scan.deviceTime)"))
        #expect(try office.punches.count == 101)
        await device.stop()
    }

    @Test("A14 T8 A silent device first in the list delays nobody, nor does one that sends a byte a second")
    func t8() async throws {
        let office = try Office()
        let board = DeviceBoard(elapsed: office.environment.stopwatch())
        let devices = try (0..<20).map { number in
            var configuration = SimulatorConfiguration(serial: "ROW8\(100 + number)", users: 5, records: 20)
            if number == 0 { configuration.faults = try Fault.list("silent") }
            if number == 1 { configuration.faults = try Fault.list("slow") }
            return SimulatorServer(configuration, clock: { [time = office.time] in time.date })
        }
        for device in devices { try await device.start() }
        let stanzas = try devices.enumerated().map { number, device in
            try device.stanza("d\(number)", serial: device.serial, poll: .seconds(30), live: false)
        }
        try await office.working(stanzas.map { office.worker(office.reader($0, board: board)) }) {
            for round in 1...5 {
                try await office.hears("device.read", 18 * round)
                // All of this happened in no time: nobody waited for the two that say nothing.
                try await office.changes.until("the others' readings") {
                    let late = board.all.filter { $0.readElapsed != Duration.seconds(30) * (round - 1) }
                    return late.map(\.status.name).sorted() == ["d0", "d1"]
                }
                try await office.time.pass(.seconds(30), by: 18)
            }
        }
        for device in devices { await device.stop() }
    }

    @Test("T9 What a power cut leaves in the state directory stops nothing")
    func t9() async throws {
        let office = try Office()
        let device = try device(office, records: 30)
        try await device.start()
        let state = StateDirectory(path: office.state.path + "/after-power-cut")
        try state.create()
        for name in ["lock", "control.sock", "node.json.new", "node.key.new", "journal.db"] {
            let half = name == "journal.db" ? "" : "{\"half\":"
            try Data(half.utf8).write(to: URL(filePath: state.path + "/" + name))
        }
        let configuration = EdgeConfiguration(
            unit: "Dinas Contoh", timezone: "Asia/Jakarta", devices: [try device.stanza()])
        let daemon = try EdgeDaemon(configuration: configuration, state: state, environment: office.environment)
        let read = await daemon.readNow([])
        #expect(read.map { $0.outcome?.newPunches } == [30])
        await device.stop()
    }

    @Test("T11 A record dated 30 February hides none of the 500")
    func t11() async throws {
        let office = try Office()
        let device = try device(office, records: 250)
        try await device.start()
        try device.scan(userID: "1", at: "2026-02-30T08:00:00")
        for number in 0..<250 {
            try device.scan(userID: "2", at: "2026-11-23T0\(7 + number / 60):\(number % 60 / 10)\(number % 10):00")
        }
        _ = try await office.reader(device.stanza()).readInNewSession()
        #expect(try office.scans == device.journalled)
        #expect(try office.punches.count == 501)
        #expect(try office.punches.filter { $0.flags == [.noDate] }.count == 1)
        await device.stop()
    }

    @Test("L1 D1-peer A record dated 2030 and a clock then corrected hide no later scan")
    func l1() async throws {
        let office = try Office()
        let device = try device(office, records: 20)
        try await device.start()
        let stanza = try device.stanza()
        _ = try await office.reader(stanza).readInNewSession()
        try device.scan(userID: "1", at: "2030-01-01T08:00:00")
        _ = try await office.reader(stanza).readInNewSession()
        for user in 1...10 { try device.scan(userID: "\(user)") }
        let outcome = try await office.reader(stanza).readInNewSession()
        #expect(outcome.newPunches == 10)
        #expect(try office.scans == device.journalled)
        await device.stop()
    }

    @Test("L2 C10 The second person of one second, polled later, is not lost")
    func l2() async throws {
        let office = try Office()
        let device = try device(office, records: 30)
        try await device.start()
        let stanza = try device.stanza()
        try device.scan(userID: "1", at: "2026-11-23T07:30:00")
        _ = try await office.reader(stanza).readInNewSession()
        try device.scan(userID: "2", at: "2026-11-23T07:30:00")
        try device.scan(userID: "1", at: "2026-11-23T07:30:00")
        _ = try await office.reader(stanza).readInNewSession()
        #expect(try office.scans == device.journalled)
        #expect(try office.punches.count == 33)
        await device.stop()
    }

    @Test("L3 The zone is told with the device, and its clock is compared in it")
    func l3() async throws {
        let office = try Office()
        let device = SimulatorServer(
            SimulatorConfiguration(users: 5, records: 5, timeZone: DeviceClock.zone(named: "WIT")),
            clock: { [time = office.time] in time.date })
        try await device.start()
        let outcome = try await office.reader(device.stanza { $0.timezone = "Asia/Jayapura" }).readInNewSession()
        #expect(outcome.clockOffset == 0)
        let zones = try office.entries.compactMap { if case .device(let facts) = $0 { facts.timezone } else { nil } }
        #expect(zones == ["Asia/Jayapura"])
        await device.stop()
    }

    @Test("D2-peer C6 A corrected zone is journaled anew; a full reading after it stores no scan twice")
    func d2() async throws {
        let office = try Office()
        let device = try device(office, records: 60)
        try await device.start()
        _ = try await office.reader(device.stanza()).readInNewSession()
        let corrected = try device.stanza { $0.timezone = "Asia/Makassar" }
        // Its cursor is gone, so that everything is read again.
        device.clearLog()
        let old = try office.punches
        _ = try await office.reader(corrected).readInNewSession()
        for punch in old { try device.insertRaw(punch.raw) }
        let outcome = try await office.reader(corrected).readInNewSession()
        #expect(outcome.extent == "complete")
        let zones = try office.entries.compactMap { if case .device(let facts) = $0 { facts.timezone } else { nil } }
        #expect(zones == ["Asia/Jakarta", "Asia/Makassar", "Asia/Makassar"])
        #expect(try Set(office.punches.map(\.key)) == Set(old.map(\.key)), "the zone is no part of a punch")
        await device.stop()
    }

    @Test("H1-peer Ten people, five days, polled every quarter of an hour: each of the 100 scans arrives")
    func h1() async throws {
        let office = try Office()
        let device = try device(office, records: 0)
        try await device.start()
        let stanza = try device.stanza(poll: .seconds(900), live: false)
        try await office.working(stanza) { worker in
            try await office.hears("device.read")
            for day in 23...27 {
                // In before half past seven in any order, out after four: a rule of dates and times of day loses half.
                for (user, minute) in zip(1...10, [25, 3, 17, 29, 8, 21, 0, 12, 27, 5]) {
                    try device.scan(userID: "\(user)", at: "2026-11-\(day)T07:\(minute / 10)\(minute % 10):10")
                    if user.isMultiple(of: 3) { _ = try await worker.sync() }
                }
                for user in 1...10 {
                    try device.scan(userID: "\(user)", at: "2026-11-\(day)T16:\(20 - user + 10):40", state: 1)
                    if user.isMultiple(of: 4) { _ = try await worker.sync() }
                }
            }
            _ = try await worker.sync()
        }
        #expect(try office.scans == device.journalled)
        #expect(try office.punches.count == 100)
        await device.stop()
    }
}
