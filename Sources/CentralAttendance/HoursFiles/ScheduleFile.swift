import AttendanceRules
import ServiceSupport

/// Reading the text of a schedule; how it is written is told in docs/rules.md.
package enum ScheduleFile {
    /// - Parameter path: names the text in findings.
    /// - Throws: everything that is wrong with it, by line.
    package static func parse(_ text: String, path: String) throws(ConfigurationFileError) -> Schedule {
        let findings = FindingList(path: path)
        let toml = HoursTOML(text, findings: findings)
        var reader = ScheduleReader(findings: findings)
        let schedule = reader.read(toml.sections)
        return try findings.result(schedule)
    }

    /// As sections name them: English, or Indonesian as people in offices do.
    static let weekdays: [String: Weekday] = {
        let indonesian = ["senin", "selasa", "rabu", "kamis", "jumat", "sabtu", "minggu"]
        var names: [String: Weekday] = [:]
        for (name, weekday) in zip(indonesian, Weekday.allCases) {
            names[name] = weekday
            names[weekday.rawValue] = weekday
        }
        return names
    }()
}

private struct ScheduleReader {
    let findings: FindingList
    private var week: [Weekday: DayHours] = [:]
    private var shifts: [String: DayHours] = [:]
    private var dayLines: [Weekday: Int] = [:]
    private var shiftLines: [String: Int] = [:]

    static let keys = [
        "name", "title", "citation", "effective_from", "effective_to", "keeps_holidays", "keeps_collective_leave",
    ]
    static let mostShifts = 50

    init(findings: FindingList) { self.findings = findings }

    mutating func read(_ sections: [HoursTOML.Section]) -> Schedule? {
        guard let root = sections.first else { return nil }
        let fields = HoursFields(root, findings)
        fields.check(known: Self.keys)
        for section in sections.dropFirst() { read(section) }
        let name = fields.name("name")
        let title = fields.text("title")
        let citation = fields.text("citation", longest: 1000)
        let span = fields.span()
        let keepsHolidays = fields.flag("keeps_holidays", default: true)
        let keepsCollectiveLeave = fields.flag("keeps_collective_leave", default: true)
        if dayLines.isEmpty, shiftLines.isEmpty {
            findings.note(0, "has no hours: write [day.monday] or [day.monday-thursday], or [shift.NAME] for rosters")
        }
        if let day = dayLines.values.min(), let shift = shiftLines.values.min() {
            findings.note(
                max(day, shift),
                "a schedule has days of the week or shifts of a roster; put the others into a text of their own")
        }
        guard let name, let title, let citation, let span else { return nil }
        return Schedule(
            name: name, title: title, citation: citation, span: span, week: week, shifts: shifts,
            keepsHolidays: keepsHolidays, keepsCollectiveLeave: keepsCollectiveLeave)
    }

    private mutating func read(_ section: HoursTOML.Section) {
        guard !section.isArray, section.path.count == 2, let kind = section.path.first, let name = section.path.last
        else { return refuse(section) }
        let fields = HoursFields(section, findings)
        switch kind {
        case "day": day(name, section, fields)
        case "shift":
            guard HoursName.isName(name) else {
                return findings.note(section.line, "a shift's name is 1 to 64 small letters, digits and -")
            }
            guard name != "libur" else {
                return findings.note(section.line, "\"libur\" is a free day of the roster and needs no [shift.libur]")
            }
            if let first = shiftLines[name] {
                return findings.note(section.line, "[shift.\(name)] stands in line \(first), too; write it once")
            }
            guard shiftLines.count < Self.mostShifts else {
                return findings.note(section.line, "has more than \(Self.mostShifts) shifts")
            }
            shiftLines[name] = section.line
            shifts[name] = DayHoursReader(fields).read()
        default: refuse(section)
        }
    }

    private func refuse(_ section: HoursTOML.Section) {
        findings.note(
            section.line,
            "\(section.header) is no section of a schedule; write [day.monday], [day.monday-thursday] or [shift.NAME]")
    }

    private mutating func day(_ name: String, _ section: HoursTOML.Section, _ fields: HoursFields) {
        let parts = name.lowercased().split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        let days = parts.compactMap { ScheduleFile.weekdays[$0] }
        guard (1...2).contains(parts.count), days.count == parts.count, let first = days.first, let last = days.last,
            let from = Weekday.allCases.firstIndex(of: first), let to = Weekday.allCases.firstIndex(of: last),
            from <= to
        else {
            return findings.note(
                section.line, "\(section.header) names no days; write [day.monday] or [day.monday-thursday]")
        }
        let hours = DayHoursReader(fields).read()
        for weekday in Weekday.allCases[from...to] {
            if let first = dayLines[weekday] {
                findings.note(section.line, "\(weekday.rawValue) has hours in line \(first) already")
                return
            }
            dayLines[weekday] = section.line
            week[weekday] = hours
        }
    }
}

