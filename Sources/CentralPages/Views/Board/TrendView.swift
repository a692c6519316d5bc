import AttendanceRules
import Foundation
import PageSupport

/// The last weeks, a column for each day: who came, who is not known, and the rest of those asked.
struct TrendView {
    struct Column {
        let x: String
        let width: String
        let there: String
        let thereY: String
        let unknown: String
        let unknownY: String
        let isPartial: Bool
        /// "Senin, 16 November: 92,1%"
        let title: String
    }

    struct Line {
        let date: String
        let there: String
        let known: String
        let share: String
        let unknown: String
        let isPartial: Bool
    }

    struct Mark {
        let x: String
        let text: String
    }

    let isEmpty: Bool
    /// Of all days together; `nil` where none is known.
    let mean: String?
    let isPartial: Bool
    let label: String
    let columns: [Column]
    let marks: [Mark]
    let lines: [Line]
    let connection: KnownView

    private static let most = 31

    init(_ model: BoardModel, _ context: ViewContext) {
        let days = model.trend.suffix(Self.most).filter { $0.counts.asked > 0 }
        let sum = days.reduce(into: StandingCounts()) { $0 += $1.counts }
        isEmpty = days.isEmpty
        mean = sum.share.map { StandingWords.percent($0) }
        isPartial = sum[.unsynced] > 0
        connection = KnownView(model.connection, context)
        label = "Kehadiran per hari, rata-rata \(mean ?? "belum diketahui"); angkanya ada di tabel di bawah."
        let step = 10_000 / max(1, days.count)
        columns = days.enumerated().map { Self.column($1, at: $0 * step, step) }
        // The first day of each week: a date under every column would be too many, and two in neighbours lie on each other.
        let mondays = days.indices.filter { index in
            index > days.startIndex && days[index].date.isoWeekday < days[index - 1].date.isoWeekday
        }
        let isRoomAtFirst = mondays.first.map { $0 - days.startIndex >= 3 } ?? true
        marks = ((isRoomAtFirst && !days.isEmpty ? [days.startIndex] : []) + mondays).map { index in
            let place = index - days.startIndex
            return Mark(x: StandingBar.text(place * step + step / 10), text: DateWords.short(days[index].date))
        }
        lines = days.reversed().map { day in
            Line(
                date: DateWords.long(day.date), there: plural(day.counts.there), known: plural(day.counts.known),
                share: day.counts.share.map { StandingWords.percent($0) } ?? "–",
                unknown: plural(day.counts[.unsynced]), isPartial: day.counts[.unsynced] > 0)
        }
    }

    private static func column(_ day: BoardModel.Day, at x: Int, _ step: Int) -> Column {
        let counts = day.counts
        let there = StandingBar.part(counts.there, of: counts.asked, 10_000)
        let unknown = StandingBar.part(counts[.unsynced], of: counts.asked, 10_000)
        let share = counts.share.map { StandingWords.percent($0) } ?? "belum diketahui"
        let rest = counts[.unsynced] > 0 ? "; \(plural(counts[.unsynced])) belum sinkron" : ""
        return Column(
            x: StandingBar.text(x + step / 10), width: StandingBar.text(step * 8 / 10),
            there: StandingBar.text(there), thereY: StandingBar.text(10_000 - there),
            unknown: StandingBar.text(unknown), unknownY: StandingBar.text(max(0, 10_000 - there - unknown)),
            isPartial: counts[.unsynced] > 0, title: "\(DateWords.long(day.date)): \(share)\(rest)")
    }
}

/// Dates in no zone as people write them.
enum DateWords {
    private static let days = ["Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"]

    /// `Senin, 23 November 2026`
    static func long(_ date: CivilDate) -> String {
        let (year, month, day) = date.parts
        return "\(weekday(date)), \(day) \(Indonesian.month(month) ?? "") \(year)"
    }

    /// `23 Nov`
    static func short(_ date: CivilDate) -> String {
        let (_, month, day) = date.parts
        return "\(day) \((Indonesian.month(month) ?? "").prefix(3))"
    }

    static func weekday(_ date: CivilDate) -> String {
        let day = date.isoWeekday
        return days.indices.contains(day - 1) ? days[day - 1] : ""
    }
}

extension CivilDate {
    /// 1 for Monday to 7; 1970-01-01 was a Thursday.
    var isoWeekday: Int { ((dayNumber + 3) % 7 + 7) % 7 + 1 }
}
