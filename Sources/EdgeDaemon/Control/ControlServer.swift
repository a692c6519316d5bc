import Foundation
import Logging
import NIOCore
import NIOPosix
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// The daemon's Unix socket: commands that need its devices or its journal are carried out here.
///
/// Mode 0660, and the peer must be root or of the daemon's own user or group.
package struct ControlServer: Sendable {
    package typealias Answering = @Sendable (ControlRequest) async -> ControlAnswer
    typealias AnsweringCaller = @Sendable (ControlRequest, ControlCaller) async -> ControlAnswer

    private let path: String
    private let logger: Logger
    private let answer: AnsweringCaller

    package init(path: String, logger: Logger, answer: @escaping Answering) {
        self.init(path: path, logger: logger) { request, _ in await answer(request) }
    }

    init(path: String, logger: Logger, answer: @escaping AnsweringCaller) {
        self.path = path
        self.logger = logger
        self.answer = answer
    }

    /// Longest path a Unix socket can have here.
    private static let longestPath = 107

    /// Serves until cancelled.
    ///
    /// - Parameter ready: called when the socket is there.
    package func run(ready: @Sendable () -> Void = {}) async throws {
        guard path.utf8.count <= Self.longestPath else {
            throw ControlError("the state directory's path is too long for a socket: \(path)")
        }
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 16)
            .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(LineDecoder()))
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        guard chmod(path, 0o660) == 0 else {
            try? await server.executeThenClose { _ in }
            throw ControlError("cannot set the mode of \(path): \(String(cString: strerror(errno)))")
        }
        ready()
        await withTaskCancellationHandler {
            try? await serve(server)
        } onCancel: {
            server.channel.close(promise: nil)
        }
        unlink(path)
    }

    private func serve(_ server: NIOAsyncChannel<NIOAsyncChannel<ByteBuffer, ByteBuffer>, Never>) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            try await server.executeThenClose { connections in
                for try await connection in connections {
                    group.addTask {
                        // A caller that goes away is its own affair.
                        try? await self.converse(connection)
                    }
                }
            }
            group.cancelAll()
        }
    }

    private func converse(_ connection: NIOAsyncChannel<ByteBuffer, ByteBuffer>) async throws {
        let peer = await PeerCredentials.peer(connection.channel)
        let mayAsk = peer?.mayAsk ?? false
        let caller = ControlCaller(process: peer?.process ?? 0, user: peer?.user)
        defer { caller.isGone() }
        try await connection.executeThenClose { inbound, outbound in
            for try await line in inbound {
                let reply: ControlAnswer
                if !mayAsk {
                    reply = ControlAnswer(error: "only root and the daemon's own user may ask")
                } else if let request = try? JSONDecoder().decode(
                    ControlRequest.self, from: Data(line.readableBytesView))
                {
                    reply = await answer(request, caller)
                } else {
                    reply = ControlAnswer(error: "not a request this version understands")
                }
                try await outbound.write(ByteBuffer(bytes: JSONEncoder().encode(reply) + [10]))
            }
        }
    }
}

package struct ControlError: Error, Equatable, CustomStringConvertible {
    package let description: String
    /// This user may not ask; another may.
    package let isPermission: Bool

    package init(_ description: String, isPermission: Bool = false) {
        self.description = description
        self.isPermission = isPermission
    }
}

/// Lines of bounded length.
final class LineDecoder: ByteToMessageDecoder {
    typealias InboundOut = ByteBuffer

    /// Bytes at the buffer's beginning that were seen to have no line end: each byte is looked at once.
    private var searched = 0

    func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
        let found = buffer.withUnsafeReadableBytes { bytes in
            UnsafeRawBufferPointer(rebasing: bytes[min(searched, bytes.count)...]).firstIndex(of: 10)
        }
        guard let length = found.map({ $0 + searched }) else {
            searched = buffer.readableBytes
            guard searched <= longestControlLine else { throw ControlError("the line is too long") }
            return .needMoreData
        }
        searched = 0
        guard length <= longestControlLine else { throw ControlError("the line is too long") }
        let line = buffer.readSlice(length: length)
        buffer.moveReaderIndex(forwardBy: 1)
        if let line { context.fireChannelRead(wrapInboundOut(line)) }
        return .continue
    }

    /// What has no line end is no line.
    func decodeLast(
        context: ChannelHandlerContext, buffer: inout ByteBuffer, seenEOF: Bool
    ) throws -> DecodingState {
        .needMoreData
    }
}

/// Who is at the other end of a Unix socket.
enum PeerCredentials {
    /// The kernel's `struct ucred`, which the C library's module hides.
    struct Peer: Sendable {
        var process: Int32 = 0
        var user: UInt32 = 0
        var group: UInt32 = 0

        var mayAsk: Bool { user == 0 || user == geteuid() || group == getegid() }
    }

    static func peer(_ channel: any Channel) async -> Peer? {
        guard let options = channel as? any SocketOptionProvider else { return nil }
        let peer: EventLoopFuture<Peer> = options.unsafeGetSocketOption(
            level: .socket, name: .init(rawValue: SO_PEERCRED))
        return try? await peer.get()
    }
}

/// One connection to the control socket.
final class ControlCaller: Sendable {
    /// 0 where the system does not say.
    let process: Int32
    /// The account it runs under; `nil` where the system does not say.
    let user: UInt32?
    private let endings = Mutex<[@Sendable () -> Void]?>([])

    init(process: Int32, user: UInt32? = nil) {
        self.process = process
        self.user = user
    }

    /// Runs `body` when the connection is over, whatever ended it; at once where it is.
    func whenGone(_ body: @escaping @Sendable () -> Void) {
        let isGone = endings.withLock { endings in
            endings?.append(body)
            return endings == nil
        }
        if isGone { body() }
    }

    func isGone() {
        let bodies = endings.withLock { endings in
            defer { endings = nil }
            return endings ?? []
        }
        for body in bodies { body() }
    }
}
