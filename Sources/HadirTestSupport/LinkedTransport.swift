import Synchronization
import ZKClient
import ZKWire

/// A transport in memory: what it sends goes to a script, and what the script says comes in. No socket, no time.
package final class LinkedTransport: Transport {
    package let isDatagram: Bool
    package let longestChunk: Int
    package let inbound: AsyncThrowingStream<Frame, any Error>
    /// What was sent, in order; ends when the link is gone.
    package let outbound: AsyncStream<Frame>

    /// As much as a socket holds for a slow reader.
    package static let mostHeldBytes = 16 << 20

    private let inboundSink: AsyncThrowingStream<Frame, any Error>.Continuation
    private let outboundSink: AsyncStream<Frame>.Continuation
    private let script: @Sendable (Frame) -> [Frame]
    private let state = Mutex(State())

    private struct State {
        var counters = TransportCounters()
        var held = 0
        var isClosed = false
    }

    /// - Parameter script: the device's answer to one frame; nothing where others answer from `outbound`.
    package init(
        isDatagram: Bool = false, longestChunk: Int = 0xFFC0,
        script: @escaping @Sendable (Frame) -> [Frame] = { _ in [] }
    ) {
        self.isDatagram = isDatagram
        self.longestChunk = longestChunk
        self.script = script
        (inbound, inboundSink) = AsyncThrowingStream.makeStream()
        (outbound, outboundSink) = AsyncStream.makeStream()
    }

    package var counters: TransportCounters { state.withLock { $0.counters } }
    package var isClosed: Bool { state.withLock { $0.isClosed } }
    /// Bytes not yet dealt with by the reader.
    package var heldBytes: Int { state.withLock { $0.held } }

    package func send(_ frame: Frame) async throws {
        try state.withLock { state throws(TransportError) in
            guard !state.isClosed else { throw TransportError(.closed, "") }
            state.counters.framesOut += 1
            state.counters.bytesOut += Frame.headerSize + frame.data.count
        }
        outboundSink.yield(frame)
        for answer in script(frame) { deliver(answer) }
    }

    /// A frame from the device.
    package func deliver(_ frame: Frame, isIntact: Bool = true) {
        let size = Frame.headerSize + frame.data.count
        let isTooMuch: Bool? = state.withLock { state in
            guard !state.isClosed else { return nil }
            state.counters.framesIn += 1
            state.counters.bytesIn += size
            guard isIntact else {
                state.counters.badChecksums += 1
                return nil
            }
            state.held += size
            return state.held > Self.mostHeldBytes
        }
        switch isTooMuch {
        case nil: break
        case false: inboundSink.yield(frame)
        case true: end(TransportError(.flooded, "more than \(Self.mostHeldBytes) bytes wait to be read"))
        }
    }

    package func received(_ frame: Frame) {
        state.withLock { $0.held -= Frame.headerSize + frame.data.count }
    }

    /// The device, or the cable, ends the link.
    package func end(_ error: TransportError? = TransportError(.closedByDevice, "")) {
        state.withLock { $0.isClosed = true }
        inboundSink.finish(throwing: error)
        outboundSink.finish()
    }

    package func close() async { end(nil) }
}
