import AttendanceRules
import CentralStore

extension RecapSource {
    /// Every rule set there ever was, by which a day may have been computed; one that cannot be read is left out.
    package func ruleSets() async throws -> [RuleSet] { Self.read(try await store.hours().allRules) }

    /// Those in force.
    private func boundRuleSets() async throws -> [RuleSet] {
        Self.read(try await store.hours().texts.filter { $0.kind == .rules })
    }

    private static func read(_ texts: [HoursText]) -> [RuleSet] {
        texts.compactMap { text in try? HoursReading.files.rules(text) }
    }

    /// One whose days of a year have reached a threshold.
    package struct ThresholdPerson: Sendable {
        package let employee: Employee
        /// Of the year's days in the scope; the indications are of all the person's days.
        package let sums: WorkdaySums
        /// By date.
        package let indications: [Indication]
    }

    package struct Thresholds: Sendable {
        package fileprivate(set) var people: [ThresholdPerson] = []
        package fileprivate(set) var versions: Set<RuleSetVersion> = []
        /// Days looked at, of people with and without an indication, and those of them that are not decided.
        package fileprivate(set) var days = 0
        package fileprivate(set) var undecided = 0
        /// `after` of the next part; `nil` at the end.
        package fileprivate(set) var next: Int64?
    }

    /// People read at one time: some hundred thousand days.
    private static var groupSize: Int { 500 }

    /// What reached a threshold in a year, of people who were in the scope on any of its days; in the order of ids.
    ///
    /// A threshold is about the person, so the days elsewhere count too: without them a row would seem unbroken, and a
    /// sum too small.
    package func thresholds(of year: Int, after: Int64 = 0, limit: Int = .max) async throws -> Thresholds {
        guard let first = CivilDate(year: year, month: 1, day: 1), let last = CivilDate(year: year, month: 12, day: 31)
        else { return Thresholds() }
        // A row of absent days may have begun in the year before.
        let dates = first.adding(days: -31)...last
        let judge = WorkdayJudge(rules: try await boundRuleSets())
        let asked = people.employees.filter { $0.id > after && scope.touches($0, in: first...last) }
            .sorted { $0.id < $1.id }
        let whole = RecapSource(store, people, tree: tree, scope: .government)
        var found = Thresholds()
        for start in stride(from: 0, to: asked.count, by: Self.groupSize) {
            let group = asked[start..<min(start + Self.groupSize, asked.count)]
            let days = Dictionary(
                grouping: try await whole.days(of: group.map(\.id), in: dates), by: \.employee)
            for employee in group {
                guard found.people.count < limit else {
                    found.next = found.people.last?.employee.id
                    return found
                }
                note(employee, days[employee.id] ?? [], year, judge, &found)
            }
        }
        return found
    }

    private func note(
        _ employee: Employee, _ days: [StoredWorkday], _ year: Int, _ judge: WorkdayJudge, _ found: inout Thresholds
    ) {
        let ofYear = days.filter { $0.workday.date.month.year == year }
        let all = WorkdaySums(ofYear.map(\.workday))
        found.days += all.allDays
        found.undecided += all.undecided
        let (indications, versions) = indications(employee, days.map(\.workday), year, judge)
        guard !indications.isEmpty else { return }
        found.versions.formUnion(versions)
        let seen = WorkdaySums(ofYear.filter { scope.contains($0.unit) }.map(\.workday))
        found.people.append(ThresholdPerson(employee: employee, sums: seen, indications: indications))
    }

    /// By the thresholds of each kind the person was of; days as another kind count for none of them.
    private func indications(
        _ employee: Employee, _ days: [Workday], _ year: Int, _ judge: WorkdayJudge
    ) -> ([Indication], Set<RuleSetVersion>) {
        let days = days.sorted { $0.date < $1.date }
        let kinds = days.map { employee.employment(on: $0.date)?.kind }
        var indications: [Indication] = []
        var versions: Set<RuleSetVersion> = []
        var lastDays: [EmployeeKind: CivilDate] = [:]
        for (day, kind) in zip(days, kinds) { if let kind { lastDays[kind] = day.date } }
        var names: Set<String> = []
        for (kind, last) in lastDays.sorted(by: { $0.value > $1.value }) {
            guard let rules = judge.ruleSet(for: kind, on: last), let thresholds = AbsenceThresholds(rules, for: kind),
                names.insert(rules.version.name).inserted
            else { continue }
            let counted = rules.thresholdKinds ?? rules.kinds
            let theirs = zip(days, kinds).map { day, kind in
                // Still a day, so that it ends a row.
                kind.map(counted.contains) ?? false ? day : Workday(date: day.date, status: .tanpaJadwal)
            }
            let found = thresholds.indications(in: theirs).filter { $0.on.month.year == year }
            guard !found.isEmpty else { continue }
            versions.insert(rules.version)
            indications += found
        }
        return (indications.sorted { $0.on < $1.on }, versions)
    }
}

extension Recap {
    /// What one month's deductions are of the whole allowance, in thousandths of a per cent, rounded down; `nil` where
    /// the text that says of what they are a part is not there.
    package func deduction(of employee: Int64, by rules: [RuleSet]) -> Int? {
        let parts = (deductions[employee] ?? [:]).map { version, sum -> Int? in
            // Never by another text of the name: that is not what the days were computed by.
            rules.first { $0.version == version }.map { MonthDeduction(sum: sum, of: $0.base).share }
        }
        guard !parts.contains(nil) else { return nil }
        return min(parts.reduce(0) { $0 + ($1 ?? 0) }, MonthDeduction.whole) / 100_000
    }
}
