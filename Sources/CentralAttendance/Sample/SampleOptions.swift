import AttendanceRules

/// How large an invented government is, and over which days it scans.
package struct SampleOptions: Equatable, Sendable {
    package let employees: Int
    package let units: Int
    package let seed: UInt64
    package let dates: ClosedRange<CivilDate>

    package static let employeesAllowed = 1...100_000
    package static let unitsAllowed = 1...400
    package static let monthsAllowed = 1...120

    /// - Parameter months: counted back from the day behind `until`: the 31st of October and one month is October.
    /// - Returns: `nil` outside the ranges above.
    package init?(employees: Int, units: Int, months: Int, seed: UInt64, until: CivilDate) {
        guard Self.employeesAllowed.contains(employees), Self.unitsAllowed.contains(units),
            Self.monthsAllowed.contains(months)
        else { return nil }
        self.employees = employees
        self.units = units
        self.seed = seed
        let end = until.adding(days: 1)
        let first = CivilMonth(number: end.month.number - months).dates
        let begin = first.lowerBound.adding(days: end.parts.day - 1)
        dates = min(begin, first.upperBound, until)...until
    }

    /// Where all clocks stand: Asia/Jakarta, seven hours before UTC, without summer time.
    package static let zone = "Asia/Jakarta"
    package static let offset = 7 * 3600

    /// Seconds of UTC at the beginning of a date there.
    static func midnight(_ date: CivilDate) -> Int64 { Moment(date, minute: 0, offset: offset).seconds }

    /// The first second of UTC that is no longer of the date.
    package static func end(of date: CivilDate) -> Int64 { midnight(date.adding(days: 1)) }

    /// Runs of days that are made and sent together: weeks that end on a Sunday or with a month, and single days in the last two.
    package var periods: [ClosedRange<CivilDate>] {
        var periods: [ClosedRange<CivilDate>] = []
        var begin = dates.lowerBound
        let daily = dates.upperBound.adding(days: -13)
        for date in dates
        where date >= daily || date.weekday == .sunday || date == date.month.dates.upperBound
            || date.adding(days: 1) == daily
        {
            periods.append(begin...date)
            begin = date.adding(days: 1)
        }
        return periods
    }

    /// Every month that has one of the days.
    package var months: [CivilMonth] {
        (dates.lowerBound.month.number...dates.upperBound.month.number).map { CivilMonth(number: $0) }
    }
}
