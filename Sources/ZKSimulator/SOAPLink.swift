import DeviceFormats
import NIOCore
import ZKWire

/// The one conversation a device's web service holds at a time. Confined to its event loop.
final class SOAPDoor {
    let server: SimulatorServer
    private var links: [ObjectIdentifier: SOAPLink] = [:]
    private var current: SOAPLink?

    /// A client that closes and connects again at once is no second one: its close may be read after its connect.
    private static let secondLook = TimeAmount.milliseconds(50)

    init(server: SimulatorServer) { self.server = server }

    func opened(_ link: SOAPLink) {
        links[ObjectIdentifier(link)] = link
        server.change { device, _ in
            device.statistics.connections += 1
            device.statistics.connectionsOpen += 1
        }
        guard current != nil else { return admit(link) }
        server.loop.assumeIsolated().scheduleTask(in: Self.secondLook) { self.contest(link) }
    }

    private func contest(_ link: SOAPLink) {
        guard links[ObjectIdentifier(link)] != nil, !link.isAdmitted else { return }
        guard current != nil else { return admit(link) }
        server.change { device, _ in device.statistics.connectionsRefused += 1 }
        link.close()
    }

    private func admit(_ link: SOAPLink) {
        current = link
        link.isAdmitted = true
        link.answerIfWhole()
    }

    func closed(_ link: SOAPLink) {
        guard links.removeValue(forKey: ObjectIdentifier(link)) != nil else { return }
        server.change { device, _ in device.statistics.connectionsOpen -= 1 }
        if current === link { current = nil }
    }

    func closeAll() {
        for link in links.values { link.close() }
    }
}

/// One HTTP/1.0 connection: a request, an answer, the end.
final class SOAPLink: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let door: SOAPDoor
    private var channel: (any Channel)?
    private var request: [UInt8] = []
    private var out: [UInt8] = []
    private var position = 0
    private var sent = 0
    private var isAnswered = false
    var isAdmitted = false

    private static let longestRequest = 64 << 10

    init(door: SOAPDoor) { self.door = door }

    func channelActive(context: ChannelHandlerContext) {
        channel = context.channel
        door.opened(self)
    }

    func channelInactive(context: ChannelHandlerContext) {
        channel = nil
        door.closed(self)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isAnswered else { return }
        request += Array(unwrapInboundIn(data).readableBytesView)
        guard request.count <= Self.longestRequest else { return close() }
        answerIfWhole()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { close() }

    func close() { channel?.close(promise: nil) }

    /// The request is whole when the bytes its head announces are there; one more CR LF behind them is in use.
    func answerIfWhole() {
        guard isAdmitted, !isAnswered, let body = Self.body(of: request) else { return }
        isAnswered = true
        let bytes = request.count
        guard let inquiry = SOAPInquiry(body: body) else { return close() }
        let (answer, line) = door.server.change { device, now in
            device.statistics.bytesIn += bytes
            return (device.answer(inquiry, at: now), device.line(at: now))
        }
        guard let answer else { return }
        out = answer.bytes
        guard line.delay > 0, let loop = channel?.eventLoop.assumeIsolated() else {
            return send(line, staysOpen: answer.staysOpen)
        }
        loop.scheduleTask(in: .milliseconds(Int64(line.delay))) { self.send(line, staysOpen: answer.staysOpen) }
    }

    /// `nil` until it is there.
    private static func body(of request: [UInt8]) -> ArraySlice<UInt8>? {
        let text = SOAPText.text(request)
        guard let end = text.utf8.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let head = text.utf8[..<end.lowerBound].count + 4
        let announced = text.prefix(head).split(separator: "\r\n")
            .first { $0.lowercased().hasPrefix("content-length:") }
            .flatMap { Int($0.drop { $0 != ":" }.dropFirst().filter { $0 != " " }) }
        let rest = request.dropFirst(head)
        guard let announced, (0...longestRequest).contains(announced) else { return rest.isEmpty ? nil : rest }
        return rest.count >= announced ? rest.prefix(announced) : nil
    }

    private func send(_ line: LineFaults, staysOpen: Bool) {
        guard let channel, channel.isActive else { return }
        let limit = line.closesAfter ?? .max
        let end = min(out.count, position + (line.pieces?.size ?? out.count), max(position, limit))
        let piece = out[position..<end]
        position = end
        let count = piece.count
        door.server.change { device, _ in device.statistics.bytesOut += count }
        let loop = channel.eventLoop.assumeIsolated()
        let written = channel.writeAndFlush(ByteBuffer(bytes: piece)).assumeIsolated()
        written.whenComplete { _ in
            if end >= limit {
                self.door.server.change { device, now in _ = device.fire(.closeAt, at: now) }
                return self.close()
            }
            guard end < self.out.count else {
                if !staysOpen { self.close() }
                return
            }
            loop.scheduleTask(in: .milliseconds(Int64(line.pieces?.milliseconds ?? 0))) {
                self.send(line, staysOpen: staysOpen)
            }
        }
    }
}
