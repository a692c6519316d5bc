import AttendanceRules

/// When people of a group come and go. This is behaviour, not law: what binds them are the schedules of their group, and
/// where the two differ people are early or late.
enum SampleHours {
    /// Names of shifts in the roster of `piket-3-sif`, in the order in which people take turns; the fourth day is free.
    static let turns: [(name: String?, start: Int, end: Int)] = [
        ("pagi", 7 * 60, 14 * 60), ("siang", 14 * 60, 21 * 60), ("malam", 21 * 60, 31 * 60), (nil, 0, 0),
    ]

    /// Minutes of the date; `nil` on a day of rest. Shifts are in `turn(of:on:)`.
    static func hours(_ group: SampleGroup, _ date: CivilDate, isFasting: Bool) -> (start: Int, end: Int)? {
        let weekday = date.weekday
        switch group {
        case .shifts: return nil
        case .fiveDays:
            guard weekday != .saturday, weekday != .sunday else { return nil }
            if isFasting { return (8 * 60, weekday == .friday ? 15 * 60 + 30 : 15 * 60) }
            return (7 * 60 + 30, weekday == .friday ? 16 * 60 + 30 : 16 * 60)
        case .sixDays:
            guard weekday != .sunday else { return nil }
            if isFasting { return (8 * 60, 14 * 60) }
            return (7 * 60 + 30, weekday == .friday ? 11 * 60 + 30 : weekday == .saturday ? 14 * 60 + 30 : 14 * 60 + 45)
        }
    }

    /// Whose shift it is on a date: four teams, one day further each day.
    static func turn(team: Int, on date: CivilDate) -> (name: String?, start: Int, end: Int) {
        turns[((date.dayNumber + team) % 4 + 4) % 4]
    }

    /// Ramadan by the government's decision, first and last day; earlier years by the calendar, which may be a day off.
    static let fasting: [ClosedRange<CivilDate>] = [
        ("2020-04-24", "2020-05-23"), ("2021-04-13", "2021-05-12"), ("2022-04-03", "2022-05-01"),
        ("2023-03-23", "2023-04-21"), ("2024-03-12", "2024-04-09"), ("2025-03-01", "2025-03-30"),
        ("2026-02-19", "2026-03-20"), ("2027-02-08", "2027-03-09"),
    ].compactMap { first, last in
        guard let first = CivilDate(text: first), let last = CivilDate(text: last) else { return nil }
        return first...last
    }

    static func isFasting(_ date: CivilDate) -> Bool { fasting.contains { $0.contains(date) } }
}

/// The days off that everybody knows of: the calendar that comes with the program, and where that has no year, the
/// holidays that stand on fixed dates.
package struct SampleCalendar: Sendable {
    package let days: [CalendarDay]
    private let free: Set<CivilDate>

    /// - Parameter file: the lines of `kalender-2025-2026.csv`: date, name, kind, source, confidence.
    package init(file: String, dates: ClosedRange<CivilDate>) {
        let known = file.split(whereSeparator: \.isNewline).dropFirst().compactMap { Self.day(Self.fields($0)) }
        let years = Set(known.map(\.date.parts.year))
        let fixed = (dates.lowerBound.parts.year...dates.upperBound.parts.year).filter { !years.contains($0) }
            .flatMap(Self.fixed)
        // A night shift and a report of the month look past the edges.
        let wide = dates.lowerBound.month.dates.lowerBound...dates.upperBound.month.dates.upperBound
        days = (known + fixed).filter { wide.contains($0.date) }.sorted { $0.date < $1.date }
        free = Set(days.map(\.date))
    }

    func isFree(_ date: CivilDate) -> Bool { free.contains(date) }

    private static func fixed(_ year: Int) -> [CalendarDay] {
        [
            (1, 1, "Tahun Baru Masehi"), (5, 1, "Hari Buruh Internasional"), (6, 1, "Hari Lahir Pancasila"),
            (8, 17, "Proklamasi Kemerdekaan"), (12, 25, "Kelahiran Yesus Kristus (Natal)"),
        ].compactMap { month, day, name in
            CivilDate(year: year, month: month, day: day).map {
                CalendarDay(date: $0, name: name, kind: .libur, citation: "data contoh: hanya tanggal tetap")
            }
        }
    }

    private static func day(_ fields: [String]) -> CalendarDay? {
        guard fields.count >= 4, let date = CivilDate(text: fields[0]), let kind = CalendarDay.Kind(rawValue: fields[2])
        else { return nil }
        return CalendarDay(date: date, name: fields[1], kind: kind, citation: fields[3])
    }

    /// A line of our own file: quotes around fields with commas, none within.
    private static func fields(_ line: Substring) -> [String] {
        var fields = [""]
        var isQuoted = false
        for character in line {
            switch character {
            case "\"": isQuoted.toggle()
            case "," where !isQuoted: fields.append("")
            default: fields[fields.count - 1].append(character)
            }
        }
        return fields
    }
}
