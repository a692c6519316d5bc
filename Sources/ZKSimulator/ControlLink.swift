import NIOCore

/// One connection to the control socket: a command a line, an answer each, in order.
///
/// Confined to its event loop.
final class ControlLink: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let server: SimulatorServer
    private var pending: [UInt8] = []
    private static let longestLine = 4096

    init(server: SimulatorServer) { self.server = server }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        pending += unwrapInboundIn(data).readableBytesView
        while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
            let line = String(decoding: pending[..<end], as: UTF8.self)
            pending.removeSubrange(...end)
            answer(SimulatorControl(server: server).run(line), context)
        }
        if pending.count > Self.longestLine {
            answer("error: a line of more than \(Self.longestLine) bytes\n", context)
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func answer(_ text: String, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    }
}
