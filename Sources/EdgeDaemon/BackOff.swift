/// Waits that grow with each failure, spread at random so that many do not come back at once.
package struct BackOff: Sendable {
    private let first: Duration
    private let most: Duration
    private(set) var failures = 0

    package init(first: Duration, most: Duration) {
        self.first = first
        self.most = most
    }

    package mutating func reset() { failures = 0 }

    /// Full jitter: anything up to the doubled wait, but never less than half of `first`.
    ///
    /// - Parameter random: a fraction below 1.
    package mutating func next(random: Double) -> Duration {
        let doubled = first * (1 << min(failures, 16))
        failures += 1
        return max(min(doubled, most) * random, first / 2)
    }
}
