import Foundation

/// The rows of one worksheet part.
package struct SheetReader {
    private var scanner: XMLScanner
    private let texts: [String]
    private let dates: DateStyles
    private let startsIn1904: Bool
    private let limits: TableLimits
    private var cells = 0
    private var textBytes = 0

    /// Of any spreadsheet.
    private static let lastRow = 1_048_576
    private static let lastColumn = 16_384

    private struct Cell {
        var column = 0
        var type = "n"
        var style = 0
        var value = ""
        var hasFormula = false
    }

    package init(_ part: [UInt8], texts: [String], dates: DateStyles, startsIn1904: Bool, limits: TableLimits) {
        scanner = XMLScanner(part)
        self.texts = texts
        self.dates = dates
        self.startsIn1904 = startsIn1904
        self.limits = limits
    }

    /// - Throws: `TableError`
    package mutating func rows() throws -> [TableRow] {
        var rows: [TableRow] = []
        var isInData = false
        var line = 0
        while true {
            switch try scanner.next() {
            case .open("sheetData"): isInData = true
            case .close("sheetData"): isInData = false
            case .open("row") where isInData:
                line = try nextLine(after: line)
                let row = try row(line)
                guard row.contains(where: { !$0.isEmpty }) else { continue }
                guard rows.count < limits.rows else { throw TableFile.tooManyRows(line, limits) }
                rows.append(TableRow(line: line, cells: row))
            case .over: return rows
            default: break
            }
        }
    }

    private func nextLine(after line: Int) throws -> Int {
        guard let text = try scanner.attribute("r") else { return line + 1 }
        guard let said = Int(text), said > line, said <= Self.lastRow else {
            throw TableError(line: line, "nomor baris sesudah ini tidak berurutan; simpan ulang dari Excel")
        }
        return said
    }

    private mutating func row(_ line: Int) throws -> [String] {
        var row: [String] = []
        var cell: Cell?
        var isInValue = false
        var next = 0
        while true {
            switch try scanner.next() {
            case .open("c"):
                let opened = try open(next, line)
                next = opened.column + 1
                cell = opened
            case .open("v"), .open("t"): isInValue = true
            case .close("v"), .close("t"): isInValue = false
            case .open("f"): cell?.hasFormula = true
            case .text where isInValue && cell != nil:
                guard scanner.textLength <= 8 * limits.cellBytes else { throw tooLong(line) }
                cell?.value += try scanner.text()
                guard (cell?.value.utf8.count ?? 0) <= limits.cellBytes else { throw tooLong(line) }
            case .close("c"):
                guard let done = cell else { throw XMLScanner.malformed }
                cell = nil
                let text = try text(of: done, line)
                guard !text.isEmpty else { continue }
                try put(text, at: done.column, in: &row, line)
            case .close("row"): return row
            case .over: throw XMLScanner.malformed
            default: break
            }
        }
    }

    private mutating func put(_ text: String, at column: Int, in row: inout [String], _ line: Int) throws {
        guard column < limits.columns else {
            throw TableError(
                line: line,
                "kolom \(ColumnName.text(column)): lebih dari \(limits.columns) kolom; hapus yang tidak perlu")
        }
        cells += column + 1 - row.count
        guard cells <= limits.cells else {
            throw TableError(line: line, "lebih dari \(limits.cells) sel; pecah berkasnya")
        }
        textBytes += text.utf8.count
        guard textBytes <= limits.textBytes else { throw TableFile.tooMuchText(line, limits) }
        while row.count < column { row.append("") }
        row.append(text)
    }

    private func open(_ next: Int, _ line: Int) throws -> Cell {
        var cell = Cell(column: next)
        if let place = try scanner.attribute("r") {
            guard let (column, row) = Self.place(place), row == line, column >= next else {
                throw TableError(line: line, "alamat sel tidak berurutan; simpan ulang dari Excel")
            }
            cell.column = column
        }
        guard cell.column < Self.lastColumn else { throw XMLScanner.malformed }
        cell.type = try scanner.attribute("t") ?? "n"
        cell.style = try scanner.attribute("s").flatMap(Int.init) ?? 0
        return cell
    }

    /// `AB12`: column from 0, row from 1.
    private static func place(_ text: String) -> (column: Int, row: Int)? {
        var column = 0
        var row = 0
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z") where row == 0:
                column = column * 26 + Int(byte - UInt8(ascii: "A")) + 1
            case UInt8(ascii: "0")...UInt8(ascii: "9") where column > 0:
                row = row * 10 + Int(byte - UInt8(ascii: "0"))
            default: return nil
            }
            guard column <= lastColumn, row <= lastRow else { return nil }
        }
        return column > 0 && row > 0 ? (column - 1, row) : nil
    }

    private func text(of cell: Cell, _ line: Int) throws -> String {
        if cell.hasFormula, cell.value.isEmpty, cell.type != "str" {
            throw TableError(
                line: line, "kolom \(ColumnName.text(cell.column)): rumus tanpa hasil; buka dan simpan ulang di Excel")
        }
        switch cell.type {
        case "s":
            guard !cell.value.isEmpty else { return "" }
            guard let index = Int(cell.value), texts.indices.contains(index) else { throw XMLScanner.malformed }
            return texts[index]
        case "b": return cell.value == "1" ? "TRUE" : "FALSE"
        case "str", "inlineStr", "e", "d": return cell.value
        default: break
        }
        if cell.value.isEmpty { return "" }
        guard dates.isDate(style: cell.style) else { return try number(cell, line) }
        guard let number = Double(cell.value), let text = SpreadsheetDate.text(number, startsIn1904: startsIn1904)
        else {
            throw TableError(line: line, "kolom \(ColumnName.text(cell.column)): bukan tanggal yang ada")
        }
        return text
    }

    /// A spreadsheet keeps 15 digits of a number: of one that had more, nobody can say what it was, so it is shown as
    /// what it became, 1.98609262015051E+17.
    private func number(_ cell: Cell, _ line: Int) throws -> String {
        let text = cell.value
        if text.utf8.count <= 15, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            return text
        }
        guard text.utf8.count <= 64, let number = Double(text), number.isFinite else {
            throw TableError(line: line, "kolom \(ColumnName.text(cell.column)): bukan bilangan")
        }
        if abs(number) >= 1e15 { return String(format: "%.14E", number) }
        return number == number.rounded() ? String(Int64(number)) : "\(number)"
    }

    private func tooLong(_ line: Int) -> TableError {
        TableError(line: line, "sel lebih panjang dari \(limits.cellBytes) byte; pendekkan isinya")
    }
}

