import Foundation

/// How bad it is.
package enum Verdict: String, Sendable, Codable, CaseIterable, Comparable {
    /// Work does not get done, or will soon not be: exit code 1.
    case fault
    /// Somebody should look at it in the next days.
    case warning
    /// Nobody could look.
    case skipped
    case ok

    package static func < (one: Verdict, other: Verdict) -> Bool { one.rank < other.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    package var word: Bilingual {
        switch self {
        case .fault: Bilingual("FAULT", "GANGGUAN")
        case .warning: Bilingual("WARNING", "PERHATIAN")
        case .skipped: Bilingual("not seen", "belum dilihat")
        case .ok: Bilingual("ok", "baik")
        }
    }
}

/// What one finding says, in one language; `{name}` is a fact of the finding.
package struct FindingWords: Sendable, Equatable {
    /// What is wrong: one sentence.
    package let what: String
    /// Why it matters: one sentence.
    package let why: String
    /// What to do next: one command or one act.
    package let act: String

    package init(_ what: String, _ why: String, _ act: String) {
        self.what = what
        self.why = why
        self.act = act
    }

    package var all: [String] { [what, why, act] }
}

/// One line of the table of findings.
package struct FindingRow: Sendable {
    package let id: FindingID
    package let verdict: Verdict
    /// Ids of docs/reliability.md that an operator meets as this finding.
    package let faults: [String]
    package let english: FindingWords
    package let indonesian: FindingWords

    package init(
        _ id: FindingID, _ verdict: Verdict, _ faults: String, en english: FindingWords, id indonesian: FindingWords
    ) {
        self.id = id
        self.verdict = verdict
        self.faults = faults.split(separator: " ").map(String.init)
        self.english = english
        self.indonesian = indonesian
    }

    package func words(in language: Language) -> FindingWords { language == .english ? english : indonesian }
}

/// Something that a check found.
package struct Finding: Sendable, Equatable {
    package let id: FindingID
    /// Which of several, such as a device's name; empty where there is only one.
    package let subject: String
    package let facts: [String: Fact]
    /// For whoever looks after hadir: the words of the part that failed. Never a secret.
    package let detail: String

    package init(_ id: FindingID, _ subject: String = "", _ facts: [String: Fact] = [:], detail: String = "") {
        self.id = id
        self.subject = subject
        self.facts = facts
        self.detail = detail
    }

    /// Two checks may meet one trouble; two lines of a file are two.
    func isSameTrouble(as other: Finding) -> Bool {
        id == other.id && subject == other.subject && facts["line"] == other.facts["line"]
    }

    package var verdict: Verdict { FindingTable.row(id).verdict }

    package func words(in language: Language) -> FindingWords {
        let words = FindingTable.row(id).words(in: language)
        return FindingWords(fill(words.what, language), fill(words.why, language), fill(words.act, language))
    }

    private func fill(_ text: String, _ language: Language) -> String {
        var facts = facts
        if !subject.isEmpty { facts["subject"] = .text(subject) }
        return Sentence.fill(text, facts, language)
    }
}

enum Sentence {
    static func fill(_ text: String, _ facts: [String: Fact], _ language: Language) -> String {
        facts.reduce(text) { text, fact in
            text.replacingOccurrences(of: "{\(fact.key)}", with: fact.value.text(in: language))
        }
    }
}
