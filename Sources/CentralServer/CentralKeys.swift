import Attendance
import Crypto
import Foundation

/// The centre's two private keys: one signs receipts, one opens what is sealed to the centre.
package struct CentralKeys: Sendable {
    package let signing: Curve25519.Signing.PrivateKey
    package let sealing: Curve25519.KeyAgreement.PrivateKey

    package init(signing: Curve25519.Signing.PrivateKey, sealing: Curve25519.KeyAgreement.PrivateKey) {
        self.signing = signing
        self.sealing = sealing
    }

    package init() {
        self.init(signing: Curve25519.Signing.PrivateKey(), sealing: Curve25519.KeyAgreement.PrivateKey())
    }

    /// SHA-256 of the public signing key: what an enrolment code names the centre by.
    package var fingerprint: [UInt8] { Array(SHA256.hash(data: signing.publicKey.rawRepresentation)) }

    package init(_ state: StateDirectory) throws(CentralError) {
        try state.requireInitialised()
        let signing = try Self.bytes(state.signingKey)
        let sealing = try Self.bytes(state.sealingKey)
        do {
            self.init(signing: try .init(rawRepresentation: signing), sealing: try .init(rawRepresentation: sealing))
        } catch {
            throw CentralError(
                .configuration, "the keys in \(state.path) are damaged; restore them from the recovery kit")
        }
    }

    /// The signing key last: see `StateDirectory.isInitialised`.
    func write(to state: StateDirectory) throws(CentralError) {
        try PrivateFile.write(sealing.rawRepresentation.base64EncodedString() + "\n", to: state.sealingKey)
        try PrivateFile.write(signing.rawRepresentation.base64EncodedString() + "\n", to: state.signingKey)
    }

    private static func bytes(_ path: String) throws(CentralError) -> Data {
        let text = try PrivateFile.read(path).trimmingCharacters(in: .whitespacesAndNewlines)
        guard let bytes = Data(base64Encoded: text) else {
            throw CentralError(.configuration, "\(path) is not a key; restore it from the recovery kit")
        }
        return bytes
    }
}
