import Foundation
import NIOCore
import NIOPosix
import Synchronization
import ZKWire

/// What TCP and UDP share: the stream of frames that came, the counters, and the channel to write to.
final class SocketLink: Sendable {
    /// Frames held for a reader that is slow. A device that sends faster than it is read, and more than this,
    /// is broken or hostile: the link is dropped rather than memory filled.
    static let mostHeldBytes = 16 << 20

    private struct State {
        var counters = TransportCounters()
        var heldBytes = 0
        var channel: (any Channel)?
        var isClosed = false
    }

    let inbound: AsyncThrowingStream<Frame, any Error>
    private let continuation: AsyncThrowingStream<Frame, any Error>.Continuation
    private let state = Mutex(State())
    private let writeFailure: @Sendable (any Error) -> TransportError

    /// - Parameter writeFailure: what a failed write means on this kind of socket.
    init(writeFailure: @escaping @Sendable (any Error) -> TransportError) {
        self.writeFailure = writeFailure
        let (stream, continuation) = AsyncThrowingStream<Frame, any Error>.makeStream()
        self.continuation = continuation
        inbound = stream
    }

    var counters: TransportCounters { state.withLock { $0.counters } }

    /// Takes the channel as soon as there is one; a link that was closed meanwhile closes it.
    func opened(_ channel: any Channel) {
        let isClosed = state.withLock { state in
            state.channel = channel
            return state.isClosed
        }
        if isClosed { channel.close(mode: .all, promise: nil) }
    }

    /// Waits for a connection attempt; a cancelled one is broken off.
    func connecting(_ attempt: () async throws -> Void) async throws {
        do {
            try await withTaskCancellationHandler(operation: attempt, onCancel: { self.finish() })
            try Task.checkCancellation()
        } catch {
            finish()
            try Task.checkCancellation()
            throw TransportError.connecting(error)
        }
    }

    /// A payload came; `wireSize` counts its envelope.
    func received(payload: [UInt8], wireSize: Int) {
        do throws(WireError) {
            let received = try ReceivedFrame(payload: payload)
            state.withLock {
                $0.counters.bytesIn += wireSize
                $0.counters.framesIn += 1
                if !received.isIntact { $0.counters.badChecksums += 1 }
            }
            guard received.isIntact else { return }
            if hold(payload.count) {
                continuation.yield(received.frame)
            } else {
                finish(TransportError(.flooded, "more than \(Self.mostHeldBytes) bytes wait to be read"))
            }
        } catch {
            finish(TransportError(.framingLost, "\(error)"))
        }
    }

    /// The reader took a frame.
    func released(_ frame: Frame) {
        state.withLock { $0.heldBytes -= Frame.headerSize + frame.data.count }
    }

    /// Whether no frame was ever received.
    var isUntouched: Bool { state.withLock { $0.counters.framesIn == 0 } }

    private func hold(_ size: Int) -> Bool {
        state.withLock {
            guard !$0.isClosed else { return true }
            $0.heldBytes += size
            return $0.heldBytes <= Self.mostHeldBytes
        }
    }

    /// Hands the bytes to the socket and does not wait until they are out: a device that stops reading must not
    /// hold us. When the socket's buffer stays full, the link ends; a failed write ends it too.
    func write(_ bytes: [UInt8]) throws(TransportError) {
        let channel = try state.withLock { state throws(TransportError) in
            guard let channel = state.channel, !state.isClosed else { throw TransportError(.closed, "") }
            state.counters.bytesOut += bytes.count
            state.counters.framesOut += 1
            return channel
        }
        guard channel.isWritable else {
            let error = TransportError(.flooded, "the device takes no more bytes")
            finish(error)
            throw error
        }
        let written = channel.eventLoop.makePromise(of: Void.self)
        written.futureResult.whenFailure { [writeFailure] in self.finish(writeFailure($0)) }
        channel.writeAndFlush(channel.allocator.buffer(bytes: bytes), promise: written)
    }

    /// What became of a channel. One that lost the race between a name's several addresses does not end the link.
    func ended(_ channel: any Channel, _ error: TransportError) {
        guard state.withLock({ $0.channel === channel }) else { return }
        finish(error)
    }

    /// Ends `inbound`, with an error where there is one, and closes the channel.
    func finish(_ error: TransportError? = nil) {
        // In this order: who sees `inbound` end must not be able to send any more.
        let channel = state.withLock { state in
            state.isClosed = true
            return state.channel
        }
        continuation.finish(throwing: error)
        channel?.close(mode: .all, promise: nil)
    }

    func close() async {
        finish()
        guard let channel = state.withLock({ $0.channel }) else { return }
        try? await channel.closeFuture.get()
    }
}

extension TransportError {
    /// A socket error in our words.
    static func connecting(_ error: any Error) -> TransportError {
        switch error {
        case let error as TransportError: error
        case is SocketAddressError: TransportError(.nameNotFound, "\(error)")
        case is CancellationError: TransportError(.closed, "")
        case let error as ChannelError where error.isConnectTimeout: TransportError(.connectTimedOut, "")
        case let error as NIOConnectionError:
            error.dnsAError != nil && error.connectionErrors.isEmpty
                ? TransportError(.nameNotFound, error.host) : .connecting(first(of: error))
        case let error as IOError where error.errnoCode == ECONNREFUSED: TransportError(.refused, "")
        case let error as IOError: TransportError(.unreachable, "\(error)")
        default: TransportError(.unreachable, "\(error)")
        }
    }

    private static func first(of error: NIOConnectionError) -> any Error {
        error.connectionErrors.first?.error ?? TransportError(.unreachable, "\(error)")
    }
}

extension ChannelError {
    fileprivate var isConnectTimeout: Bool {
        if case .connectTimeout = self { true } else { false }
    }
}
