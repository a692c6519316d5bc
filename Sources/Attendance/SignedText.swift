import Crypto
import Foundation

/// Text whose last line is a base64 Ed25519 signature over a tag and its first line.
///
/// Shared by batches, receipts and enrolment answers; the tag keeps one from being taken for another.
/// Source: docs/contract.md, section 1.
package enum SignedText {
    package static func signature(tag: String, line: [UInt8], key: Curve25519.Signing.PrivateKey) throws -> [UInt8] {
        let signature = try key.signature(for: message(tag, line))
        return Array(signature.base64EncodedString().utf8)
    }

    package static func isValid(
        signature text: [UInt8], tag: String, line: [UInt8], key: Curve25519.Signing.PublicKey
    ) -> Bool {
        guard text.count == 88, let signature = Base64.decode(String(decoding: text, as: UTF8.self)),
            signature.count == 64
        else {
            return false
        }
        return key.isValidSignature(signature, for: message(tag, line))
    }

    /// One JSON line and one signature line, both with LF.
    package static func message(line: [UInt8], tag: String, key: Curve25519.Signing.PrivateKey) throws -> [UInt8] {
        line + [newline] + (try signature(tag: tag, line: line, key: key)) + [newline]
    }

    /// The two lines of a signed message; `nil` where it is not exactly two.
    package static func lines(of text: [UInt8]) -> (line: [UInt8], signature: [UInt8])? {
        let lines = text.split(separator: newline, omittingEmptySubsequences: false)
        guard lines.count == 3, lines[2].isEmpty else { return nil }
        return (Array(lines[0]), Array(lines[1]))
    }

    package static let newline = UInt8(ascii: "\n")

    private static func message(_ tag: String, _ line: [UInt8]) -> [UInt8] {
        Array(tag.utf8) + [newline] + line
    }
}
