import Attendance

/// Which of the scans are the arrival and the departure. The order they come in makes no difference.
struct PickedScans {
    private(set) var arrival: Scan?
    private(set) var departure: Scan?
    private(set) var flags: Workday.Flags = []
    /// Two that were so close that they are one act.
    private(set) var parted: (first: Scan, last: Scan)?

    /// - Parameters:
    ///   - edges: start and end of the hours in seconds since 1970; `nil` on a day that asks for none.
    init(_ evidence: WorkdayEvidence, _ windows: DayWindows, edges: (start: Int64, end: Int64)?, sameAct: Int) {
        for scan in evidence.scans where windows.whole.contains(scan.at.seconds) {
            switch Self.trust(scan, evidence) {
            case nil: continue
            case .unconfirmed: flags.insert(.unconfirmedScans)
            case .wrongClock, .future: flags.insert(.wrongClockScans)
            case .counts:
                let isArrival = windows.arrival.contains(scan.at.seconds)
                let isDeparture = windows.departure.contains(scan.at.seconds)
                if isArrival, arrival.map({ Self.isBefore(scan, $0) }) ?? true { arrival = scan }
                if isDeparture, departure.map({ Self.isBefore($0, scan) }) ?? true { departure = scan }
                if !isArrival, !isDeparture, !evidence.isCheck(scan, windows) { flags.insert(.scansOutsideWindows) }
            }
        }
        part(edges, sameAct)
    }

    /// `nil` for a scan that a person said is somebody else's.
    static func trust(_ scan: Scan, _ evidence: WorkdayEvidence) -> Scan.Trust? {
        for correction in evidence.corrections {
            if case .notTheirs(let key) = correction.kind, key == scan.key.hex { return nil }
        }
        return scan.trust
    }

    /// One act can never be both: the nearer of start and end decides.
    private mutating func part(_ edges: (start: Int64, end: Int64)?, _ sameAct: Int) {
        guard let edges, let first = arrival, let last = departure,
            first.key == last.key || last.at.seconds - first.at.seconds < Int64(sameAct)
        else { return }
        if first.key != last.key { parted = (first, last) }
        if abs(first.at.seconds - edges.start) <= abs(edges.end - last.at.seconds) {
            departure = nil
        } else {
            arrival = nil
        }
    }

    /// Earlier; of two in one second the one with the smaller key.
    private static func isBefore(_ left: Scan, _ right: Scan) -> Bool {
        left.at != right.at ? left.at < right.at : left.key.bytes.lexicographicallyPrecedes(right.key.bytes)
    }
}

extension WorkdayEvidence {
    /// Whether the scan is in the window of a check.
    func isCheck(_ scan: Scan, _ windows: DayWindows) -> Bool {
        guard case .work(let hours, _, _) = plan else { return false }
        return hours.checks.contains { windows.check($0, of: self).contains(scan.at.seconds) }
    }
}

extension DeviceRecord {
    /// Whether nothing of the span is unknown; spans without a second are complete.
    func isComplete(_ span: Range<Int64>) -> Bool {
        if span.isEmpty { return true }
        // The last one that begins at or before the span.
        var (low, high) = (0, complete.count)
        while low < high {
            let middle = (low + high) / 2
            if complete[middle].lowerBound.seconds <= span.lowerBound { low = middle + 1 } else { high = middle }
        }
        return low > 0 && complete[low - 1].upperBound.seconds >= span.upperBound
    }

    /// What of the span is not complete, with the reasons told.
    package func missing(of span: Range<Int64>) -> [Gap] {
        var (unknown, from) = ([Range<Int64>](), span.lowerBound)
        for piece in complete
        where piece.upperBound.seconds > span.lowerBound && piece.lowerBound.seconds < span.upperBound {
            if piece.lowerBound.seconds > from { unknown.append(from..<piece.lowerBound.seconds) }
            from = max(from, piece.upperBound.seconds)
        }
        if from < span.upperBound { unknown.append(from..<span.upperBound) }
        return unknown.flatMap(reasons)
    }

    private func reasons(_ span: Range<Int64>) -> [Gap] {
        var (found, from) = ([Gap](), span.lowerBound)
        func gap(_ to: Int64, _ why: String?) {
            if from < to { found.append(Gap(span: Moment(seconds: from)..<Moment(seconds: to), why: why)) }
            from = max(from, to)
        }
        for told in gaps where told.span.upperBound.seconds > from && told.span.lowerBound.seconds < span.upperBound {
            gap(told.span.lowerBound.seconds, nil)
            gap(min(told.span.upperBound.seconds, span.upperBound), told.why)
        }
        gap(span.upperBound, nil)
        return found
    }
}
