import Crypto
import Foundation

/// What `hadir-central node add` prints and an admin carries to the office: one line, valid once.
///
/// `hadir1-` and base64url of JSON followed by the first four bytes of its SHA-256, which catches a
/// mistyped letter before anything is sent. Source: docs/contract.md, section 6.
package struct EnrolmentCode: Equatable, Sendable {
    package let url: String
    /// Names the code at the centre; 16 hex digits.
    package let id: String
    /// 128 bits; the centre keeps only `EnrolmentKey` of it.
    package let secret: [UInt8]
    /// SHA-256 of the centre's Ed25519 public key.
    package let centreFingerprint: [UInt8]
    /// SHA-256 of the TLS certificate's public key info; `nil` for plain HTTP on loopback or a public CA.
    package let tlsPin: [UInt8]?

    private struct Fields: Codable {
        var v: Int
        var url, code, secret, centre: String
        var pin: String?
    }

    package init(url: String, id: String, secret: [UInt8], centreFingerprint: [UInt8], tlsPin: [UInt8]?) {
        self.url = url
        self.id = id
        self.secret = secret
        self.centreFingerprint = centreFingerprint
        self.tlsPin = tlsPin
    }

    package init(parsing text: String) throws(EnrolmentError) {
        let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard trimmed.utf8.count <= 2048, trimmed.hasPrefix("hadir1-"),
            let bytes = Base64URL.decode(String(trimmed.dropFirst(7))), bytes.count > 4
        else { throw .notACode }
        let payload = Array(bytes.dropLast(4))
        guard Array(SHA256.hash(data: payload).prefix(4)) == Array(bytes.suffix(4)) else { throw .mistyped }
        guard let fields = JSONReading.decode(Fields.self, from: payload), fields.v == 1,
            let secret = Hex.decode(fields.secret), secret.count == 16,
            let centre = Hex.decode(fields.centre), centre.count == 32,
            let id = Hex.decode(fields.code), id.count == 8
        else { throw .notACode }
        let pin = fields.pin.flatMap { Hex.decode($0) }
        guard fields.pin == nil || pin?.count == 32 else { throw .notACode }
        self.init(url: fields.url, id: fields.code, secret: secret, centreFingerprint: centre, tlsPin: pin)
    }

    package var text: String {
        var line = JSONLine()
        line.add("v", 1)
        line.add("url", url)
        line.add("code", id)
        line.add("secret", Hex.encode(secret))
        line.add("centre", Hex.encode(centreFingerprint))
        if let tlsPin { line.add("pin", Hex.encode(tlsPin)) }
        let payload = line.finish()
        return "hadir1-" + Base64URL.encode(payload + SHA256.hash(data: payload).prefix(4))
    }
}

/// HKDF-SHA256 of a code's secret: all the centre keeps of it, and the key of the request's HMAC.
package struct EnrolmentKey: Equatable, Sendable {
    package let bytes: [UInt8]

    package init(secret: [UInt8], codeID: String) {
        let key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: secret), info: Data("hadir-enrol-key-1".utf8) + Data(codeID.utf8),
            outputByteCount: 32)
        bytes = key.withUnsafeBytes { Array($0) }
    }

    package init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// HMAC-SHA256 over tag, code id, node public key and centre fingerprint, each on its own line.
    package func mac(codeID: String, publicKey: [UInt8], centreFingerprint: [UInt8]) -> [UInt8] {
        Array(
            HMAC<SHA256>.authenticationCode(
                for: Self.message(codeID, publicKey, centreFingerprint), using: SymmetricKey(data: bytes)))
    }

    package func isValid(mac: [UInt8], codeID: String, publicKey: [UInt8], centreFingerprint: [UInt8]) -> Bool {
        HMAC<SHA256>.isValidAuthenticationCode(
            mac, authenticating: Self.message(codeID, publicKey, centreFingerprint), using: SymmetricKey(data: bytes))
    }

    private static func message(_ codeID: String, _ publicKey: [UInt8], _ centre: [UInt8]) -> Data {
        Data("hadir-enrol-1\n\(codeID)\n\(Hex.encode(publicKey))\n\(Hex.encode(centre))\n".utf8)
    }
}

