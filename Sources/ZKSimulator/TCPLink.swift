import NIOCore
import ZKWire

/// One TCP connection to the device: cuts the stream into payloads, and sends frames as the line's faults have it.
///
/// Confined to its event loop.
final class TCPLink: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let peer: Peer
    private let hub: LinkHub
    private var decoder = EnvelopeDecoder()
    private var channel: (any Channel)?
    /// Not yet served: another client has the device. What it sends waits.
    var isHeld = false
    private var out = Outgoing()

    private struct Outgoing {
        /// Frames waiting to be glued into one write.
        var glued: [[UInt8]] = []
        var glueDeadline: Scheduled<Void>?
        /// Bytes that go out in pieces; `position` is the next.
        var trickle: [UInt8] = []
        var position = 0
        var isTrickling = false
        var closesWhenSent = false
        var sent = 0
        var isClosed = false
    }

    private static let glueWait = TimeAmount.milliseconds(20)

    init(peer: Peer, hub: LinkHub) {
        self.peer = peer
        self.hub = hub
    }

    // MARK: In

    func channelActive(context: ChannelHandlerContext) {
        channel = context.channel
        hub.opened(self)
    }

    func channelInactive(context: ChannelHandlerContext) {
        out.isClosed = true
        out.glueDeadline?.cancel()
        hub.closed(self)
        channel = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        decoder.append(unwrapInboundIn(data))
        takePayloads()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        close()
    }

    /// A peer that does not read its answers is not read either.
    func channelWritabilityChanged(context: ChannelHandlerContext) {
        context.channel.setOption(.autoRead, value: context.channel.isWritable).whenFailure { _ in }
        context.fireChannelWritabilityChanged()
    }

    func takePayloads() {
        do {
            while !isHeld, !out.isClosed, let payload = try decoder.next() {
                hub.received(payload, overhead: Envelope.size, from: peer)
            }
        } catch {
            // Framing is lost: like a device, say nothing and close.
            hub.rejected(from: peer, error)
            close()
        }
    }

    func close() {
        guard !out.isClosed else { return }
        out.isClosed = true
        channel?.close(promise: nil)
    }

    /// Closes behind what is still on its way out.
    func finish(line: LineFaults) {
        if line.delay > 0, let loop = channel?.eventLoop.assumeIsolated() {
            loop.scheduleTask(in: .milliseconds(Int64(line.delay))) { self.finishNow(line) }
        } else {
            finishNow(line)
        }
    }

    private func finishNow(_ line: LineFaults) {
        flushGlued(line)
        if out.isTrickling { out.closesWhenSent = true } else { close() }
    }

    // MARK: Out

    func send(_ frames: [[UInt8]], line: LineFaults) {
        guard line.delay > 0, let loop = channel?.eventLoop.assumeIsolated() else { return transmit(frames, line) }
        loop.scheduleTask(in: .milliseconds(Int64(line.delay))) { self.transmit(frames, line) }
    }

    private func transmit(_ frames: [[UInt8]], _ line: LineFaults) {
        guard line.glue > 1 else { return write(frames.map(Envelope.wrap), line) }
        out.glued += frames.map(Envelope.wrap)
        while out.glued.count >= line.glue {
            write([Array(out.glued.prefix(line.glue).joined())], line)
            out.glued.removeFirst(line.glue)
        }
        guard !out.glued.isEmpty, out.glueDeadline == nil else { return }
        guard let loop = channel?.eventLoop.assumeIsolated() else { return }
        out.glueDeadline = loop.scheduleTask(in: Self.glueWait) {
            self.flushGlued(line)
        }
    }

    private func flushGlued(_ line: LineFaults) {
        out.glueDeadline?.cancel()
        out.glueDeadline = nil
        let rest = Array(out.glued.joined())
        out.glued = []
        if !rest.isEmpty { write([rest], line) }
    }

    private func write(_ pieces: [[UInt8]], _ line: LineFaults) {
        guard let channel, !out.isClosed else { return }
        if line.pieces != nil || out.isTrickling {
            for piece in pieces { out.trickle += piece }
            if !out.isTrickling { trickleNext(line) }
            return
        }
        for piece in pieces {
            guard emit(piece[...], to: channel, line) else { return }
        }
        channel.flush()
    }

    /// Writes without flushing; false where the line closed instead.
    private func emit(_ bytes: ArraySlice<UInt8>, to channel: any Channel, _ line: LineFaults) -> Bool {
        var bytes = bytes
        let limit = line.closesAfter.map { max(0, $0 - out.sent) }
        if let limit, limit < bytes.count { bytes = bytes.prefix(limit) }
        out.sent += bytes.count
        hub.sent(bytes.count)
        channel.write(ByteBuffer(bytes: bytes), promise: nil)
        guard let limit, bytes.count == limit else { return true }
        channel.flush()
        hub.closedByFault()
        close()
        return false
    }

    /// The next piece, and the one after it later: what is sent meanwhile queues up behind.
    private func trickleNext(_ line: LineFaults) {
        guard let pieces = line.pieces, let channel, !out.isClosed, out.position < out.trickle.count else {
            (out.trickle, out.position, out.isTrickling) = ([], 0, false)
            if out.closesWhenSent { close() }
            return
        }
        out.isTrickling = true
        let end = min(out.position + pieces.size, out.trickle.count)
        let piece = out.trickle[out.position..<end]
        out.position = end
        guard emit(piece, to: channel, line) else { return }
        channel.flush()
        let loop = channel.eventLoop.assumeIsolated()
        if pieces.milliseconds > 0 {
            loop.scheduleTask(in: .milliseconds(Int64(pieces.milliseconds))) { self.trickleNext(line) }
        } else {
            loop.execute { self.trickleNext(line) }
        }
    }
}
