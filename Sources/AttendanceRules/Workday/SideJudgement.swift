/// Judges how a day of work began and ended, each side by what is known of it alone.
struct SideJudgement {
    private let judgement: Judgement
    private let hours: DayHours
    private let windows: DayWindows
    private(set) var flags: Workday.Flags = []
    /// By how many minutes the end may have moved with the start: more than one number where that is not known.
    private var moved = 0...0

    private var evidence: WorkdayEvidence { judgement.evidence }
    private var rules: RuleSet? { judgement.rules }

    init(_ judgement: Judgement, _ hours: DayHours, _ windows: DayWindows) {
        self.judgement = judgement
        self.hours = hours
        self.windows = windows
    }

    // MARK: Arrival

    mutating func arrival(_ scan: Scan?) -> Workday.Side {
        var side = arrivalByRecord(scan)
        if let said = statement(.arrival) {
            side = late(said.minute.map(moment), .correction(said.id))
        } else if side.state != .known, let line = sheet(\.arrival, by: <),
            // A signature after the scan says nothing that the scan does not.
            side.at.map({ moment(line.minute) < $0 }) ?? true
        {
            side = late(moment(line.minute), .sheet(line.id))
            if judgement.isComplete(windows.arrival), !windows.arrival.isEmpty { flags.insert(.manualBesideRecord) }
        }
        if hours.flexible > 0 { moved = move(side) }
        excuse(&side, by: .excuseLate)
        return side
    }

    private func arrivalByRecord(_ scan: Scan?) -> Workday.Side {
        guard let scan else { return none(.arrival, windows.arrival) }
        let side = late(scan.at, .scan(scan.key))
        if side.minutes == 0 { return side }
        // An earlier one may still come where the record is not complete up to this one.
        let needed = windows.arrival.lowerBound..<max(windows.arrival.lowerBound, scan.at.seconds)
        judgement.noteRecords(.arrival, needed)
        return judgement.isComplete(needed) ? side : Workday.Side(state: .undecided, at: scan.at, proof: side.proof)
    }

    private func late(_ at: Moment?, _ proof: Workday.Side.Proof) -> Workday.Side {
        var side = Workday.Side(state: .known, at: at, proof: proof)
        guard let at else { return side }
        let minutes = wholeMinutes(at.seconds - moment(hours.start).seconds)
        let free = hours.tolerance + hours.flexible
        guard minutes > free else { return side }
        side.minutes = rules?.lateFrom == .window ? minutes - free : minutes
        side.band = rules?.late.first { $0.contains(side.minutes) }?.code
        return side
    }

    /// By how much the end moved, as far as the arrival tells.
    private func move(_ side: Workday.Side) -> ClosedRange<Int> {
        // Without an arrival the hours are the official ones: that is never worse for the person.
        guard let at = side.at else { return side.state == .undecided ? 0...hours.flexible : 0...0 }
        let most = min(max(0, wholeMinutes(at.seconds - moment(hours.start).seconds)), hours.flexible)
        guard case .scan = side.proof else { return most...most }
        let needed = windows.arrival.lowerBound..<max(windows.arrival.lowerBound, at.seconds)
        return judgement.isComplete(needed) ? most...most : 0...most
    }

    // MARK: Departure

    mutating func departure(_ scan: Scan?, after arrival: Workday.Side) -> Workday.Side {
        if moved.upperBound > 0, moved.lowerBound == moved.upperBound {
            judgement.notes?.add(.endMoved(minutes: moved.upperBound))
        }
        var side = departureByRecord(scan)
        if let said = statement(.departure) {
            side = early(said.minute.map(moment), .correction(said.id), isLast: true)
        } else if side.state != .known, let line = sheet(\.departure, by: >),
            side.at.map({ $0 < moment(line.minute) }) ?? true
        {
            side = early(moment(line.minute), .sheet(line.id), isLast: true)
            if judgement.isComplete(windows.departure), !windows.departure.isEmpty { flags.insert(.manualBesideRecord) }
        }
        excuse(&side, by: .excuseEarly)
        return side
    }

    private func departureByRecord(_ scan: Scan?) -> Workday.Side {
        guard let scan else { return none(.departure, windows.departure) }
        let side = early(scan.at, .scan(scan.key), isLast: true)
        if side.state == .known, side.minutes == 0 { return side }
        // A later one may still come.
        let needed = scan.at.seconds..<max(scan.at.seconds, windows.departure.upperBound)
        judgement.noteRecords(.departure, needed)
        return early(scan.at, .scan(scan.key), isLast: judgement.isComplete(needed))
    }

    private func early(_ at: Moment?, _ proof: Workday.Side.Proof, isLast: Bool) -> Workday.Side {
        var side = Workday.Side(state: .known, at: at, proof: proof)
        guard let at else { return side }
        let most = wholeMinutes(moment(hours.end + moved.upperBound).seconds - at.seconds)
        if most == 0 { return side }
        let least = wholeMinutes(moment(hours.end + moved.lowerBound).seconds - at.seconds)
        guard isLast, least == most else { return Workday.Side(state: .undecided, at: at, proof: proof) }
        side.minutes = most
        side.band = rules?.early.first { $0.contains(most) }?.code
        return side
    }

    // MARK: Both

    private func none(_ name: Explanation.SideName, _ window: Range<Int64>) -> Workday.Side {
        judgement.noteRecords(name, window)
        guard !window.isEmpty, judgement.isComplete(window) else { return Workday.Side(state: .undecided) }
        let rule = name == .arrival ? rules?.missingArrival : rules?.missingDeparture
        guard case .band(let code) = rule else { return Workday.Side(state: .missing) }
        return Workday.Side(state: .missing, band: code)
    }

    private func excuse(_ side: inout Workday.Side, by kind: Correction.Kind) {
        guard side.state == .missing || side.minutes > 0 else { return }
        side.isExcused = evidence.corrections.contains { $0.kind == kind }
    }

    /// What a person said of a side, the last one to say so; without a minute where they stated the whole day.
    private func statement(_ name: Explanation.SideName) -> (id: Int64, minute: Int?)? {
        var found: (id: Int64, minute: Int?)?
        for correction in evidence.corrections where found.map({ $0.id < correction.id }) ?? true {
            switch (correction.kind, name) {
            case (.arrival(let minute), .arrival), (.departure(let minute), .departure):
                found = (correction.id, minute)
            case (.present, _): found = (correction.id, nil)
            default: break
            }
        }
        return found
    }

    /// Of several sheets the first arrival, or the last departure.
    private func sheet(_ side: KeyPath<SheetLine, Int?>, by isBetter: (Int, Int) -> Bool) -> (id: Int64, minute: Int)? {
        var found: (id: Int64, minute: Int)?
        for line in evidence.sheets {
            guard let minute = line[keyPath: side] else { continue }
            guard let held = found else {
                found = (line.sheet, minute)
                continue
            }
            if isBetter(minute, held.minute) || (minute == held.minute && line.sheet < held.id) {
                found = (line.sheet, minute)
            }
        }
        return found
    }

    private func moment(_ minute: Int) -> Moment { Moment(evidence.date, minute: minute, offset: evidence.offset) }

    /// 0 for what is not late, or not early.
    private func wholeMinutes(_ seconds: Int64) -> Int {
        if seconds <= 0 { return 0 }
        return Int(rules?.seconds == .ceiling ? (seconds + 59) / 60 : seconds / 60)
    }
}
