import Attendance

/// The computed result for one employee and one date.
package struct Workday: Hashable, Sendable {
    /// How the day began, or ended.
    package struct Side: Hashable, Sendable {
        package enum Proof: Hashable, Sendable {
            case scan(PunchKey)
            case sheet(Int64)
            case correction(Int64)
        }

        package enum State: String, Sendable, Codable, CaseIterable {
            /// The day asks for no scan here.
            case notAsked = "not_asked"
            /// Known, by `at` and `proof`.
            case known
            /// Certainly none: the record of every device is complete.
            case missing
            /// Cannot be said yet.
            case undecided
        }

        package var state: State
        package var at: Moment?
        package var proof: Proof?
        /// Late, or early, in whole minutes by the rule set's rule for seconds.
        package var minutes: Int
        /// Code of the rule set's band, `TL1` …; `nil` where it is in none.
        package var band: String?
        /// A person excused it: minutes and band stand, nothing is deducted.
        package var isExcused: Bool

        package init(
            state: State = .notAsked, at: Moment? = nil, proof: Proof? = nil, minutes: Int = 0, band: String? = nil,
            isExcused: Bool = false
        ) {
            self.state = state
            self.at = at
            self.proof = proof
            self.minutes = minutes
            self.band = band
            self.isExcused = isExcused
        }
    }

    package struct Flags: OptionSet, Hashable, Sendable {
        package let rawValue: Int
        package init(rawValue: Int) { self.rawValue = rawValue }

        /// A signed sheet is part of the evidence; stays for ever.
        package static let manual = Flags(rawValue: 1)
        /// A sheet fills what a complete record of every device does not show: for auditors to look at.
        package static let manualBesideRecord = Flags(rawValue: 2)
        package static let corrected = Flags(rawValue: 4)
        package static let unconfirmedScans = Flags(rawValue: 8)
        package static let wrongClockScans = Flags(rawValue: 16)
        package static let workedOnCollectiveLeave = Flags(rawValue: 32)
        package static let workedOnRestDay = Flags(rawValue: 64)
        /// A check between arrival and departure is certainly missing.
        package static let missingCheck = Flags(rawValue: 128)
        /// Nobody has said which user id is the employee's.
        package static let notLinked = Flags(rawValue: 256)
        /// A counted scan of the day is in no window: the person was there, though not when the hours ask for it.
        package static let scansOutsideWindows = Flags(rawValue: 512)
    }

    package var date: CivilDate
    package var status: DayStatus
    package var arrival: Side
    package var departure: Side
    /// Of the allowance base, in thousandths of a per cent: 1.25 % is 1250. 0 while the day is not decided.
    package var deduction: Int
    package var flags: Flags
    /// Name and version of the rule set; `nil` where none was in force.
    package var rules: RuleSetVersion?

    package init(
        date: CivilDate, status: DayStatus, arrival: Side = Side(), departure: Side = Side(), deduction: Int = 0,
        flags: Flags = [], rules: RuleSetVersion? = nil
    ) {
        self.date = date
        self.status = status
        self.arrival = arrival
        self.departure = departure
        self.deduction = deduction
        self.flags = flags
        self.rules = rules
    }
}

/// Which text decided: its name and the first 12 hex digits of its SHA-256.
package struct RuleSetVersion: Hashable, Sendable, Codable, CustomStringConvertible {
    package let name: String
    package let digest: String

    package init(name: String, digest: String) {
        self.name = name
        self.digest = digest
    }

    package var description: String { "\(name)@\(digest)" }
}
