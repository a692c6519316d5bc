/// Makes a workday of its evidence. Pure: no clock, no files, and nothing remembered between two days.
package struct WorkdayJudge: Sendable {
    /// Those that may bind, of any kind and date.
    package let rules: [RuleSet]

    package init(rules: [RuleSet]) { self.rules = rules }

    /// The set that binds a kind of employee on a date; of several the one that began last.
    package func ruleSet(for kind: EmployeeKind, on date: CivilDate) -> RuleSet? {
        rules.filter { $0.kinds.contains(kind) && $0.span.contains(date) }
            .max { ($0.span.from, $0.version.name) < ($1.span.from, $1.version.name) }
    }
}
