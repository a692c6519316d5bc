import AttendanceRules
import CentralStore

/// Who is in a file, month by month, and whether the month is closed for them.
struct MonthRoll: Sendable {
    let source: RecapSource
    let closings: [Closing]
    /// Units in the scope in the order of the tree, each behind the one above it.
    let units: [OrgUnit]
    private let places: [Int64: Int]
    private let closed: [CivilMonth: Set<Int64>]

    /// People whose days are in memory at one time.
    static let groupSize = 500

    init(_ source: RecapSource) async throws {
        self.source = source
        let closings = try await source.store.closings()
        self.closings = closings
        closed = Dictionary(grouping: closings, by: \.month).mapValues { closings in
            closings.reduce(into: []) { $0.formUnion(source.tree.subtree(of: $1.unit)) }
        }
        var units: [OrgUnit] = []
        var left = Array(source.roots.reversed())
        var seen: Set<Int64> = []
        while let next = left.popLast() {
            guard seen.insert(next).inserted, let unit = source.tree[next] else { continue }
            units.append(unit)
            left += source.tree.children(of: next).reversed()
        }
        self.units = units
        places = Dictionary(units.enumerated().map { ($0.element.id, $0.offset) }) { first, _ in first }
    }

    /// Those who may have days in the scope in the month, by unit and name.
    func people(in month: CivilMonth) -> [Employee] {
        let dates = month.dates
        let found = source.people.employees.filter { employee in
            source.scope.isGovernment
                ? employee.employments.contains { $0.span.clamped(to: dates) != nil }
                    || employee.placements.contains { $0.span.clamped(to: dates) != nil }
                : source.scope.touches(employee, in: dates)
        }
        return found.map { employee in (place: unit(of: employee, in: month).flatMap { places[$0] }, employee) }
            .sorted {
                ($0.place ?? .max, $0.1.name, $0.1.id) < ($1.place ?? .max, $1.1.name, $1.1.id)
            }.map(\.1)
    }

    static func groups(_ people: [Employee], of size: Int = groupSize) -> [ArraySlice<Employee>] {
        stride(from: 0, to: people.count, by: size).map { people[$0..<min($0 + size, people.count)] }
    }

    /// Where the person was last in the month, in the scope.
    func unit(of employee: Employee, in month: CivilMonth) -> Int64? {
        let dates = month.dates
        return source.scope.placements(of: employee).last { $0.span.clamped(to: dates) != nil }?.unit
    }

    func unitName(_ id: Int64?) -> String { id.flatMap { source.tree[$0]?.name } ?? "" }

    /// The number the person had in the month while in the scope; the newest of those where none was in force.
    func number(of employee: Employee, in month: CivilMonth) -> String {
        let dates = month.dates
        let seen = source.scope.employments(of: employee)
        return (seen.last { $0.span.clamped(to: dates) != nil } ?? seen.last)?.number ?? ""
    }

    func isClosed(_ month: CivilMonth, _ unit: Int64?) -> Bool {
        unit.flatMap { closed[month]?.contains($0) } ?? false
    }

    func state(_ month: CivilMonth, _ unit: Int64?) -> String { isClosed(month, unit) ? "ditutup" : "terbuka" }

    /// Of closed months as they were closed, else as they are now.
    func days(of group: ArraySlice<Employee>, in month: CivilMonth) async throws -> [Int64: [StoredWorkday]] {
        Dictionary(grouping: try await source.days(of: group.map(\.id), in: month.dates), by: \.employee)
    }
}
