/// A fixed-size piece of bytes whose length was checked once; its accessors take offsets from named layouts.
///
/// All integers on this wire are little-endian (zk-protocol, section 0).
package struct Fields {
    private let bytes: [UInt8]
    private let start: Int
    package let size: Int

    /// - Throws: `WireError` naming `structure` where fewer than `size` bytes follow `start`.
    package init(_ bytes: [UInt8], at start: Int = 0, size: Int, of structure: String) throws(WireError) {
        guard start >= 0, size >= 0, start <= bytes.count, bytes.count - start >= size else {
            throw WireError(structure, at: start, .tooShort(needed: size, got: max(0, bytes.count - start)))
        }
        self.bytes = bytes
        self.start = start
        self.size = size
    }

    package func u8(_ offset: Int) -> UInt8 {
        offset < size ? bytes[start + offset] : 0
    }

    package func u16(_ offset: Int) -> UInt16 {
        UInt16(u8(offset)) | UInt16(u8(offset + 1)) << 8
    }

    package func u32(_ offset: Int) -> UInt32 {
        UInt32(u16(offset)) | UInt32(u16(offset + 2)) << 16
    }

    package func slice(_ offset: Int, _ count: Int) -> ArraySlice<UInt8> {
        let from = start + min(offset, size)
        return bytes[from..<min(from + count, start + size)]
    }

    /// The bytes of a text field up to its first NUL; what follows are leftovers.
    package func text(_ offset: Int, _ count: Int) -> [UInt8] {
        Array(slice(offset, count).prefix { $0 != 0 })
    }

    package var all: [UInt8] { Array(slice(0, size)) }
}

extension [UInt8] {
    package mutating func append(littleEndian value: UInt16) {
        append(UInt8(truncatingIfNeeded: value))
        append(UInt8(truncatingIfNeeded: value >> 8))
    }

    package mutating func append(littleEndian value: UInt32) {
        append(littleEndian: UInt16(truncatingIfNeeded: value))
        append(littleEndian: UInt16(truncatingIfNeeded: value >> 16))
    }

    /// Appends at most `size` bytes of `text` and fills the field with NULs.
    package mutating func append(text: [UInt8], size: Int) {
        append(contentsOf: text.prefix(size))
        append(contentsOf: repeatElement(0, count: Swift.max(0, size - text.count)))
    }

    /// The little-endian number in the first four bytes; `nil` where there are fewer.
    package var leadingU32: UInt32? {
        (try? Fields(self, size: 4, of: "u32")).map { $0.u32(0) }
    }

    /// The bytes before the first NUL as text; bytes that are not UTF-8 show as U+FFFD.
    package var textBeforeNUL: String {
        String(decoding: prefix { $0 != 0 }, as: UTF8.self)
    }
}
