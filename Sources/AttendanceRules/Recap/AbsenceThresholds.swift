/// A threshold that somebody's unjustified days have reached. It is an indication to be examined, never a sanction.
package struct Indication: Hashable, Sendable {
    package let threshold: RuleSet.Threshold
    /// The date that reached it.
    package let on: CivilDate
    /// Days of absence that make it, in order; of a threshold in a row only those of the row.
    package let absences: [CivilDate]
    /// Dates with minutes late or early, not excused, and their sum, where minutes count.
    package let minuteDates: [CivilDate]
    package let minutes: Int
    /// Whole days that those minutes make.
    package let daysOfMinutes: Int

    /// Days in all: at least the threshold's.
    package var days: Int { absences.count + daysOfMinutes }
}

/// Looks for the thresholds of PP 94/2021 in the workdays of one employee.
///
/// Cumulative days are those of one calendar year, from 1 January (art. 15(1)). A row of working days goes over the turn
/// of the year: the article that names it speaks of no year. Free days do not end a row and do not count; any other day
/// ends it, also one that is not decided yet, because the person may have been there.
package struct AbsenceThresholds: Sendable {
    private let cumulative: [RuleSet.Threshold]
    private let inARow: [RuleSet.Threshold]
    private let minutesPerDay: Int
    private let countsMinutes: Bool

    /// `nil` where the rule set has none for the kind of employee.
    package init?(_ rules: RuleSet, for kind: EmployeeKind) {
        guard !rules.thresholds.isEmpty, (rules.thresholdKinds ?? rules.kinds).contains(kind) else { return nil }
        let sorted = rules.thresholds.filter { $0.days > 0 }.sorted { ($0.days, $0.article) < ($1.days, $1.article) }
        cumulative = sorted.filter { !$0.isConsecutive }
        inARow = sorted.filter(\.isConsecutive)
        minutesPerDay = rules.minutesPerDay
        countsMinutes = rules.countsMinutes && rules.minutesPerDay > 0
    }

    /// All that were reached, by date; of one year each cumulative one at most once, of one row likewise.
    ///
    /// - Parameter workdays: of one employee, in any order; whole years, and for rows the weeks before.
    package func indications(in workdays: some Sequence<Workday>) -> [Indication] {
        var found: [Indication] = []
        var year = Year()
        var row: [CivilDate] = []
        for day in workdays.sorted(by: { $0.date < $1.date }) {
            let number = day.date.month.year
            if number != year.number { year = Year(number: number) }
            note(day, &year)
            found += reached(&year, on: day.date)
            switch day.status {
            case .tanpaKeterangan:
                row.append(day.date)
                for threshold in inARow where threshold.days == row.count {
                    found.append(
                        Indication(
                            threshold: threshold, on: day.date, absences: row, minuteDates: [], minutes: 0,
                            daysOfMinutes: 0))
                }
            case .libur, .cutiBersama: break
            default: row = []
            }
        }
        return found
    }

    /// The heaviest cumulative one of a year: what the days of that year amount to.
    package func heaviest(of year: Int, in indications: [Indication]) -> Indication? {
        indications.filter { $0.on.month.year == year && !$0.threshold.isConsecutive }
            .max { $0.threshold.days < $1.threshold.days }
    }

    private struct Year {
        var number = 0
        var absences: [CivilDate] = []
        var minuteDates: [CivilDate] = []
        var minutes = 0
        /// How many of the cumulative thresholds are reached.
        var reached = 0
    }

    private func note(_ day: Workday, _ year: inout Year) {
        if day.status == .tanpaKeterangan { year.absences.append(day.date) }
        guard countsMinutes, day.status.countsSides else { return }
        let minutes = [day.arrival, day.departure].reduce(0) { $1.isExcused ? $0 : $0 + $1.minutes }
        if minutes > 0 {
            year.minutes += minutes
            year.minuteDates.append(day.date)
        }
    }

    private func reached(_ year: inout Year, on date: CivilDate) -> [Indication] {
        var found: [Indication] = []
        let ofMinutes = countsMinutes ? year.minutes / minutesPerDay : 0
        while year.reached < cumulative.count, cumulative[year.reached].days <= year.absences.count + ofMinutes {
            found.append(
                Indication(
                    threshold: cumulative[year.reached], on: date, absences: year.absences,
                    minuteDates: year.minuteDates, minutes: year.minutes, daysOfMinutes: ofMinutes))
            year.reached += 1
        }
        return found
    }
}
