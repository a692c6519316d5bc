import AttendanceRules
import CentralAttendance
import CentralPages
import CentralStore
import Foundation
import Hummingbird

/// Columns of a recap. Those between the second and the last add up to it: no working day is lost between them.
enum RecapColumns {
    static let all: [WorkPage.Column] = [
        "Nama", .init("Hari kerja", isNumber: true), .init("Hadir", isNumber: true),
        .init("Izin, sakit, cuti", isNumber: true), .init("Tanpa keterangan", isNumber: true),
        .init("Belum sinkron", isNumber: true), .init("Terlambat", isNumber: true),
        .init("Pulang cepat", isNumber: true),
    ]

    static func cells(_ name: WorkPage.Cell, _ sums: WorkdaySums) -> [WorkPage.Cell] {
        let unsynced = sums.count(.belumSinkron)
        let leave = sums.workingDays - sums.present - sums.absent - unsynced
        let missing = sums.count(.tanpaJadwal)
        return [
            name, WorkPage.Cell("\(sums.workingDays)", note: missing > 0 ? "\(missing) tanpa jadwal" : ""),
            WorkPage.Cell("\(sums.present)"), WorkPage.Cell("\(leave)"), WorkPage.Cell("\(sums.absent)"),
            WorkPage.Cell("\(unsynced)"), side(sums.late), side(sums.early),
        ]
    }

    private static func side(_ side: WorkdaySums.Side) -> WorkPage.Cell {
        WorkPage.Cell("\(side.days)", note: side.minutes > 0 ? "\(side.minutes) menit" : "")
    }
}

/// Months by unit and person, and thresholds.
extension PersonnelPages {
    var recapRoutes: [PageRoute] {
        [
            PageRoute(.get, "kepegawaian/rekap", .readRecap) { call in try await recap(call) },
            PageRoute(.get, "kepegawaian/ambang", .readRecap) { call in try await thresholds(call) },
        ]
    }

    private static var mostPeople: Int { 500 }

    private func recap(_ call: PageCall) async throws -> Response {
        let month = try Self.asked(call.query["bulan"]) ?? call.today.month
        let unit = try Self.unit(call.query["unit"] ?? "", call.source)
        let source = unit.map(call.source.narrowed) ?? call.source
        if let unit { try await parts.noteList("recap", of: unit.id, call) }
        let read = try await heavy.run(call) { try await source.month(month) }
        var blocks: [WorkPage.Block] = [
            .form(
                WorkPage.Form(
                    "", path: Place.recap.path, method: .ask,
                    fields: [
                        .init("bulan", "Bulan", month.text, kind: .month),
                        Self.unitField(call.source, unit?.id, all: "Semua unit"),
                    ], buttons: [.init("Tampilkan")]))
        ]
        let undecided = read.recap.total.undecided
        if undecided > 0 {
            let text = "\(undecided) hari belum pasti: jumlahnya masih dapat berubah."
            blocks.append(.notice(.init(.warn, text)))
        }
        if !read.adjustments.isEmpty {
            let text =
                "\(read.adjustments.count) hari berubah sesudah bulan ditutup; angka di bawah adalah angka tutup bulan."
            blocks.append(.notice(.init(.warn, text)))
        }
        blocks.append(.table(table(read, unit, source, call)))
        let rules = read.recap.versions.map(\.description).sorted().joined(separator: ", ")
        return answer(
            .recap, title: "Rekap \(Self.words(month))",
            lead: "\(unit?.name ?? "Semua unit")\(rules.isEmpty ? "" : ", aturan \(rules)")", blocks, call)
    }

