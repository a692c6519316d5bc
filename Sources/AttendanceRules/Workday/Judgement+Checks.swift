extension Judgement {
    /// What is known of each scan that the day asks for between arrival and departure. Where a rule set takes nothing
    /// for a missing one, nobody waits for a device because of it; neither where a person vouches for the day, because
    /// a sheet and a statement have no such line.
    func checks(_ hours: DayHours, _ windows: DayWindows, _ picked: PickedScans)
        -> [(name: String, state: Workday.Side.State)]
    {
        if hours.checks.isEmpty { return [] }
        return hours.checks.map { check in
            let window = windows.check(check, of: evidence)
            if evidence.scans.contains(where: { isFor($0, window, picked) }) { return (check.name, .known) }
            if isVouchedFor { return (check.name, .notAsked) }
            if !window.isEmpty, isComplete(window) { return (check.name, .missing) }
            let takesNothing = (rules?.missingCheck ?? .nothing) == .nothing
            return (check.name, takesNothing ? .notAsked : .undecided)
        }
    }

    private func isFor(_ scan: Scan, _ window: Range<Int64>, _ picked: PickedScans) -> Bool {
        window.contains(scan.at.seconds) && scan.key != picked.arrival?.key && scan.key != picked.departure?.key
            && PickedScans.trust(scan, evidence) == .counts
    }

    private var isVouchedFor: Bool {
        evidence.sheets.contains { $0.arrival != nil || $0.departure != nil }
            || evidence.corrections.contains { $0.kind == .present }
    }

    /// Whether every device's record is. Nothing is, without a device or where nobody has said who the person is.
    func isComplete(_ span: Range<Int64>) -> Bool {
        guard evidence.isLinked, !evidence.records.isEmpty else { return false }
        for record in evidence.records where !record.isComplete(span) { return false }
        return true
    }

    // MARK: Notes

    func note(_ windows: DayWindows, _ notes: Notes) {
        if let cut = windows.cutBefore { notes.add(.cutByDayBefore(Moment(seconds: cut))) }
        if let cut = windows.cutAfter { notes.add(.cutByDayAfter(Moment(seconds: cut))) }
        notes.add(.windows(arrival: windows.arrival.moments, departure: windows.departure.moments))
        if let rules { notes.add(.rules(rules.version)) } else { notes.add(.noRules) }
        for correction in evidence.corrections.sorted(by: { $0.id < $1.id }) { notes.add(.correction(correction)) }
        for sheet in evidence.sheets.sorted(by: { $0.sheet < $1.sheet }) { notes.add(.sheet(sheet)) }
    }

    func noteScans(_ windows: DayWindows, _ picked: PickedScans) {
        guard let notes else { return }
        let ordered = evidence.scans.sorted { ($0.at, $0.key.hex) < ($1.at, $1.key.hex) }
        for scan in ordered { notes.add(.scan(scan, use(of: scan, windows, picked))) }
        if let parted = picked.parted { notes.add(.sameAct(first: parted.first, last: parted.last)) }
    }

    private func use(of scan: Scan, _ windows: DayWindows, _ picked: PickedScans) -> Explanation.Use {
        guard windows.whole.contains(scan.at.seconds) else { return .otherDay }
        switch PickedScans.trust(scan, evidence) {
        case nil: return .notTheirs
        case .unconfirmed: return .unconfirmed
        case .wrongClock: return .wrongClock
        case .future: return .future
        case .counts: break
        }
        if scan.key == picked.arrival?.key { return .arrival }
        if scan.key == picked.departure?.key { return .departure }
        if evidence.isCheck(scan, windows) { return .check }
        let second = scan.at.seconds
        return windows.arrival.contains(second) || windows.departure.contains(second) ? .between : .outsideWindows
    }

    func noteRecords(_ side: Explanation.SideName, _ span: Range<Int64>) {
        guard let notes, evidence.isLinked, !evidence.records.isEmpty else { return }
        if isComplete(span) {
            notes.add(.complete(side, span.moments))
            return
        }
        let records = evidence.records.sorted { $0.serial < $1.serial }
        for record in records where !record.isComplete(span) {
            notes.add(.incomplete(side, serial: record.serial, span.moments, gaps: record.missing(of: span)))
        }
    }
}

extension Range<Int64> {
    var moments: Range<Moment> { Moment(seconds: lowerBound)..<Moment(seconds: upperBound) }
}
