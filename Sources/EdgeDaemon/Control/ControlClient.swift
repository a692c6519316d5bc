import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// Asks a running daemon.
package enum ControlClient {
    /// - Parameter timeout: for the whole exchange; reading a large log takes minutes.
    /// - Returns: `nil` where no daemon listens on `path`.
    /// - Throws: `ControlError`, `CancellationError`.
    package static func ask(
        _ request: ControlRequest, socket path: String, timeout: Duration = .seconds(600)
    ) async throws -> ControlAnswer? {
        try await ask(request, socket: path, timeout: timeout) { $0 }
    }

    /// Asks, and keeps the connection open while `body` works with the answer: what is lent goes back with it.
    ///
    /// - Parameter timeout: until the answer.
    /// - Throws: `ControlError`, `CancellationError`, and what `body` throws.
    package static func ask<Value: Sendable>(
        _ request: ControlRequest, socket path: String, timeout: Duration,
        holding body: @escaping @Sendable (ControlAnswer) async throws -> Value
    ) async throws -> Value? {
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
            throw ControlError("\(path) may not be used by this user: run the command with sudo", isPermission: true)
        } catch {
            throw ControlError("\(path): \(error)")
        }
        let timedOut = TimedOut()
        let channel = connection.channel
        let deadline = channel.eventLoop.scheduleTask(in: TimeAmount(timeout)) {
            timedOut.happened.store(true, ordering: .relaxed)
            channel.close(promise: nil)
        }
        defer { deadline.cancel() }
        do {
            let line = try JSONEncoder().encode(request) + [10]
            return try await connection.executeThenClose { inbound, outbound in
                try await outbound.write(ByteBuffer(bytes: line))
                for try await answer in inbound {
                    let answer = try JSONDecoder().decode(ControlAnswer.self, from: Data(answer.readableBytesView))
                    deadline.cancel()
                    do { return try await body(answer) } catch { throw OfBody(error: error) }
                }
                try Task.checkCancellation()
                throw ControlError(noAnswer)
            }
        } catch let failure as OfBody {
            throw failure.error
        } catch {
            if timedOut.happened.load(ordering: .relaxed) { throw ControlError("the daemon did not answer in time") }
            switch error {
            case is ControlError, is CancellationError: throw error
            case is DecodingError: throw ControlError("the daemon's answer is not one this version understands")
            default: throw ControlError("\(noAnswer): \(error)")
            }
        }
    }

    private static let noAnswer = "the daemon closed the connection without an answer"
}

/// What the answer was used for failed; the talk with the daemon did not.
private struct OfBody: Error {
    let error: any Error
}

private final class TimedOut: Sendable {
    let happened = Atomic(false)
}
