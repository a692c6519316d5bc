import Attendance
import EdgeStore
import Foundation
import Testing
import ZKClient
import ZKSimulator
import ZKWire

@testable import EdgeDaemon

/// A device nobody could reach: was it on? Holes of coverage hang from it, and absences from those.
@Suite("Coverage while a device is out of reach")
struct PresenceTests {
    private func device(
        _ office: Office, records: Int = 20, fault: String = "", _ profile: DeviceProfile = .tft
    ) throws -> SimulatorServer {
        SimulatorServer(
            SimulatorConfiguration(profile: profile, users: 5, records: records, faults: try Fault.list(fault)),
            clock: { [time = office.time] in time.date })
    }

    private func holes(_ office: Office) throws -> [String] {
        try office.coverage.flatMap(\.holes).map { hole in
            let from = Int(hole.from.timeIntervalSince(StagedTime.start))
            return "\(hole.why) \(from)…\(Int(hole.to.timeIntervalSince(StagedTime.start)))"
        }
    }

    /// Reads, takes the device away for `seconds`, lets `meanwhile` happen, and reads again.
    private func outage(
        _ office: Office, _ device: SimulatorServer, _ seconds: Int, meanwhile: (SimulatorServer) throws -> Void
    ) async throws {
        let stanza = try device.stanza(live: false)
        let readings = office.heard("device.read").count
        try await office.working(stanza) { worker in
            try await office.hears("device.read", readings + 1)
            let failures = office.heard("device.failed").count
            await device.stop()
            try await office.hears("device.failed", failures + 1)
            let begun = office.time.date
            try meanwhile(device)
            office.time.advance(by: .seconds(Double(seconds) - office.time.date.timeIntervalSince(begun)))
            try await device.start()
            _ = try await worker.sync()
        }
    }

    @Test("A network that was gone for a night leaves no hole: the device says that it was on, and has every scan")
    func networkGone() async throws {
        let office = try Office()
        let device = try device(office)
        try await device.start()
        try await outage(office, device, 40_000) { device in
            office.time.advance(by: .seconds(3600))
            try device.scan(userID: "1")
        }
        #expect(try holes(office) == [])
        let last = try #require(try office.coverage.last)
        #expect(last.to == StagedTime.start.addingTimeInterval(40_000))
        #expect(try office.scans == device.journalled)
        await device.stop()
    }

    @Test("A device that was switched on again has been off from when it was last seen until then, and not longer")
    func poweredOff() async throws {
        let office = try Office()
        let device = try device(office)
        try await device.start()
        try await outage(office, device, 40_000) { device in
            office.time.advance(by: .seconds(30_000))
            device.reboot()
            office.time.advance(by: .seconds(600))
            try device.scan(userID: "1")
        }
        #expect(try holes(office) == ["device_off 0…30000"])
        #expect(try office.scans == device.journalled)
        await device.stop()
    }

    @Test("A restart within minutes is no hole, and is not taken for a later outage's")
    func shortRestart() async throws {
        let office = try Office()
        let device = try device(office)
        try await device.start()
        try await outage(office, device, 120) { $0.reboot() }
        #expect(try holes(office) == [])
        try await outage(office, device, 7200) { _ in }
        #expect(try holes(office) == [])
        await device.stop()
    }

    @Test("A clock that was set since the start does not date the start: the whole outage is a hole")
    func clockSet() async throws {
        let office = try Office()
        let device = try device(office)
        try await device.start()
        let stanza = try device.stanza(live: false, udp: true)
        _ = try await office.reader(stanza).readInNewSession()
        device.jumpClock(by: -3_000_000)
        device.reboot()
        office.time.advance(by: .seconds(5000))
        let session = DeviceSession(
            transport: try await ZKClient.connect(to: stanza.address, configuration: .init()), configuration: .init(),
            logger: office.environment.logger)
        try await session.open()
        let right = try #require(LocalClock(timezone: "Asia/Jakarta").packed(office.time.date))
        _ = try await session.setDeviceTime(right)
        await session.close()
        office.time.advance(by: .seconds(5000))
        _ = try await office.reader(stanza).readInNewSession()
        #expect(try holes(office) == ["device_off 0…10000"])
        await device.stop()
    }

    @Test(
        "A device without an operation log: quiet of more than an hour may have been a power cut, scans prove it was on"
    )
    func unproven() async throws {
        let office = try Office()
        // Whatever it is asked but the log and the users, it refuses.
        let device = try device(office, fault: "no-operations")
        try await device.start()
        try await outage(office, device, 600) { _ in }
        #expect(try holes(office) == [], "ten minutes are no outage")
        let begun = Int(office.time.date.timeIntervalSince(StagedTime.start))
        try await outage(office, device, 20_000) { device in
            for _ in 0..<3 {
                office.time.advance(by: .seconds(3000))
                try device.scan(userID: "2")
            }
        }
        let found = try holes(office)
        #expect(found == ["out_of_reach \(begun + 9000)…\(begun + 20_000)"], "\(found), begun \(begun)")
        #expect(try office.scans == device.journalled)
        await device.stop()
    }

