/// Holds the text to the part of TOML that our files use, before a parser sees it.
///
/// The parser behind TOMLKit asserts on some wrong input, such as an empty header; that would end the daemon for
/// a slip of the pen. It also stops at its first error. So each line is looked at here first: what is no
/// `[section]`, no `key = value` and no comment is told and taken out, and only the rest is parsed.
package struct LineCheck {
    package private(set) var findings: [ConfigurationFileError.Finding] = []
    /// Sections with lines taken out: a key not seen there is not a missing one.
    package private(set) var damaged: Set<String> = []
    private var lines: [Substring]
    private let index: LineIndex
    private let path: String

    /// - Parameter sections: how sections are written in this file, for whoever wrote one in another way.
    package init(_ text: String, path: String, sections: String) {
        // By bytes: to Swift a CR and LF together are one character.
        lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { Substring($0) }
        index = LineIndex(text)
        self.path = path
        for stray in index.strays {
            take(
                stray...stray, in: section(before: stray), "this line is no [section], no key = value and no # comment")
        }
        var broken: Set<Int> = []
        for (number, section) in index.sections.enumerated() where !section.isPlain {
            broken.insert(number)
            let form = section.isArray ? "[[\(section.name)]] is no section of this file" : "this is no section's name"
            take(
                section.line...section.line, in: section.name,
                "\(form); \(sections)")
        }
        for key in index.keys { check(key, broken: broken) }
    }

    /// The text without the lines that were told; those left keep their numbers.
    package var readable: String { lines.joined(separator: "\n") }

    /// Notes an error the parser found in what was left; `false` where nothing can be done about it.
    package mutating func take(line: Int, column: Int, _ message: String) -> Bool {
        findings.append(.init(file: path, line: line, column: column, message: message))
        guard lines.indices.contains(line - 1), !lines[line - 1].isEmpty,
            !index.sections.contains(where: { $0.line == line })
        else { return false }
        damaged.insert(section(before: line))
        lines[line - 1] = ""
        return true
    }

    private func section(before line: Int) -> String { index.sections.last { $0.line <= line }?.name ?? "" }

    private mutating func take(_ range: ClosedRange<Int>, in section: String, column: Int? = nil, _ message: String?) {
        if let message { findings.append(.init(file: path, line: range.lowerBound, column: column, message: message)) }
        damaged.insert(section)
        for line in range where lines.indices.contains(line - 1) { lines[line - 1] = "" }
    }

    private mutating func check(_ key: LineIndex.Key, broken: Set<Int>) {
        let section = key.section.map { index.sections[$0].name } ?? ""
        let range = key.line...max(key.line, key.lastLine)
        if let number = key.section, broken.contains(number) {
            // Left in, it would count for the section before.
            take(range, in: section, nil)
        } else if !LineIndex.isBare(key.name) {
            take(
                range, in: section, column: key.column,
                "key \(key.name.isEmpty ? "before =" : key.name) is no plain name; write keys without quotes and dots")
        } else if !index.isScalar(key.value) {
            take(
                range, in: section, column: key.valueColumn,
                "the value of \"\(key.name)\" must be one \"text\" in quotes, a whole number, true or false")
        }
    }
}
