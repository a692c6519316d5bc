import Crypto
import NIOSSL

/// A certificate chain and its key, from PEM files.
package struct TLSFiles: Sendable {
    package let certificatePath: String
    package let keyPath: String

    package init(certificatePath: String, keyPath: String) {
        self.certificatePath = certificatePath
        self.keyPath = keyPath
    }

    func configuration() throws(CentralError) -> TLSConfiguration {
        let chain = try Self.chain(certificatePath)
        let key: NIOSSLPrivateKey
        do {
            key = try NIOSSLPrivateKey(file: keyPath, format: .pem)
        } catch {
            throw CentralError(.configuration, "--tls-key \(keyPath): not a readable private key in PEM")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        do {
            _ = try NIOSSLContext(configuration: configuration)
        } catch {
            throw CentralError(.configuration, "\(certificatePath) and \(keyPath) do not belong together")
        }
        return configuration
    }

    func pin() throws(CentralError) -> [UInt8] { try Self.pin(certificatePath: certificatePath) }

    /// SHA-256 of the certificate's SubjectPublicKeyInfo in DER: stays the same when the certificate is
    /// renewed with the same key.
    package static func pin(certificatePath path: String) throws(CentralError) -> [UInt8] {
        guard let leaf = try chain(path).first,
            let publicKey = try? leaf.extractPublicKey(), let info = try? publicKey.toSPKIBytes()
        else { throw CentralError(.configuration, "--tls-cert \(path): its public key cannot be read") }
        return Array(SHA256.hash(data: info))
    }

    private static func chain(_ path: String) throws(CentralError) -> [NIOSSLCertificate] {
        guard let chain = try? NIOSSLCertificate.fromPEMFile(path), !chain.isEmpty else {
            throw CentralError(.configuration, "--tls-cert \(path): not a readable certificate in PEM")
        }
        return chain
    }
}
