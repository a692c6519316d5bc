import AttendanceRules

/// One example of a rule set's text, and what the rules made of it.
package struct ExampleRun: Sendable {
    package let example: RuleExample
    package let got: RuleExample.Outcome

    package var isRight: Bool { got == example.expected }
}

extension RuleSetFile {
    /// Judges every example as a real day is judged, by this rule set alone.
    package func run() -> [ExampleRun] {
        let judge = WorkdayJudge(rules: [rules])
        return examples.map { ExampleRun(example: $0, got: .init(judge.judge($0.evidence))) }
    }
}

extension RuleExample.Outcome {
    init(_ workday: Workday) {
        self.init(
            status: workday.status, late: workday.arrival.minutes, lateBand: workday.arrival.band,
            early: workday.departure.minutes, earlyBand: workday.departure.band, deduction: workday.deduction)
    }

    /// `terlambat, late 31 TL2, 1%`.
    package var text: String {
        var parts = [status.rawValue]
        if late > 0 || lateBand != nil { parts.append("late \(late) \(lateBand ?? "in no band")") }
        if early > 0 || earlyBand != nil { parts.append("early \(early) \(earlyBand ?? "in no band")") }
        parts.append(Rate.text(deduction))
        return parts.joined(separator: ", ")
    }
}
