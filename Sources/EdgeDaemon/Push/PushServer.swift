import DeviceFormats
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import ServiceSupport

/// Where devices report by themselves: `/iclock/…` over HTTP, on the office's network.
///
/// Anybody there can talk to it. So it takes few connections, all of them short, bounded headers and bodies, and never
/// waits for one that dawdles.
struct PushServer: Sendable {
    typealias Inbound = HTTPServerRequestPart
    typealias Outbound = HTTPPart<HTTPResponseHead, ByteBuffer>
    typealias Connection = NIOAsyncChannel<Inbound, Outbound>

    struct Limits: Sendable {
        var connections = 64
        /// Devices behind one router share an address.
        var connectionsPerAddress = 8
        var headerBytes = 16 * 1024
        var bodyBytes = 8 << 20
        /// No device has more scans; each line costs more to understand than its bytes.
        var bodyLines = 200_000
        /// Without a byte from the device.
        var idle = TimeAmount.seconds(30)
        /// For a whole request.
        var request = TimeAmount.seconds(300)
    }

    private static let retryWait = Duration.seconds(60)

    let configuration: PushConfiguration
    let desk: PushDesk
    let environment: EdgeEnvironment
    let limits: Limits
    let identity: PushIdentity?
    /// Called with what prevents serving, once each time it begins.
    let failed: @Sendable (String) -> Void
    private let open = PushConnections()

    init(
        configuration: PushConfiguration, identity: PushIdentity?, desk: PushDesk, environment: EdgeEnvironment,
        limits: Limits = Limits(), failed: @escaping @Sendable (String) -> Void
    ) {
        self.configuration = configuration
        self.identity = identity
        self.desk = desk
        self.environment = environment
        self.limits = limits
        self.failed = failed
    }

    /// Serves until cancelled; never ends because of an error.
    ///
    /// - Parameter ready: called with the port when it listens.
    func run(ready: @escaping @Sendable (Int) -> Void = { _ in }) async {
        var isTold = false
        while !Task.isCancelled {
            do {
                let server = try await bind()
                isTold = false
                let address = server.channel.localAddress
                environment.logger.info(
                    "push.listening",
                    metadata: ["address": "\(address, default: "")", "tls": "\(configuration.certificate != nil)"])
                ready(address?.port ?? 0)
                try await serve(server)
            } catch {
                if Task.isCancelled { return }
                let listen = configuration.listen
                let text = "[push] listen \(listen.host):\(listen.port) cannot be served: \(error)"
                environment.logger.error("push.failed", metadata: ["problem": "\(text)"])
                if !isTold { failed(text) }
                isTold = true
            }
            try? await environment.clock.sleep(for: Self.retryWait)
        }
    }

    private func bind() async throws -> NIOAsyncChannel<Connection, Never> {
        try identity?.load()
        return try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 64)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: configuration.listen.host, port: configuration.listen.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let identity { try pipeline.addHandler(NIOSSLServerHandler(context: identity.context())) }
                    let guardian = PushGuard(limits)
                    try pipeline.addHandler(guardian)
                    try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
                    try pipeline.addHandler(BrokenRequests())
                    try pipeline.addHandler(PushParts(guardian))
                    return try Connection(wrappingChannelSynchronously: channel)
                }
            }
    }

    private func serve(_ server: NIOAsyncChannel<Connection, Never>) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            try await server.executeThenClose { connections in
                for try await connection in connections {
                    let address = connection.channel.remoteAddress?.ipAddress ?? "unknown"
                    guard !Handles.areScarce(), open.enter(address, limits) else {
                        connection.channel.close(promise: nil)
                        group.addTask { try? await connection.executeThenClose { _, _ in } }
                        continue
                    }
                    group.addTask {
                        defer { open.leave(address) }
                        // A device that goes away comes again.
                        try? await converse(connection, Self.plain(address))
                    }
                }
            }
            group.cancelAll()
        }
    }

    /// An IPv4 address as IPv6 sockets show it is the IPv4 address.
    static func plain(_ address: String) -> String {
        address.hasPrefix("::ffff:") && address.contains(".") ? String(address.dropFirst(7)) : address
    }

    private struct Request {
        let head: HTTPRequestHead
        let call: PushDesk.Call?
        var handling: PushDesk.Handling
        var size = 0
        var lines = 0
    }

    private func converse(_ connection: Connection, _ address: String) async throws {
        try await connection.executeThenClose { inbound, outbound in
            var request: Request?
            for try await part in inbound {
                switch part {
                case .head(let head):
                    let next = begin(head, address)
                    if let announced = head.headers.first(name: "content-length").flatMap({ Int($0) }),
                        announced > limits.bodyBytes
                    {
                        return try await refuse(.payloadTooLarge, next, outbound)
                    }
                    request = next
                    if head.headers.first(name: "expect")?.lowercased() == "100-continue" {
                        try await outbound.write(.head(HTTPResponseHead(version: head.version, status: .continue)))
                    }
                case .body(let bytes):
                    guard var now = request else { return }
                    now.size += bytes.readableBytes
                    now.lines += bytes.readableBytesView.count { $0 == UInt8(ascii: "\n") }
                    guard now.size <= limits.bodyBytes, now.lines <= limits.bodyLines else {
                        return try await refuse(.payloadTooLarge, now, outbound)
                    }
                    request = nil
                    now.handling.body.add(bytes.readableBytesView)
                    request = now
                case .end:
                    guard let whole = request else { return }
                    request = nil
                    let answer =
                        if let call = whole.call { await desk.answer(call, whole.handling) } else {
                            PushDesk.Answer.notFound
                        }
                    let keepAlive = whole.head.isKeepAlive && whole.call != nil
                    try await write(answer, to: whole.head, keepAlive, outbound)
                    guard keepAlive else { return }
                }
            }
        }
    }

    private func begin(_ head: HTTPRequestHead, _ address: String) -> Request {
        let call = PushTarget(head.uri, prefix: configuration.path).map {
            PushDesk.Call(target: $0, method: head.method, address: address)
        }
        return Request(head: head, call: call, handling: call.map { desk.begin($0) } ?? .nothing)
    }

    private func refuse(
        _ status: HTTPResponseStatus, _ request: Request, _ outbound: NIOAsyncChannelOutboundWriter<Outbound>
    ) async throws {
        desk.refused(request.call, status)
        let answer = PushDesk.Answer(status: status, body: "too large\n")
        try await write(answer, to: request.head, false, outbound)
    }

    private func write(
        _ answer: PushDesk.Answer, to request: HTTPRequestHead, _ keepAlive: Bool,
        _ outbound: NIOAsyncChannelOutboundWriter<Outbound>
    ) async throws {
        let body = ByteBuffer(string: answer.body)
        var head = HTTPResponseHead(version: request.version, status: answer.status)
        // In the case the devices' own servers write them: nobody knows how they compare names.
        head.headers.add(name: "Content-Type", value: "text/plain")
        head.headers.add(name: "Content-Length", value: "\(body.readableBytes)")
        if let date = desk.date { head.headers.add(name: "Date", value: date) }
        head.headers.add(name: "Connection", value: keepAlive ? "keep-alive" : "close")
        try await outbound.write(.head(head))
        if request.method != .HEAD { try await outbound.write(.body(body)) }
        try await outbound.write(.end(nil))
    }
}
