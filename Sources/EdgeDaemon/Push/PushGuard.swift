import NIOCore
import NIOHTTP1
import Synchronization

/// How many connections are open, in all and from each address.
final class PushConnections: Sendable {
    private let open = Mutex<(all: Int, each: [String: Int])>((0, [:]))

    /// - Returns: false where that would be too many.
    func enter(_ address: String, _ limits: PushServer.Limits) -> Bool {
        open.withLock { open in
            let here = open.each[address] ?? 0
            guard open.all < limits.connections, here < limits.connectionsPerAddress else { return false }
            open.all += 1
            open.each[address] = here + 1
            return true
        }
    }

    func leave(_ address: String) {
        open.withLock { open in
            open.all -= 1
            let here = (open.each[address] ?? 1) - 1
            open.each[address] = here > 0 ? here : nil
        }
    }
}

/// Bounds what one request may be before it is understood: bytes of its head, bytes in all, and time.
final class PushGuard: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let limits: PushServer.Limits
    private var bytes = 0
    private var isHeadRead = false
    /// The request is whole and its answer is not: the device waits for us, and not we for it.
    private var isAnswering = false
    private var context: ChannelHandlerContext?
    private var idle: Scheduled<Void>?
    private var whole: Scheduled<Void>?

    init(_ limits: PushServer.Limits) { self.limits = limits }

    /// The head of a request was understood.
    func headIsRead() { isHeadRead = true }

    func requestIsWhole() {
        isAnswering = true
        idle?.cancel()
    }

    /// What comes next is another request. An informational head before an answer ends nothing.
    func answerIsWhole() {
        if let context { begin(context) }
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Bytes before these: a head and the body behind it may come at once.
        let limit = isHeadRead ? limits.headerBytes + limits.bodyBytes : limits.headerBytes
        guard bytes <= limit else { return context.close(promise: nil) }
        bytes += unwrapInboundIn(data).readableBytes
        restartIdle(context)
        context.fireChannelRead(data)
    }

    func channelInactive(context: ChannelHandlerContext) {
        idle?.cancel()
        whole?.cancel()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        idle?.cancel()
        whole?.cancel()
    }

    private func begin(_ context: ChannelHandlerContext) {
        bytes = 0
        isHeadRead = false
        isAnswering = false
        restartIdle(context)
        whole?.cancel()
        whole = context.eventLoop.assumeIsolated().scheduleTask(in: limits.request) { context.close(promise: nil) }
    }

    private func restartIdle(_ context: ChannelHandlerContext) {
        idle?.cancel()
        guard !isAnswering else { return }
        idle = context.eventLoop.assumeIsolated().scheduleTask(in: limits.idle) { context.close(promise: nil) }
    }
}

/// Tells the guard of heads, and turns answers into the parts that HTTP's encoder takes.
final class PushParts: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = PushServer.Outbound
    typealias OutboundOut = HTTPServerResponsePart

    private let guardian: PushGuard

    init(_ guardian: PushGuard) { self.guardian = guardian }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head: guardian.headIsRead()
        case .body: break
        case .end: guardian.requestIsWhole()
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let part: HTTPServerResponsePart =
            switch unwrapOutboundIn(data) {
            case .head(let head): .head(head)
            case .body(let bytes): .body(.byteBuffer(bytes))
            case .end(let trailers): .end(trailers)
            }
        context.write(wrapOutboundOut(part), promise: promise)
        if case .end = part { guardian.answerIsWhole() }
    }
}
