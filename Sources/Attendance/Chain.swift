import Crypto

/// The hash chain over a journal's entries: nothing can be taken out, put in or changed unseen.
///
/// ```
/// h(0) = SHA-256("hadir-epoch-1" ‖ epoch as text)
/// h(n) = SHA-256(h(n-1) ‖ seq u64 big-endian ‖ length of body u32 big-endian ‖ body)
/// ```
package struct ChainHash: Hashable, Sendable {
    package let bytes: [UInt8]

    package static func start(of epoch: Epoch) -> ChainHash {
        ChainHash(unchecked: Array(SHA256.hash(data: Array("hadir-epoch-1".utf8) + Array(epoch.text.utf8))))
    }

    /// The hash of entry `seq`, whose predecessor's is `self`.
    package func next(seq: Int64, body: [UInt8]) -> ChainHash {
        var hash = SHA256()
        hash.update(bytes: bytes)
        hash.update(bigEndian: UInt64(bitPattern: seq))
        hash.update(bigEndian: UInt32(truncatingIfNeeded: body.count))
        hash.update(bytes: body)
        return ChainHash(unchecked: Array(hash.finalize()))
    }

    /// The hash that another chain begins with.
    package static func of(_ text: [UInt8]) -> ChainHash {
        ChainHash(unchecked: Array(SHA256.hash(data: text)))
    }

    package init?(bytes: [UInt8]) {
        guard bytes.count == SHA256.byteCount else { return nil }
        self.bytes = bytes
    }

    package init?(hex: String) {
        guard let bytes = Hex.decode(hex) else { return nil }
        self.init(bytes: bytes)
    }

    package var hex: String { Hex.encode(bytes) }

    private init(unchecked bytes: [UInt8]) { self.bytes = bytes }
}

/// The name of one journal file: 128 random bits in hex, made with the file.
package struct Epoch: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    /// 32 lower-case hex digits; `nil` for anything else.
    package init?(_ text: String) {
        guard let bytes = Hex.decode(text), bytes.count == 16, Hex.encode(bytes) == text else { return nil }
        self.text = text
    }

    package static func random() -> Epoch {
        Epoch(unchecked: RandomText.hex(bytes: 16))
    }

    package var description: String { text }

    private init(unchecked text: String) { self.text = text }
}

/// Random names from the system's generator.
package enum RandomText {
    package static func hex(bytes count: Int) -> String {
        var generator = SystemRandomNumberGenerator()
        return Hex.encode((0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }
}
