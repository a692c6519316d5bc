import AttendanceRules
import Foundation
import GRDB

extension SQLiteCentralStore {
    package func hours() async throws -> Hours {
        try await database.read { db in
            Hours(
                texts: try Self.texts(
                    """
                    kind = 'schedule' AND id IN (SELECT max(id) FROM hours_texts GROUP BY kind, name)
                    OR kind = 'rules' AND NOT EXISTS (
                        SELECT 1 FROM hours_texts AS newer
                        WHERE newer.kind = hours_texts.kind AND newer.name = hours_texts.name
                            AND newer.id > hours_texts.id
                            AND (newer.from_day = hours_texts.from_day
                                OR newer.from_day < hours_texts.from_day
                                AND (newer.to_day IS NULL OR newer.to_day >= hours_texts.to_day)))
                    """, db),
                allRules: try Self.texts("kind = 'rules'", db),
                groups: try Row.fetchAll(
                    db,
                    sql: """
                        SELECT schedule_group, schedule, from_day, to_day, is_override FROM group_schedules
                        ORDER BY schedule_group, from_day, schedule
                        """
                ).map { row in
                    GroupSchedule(
                        group: row[0], schedule: row[1],
                        span: DateSpan(
                            from: CivilDate(dayNumber: row[2]), to: (row[3] as Int?).map { CivilDate(dayNumber: $0) }),
                        isOverride: row[4])
                },
                calendar: try Row.fetchAll(
                    db, sql: "SELECT day, kind, name, citation, groups FROM calendar_days ORDER BY day, kind"
                ).compactMap(Self.calendarDay))
        }
    }

    /// - Parameter condition: a text of this source, never one from outside.
    private static func texts(_ condition: String, _ db: Database) throws -> [HoursText] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT id, kind, name, text, digest, added_at, by_name, by_role FROM hours_texts
                WHERE \(condition) ORDER BY kind, name, id DESC
                """
        ).compactMap(Self.text)
    }

    private static func text(_ row: Row) -> HoursText? {
        HoursText.Kind(rawValue: row[1]).map { kind in
            HoursText(
                id: row[0], kind: kind, name: row[2], text: row[3], digest: row[4],
                addedAt: Date(milliseconds: row[5]), by: Actor(name: row[6], role: row[7]))
        }
    }

    static func calendarDay(_ row: Row) -> CalendarDay? {
        CalendarDay.Kind(rawValue: row[1]).map { kind in
            CalendarDay(
                date: CivilDate(dayNumber: row[0]), name: row[2], kind: kind, citation: row[3],
                groups: decode([String].self, row[4]) ?? [])
        }
    }

    package func change(hours changes: [HoursChange], by actor: Actor, at moment: Date) async throws {
        try await write { db in
            var editor = HoursEditor(db, by: actor, at: moment.milliseconds)
            try Self.each(changes) { change in try editor.apply(change) }
            try editor.queue.write(db)
        }
    }
}
