import Attendance
import EdgeStore
import Foundation
import Testing
import ZKClient
import ZKSimulator
import ZKWire

@testable import EdgeDaemon

@Suite("A device's clock")
struct ClockTests {
    private func device(_ office: Office, offset: Int) -> SimulatorServer {
        var configuration = SimulatorConfiguration(users: 5, records: 10)
        configuration.clockOffset = offset
        return SimulatorServer(configuration, clock: { [time = office.time] in time.date })
    }

    private func clocks(_ office: Office) throws -> [Int?] {
        try office.entries.compactMap { entry -> Int?? in
            if case .clock(let clock) = entry { .some(clock.offset) } else { nil }
        }
    }

    @Test("C4 Journaled at first, on a change of two seconds, and daily; not in between")
    func journaled() async throws {
        let office = try Office()
        let device = device(office, offset: 3)
        try await device.start()
        try await office.working(try device.stanza(live: false)) { worker in
            try await office.hears("device.read")
            device.jumpClock(by: 1)
            _ = try await worker.sync()
            #expect(try clocks(office) == [3])
            device.jumpClock(by: 1)
            _ = try await worker.sync()
            #expect(try clocks(office) == [3, 5])
            office.time.advance(by: .seconds(86_400))
            _ = try await worker.sync()
            #expect(try clocks(office) == [3, 5, 5])
        }
        #expect(try office.alarms == [], "without clock_correction a wrong clock is data, no alarm")
        #expect(device.statistics.count(.setTime) == 0)
        await device.stop()
    }

    @Test("Set right within the limit, after the scans were journaled, and noted with old, new and why")
    func corrected() async throws {
        let office = try Office()
        let device = device(office, offset: -90)
        try await device.start()
        let outcome = try await office.reader(device.stanza { $0.clockCorrection = .seconds(600) }).readInNewSession()
        #expect(outcome.clockOffset == 0)
        #expect(try clocks(office) == [-90, -90, 0])
        let entries = try office.entries
        let lastPunch = try #require(entries.lastIndex { if case .punch = $0 { true } else { false } })
        let set = try #require(
            entries.firstIndex { if case .alarm(let alarm) = $0 { alarm.code == "clock_set" } else { false } })
        #expect(lastPunch < set)
        guard case .alarm(let alarm) = entries[set] else { return }
        #expect(alarm.text.contains("2026-11-23 06:58:30") && alarm.text.contains("2026-11-23 07:00:00"))
        #expect(alarm.text.contains("within clock_correction"))
        await device.stop()
    }

    @Test("At most once a day")
    func onceADay() async throws {
        let office = try Office()
        let device = device(office, offset: 60)
        try await device.start()
        try await office.working(try device.stanza(live: false) { $0.clockCorrection = .seconds(600) }) { worker in
            try await office.hears("device.read")
            for _ in 0..<3 {
                device.jumpClock(by: 60)
                _ = try await worker.sync()
            }
            #expect(device.statistics.count(.setTime) == 1)
            office.time.advance(by: .seconds(86_401))
            #expect(try await worker.sync().clockOffset == 0)
            #expect(device.statistics.count(.setTime) == 2)
        }
        await device.stop()
    }

    @Test(
        "C4 Off by more than the limit: left alone, one alarm, a hole in coverage because scans cannot be dated",
        arguments: [Duration.seconds(600), nil])
    func beyondLimit(limit: Duration?) async throws {
        let office = try Office()
        let device = device(office, offset: 7200)
        try await device.start()
        try await office.working(try device.stanza(live: false) { $0.clockCorrection = limit }) { worker in
            try await office.hears("device.read")
            for _ in 0..<3 { _ = try await worker.sync() }
            #expect(try office.alarms == ["clock_off"])
            office.time.advance(by: .seconds(1000))
            _ = try await worker.sync()
            device.jumpClock(by: -7200)
            office.time.advance(by: .seconds(10))
            _ = try await worker.sync()
        }
        #expect(device.statistics.count(.setTime) == 0)
        #expect(try office.coverage.map { $0.holes.map(\.why) } == [[], ["clock_off"], ["clock_off"]])
        await device.stop()
    }

    @Test("Where no clock is to be set, five minutes off are no alarm, and one second more is")
    func alarmWithoutCorrection() async throws {
        for (offset, alarms) in [(300, []), (-300, []), (302, ["clock_off"]), (-302, ["clock_off"])] {
            let office = try Office()
            let device = device(office, offset: offset)
            try await device.start()
            try await office.working(try device.stanza(live: false)) { _ in try await office.hears("device.read") }
            #expect(try office.alarms == alarms, "\(offset)")
            await device.stop()
        }
    }

    @Test("A few seconds off are left alone", arguments: [-5, 5])
    func tolerance(offset: Int) async throws {
        let office = try Office()
        let device = device(office, offset: offset)
        try await device.start()
        _ = try await office.reader(device.stanza { $0.clockCorrection = .seconds(600) }).readInNewSession()
        #expect(device.statistics.count(.setTime) == 0)
        await device.stop()
    }

    @Test("C1 This computer's clock set back: coverage that lies in the future is taken back")
    func edgeSetBack() async throws {
        let office = try Office()
        let device = device(office, offset: 0)
        try await device.start()
        try await office.working(try device.stanza(live: false)) { worker in
            try await office.hears("device.read")
            office.time.stepWallClock(by: -3600)
            device.jumpClock(by: 3600)
            _ = try await worker.sync()
        }
        let last = try #require(try office.coverage.last)
        #expect(last.to == StagedTime.start.addingTimeInterval(-3600))
        #expect(
            last.holes == [
                Coverage.Hole(
                    from: StagedTime.start.addingTimeInterval(-3600), to: StagedTime.start, why: "edge_clock_set_back")
            ])
        await device.stop()
    }
}
