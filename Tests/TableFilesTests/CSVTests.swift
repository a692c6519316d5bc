import TableFiles
import Testing

@Suite struct CSVTests {
    private func rows(_ text: String) throws -> [TableRow] { try TableFile(bytes: Array(text.utf8)).rows }

    @Test(arguments: [",", ";", "\t"])
    func separatorIsFound(_ separator: String) throws {
        let text = ["NIP\u{1}Nama\u{1}Unit", "1\u{1}Budi, S.Sos.\u{1}A", "2\u{1}Tuti\u{1}B"].joined(separator: "\r\n")
        let quoted = text.replacing("Budi, S.Sos.", with: "\"Budi, S.Sos.\"").replacing("\u{1}", with: separator)
        #expect(
            try rows(quoted).map(\.cells) == [
                ["NIP", "Nama", "Unit"], ["1", "Budi, S.Sos.", "A"], ["2", "Tuti", "B"],
            ])
    }

    @Test func commasInNamesDoNotMakeColumns() throws {
        let text = "NIP;Nama\n1;Budi, S.Sos., M.Si.\n2;Tuti, S.E.\n3;Ani"
        #expect(try rows(text)[1].cells == ["1", "Budi, S.Sos., M.Si."])
    }

    @Test func linesAreThoseOfTheFile() throws {
        let text = "a,b\r\n\r\n\"two\nlines \"\"quoted\"\"\",x\rlast,y"
        #expect(try rows(text).map(\.line) == [1, 3, 5])
        #expect(try rows(text)[1].cells == ["two\nlines \"quoted\"", "x"])
    }

    @Test func formulasAreText() throws {
        #expect(try rows("=1+1,+2,-3,@x")[0].cells == ["=1+1", "+2", "-3", "@x"])
    }

    @Test func fileThatEndsInsideQuotesIsRefusedWithTheLineItOpened() {
        #expect { try rows("a,b\nc,\"d\ne,f\n") } throws: { ($0 as? TableError)?.line == 2 }
        #expect { try rows("a,b\n\"c\"d,e\n") } throws: { ($0 as? TableError)?.line == 2 }
    }

    @Test func encodingsOfOfficesAreRead() throws {
        #expect(try TableFile(bytes: [0xEF, 0xBB, 0xBF] + Array("Nama\nAni".utf8)).rows[0].cells == ["Nama"])
        let wide: [UInt8] = "\u{FEFF}Nama\tX\nAn\u{E9}\t1".utf16.flatMap { unit -> [UInt8] in
            [UInt8(unit & 0xFF), UInt8(unit >> 8)]
        }
        #expect(try TableFile(bytes: wide).rows[1].cells == ["An\u{E9}", "1"])
        let western = try TableFile(bytes: Array("Nama\nRen".utf8) + [0xE9, 0x2C, 0x93])
        #expect(western.rows[1].cells == ["Ren\u{E9}", "\u{201C}"])
        #expect(western.notes.count == 1)
    }

    @Test(
        arguments: [
            [], [0x00], Array("a\u{0}b".utf8), [0xFF, 0xFE, 0x41], [0xFF, 0xFE, 0x00, 0xD8], [0xEF, 0xBB, 0xBF, 0xFF],
            [0xD0, 0xCF, 0x11, 0xE0, 0xA1], Array("<html><table>".utf8), Array("%PDF-1.4".utf8), [0x41, 0x81],
        ] as [[UInt8]])
    func otherFilesAreRefused(_ bytes: [UInt8]) {
        #expect(throws: TableError.self) { try TableFile(bytes: bytes) }
    }

    @Test func everythingIsBounded() throws {
        var limits = TableLimits()
        limits.rows = 3
        limits.columns = 3
        limits.cellBytes = 8
        limits.cells = 7
        limits.fileBytes = 64
        func read(_ text: String) throws { _ = try TableFile(bytes: Array(text.utf8), limits: limits) }
        try read("1,2,3\n4,5,6\n")
        for text in [
            "1,2,3,4", "123456789", "\"123456789\"", "1\n2\n3\n4", "1,2,3\n4,5,6\n7,8,9",
            String(repeating: "\n", count: 65),
        ] {
            #expect(throws: TableError.self, "\(text)") { try read(text) }
        }
    }

    @Test func mutatedListsNeverTrap() throws {
        let sample = Array("NIP;Nama;\"Un\"\"it\"\r\n1;\"Bu\ndi\";x\r\n2;Tut\u{E9};y\n".utf8)
        for seed in UInt64(0)..<3000 {
            var random = Seeded(state: seed)
            var bytes = sample
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                let special: [UInt8] = [0x22, 0x2C, 0x3B, 0x0D, 0x0A, 0x00, 0xFF, 0xFE, 0x09, 0x3D]
                bytes[place] = special.randomElement(using: &random) ?? 0
            }
            if seed % 3 == 0 { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random)) }
            // What matters is that it comes back; a refusal names no line that is not there.
            do { _ = try TableFile(bytes: bytes) } catch let error as TableError {
                #expect((error.line ?? 1) >= 1 && (error.line ?? 1) <= 20, "seed \(seed)")
            }
        }
    }
}
