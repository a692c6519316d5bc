import Attendance
import AttendanceRules
import Crypto
import Foundation
import GRDB

/// Applies changes of hours one after the other, within one transaction that is given up where one is refused.
struct HoursEditor {
    private let db: Database
    private let acts: AuditWriter
    private let actor: Actor
    private let moment: Int64
    var queue = RecomputeQueue()

    /// 256 KiB: many times what an office's rules take.
    static let longestText = 262_144
    static let mostGroups = 100

    init(_ db: Database, by actor: Actor, at moment: Int64) {
        self.db = db
        self.actor = actor
        self.moment = moment
        acts = AuditWriter(db: db, actor: actor, moment: moment)
    }

    /// - Throws: `Refused`.
    mutating func apply(_ change: HoursChange) throws {
        switch change {
        case .text(let kind, let name, let text, let span): try add(kind, name, text, span)
        case .group(let schedule, let document): try set(schedule, document)
        case .endGroup(let group, let schedule, let from): try takeBack(group, schedule, from)
        case .calendar(let day): try set(day)
        case .removeCalendar(let date, let kind): try remove(date, kind)
        case .roster(let number, let date, let shift): try setRoster(number, date, shift)
        case .removeRoster(let number, let date): try removeRoster(number, date)
        }
    }

    // MARK: Texts

