/// The 16-bit one's-complement sum of a frame, little-endian words (zk-protocol, section 2).
package enum Checksum {
    /// Of a payload whose own checksum field (bytes 2 and 3) counts as zero.
    package static func of(payload: some Sequence<UInt8>) -> UInt16 {
        let sum = payload.withContiguousStorageIfAvailable { Self.sum(UnsafeRawBufferPointer($0)) }
        return folded(sum ?? Array(payload).withUnsafeBytes(Self.sum))
    }

    /// Four bytes at a time: a log of megabytes is summed once by the device and once by the client, and the sum
    /// of 32-bit words folds to the same as that of 16-bit ones.
    private static func sum(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var total: UInt64 = 0
        var position = 0
        while position &+ 4 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self)
            total &+= UInt64(UInt32(littleEndian: word))
            position &+= 4
        }
        while position < bytes.count {
            total &+= UInt64(bytes[position]) << (position & 1 == 0 ? 0 : 8)
            position &+= 1
        }
        // The field's own words were summed too. In a payload shorter than a word, at their plain place.
        let shift: UInt64 = bytes.count >= 4 ? 16 : 0
        if bytes.count > 2 { total &-= UInt64(bytes[2]) << shift }
        if bytes.count > 3 { total &-= UInt64(bytes[3]) << (shift &+ 8) }
        return total
    }

    private static func folded(_ sum: UInt64) -> UInt16 {
        var sum = sum
        while sum > 0xFFFF { sum = (sum & 0xFFFF) &+ (sum >> 16) }
        return ~UInt16(truncatingIfNeeded: sum)
    }
}
