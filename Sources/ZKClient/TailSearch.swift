/// Where one run of bytes stands in another.
enum TailSearch {
    enum Result: Hashable {
        case missing
        /// Offset just behind the only place it was found.
        case after(Int)
        case ambiguous
    }

    /// Looks at every byte, because a firmware's idea of where records begin may differ from ours.
    static func find(_ needle: [UInt8], in hay: [UInt8]) -> Result {
        guard let first = needle.first, hay.count >= needle.count else { return .missing }
        var found: Int?
        for start in 0...(hay.count - needle.count) where hay[start] == first {
            guard hay[start..<(start + needle.count)].elementsEqual(needle) else { continue }
            if found != nil { return .ambiguous }
            found = start + needle.count
        }
        return found.map { .after($0) } ?? .missing
    }
}
