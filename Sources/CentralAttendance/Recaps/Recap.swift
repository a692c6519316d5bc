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

    package private(set) var cells: [Cell: WorkdaySums] = [:]
    package private(set) var versions: Set<RuleSetVersion> = []
    /// By employee and rule set, each day's added up: what base and cap are applied to, of one month.
    package private(set) var deductions: [Int64: [RuleSetVersion: Int]] = [:]

    package init() {}

    package mutating func add(_ day: StoredWorkday) {
        cells[Cell(employee: day.employee, unit: day.unit), default: WorkdaySums()].add(day.workday)
        guard let rules = day.workday.rules else { return }
        versions.insert(rules)
        if day.workday.deduction != 0 {
            deductions[day.employee, default: [:]][rules, default: 0] += day.workday.deduction
        }
    }

    /// Adds another month, or another part.
    package mutating func add(_ other: Recap) {
        for (cell, sums) in other.cells { cells[cell, default: WorkdaySums()] += sums }
        for (employee, sums) in other.deductions {
            deductions[employee, default: [:]].merge(sums, uniquingKeysWith: +)
        }
        versions.formUnion(other.versions)
    }

    package var total: WorkdaySums { cells.values.reduce(into: WorkdaySums()) { $0 += $1 } }

    /// By employee, over all units in this recap.
    package var byEmployee: [Int64: WorkdaySums] {
        var sums: [Int64: WorkdaySums] = [:]
        for (cell, part) in cells { sums[cell.employee, default: WorkdaySums()] += part }
        return sums
    }

    /// By unit, without the units below it. Days nowhere stand under `nil`.
    package var byUnit: [Int64?: WorkdaySums] {
        var sums: [Int64?: WorkdaySums] = [:]
        for (cell, part) in cells { sums[cell.unit, default: WorkdaySums()] += part }
        return sums
    }

    /// A unit with all below it.
    package struct Branch: Sendable {
        package let unit: OrgUnit
        /// Of the unit itself.
        package let own: WorkdaySums
        /// `own` and all children.
        package let total: WorkdaySums
        package let children: [Branch]
    }

    /// The units asked for as trees; days of people without a unit are in none of them.
    package func branches(of roots: [Int64], in tree: UnitTree) -> [Branch] {
        let own = byUnit
        func branch(_ id: Int64, _ above: Set<Int64>) -> Branch? {
            guard let unit = tree[id], !above.contains(id) else { return nil }
            let children = tree.children(of: id).compactMap { branch($0, above.union([id])) }
            let mine = own[id] ?? WorkdaySums()
            return Branch(
                unit: unit, own: mine, total: children.reduce(mine) { $0 + $1.total }, children: children)
        }
        return roots.compactMap { branch($0, []) }
    }
}
