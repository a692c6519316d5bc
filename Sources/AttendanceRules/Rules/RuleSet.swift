/// What a Perbup makes of minutes: bands, rates, thresholds. Every number has a date and a citation; none is in code.
///
/// Rates are thousandths of a per cent of the base: 1.25 % is 1250.
package struct RuleSet: Hashable, Sendable {
    package struct Band: Hashable, Sendable {
        package let code: String
        /// First minute in the band, and the first no longer in it; `nil` for all above.
        package let from: Int
        package let to: Int?
        package let rate: Int

        package init(code: String, from: Int, to: Int?, rate: Int) {
            self.code = code
            self.from = from
            self.to = to
            self.rate = rate
        }

        package func contains(_ minutes: Int) -> Bool { minutes >= from && to.map { minutes < $0 } ?? true }
    }

    /// What a scan that is certainly missing counts as.
    package enum MissingScan: Hashable, Sendable {
        /// As being in the band, whose code this is.
        case band(String)
        /// A rate of its own; the minutes are 0.
        case rate(Int)
        case nothing
    }

    package enum Seconds: String, Sendable, Codable, CaseIterable {
        /// 07:30:59 is not late where the start is 07:30 (ANRI 18/2016): whole minutes, rounded down.
        case floor
        /// 07:30:01 is one minute late: rounded up.
        case ceiling
    }

    /// From when lateness is counted.
    package enum LateFrom: String, Sendable, Codable, CaseIterable {
        /// From the official start, once the tolerance is exceeded.
        case start
        /// From the end of tolerance and flexible window (PMK 221/2021).
        case window
    }

    /// What the deduction is a percentage of (domain, section 3.3).
    package enum Base: Hashable, Sendable {
        case full
        /// Of the discipline part, in thousandths of a per cent of the allowance: 40 % is 40000. `isCapped`: not more
        /// than that part.
        case part(Int, isCapped: Bool)
    }

    /// How the final amount becomes whole rupiah; nothing before it is rounded.
    package enum Rounding: String, Sendable, Codable, CaseIterable {
        /// Half a rupiah up.
        case nearest
        case down, up
    }

    /// A number of cumulative days of unjustified absence that a law names. Only ever shown as an indication.
    package struct Threshold: Hashable, Sendable, Codable {
        package let days: Int
        /// Working days in a row instead of all of the year.
        package let isConsecutive: Bool
        package let level: String
        package let text: String
        package let article: String

        package init(days: Int, isConsecutive: Bool, level: String, text: String, article: String) {
            self.days = days
            self.isConsecutive = isConsecutive
            self.level = level
            self.text = text
            self.article = article
        }
    }

    package let version: RuleSetVersion
    package let title: String
    package let citation: String
    package let span: DateSpan
    package let kinds: Set<EmployeeKind>
    package let seconds: Seconds
    package let lateFrom: LateFrom
    package let late: [Band]
    package let early: [Band]
    package let missingArrival: MissingScan
    package let missingDeparture: MissingScan
    package let missingCheck: MissingScan
    package let absenceRate: Int
    /// Rates of leave per day; those not here deduct nothing.
    package let leaveRates: [LeaveKind: Int]
    package let base: Base
    /// Minutes late and early that make one day of absence (PP 53/2010: 450); for thresholds and for show.
    package let minutesPerDay: Int
    package let thresholds: [Threshold]
    /// Scans closer to each other than this many seconds are one act: a finger pressed again because the device did not
    /// answer is no departure.
    package let sameActSeconds: Int
    /// Whether minutes late and early, turned into whole days, count for the thresholds of a year (domain, section 2.2).
    package let countsMinutes: Bool
    /// Whose days the thresholds are for; `nil` for all the set binds. PP 94/2021 is for PNS, others have other texts.
    package let thresholdKinds: Set<EmployeeKind>?
    package let rounding: Rounding

    package init(
        version: RuleSetVersion, title: String, citation: String, span: DateSpan, kinds: Set<EmployeeKind>,
        seconds: Seconds, lateFrom: LateFrom, late: [Band], early: [Band], missingArrival: MissingScan,
        missingDeparture: MissingScan, missingCheck: MissingScan = .nothing, absenceRate: Int,
        leaveRates: [LeaveKind: Int] = [:], base: Base, minutesPerDay: Int = 450, thresholds: [Threshold] = [],
        sameActSeconds: Int = 60, countsMinutes: Bool = true, thresholdKinds: Set<EmployeeKind>? = nil,
        rounding: Rounding = .nearest
    ) {
        self.version = version
        self.title = title
        self.citation = citation
        self.span = span
        self.kinds = kinds
        self.seconds = seconds
        self.lateFrom = lateFrom
        self.late = late
        self.early = early
        self.missingArrival = missingArrival
        self.missingDeparture = missingDeparture
        self.missingCheck = missingCheck
        self.absenceRate = absenceRate
        self.leaveRates = leaveRates
        self.base = base
        self.minutesPerDay = minutesPerDay
        self.thresholds = thresholds
        self.sameActSeconds = sameActSeconds
        self.countsMinutes = countsMinutes
        self.thresholdKinds = thresholdKinds
        self.rounding = rounding
    }
}
