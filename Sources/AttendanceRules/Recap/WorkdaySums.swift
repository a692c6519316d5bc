/// Many workdays added up. The sums of two parts added are the sums of the whole.
///
/// Only what is decided counts: minutes and bands of a day that is *belum sinkron* are in no sum, and come in by
/// themselves when the day is decided.
package struct WorkdaySums: Hashable, Sendable {
    /// How often, and how many minutes together.
    package struct Tally: Hashable, Sendable {
        package var days = 0
        package var minutes = 0

        package init(days: Int = 0, minutes: Int = 0) {
            self.days = days
            self.minutes = minutes
        }

        package static func += (left: inout Self, right: Self) {
            left.days += right.days
            left.minutes += right.minutes
        }
    }

    /// One side of all days.
    package struct Side: Hashable, Sendable {
        /// Late, or early, and not excused, with those that a missing scan counts as; by the band's code, and under ""
        /// where the minutes are in no band.
        package var bands: [String: Tally] = [:]
        /// Excused by a person: in no band, nothing deducted, in no threshold.
        package var excused = Tally()
        /// Scans that are certainly missing on days that are no absence, excused or not.
        package var missing = 0

        package init() {}

        /// Not excused.
        package var minutes: Int { bands.values.reduce(0) { $0 + $1.minutes } }
        /// Days with minutes, or with a missing scan that counts as a band; not excused.
        package var days: Int { bands.values.reduce(0) { $0 + $1.days } }

        mutating func add(_ side: Workday.Side) {
            if side.state == .missing { missing += 1 }
            guard side.minutes > 0 || side.state == .missing else { return }
            let one = Tally(days: 1, minutes: side.minutes)
            if side.isExcused {
                excused += one
            } else if side.minutes > 0 || side.band != nil {
                bands[side.band ?? "", default: Tally()] += one
            }
        }

        static func += (left: inout Self, right: Self) {
            for (code, tally) in right.bands { left.bands[code, default: Tally()] += tally }
            left.excused += right.excused
            left.missing += right.missing
        }
    }

    /// How many days of each status; none is 0.
    package private(set) var days: [DayStatus: Int] = [:]
    package private(set) var late = Side()
    package private(set) var early = Side()
    /// Checks between arrival and departure: days on which one is certainly missing.
    package private(set) var missingChecks = 0
    /// Days of which a signed sheet is a part, and those of them where a complete record shows nothing.
    package private(set) var manual = 0
    package private(set) var manualBesideRecord = 0
    package private(set) var corrected = 0
    package private(set) var workedOnCollectiveLeave = 0
    package private(set) var workedOnRestDay = 0
    /// Thousandths of a per cent, each day's added up; base and cap are applied to the sum of one month.
    package private(set) var deduction = 0

    package init() {}

    package init(_ workdays: some Sequence<Workday>) {
        for workday in workdays { add(workday) }
    }

    package mutating func add(_ workday: Workday) {
        days[workday.status, default: 0] += 1
        if workday.status.countsSides {
            late.add(workday.arrival)
            early.add(workday.departure)
        }
        deduction += workday.deduction
        if workday.flags.isEmpty { return }
        if workday.flags.contains(.missingCheck) { missingChecks += 1 }
        if workday.flags.contains(.manual) { manual += 1 }
        if workday.flags.contains(.manualBesideRecord) { manualBesideRecord += 1 }
        if workday.flags.contains(.corrected) { corrected += 1 }
        if workday.flags.contains(.workedOnCollectiveLeave) { workedOnCollectiveLeave += 1 }
        if workday.flags.contains(.workedOnRestDay) { workedOnRestDay += 1 }
    }

    package static func += (left: inout Self, right: Self) {
        for (status, count) in right.days { left.days[status, default: 0] += count }
        left.late += right.late
        left.early += right.early
        left.missingChecks += right.missingChecks
        left.manual += right.manual
        left.manualBesideRecord += right.manualBesideRecord
        left.corrected += right.corrected
        left.workedOnCollectiveLeave += right.workedOnCollectiveLeave
        left.workedOnRestDay += right.workedOnRestDay
        left.deduction += right.deduction
    }

    package static func + (left: Self, right: Self) -> Self {
        var sum = left
        sum += right
        return sum
    }
}

extension WorkdaySums {
    package func count(_ status: DayStatus) -> Int { days[status] ?? 0 }

    package func count(leave kind: LeaveKind) -> Int { count(kind.status) }

    /// All days that were added.
    package var allDays: Int { days.values.reduce(0, +) }

    /// Days that asked for work: not free ones, and not those without hours.
    package var workingDays: Int { days.reduce(0) { $1.key.isWorkingDay ? $0 + $1.value : $0 } }

    /// Days at work, or on a duty that counts as such.
    package var present: Int { days.reduce(0) { $1.key.isPresent ? $0 + $1.value : $0 } }

    package var absent: Int { count(.tanpaKeterangan) }

    /// Days that stand in the way of closing the month.
    package var undecided: Int { days.reduce(0) { $1.key.isDecided ? $0 : $0 + $1.value } }

    /// Late and early together, not excused.
    package var minutes: Int { late.minutes + early.minutes }

    /// Whole days that the minutes make, rounded down; 0 where nothing converts them.
    package func daysOfMinutes(perDay: Int) -> Int { perDay > 0 ? minutes / perDay : 0 }

    /// Present days of the decided working days without tugas belajar, in thousandths of a per cent, rounded down;
    /// `nil` where there are none. What is not known counts neither way.
    package var presentShare: Int? {
        let whole = workingDays - count(.belumSinkron) - count(.tugasBelajar)
        return whole > 0 ? present * 100_000 / whole : nil
    }
}

extension DayStatus {
    /// The hours asked for work on this day, whatever came of it.
    package var isWorkingDay: Bool {
        switch self {
        case .libur, .cutiBersama, .tanpaJadwal: false
        default: true
        }
    }

    /// Minutes and missing scans of the sides are facts, and no absence, leave or open question.
    var countsSides: Bool {
        switch self {
        case .hadir, .terlambat, .pulangCepat, .lupaMasuk, .lupaPulang: true
        default: false
        }
    }
}
