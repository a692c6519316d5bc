import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// A small proxy on loopback: takes CONNECT, joins the two sides on this machine, whatever name was asked for.
final class LoopbackProxy: Sendable {
    enum Behaviour: Sendable {
        case connect
        /// A status line, and no tunnel.
        case answer(String)
        case close
        /// Bytes that are no HTTP.
        case garbage
    }

    private struct State {
        var behaviours: [Behaviour]
        var asked: [String] = []
        var sawPlainText = false
    }

    private let state: Mutex<State>
    private let channel = Mutex<(any Channel)?>(nil)

    var port: Int { channel.withLock { $0?.localAddress?.port ?? 0 } }
    /// The heads of the requests, one for each connection.
    var asked: [String] { state.withLock { $0.asked } }
    /// Something in a tunnel looked like HTTP.
    var sawPlainText: Bool { state.withLock { $0.sawPlainText } }

    private init(_ behaviours: [Behaviour]) { state = Mutex(State(behaviours: behaviours)) }

    static func with<Value>(_ behaviours: [Behaviour], _ work: (LoopbackProxy) async throws -> Value) async throws
        -> Value
    {
        let proxy = LoopbackProxy(behaviours)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Front(proxy))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        proxy.channel.withLock { $0 = channel }
        defer { channel.close(promise: nil) }
        return try await work(proxy)
    }

    private func take(_ head: String) -> Behaviour {
        state.withLock { state in
            state.asked.append(head)
            return state.behaviours.isEmpty ? .connect : state.behaviours.removeFirst()
        }
    }

    private func look(_ bytes: ByteBuffer) {
        let text = String(decoding: bytes.readableBytesView, as: UTF8.self)
        if text.contains("HTTP/1.1") { state.withLock { $0.sawPlainText = true } }
    }

    /// Talks to who asks; one behind the tunnel is the other side.
    private final class Front: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let proxy: LoopbackProxy
        private var head = ""
        private var back: (any Channel)?

        init(_ proxy: LoopbackProxy) { self.proxy = proxy }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = unwrapInboundIn(data)
            if let back {
                proxy.look(bytes)
                back.writeAndFlush(bytes, promise: nil)
                return
            }
            head += String(buffer: bytes)
            guard head.hasSuffix("\r\n\r\n") else { return }
            switch proxy.take(head) {
            case .connect: open(context)
            case .answer(let status): say("HTTP/1.1 \(status)\r\ncontent-length: 0\r\n\r\n", context)
            case .close: context.close(promise: nil)
            case .garbage: say("SSH-2.0-not-http\r\n\r\n", context)
            }
        }

        private func open(_ context: ChannelHandlerContext) {
            let port = head.split(separator: " ").dropFirst().first?.split(separator: ":").last.flatMap { Int($0) } ?? 0
            let front = context.channel
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            ClientBootstrap(group: context.eventLoop)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(Back(front: front))
                    }
                }
                .connect(host: "127.0.0.1", port: port).hop(to: context.eventLoop).assumeIsolated().whenSuccess {
                    back in
                    let (handler, context) = bound.value
                    handler.back = back
                    handler.say("HTTP/1.1 200 Connection established\r\n\r\n", context)
                }
        }

        private func say(_ text: String, _ context: ChannelHandlerContext) {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) { back?.close(promise: nil) }
    }

    private final class Back: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let front: any Channel

        init(front: any Channel) { self.front = front }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            front.writeAndFlush(unwrapInboundIn(data), promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) { front.close(promise: nil) }
    }
}
