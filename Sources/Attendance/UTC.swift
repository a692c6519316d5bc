import Foundation

/// `2026-11-21T00:30:05.123Z`: UTC with milliseconds, the only form of true time in entries and messages.
package enum UTC {
    /// The nearest millisecond of the years 1 to 9999; a moment outside them becomes their first or last one.
    package static func text(_ moment: Date) -> String {
        let milliseconds = Int64(clamped(moment.timeIntervalSince1970 * 1000).rounded())
        let days = (milliseconds - earliest) / millisecondsPerDay
        let rest = milliseconds - earliest - days * millisecondsPerDay
        let (year, month, day) = civil(days)
        let parts = [year / 100, year % 100, month, day, rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60]
        var text: [UInt8] = []
        text.reserveCapacity(24)
        for (part, mark) in zip(parts, marks) {
            digits(part, into: &text)
            if let mark { text.append(mark) }
        }
        text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 1000 / 100))
        digits(rest % 100, into: &text)
        text.append(UInt8(ascii: "Z"))
        return String(decoding: text, as: UTF8.self)
    }

    /// What follows each two digits of the text.
    private static let marks: [UInt8?] = [nil] + "--T::.".utf8.map { $0 }

    private static func digits(_ value: Int64, into text: inout [UInt8]) {
        text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / 10))
        text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10))
    }

    /// `nil` for text of another form, and for a day or a time of day that does not exist.
    package static func date(_ text: String) -> Date? {
        let bytes = Array(text.utf8.prefix(25))
        guard bytes.count == 24, bytes[19] == UInt8(ascii: "."), bytes[23] == UInt8(ascii: "Z"),
            let parts = DeviceTime.parts(Array(bytes[..<19])),
            let high = DeviceTime.twoDigits(bytes, at: 20), let low = DeviceTime.twoDigits(bytes, at: 21)
        else { return nil }
        let year = parts[0] * 100 + parts[1]
        guard year >= 1, (1...12).contains(parts[2]), (1...DeviceTime.days(in: parts[2], of: year)).contains(parts[3]),
            parts[4] < 24, parts[5] < 60, parts[6] < 60
        else { return nil }
        let seconds = ((dayNumber(year, parts[2], parts[3]) * 24 + parts[4]) * 60 + parts[5]) * 60 + parts[6]
        let milliseconds = earliest + Int64(seconds) * 1000 + Int64(high * 10 + low % 10)
        return Date(timeIntervalSince1970: Double(milliseconds) / 1000)
    }

    private static let millisecondsPerDay: Int64 = 86_400_000
    /// 0001-01-01T00:00:00.000Z and 9999-12-31T23:59:59.999Z in milliseconds since 1970.
    private static let earliest: Int64 = -62_135_596_800_000
    private static let latest: Int64 = 253_402_300_799_999

    /// Into the years 1 to 9999, so that no conversion can trap; not a number is the first moment.
    private static func clamped(_ milliseconds: Double) -> Double {
        guard milliseconds > Double(earliest) else { return Double(earliest) }
        return min(milliseconds, Double(latest))
    }

    /// Days from 0001-01-01 to a date that exists, in the proleptic Gregorian calendar.
    private static func dayNumber(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let before = year - 1
        let months = (1..<month).reduce(0) { $0 + DeviceTime.days(in: $1, of: year) }
        return before * 365 + before / 4 - before / 100 + before / 400 + months + day - 1
    }

    /// The date of a number of days since 0001-01-01; counted in years that begin on 1 March.
    private static func civil(_ day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = day + 306
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let monthOfYear = month < 10 ? month + 3 : month - 9
        return (yearOfEra + era * 400 + (monthOfYear <= 2 ? 1 : 0), monthOfYear, dayOfYear - (153 * month + 2) / 5 + 1)
    }
}
