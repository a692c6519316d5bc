import NIOCore
import NIOPosix
import ZKWire

/// One frame a datagram, over a connected UDP socket: only this device's datagrams are received.
package final class UDPTransport: Transport {
    package let isDatagram = true
    package let longestChunk = 16_384
    private let link: SocketLink

    package var inbound: AsyncThrowingStream<Frame, any Error> { link.inbound }
    package var counters: TransportCounters { link.counters }

    private init(link: SocketLink) { self.link = link }

    /// Resolves the name and opens a socket; nothing is sent, so this says nothing of the device.
    ///
    /// - Throws: `TransportError`, `CancellationError`.
    package static func connect(
        host: String, port: Int, timeout: Duration = .seconds(5),
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws -> UDPTransport {
        // On a connected socket a failed write is an ICMP message: nobody listens there.
        let link = SocketLink { TransportError.connecting($0) }
        try await link.connecting {
            let address = try await resolve(host, port, timeout: timeout, on: group.next())
            let channel = try await DatagramBootstrap(group: group)
                // A burst of a whole chunk must fit the socket's buffer while we are busy.
                .channelOption(.socketOption(.so_rcvbuf), value: 1 << 20)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        link.opened(channel)
                        try channel.pipeline.syncOperations.addHandler(DatagramHandler(link: link, device: address))
                    }
                }
                .bind(to: try SocketAddress(ipAddress: address.protocol == .inet6 ? "::" : "0.0.0.0", port: 0)).get()
            try await channel.connect(to: address).get()
        }
        return UDPTransport(link: link)
    }

    /// The system's resolver blocks and takes its own time; nobody waits for it longer than `timeout`.
    private static func resolve(
        _ host: String, _ port: Int, timeout: Duration, on loop: any EventLoop
    ) async throws -> SocketAddress {
        if let address = try? SocketAddress(ipAddress: host, port: port) { return address }
        let promise = loop.makePromise(of: SocketAddress.self)
        let limit = loop.scheduleTask(in: TimeAmount(timeout)) {
            promise.fail(TransportError(.nameNotFound, "\(host): no answer from the name server"))
        }
        NIOThreadPool.singleton.submit { state in
            let result = Result {
                do {
                    guard case .active = state else { throw ChannelError.ioOnClosedChannel }
                    return try SocketAddress.makeAddressResolvingHost(host, port: port)
                } catch {
                    throw TransportError(.nameNotFound, host)
                }
            }
            loop.execute {
                limit.cancel()
                promise.completeWith(result)
            }
        }
        return try await promise.futureResult.get()
    }

    package func send(_ frame: Frame) async throws { try link.write(frame.payload()) }

    package func received(_ frame: Frame) { link.released(frame) }

    package func close() async { await link.close() }
}

private final class DatagramHandler: ChannelDuplexHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private let link: SocketLink
    private let device: SocketAddress

    init(link: SocketLink, device: SocketAddress) {
        self.link = link
        self.device = device
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let payload = Array(unwrapInboundIn(data).data.readableBytesView)
        // A datagram too short for a frame is dropped, not fatal: the next one is independent of it.
        guard payload.count >= Frame.headerSize else { return }
        link.received(payload: payload, wireSize: payload.count)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        context.write(
            wrapOutboundOut(AddressedEnvelope(remoteAddress: device, data: unwrapOutboundIn(data))), promise: promise)
    }

    func channelInactive(context: ChannelHandlerContext) {
        link.ended(context.channel, TransportError(.closed, ""))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // On a connected socket this is an ICMP message: nobody listens there.
        link.ended(context.channel, .connecting(error))
    }
}
