import Foundation
import PageSupport

/// Strips of `/kelengkapan`: one per device, in thousandths of the span.
struct CoverageView {
    struct Piece {
        let x: String
        let width: String
        let kind: String
        let isHole: Bool
    }

    struct HoleRow {
        let from: String
        let to: String
        let length: String
        let why: String
    }

    struct Row {
        let name: String
        let unit: String
        /// Where it came within the span.
        let since: String?
        let percent: String
        let tone: String
        let pieces: [Piece]
        let holes: [HoleRow]
        let holesTitle: String
        let hasHoles: Bool
        let label: String
    }

    struct Mark {
        /// In percent; `place` in thousandths.
        let x: String
        let place: String
        let anchor: String
        let text: String
    }

    let isLoaded: Bool
    let isEmpty: Bool
    let hasRows: Bool
    let rows: [Row]
    let marks: [Mark]
    let from: String
    let to: String

    private static let mostHoles = 20
    /// A node tells coverage every fifteen minutes: of a device that is younger, a share would say little.
    private static let shortest: TimeInterval = 86400

    init(_ coverage: CoverageModel?, _ context: ViewContext) {
        isLoaded = coverage != nil
        isEmpty = coverage?.devices.isEmpty ?? false
        let span = coverage?.span ?? context.now..<context.now
        let scale = Scale(span)
        rows = (coverage?.devices ?? []).sorted(by: { $0.unit.lowercased() }, then: \.name)
            .map { Self.row($0, scale, context) }
        hasRows = !rows.isEmpty
        marks = Self.marks(scale, context)
        from = context.words.day(span.lowerBound)
        to = context.words.day(span.upperBound)
    }

    private static func row(_ device: CoverageModel.Device, _ scale: Scale, _ context: ViewContext) -> Row {
        let covered = device.covered.compactMap { scale.clamped($0) }
        let holes = device.holes.filter { scale.clamped($0.span) != nil }
        let known = device.since.map { max($0, scale.start) } ?? scale.start
        let share = scale.share(covered, without: holes.map(\.span), since: known)
        let serial = PageText.shown(device.serial, longest: 32)
        let age = scale.end.timeIntervalSince(known)
        let isNew = age < min(shortest, scale.length)
        let percent = isNew ? age < 3600 ? "baru" : "baru mulai" : Indonesian.percent(share)
        let shownName = device.name.isEmpty ? serial : PageText.shown(device.name)
        let shownUnit = PageText.shown(device.unit)
        let incomplete = "\(plural(holes.count)) bagian tidak lengkap"
        return Row(
            name: shownName, unit: shownUnit,
            since: known > scale.start ? "sejak \(context.words.day(known))" : nil, percent: percent,
            tone: isNew ? "new" : share >= 0.999 ? "ok" : share >= 0.9 ? "warn" : "bad",
            pieces: covered.map { scale.piece($0, "covered") }
                + holes.map { scale.piece($0.span, "hole") },
            holes: holes.suffix(mostHoles).reversed().map { hole($0, context) },
            holesTitle: holes.count > mostHoles
                ? "\(plural(mostHoles)) terbaru dari \(incomplete)" : incomplete,
            hasHoles: !holes.isEmpty,
            label:
                "\(shownUnit), \(shownName): \(isNew ? percent : "lengkap \(percent)")"
                + (holes.isEmpty ? "" : ", \(incomplete)")
        )
    }

    private static func hole(_ hole: CoverageModel.Hole, _ context: ViewContext) -> HoleRow {
        let from = hole.span.lowerBound
        let to = hole.span.upperBound
        return HoleRow(
            from: context.words.near(from, to: context.now),
            to: context.words.isSameDay(from, to)
                ? String(context.words.time(to).prefix(5)) : context.words.near(to, to: context.now),
            length: Indonesian.span(to.timeIntervalSince(from)),
            why: CoverageWords.hole(hole.why) ?? PageText.shown(hole.why, longest: 80))
    }

    /// Midnights where whoever reads is, no more than fit on a phone.
    private static func marks(_ scale: Scale, _ context: ViewContext) -> [Mark] {
        let days = Int(min(scale.length / 86400, 400))
        guard days > 0 else { return [] }
        let ahead = Double(context.words.zone.secondsFromGMT(for: scale.start))
        let local = scale.start.timeIntervalSince1970 + ahead
        let midnight = Date(timeIntervalSince1970: (local / 86400).rounded(.up) * 86400 - ahead)
        return stride(from: 0, to: days, by: max(1, (days + 4) / 5)).compactMap { day in
            let moment = midnight.addingTimeInterval(Double(day) * 86400)
            let share = scale.share(of: moment)
            guard share <= 0.97 else { return nil }
            return Mark(
                x: String((share * 1000).rounded() / 10), place: String((share * 10000).rounded() / 10),
                anchor: share < 0.03 ? "start" : "middle", text: context.words.day(moment))
        }
    }
}

/// Places times on a strip of 1000.
private struct Scale {
    let start: Date
    let end: Date
    let length: Double

    init(_ span: Range<Date>) {
        start = span.lowerBound
        end = span.upperBound
        length = max(0, span.upperBound.timeIntervalSince(span.lowerBound))
    }

    func clamped(_ range: Range<Date>) -> Range<Date>? {
        let from = max(range.lowerBound, start)
        let to = min(range.upperBound, end)
        return from < to ? from..<to : nil
    }

    func share(of moment: Date) -> Double { length > 0 ? moment.timeIntervalSince(start) / length : 0 }

    func piece(_ range: Range<Date>, _ kind: String) -> CoverageView.Piece {
        let range = clamped(range) ?? start..<start
        let width = range.upperBound.timeIntervalSince(range.lowerBound)
        // A hole of a minute in a month must still be seen.
        let least = kind == "hole" ? length / 250 : 0
        let from = min(range.lowerBound.timeIntervalSince(start), max(0, length - least))
        return CoverageView.Piece(x: text(from), width: text(max(width, least)), kind: kind, isHole: kind == "hole")
    }

    /// Covered and in no hole, as a part of the span. A node tells coverage every 15 minutes: what is younger than two
    /// of these does not count as missing.
    ///
    /// - Parameter known: what lies before it counts for nothing.
    func share(_ covered: [Range<Date>], without holes: [Range<Date>], since known: Date) -> Double {
        let covered = covered.compactMap { $0.upperBound > known ? max($0.lowerBound, known)..<$0.upperBound : nil }
        let tail = covered.last.map { end.timeIntervalSince($0.upperBound) } ?? 0
        let whole = end.timeIntervalSince(known)
        let length = tail <= 1800 ? whole - tail : whole
        guard length > 0 else { return 0 }
        let told = covered.reduce(0) { $0 + $1.upperBound.timeIntervalSince($1.lowerBound) }
        let lost = holes.reduce(0.0) { sum, hole in
            covered.reduce(sum) { sum, range in
                let part = range.clamped(to: hole)
                return sum + part.upperBound.timeIntervalSince(part.lowerBound)
            }
        }
        return min(max((told - lost) / length, 0), 1)
    }

    private func text(_ seconds: Double) -> String {
        length > 0 ? String(((seconds / length) * 10000).rounded() / 10) : "0"
    }
}
