import NIOCore
import ZKWire

/// The device's UDP socket: one payload per datagram, any number of addresses.
///
/// Confined to its event loop.
final class UDPLink: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private let hub: LinkHub
    private var channel: (any Channel)?
    private var peers: [SocketAddress: Peer] = [:]
    private var addresses: [Peer: SocketAddress] = [:]
    private var order: [Peer] = []
    private var nextNumber = 0
    /// A datagram that changes places with the one after it.
    private var heldBack: [Peer: [UInt8]] = [:]
    private var queue: [AddressedEnvelope<ByteBuffer>] = []
    private var position = 0
    private var isPacing = false

    private static let mostPeers = 64
    /// Datagrams sent before a pause of a millisecond: a direct read of a whole log would overrun any receive buffer.
    private static let pace = 32
    private static let swapWait = TimeAmount.milliseconds(20)

    init(hub: LinkHub) { self.hub = hub }

    func channelActive(context: ChannelHandlerContext) { channel = context.channel }

    func channelInactive(context: ChannelHandlerContext) { channel = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        let peer = peer(envelope.remoteAddress)
        hub.received(Array(envelope.data.readableBytesView), overhead: 0, from: peer)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // An ICMP "port unreachable" of a client that is gone; the socket serves the others.
    }

    private func peer(_ address: SocketAddress) -> Peer {
        if let peer = peers[address] { return peer }
        if order.count >= Self.mostPeers, let address = addresses.removeValue(forKey: order.removeFirst()) {
            peers[address] = nil
        }
        nextNumber += 1
        let peer = Peer(.udp, nextNumber)
        peers[address] = peer
        addresses[peer] = address
        order.append(peer)
        return peer
    }

    // MARK: Out

    func send(_ frames: [[UInt8]], to peer: Peer, line: LineFaults) {
        guard line.delay > 0, let loop = channel?.eventLoop.assumeIsolated() else {
            return transmit(frames, to: peer, line)
        }
        loop.scheduleTask(in: .milliseconds(Int64(line.delay))) { self.transmit(frames, to: peer, line) }
    }

    private func transmit(_ frames: [[UInt8]], to peer: Peer, _ line: LineFaults) {
        for frame in frames {
            if hub.happens(line.loss, .drop) { continue }
            if heldBack[peer] == nil, hub.happens(line.swaps, .reorder) {
                heldBack[peer] = frame
                channel?.eventLoop.assumeIsolated().scheduleTask(in: Self.swapWait) { self.release(peer) }
                continue
            }
            enqueue(frame, to: peer)
            if hub.happens(line.duplicates, .dup) { enqueue(frame, to: peer) }
            if let held = heldBack.removeValue(forKey: peer) { enqueue(held, to: peer) }
        }
        pump()
    }

    /// The last datagram of an answer has no next to change places with.
    private func release(_ peer: Peer) {
        if let held = heldBack.removeValue(forKey: peer) { enqueue(held, to: peer) }
        pump()
    }

    private func enqueue(_ frame: [UInt8], to peer: Peer) {
        guard let address = addresses[peer] else { return }
        queue.append(AddressedEnvelope(remoteAddress: address, data: ByteBuffer(bytes: frame)))
    }

    private func pump() {
        guard !isPacing, let channel else { return }
        var bytes = 0
        for _ in 0..<Self.pace where position < queue.count {
            bytes += queue[position].data.readableBytes
            channel.write(queue[position], promise: nil)
            position += 1
        }
        // Counted first: whoever has received a datagram finds it in the statistics.
        hub.sent(bytes)
        channel.flush()
        guard position < queue.count else {
            (queue, position) = ([], 0)
            return
        }
        isPacing = true
        channel.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(1)) {
            self.isPacing = false
            self.pump()
        }
    }
}
