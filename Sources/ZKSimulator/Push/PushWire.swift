import Foundation
import NIOCore
import NIOPosix
import NIOSSL

/// One HTTP request of a push device over a connection of its own, as devices do it.
struct PushWire: Sendable {
    struct Answer: Equatable, Sendable {
        let status: Int
        let body: String
    }

    enum Break: Sendable {
        case none, request, answer, halfAnswer
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private static let longestAnswer = 256 * 1024

    let plan: PushPlan

    /// - Parameter target: from `/iclock` on.
    /// - Throws: `Failure` where no whole answer came.
    func send(_ method: String, _ target: String, body: [UInt8] = [], breaking: Break = .none) async throws -> Answer {
        let prefix = plan.path.isEmpty ? "" : "/\(plan.path)"
        var head = "\(method) \(prefix)\(target) HTTP/1.1\r\nHost: \(plan.host):\(plan.port)\r\n"
        head += "User-Agent: iClock Proxy/1.09\r\nConnection: close\r\nAccept: */*\r\n"
        if method == "POST" { head += "Content-Type: text/plain\r\nContent-Length: \(body.count)\r\n" }
        var bytes = Array(head.utf8) + Array("\r\n".utf8) + body
        if breaking == .request { bytes = Array(bytes.prefix(bytes.count / 2)) }
        let connection: NIOAsyncChannel<ByteBuffer, ByteBuffer>
        do { connection = try await connect() } catch { throw Failure(description: "no connection: \(error)") }
        let channel = connection.channel
        let deadline = channel.eventLoop.scheduleTask(in: TimeAmount(plan.answerTime)) { channel.close(promise: nil) }
        defer { deadline.cancel() }
        var received: [UInt8] = []
        do {
            received = try await connection.executeThenClose { inbound, outbound in
                var got: [UInt8] = []
                try await outbound.write(ByteBuffer(bytes: bytes))
                if breaking == .request { return got }
                for try await part in inbound {
                    got += Array(part.readableBytesView)
                    // It was answered, and nobody here hears it.
                    if breaking == .answer || got.count > Self.longestAnswer { break }
                    if Self.answer(got) != nil { break }
                }
                return got
            }
        } catch { throw Failure(description: "the connection broke: \(error)") }
        switch breaking {
        case .request, .answer: throw Failure(description: "the connection broke, as told")
        case .halfAnswer: received = Array(received.prefix(received.count * 3 / 4))
        case .none: break
        }
        guard let answer = Self.answer(received) else { throw Failure(description: "no whole answer came") }
        return answer
    }

    private func connect() async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
        let tls: NIOSSLContext? = try plan.isTLS ? Self.careless() : nil
        return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.seconds(10))
            .connect(host: plan.host, port: plan.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: tls, serverHostname: nil))
                    }
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
    }

    /// As many devices check certificates: not at all.
    private static func careless() throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        return try NIOSSLContext(configuration: configuration)
    }

    /// `nil` while it is not whole.
    static func answer(_ bytes: [UInt8]) -> Answer? {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        let words = (head.first ?? "").split(separator: " ")
        guard words.count >= 2, let status = Int(words[1]) else { return nil }
        let length = head.dropFirst().compactMap { line -> Int? in
            let sides = line.split(separator: ":", maxSplits: 1)
            guard sides.count == 2, sides[0].lowercased() == "content-length" else { return nil }
            return Int(sides[1].trimmingCharacters(in: .whitespaces))
        }.first
        let body = bytes[end.upperBound...]
        guard let length, body.count >= length else { return nil }
        return Answer(status: status, body: String(decoding: body.prefix(length), as: UTF8.self))
    }
}
