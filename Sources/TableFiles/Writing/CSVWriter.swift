/// A table as CSV (RFC 4180): commas, CRLF, UTF-8, one head. Sheets after the first go on in the same table.
package final class CSVWriter: TableWriter {
    /// For whom the file is.
    package enum Reader: Sendable {
        /// With a byte order mark, without which spreadsheets read an old code page; ids behind an apostrophe, without
        /// which they lose digits; notes below, each behind a `#`.
        case people
        /// Nothing but the table: no mark, ids as they are, and the notes in a file of their own.
        case programs(notes: String)
    }

    private let file: OutputFile
    private let reader: Reader
    private var columns: [TableColumn]?
    private var notesFile: OutputFile?

    /// - Throws: `TableWriteError`, also where the path is taken.
    package init(path: String, for reader: Reader = .people) throws {
        file = try OutputFile(path)
        self.reader = reader
        if case .people = reader { try file.write(CSVText.byteOrderMark) }
    }

    package var bytes: Int { file.bytes }

    package func begin(_ sheet: TableSheet) throws {
        guard let columns else {
            self.columns = sheet.columns
            return try file.write(CSVText.line(sheet.columns.map { CSVText.cell($0.title) }))
        }
        guard columns.count == sheet.columns.count else { throw TableWriteError("sheets differ in their columns") }
    }

    package func row(_ cells: [TableCell], isTotal: Bool) throws {
        try file.write(CSVText.line(cells.map(text)))
    }

    package func line(_ texts: [Int: String], isStrong: Bool) {}

    package func notes(_ lines: [[String]]) throws {
        let width = max(columns?.count ?? 1, 2)
        switch reader {
        case .people:
            for line in lines {
                let cells = ["#"] + line.prefix(width - 2) + [line.dropFirst(width - 2).joined(separator: "; ")]
                let padded = cells + Array(repeating: "", count: max(0, width - cells.count))
                try file.write(CSVText.line(padded.map(CSVText.cell)))
            }
        case .programs(let path):
            let notes = try OutputFile(path)
            notesFile = notes
            try notes.write(CSVText.byteOrderMark)
            for line in lines { try notes.write(CSVText.line(line.map(CSVText.cell))) }
        }
    }

    package func finish() throws {
        try file.finish()
        try notesFile?.finish()
    }

    package func abandon() {
        file.abandon()
        notesFile?.abandon()
    }

    private func text(_ cell: TableCell) -> String {
        switch cell {
        case .blank: ""
        case .text(let text), .code(let text, _): CSVText.cell(text)
        case .id(let text):
            if case .programs = reader { CSVText.cell(text) } else { CSVText.number(text) }
        case .number(let number): String(number)
        case .decimal(let thousandths): CSVText.decimal(thousandths)
        }
    }
}
