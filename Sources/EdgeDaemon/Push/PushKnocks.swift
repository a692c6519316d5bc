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
    }

    static let most = 64
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
            if state.knocks.count > Self.most { state.knocks.removeFirst() }
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
