/// Spans laid over each other: where two speak of the same time, the later one counts.
package struct ClaimTimeline<Point: Hashable & Comparable & Sendable>: Sendable {
    /// What is said of one span.
    package struct Piece: Hashable, Sendable {
        package let from: Point
        package let to: Point
        /// `nil` where the record is complete.
        package let why: String?

        package init(from: Point, to: Point, why: String?) {
            self.from = from
            self.to = to
            self.why = why
        }
    }

    /// In order, apart from each other.
    package private(set) var complete: [Range<Point>] = []
    /// In order; neighbours have different reasons.
    package private(set) var gaps: [(span: Range<Point>, why: String)] = []

    /// - Parameters:
    ///   - pieces: the later wins; of a claim its span stands before its holes. Those that end before they begin count
    ///     for nothing.
    ///   - bounds: what lies outside is left away; `nil` for no bounds.
    package init(_ pieces: some Sequence<Piece>, within bounds: Range<Point>? = nil) {
        let pieces = Self.clipped(pieces, bounds)
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

    private static func clipped(_ pieces: some Sequence<Piece>, _ bounds: Range<Point>?) -> [Piece] {
        pieces.compactMap { piece in
            let from = bounds.map { max(piece.from, $0.lowerBound) } ?? piece.from
            let to = bounds.map { min(piece.to, $0.upperBound) } ?? piece.to
            return from < to ? Piece(from: from, to: to, why: piece.why) : nil
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

    private mutating func join(_ span: Range<Point>, _ why: String?) {
        guard let why else {
            if let last = complete.last, last.upperBound == span.lowerBound {
                complete[complete.count - 1] = last.lowerBound..<span.upperBound
            } else {
                complete.append(span)
            }
            return
        }
        if let last = gaps.last, last.why == why, last.span.upperBound == span.lowerBound {
            gaps[gaps.count - 1].span = last.span.lowerBound..<span.upperBound
        } else {
            gaps.append((span, why))
        }
    }
}
