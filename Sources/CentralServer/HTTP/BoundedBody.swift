import Attendance
import FailPoints
import Hummingbird
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOHTTPCompression

/// Reads a request's body within limits of size and time, and unpacks it.
package enum BoundedBody {
    /// - Parameters:
    ///   - most: bytes accepted, both as sent and unpacked.
    ///   - seconds: how long the sender may take for all of it.
    /// - Throws: `HTTPError` 408, 413, 415, or 400 where it is no gzip or breaks off.
    static func collect(_ request: Request, upTo most: Int, within seconds: Duration) async throws -> [UInt8] {
        let encoding = request.headers[.contentEncoding]?.lowercased() ?? "identity"
        guard encoding == "identity" || encoding == "gzip" else {
            throw HTTPError(.unsupportedMediaType, message: "Content-Encoding \(encoding) is not gzip")
        }
        let body = request.body
        let most = Sabotage.isOn("body_unbounded") ? most * 4096 : most
        let sent = try await withThrowingTaskGroup(of: ByteBuffer?.self) { group in
            group.addTask {
                do {
                    return try await body.collect(upTo: most)
                } catch is NIOTooManyBytesError {
                    throw HTTPError(.contentTooLarge, message: "the body is over \(most) bytes")
                } catch let error where !(error is CancellationError) {
                    // The line broke, or the sender did not keep to HTTP: no fault of ours.
                    throw HTTPError(.badRequest, message: "the body broke off: \(error)")
                }
            }
            group.addTask {
                try await Task.sleep(for: seconds)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
        guard let sent else { throw HTTPError(.requestTimeout, message: "the body took over \(seconds)") }
        return encoding == "gzip" ? try unpack(sent, upTo: most) : Array(sent.readableBytesView)
    }

    /// Inflates in small steps and stops at the limit, so a body that unpacks to gigabytes costs kilobytes.
    ///
    /// The library's decompressor is a channel handler; it runs here in a channel of its own because its
    /// errors must become answers to the request and not the end of the connection.
    package static func unpack(_ packed: ByteBuffer, upTo most: Int) throws -> [UInt8] {
        let channel = EmbeddedChannel(handler: NIOHTTPRequestDecompressor(limit: .size(most)))
        defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
        let head = HTTPRequestHead(
            version: .http1_1, method: .POST, uri: "/", headers: ["Content-Encoding": "gzip"])
        var bytes: [UInt8] = []
        do {
            try channel.writeInbound(HTTPServerRequestPart.head(head))
            var rest = packed
            while let piece = rest.readSlice(length: min(4096, rest.readableBytes)), piece.readableBytes > 0 {
                try channel.writeInbound(HTTPServerRequestPart.body(piece))
                drain(channel, into: &bytes)
            }
            try channel.writeInbound(HTTPServerRequestPart.end(nil))
            drain(channel, into: &bytes)
        } catch NIOHTTPDecompression.DecompressionError.limit {
            throw HTTPError(.contentTooLarge, message: "the body unpacks to over \(most) bytes")
        } catch {
            throw HTTPError(.badRequest, message: "the body is not gzip")
        }
        guard bytes.count <= most else {
            throw HTTPError(.contentTooLarge, message: "the body unpacks to over \(most) bytes")
        }
        return bytes
    }

    private static func drain(_ channel: EmbeddedChannel, into bytes: inout [UInt8]) {
        while let part = try? channel.readInbound(as: HTTPServerRequestPart.self) {
            if case .body(let piece) = part { bytes += piece.readableBytesView }
        }
    }
}
