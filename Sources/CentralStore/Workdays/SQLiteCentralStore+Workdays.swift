import Attendance
import AttendanceRules
import FailPoints
import Foundation
import GRDB
import SQLiteRows

extension SQLiteCentralStore {
    package func pendingWork(limit: Int) async throws -> PendingWork {
        try await database.read { db in
            guard let state = try Row.fetchOne(db, sql: "SELECT punch_id, first_day, last_day FROM recompute_state")
            else { throw WorkdayRow.unreadable }
            guard let first = state["first_day"] as Int?, let last = state["last_day"] as Int?, first <= last else {
                // Nothing was computed yet: the first days will be made of all there is.
                let mark = PendingWork.Mark(
                    item: try Int64.fetchOne(db, sql: "SELECT max(id) FROM recompute_queue") ?? 0,
                    punch: try Int64.fetchOne(db, sql: "SELECT max(id) FROM punches") ?? 0)
                return PendingWork(
                    items: [], mark: mark, days: nil, isEmpty: mark.item == 0 && mark.punch == state["punch_id"],
                    people: try Self.peopleNumber(db))
            }
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT recompute_queue.*, serial FROM recompute_queue
                    LEFT JOIN devices ON devices.id = device_id ORDER BY recompute_queue.id LIMIT ?
                    """, arguments: [limit])
            var items = rows.compactMap(RecomputeQueue.item)
            let punch = try Self.newScans(after: state["punch_id"], limit: limit, into: &items, db)
            return PendingWork(
                items: items, mark: PendingWork.Mark(item: rows.last?["id"] ?? 0, punch: punch),
                days: CivilDate(dayNumber: first)...CivilDate(dayNumber: last),
                isEmpty: rows.isEmpty && punch == state["punch_id"], people: try Self.peopleNumber(db))
        }
    }

    /// A device can come, and go to another unit, without anybody having changed people.
    private static func peopleNumber(_ db: Database) throws -> Int64 {
        try Int64.fetchOne(
            db,
            sql: """
                SELECT people_revision * 1000003
                    + (SELECT count(*) + total(claimed_at % 1000003) + total(id * unit_id) FROM devices) FROM centre
                """) ?? 0
    }

    /// Each user id of a device once for each date.
    ///
    /// - Returns: the id of the last punch that was looked at.
    private static func newScans(after id: Int64, limit: Int, into items: inout [RecomputeItem], _ db: Database) throws
        -> Int64
    {
        struct Seen: Hashable {
            let device: Int64
            let user: [UInt8]
            let day: Int
        }
        var last = id
        var seen: Set<Seen> = []
        var moments = MomentsByDevice()
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT punches.id, device_id, user_id, device_time, serial FROM punches
                JOIN devices ON devices.id = device_id WHERE punches.id > ? ORDER BY punches.id LIMIT ?
                """, arguments: [id, limit])
        while let row = try rows.next() {
            last = row[0]
            let time: String = row[3]
            let user = UserID(field: row[2] as Data)
            guard !user.isNobody, let (shown, _) = DeviceMoments.parts(time) else { continue }
            var days = [shown]
            // A scan of a wrong clock is shown on the day it was made, as far as that is known.
            if let moment = try moments.scan(time, device: row[1], db), moment.isFault {
                days.append(moment.at.date(offset: 0).dayNumber)
            }
            for day in days where seen.insert(Seen(device: row[1], user: user.bytes, day: day)).inserted {
                let date = CivilDate(dayNumber: day)
                items.append(
                    RecomputeItem(
                        id: 0, scope: .userID(serial: row[4], user), span: DateSpan(from: date, to: date), why: .scan))
            }
        }
        return last
    }

    package func queue(_ items: [RecomputeItem], by actor: Actor, at moment: Date) async throws {
        try await write { db in
            try RecomputeQueue(items, in: db).write(db)
            for item in items where item.why == .recompute {
                try AuditWriter(db: db, actor: actor, moment: moment.milliseconds).note(
                    .recompute, item.scope.object,
                    .of { line in
                        line.add("from", item.span.from.text)
                        if let to = item.span.to { line.add("to", to.text) }
                    })
            }
        }
    }

