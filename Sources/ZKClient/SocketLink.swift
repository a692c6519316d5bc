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

    init() {
        let (stream, continuation) = AsyncThrowingStream<Frame, any Error>.makeStream()
        self.continuation = continuation
        inbound = stream
    }

    var counters: TransportCounters { state.withLock { $0.counters } }

    func opened(_ channel: any Channel) {
        state.withLock { $0.channel = channel }
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

    private func hold(_ size: Int) -> Bool {
        state.withLock {
            $0.heldBytes += size
            return $0.heldBytes <= Self.mostHeldBytes
        }
    }

    func write(_ bytes: [UInt8]) async throws {
        let channel = try state.withLock { state throws(TransportError) in
            guard let channel = state.channel, !state.isClosed else { throw TransportError(.closed, "") }
            state.counters.bytesOut += bytes.count
            state.counters.framesOut += 1
            return channel
        }
        do {
            try await channel.writeAndFlush(channel.allocator.buffer(bytes: bytes)).get()
        } catch {
            throw TransportError(.closedByDevice, "\(error)")
        }
    }

    /// Ends `inbound`, with an error where there is one, and closes the channel.
    func finish(_ error: TransportError? = nil) {
        continuation.finish(throwing: error)
        let channel = state.withLock { state in
            state.isClosed = true
            return state.channel
        }
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
