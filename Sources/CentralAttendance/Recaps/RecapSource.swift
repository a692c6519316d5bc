import AttendanceRules
import CentralStore
import Foundation

/// What recaps, people and statements are read from.
package typealias AttendanceStore = PeopleStore & HoursStore & AttestationStore & WorkdayStore

/// Reads days and adds them up, for whoever may see `scope`.
package struct RecapSource: Sendable {
    package let store: any AttendanceStore
    package let people: People
    package let tree: UnitTree
    package let scope: UnitScope
    private let byNumber: [String: Int]
    private let byID: [Int64: Int]

    package init(_ store: any AttendanceStore, _ people: People, tree: UnitTree, scope: UnitScope) {
        self.store = store
        self.people = people
        self.tree = tree
        self.scope = scope
        var byNumber: [String: Int] = [:]
        for (index, employee) in people.employees.enumerated() {
            for employment in scope.employments(of: employee) { byNumber[employment.number] = index }
        }
        self.byNumber = byNumber
        byID = Dictionary(people.employees.enumerated().map { ($0.element.id, $0.offset) }) { first, _ in first }
    }

    /// Everybody and everything.
    package init(_ store: any AttendanceStore) async throws {
        let people = try await store.people()
        self.init(store, people, tree: UnitTree(people.units), scope: .government)
    }

    /// By a number the person has or had while in the scope.
    package func employee(_ number: String) -> Employee? { byNumber[number].map { people.employees[$0] } }

    /// Also of somebody outside of the scope.
    package func employee(id: Int64) -> Employee? { byID[id].map { people.employees[$0] } }

    /// Whether the person is placed in the scope on the day, as it is known now.
    package func isPlaced(_ id: Int64, on date: CivilDate) -> Bool {
        scope.isGovernment || employee(id: id).map { scope.contains($0, on: date) } ?? false
    }

    /// Only where it is in the scope.
    package func unit(named name: String) -> OrgUnit? {
        tree.unit(named: name).flatMap { scope.contains($0.id) ? $0 : nil }
    }

    /// Units in the scope whose parent is not in it.
    package var roots: [Int64] {
        people.units.filter { scope.contains($0.id) && !scope.contains(parent: $0.parent, in: tree) }
            .sorted { ($0.name, $0.id) < ($1.name, $1.id) }.map(\.id)
    }

    package func narrowed(to unit: OrgUnit) -> RecapSource {
        RecapSource(store, people, tree: tree, scope: scope.narrowed(to: UnitScope(unit: unit.id, in: tree)))
    }

    /// Days in the scope: of a closed month as they were when it was closed, else as they are computed now.
    ///
    /// - Parameter employees: `nil` for all.
    package func days(of employees: [Int64]?, in dates: ClosedRange<CivilDate>) async throws -> [StoredWorkday] {
        guard employees?.isEmpty != true else { return [] }
        let now = try await store.workdays(of: employees, dates: dates)
        let closed = try await store.closedWorkdays(of: employees, dates: dates)
        guard !closed.isEmpty else { return now.filter { scope.contains($0.unit) } }
        let copied = Set(closed.map { Key($0.employee, $0.workday.date) })
        return (closed + now.filter { !copied.contains(Key($0.employee, $0.workday.date)) })
            .filter { scope.contains($0.unit) }
            .sorted { ($0.employee, $0.workday.date) < ($1.employee, $1.workday.date) }
    }

    package struct Month: Sendable {
        package let month: CivilMonth
        package let recap: Recap
        /// Of closed months that are in the scope or reach into it.
        package let closings: [Closing]
        /// What differs from the closed copy, which is what `recap` adds up.
        package let adjustments: [Adjustment]
    }

    /// A closed month is what it was when it was closed; what has changed since stands beside it.
    package func month(_ month: CivilMonth) async throws -> Month {
        let dates = month.dates
        let asked = people.employees.map(\.id).sorted()
        let touched = scope.isGovernment ? nil : Set(people.employees.filter { scope.touches($0, in: dates) }.map(\.id))
        var recap = Recap()
        for group in Self.groups(asked.filter { touched?.contains($0) ?? true }) {
            for day in try await days(of: group, in: dates) { recap.add(day) }
        }
        let closings = try await store.closings().filter { $0.month == month && reaches($0.unit) }
        let adjustments = try await adjustments(in: dates)
        return Month(month: month, recap: recap, closings: closings, adjustments: adjustments)
    }

    /// People whose days are held in memory at one time, where the answer is sums of them.
    private static var groupSize: Int { 500 }

    private static func groups(_ employees: [Int64]) -> [[Int64]] {
        stride(from: 0, to: employees.count, by: groupSize).map { start in
            Array(employees[start..<min(start + groupSize, employees.count)])
        }
    }

    package func months(of year: Int) async throws -> [Month] {
        var months: [Month] = []
        for number in 1...12 {
            guard let date = CivilDate(year: year, month: number, day: 1) else { continue }
            months.append(try await month(date.month))
        }
        return months
    }

    /// Of people who were in the scope on the day.
    package func adjustments(in dates: ClosedRange<CivilDate>) async throws -> [Adjustment] {
        let byID = Dictionary(people.employees.map { ($0.id, $0) }) { first, _ in first }
        return try await store.adjustments(in: dates).filter { adjustment in
            guard let employee = byID[adjustment.employee] else { return scope.isGovernment }
            return scope.contains(employee, on: adjustment.closed.date)
        }
    }

    /// Whether the closing of a unit says something about the scope.
    package func reaches(_ unit: Int64) -> Bool {
        scope.contains(unit) || roots.contains { tree.subtree(of: unit).contains($0) }
    }

    private struct Key: Hashable {
        let employee: Int64
        let date: CivilDate

        init(_ employee: Int64, _ date: CivilDate) {
            self.employee = employee
            self.date = date
        }
    }
}

extension UnitScope {
    fileprivate func contains(parent: Int64?, in tree: UnitTree) -> Bool {
        guard let parent, tree[parent] != nil else { return false }
        return contains(parent)
    }
}
