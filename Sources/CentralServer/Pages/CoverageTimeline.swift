import CentralPages
import CentralStore
import Foundation

/// One device's claims laid over each other: where two speak of the same time, the later one counts.
struct CoverageTimeline {
    private struct Piece {
        let from: Date
        let to: Date
        /// `nil` where the record is complete.
        let why: String?
    }

    private(set) var covered: [Range<Date>] = []
    private(set) var holes: [CoverageModel.Hole] = []

    /// - Parameters:
    ///   - claims: in the order of the journal.
    ///   - bounds: what lies outside is left away.
    init(_ claims: [CoverageClaim], within bounds: Range<Date>) {
        let pieces = Self.pieces(claims, bounds)
        let cuts = Set(pieces.flatMap { [$0.from, $0.to] }).sorted()
        let place = Dictionary(uniqueKeysWithValues: zip(cuts, cuts.indices))
        // From the last piece back, each takes the slots that no later one has; `next` leads over those taken.
        var owner = [Int?](repeating: nil, count: cuts.count)
        var next = Array(0...cuts.count)
        for (number, piece) in pieces.enumerated().reversed() {
            guard let first = place[piece.from], let end = place[piece.to] else { continue }
            var slot = Self.free(&next, first)
            while slot < end {
                owner[slot] = number
                next[slot] = slot + 1
                slot = Self.free(&next, slot + 1)
            }
        }
        for (slot, owner) in owner.enumerated() where slot + 1 < cuts.count {
            if let owner { join(cuts[slot]..<cuts[slot + 1], pieces[owner].why) }
        }
    }

    private static func pieces(_ claims: [CoverageClaim], _ bounds: Range<Date>) -> [Piece] {
        claims.flatMap { claim in
            ([(claim.from, claim.to, nil)] + claim.holes.map { ($0.from, $0.to, Optional($0.why)) })
                .compactMap { from, to, why in
                    let piece = Piece(from: max(from, bounds.lowerBound), to: min(to, bounds.upperBound), why: why)
                    return piece.from < piece.to ? piece : nil
                }
        }
    }

    /// The first slot from `slot` on that nobody has; the way there is shortened for the next who asks.
    private static func free(_ next: inout [Int], _ slot: Int) -> Int {
        var end = slot
        while next[end] != end { end = next[end] }
        var walk = slot
        while next[walk] != walk {
            let following = next[walk]
            next[walk] = end
            walk = following
        }
        return end
    }

    private mutating func join(_ span: Range<Date>, _ why: String?) {
        guard let why else {
            if let last = covered.last, last.upperBound == span.lowerBound {
                covered[covered.count - 1] = last.lowerBound..<span.upperBound
            } else {
                covered.append(span)
            }
            return
        }
        if let last = holes.last, last.why == why, last.span.upperBound == span.lowerBound {
            holes[holes.count - 1].span = last.span.lowerBound..<span.upperBound
        } else {
            holes.append(CoverageModel.Hole(span: span, why: why))
        }
    }
}
