import AttendanceRules
import CentralStore

extension SampleGovernment {
    /// Schedules, rule sets, who has which, Ramadan, the calendar.
    package var hoursChanges: [HoursChange] {
        let first = options.dates.lowerBound
        var changes: [HoursChange] = []
        for name in ["nasional-5-hari", "enam-hari", "piket-3-sif", "nasional-ramadan", "lampung-2026-ramadan-6-hari"] {
            changes += text(.schedule, name, Examples.schedules)
        }
        changes += text(.rules, "set-a", Examples.rules)
        let groups: [(SampleGroup, schedule: String)] = [
            (.fiveDays, "nasional-5-hari"), (.sixDays, "enam-hari"), (.shifts, "piket-3-sif"),
        ]
        for (group, schedule) in groups {
            changes.append(
                .group(
                    GroupSchedule(group: group.rawValue, schedule: schedule, span: DateSpan(from: first)),
                    document: "CONTOH SK/1"))
        }
        for fasting in SampleHours.fasting {
            guard let within = DateSpan(fasting).clamped(to: options.dates) else { continue }
            let overrides: [(SampleGroup, schedule: String)] = [
                (.fiveDays, "nasional-ramadan"), (.sixDays, Self.everyYear("lampung-2026-ramadan-6-hari")),
            ]
            for (group, schedule) in overrides {
                changes.append(
                    .group(
                        GroupSchedule(
                            group: group.rawValue, schedule: schedule, span: DateSpan(within), isOverride: true),
                        document: "CONTOH SE/\(within.lowerBound.parts.year)"))
            }
        }
        return changes + calendar.days.map { .calendar($0) }
    }

    private static func everyYear(_ name: String) -> String {
        name == "lampung-2026-ramadan-6-hari" ? "contoh-ramadan-6-hari" : name
    }

    /// A text that comes with the program. Where the story begins before the text is in force, the text is made to begin
    /// with the story and says so.
    private func text(
        _ kind: HoursText.Kind, _ name: String, _ examples: [(name: String, text: String)]
    ) -> [HoursChange] {
        guard let original = examples.first(where: { $0.name == name })?.text else { return [] }
        let called = Self.everyYear(name)
        var begin = options.dates.lowerBound
        let lines = original.split(separator: "\n", omittingEmptySubsequences: false).compactMap { line -> String? in
            if line.hasPrefix("effective_from = ") {
                let date = CivilDate(text: line.dropFirst("effective_from = ".count).prefix(10)) ?? begin
                begin = called == name ? min(date, begin) : begin
                return "effective_from = \(begin.text)"
            }
            if called != name {
                if line.hasPrefix("effective_to = ") { return nil }
                if line.hasPrefix("name = ") { return "name = \"\(called)\"" }
                if line.hasPrefix("citation = \"") { return "citation = \"Data contoh menurut " + line.dropFirst(12) }
            }
            return String(line)
        }
        return [.text(kind, name: called, text: lines.joined(separator: "\n"), span: DateSpan(from: begin))]
    }
}
