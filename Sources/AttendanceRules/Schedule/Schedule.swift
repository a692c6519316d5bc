/// The hours of one working day, in minutes from midnight of its date where its people are; over 1440 is the day after.
///
/// Official hours and scan windows are different things (domain, section 1.2): a window says which scans can be the
/// arrival and the departure at all, the hours say what is late and early.
package struct DayHours: Hashable, Sendable, Codable {
    package var start: Int
    package var end: Int
    /// Not counted as work.
    package var breakMinutes: Int
    /// An arrival this many minutes after the start is not late; one that is later is late from the start on.
    package var tolerance: Int
    /// The start may move back by this much, and the end with it (PMK 221/2021). 0 where hours are fixed.
    package var flexible: Int
    /// First and last minute of an arrival.
    package var arrival: ClosedRange<Int>
    /// First and last minute of a departure.
    package var departure: ClosedRange<Int>
    /// Further scans the day asks for, such as one behind the break.
    package var checks: [ScanCheck]

    package init(
        start: Int, end: Int, breakMinutes: Int, tolerance: Int = 0, flexible: Int = 0, arrival: ClosedRange<Int>,
        departure: ClosedRange<Int>, checks: [ScanCheck] = []
    ) {
        self.start = start
        self.end = end
        self.breakMinutes = breakMinutes
        self.tolerance = tolerance
        self.flexible = flexible
        self.arrival = arrival
        self.departure = departure
        self.checks = checks
    }

    /// Minutes of work the day asks for.
    package var obligation: Int { max(0, end - start - breakMinutes) }

    /// From the first minute that can matter to the last.
    package var window: ClosedRange<Int> {
        let first = checks.map(\.minutes.lowerBound).reduce(arrival.lowerBound, min)
        let last = checks.map(\.minutes.upperBound).reduce(departure.upperBound, max)
        return first...max(first, last)
    }
}

/// A scan asked for between arrival and departure.
package struct ScanCheck: Hashable, Sendable, Codable {
    package let name: String
    package let minutes: ClosedRange<Int>

    package init(name: String, minutes: ClosedRange<Int>) {
        self.name = name
        self.minutes = minutes
    }
}

/// Hours by weekday, or by shift, with the text they come from.
package struct Schedule: Hashable, Sendable {
    /// Short and unique: `nasional-5-hari`.
    package let name: String
    package let title: String
    package let citation: String
    /// When it may be in force at all.
    package let span: DateSpan
    /// Weekdays that are not here are days of rest. Empty for shifts.
    package let week: [Weekday: DayHours]
    /// By the shift's name in rosters.
    package let shifts: [String: DayHours]
    /// Whether official holidays are free; units that serve the public go on (domain, section 6).
    package let keepsHolidays: Bool
    /// Whether cuti bersama is free.
    package let keepsCollectiveLeave: Bool

    package init(
        name: String, title: String, citation: String, span: DateSpan, week: [Weekday: DayHours],
        shifts: [String: DayHours] = [:], keepsHolidays: Bool = true, keepsCollectiveLeave: Bool = true
    ) {
        self.name = name
        self.title = title
        self.citation = citation
        self.span = span
        self.week = week
        self.shifts = shifts
        self.keepsHolidays = keepsHolidays
        self.keepsCollectiveLeave = keepsCollectiveLeave
    }
}

/// Which schedule binds a group of people, and when. One that overrides (Ramadan) wins over one that does not; of two
/// alike the one that begins later wins.
package struct GroupSchedule: Hashable, Sendable, Codable {
    package let group: String
    package let schedule: String
    package let span: DateSpan
    package let isOverride: Bool

    package init(group: String, schedule: String, span: DateSpan, isOverride: Bool = false) {
        self.group = group
        self.schedule = schedule
        self.span = span
        self.isOverride = isOverride
    }
}

/// A day of the calendar on which not everybody works.
package struct CalendarDay: Hashable, Sendable, Codable {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        /// An official holiday, by the joint decision of three ministers.
        case libur
        /// Collective leave, for ASN by Keppres; does not reduce cuti tahunan.
        case cutiBersama = "cuti_bersama"
        /// A local day off: an election, a disaster, an anniversary.
        case liburDaerah = "libur_daerah"
    }

    package let date: CivilDate
    package let name: String
    package let kind: Kind
    package let citation: String
    /// Groups it is for; empty for all.
    package let groups: [String]

    package init(date: CivilDate, name: String, kind: Kind, citation: String, groups: [String] = []) {
        self.date = date
        self.name = name
        self.kind = kind
        self.citation = citation
        self.groups = groups
    }
}

/// What the schedule, the roster and the calendar make of one date for one person.
package enum DayPlan: Hashable, Sendable {
    package enum Rest: Hashable, Sendable {
        /// No day of work of the schedule.
        case weekly
        case roster
        case calendar(CalendarDay)
    }

    case work(DayHours, schedule: String, shift: String?)
    /// `hours` are what would have bound, to count who worked on cuti bersama; `nil` on a day of rest.
    case rest(Rest, schedule: String, hours: DayHours?)
    /// Not employed then.
    case notEmployed
    /// Nothing says what binds.
    case none
}
