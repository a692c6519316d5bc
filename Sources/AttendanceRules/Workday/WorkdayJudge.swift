/// Makes a workday of its evidence. Pure: no clock, no files, and nothing remembered between two days.
///
/// What decides, in plain words: docs/workdays.md.
package struct WorkdayJudge: Sendable {
    /// Those that may bind, of any kind and date.
    package let rules: [RuleSet]

    package init(rules: [RuleSet]) { self.rules = rules }

    package func judge(_ evidence: WorkdayEvidence) -> Workday { judge(evidence, nil) }

    /// Why the workday is what it is. The last line is the result, made by the same steps as `judge`'s.
    package func explain(_ evidence: WorkdayEvidence) -> [Explanation] {
        let notes = Notes()
        _ = judge(evidence, notes)
        return notes.lines
    }

    /// The set that binds a kind of employee on a date; of several the one that began last.
    package func ruleSet(for kind: EmployeeKind, on date: CivilDate) -> RuleSet? {
        index(for: kind, on: date).map { rules[$0] }
    }

    private func judge(_ evidence: WorkdayEvidence, _ notes: Notes?) -> Workday {
        let bound = index(for: evidence.kind, on: evidence.date).map { rules[$0] }
        var judgement = Judgement(evidence, bound, notes)
        judgement.run()
        notes?.add(.result(judgement.day.status, deduction: judgement.day.deduction))
        return judgement.day
    }

    private func index(for kind: EmployeeKind, on date: CivilDate) -> Int? {
        var best: Int?
        for index in rules.indices where rules[index].span.contains(date) && rules[index].kinds.contains(kind) {
            guard let held = best else {
                best = index
                continue
            }
            let (old, new) = (rules[held], rules[index])
            if (old.span.from, old.version.name, old.version.digest)
                < (new.span.from, new.version.name, new.version.digest)
            {
                best = index
            }
        }
        return best
    }
}