    package func save(
        _ workdays: [StoredWorkday], gone: [EmployeeDays], why: [RecomputeItem.Why], done: PendingWork.Mark?,
        days: ClosedRange<CivilDate>?, at moment: Date
    ) async throws -> Int {
        let (changed, written) = try await write { db in
            var keeper = try WorkdayKeeper(db, why: why, at: moment)
            for gone in gone { try keeper.remove(gone) }
            try keeper.keep(workdays)
            FailPoint.reach("centre.workdays.kept")
            try keeper.sums.write(db)
            FailPoint.reach("centre.workdays.summed")
            if let done {
                try db.execute(sql: "DELETE FROM recompute_queue WHERE id <= ?", arguments: [done.item])
                try db.execute(
                    sql: "UPDATE recompute_state SET punch_id = max(punch_id, ?)", arguments: [done.punch])
            }
            if let days {
                try db.execute(
                    sql: "UPDATE recompute_state SET first_day = ?, last_day = ?",
                    arguments: [days.lowerBound.dayNumber, days.upperBound.dayNumber])
            }
            return (keeper.changed, keeper.written)
        }
        news.add(written)
        return changed
    }

    package func workdays(of employees: [Int64]?, dates: ClosedRange<CivilDate>) async throws -> [StoredWorkday] {
        try await database.read { db in
            let chosen = try employees ?? Int64.fetchAll(db, sql: "SELECT id FROM employees")
            // By employee, so that it costs the same however many years lie beside.
            let statement = try db.cachedStatement(
                sql: """
                    SELECT \(WorkdayRow.columns) FROM workdays
                    WHERE employee_id = ? AND day BETWEEN ? AND ? ORDER BY day
                    """)
            var found: [StoredWorkday] = []
            for employee in Set(chosen).sorted() {
                let rows = try Row.fetchCursor(
                    statement, arguments: [employee, dates.lowerBound.dayNumber, dates.upperBound.dayNumber])
                while let row = try rows.next() { found.append(try WorkdayRow.read(row)) }
            }
            return found
        }
    }

    package func changes(of employee: Int64, on date: CivilDate) async throws -> [WorkdayChange] {
        try await database.read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM workday_changes WHERE employee_id = ? AND day = ? ORDER BY id",
                arguments: [employee, date.dayNumber]
            ).map { row in
                guard let after = Self.decode(WorkdayRow.self, row["after"]) else { throw WorkdayRow.unreadable }
                return WorkdayChange(
                    employee: employee, date: date, at: Date(milliseconds: row["at"]),
                    why: Self.decode([RecomputeItem.Why].self, row["why"]) ?? [],
                    before: try Self.decode(WorkdayRow.self, row["before"])?.workday, after: try after.workday)
            }
        }
    }
}

/// Writes what changed, and what it was before.
private struct WorkdayKeeper {
    private let db: Database
    private let moment: Int64
    private let why: String
    private let writer: WorkdayRow.Writer
    private let known: Statement
    private let whole: Statement
    private(set) var changed = 0
    private(set) var sums = DaySums()
    /// Of the last days only.
    private(set) var written: [WorkdayNews.Written] = []
    /// Days before it are no news to anybody.
    private let firstNews: Int

    private struct Known {
        let mark: Int64
        let unit: Int64?
        let standing: Standing
    }

    init(_ db: Database, why: [RecomputeItem.Why], at moment: Date) throws {
        self.db = db
        self.moment = moment.milliseconds
        firstNews = Moment(seconds: moment.milliseconds / 1000).date(offset: 0).dayNumber - WorkdayNews.days
        self.why = try SQLiteCentralStore.encode(RecomputeItem.Why.allCases.filter(why.contains))
        writer = try WorkdayRow.Writer(db)
        known = try db.cachedStatement(
            sql: """
                SELECT day, mark, unit_id, \(DaySums.columns) FROM workdays
                WHERE employee_id = ? AND day BETWEEN ? AND ?
                """)
        whole = try db.cachedStatement(
            sql: """
                SELECT \(WorkdayRow.columns) FROM workdays WHERE employee_id = ? AND day BETWEEN ? AND ? ORDER BY day
                """)
    }

