/// The 16-bit one's-complement sum of a frame, little-endian words (zk-protocol, section 2).
package enum Checksum {
    /// Of a payload whose own checksum field (bytes 2 and 3) counts as zero.
    package static func of(payload: some Sequence<UInt8>) -> UInt16 {
        var sum: UInt32 = 0
        var position = 0
        for byte in payload {
            if position != 2 && position != 3 {
                sum &+= position & 1 == 0 ? UInt32(byte) : UInt32(byte) << 8
                // Folding early keeps the accumulator in range for any length.
                sum = (sum & 0xFFFF) &+ (sum >> 16)
            }
            position &+= 1
        }
        return ~UInt16(truncatingIfNeeded: (sum & 0xFFFF) &+ (sum >> 16))
    }
}
