import Attendance
import Foundation
import NIOCore
import NIOExtras
import NIOHTTP1

/// A proxy that an office must go through: asked by CONNECT to join us with the centre, it sees TLS only.
package struct HTTPProxy: Equatable, Sendable {
    package let host: String
    package let port: Int
    /// `name:password`; never shown, never logged.
    package let credentials: String?

    package init(host: String, port: Int, credentials: String? = nil) {
        self.host = host
        self.port = port
        self.credentials = credentials
    }

    /// `http://host:port`.
    ///
    /// - Returns: `nil` for anything else; a name and password do not belong into an address that is shown.
    package init?(_ text: String, credentials: String? = nil) {
        guard let parts = URLComponents(string: text), parts.scheme?.lowercased() == "http", let host = parts.host,
            !host.isEmpty, let port = parts.port, (1...65_535).contains(port), parts.user == nil,
            parts.path.isEmpty || parts.path == "/", parts.query == nil
        else { return nil }
        self.init(
            host: host.trimmingCharacters(in: CharacterSet(charactersIn: "[]")), port: port, credentials: credentials)
    }

    /// Asks for the tunnel as soon as the proxy is connected; `tunnel` is told how that ended.
    func handlers(
        to host: String, _ port: Int, within timeout: TimeAmount, _ tunnel: EventLoopPromise<Void>
    ) -> [(any ChannelHandler)] {
        var headers = HTTPHeaders()
        let target = host.contains(":") ? "[\(host)]" : host
        headers.add(name: "host", value: "\(target):\(port)")
        if let credentials {
            headers.add(name: "proxy-authorization", value: "Basic \(Data(credentials.utf8).base64EncodedString())")
        }
        return [
            HTTPRequestEncoder(), ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .forwardBytes)),
            NIOHTTP1ProxyConnectHandler(
                targetHost: target, targetPort: port, headers: headers, deadline: .now() + timeout, promise: tunnel),
            // What is no HTTP will not become HTTP by waiting.
            NIOCloseOnErrorHandler(),
        ]
    }

    /// The tunnel stands: what follows is not HTTP with the proxy any more.
    func handlersRemoved(from channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.submit {
            let pipeline = channel.pipeline.syncOperations
            let encoder = try pipeline.context(handlerType: HTTPRequestEncoder.self)
            let decoder = try pipeline.context(handlerType: ByteToMessageHandler<HTTPResponseDecoder>.self)
            return EventLoopFuture.andAllSucceed(
                [pipeline.removeHandler(context: encoder), pipeline.removeHandler(context: decoder)],
                on: channel.eventLoop)
        }.flatMap { $0 }
    }
}
