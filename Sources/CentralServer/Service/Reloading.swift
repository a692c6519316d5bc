import CentralStore
import Foundation
import Logging
import ServiceLifecycle
import ServiceSupport

/// Reads configuration and certificate again, each time it is asked to. What is wrong is refused as a whole, and the
/// old goes on.
package struct Reloading: Service {
    let settings: CentralSettings
    let pages: PagesSettings
    let certificate: ServedCertificate?
    let store: any CentralStore
    let service: ServiceManager?
    let requests: AsyncStream<Void>
    let words: @Sendable () async -> String
    let logger: Logger

    package func run() async throws {
        let started = settings.value
        for await _ in requests.cancelOnGracefulShutdown() { await reload(started) }
        // Its end would end the whole service.
        try await gracefulShutdown()
    }

    /// What changed in vain, since the listener and the table of assets are made once.
    static func late(_ started: CentralConfiguration, _ new: CentralConfiguration) -> String {
        var names: [String] = []
        if new.listen != started.listen { names.append("listen") }
        if (new.tls == nil) != (started.tls == nil) { names.append("tls_cert and tls_key (TLS at all or not)") }
        if new.metricsListen != started.metricsListen { names.append("metrics_listen") }
        if new.pages.assets != started.pages.assets { names.append("assets") }
        return names.joined(separator: ", ")
    }

    /// - Parameter started: what the listener was made with.
    private func reload(_ started: CentralConfiguration) async {
        service?.tell(ServiceManager.reloading())
        do {
            let new = try settings.reread()
            if let certificate, let files = new.tls {
                let identity = try files.identity()
                // First the pin: a code made meanwhile must not carry that of a certificate that is gone.
                try await store.setTLSPin(identity.pin)
                certificate.replace(with: identity)
            }
            settings.replace(with: new)
            pages.replace(with: new.pages)
            logger.notice("config.reloaded")
            let late = Self.late(started, new)
            if !late.isEmpty {
                logger.warning("config.late", metadata: ["changed": "\(late)"])
            }
        } catch {
            settings.refuse("\(error)")
            logger.error("config.refused", metadata: ["problem": "\(error)"])
        }
        service?.tell(ServiceManager.ready)
        service?.tell(ServiceManager.status(await words()))
    }
}
