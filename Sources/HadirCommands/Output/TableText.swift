/// Rows under headings, columns as wide as their widest cell; nothing a device sent can move the cursor.
struct TableText {
    private let headings: [String]
    private var rows: [[String]] = []

    init(_ headings: [String]) { self.headings = headings }

    mutating func add(_ cells: [String]) { rows.append(cells.map { Self.harmless($0) }) }

    var text: String {
        let widths = headings.indices.map { column in
            ([headings] + rows).map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        return ([headings] + rows).map { row in
            let cells = row.enumerated().map { column, cell in
                column == row.count - 1
                    ? cell : cell + String(repeating: " ", count: max(0, widths[column] - cell.count))
            }
            return cells.joined(separator: "  ")
        }.joined(separator: "\n")
    }

    /// Control characters, also those that turn text around, shown as `?`.
    static func harmless(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    switch scalar.properties.generalCategory {
                    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: "?"
                    default: scalar
                    }
                }))
    }
}

/// One line of CSV (RFC 4180), safe to open in a spreadsheet.
enum CSVLine {
    static func text(_ cells: [String]) -> String {
        cells.map { cell in
            let safe = FormulaGuard.guarded(TableText.harmless(cell))
            return safe.unicodeScalars.contains { marks.contains($0) } ? quoted(safe) : safe
        }.joined(separator: ",")
    }

    private static let marks: Set<Unicode.Scalar> = ["\"", ",", ";", "\n", "\r", "\t"]

    /// By scalars: a reader of CSV sees a quote, too, where a combining mark stands behind it.
    private static func quoted(_ text: String) -> String {
        var cell = String.UnicodeScalarView()
        cell.append("\"")
        for scalar in text.unicodeScalars {
            if scalar == "\"" { cell.append(scalar) }
            cell.append(scalar)
        }
        cell.append("\"")
        return String(cell)
    }
}

/// Keeps spreadsheets from calculating what a device or a person wrote.
///
/// A spreadsheet takes a cell for a formula by its first character, and which cells there are depends on its language:
/// with a decimal comma a semicolon ends one. So an apostrophe goes before each such character that could come first for
/// a reader of commas, semicolons or tabs, also where only spaces, quotes or apostrophes stand before it.
enum FormulaGuard {
    private static let separators: Set<Unicode.Scalar> = [",", ";", "\t"]
    private static let between: Set<Unicode.Scalar> = [" ", "\"", "'"]
    private static let risky: Set<Unicode.Scalar> = ["=", "+", "-", "@", "＝", "＋", "－", "＠"]

    static func guarded(_ cell: String) -> String {
        var text = String.UnicodeScalarView()
        let scalars = Array(cell.unicodeScalars)
        for position in scalars.indices {
            if isBeginning(position, scalars), isFormula(scalars[position...]) { text.append("'") }
            text.append(scalars[position])
        }
        return String(text)
    }

    /// Without the apostrophes of `guarded`, which gives each text another form: nothing else is lost.
    static func plain(_ cell: String) -> String {
        var text = String.UnicodeScalarView()
        let scalars = Array(cell.unicodeScalars)
        for position in scalars.indices {
            let isGuard =
                scalars[position] == "'" && isBeginning(position, scalars)
                && isFormula(scalars[(position + 1)...])
            if !isGuard { text.append(scalars[position]) }
        }
        return String(text)
    }

    private static func isBeginning(_ position: Int, _ scalars: [Unicode.Scalar]) -> Bool {
        position == 0 || separators.contains(scalars[position - 1])
    }

    private static func isFormula(_ rest: ArraySlice<Unicode.Scalar>) -> Bool {
        rest.first { !between.contains($0) }.map { risky.contains($0) } ?? false
    }
}
