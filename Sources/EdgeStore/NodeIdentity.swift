import Attendance
import Crypto
import Foundation

/// Who this node is at the centre: what enrolment gave it. The private key is a file of its own, 0600.
package struct NodeIdentity: Sendable {
    package let node: String
    package let unit: String
    /// Where batches go: `https://hadir.example.go.id`.
    package let url: String
    /// SHA-256 of the TLS public key info, where the code carried one.
    package let tlsPin: [UInt8]?
    package let centreKey: Curve25519.Signing.PublicKey
    package let centreSealingKey: [UInt8]
    package let key: Curve25519.Signing.PrivateKey

    private struct File: Codable {
        var node, unit, url: String
        var tls_pin: String?
        var centre_signing_key, centre_sealing_key: String
    }

    /// From a verified answer.
    package init(
        answer: EnrolmentAnswer, code: EnrolmentCode, key: Curve25519.Signing.PrivateKey
    ) throws {
        let file = File(
            node: answer.node, unit: answer.unit, url: code.url, tls_pin: code.tlsPin.map { Hex.encode($0) },
            centre_signing_key: answer.centre_signing_key, centre_sealing_key: answer.centre_sealing_key)
        try self.init(file, key)
    }

    private init(_ file: File, _ key: Curve25519.Signing.PrivateKey) throws {
        guard let signing = Data(base64Encoded: file.centre_signing_key),
            let centreKey = try? Curve25519.Signing.PublicKey(rawRepresentation: signing),
            let sealing = Data(base64Encoded: file.centre_sealing_key), sealing.count == 32
        else { throw StateDirectoryError("the centre's keys are not readable") }
        let pin = file.tls_pin.flatMap { Hex.decode($0) }
        guard file.tls_pin == nil || pin?.count == 32 else { throw StateDirectoryError("tls_pin is not 64 hex digits") }
        node = file.node
        unit = file.unit
        url = file.url
        tlsPin = pin
        self.centreKey = centreKey
        centreSealingKey = Array(sealing)
        self.key = key
    }

    /// The identity in `state`; `nil` where this node was never enrolled.
    ///
    /// - Throws: `StateDirectoryError` for files that are there and cannot be used.
    package static func load(from state: StateDirectory) throws -> NodeIdentity? {
        guard let data = FileManager.default.contents(atPath: state.nodeIdentity) else {
            guard !FileManager.default.fileExists(atPath: state.nodeIdentity) else {
                throw StateDirectoryError("cannot read \(state.nodeIdentity): check its owner and permissions")
            }
            return nil
        }
        guard let file = try? JSONDecoder().decode(File.self, from: data) else {
            throw StateDirectoryError("\(state.nodeIdentity) is not readable: enroll this node again")
        }
        guard let key = try privateKey(in: state) else {
            throw StateDirectoryError("\(state.nodeKey) is missing: enroll this node again")
        }
        return try NodeIdentity(file, key)
    }

    package func save(to state: StateDirectory) throws {
        let file = File(
            node: node, unit: unit, url: url, tls_pin: tlsPin.map { Hex.encode($0) },
            centre_signing_key: centreKey.rawRepresentation.base64EncodedString(),
            centre_sealing_key: Data(centreSealingKey).base64EncodedString())
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try AtomicFile.write(Array(encoder.encode(file)) + [10], to: state.nodeIdentity, mode: 0o640)
    }

    /// The node's key, made and stored before it is first sent, so that a lost answer can be asked for again.
    package static func keyForEnrolment(in state: StateDirectory) throws -> Curve25519.Signing.PrivateKey {
        if let key = try privateKey(in: state) { return key }
        let key = Curve25519.Signing.PrivateKey()
        try AtomicFile.write(
            Array((key.rawRepresentation.base64EncodedString() + "\n").utf8), to: state.nodeKey, mode: 0o600)
        return key
    }

    private static func privateKey(in state: StateDirectory) throws -> Curve25519.Signing.PrivateKey? {
        let path = state.nodeKey
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let mode = (try? FileManager.default.attributesOfItem(atPath: path))?[.posixPermissions] as? Int ?? 0
        guard mode & 0o077 == 0 else {
            throw StateDirectoryError("\(path) can be read by others: run chmod 600 \(path)")
        }
        guard let text = try? String(contentsOfFile: path, encoding: .utf8),
            let raw = Data(base64Encoded: text.trimmingCharacters(in: .whitespacesAndNewlines)),
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: raw)
        else { throw StateDirectoryError("\(path) is not a node key") }
        return key
    }
}
