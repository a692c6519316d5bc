import Synchronization

/// Waits that somebody may cut short. A wake that comes between two waits is not lost.
///
/// One stream for both ends of a wait: iterating an `AsyncStream` in a task that is cancelled ends the stream,
/// so a race of two tasks would leave none for the next wait.
final class WakeableWait: Sendable {
    private enum Signal: Sendable {
        case woken
        /// The wait with this number is over.
        case over(Int)
    }

    private struct State {
        var isWoken = false
        var number = 0
    }

    private let state = Mutex(State())
    private let signals: AsyncStream<Signal>
    private let sink: AsyncStream<Signal>.Continuation

    init() { (signals, sink) = AsyncStream.makeStream() }

    /// Many wakes before the next look are one.
    func wake() {
        let isFirst = state.withLock { state in
            defer { state.isWoken = true }
            return !state.isWoken
        }
        if isFirst { sink.yield(.woken) }
    }

    /// Waits for `duration`, or for a wake that `mayEnd` agrees with.
    ///
    /// - Returns: false where the task was cancelled.
    func wait(
        for duration: Duration, _ clock: any Clock<Duration>, isolation: isolated (any Actor)? = #isolation,
        mayEnd: () -> Bool
    ) async -> Bool {
        let number = state.withLock { state in
            state.number += 1
            return state.number
        }
        let timer = Task { [sink] in
            do { try await clock.sleep(for: duration) } catch { return }
            sink.yield(.over(number))
        }
        defer { timer.cancel() }
        for await signal in signals {
            switch signal {
            case .over(number): return true
            case .over: continue
            case .woken:
                state.withLock { $0.isWoken = false }
                if mayEnd() { return true }
            }
        }
        return false
    }
}
