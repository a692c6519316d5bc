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
    /// - Throws: `TransportError`.
    package static func connect(
        host: String, port: Int, group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws -> UDPTransport {
        let link = SocketLink()
        do {
            let address = try await NIOThreadPool.singleton.runIfActive {
                try SocketAddress.makeAddressResolvingHost(host, port: port)
            }
            let local: SocketAddress =
                address.protocol == .inet6
                ? try SocketAddress(ipAddress: "::", port: 0) : try SocketAddress(ipAddress: "0.0.0.0", port: 0)
            let channel = try await DatagramBootstrap(group: group)
                // A burst of a whole chunk must fit the socket's buffer while we are busy.
                .channelOption(.socketOption(.so_rcvbuf), value: 1 << 20)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(DatagramHandler(link: link, device: address))
                    }
                }
                .bind(to: local).get()
            try await channel.connect(to: address).get()
            link.opened(channel)
            return UDPTransport(link: link)
        } catch {
            throw TransportError.connecting(error)
        }
    }

    package func send(_ frame: Frame) async throws { try await link.write(frame.payload()) }

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
        link.finish(TransportError(.closed, ""))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // On a connected socket this is an ICMP message: nobody listens there.
        link.finish(.connecting(error))
    }
}
