import HadirTestSupport
import NIOCore
import NIOPosix
import Synchronization
import ZKClient
import ZKClientUSB
import ZKWire

/// The links that prove the conformance suite.
enum LinkKind: String, CaseIterable, Sendable {
    case tcp, udp, linked, usb
}

/// A transport and the device's end of it.
struct Rig: Sendable {
    let transport: any Transport
    /// What reached the device.
    let arrived: AsyncStream<Frame>
    /// The device sends; the flag says whether with a right checksum.
    let send: @Sendable (Frame, Bool) async throws -> Void
    /// Bytes as they are; `nil` where a link has no bytes.
    let sendBytes: (@Sendable ([UInt8]) async throws -> Void)?
    let closeDevice: @Sendable () async -> Void

    func send(_ frame: Frame) async throws { try await send(frame, true) }

    /// Runs `body` with a new link and closes both ends.
    static func with(_ kind: LinkKind, _ body: (Rig) async throws -> Void) async throws {
        let rig: Rig
        switch kind {
        case .tcp: rig = try await tcp()
        case .udp: rig = try await udp()
        case .linked: rig = linked()
        case .usb: rig = try await usb()
        }
        do {
            try await body(rig)
        } catch {
            await rig.end()
            throw error
        }
        await rig.end()
    }

    private func end() async {
        await transport.close()
        await closeDevice()
    }

    private static func linked() -> Rig {
        let transport = LinkedTransport()
        return Rig(
            transport: transport, arrived: transport.outbound,
            send: { transport.deliver($0, isIntact: $1) }, sendBytes: nil, closeDevice: { transport.end() })
    }

    private struct HandleIsClosed: Error {}

    /// A terminal that tells things unasked, asked for them all the time; waits take no time.
    private static func usb() async throws -> Rig {
        let clock = LeapingClock()
        let bus = ScriptedBus()
        let terminal = ScriptedTerminal(elapsed: { clock.elapsed })
        let device = bus.plug(terminal)
        var settings = USBSettings()
        settings.idlePoll = .milliseconds(50)
        settings.answerLimit = .seconds(1 << 40)
        let transport = try await USBConnector(bus: bus, clock: clock).connect(
            to: USBPlace(vendor: 0x1B55, product: 0x0A01), settings: settings, logger: quiet)
        return Rig(
            transport: transport, arrived: terminal.arrived,
            send: { frame, isIntact in
                // A cable holds what the host has not fetched; memory of the test does not.
                while terminal.waiting > 32 {
                    guard bus.claimed > 0 else { throw HandleIsClosed() }
                    await Task.yield()
                }
                terminal.put(frame, isIntact: isIntact)
            }, sendBytes: nil, closeDevice: { bus.unplug(device) })
    }

    private static func tcp() async throws -> Rig {
        let end = DeviceEnd()
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(StreamEnd(end))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let transport = try await TCPTransport.connect(
            host: "127.0.0.1", port: server.localAddress?.port ?? 0, timeout: .seconds(5))
        let channel = try await end.channel()
        return Rig(
            transport: transport, arrived: end.frames,
            send: { try await channel.writeAndFlush(ByteBuffer(bytes: Envelope.wrap(payload($0, $1)))).get() },
            sendBytes: { try await channel.writeAndFlush(ByteBuffer(bytes: $0)).get() },
            closeDevice: {
                try? await channel.close()
                try? await server.close()
            })
    }

    private static func udp() async throws -> Rig {
        let end = DeviceEnd()
        let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(DatagramEnd(end))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let transport = try await UDPTransport.connect(host: "127.0.0.1", port: channel.localAddress?.port ?? 0)
        // A device learns whom to answer from what it is asked.
        try await transport.send(Frame(.connect))
        let client = try await end.client()
        let write: @Sendable ([UInt8]) async throws -> Void = {
            try await channel.writeAndFlush(AddressedEnvelope(remoteAddress: client, data: ByteBuffer(bytes: $0))).get()
        }
        return Rig(
            transport: transport, arrived: end.frames, send: { try await write(payload($0, $1)) }, sendBytes: write,
            closeDevice: { try? await channel.close() })
    }

    private static func payload(_ frame: Frame, _ isIntact: Bool) -> [UInt8] {
        var payload = frame.payload()
        if !isIntact { payload[2] ^= 0x5A }
        return payload
    }
}

/// What both kinds of socket tell of the device's end.
private final class DeviceEnd: Sendable {
    let frames: AsyncStream<Frame>
    let sink: AsyncStream<Frame>.Continuation
    let channels: AsyncStream<any Channel>
    let channelSink: AsyncStream<any Channel>.Continuation
    let clients: AsyncStream<SocketAddress>
    let clientSink: AsyncStream<SocketAddress>.Continuation

    init() {
        (frames, sink) = AsyncStream.makeStream()
        (channels, channelSink) = AsyncStream.makeStream()
        (clients, clientSink) = AsyncStream.makeStream()
    }

    private struct NobodyCame: Error {}

    func channel() async throws -> any Channel {
        for await channel in channels { return channel }
        throw NobodyCame()
    }

    func client() async throws -> SocketAddress {
        for await client in clients { return client }
        throw NobodyCame()
    }
}

private final class StreamEnd: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let end: DeviceEnd
    private var decoder = EnvelopeDecoder()

    init(_ end: DeviceEnd) { self.end = end }

    func channelActive(context: ChannelHandlerContext) { end.channelSink.yield(context.channel) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        decoder.append(unwrapInboundIn(data))
        while let payload = try? decoder.next(), let received = try? ReceivedFrame(payload: payload) {
            if received.isIntact { end.sink.yield(received.frame) }
        }
    }

    func channelInactive(context: ChannelHandlerContext) { end.sink.finish() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

private final class DatagramEnd: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    private let end: DeviceEnd
    private var isFirst = true

    init(_ end: DeviceEnd) { self.end = end }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        if isFirst {
            isFirst = false
            end.clientSink.yield(envelope.remoteAddress)
        } else if let received = try? ReceivedFrame(payload: Array(envelope.data.readableBytesView)), received.isIntact
        {
            end.sink.yield(received.frame)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
