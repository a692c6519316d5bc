/// A zip file without compression, made here so that tests choose every byte of it.
enum Zip {
    static func file(_ parts: [(name: String, text: String)]) -> [UInt8] {
        var out: [UInt8] = []
        var directory: [UInt8] = []
        for (name, text) in parts {
            let data = Array(text.utf8)
            let facts =
                le(0, 2) + le(0, 2) + le(0, 2) + le(0x21, 2) + le(crc(data), 4) + le(data.count, 4)
                + le(data.count, 4) + le(name.utf8.count, 2) + le(0, 2)
            directory +=
                [0x50, 0x4B, 1, 2] + le(20, 2) + le(20, 2) + facts + le(0, 2) + le(0, 2) + le(0, 2) + le(0, 4)
                + le(out.count, 4) + Array(name.utf8)
            out += [0x50, 0x4B, 3, 4] + le(20, 2) + facts + Array(name.utf8) + data
        }
        let begin = out.count
        return out + directory + [0x50, 0x4B, 5, 6] + le(0, 2) + le(0, 2) + le(parts.count, 2) + le(parts.count, 2)
            + le(directory.count, 4) + le(begin, 4) + le(0, 2)
    }

    static func workbook(_ rows: String, shared: String = "", styles: String = "", properties: String = "") -> [UInt8] {
        file([
            (
                "xl/workbook.xml",
                "<?xml version=\"1.0\"?><workbook xmlns:r=\"r\">\(properties)<sheets><sheet name=\"Rahasia\" sheetId=\"9\" "
                    + "state=\"hidden\" r:id=\"x9\"/><sheet name=\"Data\" sheetId=\"1\" r:id=\"x1\"/></sheets></workbook>"
            ),
            (
                "xl/_rels/workbook.xml.rels",
                "<Relationships><Relationship Id=\"x9\" Type=\"a/worksheet\" Target=\"worksheets/sheet9.xml\"/>"
                    + "<Relationship Id=\"x1\" Type=\"a/worksheet\" Target=\"/xl/worksheets/sheet1.xml\"/></Relationships>"
            ),
            ("xl/sharedStrings.xml", "<sst>\(shared)</sst>"),
            ("xl/styles.xml", "<styleSheet>\(styles)</styleSheet>"),
            (
                "xl/worksheets/sheet9.xml",
                "<worksheet><sheetData><row><c t=\"str\"><v>hidden</v></c></row></sheetData></worksheet>"
            ),
            ("xl/worksheets/sheet1.xml", "<worksheet><sheetData>\(rows)</sheetData></worksheet>"),
        ])
    }

    private static func le(_ number: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }

    private static func crc(_ bytes: [UInt8]) -> Int {
        var value: UInt32 = .max
        for byte in bytes {
            value ^= UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
        }
        return Int(~value)
    }
}

/// SplitMix64: the same seed, the same mutations.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}
