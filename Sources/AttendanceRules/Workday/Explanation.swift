/// One line of why a workday is what it is: a word of a closed set and what belongs to it. The words for people are made
/// elsewhere.
package enum Explanation: Hashable, Sendable {
    package enum SideName: String, Sendable, Codable, CaseIterable {
        case arrival, departure
    }

    /// What became of one scan.
    package enum Use: String, Sendable, Codable, CaseIterable {
        case arrival, departure, check
        /// Counted, but neither the first nor the last.
        case between
        /// Counted, but when no arrival and no departure may be made.
        case outsideWindows = "outside_windows"
        /// Of another day.
        case otherDay = "other_day"
        case notTheirs = "not_theirs"
        case unconfirmed
        case wrongClock = "wrong_clock"
        case future
    }

    /// What a part of the deduction is for.
    package enum Part: Hashable, Sendable {
        case late(band: String)
        case early(band: String)
        case missingArrival, missingDeparture
        case missingCheck(name: String)
        case absence
        case leave(LeaveKind)

        package var code: String {
            switch self {
            case .late: "late"
            case .early: "early"
            case .missingArrival: "missing_arrival"
            case .missingDeparture: "missing_departure"
            case .missingCheck: "missing_check"
            case .absence: "absence"
            case .leave: "leave"
            }
        }
    }

    case work(DayHours, schedule: String, shift: String?)
    case rest(DayPlan.Rest, schedule: String)
    case notEmployed
    case noSchedule
    /// What the neighbours left of the windows.
    case windows(arrival: Range<Moment>, departure: Range<Moment>)
    case cutByDayBefore(Moment)
    case cutByDayAfter(Moment)
    case rules(RuleSetVersion)
    case noRules
    case scan(Scan, Use)
    /// Several scans were so close that they are one act, and counted for one side only.
    case sameAct(first: Scan, last: Scan)
    case leave(ApprovedLeave)
    case correction(Correction)
    case sheet(SheetLine)
    /// The end of the day moved by so many minutes, because its start did.
    case endMoved(minutes: Int)
    case notLinked
    case noDevice
    /// The record of every device is complete for all that the side asks for.
    case complete(SideName, Range<Moment>)
    /// The record of a device is not complete there; the gaps say where and, if it was told, why.
    case incomplete(SideName, serial: String, Range<Moment>, gaps: [DeviceRecord.Gap])
    case side(SideName, Workday.Side)
    case check(name: String, Workday.Side.State)
    case rate(Part, thousandths: Int)
    case result(DayStatus, deduction: Int)

    /// The word of this line, for files and answers.
    package var code: String {
        switch self {
        case .work: "work"
        case .rest: "rest"
        case .notEmployed: "not_employed"
        case .noSchedule: "no_schedule"
        case .windows: "windows"
        case .cutByDayBefore: "cut_by_day_before"
        case .cutByDayAfter: "cut_by_day_after"
        case .rules: "rules"
        case .noRules: "no_rules"
        case .scan: "scan"
        case .sameAct: "same_act"
        case .leave: "leave"
        case .correction: "correction"
        case .sheet: "sheet"
        case .endMoved: "end_moved"
        case .notLinked: "not_linked"
        case .noDevice: "no_device"
        case .complete: "complete"
        case .incomplete: "incomplete"
        case .side: "side"
        case .check: "check"
        case .rate: "rate"
        case .result: "result"
        }
    }
}

/// Where lines go, if anybody wants them.
final class Notes {
    private(set) var lines: [Explanation] = []

    func add(_ line: Explanation) { lines.append(line) }
}