    @Test("An edge that was down goes on where coverage ended: the log reconciles, and the device was on")
    func edgeDown() async throws {
        let office = try Office()
        let device = try device(office)
        try await device.start()
        let stanza = try device.stanza(live: false)
        _ = try await office.reader(stanza).readInNewSession()
        office.time.advance(by: .seconds(50_000))
        try device.scan(userID: "1")
        office.time.advance(by: .seconds(10_000))
        _ = try await office.reader(stanza).readInNewSession()
        let coverage = try office.coverage
        #expect(coverage.map { $0.to.timeIntervalSince(StagedTime.start) } == [0, 60_000])
        #expect(coverage.last?.from == StagedTime.start && coverage.last?.holes == [])
        // The same with the power of the whole office gone.
        office.time.advance(by: .seconds(50_000))
        device.reboot()
        office.time.advance(by: .seconds(100))
        _ = try await office.reader(stanza).readInNewSession()
        #expect(try holes(office) == ["device_off 60000…110000"])
        await device.stop()
    }

    @Test("Where a link breaks again while the device is asked whether it was on, the next session asks")
    func brokenAgain() async throws {
        let office = try Office()
        let device = try device(office)
        try await device.start()
        let stanza = try device.stanza(live: false)
        try await office.working(stanza) { worker in
            try await office.hears("device.read")
            await device.stop()
            // Time moves only while the worker waits and nobody answers: it must not try by itself what is asked below.
            try await office.time.sees(.milliseconds(1500))
            office.time.advance(by: .seconds(7200))
            try await office.time.sees(.seconds(3))
            device.reboot()
            office.time.advance(by: .seconds(60))
            try await office.time.sees(.seconds(6))
            device.setFaults(try Fault.list("hang-operations*1"))
            try await device.start()
            let first = Task { try await worker.sync() }
            #expect(await device.wait { $0.faults["hang-operations"] == 1 })
            try await office.time.pass(.seconds(10))
            await #expect(throws: DeviceError.self) { try await first.value }
            _ = try await worker.sync()
        }
        #expect(try holes(office) == ["device_off 0…7200"])
        await device.stop()
    }

    @Test("A firmware that hangs when asked for its operations is read all the same, and not asked for ever")
    func hangs() async throws {
        let office = try Office()
        let device = try device(office, fault: "hang-operations")
        try await device.start()
        try await office.working(try device.stanza(live: false)) { worker in
            for time in 1...2 {
                #expect(await device.wait { $0.faults["hang-operations"] == time })
                try await office.time.pass(.seconds(10))
                guard time == 1 else { break }
                try await office.hears("device.failed")
                try await office.time.pass(.milliseconds(1500))
            }
            try await office.hears("device.read")
            try device.scan(userID: "1")
            #expect(try await worker.sync().newPunches == 1)
        }
        #expect(try office.scans == device.journalled)
        await device.stop()
    }

    // MARK: The rule

    private let start = StagedTime.start

    private func rule(_ seconds: TimeInterval, isRough: Bool = false) -> PresenceRule {
        PresenceRule(seen: start, found: start.addingTimeInterval(seconds), isRough: isRough)
    }

    private func operation(_ code: UInt8, _ minute: Int) throws -> OperationRecord {
        let parts = PackedTime.Parts(year: 2026, month: 11, day: 23, hour: 7, minute: minute, second: 0)
        return OperationRecord(admin: 0, operation: code, time: try #require(PackedTime(parts)))
    }

    @Test("What the operation log tells: the same start, a new one, one fewer after it rolled over, none")
    func power() throws {
        let log = try [operation(0, 1), operation(30, 2), operation(0, 3), operation(5, 4)]
        let before = EdgeStore.DeviceStart(log)
        #expect(before?.starts == 2)
        #expect(PresenceRule.Power(log, before: before) == .on)
        #expect(PresenceRule.Power(Array(log.dropFirst()), before: before) == .on)
        #expect(try PresenceRule.Power(log + [operation(0, 9)], before: before) == .restarted(operation(0, 9).time))
        #expect(try PresenceRule.Power(log + [operation(0, 3)], before: before) == .restarted(operation(0, 3).time))
        #expect(try PresenceRule.Power(log + [operation(0, 9), operation(21, 10)], before: before) == .restarted(nil))
        #expect(PresenceRule.Power([], before: before) == .unknown)
        #expect(PresenceRule.Power(log, before: nil) == .unknown)
    }

    @Test("Holes: none for what is proven on, bounded by the start, whole where that is not dated")
    func holesOfRule() throws {
        let hour = start.addingTimeInterval(3600)
        #expect(rule(300).holes(.restarted(nil), start: nil, proofs: []) == [])
        #expect(rule(9000).holes(.on, start: nil, proofs: []) == [])
        #expect(rule(9000).holes(.restarted(nil), start: hour, proofs: []).map(\.to) == [hour])
        #expect(rule(9000).holes(.restarted(nil), start: nil, proofs: []).map(\.to) == [rule(9000).found])
        #expect(rule(900).holes(.unknown, start: nil, proofs: []) == [])
        #expect(rule(901).holes(.unknown, start: nil, proofs: []).map(\.why) == ["out_of_reach"])
        #expect(rule(1700, isRough: true).holes(.unknown, start: nil, proofs: []) == [], "it was seen until later")
        #expect(rule(7000).holes(.unknown, start: nil, proofs: [hour]) == [])
        #expect(rule(-5).holes(.unknown, start: nil, proofs: []) == [], "a wall clock that was set back")
    }
}
