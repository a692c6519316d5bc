import AttendanceRules
import Foundation

/// What nodes claim of one device's record, in milliseconds of true time as it is stored. What wins over what is
/// `DeviceRecord`'s.
struct StoredClaims {
    private typealias Line = ClaimTimeline<Int64>

    private var nodes: [Int64: [ClaimTimeline<Int64>.Piece]] = [:]
    private let bounds: Range<Int64>

    /// - Parameter bounds: what lies outside is left away.
    init(within bounds: Range<Int64>) { self.bounds = bounds }

    /// In the order of the node's journal.
    mutating func claim(node: Int64, from: Int64, to: Int64, holes: [StoredHole]) {
        nodes[node, default: []].append(Line.Piece(from: from, to: to, why: nil))
        nodes[node, default: []] += holes.map { Line.Piece(from: $0.from, to: $0.to, why: $0.why) }
    }

    /// - Parameter attested: spans that persons say are complete.
    func record(of serial: String, attested: [Range<Int64>]) -> DeviceRecord {
        let claims = nodes.sorted { $0.key < $1.key }.map { _, pieces in
            // Joined before they are rounded: claims of one journal meet within a second.
            let line = Line(pieces, within: bounds)
            return line.complete.compactMap(Self.inner).map { DeviceClaim(span: $0) }
                + line.gaps.map { gap in
                    let span = Self.outer(gap.span)
                    return DeviceClaim(span: span, holes: [DeviceRecord.Gap(span: span, why: gap.why)])
                }
        }
        return DeviceRecord(
            serial: serial, nodes: claims, stated: attested.compactMap(Self.inner), within: Self.outer(bounds))
    }

    /// Whole seconds that are surely in it.
    private static func inner(_ span: Range<Int64>) -> Range<Moment>? {
        let first = -((-span.lowerBound).floored(1000))
        let last = span.upperBound.floored(1000)
        return first < last ? Moment(seconds: first)..<Moment(seconds: last) : nil
    }

    /// Whole seconds that have all of it.
    static func outer(_ span: Range<Int64>) -> Range<Moment> {
        Moment(seconds: span.lowerBound.floored(1000))..<Moment(seconds: -((-span.upperBound).floored(1000)))
    }
}

extension Int64 {
    /// Divided, rounded down.
    fileprivate func floored(_ divisor: Int64) -> Int64 {
        let (quotient, rest) = quotientAndRemainder(dividingBy: divisor)
        return rest < 0 ? quotient - 1 : quotient
    }
}
