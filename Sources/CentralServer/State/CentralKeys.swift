import Attendance
import Crypto
import FailPoints
import Foundation
import Synchronization

/// The centre's private keys: one signs receipts, one opens what is sealed to the centre.
///
/// A signing key is changed in two steps. The next one is announced in receipts that the present one signs;
/// when the nodes have said that they know it, it takes over, and the present one becomes an earlier one, kept
/// for enrolment codes that were made under it and for nodes that know no later one.
package struct CentralKeys: Sendable {
    package typealias SigningKey = Curve25519.Signing.PrivateKey

    package let signing: SigningKey
    package let sealing: Curve25519.KeyAgreement.PrivateKey
    /// Announced, not yet used.
    package var next: SigningKey?
    /// Signed before `signing` did, in no order.
    package var earlier: [SigningKey]

    package init(
        signing: SigningKey, sealing: Curve25519.KeyAgreement.PrivateKey, next: SigningKey? = nil,
        earlier: [SigningKey] = []
    ) {
        self.signing = signing
        self.sealing = sealing
        self.next = next
        self.earlier = earlier
    }

    package init() {
        self.init(signing: SigningKey(), sealing: Curve25519.KeyAgreement.PrivateKey())
    }

    /// SHA-256 of the public signing key: what an enrolment code names the centre by.
    package var fingerprint: [UInt8] { signing.fingerprint }

    /// The present or an earlier signing key.
    package func signing(fingerprint: [UInt8]) -> SigningKey? {
        ([signing] + earlier).first { $0.fingerprint == fingerprint }
    }

    /// What a receipt is signed with, and the key that it announces.
    ///
    /// - Parameter trusted: hex fingerprint of the newest signing key the node says it trusts. A node that knows
    ///   only an earlier one was away while its successor was announced: it is told now.
    package func signer(trusted: String?) -> (key: SigningKey, next: Curve25519.Signing.PublicKey?) {
        if let old = earlier.first(where: { Hex.encode($0.fingerprint) == trusted }) { return (old, signing.publicKey) }
        return (signing, next?.publicKey)
    }

    package init(_ state: StateDirectory) throws(CentralError) {
        self = try Self.read(state) {}
    }

    /// Reads all keys; a server may be changing them meanwhile, and then they are read again: keys from before and
    /// after a change together could lack the one that signs now.
    ///
    /// - Parameter betweenFiles: called after the first file of each reading.
    static func read(_ state: StateDirectory, betweenFiles: () -> Void) throws(CentralError) -> CentralKeys {
        try state.requireInitialised()
        for _ in 0..<8 {
            let signing = try signingKey(state.signingKey)
            betweenFiles()
            do throws(CentralError) {
                let keys = try Self(signing, state)
                if try signingKey(state.signingKey).fingerprint == signing.fingerprint { return keys }
            } catch {
                // A file that was moved while it was looked for says nothing of the keys.
                if try signingKey(state.signingKey).fingerprint == signing.fingerprint { throw error }
            }
        }
        throw CentralError(.io, "the keys in \(state.path) change while they are read; try again")
    }

    private init(_ signing: SigningKey, _ state: StateDirectory) throws(CentralError) {
        let bytes = try Self.bytes(state.sealingKey)
        guard let sealing = try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: bytes) else {
            throw Self.damaged(state.sealingKey)
        }
        var next: SigningKey?
        if FileManager.default.fileExists(atPath: state.nextSigningKey) {
            next = try Self.signingKey(state.nextSigningKey)
        }
        var earlier: [SigningKey] = []
        for path in try state.earlierSigningKeys() {
            let key = try Self.signingKey(path)
            // A change that was cut off before its last step has kept the present key already.
            if key.fingerprint != signing.fingerprint { earlier.append(key) }
        }
        self.init(signing: signing, sealing: sealing, next: next, earlier: earlier)
    }

    /// The signing key last: see `StateDirectory.isInitialised`.
    func write(to state: StateDirectory) throws(CentralError) {
        try PrivateFile.write(sealing.rawRepresentation.base64EncodedString() + "\n", to: state.sealingKey)
        FailPoint.reach("centre.init.sealing_written")
        try PrivateFile.write(signing.text, to: state.signingKey)
    }

    private static func signingKey(_ path: String) throws(CentralError) -> SigningKey {
        let bytes = try bytes(path)
        do {
            return try SigningKey(rawRepresentation: bytes)
        } catch {
            throw damaged(path)
        }
    }

    private static func bytes(_ path: String) throws(CentralError) -> Data {
        let text = try PrivateFile.read(path).trimmingCharacters(in: .whitespacesAndNewlines)
        guard let bytes = Data(base64Encoded: text) else { throw damaged(path) }
        return bytes
    }

    private static func damaged(_ path: String) -> CentralError {
        CentralError(.configuration, "\(path) is not a key; restore it from the recovery kit")
    }
}

extension Curve25519.Signing.PrivateKey {
    package var fingerprint: [UInt8] { Array(SHA256.hash(data: publicKey.rawRepresentation)) }

    /// As a key file has it.
    fileprivate var text: String { rawRepresentation.base64EncodedString() + "\n" }
}

/// The keys as they are now: announced and changed while the server runs.
package final class KeyRing: Sendable {
    private let held: Mutex<CentralKeys>
    /// Where changes are written; `nil` keeps them in memory.
    private let state: StateDirectory?

    package init(_ keys: CentralKeys, in state: StateDirectory? = nil) {
        held = Mutex(keys)
        self.state = state
    }

    package convenience init(_ state: StateDirectory) throws(CentralError) {
        self.init(try CentralKeys(state), in: state)
    }

    package var keys: CentralKeys { held.withLock { $0 } }

    /// Makes the next signing key; one that is announced already stays.
    package func announce() throws -> CentralKeys {
        try held.withLock { keys in
            guard keys.next == nil else { return keys }
            let next = CentralKeys.SigningKey()
            if let state { try KeyFiles.writeNext(next, in: state) }
            FailPoint.reach("centre.key.announced")
            keys.next = next
            return keys
        }
    }

    /// Makes the announced key the signing key; `nil` where none is announced.
    package func change() throws -> CentralKeys? {
        try held.withLock { keys in
            guard let next = keys.next else { return nil }
            if let state {
                try KeyFiles.keep(keys.signing, in: state)
                FailPoint.reach("centre.key.kept")
                try KeyFiles.promoteNext(in: state)
                FailPoint.reach("centre.key.promoted")
            }
            keys = CentralKeys(signing: next, sealing: keys.sealing, earlier: keys.earlier + [keys.signing])
            return keys
        }
    }
}

/// The steps of a change on disk. Each is whole or not done at all, and after each the centre can be started.
enum KeyFiles {
    static func writeNext(_ key: CentralKeys.SigningKey, in state: StateDirectory) throws(CentralError) {
        try PrivateFile.write(key.text, to: state.nextSigningKey)
    }

    static func keep(_ key: CentralKeys.SigningKey, in state: StateDirectory) throws(CentralError) {
        try PrivateFile.write(key.text, to: state.earlierSigningKey(Hex.encode(key.fingerprint)))
    }

    static func promoteNext(in state: StateDirectory) throws(CentralError) {
        try PrivateFile.move(state.nextSigningKey, to: state.signingKey)
    }
}
