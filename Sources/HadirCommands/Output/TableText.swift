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

/// One line of CSV (RFC 4180), safe to open in a spreadsheet: a cell that would be a formula gets an apostrophe.
enum CSVLine {
    static func text(_ cells: [String]) -> String {
        cells.map { cell in
            let risky = cell.first.map { "=+-@\t\r".contains($0) } ?? false
            let safe = TableText.harmless(risky ? "'" + cell : cell)
            let needsQuotes = safe.contains { "\",\n\r".contains($0) }
            return needsQuotes ? "\"" + safe.replacing("\"", with: "\"\"") + "\"" : safe
        }.joined(separator: ",")
    }
}