/// What the node sends to `POST /v1/enroll`: JSON.
package struct EnrolmentRequest: Codable, Equatable, Sendable {
    package var v = 1
    package var code: String
    /// base64 of the node's 32-byte Ed25519 public key.
    package var public_key: String
    /// base64 of `EnrolmentKey.mac`.
    package var mac: String

    package init(code: EnrolmentCode, nodeKey: Curve25519.Signing.PublicKey) {
        let publicKey = Array(nodeKey.rawRepresentation)
        let key = EnrolmentKey(secret: code.secret, codeID: code.id)
        self.code = code.id
        public_key = Data(publicKey).base64EncodedString()
        mac = Data(key.mac(codeID: code.id, publicKey: publicKey, centreFingerprint: code.centreFingerprint))
            .base64EncodedString()
    }

    /// The node's key, where the request proves knowledge of the code's secret.
    package func verifiedKey(_ key: EnrolmentKey, centreFingerprint: [UInt8]) -> Curve25519.Signing.PublicKey? {
        guard v == 1, let raw = Base64.decode(public_key), let mac = Base64.decode(mac),
            let publicKey = try? Curve25519.Signing.PublicKey(rawRepresentation: raw),
            key.isValid(mac: mac, codeID: code, publicKey: raw, centreFingerprint: centreFingerprint)
        else { return nil }
        return publicKey
    }
}

/// The centre's signed answer to an accepted enrolment; the same request gets the same node again.
package struct EnrolmentAnswer: Codable, Equatable, Sendable {
    package var v = 1
    package var code: String
    /// The node's public key as sent, base64.
    package var public_key: String
    package var node: String
    package var unit: String
    /// base64 of the centre's Ed25519 and X25519 public keys.
    package var centre_signing_key: String
    package var centre_sealing_key: String

    package static let tag = "hadir-enrolled-1"
    package static let mostBytes = 16 * 1024

    package init(
        code: String, publicKey: String, node: String, unit: String, signingKey: Curve25519.Signing.PublicKey,
        sealingKey: Curve25519.KeyAgreement.PublicKey
    ) {
        self.code = code
        public_key = publicKey
        self.node = node
        self.unit = unit
        centre_signing_key = signingKey.rawRepresentation.base64EncodedString()
        centre_sealing_key = sealingKey.rawRepresentation.base64EncodedString()
    }

    package func sign(with key: Curve25519.Signing.PrivateKey) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try SignedText.message(line: Array(encoder.encode(self)), tag: Self.tag, key: key)
    }

    /// Reads an answer: signed by the key whose fingerprint the code carries, and for this very request.
    package init(parsing text: [UInt8], code: EnrolmentCode, request: EnrolmentRequest) throws(EnrolmentError) {
        guard text.count <= Self.mostBytes, let (line, signature) = SignedText.lines(of: text),
            let answer = JSONReading.decode(EnrolmentAnswer.self, from: line), answer.v == 1,
            let rawKey = Base64.decode(answer.centre_signing_key),
            let key = try? Curve25519.Signing.PublicKey(rawRepresentation: rawKey),
            Base64.decode(answer.centre_sealing_key)?.count == 32
        else { throw .notAnAnswer }
        guard Array(SHA256.hash(data: rawKey)) == code.centreFingerprint,
            SignedText.isValid(signature: signature, tag: Self.tag, line: line, key: key)
        else { throw .notTheCentre }
        guard answer.code == request.code, answer.public_key == request.public_key else { throw .notAnAnswer }
        self = answer
    }
}

package enum EnrolmentError: Error, Equatable, CustomStringConvertible {
    case notACode
    case mistyped
    case notAnAnswer
    case notTheCentre

    package var description: String {
        switch self {
        case .notACode: "this is not an enrolment code; it begins with hadir1- and comes from `hadir-central node add`"
        case .mistyped: "the enrolment code has a wrong letter; copy it again, whole"
        case .notAnAnswer: "the server's answer is not an enrolment; is a proxy or a login page in between?"
        case .notTheCentre: "the server that answered is not the centre that made this code"
        }
    }
}
