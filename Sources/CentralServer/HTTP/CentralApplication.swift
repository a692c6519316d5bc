import CentralAttendance
import CentralStore
import Foundation
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL
import ServiceLifecycle

/// The centre's HTTP server: a service that runs until it is shut down.
package struct CentralApplication: Service {
    private let listen: ListenAddress
    private let tls: TLSConfiguration?
    private let limits: CentralLimits
    private let router: CentralRouter
    private let places: ConnectionPlaces
    private let logger: Logger
    private let onListening: @Sendable (Int) async -> Void

    /// - Parameters:
    ///   - tls: `nil` for plain HTTP, which is accepted on loopback addresses only.
    ///   - attendance: people and workdays, where they do not come from the store.
    ///   - exports: where files that people ask for are made; `nil` where none are.
    ///   - derive: how passwords become hashes; `nil` for scrypt.
    ///   - onListening: called with the port once connections are accepted.
    /// - Throws: `CentralError` where plain HTTP would leave this machine.
    package init(
        listen: ListenAddress, tls: TLSConfiguration? = nil, store: any CentralStore, keys: KeyRing,
        attendance: AttendanceParts? = nil, exports: ExportPlace? = nil, limits: CentralLimits = CentralLimits(),
        pages: PagesSettings = PagesSettings(),
        derive: PasswordHasher.Derive? = nil, now: @escaping @Sendable () -> Date = { Date() }, logger: Logger,
        onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) throws(CentralError) {
        guard tls != nil || listen.isLoopback else {
            throw CentralError(
                .configuration,
                "plain HTTP is served on loopback addresses only, not on \(listen.host); give --tls-cert and --tls-key")
        }
        self.listen = listen
        self.tls = tls
        self.limits = limits
        self.logger = logger
        self.onListening = onListening
        places = ConnectionPlaces(most: limits.connectionsOfOneAddress) { address in
            address.isLoopback || pages.value.trustedProxies.contains { $0.contains(address) }
        }
        let site = Site(settings: pages, isTLS: tls != nil, listensOnLoopback: listen.isLoopback)
        let gate = try PageGate(store: store, site: site, limits: limits, derive: derive, now: now, logger: logger)
        router = CentralRouter(
            store: store, keys: keys, limits: limits, gate: gate, attendance: attendance, exports: exports, now: now,
            logger: logger)
    }

    /// Rung when something was stored.
    var bell: ChangeBell { router.bell }
    var ingest: IngestService { router.ingest }

    package func run() async throws {
        do {
            try await application().run()
        } catch let error as IOError {
            throw CentralError(.unavailable, "cannot listen on \(listen.host) port \(listen.port): \(error)")
        }
    }

    /// What programs may ask, and all paths that have any answer.
    package var apiRoutes: [APIRoute] { router.apiRoutes }
    package var pageRoutes: [PageRoute] { router.pageRoutes }
    package var registeredPaths: [String] { router.build().routes.map(\.path.description) }

    /// The whole server as Hummingbird sees it.
    package func application() throws -> some ApplicationProtocol {
        Application(
            router: router.build(), server: server(),
            configuration: ApplicationConfiguration(
                address: .hostname(listen.host, port: listen.port), serverName: nil, backlog: 256,
                availableConnectionsDelegate: MaximumAvailableConnections(limits.connections, logger: logger)),
            services: [router.live, router.board, router.exports],
            onServerRunning: { [onListening] channel in await onListening(channel.localAddress?.port ?? 0) },
            logger: logger)
    }

    private func server() -> HTTPServerBuilder {
        let configuration = HTTP1Channel.Configuration(
            idleTimeout: limits.idle,
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 8 * 1024, maxHeaderListSize: 32 * 1024, maxHeaderFieldCount: 100))
        return HTTPServerBuilder { [tls, places] responder in
            let plain = HTTP1Channel(responder: responder, configuration: configuration)
            guard let tls else { return BoundedChannel(base: plain, places: places) }
            return BoundedChannel(base: try TLSChannel(plain, tlsConfiguration: tls), places: places)
        }
    }
}
