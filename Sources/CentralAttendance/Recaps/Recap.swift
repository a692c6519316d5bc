import AttendanceRules
import CentralStore

/// A month of some part of the government, added up.
///
/// There is one sum for each employee and unit, made of days; everything else is a sum of these. So a total is always
/// the sum of what it opens to.
package struct Recap: Sendable {
    package struct Cell: Hashable, Sendable {
        package let employee: Int64
        /// Where the employee was placed; `nil` where nowhere.
        package let unit: Int64?
    }

    package private(set) var cells: [Cell: DaySums] = [:]
    package private(set) var versions: Set<RuleSetVersion> = []

    package init() {}

    package mutating func add(_ day: StoredWorkday) {
        cells[Cell(employee: day.employee, unit: day.unit), default: DaySums()].add(day.workday)
        if let rules = day.workday.rules { versions.insert(rules) }
    }

    /// Adds another month, or another part.
    package mutating func add(_ other: Recap) {
        for (cell, sums) in other.cells { cells[cell, default: DaySums()].add(sums) }
        versions.formUnion(other.versions)
    }

    package var total: DaySums { DaySums(adding: cells.values) }

    /// By employee, over all units in this recap.
    package var byEmployee: [Int64: DaySums] {
        var sums: [Int64: DaySums] = [:]
        for (cell, part) in cells { sums[cell.employee, default: DaySums()].add(part) }
        return sums
    }

    /// By unit, without the units below it. Days nowhere stand under `nil`.
    package var byUnit: [Int64?: DaySums] {
        var sums: [Int64?: DaySums] = [:]
        for (cell, part) in cells { sums[cell.unit, default: DaySums()].add(part) }
        return sums
    }

    /// A unit with all below it.
    package struct Branch: Sendable {
        package let unit: OrgUnit
        /// Of the unit itself.
        package let own: DaySums
        /// `own` and all children.
        package let total: DaySums
        package let children: [Branch]
    }

    /// The units asked for as trees; days of people without a unit are in none of them.
    package func branches(of roots: [Int64], in tree: UnitTree) -> [Branch] {
        let own = byUnit
        func branch(_ id: Int64, _ above: Set<Int64>) -> Branch? {
            guard let unit = tree[id], !above.contains(id) else { return nil }
            let children = tree.children(of: id).compactMap { branch($0, above.union([id])) }
            let mine = own[id] ?? DaySums()
            return Branch(
                unit: unit, own: mine, total: DaySums(adding: [mine] + children.map(\.total)), children: children)
        }
        return roots.compactMap { branch($0, []) }
    }
}
