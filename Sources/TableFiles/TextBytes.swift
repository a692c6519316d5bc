/// The bytes of a text file as UTF-8, whatever it was saved as.
struct TextBytes {
    let bytes: [UInt8]
    let notes: [String]

    /// - Throws: `TableError` for what is neither UTF-8, UTF-16 with its mark, nor Windows-1252.
    init(_ file: [UInt8]) throws {
        if file.starts(with: [0xEF, 0xBB, 0xBF]) {
            let rest = Array(file.dropFirst(3))
            guard String(validating: rest, as: UTF8.self) != nil else {
                throw TableError("berkas bertanda UTF-8 tetapi isinya rusak; simpan ulang sebagai CSV UTF-8")
            }
            self.init(bytes: try Self.withoutNull(rest), notes: [])
        } else if file.starts(with: [0xFF, 0xFE]) {
            self.init(bytes: try Self.wide(file) { low, high in UInt16(high) << 8 | UInt16(low) }, notes: [])
        } else if file.starts(with: [0xFE, 0xFF]) {
            self.init(bytes: try Self.wide(file) { high, low in UInt16(high) << 8 | UInt16(low) }, notes: [])
        } else if String(validating: file, as: UTF8.self) != nil {
            self.init(bytes: try Self.withoutNull(file), notes: [])
        } else {
            self.init(
                bytes: try Self.western(try Self.withoutNull(file)),
                notes: ["berkas bukan UTF-8 dan dibaca sebagai Windows-1252; periksa nama dengan huruf khusus"])
        }
    }

    private init(bytes: [UInt8], notes: [String]) {
        self.bytes = bytes
        self.notes = notes
    }

    private static func withoutNull(_ bytes: [UInt8]) throws -> [UInt8] {
        guard let place = bytes.firstIndex(of: 0) else { return bytes }
        throw TableError(
            line: line(of: place, in: bytes),
            "ada byte nol: bukan teks, atau UTF-16 tanpa tanda; simpan ulang sebagai CSV UTF-8")
    }

    private static func wide(_ file: [UInt8], _ unit: (UInt8, UInt8) -> UInt16) throws -> [UInt8] {
        guard file.count.isMultiple(of: 2) else {
            throw TableError("berkas UTF-16 terpotong di tengah huruf; salin ulang atau simpan sebagai CSV UTF-8")
        }
        let units = stride(from: 2, to: file.count, by: 2).map { unit(file[$0], file[$0 + 1]) }
        guard let text = String(validating: units, as: UTF16.self) else {
            throw TableError("berkas UTF-16 rusak; simpan ulang sebagai CSV UTF-8")
        }
        return try withoutNull(Array(text.utf8))
    }

    private static func western(_ file: [UInt8]) throws -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(file.count + file.count / 8)
        for (place, byte) in file.enumerated() {
            switch byte {
            case 0..<0x80: bytes.append(byte)
            case 0x80..<0xA0:
                let scalar = upperControls[Int(byte - 0x80)]
                guard scalar != "\u{0}" else {
                    throw TableError(
                        line: line(of: place, in: file), "huruf yang tidak dikenal; simpan ulang sebagai CSV UTF-8")
                }
                bytes.append(contentsOf: String(scalar).utf8)
            default: bytes.append(contentsOf: String(Unicode.Scalar(byte)).utf8)
            }
        }
        return bytes
    }

    private static func line(of place: Int, in bytes: [UInt8]) -> Int {
        1 + bytes.prefix(place).count { $0 == UInt8(ascii: "\n") }
    }

    /// 0x80 to 0x9F of Windows-1252; U+0000 where it has nothing.
    private static let upperControls: [Unicode.Scalar] = [
        "\u{20AC}", "\u{0}", "\u{201A}", "\u{192}", "\u{201E}", "\u{2026}", "\u{2020}", "\u{2021}",
        "\u{2C6}", "\u{2030}", "\u{160}", "\u{2039}", "\u{152}", "\u{0}", "\u{17D}", "\u{0}",
        "\u{0}", "\u{2018}", "\u{2019}", "\u{201C}", "\u{201D}", "\u{2022}", "\u{2013}", "\u{2014}",
        "\u{2DC}", "\u{2122}", "\u{161}", "\u{203A}", "\u{153}", "\u{0}", "\u{17E}", "\u{178}",
    ]
}
