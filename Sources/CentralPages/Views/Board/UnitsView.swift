import AttendanceRules
import Foundation
import PageSupport

/// A unit in the table and in the ranking.
struct BoardUnitRow {
    struct Cell {
        let text: String
        let isZero: Bool
        /// People not known yet may still be added to it.
        let isTouched: Bool
    }

    let name: String
    let path: String?
    /// `92,1%`; in words where there is none.
    let share: String
    let isCounted: Bool
    let bar: StandingBar?
    /// There, known, late, not yet, excused, absent: `there` is of those known, and the others beside.
    let cells: [Cell]
    let unsynced: String
    let isPartial: Bool
    let isOut: Bool
    let connected: String
    let connectedTone: String
    let oldest: MomentView?
    /// The same in a line, for a phone.
    let brief: String
    /// "12,0% belum diketahui"; `nil` where all is known.
    let unknownShare: String?

    init(_ row: BoardModel.Row, _ context: ViewContext, of page: Int64? = nil, isSum: Bool = false) {
        let counts = row.counts
        name = CentralPages.unitName(row)
        path = isSum || row.isOwn && row.unit == page ? nil : "/unit/\(row.unit)"
        isCounted = counts.share != nil
        share =
            counts.share.map { StandingWords.percent($0) }
            ?? (counts.all <= 0 ? "kosong" : counts.asked <= 0 ? "libur" : "belum diketahui")
        bar = counts.asked > 0 ? StandingBar(counts) : nil
        let isTouched = counts[.unsynced] > 0
        cells = [
            (counts.there, isTouched), (counts.known, false), (counts[.late], isTouched),
            (counts[.notYet], isTouched), (StandingPart.excused.number(counts), false), (counts[.absent], isTouched),
        ].map { Cell(text: plural($0.0), isZero: $0.0 == 0, isTouched: $0.1) }
        unsynced = plural(counts[.unsynced])
        isPartial = counts[.unsynced] > 0
        isOut = row.connection.out > 0
        (connected, connectedTone) = Self.connected(row.connection)
        oldest = row.connection.oldestRead.map { context.moment($0) }
        brief = Self.brief(counts)
        unknownShare =
            isPartial && counts.asked > 0
            ? StandingWords.percent(StandingBar.part(counts[.unsynced], of: counts.asked, 100_000))
                + " belum diketahui" : nil
    }

    private static func connected(_ connection: BoardModel.Connection) -> (String, String) {
        if connection.total <= 0 { return (connection.without > 0 ? "lembar" : "–", "idle") }
        if connection.total == 1 { return connection.out > 0 ? ("terputus", "bad") : ("terhubung", "ok") }
        return (
            "\(plural(connection.connected)) dari \(plural(connection.total))", connection.out > 0 ? "warn" : "ok"
        )
    }

    private static func brief(_ counts: StandingCounts) -> String {
        guard counts.asked > 0 else { return "" }
        var parts = counts.known > 0 ? ["\(plural(counts.there)) dari \(plural(counts.known))"] : []
        for part in [StandingPart.late, .notYet, .absent] where part.number(counts) > 0 {
            parts.append("\(plural(part.number(counts))) \(part.label.lowercased())")
        }
        return parts.joined(separator: " · ")
    }
}

/// Units below, with their sum.
struct BoardUnitsView {
    let rows: [BoardUnitRow]
    let total: BoardUnitRow
    let isEmpty: Bool
    let connection: KnownView

    init(_ model: BoardModel, _ context: ViewContext) {
        rows = model.rows.map { BoardUnitRow($0, context, of: model.unit) }
        total = BoardUnitRow(
            BoardModel.Row(
                unit: model.unit ?? 0, name: "Jumlah", counts: model.counts, connection: model.connection), context,
            isSum: true)
        isEmpty = rows.isEmpty
        connection = KnownView(model.connection, context)
    }
}

/// Units by this month's share: the best and those that need a look; all of them where they are few.
struct RankingView {
    struct Place {
        let number: String
        let row: BoardUnitRow
    }

    struct List {
        let places: [Place]
    }

    let isEmpty: Bool
    let isPartial: Bool
    /// The best, or all.
    let best: List
    let firstTitle: String
    /// Worst first; empty where all stand in `best`.
    let worst: List
    let hasLast: Bool
    /// Those of whom nothing is known.
    let unranked: String?
    let connection: KnownView

    private static let few = 8
    private static let most = 5

    init(_ model: BoardModel, _ context: ViewContext) {
        let ranked = model.ranking.filter { $0.counts.share != nil }
        let places = ranked.enumerated().map { index, row in
            Place(number: plural(index + 1), row: BoardUnitRow(row, context))
        }
        let isShort = places.count <= Self.few
        isEmpty = places.isEmpty
        isPartial = model.ranking.contains { $0.counts[.unsynced] > 0 }
        best = List(places: isShort ? places : Array(places.prefix(Self.most)))
        firstTitle = isShort ? "Semua unit" : "Tertinggi"
        worst = List(places: isShort ? [] : places.suffix(Self.most).reversed())
        hasLast = !isShort
        let without = model.ranking.count - ranked.count
        unranked = without > 0 ? "\(plural(without)) unit belum dapat diperingkat: datanya belum ada." : nil
        connection = KnownView(model.connection, context)
    }
}
