import Attendance
import AttendanceRules
import Foundation
import Testing

@testable import CentralStore

@Suite("Device times as moments, counted")
struct WorkdayMomentTests {
    @Test(
        "The same as a calendar says, at random times of every zone of Indonesia and of one whose clocks change",
        arguments: ["Asia/Jakarta", "Asia/Pontianak", "Asia/Makassar", "Asia/Jayapura", "Europe/Berlin"])
    func sameAsCalendar(zone: String) throws {
        var random = SystemRandomNumberGenerator()
        let rows = [
            DeviceZones.Row(timezone: "Asia/Jakarta", from: Date(timeIntervalSince1970: 1_500_000_000)),
            DeviceZones.Row(timezone: zone, from: Date(timeIntervalSince1970: 1_700_000_000)),
        ]
        var moments = DeviceMoments(rows)
        var zones = DeviceZones()
        for row in rows { zones.add(row, device: 0) }
        // Every hour around both changes of clocks, and any time of fifty years.
        let around = [1_774_746_000, 1_792_890_000].flatMap { start in
            (-72...72).map { Double(start + $0 * 3600 + 1234) }
        }
        let times =
            around + (0..<2000).map { _ in Double.random(in: 950_000_000...2_500_000_000, using: &random).rounded() }
        for seconds in times {
            let text = String(UTC.text(Date(timeIntervalSince1970: seconds)).prefix(19))
            let time = try #require(DeviceTime(text: text))
            let known = zones.utc(time, device: 0).map { Int64($0.timeIntervalSince1970) }
            #expect(moments.utc(text)?.seconds == known, "\(text) in \(zone)")
        }
    }

    @Test("What is no date has no moment", arguments: ["", "ab01", "2026-02-30T07:00:00", "2026-02-03T24:00:00"])
    func noDate(text: String) {
        var moments = DeviceMoments([DeviceZones.Row(timezone: "Asia/Jakarta", from: Date(timeIntervalSince1970: 0))])
        #expect(moments.utc(text) == nil)
    }
}

@Suite("Records of a device from claims, and what persons say of them")
struct WorkdayRecordTests {
    private func hole(_ from: Int64, _ to: Int64, _ why: String) -> StoredHole {
        StoredHole(.init(from: Date(milliseconds: from), to: Date(milliseconds: to), why: why))
    }

    private func moments(_ from: Int64, _ to: Int64) -> Range<Moment> { Moment(seconds: from)..<Moment(seconds: to) }

    @Test("Claims that meet within a second are one; holes grow to whole seconds, what is complete shrinks")
    func rounding() {
        var claims = StoredClaims(within: 0..<100_000)
        claims.claim(node: 1, from: 500, to: 10_500, holes: [])
        claims.claim(node: 1, from: 10_500, to: 20_500, holes: [hole(15_200, 15_300, "powered_off")])
        let record = claims.record(of: "A", attested: [])
        #expect(record.complete == [moments(1, 15), moments(16, 20)])
        #expect(record.gaps == [.init(span: moments(15, 16), why: "powered_off")])
    }

    @Test("A person's word fills holes and what nobody claimed, but no hole about a clock")
    func attested() {
        var claims = StoredClaims(within: 0..<100_000)
        claims.claim(
            node: 1, from: 10_000, to: 40_000,
            holes: [hole(12_000, 14_000, "powered_off"), hole(20_000, 30_000, "clock_off")])
        let record = claims.record(of: "A", attested: [0..<50_000])
        #expect(record.complete == [moments(0, 20), moments(30, 50)])
        #expect(record.gaps == [.init(span: moments(20, 30), why: "clock_off")])
    }
}
