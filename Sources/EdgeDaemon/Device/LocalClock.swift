import Foundation
import ZKWire

/// The wall clock a device should show.
package struct LocalClock: Sendable {
    private let calendar: Calendar
    /// Without a zone.
    private let dial: Calendar

    /// - Parameter timezone: IANA name; the configuration was checked, so an unknown one is UTC.
    package init(timezone: String) {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(identifier: timezone) ?? .gmt
        self.calendar = calendar
        calendar.timeZone = .gmt
        dial = calendar
    }

    /// Device time minus true local time in whole seconds; `nil` where the device's is no date.
    package func offset(of time: PackedTime, at now: Date) -> Int? {
        // By the zone's offset of this moment: in the hour that comes twice a year the dial alone does not tell.
        let shift = TimeInterval(calendar.timeZone.secondsFromGMT(for: now))
        // A device tells whole seconds and cuts off the rest: a right one seems up to a second slow.
        return date(of: time, in: dial).map { Int($0.addingTimeInterval(-shift).timeIntervalSince(now).rounded(.up)) }
    }

    /// The true time when a clock that is `offset` seconds fast shows `time`; `nil` where that is no date.
    package func date(of time: PackedTime, offset: Int) -> Date? {
        date(of: time, in: calendar)?.addingTimeInterval(-Double(offset))
    }

    private func date(of time: PackedTime, in calendar: Calendar) -> Date? {
        let parts = time.parts
        guard parts.isCalendarDate else { return nil }
        let components = DateComponents(
            year: parts.year, month: parts.month, day: parts.day, hour: parts.hour, minute: parts.minute,
            second: parts.second)
        return calendar.date(from: components)
    }

    /// The device time that is right at `moment`; `nil` outside the years a device can show.
    package func packed(_ moment: Date) -> PackedTime? {
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: moment)
        guard let year = parts.year, let month = parts.month, let day = parts.day, let hour = parts.hour,
            let minute = parts.minute, let second = parts.second
        else { return nil }
        return PackedTime(
            PackedTime.Parts(year: year, month: month, day: day, hour: hour, minute: minute, second: second))
    }
}
