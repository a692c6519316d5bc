import Attendance
import EdgeStore
import Foundation
import Testing
import ZKSimulator
import ZKWire

@testable import EdgeDaemon

@Suite("How fast a log fills")
struct FillRateTests {
    private func rate(_ counts: [(Int, Int)]) -> FillRate {
        FillRate(
            counts.map { EdgeStore.LogCount(day: "2026-03-" + ($0.0 < 10 ? "0" : "") + "\($0.0)", count: $0.1) },
            day: "")
    }

    private func sizes(_ used: UInt32, of capacity: UInt32) -> FreeSizes {
        FreeSizes(users: 0, userCapacity: 1, attendance: used, attendanceCapacity: capacity)
    }

    @Test("Records a day from the days counted; what a log lost is not growth; one day alone says nothing")
    func perDay() {
        #expect(rate([(1, 100), (11, 300)]).perDay == 20)
        #expect(rate([(1, 5000), (2, 0), (4, 60)]).perDay == 30, "from the last fall on")
        #expect(rate([(1, 100)]).perDay == nil && rate([]).perDay == nil)
        #expect(rate([(1, 100), (9, 100)]).perDay == nil, "a log that does not grow is never full")
    }

    @Test("Days left are whole days at that rate; unknown where the rate or the room is")
    func daysLeft() {
        let rate = rate([(1, 100), (11, 300)])
        #expect(rate.daysLeft(sizes(300, of: 1000)) == 35)
        #expect(rate.daysLeft(sizes(1000, of: 1000)) == 0)
        #expect(rate.daysLeft(nil) == nil && FillRate().daysLeft(sizes(1, of: 2)) == nil)
        #expect(rate.daysLeft(sizes(0, of: .max)) == 99_999, "no trap")
    }

    @Test("A whole log tells the rate at its first reading, by its dates; later days are counted, also over a restart")
    func fromTheLog() async throws {
        let office = try Office()
        let device = SimulatorServer(
            SimulatorConfiguration(users: 9, records: 0, capacity: 100), clock: { [time = office.time] in time.date })
        try await device.start()
        // Two a day for 20 days, up to 78 of 100.
        for day in 1...20 {
            let text = "2026-11-" + (day < 10 ? "0" : "") + "\(day)"
            try device.scan(userID: "1", at: "\(text)T07:00:00")
            try device.scan(userID: "1", at: "\(text)T16:00:00")
        }
        let stanza = try device.stanza(live: false)
        let first = try await office.reader(stanza).readInNewSession()
        let left = try #require(first.daysLeft)
        #expect((25...35).contains(left), "60 free, two a day: \(left)")
        #expect(first.users == DeviceReader.DeviceRoom(used: 9, capacity: 10_000))
        for second in 10..<50 { try device.scan(userID: "2", at: "2026-11-23T07:00:\(second)") }
        office.time.advance(by: .seconds(86_400))
        let second = try await office.reader(stanza).readInNewSession()
        let then = try #require(second.daysLeft)
        #expect(then < left && then < 10, "80 of 100: \(then)")
        let alarms = try office.entries.compactMap { entry -> String? in
            if case .alarm(let alarm) = entry { alarm.text } else { nil }
        }
        #expect(alarms.count == 1 && alarms.first?.contains("it is full in \(then) days") == true, "\(alarms)")
        let serial = try #require(DeviceSerial(device.serial))
        #expect(try office.store.logCounts(of: serial).map(\.count) == [0, 40, 80])
        // The same day again keeps no more.
        _ = try await office.reader(stanza).readInNewSession()
        #expect(try office.store.logCounts(of: serial).count == 3)
        await device.stop()
    }
}
