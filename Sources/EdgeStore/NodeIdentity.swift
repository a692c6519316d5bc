import Attendance
import Crypto
import FailPoints
import Foundation

/// Who this node is at the centre: what enrolment gave it. The private key is a file of its own, 0600.
package struct NodeIdentity: Sendable {
    package let node: String
    package let unit: String
    /// Where batches go: `https://hadir.example.go.id`.
    package let url: String
    /// SHA-256 of the TLS public key info, where the code carried one.
    package let tlsPin: [UInt8]?
    /// The keys that may sign what the centre says, oldest first: the one of the enrolment, and those that it, or a
    /// later one, announced.
    package let centreKeys: [Curve25519.Signing.PublicKey]
    package let centreSealingKey: [UInt8]
    package let key: Curve25519.Signing.PrivateKey
    /// Name of the private key's file in the state directory.
    fileprivate let keyFile: String
    /// Id of the enrolment code it came from; `nil` where that was not kept.
    fileprivate let code: String?

    private struct File: Codable {
        var node, unit, url: String
        var tls_pin: String?
        var centre_signing_key, centre_sealing_key: String
        /// Announced by keys trusted before, oldest first.
        var later_signing_keys: [String]?
        /// Absent for `node.key`.
        var key_file: String?
        /// Id of the enrolment code it came from.
        var code: String?
    }

    /// A centre that changes its key more often needs a new enrolment.
    private static let mostCentreKeys = 8

    /// From a verified answer.
    package init(answer: EnrolmentAnswer, code: EnrolmentCode, key: NodeKey) throws {
        let file = File(
            node: answer.node, unit: answer.unit, url: code.url, tls_pin: code.tlsPin.map { Hex.encode($0) },
            centre_signing_key: answer.centre_signing_key, centre_sealing_key: answer.centre_sealing_key,
            key_file: key.file, code: code.id)
        try self.init(file, key.key)
    }

    private init(_ file: File, _ key: Curve25519.Signing.PrivateKey) throws {
        let signing = ([file.centre_signing_key] + (file.later_signing_keys ?? [])).map { text in
            Data(base64Encoded: text).flatMap { try? Curve25519.Signing.PublicKey(rawRepresentation: $0) }
        }
        guard signing.count <= Self.mostCentreKeys, !signing.contains(where: { $0 == nil }),
            let sealing = Data(base64Encoded: file.centre_sealing_key), sealing.count == 32
        else { throw StateDirectoryError("the centre's keys are not readable") }
        let pin = file.tls_pin.flatMap { Hex.decode($0) }
        guard file.tls_pin == nil || pin?.count == 32 else { throw StateDirectoryError("tls_pin is not 64 hex digits") }
        node = file.node
        unit = file.unit
        url = file.url
        tlsPin = pin
        centreKeys = signing.compactMap { $0 }
        centreSealingKey = Array(sealing)
        self.key = key
        keyFile = file.key_file ?? NodeKey.firstFile
        code = file.code
    }

    /// SHA-256, in hex, of the newest signing key that is trusted.
    package var newestCentreKey: String {
        centreKeys.last.map { Hex.encode(SHA256.hash(data: $0.rawRepresentation)) } ?? ""
    }

    /// This identity, trusting one more signing key; `nil` where it is trusted already, or they are too many.
    package func trusting(_ next: Curve25519.Signing.PublicKey) -> NodeIdentity? {
        guard centreKeys.count < Self.mostCentreKeys,
            !centreKeys.contains(where: { $0.rawRepresentation == next.rawRepresentation })
        else { return nil }
        var file = file
        file.later_signing_keys = (file.later_signing_keys ?? []) + [next.rawRepresentation.base64EncodedString()]
        return try? NodeIdentity(file, key)
    }

    private var file: File {
        let keys = centreKeys.map { $0.rawRepresentation.base64EncodedString() }
        return File(
            node: node, unit: unit, url: url, tls_pin: tlsPin.map { Hex.encode($0) },
            centre_signing_key: keys.first ?? "", centre_sealing_key: Data(centreSealingKey).base64EncodedString(),
            later_signing_keys: keys.count > 1 ? Array(keys.dropFirst()) : nil,
            key_file: keyFile == NodeKey.firstFile ? nil : keyFile, code: code)
    }

    /// The identity in `state`; `nil` where this node was never enrolled.
    ///
    /// - Throws: `StateDirectoryError` for files that are there and cannot be used.
    package static func load(from state: StateDirectory) throws -> NodeIdentity? {
        guard let file = try file(in: state) else { return nil }
        let name = file.key_file ?? NodeKey.firstFile
        guard NodeKey.isName(name), let key = try NodeKey.load(name, in: state) else {
            throw StateDirectoryError("\(state.path)/\(name) is missing: enroll this node again")
        }
        return try NodeIdentity(file, key)
    }

    private static func file(in state: StateDirectory) throws -> File? {
        guard let data = FileManager.default.contents(atPath: state.nodeIdentity) else {
            guard !FileManager.default.fileExists(atPath: state.nodeIdentity) else {
                throw StateDirectoryError("cannot read \(state.nodeIdentity): check its owner and permissions")
            }
            return nil
        }
        guard let file = try? JSONDecoder().decode(File.self, from: data) else {
            throw StateDirectoryError("\(state.nodeIdentity) is not readable: enroll this node again")
        }
        return file
    }

    /// Makes this the identity of the state directory, in one step: before it the old one works, after it this one.
    /// The former key is removed.
    package func save(to state: StateDirectory) throws {
        let former = (try? Self.file(in: state))?.key_file ?? NodeKey.firstFile
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try AtomicFile.write(Array(encoder.encode(file)) + [10], to: state.nodeIdentity, mode: 0o640)
        FailPoint.reach("edge.node.saved")
        if former != keyFile, NodeKey.isName(former) { unlink("\(state.path)/\(former)") }
    }
}

