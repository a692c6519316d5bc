import AttendanceRules
import CentralPages
import CentralStore
import Foundation

/// One device's claims laid over each other: where two speak of the same time, the later one counts.
struct CoverageTimeline {
    let covered: [Range<Date>]
    let holes: [CoverageModel.Hole]

    /// - Parameters:
    ///   - claims: in the order of the journal.
    ///   - bounds: what lies outside is left away.
    init(_ claims: [CoverageClaim], within bounds: Range<Date>) {
        typealias Piece = ClaimTimeline<Date>.Piece
        let pieces = claims.lazy.flatMap { claim in
            [Piece(from: claim.from, to: claim.to, why: nil)]
                + claim.holes.map { Piece(from: $0.from, to: $0.to, why: $0.why) }
        }
        let line = ClaimTimeline<Date>(pieces, within: bounds)
        covered = line.complete
        holes = line.gaps.map { CoverageModel.Hole(span: $0.span, why: $0.why) }
    }
}
