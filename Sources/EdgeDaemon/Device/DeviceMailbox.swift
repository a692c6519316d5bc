import Synchronization
import ZKWire

/// What a device's worker is woken by: scans told live, a lost link, and people who ask for a reading.
///
/// Not a stream: cancelling one wait on an `AsyncStream` ends the stream for all later ones, and a full buffer of
/// events would push out the news that the link is gone.
package final class DeviceMailbox: Sendable {
    typealias Reply = @Sendable (Result<DeviceReader.Outcome, any Error>) -> Void

    /// What a reading that somebody asks for is to do besides.
    package enum Errand: String, Hashable, Codable, Sendable {
        /// Read the user list, whatever is known of it.
        case readUsers = "read_users"
        /// Set the clock, however far it is off.
        case setClock = "set_clock"
    }

    /// Everything that came since the worker looked last.
    struct Post: Sendable {
        var scans: [AttendanceEvent] = []
        /// Scans happened that are not in `scans`: only the log tells which.
        var wantsReading = false
        var linkIsGone = false
        var replies: [Reply] = []
        var errands: Set<Errand> = []
        /// Somebody wants to talk to the device himself.
        var loan: DeviceLoan?
        /// The device was plugged in.
        var hasArrived = false

        fileprivate var isEmpty: Bool {
            scans.isEmpty && !wantsReading && !linkIsGone && replies.isEmpty && loan == nil
                && !hasArrived
        }
    }

    private struct State {
        var post = Post()
        /// The session whose events count; `nil` between sessions.
        var session: Int?
        var sessions = 0
        var waits = 0
        var waiter: CheckedContinuation<Void, Never>?
        var isClosed = false
        /// The last one, also while it lasts.
        var loan: DeviceLoan?
    }

    /// Events beyond it are read from the log instead.
    static let mostScans = 4096

    private let state = Mutex(State())

    // MARK: Putting in

    /// - Returns: false where nobody will answer any more.
    func ask(_ errand: Errand? = nil, _ reply: @escaping Reply) -> Bool {
        change { state in
            guard !state.isClosed else { return false }
            if let errand { state.post.errands.insert(errand) }
            state.post.replies.append(reply)
            return true
        }
    }

    /// Asks for the device itself.
    ///
    /// - Returns: who has it already; `nil` where the worker will grant the loan.
    func ask(for loan: DeviceLoan) -> String? {
        change { state in
            guard !state.isClosed else { return "the daemon, which is stopping" }
            if let other = state.loan, !other.isOver { return other.holder }
            state.loan = loan
            state.post.loan = loan
            return nil
        }
    }

    /// What the device told in session `number`; of an earlier session it is ignored.
    func put(_ event: RealtimeEvent, session number: Int) {
        change { state in
            guard state.session == number else { return }
            switch event.content {
            case .attendance(let scans) where state.post.scans.count + scans.count <= Self.mostScans:
                state.post.scans += scans
            case .attendance: state.post.wantsReading = true
            // A scan in a layout this version cannot read is in the log all the same.
            case .other where event.code == RealtimeEvent.Code.attendance.rawValue: state.post.wantsReading = true
            default: break
            }
        }
    }

    /// The device was plugged in; in a session nobody cares.
    func arrived() {
        change { state in
            if state.session == nil { state.post.hasArrived = true }
        }
    }

    func linkEnded(session number: Int) {
        change { state in
            if state.session == number { state.post.linkIsGone = true }
        }
    }

    // MARK: The worker's side

    func beginSession() -> Int {
        change { state in
            state.sessions += 1
            state.session = state.sessions
            return state.sessions
        }
    }

    /// Forgets what the session told and nobody took: the next reading finds it in the log.
    func endSession() {
        change { state in
            state.session = nil
            state.post = Post(replies: state.post.replies, errands: state.post.errands, loan: state.post.loan)
        }
    }

    func take() -> Post {
        state.withLock { state in
            defer { state.post = Post() }
            return state.post
        }
    }

    /// Returns when something is there, `limit` has passed, or the task is cancelled.
    func wait(upTo limit: Duration, clock: any Clock<Duration>) async {
        let number = state.withLock { state in
            state.waits += 1
            return state.waits
        }
        let timer = Task { [weak self] in
            do { try await clock.sleep(for: limit) } catch { return }
            self?.ring(number)
        }
        defer { timer.cancel() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard state.post.isEmpty, state.waits == number, !Task.isCancelled else { return true }
                    state.waiter = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            ring(number)
        }
    }

    /// Takes no more questions.
    ///
    /// - Returns: those that nobody answered.
    func close() -> [Reply] {
        state.withLock { state in
            state.isClosed = true
            state.post.loan?.end()
            defer { state.post = Post() }
            return state.post.replies
        }
    }

    /// Ends the wait with this number, also one that has not begun; later ones are none of its business.
    private func ring(_ number: Int) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.waits == number else { return nil }
            state.waits += 1
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    private func change<Value>(_ body: (inout sending State) -> sending Value) -> sending Value {
        let (value, waiter) = state.withLock { state in
            let value = body(&state)
            guard !state.post.isEmpty else { return (value, nil as CheckedContinuation<Void, Never>?) }
            defer { state.waiter = nil }
            return (value, state.waiter)
        }
        waiter?.resume()
        return value
    }
}
