import Attendance
import AttendanceRules
import Foundation
import GRDB

/// Why a month cannot be closed, other than by its undecided days.
package enum CloseRefusal: Error, Equatable, CustomStringConvertible {
    /// Its last day is not computed yet.
    case notOver
    /// There are people without workdays, from the date on or before it; also where there is nobody at all.
    case notComputed(CivilDate)
    /// Scans or changes that touch it are not counted yet.
    case waiting

    package var description: String {
        switch self {
        case .notOver: "bulan belum selesai: the month is not over, or its last day is not computed yet"
        case .notComputed(let date):
            "bulan belum dihitung: the month is not wholly computed; workdays are missing from \(date) on"
        case .waiting: "masih ada hitungan yang menunggu: scans or changes wait to be computed; try again in a while"
        }
    }
}

extension SQLiteCentralStore {
    package func close(
        month: CivilMonth, unit: Int64, employees: [Int64], by actor: Actor, at moment: Date
    ) async throws -> [StoredWorkday] {
        try await write { db in
            let isClosed = try Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM closings WHERE month = ? AND unit_id = ?)",
                arguments: [month.number, unit])
            guard isClosed != true else { return [] }
            let dates = month.dates
            try Self.refuseUnfinished(dates, db)
            let units = try Self.units(below: unit, db)
            try Self.refuseMissing(units, dates, db)
            let own = try Self.workdays(employees, dates, db).filter { stored in
                stored.unit.map(units.contains) ?? false
            }
            let undecided = own.filter { !$0.workday.status.isDecided }
            guard undecided.isEmpty else { return Array(undecided.prefix(Self.mostUndecided)) }
            guard !own.isEmpty else { throw CloseRefusal.notComputed(dates.lowerBound) }
            let copy = try db.cachedStatement(
                sql: """
                    INSERT INTO closed_workdays (\(WorkdayRow.columns))
                    SELECT \(WorkdayRow.columns) FROM workdays WHERE employee_id = ? AND day = ?
                    ON CONFLICT DO NOTHING
                    """)
            // A day that a unit below has closed before stays as it was closed.
            for stored in own { try copy.execute(arguments: [stored.employee, stored.workday.date.dayNumber]) }
            try db.execute(
                sql: "INSERT INTO closings (month, unit_id, by_name, by_role, at) VALUES (?, ?, ?, ?, ?)",
                arguments: [month.number, unit, actor.name, actor.role, moment.milliseconds])
            try AuditWriter(db: db, actor: actor, moment: moment.milliseconds).note(
                .monthClosed, "unit:\(unit)",
                .of { line in
                    line.add("month", month.text)
                    line.add("workdays", own.count)
                })
            return []
        }
    }

    private static let mostUndecided = 1000

    /// A figure is closed only where all that is known has been counted.
    private static func refuseUnfinished(_ dates: ClosedRange<CivilDate>, _ db: Database) throws {
        let (start, end) = (dates.lowerBound.dayNumber, dates.upperBound.dayNumber)
        guard let state = try Row.fetchOne(db, sql: "SELECT punch_id, first_day, last_day FROM recompute_state"),
            let first = state["first_day"] as Int?, let last = state["last_day"] as Int?
        else { throw CloseRefusal.notComputed(dates.lowerBound) }
        guard last >= end else { throw CloseRefusal.notOver }
        guard first <= start else { throw CloseRefusal.notComputed(dates.lowerBound) }
        // A row about a day asks for those beside it, too.
        let isWaiting = try Bool.fetchOne(
            db,
            sql: """
                SELECT EXISTS (SELECT 1 FROM recompute_queue WHERE from_day <= ?1 + 1 AND coalesce(to_day, ?2) >= ?2 - 1)
                    OR EXISTS (SELECT 1 FROM punches WHERE id > ?3)
                """, arguments: [end, start, state["punch_id"] as Int64])
        if isWaiting == true { throw CloseRefusal.waiting }
    }

    /// Whoever was employed and had a place in the units on a date has a workday of it.
    private static func refuseMissing(
        _ units: Set<Int64>, _ dates: ClosedRange<CivilDate>, _ db: Database
    ) throws {
        let (start, end) = (dates.lowerBound.dayNumber, dates.upperBound.dayNumber)
        let spans = try db.cachedStatement(
            sql: """
                SELECT placements.employee_id, max(placements.from_day, employments.from_day, ?2),
                    min(coalesce(placements.to_day, ?3), coalesce(employments.to_day, ?3), ?3)
                FROM placements JOIN employments ON employments.employee_id = placements.employee_id
                WHERE placements.unit_id = ?1
                """)
        let count = try db.cachedStatement(
            sql: "SELECT count(*) FROM workdays WHERE employee_id = ? AND day BETWEEN ? AND ?")
        for unit in units.sorted() {
            for row in try Row.fetchAll(spans, arguments: [unit, start, end]) {
                let (first, last): (Int, Int) = (row[1], row[2])
                guard first <= last else { continue }
                let found = try Int.fetchOne(count, arguments: [row[0] as Int64, first, last]) ?? 0
                guard found == last - first + 1 else { throw CloseRefusal.notComputed(CivilDate(dayNumber: first)) }
            }
        }
    }

    /// The unit, and all below it.
    private static func units(below unit: Int64, _ db: Database) throws -> Set<Int64> {
        try Set(
            Int64.fetchAll(
                db,
                sql: """
                    WITH RECURSIVE own(id) AS (
                        VALUES (?1) UNION SELECT units.id FROM units JOIN own ON units.parent_id = own.id
                    ) SELECT id FROM own
                    """, arguments: [unit]))
    }

    private static func workdays(
        _ employees: [Int64], _ dates: ClosedRange<CivilDate>, _ db: Database
    ) throws -> [StoredWorkday] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT \(WorkdayRow.columns) FROM workdays
                WHERE employee_id = ? AND day BETWEEN ? AND ? ORDER BY day
                """)
        return try Set(employees).sorted().flatMap { employee in
            try Row.fetchAll(
                statement, arguments: [employee, dates.lowerBound.dayNumber, dates.upperBound.dayNumber]
            ).map { row in try WorkdayRow.read(row) }
        }
    }

    package func closings() async throws -> [Closing] {
        try await database.read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM closings ORDER BY month, unit_id").map { row in
                Closing(
                    unit: row["unit_id"], month: CivilMonth(number: row["month"]),
                    by: Actor(name: row["by_name"], role: row["by_role"]), at: Date(milliseconds: row["at"]))
            }
        }
    }

    package func closedWorkdays(of employees: [Int64]?, dates: ClosedRange<CivilDate>) async throws -> [StoredWorkday] {
        try await database.read { db in
            let chosen = try employees ?? Int64.fetchAll(db, sql: "SELECT id FROM employees")
            let statement = try db.cachedStatement(
                sql: """
                    SELECT \(WorkdayRow.columns) FROM closed_workdays
                    WHERE employee_id = ? AND day BETWEEN ? AND ? ORDER BY day
                    """)
            return try Set(chosen).sorted().flatMap { employee in
                try Row.fetchAll(
                    statement, arguments: [employee, dates.lowerBound.dayNumber, dates.upperBound.dayNumber]
                ).map { row in try WorkdayRow.read(row) }
            }
        }
    }

    package func adjustments(in dates: ClosedRange<CivilDate>) async throws -> [Adjustment] {
        try await database.read { db in
            let bounds: [Int] = [dates.lowerBound.dayNumber, dates.upperBound.dayNumber]
            // By employee, so that years beside cost nothing.
            let changed = try Row.fetchAll(
                db,
                sql: """
                    SELECT \(WorkdayRow.columns(of: "closed_workdays")), \(WorkdayRow.columns(of: "workdays")),
                        workdays.day IS NULL AS is_gone
                    FROM employees CROSS JOIN closed_workdays ON closed_workdays.employee_id = employees.id
                        AND closed_workdays.day BETWEEN ? AND ?
                    LEFT JOIN workdays ON workdays.employee_id = closed_workdays.employee_id
                        AND workdays.day = closed_workdays.day
                    WHERE workdays.mark IS NOT closed_workdays.mark
                    ORDER BY employees.id, closed_workdays.day
                    """, arguments: StatementArguments(bounds))
            var found = try changed.compactMap { row -> Adjustment? in
                let closed = try WorkdayRow.read(row)
                let now =
                    row["is_gone"] as Bool
                    ? Workday(date: closed.workday.date, status: .tanpaJadwal)
                    : try WorkdayRow.read(row, from: 25).workday
                // Rules that were given anew and say the same of the day change no figure.
                var sameRules = closed.workday
                sameRules.rules = now.rules
                if now.rules != closed.workday.rules, sameRules == now { return nil }
                return Adjustment(employee: closed.employee, closed: closed.workday, now: now)
            }
            found += try Self.added(bounds, db)
            return found.sorted { ($0.employee, $0.now.date) < ($1.employee, $1.now.date) }
        }
    }

    /// Workdays of a closed month that were none when it was closed.
    private static func added(_ bounds: [Int], _ db: Database) throws -> [Adjustment] {
        var units: [Int: Set<Int64>] = [:]
        let months = bounds.map { CivilDate(dayNumber: $0).month.number }
        let closings = try Row.fetchAll(
            db, sql: "SELECT month, unit_id FROM closings WHERE month BETWEEN ? AND ?",
            arguments: StatementArguments(months))
        for row in closings { try units[row["month"], default: []].formUnion(Self.units(below: row["unit_id"], db)) }
        guard !units.isEmpty else { return [] }
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT \(WorkdayRow.columns(of: "workdays"))
                FROM employees CROSS JOIN workdays ON workdays.employee_id = employees.id
                    AND workdays.day BETWEEN ? AND ?
                LEFT JOIN closed_workdays ON closed_workdays.employee_id = workdays.employee_id
                    AND closed_workdays.day = workdays.day
                WHERE closed_workdays.day IS NULL
                """, arguments: StatementArguments(bounds))
        var found: [Adjustment] = []
        while let row = try rows.next() {
            let stored = try WorkdayRow.read(row)
            let date = stored.workday.date
            guard let unit = stored.unit, units[date.month.number]?.contains(unit) ?? false else { continue }
            found.append(
                Adjustment(
                    employee: stored.employee, closed: Workday(date: date, status: .tanpaJadwal), now: stored.workday))
        }
        return found
    }
}
