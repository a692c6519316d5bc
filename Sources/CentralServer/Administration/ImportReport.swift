import CentralAttendance
import Foundation
import PageSupport

/// What an import would do or did: a table for people, JSON for scripts.
package struct ImportReport: Sendable, Encodable {
    struct Problem: Encodable {
        let line: Int?
        let column: String?
        let text: String

        init(_ problem: ImportProblem) {
            line = problem.line
            column = problem.column
            text = problem.text
        }

        var sentence: String {
            PageText.shown(ImportProblem(line: line, column: column, text).sentence, longest: 400)
        }
    }

    struct Step: Encodable {
        let line: Int?
        let action, what, text: String
    }

    let kind: String
    let file: String
    private(set) var read = 0
    private(set) var added = 0
    private(set) var changed = 0
    private(set) var ended = 0
    private(set) var unchanged = 0
    private(set) var absent = 0
    private(set) var errors: [Problem] = []
    private(set) var warnings: [Problem] = []
    private(set) var steps: [Step] = []
    package internal(set) var isWritten = false

    /// Problems and steps that are printed; JSON has all.
    static let mostShown = 200

    private enum CodingKeys: String, CodingKey {
        case kind, file, read, added, changed, ended, unchanged, absent, errors, warnings, steps
        case isWritten = "written"
    }

    init(kind: ImportKind, file: String) {
        self.kind = kind.rawValue
        self.file = file
    }

    /// Something in the list is wrong, and nothing was written.
    package var isRefused: Bool { !errors.isEmpty }

    mutating func refuse(_ problem: ImportProblem) { errors.append(Problem(problem)) }

    mutating func take(_ plan: ImportPlan) {
        read = plan.read
        added = plan.count(.add)
        changed = plan.count(.change)
        ended = plan.count(.end)
        unchanged = plan.unchanged
        absent = plan.absent
        errors = plan.errors.map(Problem.init)
        warnings = plan.warnings.map(Problem.init)
        steps = plan.steps.map { Step(line: $0.line, action: $0.action.rawValue, what: $0.what, text: $0.text) }
    }

    /// For standard output.
    package var text: String {
        if isRefused {
            return
                (Self.some(errors.map(\.sentence), "kesalahan")
                + ["\(file): \(errors.count) kesalahan dalam \(read) baris; tidak ada yang diubah"])
                .joined(separator: "\n")
        }
        var lines: [String] = []
        if !steps.isEmpty {
            let table = TextTable.text(
                head: ["BARIS", "TINDAKAN", "APA", "ISI"],
                rows: steps.prefix(Self.mostShown).map { step in
                    [
                        step.line.map(String.init) ?? "-", Self.word(step.action), PageText.shown(step.what),
                        PageText.shown(step.text, longest: 160),
                    ]
                })
            lines.append(table)
            if steps.count > Self.mostShown {
                lines.append("dan \(steps.count - Self.mostShown) lagi; --json semuanya")
            }
        }
        lines.append(
            "\(file): \(read) baris, \(added) baru, \(changed) berubah, \(ended) berakhir, \(unchanged) tetap"
                + (absent == 0 ? "" : "; \(absent) pegawai tidak ada di daftar dan tetap seperti semula"))
        return lines.joined(separator: "\n")
    }

    /// For standard error.
    package var warningText: String {
        Self.some(warnings.map { "peringatan: " + $0.sentence }, "peringatan").joined(separator: "\n")
    }

    /// What became of it, for standard error.
    package func outcome(isDry: Bool) -> String {
        if isWritten { return "Sudah ditulis." }
        if steps.isEmpty { return "Tidak ada yang berubah." }
        return isDry ? "Percobaan: tidak ada yang ditulis. Tanpa --dry-run daftar ini ditulis." : "Tidak ditulis."
    }

    private static func word(_ action: String) -> String {
        switch action {
        case "add": "baru"
        case "change": "ubah"
        default: "akhiri"
        }
    }

    private static func some(_ lines: [String], _ what: String) -> [String] {
        lines.prefix(mostShown) + (lines.count > mostShown ? ["dan \(lines.count - mostShown) \(what) lagi"] : [])
    }
}
