import AttendanceRules

/// What decided one day, down to its scans and the holes of its devices' records.
package struct DayAccount: Sendable {
    package let evidence: WorkdayEvidence
    package let explanation: [Explanation]
    /// As computed just now.
    package let workday: Workday

    package init(evidence: WorkdayEvidence, explanation: [Explanation], workday: Workday) {
        self.evidence = evidence
        self.explanation = explanation
        self.workday = workday
    }

    package init(_ account: Recomputation.Account) {
        self.init(
            evidence: account.evidence, explanation: account.judge.explain(account.evidence),
            workday: account.workday)
    }
}
