import Foundation

/// How much of a file is taken. A list of 15,000 employees has 2 MiB and 200,000 cells.
package struct TableLimits: Equatable, Sendable {
    package var fileBytes = 64 << 20
    package var rows = 200_000
    package var columns = 200
    package var cellBytes = 4096
    package var cells = 4_000_000
    /// Bytes of the text of all cells: a text that cells share counts for each.
    package var textBytes = 64 << 20
    /// Bytes that come out of a compressed file, all parts that are read together.
    package var unpackedBytes = 256 << 20

    package init() {}
}

/// Why a file is no table that can be taken; Indonesian, for whoever made the file.
package struct TableError: Error, Equatable, Sendable {
    package let line: Int?
    /// What is wrong and what to do; nothing of the file stands in it but names of sheets.
    package let text: String

    package init(line: Int? = nil, _ text: String) {
        self.line = line
        self.text = text
    }
}

/// A table as somebody saved it from a spreadsheet: text cells, never formulas.
package struct TableFile: Equatable, Sendable {
    package enum Format: String, Sendable { case csv, xlsx }

    package let format: Format
    /// `nil` of a CSV file.
    package let sheet: String?
    /// Those with a cell that has text, each with the line it stands on; in order.
    package let rows: [TableRow]
    /// What was decided about the file and could be wrong; Indonesian.
    package let notes: [String]

    /// - Parameter sheet: by name, of a workbook; `nil` takes the first that is shown.
    /// - Throws: `TableError`
    package init(bytes: [UInt8], sheet: String? = nil, limits: TableLimits = TableLimits()) throws {
        guard bytes.count <= limits.fileBytes else { throw Self.tooLarge(limits) }
        guard !bytes.isEmpty else { throw TableError("berkas kosong (0 byte); simpan ulang dari aplikasinya") }
        if bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
            let workbook = try Workbook(bytes, limits)
            let (name, rows) = try workbook.rows(sheet: sheet)
            self.init(format: .xlsx, sheet: name, rows: rows, notes: workbook.notes)
            return
        }
        try Self.refuseOtherKinds(bytes)
        guard sheet == nil else { throw TableError("berkas CSV tidak punya sheet; hapus --sheet") }
        let text = try TextBytes(bytes)
        var reader = CSVReader(text.bytes, limits)
        var rows: [TableRow] = []
        while let row = try reader.next() {
            guard row.cells.contains(where: { !$0.isEmpty }) else { continue }
            guard rows.count < limits.rows else { throw Self.tooManyRows(row.line, limits) }
            rows.append(row)
        }
        self.init(format: .csv, sheet: nil, rows: rows, notes: text.notes)
    }

    /// - Throws: `TableError`
    package init(path: String, sheet: String? = nil, limits: TableLimits = TableLimits()) throws {
        try self.init(bytes: Self.read(path, limits), sheet: sheet, limits: limits)
    }

    /// Rows that no file had: somebody typed them as words of a command.
    package init(rows: [[String]]) {
        let rows = rows.enumerated().map { TableRow(line: $0.offset + 1, cells: $0.element) }
        self.init(format: .csv, sheet: nil, rows: rows, notes: [])
    }

    private init(format: Format, sheet: String?, rows: [TableRow], notes: [String]) {
        self.format = format
        self.sheet = sheet
        self.rows = rows
        self.notes = notes
    }

    /// - Throws: `TableError`
    package static func read(_ path: String, _ limits: TableLimits = TableLimits()) throws -> [UInt8] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
            throw TableError("berkas tidak ada; periksa namanya")
        }
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw TableError("berkas tidak dapat dibuka; periksa izinnya")
        }
        defer { try? file.close() }
        var bytes: [UInt8] = []
        while true {
            let part: Data?
            do { part = try file.read(upToCount: 1 << 20) } catch {
                throw TableError("berkas tidak dapat dibaca sampai akhir; salin ulang lalu coba lagi")
            }
            guard let part, !part.isEmpty else { return bytes }
            bytes.append(contentsOf: part)
            guard bytes.count <= limits.fileBytes else { throw tooLarge(limits) }
        }
    }

    private static func refuseOtherKinds(_ bytes: [UInt8]) throws {
        if bytes.starts(with: [0xD0, 0xCF, 0x11, 0xE0]) {
            throw TableError("berkas .xls lama atau bersandi; buka di Excel, simpan sebagai .xlsx tanpa sandi")
        }
        if bytes.starts(with: Array("%PDF".utf8)) { throw TableError("berkas PDF; yang dibaca hanya .csv dan .xlsx") }
        let begin = bytes.prefix(512).drop { $0 <= 0x20 || $0 >= 0x80 }
        if begin.first == UInt8(ascii: "<") {
            throw TableError("berkas halaman web (HTML/XML) bernama tabel; buka di Excel, simpan sebagai .xlsx")
        }
    }

    static func tooManyRows(_ line: Int, _ limits: TableLimits) -> TableError {
        TableError(line: line, "lebih dari \(limits.rows) baris; pecah berkasnya")
    }

    static func tooMuchText(_ line: Int, _ limits: TableLimits) -> TableError {
        TableError(line: line, "isi semua sel lebih dari \(limits.textBytes >> 20) MiB; pecah berkasnya")
    }

    private static func tooLarge(_ limits: TableLimits) -> TableError {
        TableError("berkas lebih besar dari \(limits.fileBytes >> 20) MiB; pecah berkasnya")
    }
}

/// Names a column as spreadsheets do: 0 is A, 26 is AA.
package enum ColumnName {
    package static func text(_ index: Int) -> String {
        var letters: [UInt8] = []
        var left = max(0, index)
        repeat {
            letters.append(UInt8(ascii: "A") + UInt8(left % 26))
            left = left / 26 - 1
        } while left >= 0
        return String(decoding: letters.reversed(), as: UTF8.self)
    }
}
