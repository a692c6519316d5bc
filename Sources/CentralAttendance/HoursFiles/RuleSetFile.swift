import Attendance
import AttendanceRules
import Crypto
import Foundation
import ServiceSupport

/// The text of a rule set: what minutes cost, and examples of it that the text itself brings along.
package struct RuleSetFile: Sendable {
    package let rules: RuleSet
    package let examples: [RuleExample]

    /// - Parameters:
    ///   - path: names the text in findings.
    ///   - schedule: the hours that examples name; those that come with the program, unless others are given.
    /// - Throws: everything that is wrong with it, by line.
    package static func parse(
        _ text: String, path: String, schedule: @escaping (String) -> Schedule? = Examples.schedule(named:)
    ) throws(ConfigurationFileError) -> RuleSetFile {
        let findings = FindingList(path: path)
        let toml = HoursTOML(text, findings: findings)
        let rules = RuleSetReader(findings: findings, digest: digest(text)).read(toml.sections)
        let examples = RuleExampleReader(findings: findings, rules: rules, schedule: schedule).read(toml.sections)
        return try findings.result(rules.map { RuleSetFile(rules: $0, examples: examples) })
    }

    /// What a workday says decided: the first 12 hex digits of the text's SHA-256.
    package static func digest(_ text: String) -> String {
        Hex.encode(Array(SHA256.hash(data: Data(text.utf8)).prefix(6)))
    }
}

private struct RuleSetReader {
    let findings: FindingList
    let digest: String

    static let keys = [
        "name", "title", "citation", "effective_from", "effective_to", "kinds", "seconds", "late_from",
        "missing_arrival", "missing_departure", "missing_check", "absence_rate", "base", "discipline_part", "cap",
        "minutes_per_day", "counts_minutes", "same_act_seconds",
        "threshold_kinds", "rounding",
    ]
    static let bandKeys = ["code", "from", "to", "rate"]
    static let thresholdKeys = ["days", "consecutive", "level", "text", "article"]
    static let most = 200
    /// Minutes of a day: no band and no conversion needs more.
    static let minutes = 1...1440

    func read(_ sections: [HoursTOML.Section]) -> RuleSet? {
        guard let root = sections.first else { return nil }
        let fields = HoursFields(root, findings)
        fields.check(known: Self.keys)
        checkSections(sections.dropFirst())
        let late = bands("late", sections)
        let early = bands("early", sections)
        let thresholds = thresholds(sections)
        let leave = leaveRates(sections)
        let name = fields.name("name")
        let title = fields.text("title")
        let citation = fields.text("citation", longest: 1000)
        let span = fields.span()
        let kinds = self.kinds("kinds", fields) ?? []
        if fields.entry("kinds") == nil { fields.missing("kinds", "a list of \(Self.kindWords)") }
        let thresholdKinds = self.kinds("threshold_kinds", fields)
        if let thresholdKinds, !thresholdKinds.isSubset(of: kinds), !kinds.isEmpty {
            fields.note(at: "threshold_kinds", "\"threshold_kinds\" has some that are not among \"kinds\"")
        }
        let rounding = fields.word("rounding", RuleSet.Rounding.self) ?? .nearest
        let seconds = fields.word("seconds", RuleSet.Seconds.self, isRequired: true)
        let lateFrom = fields.word("late_from", RuleSet.LateFrom.self) ?? .start
        let arrival = missing("missing_arrival", fields, late.map(\.code))
        let departure = missing("missing_departure", fields, early.map(\.code))
        let check = missing("missing_check", fields, (late + early).map(\.code), isRequired: false)
        let absence = fields.rate("absence_rate", isRequired: true)
        let base = base(fields)
        let minutesPerDay = fields.number("minutes_per_day", Self.minutes) ?? 450
        let countsMinutes = fields.flag("counts_minutes", default: true)
        let sameAct = fields.number("same_act_seconds", 0...3600) ?? 60
        guard let name, let title, let citation, let span, let seconds, let arrival, let departure, let absence,
            let base
        else { return nil }
        return RuleSet(
            version: RuleSetVersion(name: name, digest: digest), title: title, citation: citation, span: span,
            kinds: kinds, seconds: seconds, lateFrom: lateFrom, late: late, early: early, missingArrival: arrival,
            missingDeparture: departure, missingCheck: check ?? .nothing, absenceRate: absence, leaveRates: leave,
            base: base, minutesPerDay: minutesPerDay, thresholds: thresholds,
            sameActSeconds: sameAct, countsMinutes: countsMinutes,
            thresholdKinds: thresholdKinds, rounding: rounding)
    }

