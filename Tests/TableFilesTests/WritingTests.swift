import Foundation
import Testing

@testable import TableFiles

/// Texts that somebody typed to make a spreadsheet compute.
private let hostile = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\0=1", "  =1", "\u{301}=1", "\u{FEFF}=1", "\u{200B}=1", "\u{A0}=1",
    "＝1", "=HYPERLINK(\"http://x\",\"y\")", "=cmd|' /C calc'!A0", "\u{7F}=1", "\tBudi",
]

private func withFile<Value>(_ name: String, _ work: (String) throws -> Value) throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appending(path: "tables-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try work(folder.appending(path: name).path)
}

private func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path))) }

private let columns = [TableColumn("NIP", width: 20), TableColumn("Nama"), TableColumn("Jumlah")]

@Suite("Workbooks that are written")
struct XLSXWriterTests {
    private func make(_ path: String, mostRows: Int = 1_000_000) throws -> XLSXWriter {
        try XLSXWriter(
            path: path, temporary: URL(filePath: path).deletingLastPathComponent().path, title: "Uji",
            created: Date(timeIntervalSince1970: 1_772_409_600), mostRows: mostRows)
    }

    @Test("a NIP of 18 digits is the same 18 digits, as text; a number is a number")
    func digits() throws {
        try withFile("a.xlsx") { path in
            let writer = try make(path)
            try writer.begin(TableSheet(name: "Data", columns: columns))
            try writer.row([.id("198609262015051001"), .text("Ani"), .number(-7)])
            try writer.finish()
            let table = try TableFile(bytes: bytes(path))
            #expect(table.rows.map(\.cells) == [["NIP", "Nama", "Jumlah"], ["198609262015051001", "Ani", "-7"]])
            let archive = try ZipArchive(bytes(path), unpackedBytes: 1 << 20)
            let sheet = try String(decoding: #require(try archive.part("xl/worksheets/sheet1.xml")), as: UTF8.self)
            #expect(sheet.contains("t=\"inlineStr\"><is><t>198609262015051001</t>"))
            #expect(sheet.contains("<v>-7</v>"))
        }
    }

    @Test("H12 no text becomes a formula, wherever it stands", arguments: hostile)
    func formulas(text: String) throws {
        try withFile("a.xlsx") { path in
            let writer = try make(path)
            try writer.begin(TableSheet(name: text, title: [text], columns: [TableColumn(text)], foot: text))
            try writer.row([.text(text)])
            try writer.row([.id(text)], isTotal: true)
            try writer.row([.code(text, .bad)])
            try writer.line([0: text], isStrong: true)
            try writer.notes([[text, text]])
            try writer.finish()
            let archive = try ZipArchive(bytes(path), unpackedBytes: 1 << 20)
            for number in 1...2 {
                let part = try #require(try archive.part("xl/worksheets/sheet\(number).xml"))
                let sheet = String(decoding: part, as: UTF8.self)
                #expect(!sheet.contains("<f>") && !sheet.contains("<f ") && !sheet.contains("hyperlink"))
            }
        }
    }

    @Test("what XML has no place for does not break the file, and an escape that was typed is shown as typed")
    func characters() throws {
        try withFile("a.xlsx") { path in
            let texts = ["a\u{1}b\u{B}c", "<&>\"'", "\u{FFFF}x", "_x0041_", "أحمد 👩‍👩‍👧 x\u{301}\u{301}"]
            let writer = try make(path)
            try writer.begin(TableSheet(name: "Data", columns: [TableColumn("x")]))
            for text in texts { try writer.row([.text(text)]) }
            try writer.finish()
            let cells = try TableFile(bytes: bytes(path)).rows.dropFirst().compactMap(\.cells.first)
            #expect(cells.count == texts.count)
            #expect(cells.first == "a b c")
            #expect(cells.dropFirst().first == "<&>\"'")
            let archive = try ZipArchive(bytes(path), unpackedBytes: 1 << 20)
            let sheet = try String(decoding: #require(try archive.part("xl/worksheets/sheet1.xml")), as: UTF8.self)
            #expect(sheet.contains("_x005F_x0041_"))
        }
    }

    @Test("sheets have names that spreadsheets take, each its own")
    func names() throws {
        var taken: Set<String> = []
        let long = String(repeating: "Dinas ", count: 20)
        let names = ["", "'=a'", "[x]:*?/\\", long, long, long.uppercased(), "History", "\u{1F468}\u{200D}\u{1F469}"]
            .map { XLSXText.sheetName($0, &taken) }
        #expect(Set(names.map { $0.lowercased() }).count == names.count)
        for name in names {
            #expect(!name.isEmpty && name.utf16.count <= 31 && !name.contains { "[]:*?/\\'".contains($0) }, "\(name)")
        }
    }

    @Test("more rows than a sheet takes go on in another, under the same head")
    func overflow() throws {
        try withFile("a.xlsx") { path in
            let writer = try make(path, mostRows: 10)
            try writer.begin(TableSheet(name: "Data", columns: columns))
            for number in 0..<25 { try writer.row([.id("1"), .text("Ani"), .number(number)]) }
            try writer.finish()
            var numbers: [String] = []
            for sheet in ["Data", "Data (2)", "Data (3)"] {
                let rows = try TableFile(bytes: bytes(path), sheet: sheet).rows
                #expect(rows.first?.cells == ["NIP", "Nama", "Jumlah"])
                numbers += rows.dropFirst().compactMap { $0.cells.last }
            }
            #expect(numbers == (0..<25).map(String.init))
        }
    }

    @Test("it prints on landscape paper, with the head on every page and the page's number")
    func paper() throws {
        try withFile("a.xlsx") { path in
            let writer = try make(path)
            try writer.begin(TableSheet(name: "Data", title: ["Judul"], columns: columns, paper: .f4, foot: "1 A & B"))
            try writer.finish()
            let archive = try ZipArchive(bytes(path), unpackedBytes: 1 << 20)
            let sheet = try String(decoding: #require(try archive.part("xl/worksheets/sheet1.xml")), as: UTF8.self)
            #expect(sheet.contains("paperSize=\"14\"") && sheet.contains("orientation=\"landscape\""))
            #expect(sheet.contains("&amp;P") && sheet.contains("&amp;L&amp;8 1 A &amp;&amp; B"))
            let book = try String(decoding: #require(try archive.part("xl/workbook.xml")), as: UTF8.self)
            #expect(book.contains("_xlnm.Print_Titles") && book.contains("$3:$3"))
        }
    }

    @Test("nobody else may read it, what is there is not written over, and an abandoned one is gone")
    func files() throws {
        try withFile("a.xlsx") { path in
            try Data("old".utf8).write(to: URL(filePath: path))
            #expect(throws: TableWriteError.self) { try make(path) }
            #expect(try bytes(path) == Array("old".utf8))
            let other = path + ".xlsx"
            let writer = try make(other)
            try writer.begin(TableSheet(name: "Data", columns: columns))
            #expect(throws: TableWriteError.self) { try writer.row([.blank]) }
            writer.abandon()
            #expect(!FileManager.default.fileExists(atPath: other))
            let whole = try make(other)
            try whole.begin(TableSheet(name: "Data", columns: columns))
            try whole.finish()
            let mode = try FileManager.default.attributesOfItem(atPath: other)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            let left = try FileManager.default.contentsOfDirectory(
                atPath: URL(filePath: other).deletingLastPathComponent().path)
            #expect(Set(left) == ["a.xlsx", "a.xlsx.xlsx"])
        }
    }
}

@Suite("CSV that is written")
struct CSVWriterTests {
    private func text(_ path: String) throws -> String { String(decoding: try bytes(path), as: UTF8.self) }

    @Test("no text is a formula for a spreadsheet", arguments: hostile)
    func formulas(text: String) throws {
        #expect(CSVText.isFormula(text))
        let cell = CSVText.cell(text)
        // By scalars: a combining mark behind the apostrophe is one character with it.
        let begin = String.UnicodeScalarView(cell.unicodeScalars.prefix { $0 == "\"" || $0 == "'" })
        #expect(begin.contains("'"), "\(cell)")
        for plain in ["Budi", "1-2", "a=b", "Ani, S.E.", "é", "-".isEmpty ? "" : "–"] {
            #expect(!CSVText.isFormula(plain), "\(plain)")
        }
    }

    @Test("for people: a mark that says UTF-8, numbers that are names behind an apostrophe, notes below")
    func people() throws {
        try withFile("a.csv") { path in
            let writer = try CSVWriter(path: path)
            try writer.begin(
                TableSheet(name: "a", title: ["Judul"], columns: columns + [TableColumn("x", isFlat: true)]))
            try writer.row([.id("198609262015051001"), .text("Ani \"A\", S.E."), .decimal(-1250), .blank])
            try writer.begin(TableSheet(name: "b", columns: columns + [TableColumn("x", isFlat: true)]))
            try writer.row([.id("2"), .code("TL1", .warn), .number(1_000_000), .text("=1")], isTotal: true)
            writer.line([0: "tanda tangan"], isStrong: true)
            try writer.notes([["Aturan", "a@b"], ["1", "2", "3", "4", "5"]])
            try writer.finish()
            #expect(
                try text(path)
                    == "\u{FEFF}NIP,Nama,Jumlah,x\r\n'198609262015051001,\"Ani \"\"A\"\", S.E.\",-1.250,\r\n"
                    + "'2,TL1,1000000,'=1\r\n#,Aturan,a@b,\r\n#,1,2,\"3; 4; 5\"\r\n")
        }
    }

    @Test("for programs: the table and nothing else; the notes lie beside it")
    func programs() throws {
        try withFile("a.csv") { path in
            let notes = path + ".keterangan.csv"
            let writer = try CSVWriter(path: path, for: .programs(notes: notes))
            try writer.begin(TableSheet(name: "a", columns: columns))
            try writer.row([.id("198609262015051001"), .text("=x"), .number(1)])
            try writer.notes([["Aturan", "a@b"]])
            try writer.finish()
            #expect(try text(path) == "NIP,Nama,Jumlah\r\n198609262015051001,'=x,1\r\n")
            #expect(try text(notes) == "\u{FEFF}Aturan,a@b\r\n")
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            let other = try CSVWriter(path: path + "2")
            other.abandon()
            #expect(!FileManager.default.fileExists(atPath: path + "2"))
        }
    }
}
