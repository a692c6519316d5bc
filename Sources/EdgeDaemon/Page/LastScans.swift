import Attendance
import EdgeStore
import Synchronization

/// The punches journaled last, for people who want to see that a scan arrived. A handful in memory, so that no page
/// ever waits for the journal.
package final class LastScans: Sendable {
    private let punches = Mutex<[Punch]>([])

    static let most = 10
    /// At the start, so many of the journal's last entries are looked through for punches.
    private static let mostLookedAt = 5000

    init() {}

    /// What was journaled before this process began; where it cannot be read, others say so.
    func fill(from store: EdgeStore) {
        add((try? store.newestPunches(Self.most, within: Self.mostLookedAt)) ?? [])
    }

    /// - Parameter new: in the order they were journaled.
    func add(_ new: [Punch]) {
        guard !new.isEmpty else { return }
        punches.withLock { $0 = ($0 + new).suffix(Self.most) }
    }

    /// Newest first.
    var all: [Punch] { punches.withLock { $0.reversed() } }
}
