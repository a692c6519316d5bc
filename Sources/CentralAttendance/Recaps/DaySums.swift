import AttendanceRules

/// What days come to: numbers that can be added, and nothing else.
package struct DaySums: Equatable, Sendable {
    /// Lateness or early leave of one band.
    package struct Class: Equatable, Sendable {
        package var days = 0
        package var minutes = 0
    }

    package private(set) var days = 0
    package private(set) var statuses: [DayStatus: Int] = [:]
    /// By code of the rule set's band; those in none stand under `-`.
    package private(set) var late: [String: Class] = [:]
    package private(set) var early: [String: Class] = [:]
    /// Thousandths of a per cent of the allowance base, before base and cap of a month are applied.
    package private(set) var deduction = 0
    package private(set) var flags: [Int: Int] = [:]

    package static let countedFlags: [Workday.Flags] = [
        .manual, .manualBesideRecord, .corrected, .unconfirmedScans, .wrongClockScans, .workedOnCollectiveLeave,
        .workedOnRestDay, .missingCheck, .notLinked,
    ]

    package init() {}

    package init(adding parts: some Sequence<DaySums>) { for part in parts { add(part) } }

    package init(of days: some Sequence<Workday>) { for day in days { add(day) } }

    package mutating func add(_ day: Workday) {
        days += 1
        statuses[day.status, default: 0] += 1
        deduction += day.deduction
        for flag in Self.countedFlags where day.flags.contains(flag) { flags[flag.rawValue, default: 0] += 1 }
        // An undecided day counts neither for nor against anybody, though a side of it may be known.
        guard day.status.isDecided else { return }
        Self.add(day.arrival, to: &late)
        Self.add(day.departure, to: &early)
    }

    private static func add(_ side: Workday.Side, to classes: inout [String: Class]) {
        guard side.minutes > 0 || side.band != nil else { return }
        classes[side.band ?? "-", default: Class()].days += 1
        classes[side.band ?? "-", default: Class()].minutes += side.minutes
    }

    package mutating func add(_ other: DaySums) {
        days += other.days
        deduction += other.deduction
        statuses.merge(other.statuses, uniquingKeysWith: +)
        flags.merge(other.flags, uniquingKeysWith: +)
        late.merge(other.late) { Class(days: $0.days + $1.days, minutes: $0.minutes + $1.minutes) }
        early.merge(other.early) { Class(days: $0.days + $1.days, minutes: $0.minutes + $1.minutes) }
    }

    package func count(_ status: DayStatus) -> Int { statuses[status] ?? 0 }
    package func count(_ flag: Workday.Flags) -> Int { flags[flag.rawValue] ?? 0 }
    package var lateMinutes: Int { late.values.reduce(0) { $0 + $1.minutes } }
    package var earlyMinutes: Int { early.values.reduce(0) { $0 + $1.minutes } }
    package var undecided: Int { statuses.reduce(0) { $0 + ($1.key.isDecided ? 0 : $1.value) } }
    package var present: Int { statuses.reduce(0) { $0 + ($1.key.isPresent ? $1.value : 0) } }
}
