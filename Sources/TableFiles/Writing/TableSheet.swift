/// One value of a table that is written. There is no formula among them, and a text never becomes one.
package enum TableCell: Equatable, Sendable {
    case blank
    case text(String)
    /// A number that is a name, such as a NIP: text whatever its digits.
    case id(String)
    case number(Int)
    /// Thousandths: 1.25 is 1250.
    case decimal(Int)
    /// A short word in the middle of its cell.
    case code(String, TableTone)
}

/// How a code looks: its text says the same.
package enum TableTone: Sendable { case plain, off, warn, bad, open }

/// One column of a sheet.
package struct TableColumn: Equatable, Sendable {
    package let title: String
    /// In characters, as spreadsheets count.
    package let width: Int
    /// Only in files that have no sheets: there it says what the sheet's name says elsewhere.
    package let isFlat: Bool

    package init(_ title: String, width: Int = 12, isFlat: Bool = false) {
        self.title = title
        self.width = width
        self.isFlat = isFlat
    }
}

package enum TablePaper: String, Sendable, CaseIterable, Codable {
    case a4 = "A4"
    /// 215 × 330 mm, as offices in Indonesia have it; spreadsheets call the next to it Folio.
    case f4 = "F4"
}

/// A sheet before its first row.
package struct TableSheet: Sendable {
    /// Made into one that spreadsheets take, and unlike the others before it.
    package var name: String
    /// Above the head, in a file with sheets.
    package var title: [String]
    package var columns: [TableColumn]
    /// Stay in sight, and on the left of each printed page.
    package var fixedColumns: Int
    package var paper: TablePaper
    /// In the middle of each printed page's foot, before the page's number.
    package var foot: String

    package init(
        name: String, title: [String] = [], columns: [TableColumn], fixedColumns: Int = 0, paper: TablePaper = .a4,
        foot: String = ""
    ) {
        self.name = name
        self.title = title
        self.columns = columns
        self.fixedColumns = fixedColumns
        self.paper = paper
        self.foot = foot
    }
}

/// Writes one file, row by row: what is written is not held in memory.
package protocol TableWriter: AnyObject {
    /// What follows belongs to this sheet.
    func begin(_ sheet: TableSheet) throws
    /// One value for each of the sheet's columns.
    func row(_ cells: [TableCell], isTotal: Bool) throws
    /// Free text below a table, for paper: at columns counted from 0. A file without sheets has none of it.
    func line(_ texts: [Int: String], isStrong: Bool) throws
    /// What the figures are made from; the last of the file.
    func notes(_ lines: [[String]]) throws
    /// The file is whole on disk.
    func finish() throws
    /// Ends it without a file.
    func abandon()
    /// About as many as the file has before it is compressed.
    var bytes: Int { get }
}

extension TableWriter {
    package func row(_ cells: [TableCell]) throws { try row(cells, isTotal: false) }
}

/// Why a file could not be written.
package struct TableWriteError: Error, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
