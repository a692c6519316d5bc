import AttendanceRules
import Foundation

/// The answer to "where is my scan?" for one person and date. Pure: the same evidence gives the same answer.
package struct TraceJudgement: Sendable, Equatable {
    /// One side of the day.
    package struct Side: Sendable, Equatable {
        package enum State: Sendable, Equatable {
            /// Known, by a scan, a sheet or a correction.
            case counted(Moment?, Workday.Side.Proof?)
            /// There are scans that could be it, and none counts: the one worth telling.
            case uncounted(TracedScan)
            /// None is there; the device and the reason worth telling first.
            case missing(serial: String, TraceFinding)
            /// No device serves the person.
            case noDevice
            /// The time for it has not come.
            case notYet(from: Moment)
        }

        package let name: Explanation.SideName
        package let state: State
    }

    /// What the day asks for.
    package enum Demand: Sendable, Equatable {
        case notEmployed, noSchedule
        case rest
        case leave(LeaveKind)
        case work
    }

    package struct Device: Sendable, Equatable {
        package let serial: String
        /// Most telling first; never empty.
        package let findings: [TraceFinding]
    }

    package let demand: Demand
    /// Of a day of work: arrival and departure.
    package let sides: [Side]
    /// Most telling first.
    package let devices: [Device]

    package init(_ evidence: TraceEvidence) {
        demand = Self.demand(evidence.account)
        let whole = Self.span(evidence)
        let windows = Self.windows(evidence.account) ?? (whole, whole)
        let over = whole.lowerBound..<max(whole.lowerBound, min(whole.upperBound, evidence.now))
        devices = evidence.devices.map { device in
            Device(
                serial: device.serial, findings: TraceFinding.findings(of: device, in: over, now: evidence.now))
        }.sorted { Self.order($0) < Self.order($1) }
        guard demand == .work, let account = evidence.account else {
            sides = []
            return
        }
        sides = [
            Self.side(.arrival, account.workday.arrival, windows.arrival, evidence),
            Self.side(.departure, account.workday.departure, windows.departure, evidence),
        ].compactMap { $0 }
    }

    private static func order(_ device: Device) -> (Int, String) { (device.findings.first?.rank ?? 99, device.serial) }

    private static func demand(_ account: DayAccount?) -> Demand {
        guard let account else { return .notEmployed }
        switch account.evidence.plan {
        case .notEmployed: return .notEmployed
        case .none: return .noSchedule
        case .rest: return .rest
        case .work:
            let leave = account.explanation.compactMap { line in if case .leave(let leave) = line { leave } else { nil }
            }
            return leave.last.map { .leave($0.kind) } ?? .work
        }
    }

    /// Of the scans that the day takes: what the windows say, else the date.
    private static func windows(_ account: DayAccount?) -> (arrival: Range<Moment>, departure: Range<Moment>)? {
        for case .windows(let arrival, let departure) in account?.explanation ?? [] { return (arrival, departure) }
        return nil
    }

    private static func span(_ evidence: TraceEvidence) -> Range<Moment> {
        if let (arrival, departure) = windows(evidence.account) {
            let first = min(arrival.lowerBound, departure.lowerBound)
            return first..<max(first, arrival.upperBound, departure.upperBound)
        }
        let offset = evidence.account?.evidence.offset ?? 7 * 3600
        return Moment(evidence.date, minute: 0, offset: offset)..<Moment(evidence.date, minute: 1440, offset: offset)
    }

    private static func side(
        _ name: Explanation.SideName, _ side: Workday.Side, _ window: Range<Moment>, _ evidence: TraceEvidence
    ) -> Side? {
        switch side.state {
        case .notAsked: return nil
        case .known: return Side(name: name, state: .counted(side.at, side.proof))
        case .missing, .undecided: break
        }
        if let scan = blamed(name, window, evidence) { return Side(name: name, state: .uncounted(scan)) }
        guard window.lowerBound < evidence.now else { return Side(name: name, state: .notYet(from: window.lowerBound)) }
        let over = window.lowerBound..<min(window.upperBound, evidence.now)
        let found = evidence.devices.map { device in
            (serial: device.serial, finding: TraceFinding.findings(of: device, in: over, now: evidence.now).first)
        }
        // Linked devices speak first: on one without a link the person perhaps never scans.
        let best = found.compactMap { pair in pair.finding.map { (pair.serial, $0) } }
            .min { ($0.1.rank, $0.0) < ($1.1.rank, $1.0) }
        guard let best else { return Side(name: name, state: .noDevice) }
        return Side(name: name, state: .missing(serial: best.0, best.1))
    }

    /// A scan that the person may well mean and that does not count.
    private static func blamed(
        _ name: Explanation.SideName, _ window: Range<Moment>, _ evidence: TraceEvidence
    ) -> TracedScan? {
        let doubtful = evidence.scans.filter { $0.fate.isBlamed }
        let inWindow = doubtful.filter { scan in scan.at.map(window.contains) ?? false }
        if let scan = inWindow.min(by: { $0.fate.rank < $1.fate.rank }) { return scan }
        let (other, middle) = otherWindow(name, window, evidence)
        return doubtful.filter { scan in
            guard let at = scan.at else { return scan.fate == .undated }
            if other?.contains(at) ?? false { return false }
            return name == .arrival ? at < middle : at >= middle
        }.min { $0.fate.rank < $1.fate.rank }
    }

    /// The window of the other side, and the moment half-way between both.
    private static func otherWindow(
        _ name: Explanation.SideName, _ window: Range<Moment>, _ evidence: TraceEvidence
    ) -> (Range<Moment>?, Moment) {
        guard let (arrival, departure) = windows(evidence.account) else { return (nil, window.lowerBound) }
        let middle = Moment(seconds: (arrival.upperBound.seconds + departure.lowerBound.seconds) / 2)
        return (name == .arrival ? departure : arrival, middle)
    }
}

extension TracedScan.Fate {
    /// The person was at a device, and it counts for nothing.
    package var isBlamed: Bool {
        switch self {
        case .used(let use):
            switch use {
            case .outsideWindows, .notTheirs, .unconfirmed, .wrongClock, .future: true
            case .arrival, .departure, .check, .between, .otherDay: false
            }
        case .disputed, .notLinked, .undated, .waiting: true
        case .notAsked, .onLeave: false
        }
    }

    /// What can be mended comes first.
    fileprivate var rank: Int {
        switch self {
        case .waiting: 0
        case .used(.unconfirmed): 1
        case .disputed: 2
        case .notLinked: 3
        case .used(.wrongClock): 4
        case .used(.future): 5
        case .undated: 6
        case .used(.outsideWindows): 7
        default: 8
        }
    }
}
