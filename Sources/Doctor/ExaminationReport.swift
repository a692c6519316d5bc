import Foundation

/// What a doctor found.
package struct ExaminationReport: Sendable {
    package struct Result: Sendable {
        package let check: CheckID
        package let subject: String
        package let findings: [Finding]
        package let facts: [String: Fact]

        init(_ check: Check, _ outcome: CheckOutcome) {
            self.check = check.id
            subject = check.subject
            findings = outcome.findings
            facts = outcome.facts
        }

        package var verdict: Verdict { findings.map(\.verdict).min() ?? .ok }
    }

    package let results: [Result]

    init(_ results: [Result]) { self.results = results }

    /// Faults first; of the same verdict in the order of the checks, each once.
    package var findings: [Finding] {
        let all = results.flatMap(\.findings)
        let each = all.enumerated().filter { place, finding in
            !all.prefix(place).contains { $0.isSameTrouble(as: finding) }
        }.map(\.element)
        return Verdict.allCases.flatMap { verdict in each.filter { $0.verdict == verdict } }
    }

    package func count(_ verdict: Verdict) -> Int { findings.count { $0.verdict == verdict } }

    package var isWell: Bool { count(.fault) == 0 }

    // MARK: For people

    /// - Parameter width: columns of the terminal.
    package func text(in language: Language, width: Int = 100) -> String {
        let margin = Verdict.allCases.map { $0.word[language].count }.max() ?? 0
        var page = Paragraphs(margin: margin + 2, width: max(60, width))
        for finding in findings {
            let words = finding.words(in: language)
            let mark = finding.verdict.word[language]
            page.add(mark, words.what)
            guard finding.verdict != .skipped else {
                page.add("", words.act)
                continue
            }
            page.add("", words.why)
            page.add("", (language == .english ? "Do: " : "Lakukan: ") + words.act)
            let detail = finding.detail.isEmpty ? "" : ": " + HarmlessText.shown(finding.detail)
            page.add("", "[\(finding.id.rawValue)\(detail)]")
            page.gap()
        }
        for result in results where result.findings.isEmpty {
            let subject = result.subject.isEmpty ? "" : " " + HarmlessText.shown(result.subject)
            let fine = Sentence.fill(result.check.fine[language], result.facts, language)
            page.add(Verdict.ok.word[language], "\(result.check.name[language])\(subject): \(fine)")
        }
        page.gap()
        page.add(closing(language))
        return page.lines.joined(separator: "\n")
    }

    private func closing(_ language: Language) -> String {
        let (faults, warnings) = (count(.fault), count(.warning))
        let fine = results.count { $0.findings.isEmpty }
        switch language {
        case .english:
            if faults + warnings == 0 { return "Nothing is wrong (\(fine) checks)." }
            let start =
                faults > 0 ? "Begin with the first fault, then run the doctor again." : "Work goes on meanwhile."
            return "\(faults) faults, \(warnings) warnings, \(fine) checks well. \(start)"
        case .indonesian:
            if faults + warnings == 0 { return "Tidak ada gangguan (\(fine) pemeriksaan)." }
            let start =
                faults > 0
                ? "Mulai dari gangguan paling atas, lalu jalankan pemeriksaan ini lagi."
                : "Absen tetap berjalan."
            return "\(faults) gangguan, \(warnings) perhatian, \(fine) baik. \(start)"
        }
    }

    // MARK: For programs

    package struct Page: Codable, Equatable, Sendable {
        package struct Found: Codable, Equatable, Sendable {
            package var id, verdict, subject, what, why, act, detail: String
        }

        package struct Looked: Codable, Equatable, Sendable {
            package var check, subject, verdict: String
        }

        /// False where there is a fault.
        package var ok: Bool
        package var faults, warnings: Int
        package var findings: [Found]
        package var checks: [Looked]
    }

    package func page(in language: Language) -> Page {
        Page(
            ok: isWell, faults: count(.fault), warnings: count(.warning),
            findings: findings.map { finding in
                let words = finding.words(in: language)
                return Page.Found(
                    id: finding.id.rawValue, verdict: finding.verdict.rawValue,
                    subject: HarmlessText.shown(finding.subject), what: words.what, why: words.why, act: words.act,
                    detail: HarmlessText.shown(finding.detail))
            },
            checks: results.map {
                Page.Looked(
                    check: $0.check.rawValue, subject: HarmlessText.shown($0.subject), verdict: $0.verdict.rawValue)
            })
    }
}

/// Paragraphs with a mark in the margin, broken at blanks.
private struct Paragraphs {
    let margin: Int
    let width: Int
    private(set) var lines: [String] = []

    init(margin: Int, width: Int) {
        self.margin = margin
        self.width = width
    }

    mutating func add(_ mark: String, _ text: String) {
        var line = mark + String(repeating: " ", count: max(1, margin - mark.count))
        var isEmpty = true
        for word in text.split(separator: " ") {
            if !isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = String(repeating: " ", count: margin)
                isEmpty = true
            }
            line += (isEmpty ? "" : " ") + word
            isEmpty = false
        }
        lines.append(line)
    }

    mutating func add(_ text: String) { lines.append(text) }

    mutating func gap() { if lines.last?.isEmpty == false { lines.append("") } }
}
