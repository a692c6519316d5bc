/// One row of a table somebody typed: its cells as text, and where it stands, for errors.
package struct TableRow: Equatable, Sendable {
    /// Line of a CSV file (of its first line where a cell has line ends), row of a sheet; the first is 1.
    package let line: Int
    package let cells: [String]

    package init(line: Int, cells: [String]) {
        self.line = line
        self.cells = cells
    }
}
