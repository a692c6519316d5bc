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

    private var rows: [String: [Row]] = [:]
    private var calendars: [String: Calendar?] = [:]

    /// Rows of one device come in the order of `from`.
    mutating func add(_ row: Row, device serial: String) {
        rows[serial, default: []].append(row)
    }

    /// The zone in force at the punch is the last one that began before it; before the first row, the first.
    mutating func utc(_ time: DeviceTime, device serial: String) -> Date? {
        guard let rows = rows[serial], let parts = Self.parts(time) else { return nil }
        for row in rows.reversed() {
            guard let moment = moment(parts, in: row.timezone) else { continue }
            if moment >= row.from { return moment }
        }
        return rows.first.flatMap { moment(parts, in: $0.timezone) }
    }

    /// `nil` where this machine does not know the zone.
    private mutating func moment(_ parts: DateComponents, in timezone: String) -> Date? {
        if let known = calendars[timezone] { return known?.date(from: parts) }
        var calendar: Calendar?
        if let zone = TimeZone(identifier: timezone) {
            var made = Calendar(identifier: .gregorian)
            made.timeZone = zone
            calendar = made
        }
        calendars[timezone] = .some(calendar)
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
