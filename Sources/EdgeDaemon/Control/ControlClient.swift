import Foundation
import NIOCore
import NIOPosix

/// Asks a running daemon.
package enum ControlClient {
    /// - Parameter timeout: for the whole exchange; reading a large log takes minutes.
    /// - Returns: `nil` where no daemon listens on `path`.
    /// - Throws: `ControlError`.
    package static func ask(
        _ request: ControlRequest, socket path: String, timeout: Duration = .seconds(600)
    ) async throws -> ControlAnswer? {
        let connection: NIOAsyncChannel<ByteBuffer, ByteBuffer>
        do {
            connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.seconds(5))
                .connect(unixDomainSocketPath: path) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(LineDecoder()))
                        return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                    }
                }
        } catch let error as IOError where error.errnoCode == ENOENT || error.errnoCode == ECONNREFUSED {
            return nil
        } catch let error as IOError where error.errnoCode == EACCES {
            throw ControlError("\(path) may not be used by this user: run the command with sudo")
        } catch {
            throw ControlError("\(path): \(error)")
        }
        let deadline = connection.channel.eventLoop.scheduleTask(in: TimeAmount(timeout)) { [channel = connection.channel] in
            channel.close(promise: nil)
        }
        defer { deadline.cancel() }
        let line = try JSONEncoder().encode(request) + [10]
        return try await connection.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(bytes: line))
            for try await answer in inbound {
                return try JSONDecoder().decode(ControlAnswer.self, from: Data(answer.readableBytesView))
            }
            throw ControlError("the daemon closed the connection without an answer")
        }
    }
}
