import Attendance
import EdgeStore
import Foundation
import Synchronization

/// Reasons to doubt this computer's own clock. Nothing waits for a right one: order never depends on it.
///
/// A cheap computer without a battery wakes up in the past, until the network tells it the time. The centre's time,
/// from its signed receipts, tells when it is wrong otherwise (fault C3).
final class ClockTrust: Sendable {
    /// No true time is before this.
    let earliest: Date
    /// This computer's clock minus the centre's, in seconds, as of the last receipt.
    private let difference = Mutex<TimeInterval?>(nil)

    /// A step back that small is a clock being set, not one that was lost.
    private static let allowance: TimeInterval = 60
    /// Two right clocks may differ by a slow line and a lazy time service.
    private static let largestDifference: TimeInterval = 60

    init(earliest: Date) { self.earliest = earliest }

    /// True time is behind this program's release and behind the journal's last entry.
    convenience init(_ store: EdgeStore) {
        let newest = (try? store.tail(1))?.last.flatMap { try? EntryBody.decode($0.body).at }
        self.init(earliest: max(HadirVersion.released, newest?.addingTimeInterval(-Self.allowance) ?? .distantPast))
    }

    /// - Parameter serverTime: of a signed receipt that came just now.
    func learn(serverTime: Date, now: Date) { difference.withLock { $0 = now.timeIntervalSince(serverTime) } }

    /// As of the last receipt; `nil` before the first.
    var secondsAheadOfCentre: TimeInterval? { difference.withLock { $0 } }

    func trusts(_ now: Date) -> Bool {
        now >= earliest && abs(difference.withLock { $0 } ?? 0) <= Self.largestDifference
    }
}
