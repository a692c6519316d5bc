import Foundation
import NIOCore
import NIOPosix
import ZKWire

/// Frames in envelopes over a TCP connection.
package final class TCPTransport: Transport {
    package let isDatagram = false
    package let longestChunk = 0xFFC0
    private let link: SocketLink
    private static let maximumSegment = NIOBSDSocket.Option(rawValue: CInt(TCP_MAXSEG))

    package var inbound: AsyncThrowingStream<Frame, any Error> { link.inbound }
    package var counters: TransportCounters { link.counters }

    private init(link: SocketLink) { self.link = link }

    /// Connects; names are resolved first.
    ///
    /// - Parameter segment: largest TCP segment to offer, for links (VPNs) that swallow large ones.
    /// - Throws: `TransportError`.
    package static func connect(
        host: String, port: Int, timeout: Duration, segment: Int? = nil,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws -> TCPTransport {
        let link = SocketLink { TransportError(.closedByDevice, "\($0)") }
        var bootstrap = ClientBootstrap(group: group)
            .connectTimeout(TimeAmount(timeout))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    link.opened(channel)
                    try channel.pipeline.syncOperations.addHandler(EnvelopeHandler(link: link))
                }
            }
        if let segment { bootstrap = bootstrap.channelOption(.tcpOption(Self.maximumSegment), value: segment) }
        let attempt = bootstrap
        try await link.connecting {
            let channel = try await attempt.connect(host: host, port: port).get()
            // Of several addresses of one name, this is the one that answered.
            link.opened(channel)
        }
        return TCPTransport(link: link)
    }

    package func send(_ frame: Frame) async throws { try link.write(frame.enveloped()) }

    package func received(_ frame: Frame) { link.released(frame) }

    package func close() async { await link.close() }
}

/// Bytes of the stream to whole payloads.
private final class EnvelopeHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let link: SocketLink
    private var decoder = EnvelopeDecoder()

    init(link: SocketLink) { self.link = link }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        decoder.append(unwrapInboundIn(data))
        do throws(WireError) {
            while let payload = try decoder.next() {
                link.received(payload: payload, wireSize: Envelope.size + payload.count)
            }
        } catch {
            link.finish(TransportError(isPanel(error) ? .accessPanel : .framingLost, "\(error)"))
        }
    }

    /// Door-controller panels answer on the same port with frames that begin AA 01 (zk-protocol, section 1). In the
    /// middle of a stream AA is just a wrong byte.
    private func isPanel(_ error: WireError) -> Bool {
        guard link.isUntouched, case .wrongMark(let found) = error.problem else { return false }
        return found.hasPrefix("AA")
    }

    func channelInactive(context: ChannelHandlerContext) {
        link.ended(
            context.channel, TransportError(.closedByDevice, decoder.pending > 0 ? "in the middle of a frame" : ""))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        link.ended(context.channel, TransportError(.closedByDevice, "\(error)"))
    }
}
