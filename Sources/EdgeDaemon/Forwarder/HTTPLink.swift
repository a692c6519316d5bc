import Crypto
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

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
    private var channel: (any Channel)?

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
            || host.split(separator: ".").first == "127" && host.allSatisfy { $0.isNumber || $0 == "." }
    }

    package func post(_ path: String, body: [UInt8], contentType: String) async throws -> CentreAnswer {
        try Task.checkCancellation()
        let channel = try await connected()
        let packed = try GzipBody.compress(body)
        var head = HTTPRequestHead(version: .http1_1, method: .POST, uri: basePath + path)
        head.headers.add(name: "host", value: port == (isSecure ? 443 : 80) ? host : "\(host):\(port)")
        head.headers.add(name: "content-type", value: contentType)
        head.headers.add(name: "content-length", value: "\(packed.count)")
        head.headers.add(name: "content-encoding", value: "gzip")
        head.headers.add(name: "user-agent", value: "hadird/\(HadirVersion.text)")
        let answered = channel.eventLoop.makePromise(of: CentreAnswer.self)
        let question = Question(head: head, body: channel.allocator.buffer(bytes: packed), answered: answered)
        let deadline = channel.eventLoop.scheduleTask(in: TimeAmount(answerTimeout)) {
            answered.fail(CentreLinkError(.timedOut, ""))
        }
        defer { deadline.cancel() }
        return try await withTaskCancellationHandler {
            do {
                channel.writeAndFlush(question).cascadeFailure(to: answered)
                let answer = try await answered.futureResult.get()
                return answer
            } catch {
                await close()
                throw Self.explain(error)
            }
        } onCancel: {
            answered.fail(CancellationError())
        }
    }

    package func close() async {
        let channel = channel
        self.channel = nil
        try? await channel?.close()
    }

    // MARK: Connecting

    private func connected() async throws -> any Channel {
        if let channel, channel.isActive { return channel }
        let tls = isSecure ? try Self.context(pinned: pin != nil) : nil
        let (host, pin) = (host, pin)
        let bootstrap = ClientBootstrap(group: group)
            .connectTimeout(TimeAmount(connectTimeout))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(Self.tlsHandler(tls, host: host, pin: pin)) }
                    try pipeline.addHTTPClientHandlers(leftOverBytesStrategy: .dropBytes)
                    try pipeline.addHandler(NIOHTTPClientResponseAggregator(maxContentLength: Self.mostAnswerBytes))
                    try pipeline.addHandler(ExchangeHandler())
                }
            }
        do {
            let channel = try await bootstrap.connect(host: host, port: port).get()
            self.channel = channel
            return channel
        } catch {
            throw Self.explain(error)
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

    private static func tlsHandler(_ context: NIOSSLContext, host: String, pin: [UInt8]?) throws -> NIOSSLClientHandler {
        // An address has no server name to send; with a CA its certificate then names the address.
        let name = (try? SocketAddress(ipAddress: host, port: 0)) == nil ? host : nil
        guard let pin else { return try NIOSSLClientHandler(context: context, serverHostname: name) }
        return try NIOSSLClientHandler(context: context, serverHostname: name) { certificates, decision in
            let info = try? certificates.first?.extractPublicKey().toSPKIBytes()
            let isPinned = info.map { Array(SHA256.hash(data: $0)) == pin } ?? false
            decision.succeed(isPinned ? .certificateVerified : .failed)
        }
    }

    private static func explain(_ error: any Error) -> any Error {
        switch error {
        case is CancellationError, is CentreLinkError: error
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

/// Pairs the one request in flight with its answer.
private final class ExchangeHandler: ChannelDuplexHandler {
    typealias InboundIn = NIOHTTPClientResponseFull
    typealias OutboundIn = Question
    typealias OutboundOut = HTTPClientRequestPart

    private var waiting: EventLoopPromise<CentreAnswer>?
    private var failure: (any Error)?

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let question = unwrapOutboundIn(data)
        waiting = question.answered
        context.write(wrapOutboundOut(.head(question.head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(question.body))), promise: nil)
        context.write(wrapOutboundOut(.end(nil)), promise: promise)
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
        failure = error
        waiting?.fail(error)
        waiting = nil
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        waiting?.fail(failure ?? CentreLinkError(.lost, ""))
        waiting = nil
        context.fireChannelInactive()
    }
}
