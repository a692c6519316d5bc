import AttendanceRules
import Foundation

/// What is said of one device's record, in milliseconds of true time: claims of nodes, with what persons attest laid
/// over them, but never over holes about a clock.
struct RecordTimeline {
    private struct Piece {
        let span: Range<Int64>
        /// `nil` where the record is complete.
        let why: String?
    }

    private var pieces: [Piece] = []
    private let bounds: Range<Int64>

    /// - Parameter bounds: what lies outside is left away.
    init(within bounds: Range<Int64>) { self.bounds = bounds }

    /// In the order of the journal: a later one counts over an earlier one where both speak of the same time.
    mutating func claim(from: Int64, to: Int64, holes: [StoredHole]) {
        add(from, to, nil)
        for hole in holes { add(hole.from, hole.to, hole.why) }
    }

    private mutating func add(_ from: Int64, _ to: Int64, _ why: String?) {
        let first = max(from, bounds.lowerBound)
        let last = min(to, bounds.upperBound)
        if first < last { pieces.append(Piece(span: first..<last, why: why)) }
    }

    /// - Parameter attested: spans that persons say are complete.
    func record(of serial: String, attested: [Range<Int64>]) -> DeviceRecord {
        var laid = laid()
        if !attested.isEmpty {
            var over = RecordTimeline(within: bounds)
            over.pieces = laid.filter { !Self.holds($0) }
            for span in attested { over.add(span.lowerBound, span.upperBound, nil) }
            over.pieces += laid.filter(Self.holds)
            laid = over.laid()
        }
        return DeviceRecord(
            serial: serial, complete: laid.filter { $0.why == nil }.compactMap { Self.inner($0.span) },
            gaps: laid.filter { $0.why != nil }.map { DeviceRecord.Gap(span: Self.outer($0.span), why: $0.why) })
    }

    private static func holds(_ piece: Piece) -> Bool { piece.why.map(ClockFaults.isAboutClock) ?? false }

    /// Whole seconds that are surely complete.
    private static func inner(_ span: Range<Int64>) -> Range<Moment>? {
        let first = -((-span.lowerBound).floored(1000))
        let last = span.upperBound.floored(1000)
        return first < last ? Moment(seconds: first)..<Moment(seconds: last) : nil
    }

    private static func outer(_ span: Range<Int64>) -> Range<Moment> {
        Moment(seconds: span.lowerBound.floored(1000))..<Moment(seconds: -((-span.upperBound).floored(1000)))
    }

    /// In order and apart, neighbours that say the same joined.
    private func laid() -> [Piece] {
        let cuts = Set(pieces.flatMap { [$0.span.lowerBound, $0.span.upperBound] }).sorted()
        let place = Dictionary(uniqueKeysWithValues: zip(cuts, cuts.indices))
        // From the last piece back, each takes the slots that no later one has; `next` leads over those taken.
        var owner = [Int?](repeating: nil, count: cuts.count)
        var next = Array(0...cuts.count)
        for (number, piece) in pieces.enumerated().reversed() {
            guard let first = place[piece.span.lowerBound], let end = place[piece.span.upperBound] else { continue }
            var slot = Self.free(&next, first)
            while slot < end {
                owner[slot] = number
                next[slot] = slot + 1
                slot = Self.free(&next, slot + 1)
            }
        }
        var joined: [Piece] = []
        for (slot, owner) in owner.enumerated() where slot + 1 < cuts.count {
            guard let owner else { continue }
            let why = pieces[owner].why
            if let last = joined.last, last.why == why, last.span.upperBound == cuts[slot] {
                joined[joined.count - 1] = Piece(span: last.span.lowerBound..<cuts[slot + 1], why: why)
            } else {
                joined.append(Piece(span: cuts[slot]..<cuts[slot + 1], why: why))
            }
        }
        return joined
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
}

extension Int64 {
    /// Divided, rounded down.
    fileprivate func floored(_ divisor: Int64) -> Int64 {
        let (quotient, rest) = quotientAndRemainder(dividingBy: divisor)
        return rest < 0 ? quotient - 1 : quotient
    }
}