    private mutating func add(_ kind: HoursText.Kind, _ name: String, _ text: String, _ span: DateSpan) throws {
        try ChangeCheck.text(name, "the name")
        try ChangeCheck.span(span)
        guard text.utf8.count <= Self.longestText else {
            throw Refused.malformed("the text is longer than \(Self.longestText) bytes")
        }
        // SQLite gives a text back up to its first NUL.
        guard text.utf8.contains(where: { $0 > 0x20 }), !text.utf8.contains(0) else {
            throw Refused.malformed("the text is empty or has a NUL")
        }
        let digest = Hex.encode(Array(SHA256.hash(data: Data(text.utf8))))
        let before = try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT digest, from_day, to_day FROM hours_texts WHERE kind = ? AND name = ? ORDER BY id DESC LIMIT 1
                    """), arguments: [kind.rawValue, name])
        let from = span.from.dayNumber
        let to = span.to?.dayNumber
        if let before, before[0] == digest, before[1] == from, before[2] as Int? == to { return }
        if kind == .schedule, let before { try refuseDropped(name, span, Self.span(before)) }
        try db.cachedStatement(
            sql: """
                INSERT INTO hours_texts (kind, name, text, digest, from_day, to_day, added_at, by_name, by_role)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [kind.rawValue, name, text, digest, from, to, moment, actor.name, actor.role])
        var spans = [span]
        if let before { spans.append(Self.span(before)) }
        switch kind {
        case .rules: for span in spans { queue.add(.everyone, span, .rules) }
        case .schedule: for span in spans { try queueGroups(boundBy: name, span) }
        }
        var detail = JSONLine()
        detail.add("kind", kind.rawValue)
        detail.add("name", name)
        detail.add("digest", digest)
        detail.add("from", span.from.text)
        if let to = span.to { detail.add("to", to.text) }
        try acts.note(.textAdded, "\(kind.rawValue):\(name)", detail)
    }

    /// From a row of digest, first and last day.
    private static func span(_ row: Row) -> DateSpan {
        DateSpan(from: CivilDate(dayNumber: row[1]), to: (row[2] as Int?).map { CivilDate(dayNumber: $0) })
    }

    /// A schedule's newest text is the only one. One that leaves out days which were computed by the text before would
    /// leave people without hours there.
    private func refuseDropped(_ name: String, _ span: DateSpan, _ before: DateSpan) throws {
        var dropped: [(from: Int, to: Int)] = []
        if span.from > before.from { dropped.append((before.from.dayNumber, span.from.dayNumber - 1)) }
        if let to = span.to, before.to.map({ $0 > to }) ?? true {
            dropped.append((to.dayNumber + 1, before.to?.dayNumber ?? .max))
        }
        for run in dropped {
            let isBound = try Bool.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT EXISTS (SELECT 1 FROM group_schedules JOIN recompute_state ON first_day IS NOT NULL
                            WHERE schedule = ?1 AND max(from_day, first_day, ?2)
                                <= min(coalesce(to_day, last_day), last_day, ?3))
                        """), arguments: [name, run.from, run.to])
            if isBound == true {
                throw Refused.malformed(
                    """
                    the schedule \(name) has workdays in \(before.from)…\(before.to?.text ?? "") that the new text \
                    leaves out; give the new text another name, and the group that one from its first day on
                    """)
            }
        }
    }

    private mutating func queueGroups(boundBy schedule: String, _ span: DateSpan) throws {
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT schedule_group, max(from_day, ?2), min(coalesce(to_day, ?3), coalesce(?3, to_day))
                    FROM group_schedules WHERE schedule = ?1
                    """), arguments: [schedule, span.from.dayNumber, span.to?.dayNumber])
        for row in rows { queue.add(RecomputeQueue.group(row[0]), from: row[1], to: row[2], .schedule) }
    }

    // MARK: Groups

    private mutating func set(_ schedule: GroupSchedule, _ document: String) throws {
        try ChangeCheck.text(schedule.group, "the group")
        try ChangeCheck.text(schedule.schedule, "the schedule")
        try ChangeCheck.note(document, "the document")
        try ChangeCheck.span(schedule.span)
        let from = schedule.span.from.dayNumber
        let to = schedule.span.to?.dayNumber
        let before = try assignment(schedule.group, schedule.schedule, from)
        if let before, before[0] as Int? == to, before[1] == schedule.isOverride, before[2] == document { return }
        try db.cachedStatement(
            sql: """
                INSERT INTO group_schedules (schedule_group, schedule, from_day, to_day, is_override, document)
                VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (schedule_group, schedule, from_day) DO UPDATE
                SET to_day = excluded.to_day, is_override = excluded.is_override, document = excluded.document
                """
        ).execute(arguments: [schedule.group, schedule.schedule, from, to, schedule.isOverride, document])
        let group = RecomputeQueue.group(schedule.group)
        queue.add(group, schedule.span, .schedule)
        if let before { queue.add(group, from: from, to: before[0], .schedule) }
        var detail = Self.detail(schedule.group, schedule.schedule, schedule.span.from)
        if let to = schedule.span.to { detail.add("to", to.text) }
        detail.add("override", schedule.isOverride ? 1 : 0)
        detail.add("document", document)
        if let before { Self.add(before, to: &detail) }
        try acts.note(.groupChanged, "group:\(schedule.group)", detail)
    }

    private mutating func takeBack(_ group: String, _ schedule: String, _ from: CivilDate) throws {
        guard let before = try assignment(group, schedule, from.dayNumber) else {
            throw Refused.malformed("the group has no such schedule that begins on \(from)")
        }
        try db.cachedStatement(
            sql: "DELETE FROM group_schedules WHERE schedule_group = ? AND schedule = ? AND from_day = ?"
        ).execute(arguments: [group, schedule, from.dayNumber])
        queue.add(RecomputeQueue.group(group), from: from.dayNumber, to: before[0], .schedule)
        var detail = Self.detail(group, schedule, from)
        Self.add(before, to: &detail)
        try acts.note(.groupChanged, "group:\(group)", detail)
    }

    /// to_day, is_override, document.
    private func assignment(_ group: String, _ schedule: String, _ from: Int) throws -> Row? {
        try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT to_day, is_override, document FROM group_schedules
                    WHERE schedule_group = ? AND schedule = ? AND from_day = ?
                    """), arguments: [group, schedule, from])
    }

    private static func detail(_ group: String, _ schedule: String, _ from: CivilDate) -> JSONLine {
        var detail = JSONLine()
        detail.add("group", group)
        detail.add("schedule", schedule)
        detail.add("from", from.text)
        return detail
    }

    private static func add(_ before: Row, to detail: inout JSONLine) {
        detail.add("was_to", (before[0] as Int?).map { CivilDate(dayNumber: $0).text } ?? "")
        detail.add("was_override", (before[1] as Bool) ? 1 : 0)
        detail.add("was_document", before[2] as String)
    }

    // MARK: Calendar

    private mutating func set(_ day: CalendarDay) throws {
        try ChangeCheck.text(day.name, "the day's name")
        try ChangeCheck.note(day.citation, "the citation")
        guard day.groups.count <= Self.mostGroups else { throw Refused.malformed("more than 100 groups") }
        for group in day.groups { try ChangeCheck.text(group, "the group") }
        let before = try calendarDay(day.date, day.kind)
        guard before != day else { return }
        try db.cachedStatement(
            sql: """
                INSERT INTO calendar_days (day, kind, name, citation, groups) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (day, kind) DO UPDATE
                SET name = excluded.name, citation = excluded.citation, groups = excluded.groups
                """
        ).execute(arguments: [
            day.date.dayNumber, day.kind.rawValue, day.name, day.citation, try SQLiteCentralStore.encode(day.groups),
        ])
        queueGroups(of: [before, day].compactMap { $0 })
        var detail = JSONLine()
        detail.add("date", day.date.text)
        detail.add("kind", day.kind.rawValue)
        detail.add("name", day.name)
        detail.add("citation", day.citation)
        detail.add("groups", day.groups)
        if let before { Self.add(before, to: &detail) }
        try acts.note(.calendarChanged, "date:\(day.date)", detail)
    }

    private mutating func remove(_ date: CivilDate, _ kind: CalendarDay.Kind) throws {
        guard let before = try calendarDay(date, kind) else {
            throw Refused.malformed("the calendar has no \(kind.rawValue) on \(date)")
        }
        try db.cachedStatement(sql: "DELETE FROM calendar_days WHERE day = ? AND kind = ?")
            .execute(arguments: [date.dayNumber, kind.rawValue])
        queueGroups(of: [before])
        var detail = JSONLine()
        detail.add("date", date.text)
        detail.add("kind", kind.rawValue)
        Self.add(before, to: &detail)
        try acts.note(.calendarChanged, "date:\(date)", detail)
    }

    private func calendarDay(_ date: CivilDate, _ kind: CalendarDay.Kind) throws -> CalendarDay? {
        try Row.fetchOne(
            db.cachedStatement(
                sql: "SELECT day, kind, name, citation, groups FROM calendar_days WHERE day = ? AND kind = ?"),
            arguments: [date.dayNumber, kind.rawValue]
        ).flatMap(SQLiteCentralStore.calendarDay)
    }

    private mutating func queueGroups(of days: [CalendarDay]) {
        for day in days {
            let number = day.date.dayNumber
            if day.groups.isEmpty { queue.add(.everyone, from: number, to: number, .calendar) }
            for group in day.groups { queue.add(RecomputeQueue.group(group), from: number, to: number, .calendar) }
        }
    }

    private static func add(_ before: CalendarDay, to detail: inout JSONLine) {
        detail.add("was_name", before.name)
        detail.add("was_citation", before.citation)
        detail.add("was_groups", before.groups)
    }

    // MARK: Rosters

    private mutating func setRoster(_ number: String, _ date: CivilDate, _ shift: String?) throws {
        if let shift { try ChangeCheck.text(shift, "the shift") }
        let employee = try employee(number)
        let before = try rosterDay(employee, date)
        if let before, before[0] as String? == shift { return }
        try db.cachedStatement(
            sql: """
                INSERT INTO rosters (employee_id, day, shift) VALUES (?, ?, ?)
                ON CONFLICT (employee_id, day) DO UPDATE SET shift = excluded.shift
                """
        ).execute(arguments: [employee, date.dayNumber, shift])
        try noteRoster(employee, number, date, shift ?? "-", before)
    }

    private mutating func removeRoster(_ number: String, _ date: CivilDate) throws {
        let employee = try employee(number)
        guard let before = try rosterDay(employee, date) else {
            throw Refused.malformed("the roster has nothing for this employee on \(date)")
        }
        try db.cachedStatement(sql: "DELETE FROM rosters WHERE employee_id = ? AND day = ?")
            .execute(arguments: [employee, date.dayNumber])
        try noteRoster(employee, number, date, nil, before)
    }

    private func employee(_ number: String) throws -> Int64 {
        guard
            let id = try Int64.fetchOne(
                db.cachedStatement(sql: "SELECT employee_id FROM employments WHERE number = ?"), arguments: [number])
        else { throw Refused(.unknownEmployee(number)) }
        return id
    }

    private func rosterDay(_ employee: Int64, _ date: CivilDate) throws -> Row? {
        try Row.fetchOne(
            db.cachedStatement(sql: "SELECT shift FROM rosters WHERE employee_id = ? AND day = ?"),
            arguments: [employee, date.dayNumber])
    }

    /// A free day is `-`.
    private mutating func noteRoster(
        _ employee: Int64, _ number: String, _ date: CivilDate, _ shift: String?, _ before: Row?
    ) throws {
        queue.add(.employee(employee), from: date.dayNumber, to: date.dayNumber, .roster)
        var detail = JSONLine()
        detail.add("number", number)
        detail.add("date", date.text)
        if let shift { detail.add("shift", shift) }
        if let before { detail.add("was", before[0] as String? ?? "-") }
        try acts.note(.rosterChanged, "employee:\(employee)", detail)
    }
}
