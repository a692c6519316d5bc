/// Where known records stand in the end of a log.
enum TailSearch {
    enum Result: Hashable {
        case missing
        /// Offset just behind the only place they were found.
        case after(Int)
        case ambiguous
    }

    /// Looks at record borders only: a match elsewhere is chance, or bytes of another offset than was asked for.
    static func find(_ needle: [UInt8], in hay: [UInt8], step: Int) -> Result {
        guard step > 0, !needle.isEmpty, hay.count >= needle.count else { return .missing }
        var found: Int?
        for start in stride(from: 0, through: hay.count - needle.count, by: step) where hay[start] == needle[0] {
            guard hay[start..<(start + needle.count)].elementsEqual(needle) else { continue }
            if found != nil { return .ambiguous }
            found = start + needle.count
        }
        return found.map { .after($0) } ?? .missing
    }
}
