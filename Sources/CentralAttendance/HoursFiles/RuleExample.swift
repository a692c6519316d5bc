import Attendance
import AttendanceRules
import ServiceSupport

/// A case of a rule set's own text: what happened, and what the rule makes of it.
package struct RuleExample: Sendable {
    /// What a workday must be; nothing is left open.
    package struct Outcome: Equatable, Sendable {
        package var status: DayStatus
        package var late: Int
        package var lateBand: String?
        package var early: Int
        package var earlyBand: String?
        /// Thousandths of a per cent.
        package var deduction: Int

        package init(
            status: DayStatus, late: Int = 0, lateBand: String? = nil, early: Int = 0, earlyBand: String? = nil,
            deduction: Int
        ) {
            self.status = status
            self.late = late
            self.lateBand = lateBand
            self.early = early
            self.earlyBand = earlyBand
            self.deduction = deduction
        }
    }

    package let name: String
    package let line: Int
    package let evidence: WorkdayEvidence
    package let expected: Outcome
}

struct RuleExampleReader {
    let findings: FindingList
    let rules: RuleSet?
    let schedule: (String) -> Schedule?

    static let keys = [
        "name", "schedule", "hours", "shift", "date", "scans", "leave", "holiday", "coverage", "kind", "expect",
    ]
    static let outcomeKeys = ["status", "late", "late_band", "early", "early_band", "deduction"]
    static let most = 200
    /// Results do not depend on it; an example has one place on earth.
    static let offset = 7 * 3600

    func read(_ sections: [HoursTOML.Section]) -> [RuleExample] {
        var examples: [RuleExample] = []
        var names: [String: Int] = [:]
        for (position, section) in sections.enumerated() where section.isArray && section.name == "example" {
            guard examples.count < Self.most, !findings.isFull else { break }
            let parts = sections[(position + 1)...].prefix { !$0.isArray && $0.name.hasPrefix("example.") }
            let fields = HoursFields(section, findings)
            fields.check(known: Self.keys)
            guard let example = read(fields, Array(parts)) else { continue }
            if let first = names[example.name] {
                fields.note(at: "name", "the example in line \(first) has this name, too")
            }
            names[example.name] = example.line
            examples.append(example)
        }
        strays(sections)
        return examples
    }

    /// `[example.expect]` belongs to the `[[example]]` before it.
    private func strays(_ sections: [HoursTOML.Section]) {
        var isInside = false
        for section in sections {
            if section.isArray, section.name == "example" {
                isInside = true
            } else if section.name.hasPrefix("example.") {
                if !isInside { findings.note(section.line, "\(section.header) stands behind no [[example]]") }
            } else {
                isInside = false
            }
        }
    }

    private func read(_ fields: HoursFields, _ parts: [HoursTOML.Section]) -> RuleExample? {
        let name = fields.text("name", longest: 120)
        let date = fields.date("date", isRequired: true)
        let kind = fields.word("kind", EmployeeKind.self)
        if let kind, let rules, !rules.kinds.isEmpty, !rules.kinds.contains(kind) {
            fields.note(at: "kind", "\"\(kind.rawValue)\" is not among the \"kinds\" these rules bind")
        }
        if let date, let rules, !rules.span.contains(date) {
            fields.note(at: "date", "the rules are not in force on \(date)")
        }
        let leave = fields.word("leave", LeaveKind.self)
        let plans = plans(fields, part("hours", fields, parts), date)
        let scans = scans(fields, date)
        let records = coverage(fields, date)
        let expected = part("expect", fields, parts).flatMap { outcome($0) }
        if fields.entry("expect") == nil, !parts.contains(where: { $0.name == "example.expect" }) {
            fields.missing("expect", "{ status = \"hadir\", deduction = \"0%\" }")
        }
        guard let name, let date, let plans, let expected else { return nil }
        let kinds = EmployeeKind.allCases.filter { rules?.kinds.contains($0) ?? true }
        let evidence = WorkdayEvidence(
            date: date, offset: Self.offset, plan: plans.day, before: plans.before, after: plans.after,
            kind: kind ?? kinds.first ?? .pns, scans: scans, records: records,
            leave: leave.map { [ApprovedLeave(id: 1, kind: $0, span: DateSpan(date...date), document: "example")] }
                ?? [],
            corrections: [], sheets: [])
        return RuleExample(name: name, line: fields.line, evidence: evidence, expected: expected)
    }

    /// `key = { … }` or a section `[example.key]`.
    private func part(_ key: String, _ fields: HoursFields, _ parts: [HoursTOML.Section]) -> HoursFields? {
        let sections = parts.filter { $0.name == "example.\(key)" }
        if let entry = fields.entry(key) {
            if let section = sections.first {
                findings.note(section.line, "\"\(key)\" stands in line \(entry.line) already")
            }
            guard case .table(let entries) = entry.value else {
                fields.note(entry, "\"\(key)\" must be a table: { key = value, … }")
                return nil
            }
            return HoursFields(what: "\"\(key)\"", line: entry.line, entries: entries, findings)
        }
        if let second = sections.dropFirst().first { findings.note(second.line, "\(second.header) stands twice") }
        return sections.first.map { HoursFields($0, findings) }
    }

    // MARK: What happened

    private func scans(_ fields: HoursFields, _ date: CivilDate?) -> [Scan] {
        let wants = "a time such as \"07:30\", \"07:30:59\" or \"+1 07:00\""
        var scans: [Scan] = []
        for (text, line) in fields.texts("scans", atMost: 20, wants: wants) ?? [] {
            guard let seconds = HoursTime.seconds(text) else {
                findings.note(line, "\"scans\" has \"\(text.prefix(40))\"; wanted is \(wants)")
                continue
            }
            guard let date, let serial = DeviceSerial("EXAMPLE") else { continue }
            let midnight = Moment(date, minute: 0, offset: Self.offset)
            let key = PunchKey(
                serial: serial, userID: UserID("1"), deviceTime: DeviceTime(rawField: text.utf8),
                occurrence: scans.count)
            scans.append(Scan(key: key, at: Moment(seconds: midnight.seconds + Int64(seconds)), serial: serial.text))
        }
        return scans
    }

