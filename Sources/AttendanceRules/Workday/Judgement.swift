/// One day being judged. `notes` are only there when somebody asked why.
struct Judgement {
    let evidence: WorkdayEvidence
    let rules: RuleSet?
    let notes: Notes?
    var day: Workday

    init(_ evidence: WorkdayEvidence, _ rules: RuleSet?, _ notes: Notes?) {
        self.evidence = evidence
        self.rules = rules
        self.notes = notes
        day = Workday(date: evidence.date, status: .tanpaJadwal, rules: rules?.version)
    }

    mutating func run() {
        if !evidence.sheets.isEmpty { day.flags.insert(.manual) }
        if !evidence.corrections.isEmpty { day.flags.insert(.corrected) }
        switch evidence.plan {
        case .work(let hours, let schedule, let shift):
            notes?.add(.work(hours, schedule: schedule, shift: shift))
            work(hours)
        case .rest(let rest, let schedule, let hours):
            notes?.add(.rest(rest, schedule: schedule))
            self.rest(rest, hours)
        case .notEmployed:
            notes?.add(.notEmployed)
            show(DayWindows(restOf: evidence), nil)
        case .none:
            notes?.add(.noSchedule)
            show(DayWindows(restOf: evidence), nil)
        }
    }

    // MARK: Days that ask for nothing

    private mutating func rest(_ rest: DayPlan.Rest, _ hours: DayHours?) {
        day.status = .libur
        var isCollective = false
        if case .calendar(let entry) = rest, entry.kind == .cutiBersama {
            day.status = .cutiBersama
            isCollective = true
        }
        show(hours.map { DayWindows($0, of: evidence) } ?? DayWindows(restOf: evidence), hours)
        let isProven =
            day.arrival.at != nil || day.departure.at != nil
            || evidence.sheets.contains { $0.arrival != nil || $0.departure != nil }
            || evidence.corrections.contains { $0.kind.saysPresent }
        if isProven { day.flags.insert(isCollective ? .workedOnCollectiveLeave : .workedOnRestDay) }
    }

    /// Shows first and last scan of a day that asks for none.
    private mutating func show(_ windows: DayWindows, _ hours: DayHours?) {
        let picked = PickedScans(evidence, windows, edges: hours.map(edges), sameAct: rules?.sameActSeconds ?? 60)
        // Only days of work have windows to be outside of.
        day.flags.formUnion(picked.flags.subtracting(.scansOutsideWindows))
        day.arrival = Workday.Side(at: picked.arrival?.at, proof: picked.arrival.map { .scan($0.key) })
        let isOther = picked.departure.map { $0.key != picked.arrival?.key } ?? false
        if isOther, let last = picked.departure {
            day.departure = Workday.Side(at: last.at, proof: .scan(last.key))
        }
        noteScans(windows, picked)
    }

    func edges(_ hours: DayHours) -> (start: Int64, end: Int64) {
        (
            DayWindows.second(hours.start, evidence.date, evidence.offset),
            DayWindows.second(hours.end, evidence.date, evidence.offset)
        )
    }

    // MARK: Days of work

    private mutating func work(_ hours: DayHours) {
        let windows = DayWindows(hours, of: evidence)
        if let notes { note(windows, notes) }
        // Of several the one entered last.
        if let leave = evidence.leave.filter({ $0.span.contains(evidence.date) }).max(by: { $0.id < $1.id }) {
            notes?.add(.leave(leave))
            show(windows, hours)
            day.status = leave.kind.status
            deduct(.leave(leave.kind), rules?.leaveRates[leave.kind] ?? 0)
            return
        }
        if !evidence.isLinked {
            day.flags.insert(.notLinked)
            notes?.add(.notLinked)
        } else if evidence.records.isEmpty {
            notes?.add(.noDevice)
        }
        let picked = PickedScans(evidence, windows, edges: edges(hours), sameAct: rules?.sameActSeconds ?? 60)
        day.flags.formUnion(picked.flags)
        noteScans(windows, picked)
        var sides = SideJudgement(self, hours, windows)
        day.arrival = sides.arrival(picked.arrival)
        day.departure = sides.departure(picked.departure, after: day.arrival)
        day.flags.formUnion(sides.flags)
        let checks = self.checks(hours, windows, picked)
        decide(checks)
    }

    private mutating func decide(_ checks: [(name: String, state: Workday.Side.State)]) {
        notes?.add(.side(.arrival, day.arrival))
        notes?.add(.side(.departure, day.departure))
        for check in checks { notes?.add(.check(name: check.name, check.state)) }
        let isUndecided = checks.contains { $0.state == .undecided }
        guard day.arrival.state != .undecided, day.departure.state != .undecided, !isUndecided else {
            day.status = .belumSinkron
            let isUnlinked = evidence.records.contains { $0.gaps.contains { $0.why == DeviceRecord.Gap.notLinked } }
            if isUnlinked { day.flags.insert(.notLinked) }
            return
        }
        if day.arrival.state == .missing, day.departure.state == .missing,
            !checks.contains(where: { $0.state == .known })
        {
            day.status = .tanpaKeterangan
            // One absence, and not two missing scans.
            day.arrival.band = nil
            day.departure.band = nil
            deduct(.absence, rules?.absenceRate ?? 0)
            return
        }
        day.status = present
        deductSides()
        for check in checks where check.state == .missing {
            day.flags.insert(.missingCheck)
            guard let rules, rules.missingCheck != .nothing else { continue }
            deduct(.missingCheck(name: check.name), rules.rate(of: rules.missingCheck, in: rules.late + rules.early))
        }
    }

    /// A missing scan says more than minutes, and the arrival comes before the departure.
    private var present: DayStatus {
        let (arrival, departure) = (day.arrival, day.departure)
        if arrival.state == .missing, !arrival.isExcused { return .lupaMasuk }
        if departure.state == .missing, !departure.isExcused { return .lupaPulang }
        if arrival.minutes > 0, !arrival.isExcused { return .terlambat }
        if departure.minutes > 0, !departure.isExcused { return .pulangCepat }
        return .hadir
    }

    private mutating func deductSides() {
        guard let rules else { return }
        let (arrival, departure) = (day.arrival, day.departure)
        if !arrival.isExcused {
            if arrival.state == .missing {
                deduct(.missingArrival, rules.rate(of: rules.missingArrival, in: rules.late))
            } else if let band = arrival.band {
                deduct(.late(band: band), rules.rate(of: .band(band), in: rules.late))
            }
        }
        if !departure.isExcused {
            if departure.state == .missing {
                deduct(.missingDeparture, rules.rate(of: rules.missingDeparture, in: rules.early))
            } else if let band = departure.band {
                deduct(.early(band: band), rules.rate(of: .band(band), in: rules.early))
            }
        }
    }

    private mutating func deduct(_ part: Explanation.Part, _ rate: Int) {
        if rate != 0 { notes?.add(.rate(part, thousandths: rate)) }
        day.deduction += rate
    }
}

extension Correction.Kind {
    /// Whether it says that the person was at work.
    var saysPresent: Bool {
        switch self {
        case .arrival, .departure, .present: true
        case .excuseLate, .excuseEarly, .notTheirs: false
        }
    }
}

extension RuleSet {
    /// In thousandths of a per cent.
    func rate(of missing: MissingScan, in bands: [Band]) -> Int {
        switch missing {
        case .band(let code): bands.first { $0.code == code }?.rate ?? 0
        case .rate(let rate): rate
        case .nothing: 0
        }
    }
}
