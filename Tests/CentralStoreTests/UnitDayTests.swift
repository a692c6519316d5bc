import Attendance
import AttendanceRules
import Foundation
import GRDB
import Testing

@testable import CentralStore

@Suite("Sums of days")
struct UnitDayTests {
    private static let first = CivilDate(text: "2026-02-20") ?? .first
    private static let dates = first...first.adding(days: 15)

    private func withTown(
        _ work: (SQLiteCentralStore, [Int64], [Int64], URL) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            let store = try SQLiteCentralStore(path: directory.appending(path: "central.db").path)
            try await store.makeOffice()
            for number in 3...9 {
                try await store.change(
                    .employee(number: "\(number)", kind: .pns, name: "Orang", from: try day("2026-01-01")))
            }
            let people = try await store.people()
            try await work(store, people.employees.map(\.id), people.units.map(\.id), directory)
            try store.close()
        }
    }

    private func workday(_ date: CivilDate) -> Workday {
        let states = Workday.Side.State.allCases
        return Workday(
            date: date, status: DayStatus.allCases.randomElement() ?? .hadir,
            arrival: Workday.Side(state: states.randomElement() ?? .known, minutes: Int.random(in: 0...2)),
            departure: Workday.Side(state: states.randomElement() ?? .known))
    }

    /// Every workday counted once more.
    private func recount(_ store: SQLiteCentralStore) async throws -> [UnitDay] {
        var counts: [String: (CivilDate, Int64, StandingCounts)] = [:]
        for stored in try await store.workdays(of: nil, dates: Self.dates) {
            guard let unit = stored.unit else { continue }
            let key = "\(stored.workday.date) \(unit)"
            var sum = counts[key] ?? (stored.workday.date, unit, StandingCounts())
            sum.2.add(Standing(stored.workday, isHeard: false))
            counts[key] = sum
        }
        return counts.values.map { UnitDay(date: $0.0, unit: $0.1, counts: $0.2) }
            .sorted { ($0.date, $0.unit) < ($1.date, $1.unit) }
    }

    @Test("They are what a recount of the workdays gives, after whatever was saved, moved and taken away")
    func recounted() async throws {
        try await withTown { store, employees, units, _ in
            for _ in 0..<40 {
                var days: [StoredWorkday] = []
                for employee in employees where Int.random(in: 0..<3) == 0 {
                    for date in Self.dates where Int.random(in: 0..<4) == 0 {
                        days.append(
                            StoredWorkday(
                                employee: employee, unit: Int.random(in: 0..<6) == 0 ? nil : units.randomElement(),
                                workday: workday(date)))
                    }
                }
                var gone: [EmployeeDays] = []
                if Int.random(in: 0..<3) == 0, let employee = employees.randomElement() {
                    let from = Self.first.adding(days: Int.random(in: 0...10))
                    gone.append(EmployeeDays(employee: employee, dates: from...from.adding(days: 3)))
                }
                _ = try await store.save(days, gone: gone, why: [.scan], done: nil, days: nil, at: monday)
            }
            let counted = try await recount(store)
            #expect(try await store.unitDays(in: Self.dates) == counted && counted.count > 20)
            let middle = Self.first.adding(days: 4)...Self.first.adding(days: 6)
            #expect(try await store.unitDays(in: middle) == counted.filter { middle.contains($0.date) })
            let all = employees.map { EmployeeDays(employee: $0, dates: Self.dates) }
            _ = try await store.save([], gone: all, why: [.people], done: nil, days: nil, at: monday)
            #expect(try await store.unitDays(in: Self.dates).isEmpty)
            let left = try await store.database.read { db in try Table("day_sums").fetchCount(db) }
            #expect(left == 0)
        }
    }

    @Test("A centre of an earlier version has them as soon as it is opened")
    func migration() async throws {
        try await withTown { store, employees, units, directory in
            var days: [StoredWorkday] = []
            for employee in employees {
                for date in Self.dates {
                    days.append(StoredWorkday(employee: employee, unit: units.randomElement(), workday: workday(date)))
                }
            }
            _ = try await store.save(days, gone: [], why: [.scan], done: nil, days: nil, at: monday)
            let counted = try await recount(store)
            let old = directory.appending(path: "old.db").path
            let beside = try DatabaseQueue(path: directory.appending(path: "central.db").path)
            try await beside.writeWithoutTransaction { db in
                try db.execute(sql: "VACUUM INTO ?", arguments: [old])
            }
            let queue = try DatabaseQueue(path: old)
            try await queue.write { db in
                try db.execute(
                    sql: """
                        DROP TABLE day_sums;
                        DELETE FROM grdb_migrations WHERE identifier = '16 sums of days';
                        """)
            }
            try queue.close()
            let migrated = try SQLiteCentralStore(path: old)
            #expect(try await migrated.unitDays(in: Self.dates) == counted && counted.count > 20)
            try migrated.close()
        }
    }

    @Test("Whose day was written is told once to each who asks; the first time, and after very many, it is all")
    func news() async throws {
        try await withTown { store, employees, units, _ in
            let today = try day("2026-03-02")
            let start = store.dayNews(on: today, after: nil)
            #expect(start.employees == nil)
            func save(_ employee: Int64, _ date: CivilDate, _ status: DayStatus) async throws {
                _ = try await store.save(
                    [
                        StoredWorkday(
                            employee: employee, unit: units.first, workday: Workday(date: date, status: status))
                    ],
                    gone: [], why: [.scan], done: nil, days: nil, at: monday)
            }
            #expect(store.dayNews(on: today, after: start.number) == DayNews(number: start.number, employees: []))
            try await save(employees[0], today, .hadir)
            try await save(employees[1], today.adding(days: -1), .hadir)
            try await save(employees[2], today.adding(days: -30), .hadir)
            let next = store.dayNews(on: today, after: start.number)
            #expect(next.employees == [employees[0]])
            try await save(employees[0], today, .hadir)
            #expect(store.dayNews(on: today, after: next.number).employees == [])
            try await save(employees[0], today, .sakit)
            _ = try await store.save(
                [], gone: [EmployeeDays(employee: employees[1], dates: today.adding(days: -1)...today)], why: [.people],
                done: nil, days: nil, at: monday)
            #expect(store.dayNews(on: today, after: next.number).employees == [employees[0]])
            #expect(store.dayNews(on: today.adding(days: -1), after: next.number).employees == [employees[1]])
            #expect(store.dayNews(on: today, after: 1_000).employees == nil)
        }
    }

    @Test("What is too long ago to be known says that all may be new")
    func forgotten() {
        let news = WorkdayNews()
        news.add([WorkdayNews.Written(day: 1, employee: 1)])
        let early = news.since(nil, on: 1).number
        for employee in 0..<30 {
            news.add((0..<5_000).map { WorkdayNews.Written(day: 1, employee: Int64(employee * 5_000 + $0)) })
        }
        #expect(news.since(early, on: 1).employees == nil)
        let late = news.since(nil, on: 1).number
        news.add([WorkdayNews.Written(day: 1, employee: 7)])
        #expect(news.since(late, on: 1) == DayNews(number: late + 1, employees: [7]))
    }
}
