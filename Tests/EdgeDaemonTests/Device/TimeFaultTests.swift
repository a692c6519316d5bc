import Attendance
import EdgeStore
import Foundation
import Testing
import ZKClient
import ZKSimulator
import ZKWire

@testable import EdgeDaemon

/// Clocks that are wrong, ours and the devices': reliability, section 5, C.
@Suite("A device's worker: wrong clocks")
struct TimeFaultTests {
    private func device(
        _ office: Office, records: Int = 20, zone: String = "WIB",
        _ change: (inout SimulatorConfiguration) -> Void = { _ in }
    ) -> SimulatorServer {
        var configuration = SimulatorConfiguration(
            users: 5, records: records, timeZone: DeviceClock.zone(named: zone))
        change(&configuration)
        return SimulatorServer(configuration, clock: { [time = office.time] in time.date })
    }

    private static let tenYears = 10 * 365 * 86_400

    /// Moves this computer's wall clock and not the device's.
    private func step(_ office: Office, _ device: SimulatorServer, by seconds: Int) {
        office.time.stepWallClock(by: TimeInterval(seconds))
        device.jumpClock(by: -seconds)
    }

    @Test(
        "C1 C2 This computer's clock jumps by an hour or ten years, back or forth: reading goes on, order is by seq",
        arguments: [-3600, -tenYears, 3600, tenYears])
    func jumps(seconds: Int) async throws {
        let office = try Office()
        let device = device(office)
        try await device.start()
        try await office.working(try device.stanza(live: false)) { worker in
            try await office.hears("device.read")
            step(office, device, by: seconds)
            for round in 2...4 {
                try device.scan(userID: "\(round)")
                try await office.time.pass(.seconds(45))
                try await office.time.pass(.seconds(15))
                try await office.hears("device.read", round)
            }
            step(office, device, by: -seconds)
            try device.scan(userID: "5")
            _ = try await worker.sync()
        }
        #expect(try office.scans == device.journalled)
        #expect(try office.store.verify().problems == [])
        // Nothing was forgotten for an age that is none: everything read again is known.
        device.clearLog()
        let old = try office.punches
        _ = try await office.reader(device.stanza()).readInNewSession()
        for punch in old { try device.insertRaw(punch.raw) }
        #expect(
            try await office.reader(device.stanza()).readInNewSession().newPunches == old.count, "the log was empty")
        #expect(try Set(office.punches.map(\.key)).count == old.count, "the same punches")
        // Of what was called covered, nothing lies in the future but as a hole.
        let last = try #require(try office.coverage.last)
        #expect(last.to <= office.time.date)
        await device.stop()
    }

    @Test("C3 A computer without a clock begins in 1970: scans are kept, nothing is called covered, no clock is set")
    func nineteenSeventy() async throws {
        let office = try Office()
        let device = device(office)
        try await device.start()
        let stanza = try device.stanza(live: false) { $0.clockCorrection = .seconds(86_400) }
        let age = Int(StagedTime.start.timeIntervalSince1970)
        step(office, device, by: -age + 30)
        try await office.working(stanza) { worker in
            try await office.hears("device.read")
            #expect(try office.scans == device.journalled)
            #expect(try office.coverage == [])
            #expect(device.statistics.count(.setTime) == 0)
            #expect(try office.alarms == ["clock_off"])
            step(office, device, by: age - 30)
            try device.scan(userID: "1")
            _ = try await worker.sync()
        }
        #expect(try office.coverage.map(\.from) == [StagedTime.start])
        #expect(try office.coverage.flatMap(\.holes) == [])
        #expect(try office.scans == device.journalled)
        await device.stop()
    }

    @Test("C4 A clock that drifts, and that somebody sets at noon: scans stay as shown, offsets stand between them")
    func setAtNoon() async throws {
        let office = try Office()
        let device = device(office, records: 0) { $0.drift = 1000 }
        try await device.start()
        try await office.working(try device.stanza(live: false)) { worker in
            _ = try await worker.sync()
            for hour in 1...6 {
                if hour == 4 { device.jumpClock(by: 7200) }
                office.time.advance(by: .seconds(3600))
                try device.scan(userID: "\(hour % 4 + 1)")
                _ = try await worker.sync()
            }
        }
        #expect(try office.scans == device.journalled)
        let offsets = try office.entries.compactMap { entry -> Int? in
            if case .clock(let clock) = entry { clock.offset } else { nil }
        }
        #expect(offsets.count == 7, "a thousandth of an hour is 3.6 s: \(offsets)")
        #expect(offsets.dropFirst(4).allSatisfy { (7200...7240).contains($0) }, "\(offsets)")
        #expect(try office.coverage.flatMap(\.holes).map(\.why).contains("clock_off"))
        await device.stop()
    }

    @Test(
        "C5 2000-01-01, 31 February, 2099 and a field of ones: kept as they stand, and flagged where they are no date")
    func oddTimes() async throws {
        let office = try Office()
        let device = device(office)
        try await device.start()
        let odd = ["2000-01-01T00:00:00", "2026-02-31T07:00:00", "2099-12-31T23:59:59", "2000-01-01T00:00:01"]
        for time in odd { try device.scan(userID: "1", at: time) }
        try device.insert(
            AttendanceRecord(
                who: .text(Array("2".utf8)), index: 2, verify: 1, time: PackedTime(rawValue: .max), state: 0))
        _ = try await office.reader(device.stanza()).readInNewSession()
        #expect(try office.scans == device.journalled)
        #expect(try office.punches.count == 25)
        let flagged = try office.punches.filter { $0.flags.contains(.noDate) }
        #expect(flagged.count == 2 && flagged.allSatisfy { $0.deviceTime.text.count == 8 })
        #expect(try await office.reader(device.stanza()).readInNewSession().newPunches == 0)
        await device.stop()
    }

    @Test("C7 Where summer time ends, one person's two scans at one time of the dial are two punches")
    func summerTime() async throws {
        let office = try Office()
        // 2026-10-25 00:30 UTC is 02:30 in Berlin, and so is 01:30 UTC.
        office.time.stepWallClock(by: 1_792_888_200 - StagedTime.start.timeIntervalSince1970)
        let device = device(office, records: 40, zone: "Europe/Berlin")
        try await device.start()
        let stanza = try device.stanza(live: false) { $0.timezone = "Europe/Berlin" }
        try await office.working(stanza) { worker in
            try device.scan(userID: "1")
            _ = try await worker.sync()
            office.time.advance(by: .seconds(1800))
            try device.scan(userID: "2")
            #expect(try await worker.sync().clockOffset == 0)
            office.time.advance(by: .seconds(1800))
            try device.scan(userID: "1")
            #expect(try await worker.sync().clockOffset == 0)
        }
        #expect(try office.scans == device.journalled)
        #expect(try office.punches.count { $0.deviceTime.text == "2026-10-25T02:30:00" } == 2)
        await device.stop()
    }

    @Test("C8 After a sleep of ten minutes one reading is made up, not ten, and the next is an interval later")
    func suspended() async throws {
        let office = try Office()
        let device = device(office)
        try await device.start()
        try await office.working(try device.stanza(live: false)) { _ in
            try await office.hears("device.read")
            try await office.time.sees(.seconds(45))
            for user in 1...3 { try device.scan(userID: "\(user)") }
            office.time.advance(by: .seconds(600))
            try await office.hears("device.read", 2)
            try await office.has(everyScanOf: device)
            try await office.time.pass(.seconds(45))
            #expect(office.heard("device.read").count == 2)
            try await office.time.pass(.seconds(15))
            try await office.hears("device.read", 3)
        }
        #expect(device.statistics.sessions == 1)
        await device.stop()
    }

    @Test("A day of one device, polled every minute, with 40 scans: entries of each kind stay few")
    func volumeOfADay() async throws {
        let office = try Office()
        let device = device(office, records: 0)
        try await device.start()
        try await office.working(try device.stanza(live: false)) { _ in
            try await office.hears("device.read")
            for minute in 1...1440 {
                // A morning, an evening, and nobody between.
                if (30..<50).contains(minute) || (540..<560).contains(minute) {
                    try device.scan(userID: "\(minute % 5 + 1)")
                }
                try await office.time.pass(.seconds(45))
                try await office.time.pass(.seconds(15))
                try await office.hears("device.read", minute + 1)
            }
        }
        var kinds: [String: Int] = [:]
        for entry in try office.entries {
            switch entry {
            case .punch: kinds["punch", default: 0] += 1
            case .coverage: kinds["coverage", default: 0] += 1
            case .clock: kinds["clock", default: 0] += 1
            case .device: kinds["device", default: 0] += 1
            case .user: kinds["user", default: 0] += 1
            case .operation: kinds["operation", default: 0] += 1
            case .alarm: kinds["alarm", default: 0] += 1
            case .epoch, .order, .other: break
            }
        }
        #expect(kinds == ["punch": 40, "coverage": 97, "clock": 2, "device": 1, "user": 5, "operation": 1])
        await device.stop()
    }
}
