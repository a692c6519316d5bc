import Dispatch
import Foundation
import Synchronization
import Testing

/// Told whenever something may have changed; waits for a condition without looking again and again.
final class Changes: Sendable {
    private struct Waiter {
        let condition: @Sendable () -> Bool
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var waiters: [Int: Waiter] = [:]
        var next = 0
    }

    struct NotInTime: Error, CustomStringConvertible {
        let description: String
    }

    private let state = Mutex(State())

    func notify() {
        // Conditions take locks of their own and are asked outside ours.
        let waiting = state.withLock { $0.waiters }
        for (number, waiter) in waiting where waiter.condition() { finish(number, true) }
    }

    /// Returns when `condition` holds.
    ///
    /// - Throws: `NotInTime` where it does not within two minutes of real time.
    func until(
        _ what: String, detail: @autoclosure () -> String = "", _ sourceLocation: SourceLocation = #_sourceLocation,
        _ condition: @escaping @Sendable () -> Bool
    ) async throws {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        let deadline = DispatchWorkItem { self.finish(number, false) }
        DispatchQueue.global().asyncAfter(deadline: .now() + 120, execute: deadline)
        defer { deadline.cancel() }
        let isMet = await withCheckedContinuation { continuation in
            state.withLock { $0.waiters[number] = Waiter(condition: condition, continuation: continuation) }
            if condition() { finish(number, true) }
        }
        guard isMet else {
            let error = NotInTime(description: "\(what) did not come; \(detail())")
            Issue.record(error, sourceLocation: sourceLocation)
            throw error
        }
    }

    private func finish(_ number: Int, _ isMet: Bool) {
        let waiter = state.withLock { $0.waiters.removeValue(forKey: number) }
        waiter?.continuation.resume(returning: isMet)
    }
}
