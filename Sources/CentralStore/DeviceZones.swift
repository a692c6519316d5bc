import Attendance
import Foundation

/// Which time zone a device's clock was set to, and from when: turns its times into UTC when they are read.
///
/// Never stored as truth: a wrong zone is mended by one later `device` entry, and every time follows.
struct DeviceZones {
    struct Row: Equatable {
        let timezone: String
        let from: Date
    }

    /// By row of `devices`: serials that Swift holds equal can be two devices.
    private var rows: [Int64: [Row]] = [:]
    /// By the bytes of the zone's name, for the same reason.
    private var calendars: [[UInt8]: Calendar?] = [:]

    /// Rows of one device come in the order of `from`.
    mutating func add(_ row: Row, device: Int64) {
        rows[device, default: []].append(row)
    }

    /// The zone in force at the punch is the last one that began before it; before the first row, the first.
    mutating func utc(_ time: DeviceTime, device: Int64) -> Date? {
        guard let rows = rows[device], let parts = Self.parts(time) else { return nil }
        for row in rows.reversed() {
            guard let moment = moment(parts, in: row.timezone) else { continue }
            if moment >= row.from { return moment }
        }
        return rows.first.flatMap { moment(parts, in: $0.timezone) }
    }

    /// `nil` where this machine does not know the zone.
    private mutating func moment(_ parts: DateComponents, in timezone: String) -> Date? {
        let name = Array(timezone.utf8)
        if let known = calendars[name] { return known?.date(from: parts) }
        var calendar: Calendar?
        if let zone = TimeZone(identifier: timezone) {
            var made = Calendar(identifier: .gregorian)
            made.timeZone = zone
            calendar = made
        }
        calendars[name] = .some(calendar)
        return calendar?.date(from: parts)
    }

    private static func parts(_ time: DeviceTime) -> DateComponents? {
        guard time.isCalendarDate else { return nil }
        let numbers = time.text.split { "-T:".contains($0) }.compactMap { Int($0) }
        guard numbers.count == 6 else { return nil }
        return DateComponents(
            year: numbers[0], month: numbers[1], day: numbers[2], hour: numbers[3], minute: numbers[4],
            second: numbers[5])
    }
}