    private func checkSections(_ sections: some Sequence<HoursTOML.Section>) {
        var counts: [String: Int] = [:]
        for section in sections {
            let isKnown =
                switch (section.isArray, section.name) {
                case (true, "late"), (true, "early"), (true, "threshold"), (true, "example"): true
                case (false, "leave"), (false, "example.expect"), (false, "example.hours"): true
                default: false
                }
            guard isKnown else {
                findings.note(
                    section.line,
                    "\(section.header) is no section of a rule set; write [[late]], [[early]], [leave], [[threshold]] "
                        + "or [[example]]")
                continue
            }
            counts[section.name, default: 0] += 1
            let count = counts[section.name] ?? 0
            if section.isArray, count == Self.most + 1 {
                findings.note(section.line, "has more than \(Self.most) of \(section.header)")
            } else if section.name == "leave", count == 2 {
                findings.note(section.line, "[leave] stands twice; write it once")
            }
        }
    }

    private func all(_ name: String, _ sections: [HoursTOML.Section]) -> [HoursFields] {
        sections.filter { $0.isArray && $0.name == name }.prefix(Self.most).map { HoursFields($0, findings) }
    }

    // MARK: Bands

    private func bands(_ name: String, _ sections: [HoursTOML.Section]) -> [RuleSet.Band] {
        var bands: [RuleSet.Band] = []
        for fields in all(name, sections) {
            fields.check(known: Self.bandKeys)
            let code = fields.value("code", isRequired: true, wants: "1 to 16 letters and digits in quotes", Self.code)
            let from = fields.number("from", Self.minutes, isRequired: true)
            let to = fields.number("to", Self.minutes)
            let rate = fields.rate("rate", isRequired: true)
            guard let code, let from, let rate, to != nil || fields.entry("to") == nil else { continue }
            if let to, to <= from {
                fields.note(
                    at: "to", "\"to\" \(to) is not after \"from\" \(from); it is the first minute not in the band")
            }
            if bands.contains(where: { $0.code == code }) {
                fields.note(at: "code", "[[\(name)]] has a band \"\(code)\" already")
            }
            check(from, after: bands.last, fields)
            bands.append(.init(code: code, from: from, to: to, rate: rate))
        }
        if let last = bands.last, let to = last.to, let fields = all(name, sections).last {
            fields.note(at: "to", "nothing is said of minute \(to) and later; leave \"to\" out in the last band")
        }
        return bands
    }

    private func check(_ from: Int, after before: RuleSet.Band?, _ fields: HoursFields) {
        guard let before else { return }
        guard let end = before.to else {
            return fields.note(
                at: "from", "the band \"\(before.code)\" before has no \"to\", so nothing comes after it")
        }
        if from < end {
            fields.note(
                at: "from",
                "from minute \(from) on it overlaps with \"\(before.code)\", which goes on to minute \(end - 1)")
        } else if from > end {
            fields.note(
                at: "from",
                "minutes \(end) to \(from - 1) are in no band: \"\(before.code)\" ends before minute \(end) (\"to\" is the "
                    + "first minute not in it)")
        }
    }

    private static func code(_ value: HoursTOML.Value) -> String? {
        guard case .text(let text) = value, (1...16).contains(text.utf8.count),
            text.utf8.allSatisfy({ LineIndex.isBare(String(decoding: [$0], as: UTF8.self)) }),
            text != "none", Rate.thousandths(text) == nil
        else { return nil }
        return text
    }

