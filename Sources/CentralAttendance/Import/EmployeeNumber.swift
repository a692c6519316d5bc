import AttendanceRules

/// NIP, NI PPPK, or a number of the government's own, as text (domain, section 5).
enum EmployeeNumber {
    static let longest = 64

    struct Refused: Error {
        let text: String
    }

    /// Without what people type for the eye: spaces and dots between digits, an apostrophe before them.
    ///
    /// - Throws: `Refused` for what a spreadsheet made of a number: nobody can say what it was.
    static func read(_ cell: String) throws -> String {
        let text = cell.hasPrefix("'") ? String(cell.dropFirst()) : cell
        let digits = text.filter { $0 != " " && $0 != "." }
        let isNumber = !digits.isEmpty && digits.utf8.allSatisfy { (0x30...0x39).contains($0) }
        if isScientific(text) { throw damaged }
        // Of 18 digits a spreadsheet keeps 15; a serial of 000 was never given.
        if isNumber, digits.utf8.count == 18, digits.hasSuffix("000") { throw damaged }
        let number = isNumber ? digits : text
        guard !number.isEmpty, number.utf8.count <= longest else {
            throw Refused(text: "nomor lebih panjang dari \(longest) byte; periksa kolomnya")
        }
        let isPlain = number.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            case UInt8(ascii: "-"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: " "): true
            default: false
            }
        }
        guard isPlain, number.utf8.contains(where: { (0x30...0x39).contains($0) }) else {
            throw Refused(text: "\"\(ImportText.shown(cell))\" bukan nomor; isi NIP 18 angka atau nomor pegawai")
        }
        return number
    }

    private static var damaged: Refused {
        Refused(text: "rusak oleh Excel; format kolom sebagai teks, lalu isi ulang nomornya dari sumber asli")
    }

    /// `1.98609E+17`, with a comma where the computer writes decimals so.
    private static func isScientific(_ text: String) -> Bool {
        let parts = text.uppercased().split(separator: "E", omittingEmptySubsequences: false)
        guard parts.count == 2, let exponent = Int(parts[1]), abs(exponent) < 400 else { return false }
        return !parts[0].isEmpty
            && parts[0].utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E || $0 == 0x2C }
    }

    /// What is odd about the number for this kind. Old data has errors, so it is said, not refused.
    static func oddity(_ number: String, _ kind: EmployeeKind) -> String? {
        if kind == .nonASN { return nil }
        let digits = number.utf8.map { Int($0) - 0x30 }
        guard digits.count == 18, digits.allSatisfy({ (0...9).contains($0) }) else {
            return "NIP \(ImportText.name(kind)) biasanya 18 angka; ini \(number.count)"
        }
        func value(_ range: Range<Int>) -> Int { digits[range].reduce(0) { $0 * 10 + $1 } }
        guard let birth = CivilDate(year: value(0..<4), month: value(4..<6), day: value(6..<8)),
            (1930...2015).contains(birth.parts.year)
        else { return "8 angka pertama NIP bukan tanggal lahir" }
        guard (1...2).contains(digits[14]) else { return "angka ke-15 NIP (jenis kelamin) bukan 1 atau 2" }
        guard value(15..<18) >= 1 else { return "nomor urut NIP (3 angka terakhir) 000" }
        let looksLikePNS = (1...12).contains(value(12..<14))
        let isPNS = kind == .pns || kind == .cpns
        if isPNS == looksLikePNS { return nil }
        return
            "angka ke-13 dan 14 seperti \(looksLikePNS ? "NIP PNS" : "NI PPPK"), padahal jenisnya \(ImportText.name(kind))"
    }
}
