import Foundation
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import ServiceSupport

/// `/metrics` on a listener of its own, for this machine only.
///
/// It must never be in the way of the centre: it holds few connections, reads the database at most once a second, and
/// where it cannot listen it says so and tries again.
struct MetricsServer: Service {
    static let mostConnections = 16
    static let retryWait = Duration.seconds(60)
    private static let idle = TimeAmount.seconds(30)

    let listen: ListenAddress
    let source: CentralFactSource
    var clock: any Clock<Duration> = ContinuousClock()
    let logger: Logger
    var onListening: @Sendable (Int) async -> Void = { _ in }

    func run() async throws {
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            do {
                return try await application().run()
            } catch is CancellationError {
                return
            } catch {
                logger.error(
                    "metrics.failed",
                    metadata: ["address": "\(listen.host):\(listen.port)", "problem": "\(error)"])
            }
            await cancelWhenGracefulShutdown { [clock] in _ = try? await clock.sleep(for: Self.retryWait) }
        }
    }

    private func application() -> some ApplicationProtocol {
        let router = Router(context: BasicRequestContext.self, options: .autoGenerateHeadEndpoints)
        router.get("metrics") { [source] request, _ in
            // A web site may give its own name the address 127.0.0.1; the Host header gives it away.
            guard Self.isOurs(request.head.authority) else {
                throw HTTPError(.misdirectedRequest, message: "this is not the address of this computer")
            }
            let form = MetricsPage.Form(accept: request.headers[.accept])
            let text = CentralMetrics.text(await source.current(), form: form)
            return Response(
                status: .ok, headers: [.contentType: form.contentType, .cacheControl: "no-store"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
        }
        let channel = HTTP1Channel.Configuration(
            idleTimeout: Self.idle,
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 4 * 1024, maxHeaderListSize: 16 * 1024, maxHeaderFieldCount: 50))
        return Application(
            router: router,
            server: HTTPServerBuilder { HTTP1Channel(responder: $0, configuration: channel) },
            configuration: ApplicationConfiguration(
                address: .hostname(listen.host, port: listen.port), serverName: nil, backlog: 16,
                availableConnectionsDelegate: MaximumAvailableConnections(Self.mostConnections, logger: logger)),
            onServerRunning: { [onListening, logger] channel in
                let port = channel.localAddress?.port ?? 0
                logger.info("metrics.listening", metadata: ["address": "\(channel.localAddress, default: "")"])
                await onListening(port)
            },
            logger: logger)
    }

    /// Without its port, the name must be this machine's own for itself.
    static func isOurs(_ authority: String?) -> Bool {
        guard let authority, let address = try? ListenAddress(parsing: authority.lowercased()) else {
            return ListenAddress.isLoopback((authority ?? "").lowercased())
        }
        return address.isLoopback
    }
}