    // MARK: Other rules

    private func missing(
        _ key: String, _ fields: HoursFields, _ codes: [String], isRequired: Bool = true
    ) -> RuleSet.MissingScan? {
        let wants = "the code of a band, a rate such as \"1.5%\", or \"none\""
        return fields.value(key, isRequired: isRequired, wants: wants) { value in
            if value == .text("none") { return .nothing }
            if let rate = HoursFields.rate(value) { return .rate(rate) }
            guard case .text(let code) = value else { return nil }
            if !codes.contains(code) {
                fields.note(
                    at: key, "\"\(key)\": there is no such band\(ConfigurationText.suggestion(code, among: codes))")
            }
            return .band(code)
        }
    }

    private static let kindWords = EmployeeKind.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")

    private func kinds(_ key: String, _ fields: HoursFields) -> Set<EmployeeKind>? {
        guard let texts = fields.texts(key, atMost: 20, wants: Self.kindWords) else { return nil }
        var kinds: Set<EmployeeKind> = []
        for (text, line) in texts {
            guard let kind = EmployeeKind(rawValue: text) else {
                let known = EmployeeKind.allCases.map(\.rawValue)
                findings.note(
                    line, "\"\(key)\" has \"\(text.prefix(40))\"\(ConfigurationText.suggestion(text, among: known))")
                continue
            }
            kinds.insert(kind)
        }
        if texts.isEmpty, key == "kinds" { fields.note(at: key, "\"kinds\" is empty: the rules would bind nobody") }
        return kinds
    }

    private func base(_ fields: HoursFields) -> RuleSet.Base? {
        let word = fields.value("base", isRequired: true, wants: "\"full\" or \"discipline\"") { value in
            value == .text("full") || value == .text("discipline") ? value : nil
        }
        let part = fields.rate("discipline_part")
        let isCapped = fields.flag("cap", default: true)
        switch word {
        case .text("full"):
            for key in ["discipline_part", "cap"] where fields.entry(key) != nil {
                fields.note(at: key, "\"\(key)\" is for base = \"discipline\" only")
            }
            return .full
        case .text("discipline"):
            if fields.entry("discipline_part") == nil {
                fields.missing("discipline_part", "the part of the allowance, such as \"40%\"")
            }
            if part == 0 {
                fields.note(at: "discipline_part", "\"discipline_part\" is 0: nothing would ever be deducted")
            }
            return part.map { .part($0, isCapped: isCapped) }
        default: return nil
        }
    }

    private func leaveRates(_ sections: [HoursTOML.Section]) -> [LeaveKind: Int] {
        guard let section = sections.first(where: { !$0.isArray && $0.name == "leave" }) else { return [:] }
        let fields = HoursFields(section, findings)
        fields.check(known: LeaveKind.allCases.map(\.rawValue))
        var rates: [LeaveKind: Int] = [:]
        for kind in LeaveKind.allCases { rates[kind] = fields.rate(kind.rawValue) }
        return rates
    }

    private func thresholds(_ sections: [HoursTOML.Section]) -> [RuleSet.Threshold] {
        var thresholds: [RuleSet.Threshold] = []
        for fields in all("threshold", sections) {
            fields.check(known: Self.thresholdKeys)
            let days = fields.number("days", 1...366, isRequired: true)
            let isConsecutive = fields.flag("consecutive", default: false)
            let level = fields.text("level", longest: 60)
            let text = fields.text("text")
            let article = fields.text("article", longest: 120)
            guard let days, let level, let text, let article else { continue }
            if thresholds.contains(where: { $0.days == days && $0.isConsecutive == isConsecutive }) {
                fields.note(at: "days", "another [[threshold]] has \(days) days already")
            }
            thresholds.append(
                .init(days: days, isConsecutive: isConsecutive, level: level, text: text, article: article))
        }
        return thresholds
    }
}