/// Dates as spreadsheets keep them: days since a first day, with a 29 February 1900 that never was.
enum SpreadsheetDate {
    /// `YYYY-MM-DD`, with ` HH:MM:SS` where it has a time, `HH:MM:SS` of a time alone; `nil` for no date.
    static func text(_ number: Double, startsIn1904: Bool) -> String? {
        guard number.isFinite, number >= 0, number < 2_958_466 else { return nil }
        var day = Int(number)
        var second = Int(((number - Double(day)) * 86_400).rounded())
        if second == 86_400 {
            day += 1
            second = 0
        }
        let time = String(format: "%02d:%02d:%02d", second / 3600, second / 60 % 60, second % 60)
        if day == 0, !startsIn1904 { return time }
        let sinceEpoch: Int
        if startsIn1904 {
            sinceEpoch = day - 24_107
        } else {
            guard day != 60 else { return nil }
            sinceEpoch = day - 25_569 + (day < 60 ? 1 : 0)
        }
        let date = Date(timeIntervalSince1970: Double(sinceEpoch) * 86_400)
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let parts = calendar.dateComponents([.year, .month, .day], from: date)
        guard let year = parts.year, let month = parts.month, let day = parts.day else { return nil }
        return String(format: "%04d-%02d-%02d", year, month, day) + (second == 0 ? "" : " " + time)
    }
}
