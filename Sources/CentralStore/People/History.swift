/// One period of a history: where somebody was placed, under which number, who led a unit. Days are
/// `CivilDate.dayNumber`; `last` is `nil` for no end.
struct Period: Equatable {
    let id: Int64
    let first: Int
    let last: Int?

    func contains(_ day: Int) -> Bool { first <= day && day <= last ?? .max }
}

/// What one more period does to the history it comes into, whose periods lie apart and in order.
///
/// Offices enter late what began early, so a period may come before others that are there: it then ends on the day
/// before the next one begins.
struct HistoryChange: Equatable {
    /// When the new period ends.
    enum End: Equatable {
        /// With the period whose days it takes; without one it has no end. So nobody who left is back by being placed
        /// late.
        case inherited
        case given(Int?)
    }

    /// The period that now ends on the day before.
    let ended: Period?
    /// The period of the same first day, whose place it takes.
    let replaced: Period?
    let first: Int
    let last: Int?

    init(first: Int, end: End, in history: [Period]) {
        let holder = history.last { $0.contains(first) }
        ended = holder.flatMap { $0.first < first ? $0 : nil }
        replaced = history.first { $0.first == first }
        self.first = first
        let wanted: Int? =
            switch end {
            case .inherited: holder?.last
            case .given(let last): last
            }
        let before = history.first { $0.first > first }.map { $0.first - 1 }
        last = [wanted, before].compactMap { $0 }.min()
    }

    /// All days on which the history may say something else now.
    var days: (first: Int, last: Int?) {
        let others = [ended, replaced].compactMap { $0 }
        guard let last, others.allSatisfy({ $0.last != nil }) else { return (first, nil) }
        return (first, others.compactMap(\.last).reduce(last, max))
    }
}
