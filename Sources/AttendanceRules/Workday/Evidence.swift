import Attendance

/// One scan that names the employee.
package struct Scan: Hashable, Sendable {
    /// Whether it may count. Scans that may not are shown, and count neither for nor against anybody.
    package enum Trust: String, Sendable, Codable, CaseIterable {
        case counts
        /// Only a file tells of it.
        case unconfirmed
        /// Made while the device's clock was off or not known.
        case wrongClock = "wrong_clock"
        /// It was here before it was made.
        case future
    }

    package let key: PunchKey
    /// From the device's time and zone.
    package let at: Moment
    package let serial: String
    package let trust: Trust

    package init(key: PunchKey, at: Moment, serial: String, trust: Trust = .counts) {
        self.key = key
        self.at = at
        self.serial = serial
        self.trust = trust
    }
}

/// When a device's record is complete, and why not elsewhere.
package struct DeviceRecord: Hashable, Sendable {
    package struct Gap: Hashable, Sendable {
        package let span: Range<Moment>
        /// The edge's word (`clock_off`, `powered_off` …), or `nil` where nothing was claimed at all.
        package let why: String?

        package init(span: Range<Moment>, why: String?) {
            self.span = span
            self.why = why
        }
    }

    package let serial: String
    /// In order, apart from each other.
    package let complete: [Range<Moment>]
    /// Holes that were told, in order; elsewhere nothing is known.
    package let gaps: [Gap]

    package init(serial: String, complete: [Range<Moment>], gaps: [Gap] = []) {
        self.serial = serial
        self.complete = complete
        self.gaps = gaps
    }
}

/// Leave or duty, approved by somebody with the right to.
package struct ApprovedLeave: Hashable, Sendable {
    package let id: Int64
    package let kind: LeaveKind
    package let span: DateSpan
    package let document: String

    package init(id: Int64, kind: LeaveKind, span: DateSpan, document: String) {
        self.id = id
        self.kind = kind
        self.span = span
        self.document = document
    }
}

/// What a person with a role says about one day of an employee, with a document. Scans stay what they are.
package struct Correction: Hashable, Sendable {
    package enum Kind: Hashable, Sendable, Codable {
        /// Arrived at this minute of the date.
        case arrival(minute: Int)
        /// Left at this minute of the date; over 1440 on the day after.
        case departure(minute: Int)
        /// The lateness is excused; its minutes are still shown.
        case excuseLate
        case excuseEarly
        /// Was at work the whole day, as a superior states.
        case present
        /// The scan is not this person's.
        case notTheirs(key: String)
    }

    package let id: Int64
    package let kind: Kind
    package let document: String

    package init(id: Int64, kind: Kind, document: String) {
        self.id = id
        self.kind = kind
        self.document = document
    }
}

/// The employee's line on a signed sheet of one unit and day.
package struct SheetLine: Hashable, Sendable {
    package let sheet: Int64
    /// Minutes of the date; `nil` where the sheet has no such signature.
    package let arrival: Int?
    package let departure: Int?
    package let document: String

    package init(sheet: Int64, arrival: Int?, departure: Int?, document: String) {
        self.sheet = sheet
        self.arrival = arrival
        self.departure = departure
        self.document = document
    }
}

/// Everything that decides what one date was for one employee. The same evidence gives the same workday.
package struct WorkdayEvidence: Sendable {
    package var date: CivilDate
    /// How far the clocks of the employee's unit are ahead of UTC, in seconds.
    package var offset: Int
    package var plan: DayPlan
    /// The plans of the day before and after: their windows end where this one's begin.
    package var before: DayPlan
    package var after: DayPlan
    package var kind: EmployeeKind
    /// In any order; those outside the day's windows are left out by the rules, not by the caller.
    package var scans: [Scan]
    /// Of each device that could have shown a scan of the employee.
    package var records: [DeviceRecord]
    /// Whether any user id is linked to the employee on this date.
    package var isLinked: Bool
    package var leave: [ApprovedLeave]
    package var corrections: [Correction]
    package var sheets: [SheetLine]
    /// The offsets of the days before and after, where a transfer led into another zone; `nil` for the day's own.
    package var offsetBefore: Int?
    package var offsetAfter: Int?

    package init(
        date: CivilDate, offset: Int, plan: DayPlan, before: DayPlan = .none, after: DayPlan = .none,
        kind: EmployeeKind = .pns, scans: [Scan] = [], records: [DeviceRecord] = [], isLinked: Bool = true,
        leave: [ApprovedLeave] = [], corrections: [Correction] = [], sheets: [SheetLine] = [],
        offsetBefore: Int? = nil, offsetAfter: Int? = nil
    ) {
        self.date = date
        self.offset = offset
        self.plan = plan
        self.before = before
        self.after = after
        self.kind = kind
        self.scans = scans
        self.records = records
        self.isLinked = isLinked
        self.leave = leave
        self.corrections = corrections
        self.sheets = sheets
        self.offsetBefore = offsetBefore
        self.offsetAfter = offsetAfter
    }
}
