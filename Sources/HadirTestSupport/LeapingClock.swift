import Synchronization

/// A clock on which every wait is over at once, and time has passed: for code whose waits are the thing tested.
package final class LeapingClock: Clock, Sendable {
    package struct Instant: InstantProtocol {
        package let offset: Duration

        package func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        package func duration(to other: Instant) -> Duration { other.offset - offset }
        package static func < (one: Instant, other: Instant) -> Bool { one.offset < other.offset }
    }

    private let state = Mutex(Duration.zero)
    private let shortest: Duration

    /// - Parameter wakesEarly: a wait ends after so long, as a bad clock's might; nil: when it is over.
    package init(wakesEarly: Duration? = nil) { shortest = wakesEarly ?? .seconds(Int64.max / 4) }

    package var elapsed: Duration { state.withLock { $0 } }
    package var now: Instant { Instant(offset: elapsed) }
    package var minimumResolution: Duration { .nanoseconds(1) }

    package func advance(by duration: Duration) { state.withLock { $0 += duration } }

    package func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        state.withLock { $0 = max($0, min(deadline.offset, $0 + shortest)) }
        await Task.yield()
    }
}
