import AttendanceRules
import CentralStore
import TableFiles

/// Sums of months: of people in the columns of a TPP detail (domain, section 3.5), of units, and of those who were late,
/// early or absent. Amounts in rupiah are not in them: hadir knows no allowance, only what part of it is taken.
extension Exporter {
    // MARK: People

    private var recapColumns: [TableColumn] {
        [
            TableColumn("NIP", width: 21), TableColumn("Nama", width: 30), TableColumn("Unit", width: 28),
            TableColumn("Periode", width: 11), TableColumn("Tahun", width: 7), TableColumn("Jml Hari Kerja", width: 8),
        ] + DayTotals.titles.map { TableColumn($0, width: 6) }
            + bands.late.map { TableColumn("Terlambat " + bands.title($0), width: 10) }
            + [TableColumn("Terlambat lain", width: 10)]
            + bands.early.map { TableColumn("Pulang Awal " + bands.title($0), width: 10) }
            + [
                TableColumn("Pulang Awal lain", width: 10), TableColumn("Menit Terlambat", width: 10),
                TableColumn("Menit Pulang Awal", width: 10), TableColumn("Tanpa Scan Masuk", width: 9),
                TableColumn("Tanpa Scan Pulang", width: 9), TableColumn("Jumlah Potongan (%)", width: 11),
                TableColumn("Pengurangan Disiplin (% TPP)", width: 13), TableColumn("% Hadir", width: 8),
                TableColumn("Aturan", width: 26), TableColumn("Bulan", width: 9),
            ]
    }

    mutating func writeRecap() async throws {
        try writer.begin(sheet("Rekap pegawai", recapColumns, fixed: 2))
        for month in request.months {
            var total = WorkdaySums()
            try await eachGroup(month) { exporter, group, days in
                var recap = Recap()
                for day in days.values.joined() { recap.add(day) }
                for employee in group {
                    guard let own = days[employee.id] else { continue }
                    let sums = WorkdaySums(own.map(\.workday))
                    total += sums
                    let versions = Set(own.compactMap(\.workday.rules)).map(\.description).sorted()
                    let unit = own.last?.unit
                    try exporter.row(
                        exporter.recapCells(
                            month, sums, id: exporter.roll.number(of: employee, in: month), name: employee.name,
                            unit: exporter.roll.unitName(unit),
                            share: recap.deduction(of: employee.id, by: exporter.rules),
                            rules: versions.joined(separator: " "), state: exporter.roll.state(month, unit)))
                }
            }
            try writer.row(
                recapCells(
                    month, total, id: "", name: "JUMLAH", unit: "", share: nil, rules: "", state: ""), isTotal: true)
        }
    }

    private func recapCells(
        _ month: CivilMonth, _ sums: WorkdaySums, id: String, name: String, unit: String, share: Int?, rules: String,
        state: String
    ) -> [TableCell] {
        var cells: [TableCell] = [
            id.isEmpty ? .blank : .id(id), .text(name), .text(unit), .text(ExportWords.name(month)),
            .number(month.year), .number(sums.workingDays),
        ]
        cells += DayTotals(sums).cells
        cells += BandColumns.days(sums.late, bands.late).map(TableCell.number)
        cells += BandColumns.days(sums.early, bands.early).map(TableCell.number)
        cells += [
            .number(sums.late.minutes), .number(sums.early.minutes), .number(sums.late.missing),
            .number(sums.early.missing), .decimal(sums.deduction), share.map(TableCell.decimal) ?? .blank,
            sums.presentShare.map(TableCell.decimal) ?? .blank, .text(rules), .text(state),
        ]
        return cells
    }

    // MARK: Units

