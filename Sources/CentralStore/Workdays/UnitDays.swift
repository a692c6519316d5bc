import AttendanceRules
import Foundation
import GRDB
import Synchronization

/// How the people of one unit itself stood on one date, by the workdays as they are computed now.
package struct UnitDay: Equatable, Sendable {
    package let date: CivilDate
    package let unit: Int64
    package let counts: StandingCounts

    package init(date: CivilDate, unit: Int64, counts: StandingCounts) {
        self.date = date
        self.unit = unit
        self.counts = counts
    }
}

/// Whose workday of a date was written since somebody last asked.
package struct DayNews: Equatable, Sendable {
    /// To ask with the next time.
    package let number: Int
    /// `nil` where it is not known any more: all may have been.
    package let employees: Set<Int64>?

    package init(number: Int, employees: Set<Int64>?) {
        self.number = number
        self.employees = employees
    }
}

/// Sums of days, and what of the last days is new; a part of `CentralStore`.
package protocol UnitDayStore: Sendable {
    /// By date and unit; days of people without a unit are left out, and so are units without people.
    func unitDays(in dates: ClosedRange<CivilDate>) async throws -> [UnitDay]

    /// In the order of employees.
    func roster(on date: CivilDate) async throws -> [RosterDay]

    /// Of the days written by this process. What is read after it shows at least all that it speaks of.
    ///
    /// - Parameter number: of the news before; `nil` for the first time.
    func dayNews(on date: CivilDate, after number: Int?) -> DayNews
}

extension SQLiteCentralStore {
    package func unitDays(in dates: ClosedRange<CivilDate>) async throws -> [UnitDay] {
        try await database.read { db in
            var found: [UnitDay] = []
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT day, unit_id, standing, people FROM day_sums
                    WHERE day BETWEEN ? AND ? AND unit_id <> 0 ORDER BY day, unit_id
                    """, arguments: [dates.lowerBound.dayNumber, dates.upperBound.dayNumber])
            while let row = try rows.next() {
                // A word of a later version cannot be there: its schema would be later, too.
                guard let standing = Standing(rawValue: row[2]) else { throw WorkdayRow.unreadable }
                let (date, unit) = (CivilDate(dayNumber: row[0]), row[1] as Int64)
                var counts = StandingCounts()
                if let last = found.last, last.date == date, last.unit == unit { counts = found.removeLast().counts }
                counts.add(standing, row[3])
                found.append(UnitDay(date: date, unit: unit, counts: counts))
            }
            return found
        }
    }

    package func roster(on date: CivilDate) async throws -> [RosterDay] {
        try await database.read { db in
            // By employee: the table is ordered by them, and has years of everybody.
            try Row.fetchAll(
                db,
                sql: """
                    SELECT employee_id, shift FROM employees CROSS JOIN rosters ON employee_id = employees.id AND day = ?
                    ORDER BY employee_id
                    """, arguments: [date.dayNumber]
            ).map { row in RosterDay(employee: row[0], date: date, shift: row[1]) }
        }
    }

    package func dayNews(on date: CivilDate, after number: Int?) -> DayNews {
        news.since(number, on: date.dayNumber)
    }
}

/// What `day_sums` gains and loses in one transaction.
struct DaySums {
    private struct Key: Hashable {
        let day: Int
        let unit: Int64
        let standing: Standing
    }

    private var changes: [Key: Int] = [:]

    /// `unit_id` is 0 for people without one. Standings as on a day that is over: nothing is heard any more.
    static let schema = """
        CREATE TABLE day_sums (
            day INTEGER NOT NULL,
            unit_id INTEGER NOT NULL,
            standing TEXT NOT NULL,
            people INTEGER NOT NULL,
            PRIMARY KEY (day, unit_id, standing)
        ) STRICT, WITHOUT ROWID;
        """

    /// Of a workday: what its standing follows from, for `standing(_:from:)`.
    static let columns = "status, in_state, in_minutes, out_state"

    static func standing(_ row: Row, from first: Int) throws -> Standing {
        guard let status = DayStatus(rawValue: row[first]), let arrival = Workday.Side.State(rawValue: row[first + 1]),
            let departure = Workday.Side.State(rawValue: row[first + 3])
        else { throw WorkdayRow.unreadable }
        return Standing(
            Workday(
                date: .first, status: status, arrival: Workday.Side(state: arrival, minutes: row[first + 2]),
                departure: Workday.Side(state: departure)), isHeard: false)
    }

    mutating func add(_ number: Int, day: Int, unit: Int64?, _ standing: Standing) {
        changes[Key(day: day, unit: unit ?? 0, standing: standing), default: 0] += number
    }

    func write(_ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO day_sums (day, unit_id, standing, people) VALUES (?, ?, ?, ?)
                ON CONFLICT (day, unit_id, standing) DO UPDATE SET people = people + excluded.people
                """)
        var days: Set<Int> = []
        for (key, number) in changes where number != 0 {
            try statement.execute(arguments: [key.day, key.unit, key.standing.rawValue, number])
            days.insert(key.day)
        }
        let empty = try db.cachedStatement(sql: "DELETE FROM day_sums WHERE day = ? AND people = 0")
        for day in days { try empty.execute(arguments: [day]) }
    }

    /// From the workdays of an earlier version.
    static func fill(_ db: Database) throws {
        var sums = DaySums()
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT day, unit_id, count(*), \(columns) FROM (
                    SELECT day, unit_id, status, in_state, in_minutes > 0 AS in_minutes, out_state FROM workdays)
                GROUP BY day, unit_id, \(columns)
                """)
        while let row = try rows.next() {
            sums.add(row[2], day: row[0], unit: row[1], try standing(row, from: 3))
        }
        try sums.write(db)
    }
}

/// Which of the last days were written, in memory: only this process writes them, and who asks begins with all.
final class WorkdayNews: Sendable {
    struct Written {
        let day: Int
        let employee: Int64
    }

    /// Before the moment of writing; where people are it may be another date.
    static let days = 2
    private static let most = 100_000

    private struct State {
        /// Number of the first one that is kept.
        var first = 1
        var kept: [Written] = []
    }

    private let state = Mutex(State())

    func add(_ written: [Written]) {
        guard !written.isEmpty else { return }
        state.withLock { state in
            state.kept += written
            let surplus = state.kept.count - Self.most
            guard surplus > 0 else { return }
            // Half of it, so that this is not done at every writing.
            let dropped = min(state.kept.count, surplus + Self.most / 2)
            state.kept.removeFirst(dropped)
            state.first += dropped
        }
    }

    func since(_ number: Int?, on day: Int) -> DayNews {
        state.withLock { state in
            let last = state.first + state.kept.count - 1
            guard let number, number >= state.first - 1, number <= last else {
                return DayNews(number: last, employees: nil)
            }
            let new = state.kept.suffix(last - number).filter { $0.day == day }
            return DayNews(number: last, employees: Set(new.map(\.employee)))
        }
    }
}
