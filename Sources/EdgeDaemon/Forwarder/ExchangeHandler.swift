import NIOCore
import NIOHTTP1
import NIOHTTPCompression
import Synchronization

/// One request and where its answer goes.
struct Question: Sendable {
    let head: HTTPRequestHead
    let body: ByteBuffer
    let answered: EventLoopPromise<CentreAnswer>
}

/// Why a connection ended; what was asked too late, of a channel that is closed, must be told it too.
final class ConnectionEnd: Sendable {
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
final class ExchangeHandler: ChannelDuplexHandler {
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
            let reason = end.reason ?? CentreLinkError(.lost, "another request is under way")
            question.answered.fail(reason)
            promise?.fail(reason)
            return
        }
        waiting = question.answered
        do {
            let pipeline = context.pipeline.syncOperations
            if let compressor { pipeline.removeHandler(compressor, promise: nil) }
            let compressor = NIOHTTPRequestCompressor(encoding: .gzip)
            try pipeline.addHandler(compressor, position: .before(aggregator))
            self.compressor = compressor
        } catch {
            promise?.fail(error)
            return fail(error, context)
        }
        context.write(wrapOutboundOut(.head(question.head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(question.body))), promise: nil)
        context.write(wrapOutboundOut(.end(nil)), promise: promise)
    }

    private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
        let reason = end.end(CentreLinkError(error))
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
