import PageSupport
import TableFiles

extension FuzzTarget {
    /// Tables that people bring, and what is shown and exported of other people's text.
    static let texts: [FuzzTarget] = [
        FuzzTarget("csv", longest: 512, csv),
        FuzzTarget("sheet", longest: 512, sheet),
        FuzzTarget("xlsx", longest: 4096, xlsx),
        FuzzTarget("csv-cell", longest: 64, csvCell),
        FuzzTarget("page-text", longest: 160, pageText),
        FuzzTarget("markup", longest: 128, markup),
        FuzzTarget("form-fields", longest: 256, formFields),
    ]

    private static let limits: TableLimits = {
        var limits = TableLimits()
        limits.rows = 64
        limits.columns = 16
        limits.cellBytes = 64
        limits.textBytes = 1024
        limits.unpackedBytes = 1 << 16
        return limits
    }()

    @Sendable private static func csv(_ bytes: [UInt8]) {
        guard let table = try? TableFile(bytes: bytes, limits: limits) else { return }
        check(table.rows)
        // Written by us, it is the same table again.
        let cells = table.rows.map { row in row.cells.map { CSVText.isFormula($0) ? "x" : $0 } }
        let written = CSVText.file(cells.map { row in row.map(CSVText.quotedCell) })
        guard let again = try? TableFile(bytes: Array(written.utf8)) else { broken("a table that was written is read") }
        let plain = cells.map { row in row.map(Self.withoutControls) }.filter { $0.contains { !$0.isEmpty } }
        hold(again.rows.map(\.cells) == plain, "a table is read as it was written")
    }

    /// What a cell that is written keeps of a text: a control character becomes a space.
    private static func withoutControls(_ text: String) -> String {
        var plain = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            plain.append(scalar.value < 0x20 || scalar.value == 0x7F ? " " : scalar)
        }
        return String(plain)
    }

    private static func check(_ rows: [TableRow]) {
        hold(rows.count <= limits.rows, "rows are bounded")
        hold(rows.allSatisfy { $0.cells.count <= limits.columns }, "columns are bounded")
        hold(rows.allSatisfy { $0.cells.allSatisfy { $0.utf8.count <= 3 * limits.cellBytes } }, "cells are bounded")
        hold(zip(rows, rows.dropFirst()).allSatisfy { $0.line < $1.line }, "lines go forward")
    }

    /// The XML inside a workbook, without the packing that would hide it from the fuzzer.
    @Sendable private static func sheet(_ bytes: [UInt8]) {
        var input = FuzzInput(bytes)
        let flags = input.u8()
        let part = input.rest
        guard let dates = try? DateStyles(flags & 1 == 1 ? part : nil) else { return }
        var reader = SheetReader(
            part, texts: ["satu", "dua"], dates: dates, startsIn1904: flags & 2 == 2, limits: limits)
        guard let rows = try? reader.rows() else { return }
        check(rows)
    }

    @Sendable private static func xlsx(_ bytes: [UInt8]) {
        guard let table = try? TableFile(bytes: bytes, limits: limits) else { return }
        check(table.rows)
    }

    /// A cell that we export is one cell to a reader, and no spreadsheet computes it.
    @Sendable private static func csvCell(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        hold(CSVText.cell(text).unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }, "one line")
        for cell in [CSVText.cell(text), CSVText.quotedCell(text)] {
            // Every export has a heading; a file that begins with `<` would be taken for a page of the web.
            let file = CSVText.file([["nama", "x"], [cell, "x"]])
            guard let table = try? TableFile(bytes: Array(file.utf8)) else { broken("what is exported can be read") }
            hold(table.rows.count == 2 && table.rows.last?.cells.count == 2, "a cell is one cell")
            let cell = table.rows.last?.cells.first ?? ""
            hold(!CSVText.isFormula(cell), "no cell is a formula")
            let wanted = CSVText.isFormula(text) ? "'" + withoutControls(text) : withoutControls(text)
            hold(cell.unicodeScalars.elementsEqual(wanted.unicodeScalars), "a cell says what the text said")
        }
    }

    /// What a page shows of other people's text cannot steer it.
    @Sendable private static func pageText(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        let shown = PageText.shown(text, longest: 32)
        hold(shown.unicodeScalars.count <= 33, "it is as long as said")
        var marks = 0
        for scalar in shown.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
                broken("no scalar steers")
            case .nonspacingMark, .enclosingMark, .spacingMark:
                marks += 1
                hold(marks <= 4, "no letter has a tower of marks")
            default: marks = 0
            }
        }
        hold(PageText.shown(shown, longest: 33) == shown, "what is shown is shown as it is")
    }

    private struct Named { let name: String }
    private static let templates = try? PageTemplates(["page": Array("<p title=\"{{name}}\">{{name}}</p>".utf8)])

    /// No text becomes markup, and none is lost.
    @Sendable private static func markup(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        let page = Samples.made(templates).render(Named(name: text), with: "page")
        var scalars = Array(page.unicodeScalars)[...]
        hold(scalars.starts(with: "<p title=\"".unicodeScalars), "the page is there")
        scalars = scalars.dropFirst(10).dropLast(4)
        var parts: [String] = []
        for mark in ["\"", nil] as [Unicode.Scalar?] {
            let end = mark.flatMap { scalars.firstIndex(of: $0) } ?? scalars.endIndex
            parts.append(unescaped(String(String.UnicodeScalarView(scalars[..<end]))))
            scalars = scalars[end...].dropFirst(2)
        }
        hold(parts.allSatisfy { $0.unicodeScalars.elementsEqual(text.unicodeScalars) }, "text is text on a page")
        hold(!page.dropFirst(10).dropLast(4).unicodeScalars.contains("<"), "no text becomes markup")
    }

    private static func unescaped(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        let words: [(String, UInt8)] = [("&lt;", 60), ("&gt;", 62), ("&quot;", 34), ("&#39;", 39), ("&amp;", 38)]
        while let first = rest.first {
            let word = words.first { rest.starts(with: $0.0.utf8) }
            bytes.append(word?.1 ?? first)
            rest = rest.dropFirst(word?.0.utf8.count ?? 1)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A form's fields: those that are read are written again as the same.
    @Sendable private static func formFields(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let fields = EncodedFields(text) else { return }
        hold(fields.names.count <= text.utf8.count + 1, "no more fields than text")
        let pairs = fields.names.map { "\(escaped($0))=\(escaped(fields[$0]))" }
        guard let again = EncodedFields(pairs.joined(separator: "&")) else {
            broken("fields that were written are read")
        }
        hold(fields.names.allSatisfy { again[$0] == fields[$0] }, "a field is written as it was read")
    }

    private static func escaped(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        let bytes = text.utf8.flatMap { [UInt8(ascii: "%"), digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: bytes, as: UTF8.self)
    }
}
