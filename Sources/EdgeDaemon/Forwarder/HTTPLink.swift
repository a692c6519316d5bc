import Crypto
import Foundation
import NIOCore
import NIOHTTP1
import NIOHTTPCompression
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
    private let group: any EventLoopGroup
    private var connection: Connection?

    private struct Connection {
        let channel: any Channel
        let end: ConnectionEnd
    }

    /// - Parameters:
    ///   - url: `https://…`, or `http://…` to a loopback address.
    ///   - pin: SHA-256 of the server's public key info; `nil` trusts the system's CAs.
    /// - Throws: `CentreLinkError` with code `badAddress`.
    package init(
        url: String, pin: [UInt8]?, connectTimeout: Duration = .seconds(10), answerTimeout: Duration = .seconds(60),
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
        port = parts.port ?? (isSecure ? 443 : 80)
        basePath = parts.path.hasSuffix("/") ? String(parts.path.dropLast()) : parts.path
        self.pin = pin
        self.connectTimeout = connectTimeout
        self.answerTimeout = answerTimeout
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
                return try await answered.futureResult.get()
            } catch {
                drop(connection)
                if error is CancellationError { throw error }
                let failure = Self.failure(error)
                throw failure.code == .lost ? connection.end.reason ?? failure : failure
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

    package func close() async {
        if let connection { drop(connection) }
    }

    private var hostHeader: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    // MARK: Connecting

    private func connected() async throws -> Connection {
        let tls = isSecure ? try Self.context(pinned: pin != nil) : nil
        let (host, pin, end) = (host, pin, ConnectionEnd())
        let bootstrap = ClientBootstrap(group: group)
            .connectTimeout(TimeAmount(connectTimeout))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(Self.tlsHandler(tls, host: host, pin: pin, end)) }
                    try pipeline.addHTTPClientHandlers(leftOverBytesStrategy: .dropBytes)
                    let aggregator = NIOHTTPClientResponseAggregator(maxContentLength: Self.mostAnswerBytes)
                    try pipeline.addHandler(aggregator)
                    try pipeline.addHandler(ExchangeHandler(behind: aggregator, end))
                }
            }
        let opened = group.any().makePromise(of: (any Channel).self)
        let connecting = bootstrap.connect(host: host, port: port)
        connecting.cascade(to: opened)
        do {
            let channel = try await withTaskCancellationHandler {
                try await opened.futureResult.get()
            } onCancel: {
                opened.fail(CancellationError())
            }
            let connection = Connection(channel: channel, end: end)
            self.connection = connection
            return connection
        } catch {
            // Where it opens after all, nobody is left to use it.
            connecting.whenSuccess { $0.close(promise: nil) }
            throw error is CancellationError ? error : Self.failure(error)
        }
    }

    private static func context(pinned: Bool) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
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

    fileprivate static func failure(_ error: any Error) -> CentreLinkError {
        switch error {
        case let error as CentreLinkError: error
        case let error as NIOConnectionError:
            error.connectionErrors.isEmpty
                ? CentreLinkError(.nameNotFound, error.host)
                : CentreLinkError(.unreachable, error.connectionErrors.map { "\($0.error)" }.joined(separator: "; "))
        case let error as ChannelError where error == .ioOnClosedChannel || error == .alreadyClosed || error == .eof:
            CentreLinkError(.lost, "")
        case let error as ChannelError: CentreLinkError(.unreachable, "\(error)")
        case let error as NIOSSLError: CentreLinkError(.tls, "\(error)")
        case let error as BoringSSLError: CentreLinkError(.tls, "\(error)")
        case is NIOHTTPObjectAggregatorError: CentreLinkError(.answerTooLarge, "")
        case let error as HTTPParserError: CentreLinkError(.lost, "the answer is not HTTP: \(error)")
        default: CentreLinkError(.lost, "\(error)")
        }
    }
}

/// One request and where its answer goes.
private struct Question: Sendable {
    let head: HTTPRequestHead
    let body: ByteBuffer
    let answered: EventLoopPromise<CentreAnswer>
}

/// Why a connection ended; what was asked too late, of a channel that is closed, must be told it too.
private final class ConnectionEnd: Sendable {
    private struct State {
        var isKeyRefused = false
        var reason: CentreLinkError?
    }

    private let state = Mutex(State())

    var reason: CentreLinkError? { state.withLock { $0.reason } }

    /// The handshake will fail because of the pin: BoringSSL's error does not say it.
    func refuseKey() { state.withLock { $0.isKeyRefused = true } }

    /// - Returns: the first reason given.
    func end(_ error: CentreLinkError) -> CentreLinkError {
        state.withLock { state in
            let reason = state.reason ?? (state.isKeyRefused ? CentreLinkError(.wrongKey, "") : error)
            state.reason = reason
            return reason
        }
    }
}

/// Pairs the one request in flight with its answer.
private final class ExchangeHandler: ChannelDuplexHandler {
    typealias InboundIn = NIOHTTPClientResponseFull
    typealias OutboundIn = Question
    typealias OutboundOut = HTTPClientRequestPart

    private let aggregator: NIOHTTPClientResponseAggregator
    private let end: ConnectionEnd
    private var waiting: EventLoopPromise<CentreAnswer>?
    /// Made anew for each request: one cannot compress a second.
    private var compressor: NIOHTTPRequestCompressor?

    init(behind aggregator: NIOHTTPClientResponseAggregator, _ end: ConnectionEnd) {
        self.aggregator = aggregator
        self.end = end
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let question = unwrapOutboundIn(data)
        guard waiting == nil, end.reason == nil else {
            return question.answered.fail(end.reason ?? CentreLinkError(.lost, "another request is under way"))
        }
        waiting = question.answered
        do {
            let pipeline = context.pipeline.syncOperations
            if let compressor { pipeline.removeHandler(compressor, promise: nil) }
            let compressor = NIOHTTPRequestCompressor(encoding: .gzip)
            try pipeline.addHandler(compressor, position: .before(aggregator))
            self.compressor = compressor
        } catch {
            return fail(error, context)
        }
        context.write(wrapOutboundOut(.head(question.head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(question.body))), promise: nil)
        context.write(wrapOutboundOut(.end(nil)), promise: promise)
    }

    private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
        let reason = end.end(HTTPLink.failure(error))
        waiting?.fail(reason)
        waiting = nil
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let answer = unwrapInboundIn(data)
        let seconds = answer.head.headers.first(name: "retry-after").flatMap { Int($0) }
        waiting?.succeed(
            CentreAnswer(
                status: Int(answer.head.status.code), retryAfter: seconds,
                body: answer.body.map { Array($0.readableBytesView) } ?? []))
        waiting = nil
        if !answer.head.isKeepAlive { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(error, context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        let reason = end.end(CentreLinkError(.lost, ""))
        waiting?.fail(reason)
        waiting = nil
        context.fireChannelInactive()
    }
}
