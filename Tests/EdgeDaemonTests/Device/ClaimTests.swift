import Attendance
import EdgeStore
import Foundation
import Testing
import ZKClient
import ZKSimulator
import ZKWire

@testable import EdgeDaemon

/// What is called covered survives kills, wrong clocks and new epochs: somebody would be called absent by it.
@Suite("Claims of completeness keep their holes")
struct ClaimTests {
    private func device(_ office: Office, records: Int = 20) throws -> SimulatorServer {
        SimulatorServer(
            SimulatorConfiguration(users: 5, records: records), clock: { [time = office.time] in time.date })
    }

    /// Moves this computer's wall clock and not the device's.
    private func step(_ office: Office, _ device: SimulatorServer, by seconds: Int) {
        office.time.stepWallClock(by: TimeInterval(seconds))
        device.jumpClock(by: -seconds)
    }

    private func read(_ office: Office, _ device: SimulatorServer) async throws {
        _ = try await office.reader(device.stanza(live: false)).readInNewSession()
    }

    private func holes(_ office: Office) throws -> [String] {
        try office.coverage.flatMap(\.holes).map { hole in
            let from = Int(hole.from.timeIntervalSince(StagedTime.start))
            return "\(hole.why) \(from)…\(Int(hole.to.timeIntervalSince(StagedTime.start)))"
        }
    }

    @Test("D7 A3 The hole of a cleared log is journaled with the reading that found it, or neither is")
    func clearedAndKilled() async throws {
        let office = try Office()
        let device = try device(office)
        try await device.start()
        try await read(office, device)
        office.time.advance(by: .seconds(5000))
        device.clearLog()
        try device.scan(userID: "1")
        try office.refuseCoverage(true)
        await #expect(throws: EdgeStoreError.self) { try await read(office, device) }
        try office.refuseCoverage(false)
        try await read(office, device)
        #expect(try holes(office) == ["log_cleared 0…5000"])
        #expect(try office.alarms.filter { $0 == "log_cleared" }.count == 1)
        #expect(try office.punches.count == 21)
        await device.stop()
    }

    @Test("D7 C3 A log found cleared in 1970 is a hole of the first claim at a right clock, whoever makes it")
    func clearedAndClockless() async throws {
        let office = try Office()
        let device = try device(office)
        try await device.start()
        try await read(office, device)
        office.time.advance(by: .seconds(5000))
        device.clearLog()
        try device.scan(userID: "1")
        let age = Int(StagedTime.start.timeIntervalSince1970)
        step(office, device, by: -age)
        try await read(office, device)
        #expect(try office.coverage.count == 1, "in 1970 nothing is claimed")
        step(office, device, by: age)
        try await read(office, device)
        #expect(try holes(office) == ["log_cleared 0…5000"])
        office.time.advance(by: .seconds(5000))
        try await read(office, device)
        #expect(try holes(office) == ["log_cleared 0…5000"], "told once")
        await device.stop()
    }

    @Test(
        "C3 After a power cut of the office, an edge that boots behind its time finds the hole once its clock is set",
        arguments: [-1_795_392_000, -7200, -200])
    func powerCutAndClockless(seconds: Int) async throws {
        let office = try Office()
        let device = try device(office)
        try await device.start()
        try await read(office, device)
        office.time.advance(by: .seconds(5000))
        device.reboot()
        office.time.advance(by: .seconds(100))
        step(office, device, by: seconds - 5100)
        try await office.working(device.stanza(live: false)) { worker in
            try await office.hears("device.read", 2)
            step(office, device, by: 5100 - seconds)
            _ = try await worker.sync()
            office.time.advance(by: .seconds(2000))
            _ = try await worker.sync()
        }
        let cut = StagedTime.start.addingTimeInterval(5000)
        let holes = try office.coverage.flatMap(\.holes)
        #expect(holes.contains { $0.from <= StagedTime.start && $0.to >= cut }, "\(holes)")
        // Where the clock was set back far, coverage itself says that it cannot tell.
        if seconds != -7200 { #expect(try self.holes(office) == ["device_off 0…5000"]) }
        await device.stop()
    }

    @Test("A3 That a device was switched on is remembered with the hole it means, or not at all")
    func startAndKilled() async throws {
        let office = try Office()
        let device = try device(office)
        try await device.start()
        try await read(office, device)
        office.time.advance(by: .seconds(5000))
        device.reboot()
        office.time.advance(by: .seconds(100))
        try office.refuseCoverage(true)
        await #expect(throws: EdgeStoreError.self) { try await read(office, device) }
        try office.refuseCoverage(false)
        try await read(office, device)
        #expect(try holes(office) == ["device_off 0…5000"])
        office.time.advance(by: .seconds(5000))
        try await read(office, device)
        #expect(try holes(office) == ["device_off 0…5000"], "told once")
        await device.stop()
    }

    @Test("B20 D7 A new epoch hides no cleared log", arguments: [true, false])
    func newEpoch(isCleared: Bool) async throws {
        let office = try Office()
        let device = try device(office)
        try await device.start()
        try await read(office, device)
        office.time.advance(by: .seconds(5000))
        if isCleared { device.clearLog() }
        try device.scan(userID: "1")
        try office.store.acknowledge(upTo: office.store.head().lastSeq, quarantined: [], at: office.time.date)
        try office.store.beginEpoch(.fork, at: office.time.date)
        try await read(office, device)
        #expect(try holes(office) == (isCleared ? ["log_cleared 0…5000"] : []))
        #expect(try office.alarms == (isCleared ? ["log_cleared", "log_touched"] : []))
        #expect(try office.scans == device.journalled, "read whole again")
        #expect(try office.coverage.last?.to == office.time.date)
        await device.stop()
    }

    @Test("C4 A device's clock that was wrong when coverage was journaled last is not forgotten by a restart")
    func undatedAndRestarted() async throws {
        let office = try Office()
        let device = try device(office)
        try await device.start()
        try await read(office, device)
        device.jumpClock(by: 7200)
        office.time.advance(by: .seconds(1000))
        try await read(office, device)
        #expect(try holes(office) == ["clock_off 0…1000"])
        office.time.advance(by: .seconds(1000))
        device.jumpClock(by: -7200)
        try await read(office, device)
        #expect(try holes(office) == ["clock_off 0…1000", "clock_off 1000…2000"])
        office.time.advance(by: .seconds(1000))
        try await read(office, device)
        #expect(try holes(office).count == 2, "it is right again")
        await device.stop()
    }

    // MARK: The rules

    @Test("A log known only as covered does not join on; what is not understood does not date")
    func rules() {
        var memory = EdgeStore.DeviceMemory()
        #expect(KnownLog(comparing: memory) == .nothing)
        memory.coveredTo = StagedTime.start
        #expect(KnownLog(comparing: memory) == .unreadable)
        memory.lastCursor = ""
        #expect(KnownLog(comparing: memory) == .empty)
        memory.undated = "a word of tomorrow"
        #expect(CoverageRule(memory).undatedBefore == .clockUnknown)
        #expect(LogContinuity.whole.with(earlier: "log_cleared") == .broken(.cleared))
        #expect(LogContinuity.whole.with(earlier: "a word of tomorrow") == .broken(.notReconciled))
        #expect(LogContinuity.broken(.rolledOver).with(earlier: "log_cleared") == .broken(.rolledOver))
        #expect(LogContinuity.whole.with(earlier: nil) == .whole)
    }
}
