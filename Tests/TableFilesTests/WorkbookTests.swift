import TableFiles
import Testing

@Suite struct WorkbookTests {
    private func cells(_ rows: String, shared: String = "", styles: String = "", properties: String = "") throws
        -> [[String]]
    {
        try TableFile(bytes: Zip.workbook(rows, shared: shared, styles: styles, properties: properties)).rows.map(
            \.cells)
    }

    private let dateStyles = """
        <numFmts><numFmt numFmtId="164" formatCode="dd/mm/yyyy"/><numFmt numFmtId="165" formatCode="0&quot;m&quot;"/></numFmts>\
        <cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs>
        """

    @Test func textsAndNumbersAndDates() throws {
        let rows = """
            <row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="inlineStr"><is><t>Sri &amp; Co</t></is></c></row>\
            <row r="3"><c r="A3"><v>12</v></c><c r="B3"><v>1.5</v></c><c r="C3" s="1"><v>46023</v></c>\
            <c r="D3" s="2"><v>46023.5</v></c><c r="E3" s="3"><v>46023</v></c><c r="F3" t="b"><v>1</v></c></row>
            """
        let shared = "<si><r><t>Bu</t></r><r><t>di</t></r><rPh><t>x</t></rPh></si>"
        let file = try TableFile(bytes: Zip.workbook(rows, shared: shared, styles: dateStyles))
        #expect(file.rows.map(\.line) == [1, 3])
        #expect(file.rows[0].cells == ["Budi", "", "Sri & Co"])
        #expect(file.rows[1].cells == ["12", "1.5", "2026-01-01", "2026-01-01 12:00:00", "46023", "TRUE"])
        #expect(file.sheet == "Data", "the hidden sheet before it is not what people see")
    }

    @Test func oneTextThatManyCellsShareCountsForEach() throws {
        let shared = "<si><t>\(String(repeating: "x", count: 3000))</t></si>"
        let row = #"<row><c t="s"><v>0</v></c></row>"#
        var limits = TableLimits()
        #expect(limits.textBytes == 64 << 20)
        limits.textBytes = 9000
        func read(_ rows: Int) throws -> Int {
            let bytes = Zip.workbook(String(repeating: row, count: rows), shared: shared)
            return try TableFile(bytes: bytes, limits: limits).rows.count
        }
        #expect(try read(3) == 3)
        #expect { try read(4) } throws: { ($0 as? TableError)?.line == 4 }
        let text = String(repeating: "\(String(repeating: "x", count: 3000)),\n", count: 4)
        #expect { try TableFile(bytes: Array(text.utf8), limits: limits) } throws: { ($0 as? TableError)?.line == 4 }
    }

    @Test func datesOfTheOtherSystem() throws {
        let row = #"<row><c s="1"><v>44561</v></c></row>"#
        #expect(try cells(row, styles: dateStyles, properties: #"<workbookPr date1904="1"/>"#) == [["2026-01-01"]])
    }

    @Test func dayThatNeverWasIsNoDate() {
        #expect(throws: TableError.self) { try cells(#"<row><c s="1"><v>60</v></c></row>"#, styles: dateStyles) }
    }

    /// Excel writes 1.98609262015051E+17, LibreOffice 198609262015051000: both lost the last digits.
    @Test(arguments: ["1.98609262015051E+17", "198609262015051000", "198609262015051001"])
    func longNumberIsShownAsDamaged(_ number: String) throws {
        #expect(try cells("<row><c><v>\(number)</v></c></row>") == [["1.98609262015051E+17"]])
    }

    @Test func sheetIsChosenByName() throws {
        let file = Zip.workbook("<row><c><v>1</v></c></row>")
        #expect(try TableFile(bytes: file, sheet: "Rahasia").rows[0].cells == ["hidden"])
        #expect(throws: TableError.self) { try TableFile(bytes: file, sheet: "Tidak ada") }
    }

    @Test(arguments: [
        #"<row r="5"/><row r="5"><c><v>1</v></c></row>"#, #"<row r="9"/><row r="2"/>"#, #"<row r="1048577"/>"#,
        #"<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>2</v></c></row>"#, #"<row r="1"><c r="A2"><v>1</v></c></row>"#,
        #"<row><c r="ZZZZZZZZZZZZZZ1"><v>1</v></c></row>"#, #"<row><c t="s"><v>7</v></c></row>"#,
        #"<row><c t="s"><v>-1</v></c></row>"#, #"<row><c r="GS1"><v>1</v></c></row>"#,
        #"<row><c><f>1+1</f></c></row>"#, "<row><c><v>&lol;</v></c></row>", "<row><c><v>&#0;</v></c></row>",
        "<row><c></row>", "<row", "<row><c><v>nan</v></c></row>", "<row><c><v>0x10p5</v></c>x</v></row>",
        "<!DOCTYPE x [<!ENTITY a \"b\">]>",
        "<row><c t=\"str\"><v>" + String(repeating: "x", count: 4097) + "</v></c></row>",
    ])
    func hostileSheetsAreRefused(_ rows: String) {
        #expect(throws: TableError.self) { try cells(rows) }
    }

    @Test func bytesThatComeOutAreCounted() throws {
        let file = Zip.workbook(#"<row><c t="str"><v>a</v></c></row>"# + String(repeating: " ", count: 100_000))
        var limits = TableLimits()
        limits.unpackedBytes = 200_000
        #expect(try TableFile(bytes: file, limits: limits).rows.count == 1)
        limits.unpackedBytes = 50_000
        #expect(throws: TableError.self) { try TableFile(bytes: file, limits: limits) }
    }

    @Test func cutFilesAreRefused() throws {
        let file = Zip.workbook("<row><c><v>1</v></c></row>")
        for count in stride(from: 4, to: file.count, by: 7) {
            #expect(throws: TableError.self, "\(count)") { try TableFile(bytes: Array(file.prefix(count))) }
        }
    }

    @Test func mutatedWorkbooksNeverTrap() {
        let file = Zip.workbook(
            #"<row r="1"><c r="A1" s="1"><v>46023</v></c><c r="B1" t="s"><v>0</v></c></row>"#,
            shared: "<si><t>a&amp;b</t></si>", styles: dateStyles)
        for seed in UInt64(0)..<3000 {
            var random = Seeded(state: seed)
            var bytes = file
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            do { _ = try TableFile(bytes: bytes) } catch {
                #expect(error is TableError, "seed \(seed): \(error)")
            }
        }
    }

    /// The zip's checksum would hide the parser from what is inside: here it is right, and the XML is not.
    @Test func mutatedSheetsNeverTrap() {
        let rows = Array(
            #"<row r="1"><c r="A1" s="1"><v>46023</v></c><c r="B1" t="inlineStr"><is><t>&#x41;</t></is></c></row>"#.utf8
        )
        for seed in UInt64(0)..<3000 {
            var random = Seeded(state: seed)
            var bytes = rows
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let letters = Array("<>/\"'&;#= 19Arcv!-[]?\n".utf8)
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = letters.randomElement(using: &random) ?? 0
            }
            do {
                _ = try TableFile(bytes: Zip.workbook(String(decoding: bytes, as: UTF8.self), styles: dateStyles))
            } catch { #expect(error is TableError, "seed \(seed): \(error)") }
        }
    }
}
