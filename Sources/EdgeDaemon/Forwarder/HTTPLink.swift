import Crypto
import FailPoints
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// HTTP/1.1 to the centre over one kept connection, TLS with a pinned key or a public CA.
///
/// swift-nio's own parts put together: the usual HTTP client offers no way to pin a key
/// (docs/decisions/0003-own-http-link.md).
package actor HTTPLink: CentreLink {
    /// Largest answer that is read.
    package static let mostAnswerBytes = 1024 * 1024

    private let host: String
    private let port: Int
    private let basePath: String
    private let isSecure: Bool
    private let pin: [UInt8]?
    private let connectTimeout: Duration
    private let answerTimeout: Duration
    private var proxy: HTTPProxy?
    /// A centre on this machine itself is never asked for through a proxy.
    private let isLocal: Bool
    private let trustRoots: NIOSSLTrustRoots
    private let resolver: (any Resolver & Sendable)?
    private let now: @Sendable () -> Date
    private let group: any EventLoopGroup
    private var connection: Connection?
    /// Where the centre was last: of use while its name cannot be resolved.
    private var lastAddress: SocketAddress?

    private struct Connection {
        let channel: any Channel
        let end: ConnectionEnd
    }

    /// - Parameters:
    ///   - url: `https://…`, or `http://…` to a loopback address.
    ///   - pin: SHA-256 of the server's public key info; `nil` trusts the system's CAs.
    ///   - proxy: asked to connect us; never for a centre on this machine itself.
    ///   - now: this machine's clock, to explain certificates that are too old or too new.
    ///   - resolver: `nil` asks the system.
    /// - Throws: `CentreLinkError` with code `badAddress`.
    package init(
        url: String, pin: [UInt8]?, connectTimeout: Duration = .seconds(10), answerTimeout: Duration = .seconds(60),
        proxy: HTTPProxy? = nil, now: @escaping @Sendable () -> Date = { Date() },
        trustRoots: NIOSSLTrustRoots = .default, resolver: (any Resolver & Sendable)? = nil,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) throws {
        guard let parts = URLComponents(string: url), let scheme = parts.scheme?.lowercased(),
            let host = parts.host, !host.isEmpty, parts.user == nil
        else { throw CentreLinkError(.badAddress, url) }
        guard scheme == "https" || scheme == "http" else { throw CentreLinkError(.badAddress, "\(url) is not https") }
        guard scheme == "https" || Self.isLoopback(host) else {
            throw CentreLinkError(.badAddress, "\(url): plain http is only for this machine itself, use https")
        }
        self.host = host.trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        isSecure = scheme == "https"
        port = parts.port ?? (scheme == "https" ? 443 : 80)
        basePath = parts.path.hasSuffix("/") ? String(parts.path.dropLast()) : parts.path
        self.pin = pin
        self.connectTimeout = connectTimeout
        self.answerTimeout = answerTimeout
        let isLocal = Self.isLoopback(host)
        self.isLocal = isLocal
        self.proxy = isLocal ? nil : proxy
        self.now = now
        self.trustRoots = trustRoots
        self.resolver = resolver
        self.group = group
    }

    private static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "[::1]" || host == "::1"
            || host.hasPrefix("127.") && host.allSatisfy { $0.isASCII && $0.isNumber || $0 == "." }
    }

    /// Posts over the kept connection. Where the server has closed that one meanwhile, as servers do with idle
    /// ones, the same goes once more over a new one.
    package func post(_ path: String, body: [UInt8], contentType: String) async throws -> CentreAnswer {
        try Task.checkCancellation()
        var head = HTTPRequestHead(version: .http1_1, method: .POST, uri: basePath + path)
        head.headers.add(name: "host", value: hostHeader)
        head.headers.add(name: "content-type", value: contentType)
        head.headers.add(name: "content-length", value: "\(body.count)")
        head.headers.add(name: "user-agent", value: "hadird/\(HadirVersion.text)")
        return try await ask(head, body)
    }

    /// Asks for what anybody may see, such as `/readyz`: who looks for faults changes nothing at the centre.
    package func get(_ path: String) async throws -> CentreAnswer {
        try Task.checkCancellation()
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: basePath + path)
        head.headers.add(name: "host", value: hostHeader)
        head.headers.add(name: "user-agent", value: "hadir/\(HadirVersion.text)")
        return try await ask(head, [])
    }

    private func ask(_ head: HTTPRequestHead, _ body: [UInt8]) async throws -> CentreAnswer {
        if let kept = connection, kept.channel.isActive {
            do {
                return try await exchange(head, body, over: kept)
            } catch let error as CentreLinkError where error.code == .lost {
                try Task.checkCancellation()
            }
        }
        return try await exchange(head, body, over: try await connected())
    }

    private func exchange(
        _ head: HTTPRequestHead, _ body: [UInt8], over connection: Connection
    ) async throws -> CentreAnswer {
        let channel = connection.channel
        let answered = channel.eventLoop.makePromise(of: CentreAnswer.self)
        let question = Question(head: head, body: channel.allocator.buffer(bytes: body), answered: answered)
        let deadline = channel.eventLoop.scheduleTask(in: TimeAmount(answerTimeout)) {
            answered.fail(CentreLinkError(.timedOut, ""))
        }
        defer { deadline.cancel() }
        return try await withTaskCancellationHandler {
            do {
                channel.writeAndFlush(question).cascadeFailure(to: answered)
                FailPoint.reach("edge.http.sent")
                return try await answered.futureResult.get()
            } catch {
                drop(connection)
                if error is CancellationError { throw error }
                let failure = CentreLinkError(error)
                throw await explained(failure.code == .lost ? connection.end.reason ?? failure : failure)
            }
        } onCancel: {
            answered.fail(CancellationError())
        }
    }

    /// Closes without waiting: a server that does not answer does not say goodbye either.
    private func drop(_ connection: Connection) {
        if self.connection?.channel === connection.channel { self.connection = nil }
        connection.channel.close(promise: nil)
    }

    /// From the next connection on; the present one is ended where the way changes.
    package func setProxy(_ proxy: HTTPProxy?) {
        guard !isLocal, proxy != self.proxy else { return }
        self.proxy = proxy
        lastAddress = nil
        if let connection { drop(connection) }
    }

    package func close() async {
        if let connection { drop(connection) }
    }

    private var hostHeader: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    // MARK: Connecting

    private func connected() async throws -> Connection {
        let end = ConnectionEnd()
        do {
            let tls = try tls(end)
            let channel = try await opened { channel in
                let pipeline = channel.pipeline.syncOperations
                if let tls { try pipeline.addHandler(try tls()) }
                try pipeline.addHTTPClientHandlers(leftOverBytesStrategy: .dropBytes)
                let aggregator = NIOHTTPClientResponseAggregator(maxContentLength: Self.mostAnswerBytes)
                try pipeline.addHandler(aggregator)
                try pipeline.addHandler(ExchangeHandler(behind: aggregator, end))
            }
            let connection = Connection(channel: channel, end: end)
            self.connection = connection
            return connection
        } catch {
            throw error is CancellationError ? error : await explained(CentreLinkError(error))
        }
    }

    /// A channel to the centre, through the proxy where there is one.
    ///
    /// - Parameter build: adds the handlers for what is spoken with the centre itself, before its first byte.
    private func opened(_ build: @escaping @Sendable (any Channel) throws -> Void) async throws -> any Channel {
        guard let proxy else { return try await socket(build) }
        let tunnel = group.any().makePromise(of: Void.self)
        let channel: any Channel
        do {
            channel = try await socket { [host, port, connectTimeout] channel in
                let parts = proxy.handlers(to: host, port, within: TimeAmount(connectTimeout), tunnel)
                for part in parts { try channel.pipeline.syncOperations.addHandler(part) }
            }
        } catch {
            tunnel.fail(error)
            throw error
        }
        do {
            try await tunnel.futureResult.get()
            try await channel.eventLoop.flatSubmit {
                proxy.handlersRemoved(from: channel).flatMapThrowing { try build(channel) }
            }.get()
            return channel
        } catch {
            channel.close(promise: nil)
            throw error
        }
    }

    /// Resolves and connects. While the name has no address, the centre's last one is tried: who answers there must
    /// still show the right certificate or key.
    private func socket(
        _ initialize: @escaping @Sendable (any Channel) throws -> Void
    ) async throws -> any Channel {
        let bootstrap = ClientBootstrap(group: group)
            .resolver(resolver)
            .connectTimeout(TimeAmount(connectTimeout))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in channel.eventLoop.makeCompletedFuture { try initialize(channel) } }
        let target = proxy.map { ($0.host, $0.port) } ?? (host, port)
        do {
            let channel = try await waited(bootstrap.connect(host: target.0, port: target.1))
            lastAddress = channel.remoteAddress
            return channel
        } catch let error as NIOConnectionError where error.connectionErrors.isEmpty {
            guard let lastAddress else { throw error }
            return try await waited(bootstrap.connect(to: lastAddress))
        }
    }

    /// Waits for a channel, or until the task is cancelled.
    private func waited(_ connecting: EventLoopFuture<any Channel>) async throws -> any Channel {
        let opened = connecting.eventLoop.makePromise(of: (any Channel).self)
        connecting.cascade(to: opened)
        do {
            return try await withTaskCancellationHandler {
                try await opened.futureResult.get()
            } onCancel: {
                opened.fail(CancellationError())
            }
        } catch {
            // Where it opens after all, nobody is left to use it.
            connecting.whenSuccess { $0.close(promise: nil) }
            throw error
        }
    }

    // MARK: TLS

    private func tls(_ end: ConnectionEnd) throws -> (@Sendable () throws -> NIOSSLClientHandler)? {
        guard isSecure else { return nil }
        let (context, host, pin) = (try context(pinned: pin != nil), host, pin)
        return { try Self.tlsHandler(context, host: host, pin: pin, end) }
    }

    /// A certificate that was refused is looked at once more, over a connection on which nothing is said: what is
    /// wrong with it is what a person must know (fault E10).
    private func explained(_ error: CentreLinkError) async -> CentreLinkError {
        guard error.code == .tls || error.code == .certificateOtherName, pin == nil, !Task.isCancelled else {
            return error
        }
        let seen = group.any().makePromise(of: NIOSSLCertificate.self)
        do {
            let (context, host) = (try context(pinned: true), host)
            let channel = try await opened { channel in
                try channel.pipeline.syncOperations.addHandler(try CertificateLook.handler(context, host: host, seen))
            }
            defer { channel.close(promise: nil) }
            // Shown or not, the connection ends: then there is nothing to see.
            channel.closeFuture.whenComplete { _ in seen.fail(ChannelError.eof) }
            let deadline = channel.eventLoop.scheduleTask(in: TimeAmount(connectTimeout)) {
                channel.close(promise: nil)
            }
            defer { deadline.cancel() }
            let certificate = try await seen.futureResult.get()
            return CertificateLook(certificate).explain(error, host: host, now: now())
        } catch let other {
            seen.fail(other)
            return error
        }
    }

    private func context(pinned: Bool) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.trustRoots = trustRoots
        configuration.applicationProtocols = ["http/1.1"]
        // With a pin the callback below decides alone; full verification would ask for a CA nobody needs.
        if pinned { configuration.certificateVerification = .noHostnameVerification }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw CentreLinkError(.tls, "\(error)")
        }
    }

    private static func tlsHandler(
        _ context: NIOSSLContext, host: String, pin: [UInt8]?, _ end: ConnectionEnd
    ) throws -> NIOSSLClientHandler {
        // An address has no server name to send; with a CA its certificate then names the address.
        let name = (try? SocketAddress(ipAddress: host, port: 0)) == nil ? host : nil
        guard let pin else { return try NIOSSLClientHandler(context: context, serverHostname: name) }
        return try NIOSSLClientHandler(context: context, serverHostname: name) { certificates, decision in
            let info = try? certificates.first?.extractPublicKey().toSPKIBytes()
            let isPinned = info.map { Array(SHA256.hash(data: $0)) == pin } ?? false
            if !isPinned { end.refuseKey() }
            decision.succeed(isPinned ? .certificateVerified : .failed)
        }
    }
}
