import AttendanceRules
import CentralAttendance
import CentralPages
import CentralStore
import Foundation
import Hummingbird

extension PersonnelPages {
    /// What waits, by number and link.
    func overview(_ call: PageCall) async throws -> Response {
        let source = call.source
        let (running, last) = (call.today.month, call.today.month.adding(months: -1))
        var tiles: [WorkPage.Tile] = []
        if let reach = try await self.source(call, .readUnlinked) { tiles += try await linkTiles(reach) }
        let now = try await sums.facts(running)
        let before = try await sums.facts(last)
        let (undecidedNow, undecidedBefore) = (now.undecided(source.scope), before.undecided(source.scope))
        tiles += try await monthTiles(call, undecidedBefore, undecidedNow, before, now)
        tiles += try await peopleTiles(call)
        let isQuiet = tiles.allSatisfy { $0.value == 0 }
        let news: [WorkPage.Block] = isQuiet ? [.notice(.init(.ok, "Tidak ada yang menunggu."))] : []
        let rows = Self.tree(source).compactMap { unit, _ -> (count: Int, cells: [WorkPage.Cell])? in
            let (old, new) = (undecidedBefore[unit.id] ?? 0, undecidedNow[unit.id] ?? 0)
            guard old + new > 0 else { return nil }
            return (
                old + new,
                [
                    WorkPage.Cell(unit.name), WorkPage.Cell("\(old)", link: Self.path(last, unit.id)),
                    WorkPage.Cell("\(new)", link: Self.path(running, unit.id)),
                ]
            )
        }
        let table = WorkPage.Table(
            "Hari yang belum pasti, per unit", lead: "Unit itu sendiri, tanpa unit di bawahnya.",
            columns: [
                "Unit", .init(Self.words(last), isNumber: true), .init(Self.words(running), isNumber: true),
            ], rows: rows.sorted { $0.count > $1.count }.prefix(25).map(\.cells),
            empty: "Semua hari sudah pasti.",
            links: rows.count > 25 ? [.init("Semua unit", Place.months.path)] : [])
        return answer(
            .overview, title: "Kepegawaian", lead: "Yang menunggu dikerjakan.",
            news + [.tiles(tiles), .table(table)], call)
    }

    static func path(_ month: CivilMonth, _ unit: Int64) -> String { "\(Place.months.path)/\(month.text)/\(unit)" }

    private func linkTiles(_ source: RecapSource) async throws -> [WorkPage.Tile] {
        let ids = try await linked(source)
        let unknown = ids.count { $0.state == .unknown }
        let claimed = ids.count { $0.state == .claimed }
        return [
            .init(
                "PIN belum dikenal", unknown, note: "scan-nya belum dihitung untuk siapa pun",
                tone: unknown > 0 ? .warn : .ok, link: Place.links.path),
            .init(
                "PIN diakui dua orang", claimed, note: "tidak dihitung sampai diselesaikan",
                tone: claimed > 0 ? .bad : .ok, link: Place.links.path + "?keadaan=claimed"),
        ]
    }

    private func monthTiles(
        _ call: PageCall, _ old: [Int64?: Int], _ new: [Int64?: Int], _ before: MonthSums.Facts, _ now: MonthSums.Facts
    ) async throws -> [WorkPage.Tile] {
        let source = call.source
        let last = call.today.month.adding(months: -1)
        let closings = try await store.closings()
        let closed = Self.closedUnits(closings, last, source.tree)
        let staffed = Set(source.people.employees.compactMap { $0.placement(on: last.dates.upperBound)?.unit })
        let open = Self.tree(source).count { unit, _ in staffed.contains(unit.id) && !closed.contains(unit.id) }
        let (oldDays, newDays) = (old.values.reduce(0, +), new.values.reduce(0, +))
        let adjusted = before.adjustments(source) + now.adjustments(source)
        return [
            .init(
                "Hari belum pasti, \(Self.words(last))", oldDays, note: "menghalangi tutup bulan",
                tone: oldDays > 0 ? .warn : .ok, link: Place.months.path),
            .init(
                "Hari belum pasti, bulan ini", newDays, note: "mesin belum terbaca, atau jadwal belum ada",
                tone: newDays > 0 ? .idle : .ok, link: Place.months.path),
            .init(
                "Unit belum menutup \(Self.words(last))", open, note: "unit yang punya pegawai",
                tone: open > 0 ? .warn : .ok, link: Place.months.path),
            .init(
                "Penyesuaian sesudah tutup bulan", adjusted, note: "hari yang berubah sesudah ditutup",
                tone: adjusted > 0 ? .warn : .ok, link: Place.months.path),
        ]
    }

    private func peopleTiles(_ call: PageCall) async throws -> [WorkPage.Tile] {
        let source = call.source
        let present = source.people.employees.filter { employee in
            employee.employment(on: call.today) != nil && source.scope.contains(employee, on: call.today)
        }
        let linked = Set(source.people.links.filter { $0.span.contains(call.today) }.map(\.employee))
        let withoutPIN = present.count { !linked.contains($0.id) }
        var tiles: [WorkPage.Tile] = [
            .init(
                "Pegawai tanpa PIN", withoutPIN, note: "tidak tertaut di mesin mana pun",
                tone: withoutPIN > 0 ? .warn : .ok,
                link: call.may(.readUnlinked) ? Place.links.path + "?keadaan=tanpa" : "/kepegawaian")
        ]
        guard call.may(.manageAccounts) else { return tiles }
        let accounts = Set(try await parts.store.accounts().filter { $0.disabledAt == nil }.compactMap(\.employee))
        let without = present.count { !accounts.contains($0.id) }
        tiles.append(
            .init(
                "Pegawai tanpa akun", without, note: "belum dapat melihat presensinya sendiri",
                tone: without > 0 ? .idle : .ok, link: "/akun"))
        return tiles
    }

    /// Closed themselves, or with a unit above.
    static func closedUnits(_ closings: [Closing], _ month: CivilMonth, _ tree: UnitTree) -> Set<Int64> {
        closings.filter { $0.month == month }.reduce(into: []) { $0.formUnion(tree.subtree(of: $1.unit)) }
    }
}