/// Reads the hours of one day; of a schedule, or of an example.
struct DayHoursReader {
    private let fields: HoursFields

    static let keys = [
        "start", "end", "break", "break_minutes", "tolerance", "flexible", "arrival", "departure", "checks",
    ]

    init(_ fields: HoursFields) { self.fields = fields }

    /// `nil` where something is missing; what is found has its line.
    func read() -> DayHours? {
        fields.check(known: Self.keys)
        let start = fields.minute("start")
        let end = fields.minute("end")
        let tolerance = fields.number("tolerance", 0...240) ?? 0
        let flexible = fields.number("flexible", 0...240) ?? 0
        let arrival = fields.window("arrival", isRequired: true)
        let departure = fields.window("departure", isRequired: true)
        guard let start, let end else { return nil }
        guard end > start else {
            fields.note(
                at: "end",
                "\"end\" \(HoursTime.text(minute: end)) is not after \"start\" \(HoursTime.text(minute: start)); "
                    + "for the day after write \"+1 \(HoursTime.text(minute: end % 1440))\"")
            return nil
        }
        if end - start > 1440 { fields.note(at: "end", "from \"start\" to \"end\" are more than 24 hours") }
        let rest = rest(start, end)
        guard let arrival, let departure else { return nil }
        let hours = DayHours(
            start: start, end: end, breakMinutes: rest, tolerance: tolerance, flexible: flexible, arrival: arrival,
            departure: departure, checks: checks(arrival, departure))
        checkWindows(hours)
        return hours
    }

    private func rest(_ start: Int, _ end: Int) -> Int {
        let minutes = fields.number("break_minutes", 0...480)
        let times = fields.window("break", isRequired: false)
        switch (fields.entry("break"), fields.entry("break_minutes")) {
        case (nil, nil):
            fields.missing("break_minutes", "the minutes not counted as work, 0 where there are none (or \"break\")")
        case (.some, let entry?): fields.note(entry, "\"break\" says it already; write one of both", atValue: false)
        default: break
        }
        if let times, times.lowerBound < start || times.upperBound > end {
            fields.note(
                at: "break",
                "\"break\" \(HoursTime.text(times)) does not lie between \"start\" and \"end\"")
        }
        let rest = minutes ?? times.map { $0.upperBound - $0.lowerBound } ?? 0
        if rest >= end - start {
            fields.note(at: minutes == nil ? "break" : "break_minutes", "the break is as long as the day")
        }
        return rest
    }

    private func checkWindows(_ hours: DayHours) {
        let (arrival, departure) = (hours.arrival, hours.departure)
        let latest = hours.start + max(hours.tolerance, hours.flexible)
        if !arrival.contains(hours.start) || !arrival.contains(latest) {
            fields.note(
                at: "arrival",
                "\"arrival\" \(HoursTime.text(arrival)) must contain \"start\" \(HoursTime.text(minute: hours.start))"
                    + (latest > hours.start ? " and all of tolerance and flexible time" : ""))
        }
        if !departure.contains(hours.end) || !departure.contains(hours.end + hours.flexible) {
            fields.note(
                at: "departure",
                "\"departure\" \(HoursTime.text(departure)) must contain \"end\" \(HoursTime.text(minute: hours.end))"
                    + (hours.flexible > 0 ? " and all of the flexible time" : ""))
        }
        if arrival.upperBound >= departure.lowerBound {
            fields.note(
                at: "departure",
                "\"departure\" begins at \(HoursTime.text(minute: departure.lowerBound)), before \"arrival\" is over at "
                    + "\(HoursTime.text(minute: arrival.upperBound)); a scan can be only one of both")
        }
        if departure.upperBound - arrival.lowerBound >= 2160 {
            fields.note(at: "departure", "from \"arrival\" to the end of \"departure\" are more than 36 hours")
        }
    }

    private func checks(_ arrival: ClosedRange<Int>, _ departure: ClosedRange<Int>) -> [ScanCheck] {
        let wants = "\"NAME 12:45-13:15\""
        var checks: [ScanCheck] = []
        for (text, line) in fields.texts("checks", atMost: 10, wants: wants) ?? [] {
            let parts = text.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, HoursName.isName(String(parts[0])), let minutes = HoursTime.window(parts[1]) else {
                fields.findings.note(line, "\"\(text.prefix(60))\" is no check; wanted is \(wants)")
                continue
            }
            if minutes.lowerBound < arrival.lowerBound || minutes.upperBound > departure.upperBound {
                fields.findings.note(line, "check \"\(parts[0])\" does not lie between \"arrival\" and \"departure\"")
            }
            if checks.contains(where: { $0.name == parts[0] || $0.minutes.overlaps(minutes) }) {
                fields.findings.note(line, "check \"\(parts[0])\" has the name or the time of one before it")
            }
            checks.append(ScanCheck(name: String(parts[0]), minutes: minutes))
        }
        return checks
    }
}