    mutating func writeUnits() async throws {
        let columns =
            [
                TableColumn("Kode", width: 16), TableColumn("Unit", width: 40), TableColumn("Tingkat", width: 8),
                TableColumn("Periode", width: 11), TableColumn("Tahun", width: 7),
                TableColumn("Jml Hari Kerja", width: 9),
            ] + DayTotals.titles.map { TableColumn($0, width: 8) } + [
                TableColumn("TL (kali)", width: 8), TableColumn("TL (menit)", width: 9),
                TableColumn("PSW (kali)", width: 8), TableColumn("PSW (menit)", width: 9),
                TableColumn("% Hadir", width: 8), TableColumn("Bulan", width: 9),
            ]
        try writer.begin(sheet("Rekap unit", columns, fixed: 2))
        for month in request.months {
            var recap = Recap()
            try await eachGroup(month) { _, _, days in
                for day in days.values.joined() { recap.add(day) }
            }
            for branch in recap.branches(of: context.source.roots, in: context.source.tree) {
                try write(branch, depth: 1, month)
            }
            if let rest = recap.byUnit[nil] {
                try row(unitCells(month, rest, code: "", name: "(tanpa unit)", depth: 1, state: ""))
            }
            try writer.row(
                unitCells(month, recap.total, code: "", name: "JUMLAH", depth: 0, state: ""), isTotal: true)
        }
    }

    private mutating func write(_ branch: Recap.Branch, depth: Int, _ month: CivilMonth) throws {
        try row(
            unitCells(
                month, branch.total, code: branch.unit.code ?? "", name: branch.unit.name, depth: depth,
                state: roll.state(month, branch.unit.id)))
        for child in branch.children { try write(child, depth: depth + 1, month) }
    }

    private func unitCells(
        _ month: CivilMonth, _ sums: WorkdaySums, code: String, name: String, depth: Int, state: String
    ) -> [TableCell] {
        [
            code.isEmpty ? .blank : .id(code), .text(name), depth > 0 ? .number(depth) : .blank,
            .text(ExportWords.name(month)), .number(month.year), .number(sums.workingDays),
        ] + DayTotals(sums).cells + [
            .number(sums.late.days), .number(sums.late.minutes), .number(sums.early.days),
            .number(sums.early.minutes), sums.presentShare.map(TableCell.decimal) ?? .blank, .text(state),
        ]
    }

    // MARK: Violations

    mutating func writeViolations() async throws {
        let columns =
            [
                TableColumn("NAMA", width: 30), TableColumn("NIP", width: 21), TableColumn("UNIT", width: 28),
                TableColumn("PERIODE", width: 9), TableColumn("TK", width: 6),
            ] + bands.late.map { TableColumn(bands.title($0), width: 9) } + [TableColumn("TL lain", width: 8)]
            + bands.early.map { TableColumn(bands.title($0), width: 9) }
            + [
                TableColumn("PSW lain", width: 8), TableColumn("Menit TL", width: 8),
                TableColumn("Menit PSW", width: 8), TableColumn("Jumlah menit", width: 9),
                TableColumn("Belum sinkron (hari)", width: 9), TableColumn("Bulan", width: 9),
            ]
        try writer.begin(sheet("Pelanggaran", columns, fixed: 2))
        for month in request.months {
            var total = WorkdaySums()
            try await eachGroup(month) { exporter, group, days in
                for employee in group {
                    guard let own = days[employee.id] else { continue }
                    let sums = WorkdaySums(own.map(\.workday))
                    guard sums.absent > 0 || sums.late.days > 0 || sums.early.days > 0 else { continue }
                    total += sums
                    try exporter.row(exporter.violationCells(month, sums, employee, own.last?.unit))
                }
            }
            try writer.row(violationCells(month, total, nil, nil), isTotal: true)
        }
    }

    private func violationCells(
        _ month: CivilMonth, _ sums: WorkdaySums, _ employee: Employee?, _ unit: Int64?
    ) -> [TableCell] {
        var cells: [TableCell] = [
            .text(employee?.name ?? "JUMLAH"), employee.map { .id(roll.number(of: $0, in: month)) } ?? .blank,
            .text(roll.unitName(unit)), .text(month.text), .number(sums.absent),
        ]
        cells += BandColumns.days(sums.late, bands.late).map(TableCell.number)
        cells += BandColumns.days(sums.early, bands.early).map(TableCell.number)
        cells += [
            .number(sums.late.minutes), .number(sums.early.minutes), .number(sums.minutes),
            .number(sums.count(.belumSinkron)), .text(employee == nil ? "" : roll.state(month, unit)),
        ]
        return cells
    }
}
