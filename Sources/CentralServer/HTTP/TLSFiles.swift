import Crypto
import Foundation
import NIOSSL
import Synchronization

/// A certificate chain and its key, from PEM files.
package struct TLSFiles: Equatable, Sendable {
    package let certificatePath: String
    package let keyPath: String

    package init(certificatePath: String, keyPath: String) {
        self.certificatePath = certificatePath
        self.keyPath = keyPath
    }

    func identity() throws(CentralError) -> TLSIdentity {
        let chain = try Self.chain(certificatePath)
        try Self.requireReadable(keyPath, "TLS key")
        let key: NIOSSLPrivateKey
        do {
            key = try NIOSSLPrivateKey(file: keyPath, format: .pem)
        } catch {
            throw CentralError(.configuration, "TLS key \(keyPath): not a readable private key in PEM")
        }
        let identity = TLSIdentity(
            chain: chain, key: key, pin: try Self.pin(chain, certificatePath),
            until: chain.first.map { Date(timeIntervalSince1970: TimeInterval($0.notValidAfter)) } ?? .distantPast)
        do {
            _ = try NIOSSLContext(configuration: identity.configuration)
        } catch {
            throw CentralError(.configuration, "\(certificatePath) and \(keyPath) do not belong together")
        }
        return identity
    }

    /// SHA-256 of the certificate's SubjectPublicKeyInfo in DER: stays the same when the certificate is
    /// renewed with the same key.
    package static func pin(certificatePath path: String) throws(CentralError) -> [UInt8] {
        try pin(try chain(path), path)
    }

    private static func pin(_ chain: [NIOSSLCertificate], _ path: String) throws(CentralError) -> [UInt8] {
        guard let leaf = chain.first, let publicKey = try? leaf.extractPublicKey(),
            let info = try? publicKey.toSPKIBytes()
        else { throw CentralError(.configuration, "TLS certificate \(path): its public key cannot be read") }
        return Array(SHA256.hash(data: info))
    }

    private static func chain(_ path: String) throws(CentralError) -> [NIOSSLCertificate] {
        try requireReadable(path, "TLS certificate")
        guard let chain = try? NIOSSLCertificate.fromPEMFile(path), !chain.isEmpty else {
            throw CentralError(.configuration, "TLS certificate \(path): not a readable certificate in PEM")
        }
        return chain
    }

    private static func requireReadable(_ path: String, _ what: String) throws(CentralError) {
        guard access(path, R_OK) != 0 else { return }
        let reason = errno == ENOENT ? "there is no such file" : String(cString: strerror(errno))
        throw CentralError(.configuration, "\(what) \(path): \(reason)")
    }
}

/// What the centre shows to whoever connects.
struct TLSIdentity: Sendable {
    let chain: [NIOSSLCertificate]
    let key: NIOSSLPrivateKey
    let pin: [UInt8]
    /// When the certificate ends.
    let until: Date

    var configuration: TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        return configuration
    }
}

/// The certificate served now; another one is for the connections that begin after it.
package final class ServedCertificate: Sendable {
    private let identity: Mutex<TLSIdentity>

    package convenience init(_ files: TLSFiles) throws(CentralError) { self.init(try files.identity()) }

    init(_ identity: TLSIdentity) { self.identity = Mutex(identity) }

    var current: TLSIdentity { identity.withLock { $0 } }

    func replace(with identity: TLSIdentity) { self.identity.withLock { $0 = identity } }

    /// For a listener: each handshake asks for the certificate of its moment.
    var configuration: TLSConfiguration {
        var configuration = current.configuration
        configuration.sslContextCallback = { [self] _, promise in
            let identity = current
            var change = NIOSSLContextConfigurationOverride()
            change.certificateChain = identity.chain.map { .certificate($0) }
            change.privateKey = .privateKey(identity.key)
            promise.succeed(change)
        }
        return configuration
    }
}
