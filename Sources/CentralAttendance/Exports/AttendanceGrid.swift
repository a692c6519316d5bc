import AttendanceRules
import CentralStore
import Foundation

/// The daftar hadir of one unit and month: who was what on which date, for a sheet and for paper.
package struct AttendanceGrid: Sendable {
    package struct Row: Sendable {
        package let number: String
        package let name: String
        package let post: String
        /// By date; `nil` where the person has no day here.
        package let days: [Workday?]
        package let sums: WorkdaySums

        /// Under `totalTitles`.
        package var totals: [Int] { [sums.workingDays] + DayTotals(sums).all }
    }

    package static var totalTitles: [String] { ["Hari kerja"] + DayTotals.titles }

    /// Who signs, as the records know it on the day of making.
    package struct Signature: Equatable, Sendable {
        /// "Plt. Kepala Dinas Contoh"
        package let post: String
        /// `nil` where nobody is known to lead the unit: dots stand there.
        package let name: String?
        package let number: String?
        /// "Kota Agung, 31 Maret 2026"
        package let placeAndDate: String
    }

    package let unit: OrgUnit
    package let month: CivilMonth
    package let rows: [Row]
    package let signature: Signature
    package let isClosed: Bool

    package var total: WorkdaySums { rows.reduce(into: WorkdaySums()) { $0 += $1.sums } }
    package var versions: Set<RuleSetVersion> { Set(rows.flatMap { $0.days.compactMap { $0?.rules } }) }
    package func legend(_ codes: PrintCodes) -> String {
        let sides = rows.flatMap { $0.days.compactMap { $0 } }.flatMap { [$0.arrival, $0.departure] }
        let bands = Set(sides.compactMap { $0.minutes > 0 && !$0.isExcused ? $0.band : nil }).sorted()
        let ofBands = bands.isEmpty ? "" : "; \(bands.joined(separator: ", ")) = golongan menurut aturan"
        return codes.legend(statuses) + ofBands
    }
    package var dates: [CivilDate] { Array(month.dates) }
    var statuses: Set<DayStatus> { Set(rows.flatMap { $0.days.compactMap { $0?.status } }) }
}

/// Makes grids, one unit at a time.
package struct GridMaker: Sendable {
    private let roll: MonthRoll
    private let paper: ExportPaper
    private let today: CivilDate

    package init(_ source: RecapSource, _ paper: ExportPaper, at moment: Date) async throws {
        self.init(try await MonthRoll(source), paper, at: moment)
    }

    init(_ roll: MonthRoll, _ paper: ExportPaper, at moment: Date) {
        self.roll = roll
        self.paper = paper
        today = ExportWords.date(moment, paper.zone)
    }

    /// Of units in the scope that have people in the month, in the order of the tree.
    package func units(in month: CivilMonth) -> [(unit: OrgUnit, people: Int)] {
        var counts: [Int64: Int] = [:]
        let dates = month.dates
        for employee in roll.source.people.employees {
            let units = Set(
                roll.source.scope.placements(of: employee).filter { $0.span.clamped(to: dates) != nil }.map(\.unit))
            for unit in units { counts[unit, default: 0] += 1 }
        }
        return roll.units.compactMap { unit in counts[unit.id].map { (unit, $0) } }
    }

    /// - Returns: only people with days in the unit, by name; days elsewhere are not in it.
    package func grid(of unit: OrgUnit, _ month: CivilMonth) async throws -> AttendanceGrid {
        let dates = month.dates
        let people = roll.source.people.employees
            .filter { employee in
                roll.source.scope.contains(unit.id)
                    && employee.placements.contains { $0.unit == unit.id && $0.span.clamped(to: dates) != nil }
            }
            .sorted { ($0.name, $0.id) < ($1.name, $1.id) }
        var rows: [AttendanceGrid.Row] = []
        for group in MonthRoll.groups(people) {
            let days = try await roll.days(of: group, in: month)
            rows += group.compactMap { row($0, days[$0.id] ?? [], unit, month) }
        }
        return AttendanceGrid(
            unit: unit, month: month, rows: rows, signature: signature(of: unit),
            isClosed: roll.isClosed(month, unit.id))
    }

    private func row(
        _ employee: Employee, _ days: [StoredWorkday], _ unit: OrgUnit, _ month: CivilMonth
    ) -> AttendanceGrid.Row? {
        let own = days.filter { $0.unit == unit.id }
        guard !own.isEmpty else { return nil }
        let byDate = Dictionary(own.map { ($0.workday.date, $0.workday) }) { first, _ in first }
        let dates = month.dates
        let post = employee.placements.last { $0.unit == unit.id && $0.span.clamped(to: dates) != nil }?.post
        return AttendanceGrid.Row(
            number: roll.number(of: employee, in: month), name: employee.name, post: post ?? "",
            days: dates.map { byDate[$0] }, sums: WorkdaySums(own.map(\.workday)))
    }

    // MARK: Who signs

    private func signature(of unit: OrgUnit) -> AttendanceGrid.Signature {
        let head = head(of: unit)
        let person = head.flatMap { roll.source.employee(id: $0.employee) }
        let place = paper.place.isEmpty ? String(repeating: "…", count: 12) : paper.place
        return AttendanceGrid.Signature(
            post: Self.post(of: unit, head, person, today), name: person?.name,
            number: person?.employment(on: today)?.number ?? person?.number,
            placeAndDate: "\(place), \(ExportWords.long(today))")
    }

    /// Whoever stands in for the head goes before: a Plh signs while the holder is away.
    private func head(of unit: OrgUnit) -> UnitHead? {
        let order: [UnitHead.Capacity] = [.plh, .plt, .definitif]
        let now = roll.source.people.heads.filter { $0.unit == unit.id && $0.span.contains(today) }
        for capacity in order {
            if let head = now.filter({ $0.capacity == capacity }).max(by: { $0.span.from < $1.span.from }) {
                return head
            }
        }
        return nil
    }

    private static func post(
        of unit: OrgUnit, _ head: UnitHead?, _ person: Employee?, _ today: CivilDate
    ) -> String {
        switch head?.capacity {
        case .plt: return "Plt. " + post(of: unit)
        case .plh: return "Plh. " + post(of: unit)
        case .definitif, nil: break
        }
        // The holder's own post says it best: "Direktur RSUD Contoh".
        let placement = person?.placement(on: today)
        if let placement, placement.unit == unit.id, !placement.post.isEmpty { return placement.post }
        return post(of: unit)
    }

    private static func post(of unit: OrgUnit) -> String {
        func named(_ title: String, without prefix: String) -> String {
            unit.name.hasPrefix(prefix + " ") ? title + unit.name.dropFirst(prefix.count) : "\(title) \(unit.name)"
        }
        return switch unit.kind {
        case .kecamatan: named("Camat", without: "Kecamatan")
        case .kelurahan: named("Lurah", without: "Kelurahan")
        case .pemda: "Pimpinan \(unit.name)"
        default: "Kepala \(unit.name)"
        }
    }
}
