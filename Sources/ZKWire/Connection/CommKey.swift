/// A device's connection password, a number; printing it shows nothing.
package struct CommKey: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    package let number: UInt32

    package init(_ number: UInt32) { self.number = number }

    package static let none = CommKey(0)

    package var description: String { "<comm key>" }
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// What clients without a reason of their own send as tick.
    package static let usualTick: UInt8 = 50

    /// The four bytes of `auth` for this key and session (zk-protocol, section 5.1).
    package func scrambled(session: UInt16, tick: UInt8 = usualTick) -> [UInt8] {
        let sum = reversed &+ UInt32(session)
        let bytes = zip(PackedTime(rawValue: sum).bytes, "ZKSO".utf8).map { $0 ^ $1 }
        return [bytes[2] ^ tick, bytes[3] ^ tick, tick, bytes[1] ^ tick]
    }

    /// Whether `data` is this key's answer for `session`, whatever its tick. One byte of the sum is lost in the
    /// scrambling, so this is weak, and no more than devices do.
    package func accepts(_ data: [UInt8], session: UInt16) -> Bool {
        guard data.count >= 4 else { return false }
        return scrambled(session: session, tick: data[2]) == Array(data.prefix(4))
    }

    private var reversed: UInt32 {
        var reversed: UInt32 = 0
        for bit in 0..<32 where number & (1 << UInt32(bit)) != 0 { reversed |= 1 << UInt32(31 - bit) }
        return reversed
    }
}

/// The counter that pairs a reply with its command: our own, never copied from a frame received.
package struct ReplyCounter: Hashable, Sendable {
    private var next: UInt16 = 0

    package init() {}

    /// 0, 1, … 65534, 0: 65535 is left out, as libraries do.
    package mutating func take() -> UInt16 {
        defer { next = next >= 65_534 ? 0 : next + 1 }
        return next
    }
}
