import Foundation
import Testing
import ZKWire

@testable import ZKSimulator

@Suite("Seeded logs and people")
struct SeededLogTests {
    private func log(_ profile: DeviceProfile = .tft, users: Int = 40, records: Int, seed: UInt64 = 1) -> [Scan] {
        let configuration = SimulatorConfiguration(profile: profile, users: users, records: records, seed: seed)
        return SimulatedDevice(configuration, at: DeviceFixture.moment).scans()
    }

    @Test(
        "as many scans as asked for, ascending, of known users, on weekdays, before the start",
        arguments: [
            (DeviceProfile.tft, 40, 1), (.tft, 40, 3999), (.tft49, 7, 20_000), (.legacy, 1, 100), (.legacy, 3, 3),
            (.old, 120, 12_345), (.tft, 1, 5000), (.tft, 500, 1000),
        ])
    func shape(_ profile: DeviceProfile, _ users: Int, _ records: Int) {
        let scans = log(profile, users: users, records: records)
        #expect(scans.count == records)
        let times = scans.map(\.time.rawValue)
        #expect(zip(times, times.dropFirst()).allSatisfy { $0 <= $1 })
        #expect((times.last ?? .max) < PackedTime(deviceText: "2025-11-03T08:15:30")?.rawValue ?? 0)
        let ids = Set((1...users).map { Array(String($0).utf8) })
        for scan in scans {
            let parts = scan.time.parts
            guard parts.isCalendarDate, ids.contains(scan.userID) else {
                Issue.record("\(scan)")
                return
            }
            let day = CivilTime.dayNumber(year: parts.year, month: parts.month, day: parts.day)
            #expect((1...5).contains(CivilTime.weekday(ofDay: day)))
            #expect(scan.state == (parts.hour < 12 ? 0 : 1))
            #expect((7...8).contains(parts.hour) || (16...17).contains(parts.hour))
        }
    }

    @Test("in one half-day nobody scans twice, and nobody is left out")
    func everybody() {
        let scans = log(users: 37, records: 37 * 6)
        for halfDay in stride(from: 0, to: scans.count, by: 37) {
            #expect(Set(scans[halfDay..<(halfDay + 37)].map(\.userID)).count == 37)
        }
    }

    @Test("the same seed gives the same log, another seed another")
    func deterministic() {
        #expect(log(records: 500) == log(records: 500))
        #expect(log(records: 500) != log(records: 500, seed: 2))
    }

    @Test("no users or no records make an empty log")
    func empty() {
        #expect(log(users: 0, records: 100).isEmpty)
        #expect(log(records: 0).isEmpty)
    }

    @Test("an index is not the user id, and a record names its user whichever it holds")
    func indexes() throws {
        let device = SimulatedDevice(
            SimulatorConfiguration(profile: .old, users: 9, records: 90), at: DeviceFixture.moment)
        #expect(device.users.users.map(\.index) == Array((1...9).reversed()))
        #expect(device.users.users.map(\.userID.textBeforeNUL) == (1...9).map(String.init))
        for (record, scan) in zip(device.log.records(), device.scans()) {
            guard case .index(let index) = record.who else {
                Issue.record("an 8-byte record names an index")
                return
            }
            #expect(scan.userID.textBeforeNUL == String(10 - index))
        }
    }

    @Test("the civil calendar agrees with Foundation from 2000 to 2099")
    func calendar() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        for day in stride(from: 10_957, to: 47_482, by: 13) {
            let second = day * CivilTime.day + 12_345
            let wanted = calendar.dateComponents(
                [.year, .month, .day, .weekday], from: Date(timeIntervalSince1970: Double(second)))
            let parts = CivilTime.parts(ofSecond: second)
            #expect(parts.year == wanted.year && parts.month == wanted.month && parts.day == wanted.day)
            #expect(CivilTime.weekday(ofDay: day) + 1 == wanted.weekday)
            #expect(CivilTime.second(of: parts) == second)
        }
    }
}
