import Crypto

/// The audit log up to one note: who knows it can tell whether all that came before is still there and the same.
package struct AuditHead: Hashable, Sendable {
    /// 0 where there is no note yet.
    package let seq: Int64
    package let hash: ChainHash

    package init(seq: Int64, hash: ChainHash) {
        self.seq = seq
        self.hash = hash
    }

    package static let empty = AuditHead(seq: 0, hash: AuditChain.start)

    /// `12:` and 64 hex digits, as commands show and take it.
    package init?(text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let seq = Int64(parts[0]), seq >= 0, String(seq) == parts[0],
            let hash = ChainHash(hex: String(parts[1]))
        else { return nil }
        self.init(seq: seq, hash: hash)
    }

    package var text: String { "\(seq):\(hash.hex)" }
}

extension AuditHead: Codable {
    enum CodingKeys: String, CodingKey { case seq, hash }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let seq = try container.decode(Int64.self, forKey: .seq)
        guard seq >= 0, let hash = ChainHash(hex: try container.decode(String.self, forKey: .hash)) else {
            throw DecodingError.dataCorruptedError(forKey: .hash, in: container, debugDescription: "no audit head")
        }
        self.init(seq: seq, hash: hash)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(seq, forKey: .seq)
        try container.encode(hash.hex, forKey: .hash)
    }
}

/// The chain of the centre's audit log: docs/contract.md, section 7.
///
/// ```
/// h(0) = SHA-256("hadir-audit-1")
/// h(n) = SHA-256(h(n-1) ‖ n u64 big-endian ‖ length of fields u32 big-endian ‖ fields)
/// fields = at ‖ by_name ‖ by_role ‖ address ‖ what ‖ object ‖ detail, each as length u32 big-endian ‖ UTF-8
/// ```
package enum AuditChain {
    package static let start = ChainHash.of(Array("hadir-audit-1".utf8))

    /// The hash of the note `seq` behind `previous`.
    ///
    /// - Parameter fields: in the order above; `at` is milliseconds since 1970 UTC in decimal.
    package static func next(_ previous: ChainHash, seq: Int64, fields: [String]) -> ChainHash {
        var bytes: [UInt8] = []
        for field in fields {
            let text = Array(field.utf8)
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: text.count).bigEndian) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: text)
        }
        return previous.next(seq: seq, body: bytes)
    }
}
