import Attendance

/// A date of the Gregorian calendar, in no zone.
package struct CivilDate: Hashable, Comparable, Sendable {
    /// Days since 1970-01-01.
    package let dayNumber: Int

    package static let first = CivilDate(unchecked: -25_567)
    package static let last = CivilDate(unchecked: 84_005)

    private init(unchecked day: Int) { dayNumber = day }

    /// The years 1900 to 2199: a number outside them becomes their first or last day.
    package init(dayNumber: Int) {
        self.dayNumber = min(max(dayNumber, Self.first.dayNumber), Self.last.dayNumber)
    }

    /// A date of the years 1900 to 2199 that exists.
    package init?(year: Int, month: Int, day: Int) {
        guard (1900...2199).contains(year), (1...12).contains(month), day >= 1,
            day <= DeviceTime.days(in: month, of: year)
        else { return nil }
        // Counted in years that begin on 1 March, from the year 0.
        let shifted = month > 2 ? year : year - 1
        let monthOfYear = (month + 9) % 12
        let dayOfYear = (153 * monthOfYear + 2) / 5 + day - 1
        dayNumber = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
    }

    /// `YYYY-MM-DD`; `nil` for anything else.
    package init?(text: some StringProtocol) {
        let bytes = Array(text.utf8.prefix(11))
        guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-") else { return nil }
        var numbers: [Int] = []
        for range in [0..<4, 5..<7, 8..<10] {
            var number = 0
            for byte in bytes[range] {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                number = number * 10 + Int(byte - UInt8(ascii: "0"))
            }
            numbers.append(number)
        }
        self.init(year: numbers[0], month: numbers[1], day: numbers[2])
    }

    package var parts: (year: Int, month: Int, day: Int) {
        let shifted = dayNumber + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let monthOfYear = month < 10 ? month + 3 : month - 9
        return (yearOfEra + era * 400 + (monthOfYear <= 2 ? 1 : 0), monthOfYear, dayOfYear - (153 * month + 2) / 5 + 1)
    }

    /// `YYYY-MM-DD`.
    package var text: String {
        let (year, month, day) = parts
        return "\(year)-\(month < 10 ? "0" : "")\(month)-\(day < 10 ? "0" : "")\(day)"
    }

    package var weekday: Weekday {
        // 1970-01-01 was a Thursday.
        Weekday.allCases[((dayNumber + 3) % 7 + 7) % 7]
    }

    package var month: CivilMonth {
        let (year, month, _) = parts
        return CivilMonth(number: year * 12 + month - 1)
    }

    package func adding(days: Int) -> CivilDate {
        CivilDate(dayNumber: dayNumber.addingReportingOverflow(days).partialValue)
    }

    package static func < (left: Self, right: Self) -> Bool { left.dayNumber < right.dayNumber }
}

extension CivilDate: Strideable {
    package func distance(to other: CivilDate) -> Int { other.dayNumber - dayNumber }
    package func advanced(by days: Int) -> CivilDate { adding(days: days) }
}

extension CivilDate: CustomStringConvertible, Codable {
    package var description: String { text }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let date = CivilDate(text: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a date YYYY-MM-DD")
        }
        self = date
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

package enum Weekday: String, Sendable, Codable, CaseIterable {
    case monday, tuesday, wednesday, thursday, friday, saturday, sunday
}

/// A month of a year, `YYYY-MM`.
package struct CivilMonth: Hashable, Comparable, Sendable {
    /// Months since January of the year 0.
    package let number: Int

    /// A month of the years 1900 to 2199: a number outside them becomes their first or last one.
    package init(number: Int) { self.number = min(max(number, 1900 * 12), 2199 * 12 + 11) }

    package init?(text: some StringProtocol) {
        guard let date = CivilDate(text: "\(text)-01") else { return nil }
        self = date.month
    }

    package var year: Int { number / 12 }
    /// 1 to 12.
    package var month: Int { number % 12 + 1 }
    package var text: String { "\(year)-\(month < 10 ? "0" : "")\(month)" }

    package var dates: ClosedRange<CivilDate> {
        let first = CivilDate(year: year, month: month, day: 1) ?? .first
        return first...first.adding(days: DeviceTime.days(in: month, of: year) - 1)
    }

    package static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// From a date to a date, both included; without an end where `to` is `nil`.
package struct DateSpan: Hashable, Sendable, Codable {
    package let from: CivilDate
    package let to: CivilDate?

    package init(from: CivilDate, to: CivilDate? = nil) {
        self.from = from
        self.to = to
    }

    package init(_ dates: ClosedRange<CivilDate>) { self.init(from: dates.lowerBound, to: dates.upperBound) }

    /// Whether it has any date at all.
    package var isSane: Bool { to.map { from <= $0 } ?? true }

    package func contains(_ date: CivilDate) -> Bool { from <= date && to.map { date <= $0 } ?? true }

    package func overlaps(_ other: DateSpan) -> Bool {
        (other.to.map { from <= $0 } ?? true) && (to.map { other.from <= $0 } ?? true)
    }

    /// What both have.
    package func clamped(to dates: ClosedRange<CivilDate>) -> ClosedRange<CivilDate>? {
        let first = max(from, dates.lowerBound)
        let last = min(to ?? dates.upperBound, dates.upperBound)
        return first <= last ? first...last : nil
    }
}

/// A moment of true time in whole seconds since 1970 UTC.
package struct Moment: Hashable, Comparable, Sendable, Codable {
    package let seconds: Int64

    package init(seconds: Int64) { self.seconds = seconds }

    /// - Parameters:
    ///   - minute: from midnight of the date, where the clocks are `offset` seconds ahead of UTC.
    package init(_ date: CivilDate, minute: Int, offset: Int) {
        seconds = Int64(date.dayNumber) * 86_400 + Int64(minute) * 60 - Int64(offset)
    }

    /// The date on a wall that is `offset` seconds ahead of UTC.
    package func date(offset: Int) -> CivilDate {
        let local = seconds + Int64(offset)
        return CivilDate(dayNumber: Int((local - (local % 86_400 + 86_400) % 86_400) / 86_400))
    }

    package static func < (left: Self, right: Self) -> Bool { left.seconds < right.seconds }
}