    /// Rows of one employee stand together, or they are looked up once more.
    mutating func keep(_ workdays: [StoredWorkday]) throws {
        var rest = workdays[...]
        while let first = rest.first {
            let own = rest.prefix { $0.employee == first.employee }
            rest = rest.dropFirst(own.count)
            let days = own.map(\.workday.date.dayNumber)
            guard let from = days.min(), let to = days.max() else { continue }
            let known = try known(first.employee, from, to)
            for stored in own { try keep(stored, known[stored.workday.date.dayNumber]) }
        }
    }

    private func known(_ employee: Int64, _ from: Int, _ to: Int) throws -> [Int: Known] {
        var found: [Int: Known] = [:]
        let rows = try Row.fetchCursor(known, arguments: [employee, from, to])
        while let row = try rows.next() {
            found[row[0]] = Known(mark: row[1], unit: row[2], standing: try DaySums.standing(row, from: 3))
        }
        return found
    }

    private mutating func keep(_ stored: StoredWorkday, _ known: Known?) throws {
        let mark = stored.workday.mark
        if let known {
            guard known.mark != mark || known.unit != stored.unit else { return }
            if known.mark != mark {
                let day = stored.workday.date.dayNumber
                guard let row = try Row.fetchOne(whole, arguments: [stored.employee, day, day]) else {
                    throw WorkdayRow.unreadable
                }
                try trace(stored.employee, before: try WorkdayRow.read(row).workday, after: stored.workday)
            }
        }
        try writer.write(stored, mark: mark)
        let day = stored.workday.date.dayNumber
        if let known { sums.add(-1, day: day, unit: known.unit, known.standing) }
        sums.add(1, day: day, unit: stored.unit, Standing(stored.workday, isHeard: false))
        note(stored.employee, day)
        changed += 1
    }

    private mutating func note(_ employee: Int64, _ day: Int) {
        if day >= firstNews { written.append(WorkdayNews.Written(day: day, employee: employee)) }
    }

    mutating func remove(_ gone: EmployeeDays) throws {
        let arguments: StatementArguments = [
            gone.employee, gone.dates.lowerBound.dayNumber, gone.dates.upperBound.dayNumber,
        ]
        let rows = try Row.fetchAll(whole, arguments: arguments).map { row in try WorkdayRow.read(row) }
        guard !rows.isEmpty else { return }
        for row in rows {
            let none = Workday(date: row.workday.date, status: .tanpaJadwal)
            if row.workday != none { try trace(gone.employee, before: row.workday, after: none) }
            let day = row.workday.date.dayNumber
            sums.add(-1, day: day, unit: row.unit, Standing(row.workday, isHeard: false))
            note(gone.employee, day)
        }
        try db.cachedStatement(sql: "DELETE FROM workdays WHERE employee_id = ? AND day BETWEEN ? AND ?").execute(
            arguments: arguments)
        changed += rows.count
    }

    private func trace(_ employee: Int64, before: Workday, after: Workday) throws {
        try db.cachedStatement(
            sql: "INSERT INTO workday_changes (employee_id, day, at, why, before, after) VALUES (?, ?, ?, ?, ?, ?)"
        ).execute(arguments: [
            employee, after.date.dayNumber, moment, why, try SQLiteCentralStore.encode(WorkdayRow(before)),
            try SQLiteCentralStore.encode(WorkdayRow(after)),
        ])
    }
}

extension RecomputeItem.Scope {
    /// As the audit log calls it.
    fileprivate var object: String {
        switch self {
        case .employee(let id): "employee:\(id)"
        case .device(let serial): "device:\(serial)"
        case .userID(let serial, _): "device:\(serial)"
        case .unit(let id): "unit:\(id)"
        case .group(let name): "group:\(name)"
        case .everyone: ""
        }
    }
}
