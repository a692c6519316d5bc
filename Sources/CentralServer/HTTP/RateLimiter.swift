import Foundation
import Synchronization

/// Token buckets, one per address and one for all, for requests that cost the centre before they prove anything.
package final class RateLimiter: Sendable {
    package struct Rate: Sendable {
        /// Requests at once, and per second after that.
        let burst: Double
        let perSecond: Double

        package init(burst: Double, perSecond: Double) {
            self.burst = burst
            self.perSecond = perSecond
        }
    }

    private struct Bucket {
        var left: Double
        var at: Date
    }

    private struct State {
        var all: Bucket
        var addresses: [String: Bucket] = [:]
    }

    private let address: Rate
    private let all: Rate
    private let mostAddresses: Int
    private let now: @Sendable () -> Date
    private let state: Mutex<State>

    package init(address: Rate, all: Rate, mostAddresses: Int = 10_000, now: @escaping @Sendable () -> Date) {
        self.address = address
        self.all = all
        self.mostAddresses = mostAddresses
        self.now = now
        state = Mutex(State(all: Bucket(left: all.burst, at: now())))
    }

    /// Takes one request of `source`.
    ///
    /// - Returns: `nil` where it may go on, else the whole seconds to wait.
    package func take(_ source: String) -> Int? {
        let moment = now()
        return state.withLock { state in
            if state.addresses.count >= mostAddresses { forgetIdle(&state, moment) }
            var bucket = state.addresses[source] ?? Bucket(left: address.burst, at: moment)
            Self.refill(&bucket, address, moment)
            Self.refill(&state.all, all, moment)
            defer {
                // A full table means a flood of addresses; those beyond it share the bucket for all.
                if state.addresses.count < mostAddresses || state.addresses[source] != nil {
                    state.addresses[source] = bucket
                }
            }
            guard bucket.left >= 1 else { return Self.wait(bucket, address) }
            guard state.all.left >= 1 else { return Self.wait(state.all, all) }
            bucket.left -= 1
            state.all.left -= 1
            return nil
        }
    }

    private func forgetIdle(_ state: inout State, _ moment: Date) {
        state.addresses = state.addresses.filter { _, bucket in
            var bucket = bucket
            Self.refill(&bucket, address, moment)
            return bucket.left < address.burst
        }
    }

    private static func refill(_ bucket: inout Bucket, _ rate: Rate, _ moment: Date) {
        let passed = max(0, moment.timeIntervalSince(bucket.at))
        bucket.left = min(rate.burst, bucket.left + passed * rate.perSecond)
        bucket.at = moment
    }

    private static func wait(_ bucket: Bucket, _ rate: Rate) -> Int {
        Int(min(3600, ((1 - bucket.left) / rate.perSecond).rounded(.up)))
    }
}
