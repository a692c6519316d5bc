import EdgeStore
import Synchronization

/// Who waits for what a device says of a command.
final class PushWaits: Sendable {
    private enum End: Sendable {
        case result(PushOrder)
        case failed(any Error)
    }

    private struct State {
        var waiting: [Int64: [AsyncStream<End>.Continuation]] = [:]
        /// Ended while nobody waited: who asked may come to wait a moment later.
        var ended: [PushOrder] = []
    }

    private static let mostEnded = 64
    private let state = Mutex(State())

    /// - Returns: `nil` where no result came within `limit`.
    func wait(for id: Int64, within limit: Duration, clock: any Clock<Duration>) async throws -> PushOrder? {
        let (ends, sink) = AsyncStream<End>.makeStream()
        let early = state.withLock { state in
            state.waiting[id, default: []].append(sink)
            return state.ended.first { $0.id == id }
        }
        if let early { return early }
        let timer = Task {
            try? await clock.sleep(for: limit)
            sink.finish()
        }
        defer { timer.cancel() }
        for await end in ends {
            switch end {
            case .result(let order): return order
            case .failed(let error): throw error
            }
        }
        try Task.checkCancellation()
        return nil
    }

    func end(_ order: PushOrder) {
        state.withLock { $0.ended = ($0.ended + [order]).suffix(Self.mostEnded) }
        tell(order.id, .result(order))
    }

    func endAll(with error: any Error) {
        for id in state.withLock({ Array($0.waiting.keys) }) { tell(id, .failed(error)) }
    }

    private func tell(_ id: Int64, _ end: End) {
        for sink in state.withLock({ $0.waiting.removeValue(forKey: id) }) ?? [] { sink.yield(end) }
    }
}
