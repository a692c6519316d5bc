import Clibxlsxwriter
import Foundation

/// A workbook, written row by row. Every text is a text cell: this type knows no formula and no link.
///
/// libxlsxwriter puts rows into temporary files of its own (`constant_memory`), so memory does not grow with them.
package final class XLSXWriter: TableWriter {
    private let path: String
    private var workbook: UnsafeMutablePointer<lxw_workbook>?
    private var sheet: UnsafeMutablePointer<lxw_worksheet>?
    private var layout: TableSheet?
    private var row: UInt32 = 0
    private var names: Set<String> = []
    private var isAbandoned = false
    private let formats: XLSXFormats
    package private(set) var bytes = 0

    /// Rows of one sheet; a spreadsheet has 1,048,576. What is more goes on in another sheet.
    private let mostRows: UInt32
    /// A cell takes 32,767 UTF-16 units.
    private static let longestText = 8000
    /// Sheets of one file: each has temporary files that stay open.
    private static let mostSheets = 400

    /// - Parameters:
    ///   - folder: for temporary files, where they are nobody else's; they are as large as what is written.
    ///   - created: stands in the file.
    /// - Throws: `TableWriteError`, also where the path is taken.
    package init(path: String, temporary folder: String, title: String, created: Date, mostRows: Int = 1_000_000)
        throws
    {
        self.path = path
        self.mostRows = UInt32(clamping: max(10, mostRows))
        // The library would make it readable for others, and write over what is there.
        try OutputFile(path).finish()
        let made: UnsafeMutablePointer<lxw_workbook>? = folder.withCString { folder in
            var options = lxw_workbook_options()
            options.constant_memory = 1
            options.use_zip64 = 1
            // Copied by the library, which writes nothing there.
            options.tmpdir = UnsafeMutablePointer(mutating: folder)
            return workbook_new_opt(path, &options)
        }
        guard let made else {
            unlink(path)
            throw TableWriteError("\(path) cannot be made")
        }
        workbook = made
        formats = XLSXFormats(made)
        Self.describe(made, title, created)
    }

    deinit { if workbook != nil { abandon() } }

    private static func describe(_ workbook: UnsafeMutablePointer<lxw_workbook>, _ title: String, _ created: Date) {
        XLSXText.shown(title, longest: 200).withCString { title in
            var properties = lxw_doc_properties()
            properties.title = UnsafeMutablePointer(mutating: title)
            properties.created = time_t(created.timeIntervalSince1970)
            _ = workbook_set_properties(workbook, &properties)
        }
    }

    // MARK: Sheets

    package func begin(_ sheet: TableSheet) throws {
        layout = sheet
        try open(sheet)
    }

    private func open(_ layout: TableSheet) throws {
        guard let workbook else { throw TableWriteError("the workbook is finished") }
        guard names.count < Self.mostSheets else { throw TableWriteError("more than \(Self.mostSheets) sheets") }
        guard let sheet = workbook_add_worksheet(workbook, XLSXText.sheetName(layout.name, &names)) else {
            throw TableWriteError("a sheet cannot be made")
        }
        self.sheet = sheet
        row = 0
        let columns = layout.columns.filter { !$0.isFlat }
        for (index, column) in columns.enumerated() {
            let number = UInt16(clamping: index)
            try check(worksheet_set_column(sheet, number, number, Double(min(max(column.width, 2), 100)), nil))
        }
        arrange(sheet, layout, columns.count)
        for (index, line) in layout.title.enumerated() {
            try put(line, 0, index == 0 ? formats.title : formats.subtitle)
            row += 1
        }
        if !layout.title.isEmpty { row += 1 }
        guard !columns.isEmpty else { return }
        try check(worksheet_set_row(sheet, row, 32, nil))
        for (index, column) in columns.enumerated() { try put(column.title, UInt16(clamping: index), formats.head) }
        worksheet_freeze_panes(sheet, row + 1, UInt16(clamping: layout.fixedColumns))
        try check(worksheet_repeat_rows(sheet, row, row))
        row += 1
    }

    private func arrange(_ sheet: UnsafeMutablePointer<lxw_worksheet>, _ layout: TableSheet, _ columns: Int) {
        worksheet_set_landscape(sheet)
        // 9 is A4, 14 is Folio: 8.5 by 13 inches.
        worksheet_set_paper(sheet, layout.paper == .a4 ? 9 : 14)
        worksheet_set_margins(sheet, 0.4, 0.4, 0.5, 0.7)
        worksheet_fit_to_pages(sheet, 1, 0)
        worksheet_set_footer(sheet, "&L&8" + XLSXText.footer(layout.foot) + "&R&8Halaman &P dari &N")
        // A NIP is a number kept as text, on purpose.
        worksheet_ignore_errors(sheet, UInt8(LXW_IGNORE_NUMBER_STORED_AS_TEXT.rawValue), "A1:XFD1048576")
    }

    // MARK: Rows

    package func row(_ cells: [TableCell], isTotal: Bool) throws {
        guard let layout else { throw TableWriteError("no sheet was begun") }
        guard cells.count == layout.columns.count else { throw TableWriteError("a row has not the head's columns") }
        if row >= mostRows { try open(layout) }
        var column: UInt16 = 0
        for (cell, head) in zip(cells, layout.columns) where !head.isFlat {
            try put(cell, column, isTotal)
            column += 1
        }
        row += 1
    }

    package func line(_ texts: [Int: String], isStrong: Bool) throws {
        for (column, text) in texts.sorted(by: { $0.key < $1.key }) where (0..<16_000).contains(column) {
            try put(text, UInt16(clamping: column), isStrong ? formats.strong : formats.plain)
        }
        row += 1
    }

    package func notes(_ lines: [[String]]) throws {
        let widths = [34, 44, 20, 20, 66]
        let columns = widths.map { TableColumn("", width: $0) }
        let sheet = TableSheet(name: "Keterangan", columns: [])
        layout = sheet
        try open(sheet)
        for (index, column) in columns.enumerated() {
            let number = UInt16(clamping: index)
            try check(worksheet_set_column(self.sheet, number, number, Double(column.width), nil))
        }
        for line in lines {
            for (index, text) in line.enumerated() {
                try put(text, UInt16(clamping: index), index == 0 ? formats.strong : formats.plain)
            }
            row += 1
        }
    }

    private func put(_ cell: TableCell, _ column: UInt16, _ isTotal: Bool) throws {
        let format = formats.format(cell, isTotal)
        switch cell {
        case .blank: try check(worksheet_write_blank(sheet, row, column, format))
        case .text(let text), .id(let text), .code(let text, _): try put(text, column, format)
        case .number(let number): try put(Double(number), column, format)
        case .decimal(let thousandths): try put(Double(thousandths) / 1000, column, format)
        }
    }

    private func put(_ number: Double, _ column: UInt16, _ format: XLSXFormats.Format) throws {
        bytes += 40
        try check(worksheet_write_number(sheet, row, column, number, format))
    }

    private func put(_ text: String, _ column: UInt16, _ format: XLSXFormats.Format) throws {
        let safe = XLSXText.shown(text, longest: Self.longestText)
        bytes += safe.utf8.count + 60
        try check(worksheet_write_string(sheet, row, column, safe, format))
    }

    // MARK: End

    package func finish() throws {
        guard let workbook else { throw TableWriteError("the workbook is finished") }
        self.workbook = nil
        let answer = workbook_close(workbook)
        guard answer == LXW_NO_ERROR else {
            unlink(path)
            throw Self.error(answer)
        }
        // The library closes without asking for the disk.
        let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC)
        defer { if descriptor >= 0 { close(descriptor) } }
        guard descriptor >= 0, fsync(descriptor) == 0 else {
            throw TableWriteError("\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
    }

    package func abandon() {
        if let workbook {
            self.workbook = nil
            lxw_workbook_free(workbook)
        }
        unlink(path)
    }

    private func check(_ answer: lxw_error) throws {
        guard answer == LXW_NO_ERROR else { throw Self.error(answer) }
    }

    private static func error(_ answer: lxw_error) -> TableWriteError {
        TableWriteError("the workbook cannot be written: \(String(cString: lxw_strerror(answer)))")
    }
}

/// Texts as a workbook can hold them.
enum XLSXText {
    /// What XML has no place for becomes a space; `_x0041_`, which spreadsheets read as a character, stays as it is.
    static func shown(_ text: String, longest: Int) -> String {
        var safe = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(longest) {
            switch scalar.value {
            case 0..<0x20, 0x7F, 0xFFFE, 0xFFFF: safe.append(" ")
            default: safe.append(scalar)
            }
        }
        let text = String(safe)
        guard text.contains("_x") else { return text }
        return text.replacing(/_(?=x[0-9A-Fa-f]{4}_)/, with: "_x005F_")
    }

    /// At most 31 characters, none of `[]:*?/\`, no apostrophe at an end, unlike the others in any case.
    static func sheetName(_ text: String, _ taken: inout Set<String>) -> String {
        let refused: Set<Character> = ["[", "]", ":", "*", "?", "/", "\\", "'"]
        var base = shown(text, longest: 200).filter { !refused.contains($0) }
        base = short(base.trimmingCharacters(in: .whitespaces), 31)
        // A name of its own in spreadsheets.
        if base.isEmpty || base.lowercased() == "history" { base = "Lembar" }
        var name = base
        var number = 2
        while !taken.insert(name.lowercased()).inserted {
            name = short(base, 26) + " (\(number))"
            number += 1
        }
        return name
    }

    /// In UTF-16 units, as spreadsheets count.
    private static func short(_ text: String, _ most: Int) -> String {
        var short = ""
        for character in text where short.utf16.count + character.utf16.count <= most { short.append(character) }
        return short
    }

    /// `&` gives orders in a footer; a digit behind our own order would belong to it.
    static func footer(_ text: String) -> String {
        let safe = short(shown(text, longest: 120), 110).replacing("&", with: "&&")
        return safe.first?.isNumber ?? false ? " " + safe : safe
    }
}
