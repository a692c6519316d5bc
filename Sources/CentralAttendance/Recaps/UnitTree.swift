import AttendanceRules
import CentralStore
import Foundation

/// The units of a government as a tree, in order of their names.
package struct UnitTree: Sendable {
    private let byID: [Int64: OrgUnit]
    private let below: [Int64: [Int64]]
    /// Units without a parent.
    package let roots: [Int64]

    package init(_ units: [OrgUnit]) {
        let byID = Dictionary(units.map { ($0.id, $0) }) { first, _ in first }
        let sorted = byID.values.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
        self.byID = byID
        below = Dictionary(grouping: sorted.filter { $0.parent != nil }) { $0.parent ?? 0 }.mapValues { $0.map(\.id) }
        roots = sorted.filter { unit in unit.parent.flatMap { byID[$0] } == nil }.map(\.id)
    }

    package subscript(id: Int64) -> OrgUnit? { byID[id] }

    package func unit(named name: String) -> OrgUnit? { byID.values.first { $0.name == name } }

    /// Of the unit, or of the nearest above it that names one; else the government's.
    package func zone(of id: Int64?, government: TimeZone) -> TimeZone {
        var next = id
        var seen: Set<Int64> = []
        while let id = next, seen.insert(id).inserted, let unit = byID[id] {
            if let zone = unit.timezone.flatMap({ TimeZone(identifier: $0) }) { return zone }
            next = unit.parent
        }
        return government
    }

    package func children(of id: Int64) -> [Int64] { below[id] ?? [] }

    /// The unit and all below it. A circle, which the store refuses, ends where it began.
    package func subtree(of id: Int64) -> Set<Int64> {
        var found: Set<Int64> = []
        var left = byID[id] == nil ? [] : [id]
        while let next = left.popLast() {
            if found.insert(next).inserted { left += children(of: next) }
        }
        return found
    }
}

/// The part of the government that somebody may see, or asks about.
package struct UnitScope: Equatable, Sendable {
    /// `nil` for everything, people without a unit too.
    private let units: Set<Int64>?

    package static let government = UnitScope(units: nil)
    package static let nothing = UnitScope(units: [])

    private init(units: Set<Int64>?) { self.units = units }

    /// A unit and all below it; a unit that is not there has nothing.
    package init(unit: Int64?, in tree: UnitTree) { units = unit.map(tree.subtree) }

    /// All of these units and all below them.
    package init(units roots: Set<Int64>, in tree: UnitTree) {
        units = roots.reduce(into: []) { $0.formUnion(tree.subtree(of: $1)) }
    }

    package var isGovernment: Bool { units == nil }

    package func contains(_ unit: Int64?) -> Bool {
        guard let units else { return true }
        return unit.map(units.contains) ?? false
    }

    /// What is in both.
    package func narrowed(to other: UnitScope) -> UnitScope {
        guard let units else { return other }
        guard let others = other.units else { return self }
        return UnitScope(units: units.intersection(others))
    }

    /// Whether everything in the other is in this one, too.
    package func contains(_ other: UnitScope) -> Bool {
        guard let units else { return true }
        return other.units.map(units.isSuperset) ?? false
    }

    /// Where the person was, in the scope: of somebody who moved the days elsewhere are not seen.
    package func placements(of employee: Employee) -> [Placement] { employee.placements.filter { contains($0.unit) } }

    package func contains(_ employee: Employee) -> Bool {
        isGovernment || employee.placements.contains { contains($0.unit) }
    }

    package func contains(_ employee: Employee, on date: CivilDate) -> Bool {
        contains(employee.placement(on: date)?.unit)
    }

    /// Whether the person was in the scope on any of these dates.
    package func touches(_ employee: Employee, in dates: ClosedRange<CivilDate>) -> Bool {
        isGovernment || employee.placements.contains { contains($0.unit) && $0.span.clamped(to: dates) != nil }
    }

    /// Numbers the person had while in the scope; those of before and after are nobody's business here.
    package func employments(of employee: Employee) -> [Employment] {
        guard !isGovernment else { return employee.employments }
        let places = placements(of: employee)
        return employee.employments.filter { employment in places.contains { $0.span.overlaps(employment.span) } }
    }
}