/// A node's private key, and the file in the state directory that holds it.
package struct NodeKey: Sendable {
    package let key: Curve25519.Signing.PrivateKey
    package let file: String

    package static let firstFile = "node.key"

    package init(_ key: Curve25519.Signing.PrivateKey, file: String = firstFile) {
        self.key = key
        self.file = file
    }

    /// The key to enroll with, made and stored before it is first sent, so that a lost answer can be asked for again.
    ///
    /// A node that is enrolled already, with another code, gets another key: until the new enrolment is saved, the
    /// present one stays in use, and however often it is cut short, the same new key is found again (fault F12).
    ///
    /// - Parameter code: the id of the code.
    package static func forEnrolment(in state: StateDirectory, code: String) throws -> NodeKey {
        guard FileManager.default.fileExists(atPath: state.nodeIdentity) else {
            if let key = try load(firstFile, in: state) { return NodeKey(key) }
            return try make { _ in firstFile }.stored(in: state)
        }
        let present = try? NodeIdentity.load(from: state)
        // The same command again: the centre repeats its answer to the same key.
        if let present, present.code == code { return NodeKey(present.key, file: present.keyFile) }
        let used = present?.key
        let names = (try? FileManager.default.contentsOfDirectory(atPath: state.path)) ?? []
        for name in names.sorted() where name.hasPrefix("node-") && isName(name) {
            // One that cannot be read is as good as none.
            guard let key = try? load(name, in: state), key.rawRepresentation != used?.rawRepresentation else {
                continue
            }
            return NodeKey(key, file: name)
        }
        return try make { "node-\($0).key" }.stored(in: state)
    }

    private static func make(_ name: (String) -> String) -> NodeKey {
        let key = Curve25519.Signing.PrivateKey()
        let fingerprint = Hex.encode(SHA256.hash(data: key.publicKey.rawRepresentation))
        return NodeKey(key, file: name(String(fingerprint.prefix(16))))
    }

    private func stored(in state: StateDirectory) throws -> NodeKey {
        try AtomicFile.write(
            Array((key.rawRepresentation.base64EncodedString() + "\n").utf8), to: "\(state.path)/\(file)", mode: 0o600)
        FailPoint.reach("edge.node.key_stored")
        return self
    }

    /// `node.key`, or `node-` and 16 hex digits: a name from a file never leads out of the state directory.
    static func isName(_ name: String) -> Bool {
        name == firstFile || name.wholeMatch(of: /node-[0-9a-f]{16}\.key/) != nil
    }

    static func load(_ name: String, in state: StateDirectory) throws -> Curve25519.Signing.PrivateKey? {
        let path = "\(state.path)/\(name)"
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
