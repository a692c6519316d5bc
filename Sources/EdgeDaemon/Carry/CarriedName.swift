import Attendance
import Crypto
import EdgeStore
import Foundation

/// The name of a batch that is carried by hand: all that its receipt needs in order to be judged, whenever it comes, so
/// that an export writes nothing into the journal. It is authenticated under the node's key.
///
/// Decision 0050.
package struct CarriedName: Equatable, Sendable {
    /// Where the journal stood when the batch was made.
    package let rewinds: Int64
    package let ackedSeq: Int64
    package let first: Int64
    package let last: Int64

    package init(head: EdgeStore.Head, first: Int64, last: Int64) {
        rewinds = head.rewinds
        ackedSeq = head.ackedSeq
        self.first = first
        self.last = last
    }

    private static let fieldBytes = 4 + 8 + 8 + 2
    private static let randomBytes = 5
    private static let macBytes = 16

    /// 58 characters of base64url.
    package func text(node: String, epoch: Epoch, key: Curve25519.Signing.PrivateKey) -> String {
        var bytes: [UInt8] = []
        Self.append(UInt64(rewinds), 4, to: &bytes)
        Self.append(UInt64(ackedSeq), 8, to: &bytes)
        Self.append(UInt64(first), 8, to: &bytes)
        Self.append(UInt64(max(0, last - first + 1)), 2, to: &bytes)
        var random = SystemRandomNumberGenerator()
        for _ in 0..<Self.randomBytes { bytes.append(UInt8.random(in: 0...255, using: &random)) }
        return Base64URL.encode(bytes + Self.mac(bytes, node, epoch.text, key))
    }

    /// - Returns: `nil` for a name that this node did not give to a batch of this epoch to be carried.
    package init?(_ text: String, node: String, epoch: String, key: Curve25519.Signing.PrivateKey) {
        guard let bytes = Base64URL.decode(text), bytes.count == Self.fieldBytes + Self.randomBytes + Self.macBytes
        else { return nil }
        let told = Array(bytes.prefix(Self.fieldBytes + Self.randomBytes))
        let own = Self.mac(told, node, epoch, key)
        guard zip(own, bytes.suffix(Self.macBytes)).reduce(UInt8(0), { $0 | ($1.0 ^ $1.1) }) == 0 else { return nil }
        func number(_ start: Int, _ count: Int) -> Int64 {
            told[start..<(start + count)].reduce(0) { $0 << 8 | Int64($1) }
        }
        rewinds = number(0, 4)
        ackedSeq = number(4, 8)
        first = number(12, 8)
        last = first + number(20, 2) - 1
    }

    private static func append(_ value: UInt64, _ count: Int, to bytes: inout [UInt8]) {
        for place in (0..<count).reversed() { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * UInt64(place)))) }
    }

    private static func mac(
        _ bytes: [UInt8], _ node: String, _ epoch: String, _ key: Curve25519.Signing.PrivateKey
    ) -> [UInt8] {
        let secret = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: key.rawRepresentation), info: Data("hadir-carried-1".utf8),
            outputByteCount: 32)
        let message = bytes + Array("\(node)\n\(epoch)\n".utf8)
        return Array(HMAC<SHA256>.authenticationCode(for: message, using: secret).prefix(macBytes))
    }
}
