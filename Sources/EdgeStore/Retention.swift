import FailPoints
import Foundation

/// Which acknowledged entries are old enough to be forgotten. Pure.
///
/// Age is counted in time that was lived through, not in what a clock claims: between two receipts at most
/// `longestStep` counts, and a step back counts nothing. A clock that jumps ten years ahead makes nothing older than a
/// day (fault C2), and weeks without network make entries too young, never too old.
struct Retention: Equatable, Sendable {
    /// Acknowledged entries stay at least so long, so that a centre restored from a backup can be refilled.
    static let keep: TimeInterval = 35 * 86_400
    static let longestStep: TimeInterval = 86_400

    struct Acknowledgement: Equatable, Sendable {
        var seq: Int64
        /// By the clock of the centre, from its receipt.
        var at: Date
    }

    /// - Parameter newestFirst: by seq.
    /// - Returns: the last seq that may go; `nil` where none may.
    static func prunable(_ newestFirst: some Sequence<Acknowledgement>, now: Date, keep: TimeInterval = keep) -> Int64?
    {
        var age: TimeInterval = 0
        var later = now
        let longestStep = Sabotage.isOn("pruned_by_wall_clock") ? keep : longestStep
        for acknowledgement in newestFirst {
            age += min(max(0, later.timeIntervalSince(acknowledgement.at)), longestStep)
            if age >= keep { return acknowledgement.seq }
            later = acknowledgement.at
        }
        return nil
    }
}
