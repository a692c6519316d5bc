import AttendanceRules

/// What decided one day, down to its scans and the holes of its devices' records.
package struct DayAccount: Sendable {
    package let evidence: WorkdayEvidence
    package let explanation: [Explanation]
    /// As computed just now.
    package let workday: Workday
    /// Who judged it; `nil` where nobody can be asked what another piece of evidence would make of the day.
    package let judge: WorkdayJudge?

    package init(
        evidence: WorkdayEvidence, explanation: [Explanation], workday: Workday, judge: WorkdayJudge? = nil
    ) {
        self.evidence = evidence
        self.explanation = explanation
        self.workday = workday
        self.judge = judge
    }

    package init(_ account: Recomputation.Account) {
        self.init(account.evidence, account.judge)
    }

    private init(_ evidence: WorkdayEvidence, _ judge: WorkdayJudge) {
        self.init(
            evidence: evidence, explanation: judge.explain(evidence), workday: judge.judge(evidence), judge: judge)
    }

    /// The same day with other evidence: what a correction would make of it before it is stored.
    package func with(_ change: (inout WorkdayEvidence) -> Void) -> DayAccount? {
        guard let judge else { return nil }
        var evidence = evidence
        change(&evidence)
        return DayAccount(evidence, judge)
    }
}
