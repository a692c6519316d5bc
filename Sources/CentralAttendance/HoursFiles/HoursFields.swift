import AttendanceRules
import ServiceSupport

/// What is wrong with one text, as it is found; shared by all that read a part of it.
final class FindingList {
    static let most = 100
    let path: String
    private(set) var findings: [ConfigurationFileError.Finding] = []

    init(path: String) { self.path = path }

    var isFull: Bool { findings.count >= Self.most }

    func note(_ line: Int, column: Int? = nil, _ message: String) {
        guard !isFull else { return }
        findings.append(.init(file: path, line: line, column: column, message: message))
    }

    /// - Throws: where anything was found.
    func result<Value>(_ value: Value?) throws(ConfigurationFileError) -> Value {
        if findings.isEmpty, let value { return value }
        if findings.isEmpty { note(0, "cannot be read") }
        throw ConfigurationFileError(ConfigurationText.sorted(findings))
    }
}

/// The keys of one section, or of one table of it.
struct HoursFields {
    /// How messages call it: `[day.friday]`; empty before the first section.
    let what: String
    let line: Int
    let entries: [HoursTOML.Entry]
    let findings: FindingList

    init(_ section: HoursTOML.Section, _ findings: FindingList) {
        what = section.path.isEmpty ? "" : section.header
        line = section.line
        entries = section.entries
        self.findings = findings
    }

    init(what: String, line: Int, entries: [HoursTOML.Entry], _ findings: FindingList) {
        self.what = what
        self.line = line
        self.entries = entries
        self.findings = findings
    }

    /// Tells keys that are not known or given twice.
    func check(known: [String]) {
        var seen: [String: Int] = [:]
        for entry in entries {
            if !known.contains(entry.key) {
                let hint = ConfigurationText.suggestion(entry.key, among: known)
                note(entry, "unknown key \"\(entry.key)\"\(prefix(" in "))\(hint)", atValue: false)
            } else if let first = seen[entry.key] {
                note(entry, "\"\(entry.key)\" stands in line \(first), too; write it once", atValue: false)
            }
            if seen[entry.key] == nil { seen[entry.key] = entry.line }
        }
    }

    func entry(_ key: String) -> HoursTOML.Entry? { entries.first { $0.key == key } }

    func line(of key: String) -> Int { entry(key)?.line ?? line }

    func note(_ entry: HoursTOML.Entry, _ message: String, atValue: Bool = true) {
        findings.note(entry.line, column: atValue ? entry.valueColumn : entry.column, message)
    }

    /// Tells something about a key, or about all of it where the key is not there.
    func note(at key: String, _ message: String) {
        if let entry = entry(key) { return note(entry, message) }
        findings.note(line, prefix("", ": ") + message)
    }

    func missing(_ key: String, _ wants: String) {
        findings.note(line, "key \"\(key)\" is missing\(prefix(" in ")); it is \(wants)")
    }

    private func prefix(_ before: String, _ after: String = "") -> String { what.isEmpty ? "" : before + what + after }

    /// A value that `read` understands; a finding says `wants` where it does not.
    func value<Value>(
        _ key: String, isRequired: Bool = false, wants: String, _ read: (HoursTOML.Value) -> Value?
    ) -> Value? {
        guard let entry = entry(key) else {
            if isRequired { missing(key, wants) }
            return nil
        }
        if let value = read(entry.value) { return value }
        note(entry, "\"\(key)\" must be \(wants)")
        return nil
    }

    func text(_ key: String, isRequired: Bool = true, longest: Int = 300) -> String? {
        value(key, isRequired: isRequired, wants: "a text of 1 to \(longest) characters in quotes") {
            guard case .text(let text) = $0 else { return nil }
            return Self.plain(text, longest: longest)
        }
    }

    func name(_ key: String, isRequired: Bool = true) -> String? {
        value(key, isRequired: isRequired, wants: "1 to 64 small letters, digits and - in quotes") {
            guard case .text(let text) = $0 else { return nil }
            return HoursName.isName(text) ? text : nil
        }
    }

