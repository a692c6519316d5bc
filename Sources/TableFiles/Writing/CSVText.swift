/// Cells that a spreadsheet takes for what they are.
package enum CSVText {
    /// Which end a cell for some reader, or begin a line.
    private static let marks: Set<Unicode.Scalar> = ["\"", ",", ";", "\n", "\r", "\t", "\u{2028}", "\u{2029}"]
    private static let risky: Set<Unicode.Scalar> = ["=", "+", "-", "@", "＝", "＋", "－", "＠"]

    /// A text that would be a formula gets an apostrophe before it; one with marks of the format is quoted.
    ///
    /// By scalars: a reader of CSV sees a separator, too, where a combining mark stands behind it.
    package static func cell(_ text: String) -> String {
        let safe = guarded(text)
        return safe.contains { marks.contains($0) } ? quoted(safe) : String(safe)
    }

    /// As `cell`, in quotes whatever it is.
    package static func quotedCell(_ text: String) -> String { quoted(guarded(text)) }

    /// Whether some spreadsheet would compute the text: its first scalar that is more than a space or a mark on
    /// nothing begins a formula, or it begins with a control character, which some leave out before they look.
    package static func isFormula(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first else { return false }
        if isControl(first) { return true }
        return text.unicodeScalars.first { !isNothing($0) }.map(risky.contains) ?? false
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool { scalar.value < 0x20 || scalar.value == 0x7F }

    private static func isNothing(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .spaceSeparator, .lineSeparator, .paragraphSeparator, .nonspacingMark,
            .enclosingMark, .spacingMark:
            true
        default: false
        }
    }

    private static func guarded(_ text: String) -> String.UnicodeScalarView {
        var safe = String.UnicodeScalarView()
        if isFormula(text) { safe.append("'") }
        for scalar in text.unicodeScalars { safe.append(isControl(scalar) ? " " : scalar) }
        return safe
    }

    private static func quoted(_ text: String.UnicodeScalarView) -> String {
        var cell = String.UnicodeScalarView()
        cell.append("\"")
        for scalar in text {
            if scalar == "\"" { cell.append(scalar) }
            cell.append(scalar)
        }
        cell.append("\"")
        return String(cell)
    }

    /// Eighteen digits are more than a spreadsheet keeps of a number: the apostrophe makes them text.
    package static func number(_ text: String) -> String { text.isEmpty ? "" : cell("'" + text) }

    /// Thousandths as a number with a point.
    package static func decimal(_ thousandths: Int) -> String {
        let rest = String(thousandths.magnitude % 1000 + 1000).dropFirst()
        return "\(thousandths < 0 ? "-" : "")\(thousandths.magnitude / 1000).\(rest)"
    }

    /// Without which spreadsheets take UTF-8 for an old code page.
    package static let byteOrderMark = "\u{FEFF}"

    package static func line(_ cells: [String]) -> String { cells.joined(separator: ",") + "\r\n" }

    /// With a byte order mark.
    package static func file(_ rows: [[String]]) -> String { byteOrderMark + rows.map(line).joined() }
}
