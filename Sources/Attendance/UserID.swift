/// The number a person has on a device, as the device stores it: bytes, usually digits.
///
/// Normalised once, here: up to the first NUL, spaces trimmed, leading zeros kept. It is never turned into
/// an integer, and bytes that are not UTF-8 are kept as they are, because the key of a punch is made of them.
package struct UserID: Hashable, Sendable {
    package let bytes: [UInt8]

    /// Longest user id taken from an entry, in bytes. Devices have up to 24; other sources a little more.
    package static let longest = 128

    /// From a fixed-size text field of a device record.
    package init(field: some Sequence<UInt8>) {
        bytes =
            field.withContiguousStorageIfAvailable { Self.trimmed($0) }
            ?? Array(field).withUnsafeBufferPointer(Self.trimmed)
    }

    private static func trimmed(_ field: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var text = field[..<(field.firstIndex(of: 0) ?? field.endIndex)]
        while text.first == 0x20 { text = text.dropFirst() }
        while text.last == 0x20 { text = text.dropLast() }
        return Array(text)
    }

    package init(_ text: String) {
        self.init(field: text.utf8)
    }

    /// From a record that stores the user id as a number.
    package init(number: UInt32) {
        bytes = Array(String(number).utf8)
    }

    /// Empty, or the number 0: a scan that names nobody. Kept and flagged, never counted.
    package var isNobody: Bool {
        bytes.allSatisfy { $0 == UInt8(ascii: "0") }
    }

    /// Printable text; bytes that are not UTF-8 show as U+FFFD. For people, never for identity.
    package var text: String {
        String(decoding: bytes, as: UTF8.self)
    }

    /// Hex of the bytes where `text` cannot give them back.
    package var hexIfNotText: String? {
        bytes.allSatisfy { $0 < 0x80 } || text.utf8.elementsEqual(bytes) ? nil : Hex.encode(bytes)
    }
}

/// As an array of bytes: not every user id is text.
extension UserID: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let bytes = try container.decode([UInt8].self)
        guard bytes.count <= Self.longest else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "longer than any user id")
        }
        self.init(field: bytes)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(bytes)
    }
}
