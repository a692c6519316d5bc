import CentralPages
import CentralStore
import Foundation

/// One device's claims laid over each other: where two speak of the same time, the later one counts.
struct CoverageTimeline {
    private struct Segment {
        var span: Range<Date>
        /// `nil` where the record is complete.
        var why: String?
    }

    private var segments: [Segment] = []
    private let bounds: Range<Date>

    /// - Parameters:
    ///   - claims: in the order of the journal.
    ///   - bounds: what lies outside is left away.
    init(_ claims: [CoverageClaim], within bounds: Range<Date>) {
        self.bounds = bounds
        for claim in claims {
            lay(claim.from, claim.to, nil)
            for hole in claim.holes { lay(hole.from, hole.to, hole.why) }
        }
    }

    var covered: [Range<Date>] { segments.filter { $0.why == nil }.map(\.span) }

    var holes: [CoverageModel.Hole] {
        segments.compactMap { segment in segment.why.map { CoverageModel.Hole(span: segment.span, why: $0) } }
    }

    private mutating func lay(_ from: Date, _ to: Date, _ why: String?) {
        let from = max(from, bounds.lowerBound)
        let to = min(to, bounds.upperBound)
        guard from < to else { return }
        let span = from..<to
        // Claims come in the order of time, so nearly always only the last segments are touched.
        let first = segments.lastIndex { $0.span.upperBound <= span.lowerBound }.map { $0 + 1 } ?? 0
        var tail: [Segment] = []
        for segment in segments[first...] {
            if segment.span.lowerBound < span.lowerBound {
                tail.append(Segment(span: segment.span.lowerBound..<span.lowerBound, why: segment.why))
            }
            if segment.span.upperBound > span.upperBound {
                tail.append(
                    Segment(
                        span: max(segment.span.lowerBound, span.upperBound)..<segment.span.upperBound,
                        why: segment.why))
            }
        }
        tail.append(Segment(span: span, why: why))
        tail.sort { $0.span.lowerBound < $1.span.lowerBound }
        segments.removeSubrange(first...)
        for segment in tail { join(segment) }
    }

    private mutating func join(_ segment: Segment) {
        guard let last = segments.last, last.why == segment.why, last.span.upperBound == segment.span.lowerBound else {
            return segments.append(segment)
        }
        segments[segments.count - 1].span = last.span.lowerBound..<segment.span.upperBound
    }
}
