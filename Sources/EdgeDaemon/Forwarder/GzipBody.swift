import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOHTTPCompression

/// A request body compressed with gzip.
///
/// swift-nio's compressor is a handler that serves one request and then no other; so each body goes through
/// one of its own, in memory, and the kept connection never sees it.
enum GzipBody {
    static func compress(_ bytes: [UInt8]) throws -> [UInt8] {
        let channel = EmbeddedChannel(handler: NIOHTTPRequestCompressor(encoding: .gzip))
        defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
        let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/")
        channel.write(HTTPClientRequestPart.head(head), promise: nil)
        channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: bytes))), promise: nil)
        try channel.writeOutbound(HTTPClientRequestPart.end(nil))
        var compressed: [UInt8] = []
        while let part = try channel.readOutbound(as: HTTPClientRequestPart.self) {
            if case .body(.byteBuffer(let buffer)) = part { compressed += buffer.readableBytesView }
        }
        return compressed
    }
}
