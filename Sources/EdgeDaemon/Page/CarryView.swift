import Attendance
import EdgeStore
import Foundation
import PageSupport

/// What the template shows: every text is clean of characters that steer, and nothing is markup.
struct CarryView: Sendable {
    struct Row: Sendable {
        let what: String
        let value: String
        let isOdd: Bool
    }

    /// One file's worth of what waits.
    struct Part: Sendable {
        var first: Int64
        var last: Int64
        var bytes: Int
        /// In all.
        var waiting: Int64
        /// UTC text.
        var oldest: String?
        var name: String
        /// Where the next part begins.
        var next: Int64?
    }

    /// What just happened.
    struct News: Sendable {
        var rows: [CarriedReceipts.Outcome] = []
        var result: String?
        var refusal: String?
    }

    let unit: String
    let title: String
    let help: String
    let token: String
    let isPart: Bool
    let isEnrolled: Bool
    let refusal: String?
    let result: String?
    let rows: [Row]
    let hasRows: Bool
    let from: String
    let next: String?

    init(
        _ part: Part?, isEnrolled: Bool, _ news: News, unit: String, token: String, help: String, words: Indonesian
    ) {
        self.unit = PageText.shown(unit, longest: 160)
        self.help = help
        self.token = token
        self.isEnrolled = isEnrolled
        isPart = part != nil
        title = "Kirim lewat flash disk"
        refusal = news.refusal
        let isQuiet = news.refusal == nil && news.result == nil && part == nil
        result = news.result ?? (isQuiet ? (isEnrolled ? CarryWords.nothing : CarryWords.notEnrolled) : nil)
        rows = news.rows.map(Self.row) + (part.map { Self.rows($0, words) } ?? [])
        hasRows = !rows.isEmpty
        from = part.map { "\($0.first)" } ?? ""
        next = part?.next.map { "\($0)" }
    }

    private static func rows(_ part: Part, _ words: Indonesian) -> [Row] {
        let oldest = part.oldest.flatMap(UTC.date).map { words.short($0) } ?? "–"
        let size = "\(Indonesian.number(Int64((part.bytes + 1023) / 1024))) KiB"
        return [
            Row(
                what: "Menunggu dikirim", value: "\(Indonesian.number(part.waiting)) catatan, sejak \(oldest)",
                isOdd: false),
            Row(
                what: "Isi berkas ini",
                value: "catatan \(Indonesian.number(part.first)) sampai \(Indonesian.number(part.last))", isOdd: false),
            Row(what: "Nama berkas", value: PageText.shown(part.name, longest: 160), isOdd: false),
            Row(what: "Ukuran", value: size, isOdd: false),
        ]
    }

    private static func row(_ outcome: CarriedReceipts.Outcome) -> Row {
        Row(
            what: "Catatan \(Indonesian.number(outcome.first)) sampai \(Indonesian.number(outcome.last))",
            value: CarryWords.sentence(outcome), isOdd: !outcome.isGood)
    }
}