    private func coverage(_ fields: HoursFields, _ date: CivilDate?) -> [DeviceRecord] {
        let wants = "\"complete\", \"none\", or a list of spans such as [\"06:00-09:00\"]"
        guard let date else { return [] }
        func record(_ minutes: [Range<Int>]) -> [DeviceRecord] {
            let spans = minutes.sorted { $0.lowerBound < $1.lowerBound }.map {
                Moment(
                    date, minute: $0.lowerBound, offset: Self.offset)..<Moment(
                        date, minute: $0.upperBound, offset: Self.offset)
            }
            return [DeviceRecord(serial: "EXAMPLE", complete: spans)]
        }
        guard let entry = fields.entry("coverage") else { return record([-2880..<4320]) }
        switch entry.value {
        case .text("complete"): return record([-2880..<4320])
        case .text("none"): return record([])
        case .list:
            var spans: [Range<Int>] = []
            for (text, line) in fields.texts("coverage", atMost: 20, wants: wants) ?? [] {
                guard let span = HoursTime.window(text), !span.isEmpty, span.lowerBound < span.upperBound,
                    !spans.contains(where: { $0.overlaps(span.lowerBound..<span.upperBound) })
                else {
                    findings.note(
                        line,
                        "\"coverage\" has \"\(text.prefix(40))\"; wanted are spans apart from each other, such as "
                            + "\"06:00-09:00\"")
                    continue
                }
                spans.append(span.lowerBound..<span.upperBound)
            }
            return record(spans)
        default:
            fields.note(entry, "\"coverage\" must be \(wants)")
            return []
        }
    }

    private struct Plans {
        let day: DayPlan
        let before: DayPlan
        let after: DayPlan
    }

    private func plans(_ fields: HoursFields, _ own: HoursFields?, _ date: CivilDate?) -> Plans? {
        let holiday = fields.word("holiday", CalendarDay.Kind.self)
        let shift = fields.name("shift", isRequired: false)
        let isNamed = fields.entry("schedule") != nil
        if let own {
            if isNamed { fields.note(at: "schedule", "the example has \"hours\" of its own; write one of both") }
            guard let hours = DayHoursReader(own).read() else { return nil }
            let schedule = Schedule(
                name: "example", title: "example", citation: "example", span: DateSpan(from: .first),
                week: Dictionary(uniqueKeysWithValues: Weekday.allCases.map { ($0, hours) }))
            return date.map { plans(schedule, nil, holiday, $0) }
        }
        guard let name = fields.name("schedule") else { return nil }
        guard let schedule = schedule(name) else {
            let names = Examples.scheduleNames
            fields.note(at: "schedule", "there is no such schedule\(ConfigurationText.suggestion(name, among: names))")
            return nil
        }
        if let date, !schedule.span.contains(date) {
            fields.note(at: "date", "the schedule \"\(name)\" is not in force on \(date)")
        }
        if !schedule.shifts.isEmpty {
            guard let shift, schedule.shifts[shift] != nil else {
                let names = schedule.shifts.keys.sorted().joined(separator: ", ")
                fields.note(at: shift == nil ? "schedule" : "shift", "\"shift\" must be one of \(names)")
                return nil
            }
        } else if shift != nil {
            fields.note(at: "shift", "\"\(name)\" has no shifts")
        }
        return date.map { plans(schedule, shift, holiday, $0) }
    }

    private func plans(
        _ schedule: Schedule, _ shift: String?, _ holiday: CalendarDay.Kind?, _ date: CivilDate
    ) -> Plans {
        let day = holiday.map { CalendarDay(date: date, name: "example", kind: $0, citation: "example") }
        let planner = DayPlanner(
            schedules: [schedule],
            groups: [GroupSchedule(group: "example", schedule: schedule.name, span: DateSpan(from: .first))],
            calendar: day.map { [$0] } ?? [])
        func plan(_ date: CivilDate) -> DayPlan {
            planner.plan(for: "example", on: date, roster: shift.map { .shift($0) } ?? .none)
        }
        return Plans(day: plan(date), before: plan(date.adding(days: -1)), after: plan(date.adding(days: 1)))
    }

    // MARK: What is expected

    private func outcome(_ fields: HoursFields) -> RuleExample.Outcome? {
        fields.check(known: Self.outcomeKeys)
        let status = fields.word("status", DayStatus.self, isRequired: true)
        let late = fields.number("late", 0...2880) ?? 0
        let early = fields.number("early", 0...2880) ?? 0
        let lateBand = band("late_band", fields, rules?.late ?? [])
        let earlyBand = band("early_band", fields, rules?.early ?? [])
        let deduction = fields.rate("deduction", isRequired: true, atMost: 200_000)
        guard let status, let deduction else { return nil }
        return .init(
            status: status, late: late, lateBand: lateBand, early: early, earlyBand: earlyBand, deduction: deduction)
    }

    private func band(_ key: String, _ fields: HoursFields, _ bands: [RuleSet.Band]) -> String? {
        let codes = bands.map(\.code)
        return fields.value(key, wants: "the code of a band in quotes") { value in
            guard case .text(let code) = value else { return nil }
            if rules != nil, !codes.contains(code) {
                fields.note(at: key, "there is no such band\(ConfigurationText.suggestion(code, among: codes))")
            }
            return code
        }
    }
}
