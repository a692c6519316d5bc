import Attendance
import EdgeStore
import Foundation

/// Reasons to doubt this computer's own clock. Nothing waits for a right one: order never depends on it.
///
/// A cheap computer without a battery wakes up in the past, until the network tells it the time.
struct ClockTrust: Sendable {
    /// No true time is before this.
    let earliest: Date

    /// A step back that small is a clock being set, not one that was lost.
    private static let allowance: TimeInterval = 60

    init(earliest: Date) { self.earliest = earliest }

    /// True time is behind this program's release and behind the journal's last entry.
    init(_ store: EdgeStore) {
        let newest = (try? store.tail(1))?.last.flatMap { try? EntryBody.decode($0.body).at }
        earliest = max(HadirVersion.released, newest?.addingTimeInterval(-Self.allowance) ?? .distantPast)
    }

    func trusts(_ now: Date) -> Bool { now >= earliest }
}
