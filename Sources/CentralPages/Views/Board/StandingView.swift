import AttendanceRules
import Foundation
import PageSupport

/// Where people stand, as one bar. Its pieces together are all of whom work is asked.
struct StandingBar {
    struct Piece {
        let kind: String
        /// Per cent of the width, with two digits.
        let x: String
        let width: String
        /// Drawn hatched.
        let isUnknown: Bool
    }

    let pieces: [Piece]
    /// The same in words.
    let label: String

    private static let whole = 10_000
    /// A piece is never thinner: one person among ten thousand is to be seen. The widest one gives it up.
    private static let least = 100

    init(_ counts: StandingCounts) {
        let parts = StandingPart.allCases.map { (part: $0, number: $0.number(counts)) }.filter { $0.number > 0 }
        label = parts.map { "\($0.part.label) \(plural($0.number))" }.joined(separator: ", ")
        let all = parts.reduce(0) { $0 + $1.number }
        var widths = parts.map { max(Self.least, Self.part($0.number, of: all, Self.whole)) }
        let excess = widths.reduce(-Self.whole, +)
        if let widest = widths.indices.max(by: { widths[$0] < widths[$1] }) { widths[widest] -= excess }
        var x = 0
        var pieces: [Piece] = []
        for (part, width) in zip(parts, widths) {
            pieces.append(
                Piece(
                    kind: part.part.kind, x: Self.text(x), width: Self.text(width),
                    isUnknown: part.part == .unsynced))
            x += width
        }
        self.pieces = pieces
    }

    /// `number` of `all` in `steps` steps.
    static func part(_ number: Int, of all: Int, _ steps: Int) -> Int {
        guard all > 0 else { return 0 }
        return Int((Double(min(max(number, 0), all)) / Double(all) * Double(steps)).rounded())
    }

    /// `61.2` for 6120: hundredths as SVG takes them.
    static func text(_ hundredths: Int) -> String {
        let (whole, rest) = (hundredths / 100, hundredths % 100)
        return rest == 0 ? "\(whole)" : "\(whole).\(rest < 10 ? "0" : "")\(rest)"
    }
}

/// One number of the day and its name.
struct StandingTile {
    let kind: String
    let label: String
    let value: String
    let isZero: Bool
    /// People not known yet may still be added to it.
    let isPartial: Bool
    let isUnknown: Bool
    let note: String?
    /// The note is about what is missing.
    let isWarning: Bool
    /// The label where letters must be large.
    let short: String

    init(_ part: StandingPart, _ counts: StandingCounts, out: Int) {
        let number = part.number(counts)
        kind = part.kind
        label = part.label
        value = plural(number)
        isZero = number == 0
        isPartial = part.isTouched && counts[.unsynced] > 0
        isUnknown = part == .unsynced && number > 0
        short = part.short
        isWarning = isUnknown || isPartial && number > 0
        note = Self.note(part, number, counts, out: out, isPartial: isPartial)
    }

    private static func note(
        _ part: StandingPart, _ number: Int, _ counts: StandingCounts, out: Int, isPartial: Bool
    ) -> String? {
        switch part {
        case .excused: return number > 0 ? StandingWords.excuses(counts) : nil
        case .unsynced:
            if number == 0 { return "semua diketahui" }
            return out > 0 ? "\(plural(out)) unit terputus" : "belum dapat diketahui"
        case .absent where number == 0 && counts[.notYet] + counts[.unsynced] > 0: return "dihitung sesudah jam kerja"
        case .present, .late, .notYet, .absent: return isPartial ? "sedikitnya" : nil
        }
    }
}

/// How much of what could be scanned is known: stands beside every total.
struct KnownView {
    /// `ok`, `warn` or `idle`.
    let tone: String
    let text: String
    /// "36 dari 38", where units have devices: for the wall, which shows it large.
    let number: String?
    let oldest: MomentView?
    /// Where a device was never read.
    let never: String?

    init(_ connection: BoardModel.Connection, _ context: ViewContext) {
        let isOut = connection.out > 0
        if connection.total <= 0 {
            tone = "idle"
            text = connection.without > 0 ? "tanpa mesin absen: dari lembar" : "tidak ada mesin absen"
            number = nil
            oldest = nil
            never = nil
            return
        }
        let number = "\(plural(max(0, connection.connected))) dari \(plural(connection.total))"
        text = "\(number) unit terhubung"
        self.number = number
        oldest = connection.oldestRead.map { context.moment($0) }
        never = connection.oldestRead == nil ? "ada mesin yang belum pernah sinkron" : nil
        tone = isOut || never != nil ? "warn" : "ok"
    }
}

extension BoardModel.Connection {
    /// Units with a device that is not heard.
    var out: Int { max(0, total - max(0, connected)) }
}

/// Something that is not heard, by name.
struct OutageView {
    let name: String
    /// Of its page; `nil` for a device.
    let path: String?
    let since: MomentView?
    let text: String

    init(_ row: BoardModel.Row, _ context: ViewContext) {
        name = CentralPages.unitName(row)
        path = row.isOwn ? nil : "/unit/\(row.unit)"
        let isWhole = row.connection.total == 1
        since = isWhole ? row.connection.oldestRead.map { context.moment($0) } : nil
        text =
            isWhole
            ? (since == nil ? "belum pernah sinkron" : "sinkron terakhir")
            : "\(plural(row.connection.out)) dari \(plural(row.connection.total)) unit terputus"
    }

    init(_ device: BoardModel.Device, _ context: ViewContext) {
        name = BoardDeviceRow.shown(device)
        path = nil
        since = device.lastRead.map { context.moment($0) }
        text = since == nil ? "belum pernah sinkron" : "sinkron terakhir"
    }

    /// Units that are out; where none lies below, devices.
    static func all(_ model: BoardModel, _ context: ViewContext) -> [OutageView] {
        let rows = model.rows.filter { $0.connection.out > 0 }
        if !rows.isEmpty {
            let longest = rows.sorted {
                ($0.connection.oldestRead ?? .distantPast) < ($1.connection.oldestRead ?? .distantPast)
            }
            return longest.map { OutageView($0, context) }
        }
        return model.devices.filter { !$0.isHeard }.map { OutageView($0, context) }
    }
}

extension CentralPages {
    static func unitName(_ row: BoardModel.Row) -> String {
        row.isOwn ? "\(name(row.name)) (langsung)" : name(row.name)
    }
}
