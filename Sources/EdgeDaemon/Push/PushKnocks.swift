import Foundation
import Synchronization

/// Devices that report here and are not admitted: shown, so that somebody can admit them; nothing of theirs is kept.
final class PushKnocks: Sendable {
    package struct Knock: Codable, Equatable, Sendable {
        package let serial: String
        package var address: String
        /// UTC, as entries have it.
        package var last: String
        package var count: Int
        /// Why it is not taken: `unknown`, `address` (another one than its stanza names) or `security`.
        package var reason: String
    }

    private struct State {
        /// Oldest contact first.
        var knocks: [Knock] = []
        var said: Duration?
        var unsaid = 0

        mutating func trim(_ address: String) {
            if knocks.count(where: { $0.address == address }) > PushKnocks.mostOfAddress { dropFirst(address) }
            guard knocks.count > PushKnocks.most else { return }
            let counts = Dictionary(knocks.map { ($0.address, 1) }, uniquingKeysWith: +)
            // Of several that have most, whose oldest is the oldest.
            let most = counts.values.max()
            if let first = knocks.first(where: { counts[$0.address] == most }) { dropFirst(first.address) }
        }

        private mutating func dropFirst(_ address: String) {
            if let place = knocks.firstIndex(where: { $0.address == address }) { knocks.remove(at: place) }
        }
    }

    static let most = 64
    /// Of one address, which may make up serials, beside devices of others that should be seen.
    static let mostOfAddress = 8
    /// Anybody on the network can make up serials: the log hears of new ones no more often than this.
    static let quiet = Duration.seconds(10)

    private let state = Mutex(State())

    /// - Returns: how many new serials there were since the log was told last, where it may be told now.
    func add(_ serial: String, _ address: String, _ reason: String, at now: String, elapsed: Duration) -> Int? {
        state.withLock { state in
            let serial = String(serial.prefix(64))
            var knock = Knock(serial: serial, address: address, last: now, count: 0, reason: reason)
            if let place = state.knocks.firstIndex(where: { $0.serial == serial }) {
                knock.count = state.knocks.remove(at: place).count
            } else {
                state.unsaid += 1
            }
            knock.count += 1
            state.knocks.append(knock)
            state.trim(address)
            guard state.unsaid > 0, state.said.map({ elapsed - $0 >= Self.quiet }) ?? true else { return nil }
            defer { state.unsaid = 0 }
            state.said = elapsed
            return state.unsaid
        }
    }

    /// It is admitted now.
    func forget(_ serial: String) { state.withLock { $0.knocks.removeAll { $0.serial == serial } } }

    /// Newest contact first.
    var all: [Knock] { state.withLock { $0.knocks.reversed() } }
}

/// How often the log may hear of what anybody on the network can bring about.
final class PushQuiet: Sendable {
    private let state = Mutex<(said: Duration?, unsaid: Int)>((nil, 0))

    /// - Returns: how often it was since the log was told last, where it may be told now.
    func add(elapsed: Duration) -> Int? {
        state.withLock { state in
            state.unsaid += 1
            guard state.said.map({ elapsed - $0 >= PushKnocks.quiet }) ?? true else { return nil }
            defer { state = (elapsed, 0) }
            return state.unsaid
        }
    }
}
