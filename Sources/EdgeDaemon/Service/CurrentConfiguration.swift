import Foundation
import Synchronization

/// The configuration in use, and what became of the last try to read it again.
package final class CurrentConfiguration: Sendable {
    struct Reload: Equatable, Sendable {
        /// When what is in use was read.
        var readAt: Date
        /// Why the file was refused since; `nil` where the last reading of it succeeded.
        var problem: String?
    }

    private let state: Mutex<(value: EdgeConfiguration, reload: Reload)>

    init(_ value: EdgeConfiguration, at now: Date) { state = Mutex((value, Reload(readAt: now))) }

    var value: EdgeConfiguration { state.withLock { $0.value } }
    var reload: Reload { state.withLock { $0.reload } }

    func replace(with value: EdgeConfiguration, at now: Date) {
        state.withLock { $0 = (value, Reload(readAt: now)) }
    }

    /// - Returns: false where it was refused for the same reason before.
    func refuse(_ problem: String) -> Bool {
        state.withLock { state in
            defer { state.reload.problem = problem }
            return state.reload.problem != problem
        }
    }
}

/// Lets one reload run at a time, in the order of asking.
actor ReloadQueue {
    private var last: Task<ControlAnswer, Never>?

    func run(_ body: @escaping @Sendable () async -> ControlAnswer) async -> ControlAnswer {
        let before = last
        let task = Task {
            _ = await before?.value
            return await body()
        }
        last = task
        return await task.value
    }
}