    /// Units below with all below them, people of the unit itself, and their sum: rows add up to the last one.
    private func table(
        _ read: RecapSource.Month, _ unit: OrgUnit?, _ source: RecapSource, _ call: PageCall
    ) -> WorkPage.Table {
        let recap = read.recap
        func link(_ id: Int64) -> String { "\(Place.recap.path)?bulan=\(read.month.text)&unit=\(id)" }
        let below = unit.map { source.tree.children(of: $0.id).filter(source.scope.contains) } ?? source.roots
        var rows = recap.branches(of: below, in: source.tree).map { branch in
            RecapColumns.cells(WorkPage.Cell(branch.unit.name, note: "unit", link: link(branch.unit.id)), branch.total)
        }
        let own = recap.cells.filter { $0.key.unit == unit?.id }
        let people = own.compactMap { cell, sums in source.employee(id: cell.employee).map { ($0, sums) } }
            .sorted { ($0.0.name, $0.0.id) < ($1.0.name, $1.0.id) }
        rows += people.prefix(Self.mostPeople).map { employee, sums in
            RecapColumns.cells(
                WorkPage.Cell(
                    employee.name, note: source.scope.employments(of: employee).last?.number ?? "",
                    link: "/pegawai/\(employee.id)?month=\(read.month.text)"), sums)
        }
        if people.count > Self.mostPeople {
            let rest = people.dropFirst(Self.mostPeople).reduce(into: WorkdaySums()) { $0 += $1.1 }
            rows.append(RecapColumns.cells(WorkPage.Cell("\(people.count - Self.mostPeople) pegawai lain"), rest))
        }
        if !rows.isEmpty { rows.append(RecapColumns.cells(WorkPage.Cell("Jumlah"), recap.total)) }
        return WorkPage.Table(
            "Rekap", columns: RecapColumns.all, rows: rows, empty: "Belum ada hari yang dihitung pada bulan ini.",
            links: unit?.parent.flatMap { source.tree[$0] }.flatMap { parent in
                call.source.scope.contains(parent.id) ? [.init("Ke \(parent.name)", link(parent.id))] : nil
            } ?? [])
    }

    static func asked(_ text: String?) throws -> CivilMonth? {
        guard let text, !text.isEmpty else { return nil }
        guard let month = CivilMonth(text: text) else {
            throw HTTPError(.badRequest, message: "not a month such as 2026-03")
        }
        return month
    }

    // MARK: Thresholds

    private static var peopleOfPage: Int { 100 }

    private func thresholds(_ call: PageCall) async throws -> Response {
        let year = call.query["tahun"].flatMap { Int($0) } ?? call.today.month.year
        guard (2000...2199).contains(year) else { throw HTTPError(.badRequest, message: "not a year") }
        let unit = try Self.unit(call.query["unit"] ?? "", call.source)
        let source = unit.map(call.source.narrowed) ?? call.source
        let after = Int64(call.query["sesudah"] ?? "") ?? 0
        try await parts.noteList("thresholds", of: unit?.id, call)
        let found = try await heavy.run(call) {
            try await source.thresholds(of: year, after: max(0, after), limit: Self.peopleOfPage)
        }
        let ask = WorkPage.Form(
            "", path: Place.thresholds.path, method: .ask,
            fields: [
                .init("tahun", "Tahun", "\(year)", kind: .number, longest: 4),
                Self.unitField(call.source, unit?.id, all: "Semua unit"),
            ], buttons: [.init("Tampilkan")])
        let rows = found.people.map { person -> [WorkPage.Cell] in
            let last = person.indications.last
            return [
                WorkPage.Cell(
                    person.employee.name, note: source.scope.employments(of: person.employee).last?.number ?? "",
                    link: "/pegawai/\(person.employee.id)"),
                WorkPage.Cell("\(person.sums.absent)"), WorkPage.Cell("\(person.sums.minutes)"),
                WorkPage.Cell(
                    last.map { "\($0.days) hari pada \(Self.words($0.on))" } ?? "",
                    note: person.indications.count > 1 ? "\(person.indications.count) indikasi tahun ini" : ""),
                WorkPage.Cell(last?.threshold.text ?? "", note: last?.threshold.article ?? ""),
            ]
        }
        var links: [WorkPage.Link] = []
        if let next = found.next {
            let unit = unit.map { "&unit=\($0.id)" } ?? ""
            links.append(.init("Berikutnya", "\(Place.thresholds.path)?tahun=\(year)\(unit)&sesudah=\(next)"))
        }
        let table = WorkPage.Table(
            "Indikasi tahun \(year)", lead: found.undecided > 0 ? "\(found.undecided) hari belum pasti." : "",
            columns: [
                "Pegawai", .init("Tanpa keterangan", isNumber: true), .init("Menit", isNumber: true), "Tercapai",
                "Ambang",
            ], rows: rows, empty: "Tidak ada yang mencapai ambang.", links: links)
        return answer(
            .thresholds, title: "Ambang", lead: Shapes.indicationNote, [.form(ask), .table(table)], call)
    }
}
