import Synchronization
import ZKClient
import ZKWire

/// What callers and the device's own thread share: frames to send, frames that came, counters, and the end.
final class USBMail: Sendable {
    /// As much as a socket holds for a slow reader.
    static let mostHeldBytes = 16 << 20
    /// Frames that wait to be sent; a session has one or two.
    static let mostWaiting = 64

    let inbound: AsyncThrowingStream<Frame, any Error>
    /// Rings when there is something to send; ends with the link.
    let bell: AsyncStream<Void>
    private let inboundSink: AsyncThrowingStream<Frame, any Error>.Continuation
    private let bellSink: AsyncStream<Void>.Continuation
    private let state = Mutex(State())

    private struct State {
        var waiting: [Frame] = []
        var counters = TransportCounters()
        var held = 0
        var isClosed = false
        /// The device was given back.
        var isOver = false
        var watchers: [AsyncStream<Void>.Continuation] = []
    }

    init() {
        (inbound, inboundSink) = AsyncThrowingStream.makeStream()
        (bell, bellSink) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    var counters: TransportCounters { state.withLock { $0.counters } }
    var isClosed: Bool { state.withLock { $0.isClosed } }

    // MARK: The caller's side

    func send(_ frame: Frame) throws(TransportError) {
        let size = Frame.headerSize + frame.data.count
        guard size <= Int(UInt16.max) else { throw TransportError(.framingLost, "\(size) bytes are too many for USB") }
        let isTooMuch = try state.withLock { state throws(TransportError) in
            guard !state.isClosed else { throw TransportError(.closed, "") }
            guard state.waiting.count < Self.mostWaiting else { return true }
            state.counters.framesOut += 1
            state.counters.bytesOut += size
            state.waiting.append(frame)
            return false
        }
        if isTooMuch {
            let error = TransportError(.flooded, "the device takes no more frames")
            finish(error)
            throw error
        }
        bellSink.yield()
    }

    func released(_ frame: Frame) { state.withLock { $0.held -= Frame.headerSize + frame.data.count } }

    /// No more frames either way, with an error where there is one.
    func finish(_ error: TransportError? = nil) {
        // In this order: who sees `inbound` end must not be able to send any more.
        state.withLock { state in
            state.isClosed = true
            state.waiting = []
        }
        inboundSink.finish(throwing: error)
        bellSink.finish()
    }

    /// Ends when the device was given back.
    func end() -> AsyncStream<Void> {
        let (stream, sink) = AsyncStream<Void>.makeStream()
        let isOver = state.withLock { state in
            if !state.isOver { state.watchers.append(sink) }
            return state.isOver
        }
        if isOver { sink.finish() }
        return stream
    }

    // MARK: The device's side

    func next() -> Frame? { state.withLock { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() } }

    /// A packet came.
    ///
    /// - Returns: its frame; `nil` where it is none, or its checksum is wrong: dropped and counted.
    func received(_ packet: [UInt8]) throws(TransportError) -> Frame? {
        let received = try? ReceivedFrame(payload: packet)
        let held: Int? = state.withLock { state in
            state.counters.bytesIn += packet.count
            state.counters.framesIn += 1
            guard let received, received.isIntact else {
                state.counters.badChecksums += 1
                return nil
            }
            state.held += packet.count
            return state.held
        }
        guard let held, let frame = received?.frame else { return nil }
        guard held <= Self.mostHeldBytes else {
            throw TransportError(.flooded, "more than \(Self.mostHeldBytes) bytes wait to be read")
        }
        inboundSink.yield(frame)
        return frame
    }

    func over() {
        let watchers = state.withLock { state in
            state.isOver = true
            defer { state.watchers = [] }
            return state.watchers
        }
        for watcher in watchers { watcher.finish() }
    }
}
