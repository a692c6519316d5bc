import Crypto
import Foundation
import Synchronization

/// Slows the guessing of passwords and locks nobody out (docs/decisions/0019-sessions.md). In memory, bounded.
///
/// A try counts as failed from its beginning, so that many at once gain nothing; one that succeeds, or that was never
/// made, is taken back.
final class GuessGuard: Sendable {
    /// Where a try comes from, as far as it counts.
    enum Source: Hashable {
        /// `NetworkAddress.counted`, or text that is no address.
        case address([UInt8])
        /// SHA-256 of the token of a browser that has signed in to this very account before.
        case browser([UInt8])
    }

    /// A try that may be made.
    struct Try: Sendable {
        fileprivate let account: [UInt8]
        fileprivate let source: Source
    }

    enum Answer {
        case go(Try)
        /// Whole seconds, at least one.
        case wait(Int)
    }

    private struct Pair: Hashable {
        let account: [UInt8]
        let source: Source
    }

    private struct Failures {
        var count = 0
        var at: Date
    }

    private struct State {
        var failures: [Pair: Failures] = [:]
        var addresses: Buckets<[UInt8]>
        var accounts: Buckets<[UInt8]>
    }

    private let limits: SignInLimits
    private let now: @Sendable () -> Date
    private let state: Mutex<State>
    /// Failures are forgotten after that long without one.
    private static let memory: TimeInterval = 24 * 3600

    init(limits: SignInLimits, now: @escaping @Sendable () -> Date) {
        self.limits = limits
        self.now = now
        state = Mutex(
            State(
                addresses: Buckets(limits.address, most: limits.mostEntries, at: now()),
                accounts: Buckets(limits.account, most: limits.mostEntries, at: now())))
    }

    /// - Parameters:
    ///   - account: as it was typed; kept as a hash only.
    ///   - browser: the token's SHA-256, where the browser is known for this account.
    func begin(account: String, address: String, browser: [UInt8]?) -> Answer {
        // Mistyped names may be passwords, and as long as a request.
        let account = Array(SHA256.hash(data: Data(account.lowercased().utf8)).prefix(16))
        let source = browser.map(Source.browser) ?? .address(Self.counted(address))
        let pair = Pair(account: account, source: source)
        let moment = now()
        return state.withLock { state in
            if state.failures.count >= limits.mostEntries { forget(&state, moment) }
            if let wait = wait(pair, &state, moment) { return .wait(wait) }
            if case .address(let address) = source {
                if let wait = state.addresses.wait(address, moment) ?? state.accounts.wait(account, moment) {
                    return .wait(wait)
                }
                state.addresses.take(address)
                state.accounts.take(account)
            }
            // In a full table the buckets alone count.
            if state.failures[pair] != nil || state.failures.count < limits.mostEntries {
                state.failures[pair, default: Failures(at: moment)].count += 1
                state.failures[pair]?.at = moment
            }
            return .go(Try(account: account, source: source))
        }
    }

    func succeeded(_ attempt: Try) {
        state.withLock { state in
            state.failures[Pair(account: attempt.account, source: attempt.source)] = nil
            Self.giveBack(attempt, &state)
        }
    }

    /// The password was not looked at.
    func withdraw(_ attempt: Try) {
        let pair = Pair(account: attempt.account, source: attempt.source)
        state.withLock { state in
            if let count = state.failures[pair]?.count { state.failures[pair]?.count = max(0, count - 1) }
            Self.giveBack(attempt, &state)
        }
    }

    private static func giveBack(_ attempt: Try, _ state: inout State) {
        guard case .address(let address) = attempt.source else { return }
        state.addresses.giveBack(address)
        state.accounts.giveBack(attempt.account)
    }

    /// How many each table holds.
    var entries: [Int] { state.withLock { [$0.failures.count, $0.addresses.count, $0.accounts.count] } }

    private func wait(_ pair: Pair, _ state: inout State, _ moment: Date) -> Int? {
        guard var failures = state.failures[pair] else { return nil }
        // A clock that was set back makes nobody wait for it to catch up.
        if failures.at > moment { failures.at = moment }
        let passed = moment.timeIntervalSince(failures.at)
        if passed >= Self.memory { failures.count = 0 }
        state.failures[pair] = failures
        let left = delay(failures.count) - passed
        return left > 0 ? max(1, Int(left.rounded(.up))) : nil
    }

    /// None for the free ones, then 1 s, doubled with each further failure.
    private func delay(_ failures: Int) -> TimeInterval {
        guard failures >= limits.freeFailures else { return 0 }
        return min(limits.longestDelay, pow(2, Double(min(30, failures - limits.freeFailures))))
    }

    private func forget(_ state: inout State, _ moment: Date) {
        state.failures = state.failures.filter { _, failures in
            abs(moment.timeIntervalSince(failures.at)) < max(delay(failures.count), 60)
        }
    }

    private static func counted(_ address: String) -> [UInt8] {
        NetworkAddress(address)?.counted ?? Array(address.utf8.prefix(64))
    }
}

/// Token buckets by key; keys beyond a full table share one.
struct Buckets<Key: Hashable & Sendable>: Sendable {
    private struct Bucket {
        var left: Double
        var at: Date
    }

    private let rate: RateLimiter.Rate
    private let most: Int
    private var held: [Key: Bucket] = [:]
    private var others: Bucket

    init(_ rate: RateLimiter.Rate, most: Int, at moment: Date) {
        self.rate = rate
        self.most = most
        others = Bucket(left: rate.burst, at: moment)
    }

    var count: Int { held.count }

    /// Whole seconds until there is one; `nil` where there is one now.
    mutating func wait(_ key: Key, _ moment: Date) -> Int? {
        if held[key] == nil, held.count >= most {
            held = held.filter { _, bucket in filled(bucket, moment).left < rate.burst }
        }
        let bucket = filled(held[key] ?? (held.count < most ? Bucket(left: rate.burst, at: moment) : others), moment)
        keep(bucket, key)
        return bucket.left >= 1 ? nil : Int(max(1, min(3600, ((1 - bucket.left) / rate.perSecond).rounded(.up))))
    }

    /// Only after `wait` has answered `nil`.
    mutating func take(_ key: Key) { change(key, by: -1) }

    mutating func giveBack(_ key: Key) { change(key, by: 1) }

    private mutating func change(_ key: Key, by amount: Double) {
        var bucket = held[key] ?? others
        bucket.left = min(rate.burst, bucket.left + amount)
        keep(bucket, key)
    }

    private mutating func keep(_ bucket: Bucket, _ key: Key) {
        if held[key] != nil || held.count < most { held[key] = bucket } else { others = bucket }
    }

    private func filled(_ bucket: Bucket, _ moment: Date) -> Bucket {
        let passed = max(0, moment.timeIntervalSince(bucket.at))
        return Bucket(left: min(rate.burst, bucket.left + passed * rate.perSecond), at: moment)
    }
}