    func number(_ key: String, _ range: ClosedRange<Int>, isRequired: Bool = false) -> Int? {
        value(key, isRequired: isRequired, wants: "a whole number from \(range.lowerBound) to \(range.upperBound)") {
            guard case .bare(let text) = $0, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), text.utf8.count <= 9,
                let number = Int(text), range.contains(number)
            else { return nil }
            return number
        }
    }

    func flag(_ key: String, default preset: Bool) -> Bool {
        value(key, wants: "true or false") {
            $0 == .bare("true") ? true : $0 == .bare("false") ? false : nil
        } ?? preset
    }

    func date(_ key: String, isRequired: Bool = false) -> CivilDate? {
        value(key, isRequired: isRequired, wants: "a date such as 2026-02-19") {
            switch $0 {
            case .text(let text), .bare(let text): CivilDate(text: text)
            case .list, .table: nil
            }
        }
    }

    func minute(_ key: String, isRequired: Bool = true) -> Int? {
        value(key, isRequired: isRequired, wants: HoursTime.wants) {
            guard case .text(let text) = $0 else { return nil }
            return HoursTime.minute(text)
        }
    }

    func window(_ key: String, isRequired: Bool) -> ClosedRange<Int>? {
        value(key, isRequired: isRequired, wants: HoursTime.wantsWindow) {
            guard case .text(let text) = $0 else { return nil }
            return HoursTime.window(text)
        }
    }

    func rate(_ key: String, isRequired: Bool = false, atMost limit: Int = 100_000) -> Int? {
        value(key, isRequired: isRequired, wants: Rate.wants) { Self.rate($0, atMost: limit) }
    }

    static func rate(_ value: HoursTOML.Value, atMost limit: Int = 100_000) -> Int? {
        switch value {
        case .text(let text), .bare(let text): Rate.thousandths(text, atMost: limit)
        case .list, .table: nil
        }
    }

    /// One of a closed set of words.
    func word<Word: RawRepresentable & CaseIterable>(
        _ key: String, _ type: Word.Type, isRequired: Bool = false
    ) -> Word? where Word.RawValue == String {
        let words = Word.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        return value(key, isRequired: isRequired, wants: "one of \(words)") {
            guard case .text(let text) = $0 else { return nil }
            return Word(rawValue: text)
        }
    }

    /// The texts of a list, each with its line.
    func texts(_ key: String, atMost limit: Int, wants: String) -> [(text: String, line: Int)]? {
        guard let entry = entry(key) else { return nil }
        guard case .list(let items) = entry.value, items.count <= limit else {
            note(entry, "\"\(key)\" must be a list in [ ] of at most \(limit): \(wants)")
            return nil
        }
        return items.compactMap { item in
            if case .text(let text) = item.value { return (text, item.line) }
            findings.note(item.line, "\"\(key)\" has an item that is no text in quotes; wanted is \(wants)")
            return nil
        }
    }

    /// From `effective_from` to `effective_to`.
    func span() -> DateSpan? {
        let from = date("effective_from", isRequired: true)
        let to = date("effective_to")
        if let from, let to, to < from {
            note(at: "effective_to", "\"effective_to\" \(to) is before \"effective_from\" \(from)")
            return nil
        }
        return from.map { DateSpan(from: $0, to: to) }
    }

    private static func plain(_ text: String, longest: Int) -> String? {
        // Nothing that moves the cursor, turns the text around, or is not seen.
        let isPlain = text.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate: false
            default: true
            }
        }
        let isBlank = text.allSatisfy(\.isWhitespace)
        return (1...longest).contains(text.count) && text.utf8.count <= longest * 4 && isPlain && !isBlank ? text : nil
    }
}

/// Names of texts, groups and shifts.
package enum HoursName {
    /// 1 to 64 small letters, digits and `-`.
    package static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
    }
}
