import Foundation
import NIOSSL
import Synchronization

/// The push server of the configuration in use.
actor PushService {
    private let make: @Sendable (PushConfiguration, PushIdentity?) -> PushServer
    private var configuration: PushConfiguration?
    private var identity: PushIdentity?
    private var task: Task<Void, Never>?
    private var isOver = false
    /// Where it listens now; 0 where it does not.
    nonisolated let port = Atomic(0)

    init(make: @escaping @Sendable (PushConfiguration, PushIdentity?) -> PushServer) { self.make = make }

    /// Serves as `configuration` says from now on. With the same one it goes on, and reads its certificate again.
    ///
    /// - Parameter ready: called with the port when it listens.
    /// - Returns: why the certificate cannot be used; the one in use stays.
    @discardableResult
    func apply(
        _ configuration: PushConfiguration?, ready: @escaping @Sendable (Int) -> Void = { _ in }
    ) async -> String? {
        guard !isOver else { return nil }
        if configuration == self.configuration, task != nil || configuration == nil {
            do { try identity?.load() } catch { return "\(error)" }
            return nil
        }
        self.configuration = configuration
        let before = task
        task = nil
        before?.cancel()
        await before?.value
        port.store(0, ordering: .relaxed)
        guard let configuration, !isOver, task == nil else { return nil }
        let identity = PushIdentity(configuration)
        self.identity = identity
        let server = make(configuration, identity)
        task = Task { [self] in
            await server.run { port in
                self.port.store(port, ordering: .relaxed)
                ready(port)
            }
        }
        return nil
    }

    func stop() async {
        isOver = true
        task?.cancel()
        await task?.value
    }
}

/// Certificate and key of the push server, read again when the configuration is.
final class PushIdentity: Sendable {
    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    private let certificate: String
    private let key: String
    private let loaded = Mutex<NIOSSLContext?>(nil)

    /// `nil` where plain HTTP is served.
    init?(_ configuration: PushConfiguration) {
        guard let certificate = configuration.certificate, let key = configuration.key else { return nil }
        self.certificate = certificate
        self.key = key
    }

    /// - Throws: why the files cannot be used; what was loaded before stays.
    func load() throws {
        do {
            var status = stat()
            guard stat(key, &status) == 0 else {
                throw Problem(description: "key file \(key) cannot be read: \(String(cString: strerror(errno)))")
            }
            guard status.st_mode & 0o007 == 0 else {
                throw Problem(description: "key file \(key) is open to every user; run: chmod 640 \(key)")
            }
            let chain = try NIOSSLCertificate.fromPEMFile(certificate)
            let context = try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: chain.map { .certificate($0) },
                    privateKey: .privateKey(NIOSSLPrivateKey(file: key, format: .pem))))
            loaded.withLock { $0 = context }
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem(description: "\(certificate) and \(key) cannot be used: \(error)")
        }
    }

    /// For one connection.
    func context() throws -> NIOSSLContext {
        guard let context = loaded.withLock({ $0 }) else { throw Problem(description: "no certificate is loaded") }
        return context
    }
}
