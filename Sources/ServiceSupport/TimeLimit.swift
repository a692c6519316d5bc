import Synchronization

/// The value of `task`, or `nil` where it does not come within `limit` by `clock`; the task goes on.
package func value<Value: Sendable>(
    of task: Task<Value, Never>, within limit: Duration, by clock: any Clock<Duration> = ContinuousClock()
) async -> Value? {
    let once = Once<Value?>()
    return await withCheckedContinuation { continuation in
        once.set(continuation)
        let timer = Task {
            do { try await clock.sleep(for: limit) } catch { return }
            once.resume(nil)
        }
        Task {
            once.resume(await task.value)
            timer.cancel()
        }
    }
}

/// A continuation that the first of several resumes.
private final class Once<Value: Sendable>: Sendable {
    private let state = Mutex<CheckedContinuation<Value, Never>?>(nil)

    func set(_ continuation: CheckedContinuation<Value, Never>) { state.withLock { $0 = continuation } }

    func resume(_ value: Value) {
        let continuation = state.withLock { state in
            defer { state = nil }
            return state
        }
        continuation?.resume(returning: value)
    }
}
