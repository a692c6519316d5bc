import NIOCore
import NIOHTTP1

/// Behind a request that broke off as no HTTP, nothing of ours goes out any more.
///
/// The library answers such a request with 400 itself and closes. Our answer to its beginning, such as that the body
/// is too large, would be a second one to the same request, which its pipeline takes for a mistake of the program.
final class BrokenRequests: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart

    private var isBroken = false

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        isBroken = true
        context.fireErrorCaught(error)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isBroken else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        context.write(data, promise: promise)
    }
}
