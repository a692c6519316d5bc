import AttendanceRules
import CentralStore
import Foundation
import TableFiles

/// Everything a file is made of besides what was asked for.
package struct ExportContext: Sendable {
    /// Narrowed to what the person may see and asked for.
    package let source: RecapSource
    /// What decides days, for those that are not known.
    package let explanations: @Sendable ([Int64: Set<CivilDate>]) async throws -> [Int64: [CivilDate: [Explanation]]]
    package let heads: @Sendable () async throws -> [JournalHead]
    package var paper: ExportPaper
    /// Account and role, or the user of the server's machine.
    package var by: Actor
    package var at: Date
    /// Hash of the last line of the audit log, hex; `nil` where there is none.
    package var auditHead: String?
    /// Told after each piece; throws to end it.
    package var progress: @Sendable (ExportProgress) async throws -> Void

    package init(
        source: RecapSource,
        explanations: @escaping @Sendable ([Int64: Set<CivilDate>]) async throws -> [Int64: [CivilDate: [Explanation]]],
        heads: @escaping @Sendable () async throws -> [JournalHead], paper: ExportPaper, by: Actor, at: Date,
        auditHead: String? = nil, progress: @escaping @Sendable (ExportProgress) async throws -> Void = { _ in }
    ) {
        self.source = source
        self.explanations = explanations
        self.heads = heads
        self.paper = paper
        self.by = by
        self.at = at
        self.auditHead = auditHead
        self.progress = progress
    }
}

/// How far a file is: people of months, each counted once. Grows only.
package struct ExportProgress: Equatable, Sendable {
    package var done: Int
    package var all: Int
    /// Rows written.
    package var rows: Int
    /// Written so far, before anything is compressed.
    package var bytes: Int

    package init(done: Int = 0, all: Int = 0, rows: Int = 0, bytes: Int = 0) {
        self.done = done
        self.all = all
        self.rows = rows
        self.bytes = bytes
    }
}

/// How a government prints.
package struct ExportPaper: Equatable, Sendable {
    package var government = "Pemerintah Daerah"
    /// Of the government; units may have others.
    package var zone: TimeZone = .gmt
    package var zoneName = "GMT"
    /// Before the date of a signature; empty leaves dots.
    package var place = ""
    package var codes = PrintCodes.standard
    package var paper = TablePaper.a4

    package init() {}
}

/// Dates as people in Indonesia write them.
enum ExportWords {
    private static let months = [
        "Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober", "November",
        "Desember",
    ]

    /// `Maret`
    static func name(_ month: CivilMonth) -> String { months[(month.month - 1) % 12] }
    /// `Maret 2026`
    static func long(_ month: CivilMonth) -> String { "\(name(month)) \(month.year)" }

    /// `31 Maret 2026`
    static func long(_ date: CivilDate) -> String { "\(date.parts.day) \(long(date.month))" }

    static func date(_ moment: Date, _ zone: TimeZone) -> CivilDate {
        Moment(moment).date(offset: zone.secondsFromGMT(for: moment))
    }

    /// `31 Maret 2026 07.30`
    static func long(_ moment: Date, _ zone: TimeZone) -> String {
        let date = date(moment, zone)
        let words = DayWords(date: date, offset: zone.secondsFromGMT(for: moment))
        return "\(long(date)) \(words.time(Moment(moment)))"
    }
}

extension Moment {
    init(_ date: Date) {
        self.init(seconds: Int64(min(max(date.timeIntervalSince1970.rounded(.down), -1e11), 1e11)))
    }
}
