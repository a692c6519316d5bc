import Foundation
import GRDB

/// What waits to be computed, as numbers: for who watches the centre, not for who computes.
package struct RecomputeWaiting: Equatable, Sendable {
    /// How far it came: another value means that a step was done.
    package struct Place: Equatable, Sendable {
        let oldestItem: Int64
        let punch: Int64
    }

    /// Changes of people, hours and statements.
    package let items: Int
    /// Arrivals of scans behind the last one computed; one that was seen again counts, too.
    package let punches: Int64
    package let place: Place

    package init(items: Int, punches: Int64, oldestItem: Int64, punch: Int64) {
        self.items = items
        self.punches = punches
        place = Place(oldestItem: oldestItem, punch: punch)
    }

    package var isEmpty: Bool { items == 0 && punches == 0 }
}

extension SQLiteCentralStore {
    package func recomputeWaiting() async throws -> RecomputeWaiting {
        try await database.read { db in
            let queue = try Row.fetchOne(db, sql: "SELECT count(*) AS items, min(id) AS oldest FROM recompute_queue")
            let punch = try Int64.fetchOne(db, sql: "SELECT punch_id FROM recompute_state") ?? 0
            let newest = try Int64.fetchOne(db, sql: "SELECT max(id) FROM punches") ?? 0
            return RecomputeWaiting(
                items: queue?["items"] ?? 0, punches: max(0, newest - punch), oldestItem: queue?["oldest"] ?? 0,
                punch: punch)
        }
    }
}
