import Attendance
import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation
import PageSupport

/// What a text of hours says of itself.
package struct TextSummary: Encodable, Sendable {
    package let name, title, citation: String
    package let from: String
    package let to: String?
    /// What it holds: `5 days of a week, 37 h 30 min`, `8 bands, 21 examples`.
    package let content: String
    let span: DateSpan

    enum CodingKeys: CodingKey { case name, title, citation, from, to, content }

    init(_ schedule: Schedule) {
        name = schedule.name
        title = schedule.title
        citation = schedule.citation
        span = schedule.span
        (from, to) = (span.from.text, span.to?.text)
        if schedule.week.isEmpty {
            content = "shifts: \(schedule.shifts.keys.sorted().joined(separator: ", "))"
        } else {
            let minutes = schedule.week.values.map(\.obligation).reduce(0, +)
            content = "\(schedule.week.count) days a week, \(minutes / 60) h \(minutes % 60) min"
        }
    }

    init(_ file: RuleSetFile) {
        let rules = file.rules
        name = rules.version.name
        title = rules.title
        citation = rules.citation
        span = rules.span
        (from, to) = (span.from.text, span.to?.text)
        let kinds = EmployeeKind.allCases.filter(rules.kinds.contains).map(\.rawValue).joined(separator: " ")
        content =
            "\(rules.late.count + rules.early.count) bands, \(rules.thresholds.count) thresholds, "
            + "\(file.examples.count) examples; for \(kinds)"
    }
}

/// A text that the centre keeps.
package struct StoredText: Encodable, Sendable {
    package let name, digest, added_at, by: String
    /// `nil` where this version cannot read it.
    package let summary: TextSummary?

    init(_ text: HoursText, _ summary: TextSummary?) {
        name = text.name
        digest = String(text.digest.prefix(12))
        added_at = UTC.text(text.addedAt)
        by = text.by.name
        self.summary = summary
    }
}

/// The examples of one rule set, run.
package struct RulesTest: Encodable, Sendable {
    package struct Line: Encodable, Sendable {
        package let name: String
        package let line: Int
        package let expected, got: String
        package let ok: Bool
    }

    package let file, rules: String
    package let examples: [Line]
    package var differences: Int { examples.count { !$0.ok } }
    package var isRight: Bool { differences == 0 }

    init(file: String, _ text: RuleSetFile) {
        self.file = file
        rules = "\(text.rules.version)"
        examples = text.run().map { run in
            Line(
                name: run.example.name, line: run.example.line, expected: run.example.expected.text,
                got: run.got.text, ok: run.isRight)
        }
    }
}

package struct RosterLine: Encodable, Sendable {
    package let number, name, date, shift: String
}

/// Answers of `hadir-central rules`, `schedule`, `group`, `calendar` and `roster`.
package enum HoursTable {
    package static func text(_ texts: [TextSummary]) -> String {
        TextTable.text(
            head: ["NAME", "IN FORCE", "CONTENT", "TITLE"],
            rows: texts.map { [$0.name, text($0.span), $0.content, PageText.shown($0.title, longest: 80)] })
    }

    package static func text(_ texts: [StoredText]) -> String {
        TextTable.text(
            head: ["NAME", "VERSION", "IN FORCE", "CONTENT", "ADDED", "BY"],
            rows: texts.map { stored in
                [
                    PageText.shown(stored.name), PageText.shown(stored.digest),
                    stored.summary.map { text($0.span) } ?? "-",
                    stored.summary?.content ?? "cannot be read by this version",
                    String(stored.added_at.prefix(10)), PageText.shown(stored.by),
                ]
            })
    }

    package static func text(_ test: RulesTest) -> String {
        let table = TextTable.text(
            head: ["LINE", "EXAMPLE", "EXPECTED", "GOT", "RESULT"],
            rows: test.examples.map {
                [
                    String($0.line), PageText.shown($0.name, longest: 120), $0.expected, $0.got,
                    $0.ok ? "ok" : "BEDA",
                ]
            })
        let sum =
            test.examples.isEmpty
            ? "no examples: write some, so that the next person sees what the rules mean"
            : "\(test.examples.count - test.differences) of \(test.examples.count) examples ok"
        return "\(test.file): \(test.rules)\n\(table)\n\(sum)"
    }

    package static func text(_ groups: [GroupSchedule]) -> String {
        TextTable.text(
            head: ["GROUP", "SCHEDULE", "FROM", "TO", "OVERRIDES"],
            rows: groups.sorted { ($0.group, $0.span.from, $0.schedule) < ($1.group, $1.span.from, $1.schedule) }.map {
                [
                    PageText.shown($0.group), PageText.shown($0.schedule), $0.span.from.text, $0.span.to?.text ?? "-",
                    $0.isOverride ? "yes" : "-",
                ]
            })
    }

    package static func text(_ days: [CalendarDay]) -> String {
        TextTable.text(
            head: ["DATE", "KIND", "GROUPS", "NAME", "CITATION"],
            rows: days.map {
                [
                    $0.date.text, $0.kind.rawValue,
                    $0.groups.isEmpty ? "all" : PageText.shown($0.groups.joined(separator: " ")),
                    PageText.shown($0.name, longest: 60), PageText.shown($0.citation, longest: 60),
                ]
            })
    }

    package static func text(_ roster: [RosterLine]) -> String {
        TextTable.text(
            head: ["NUMBER", "NAME", "DATE", "SHIFT"],
            rows: roster.map {
                [PageText.shown($0.number), PageText.shown($0.name), $0.date, PageText.shown($0.shift)]
            })
    }

    /// `from 2026-02-19 to 2026-03-20`.
    static func text(_ span: DateSpan) -> String { "\(span.from)\(span.to.map { " to \($0)" } ?? " on")" }
}

/// `group list --json`, `calendar list --json`.
package struct HoursAnswer: Encodable {
    struct Group: Encodable {
        let group, schedule, from: String
        let to: String?
        let `override`: Bool
    }

    struct Day: Encodable {
        let date, kind, name, citation: String
        let groups: [String]
    }

    let groups: [Group]?
    let calendar: [Day]?

    package init(groups: [GroupSchedule]) {
        self.groups = groups.map {
            Group(
                group: $0.group, schedule: $0.schedule, from: $0.span.from.text, to: $0.span.to?.text,
                override: $0.isOverride)
        }
        calendar = nil
    }

    package init(calendar: [CalendarDay]) {
        groups = nil
        self.calendar = calendar.map {
            Day(date: $0.date.text, kind: $0.kind.rawValue, name: $0.name, citation: $0.citation, groups: $0.groups)
        }
    }
}
