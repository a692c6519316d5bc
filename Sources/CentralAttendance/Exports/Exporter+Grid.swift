import AttendanceRules
import CentralStore
import TableFiles

/// The daftar hadir: a sheet for each unit, a row for each person, a column for each date.
extension Exporter {
    mutating func writeGrids() async throws {
        let month = request.first
        let maker = GridMaker(roll, context.paper, at: context.at)
        let units = maker.units(in: month)
        for (unit, _) in units {
            let grid = try await maker.grid(of: unit, month)
            guard !grid.rows.isEmpty else { continue }
            try write(grid)
            try await advance(grid.rows.count)
        }
        if tally.rows == 0 { try writer.begin(sheet("Daftar hadir", columns(of: month))) }
    }

    private func columns(of month: CivilMonth) -> [TableColumn] {
        [
            TableColumn("Unit", isFlat: true), TableColumn("Periode", isFlat: true), TableColumn("No", width: 5),
            TableColumn("NIP", width: 20), TableColumn("Nama", width: 28), TableColumn("Jabatan", width: 24),
        ] + month.dates.map { TableColumn("\($0.parts.day)", width: 5) }
            + [TableColumn("Hari kerja", width: 6)] + DayTotals.titles.map { TableColumn($0, width: 5) }
            + [
                TableColumn("TL kali", width: 5), TableColumn("TL menit", width: 6), TableColumn("PSW kali", width: 5),
                TableColumn("PSW menit", width: 6), TableColumn("% hadir", width: 7),
            ]
    }

    private mutating func write(_ grid: AttendanceGrid) throws {
        let title = [
            "DAFTAR HADIR", context.paper.government, grid.unit.name,
            "Bulan: \(ExportWords.long(grid.month))\(grid.isClosed ? " (sudah ditutup)" : " (belum ditutup)")",
        ]
        try writer.begin(sheet(grid.unit.name, columns(of: grid.month), fixed: 3, title: title))
        let names: [TableCell] = [.text(grid.unit.name), .text(grid.month.text)]
        for (index, person) in grid.rows.enumerated() {
            tally.add(person.days.compactMap { $0 })
            var cells = names
            cells += [.number(index + 1), .id(person.number), .text(person.name), .text(person.post)]
            cells += person.days.map { day in
                day.map { .code(context.paper.codes.code(of: $0), PrintCodes.tone(of: $0)) } ?? .blank
            }
            try row(cells + Self.totals(person.sums))
        }
        let blanks = Array(repeating: TableCell.blank, count: grid.dates.count)
        try writer.row(
            names + [.blank, .blank, .text("JUMLAH"), .blank] + blanks + Self.totals(grid.total), isTotal: true)
        try sign(grid)
    }

    private static func totals(_ sums: WorkdaySums) -> [TableCell] {
        [.number(sums.workingDays)] + DayTotals(sums).cells + [
            .number(sums.late.days), .number(sums.late.minutes), .number(sums.early.days),
            .number(sums.early.minutes), sums.presentShare.map(TableCell.decimal) ?? .blank,
        ]
    }

    /// Below the table, on the right, with room for a signature and a stamp.
    private func sign(_ grid: AttendanceGrid) throws {
        let column = 4 + max(0, grid.dates.count - 6)
        let signature = grid.signature
        try writer.line([:], isStrong: false)
        try writer.line([1: "Kode: " + grid.legend(context.paper.codes)], isStrong: false)
        try writer.line([:], isStrong: false)
        try writer.line([column: signature.placeAndDate], isStrong: false)
        try writer.line([column: "Mengetahui,"], isStrong: false)
        try writer.line([column: signature.post], isStrong: false)
        for _ in 0..<4 { try writer.line([:], isStrong: false) }
        try writer.line([column: signature.name ?? String(repeating: ".", count: 40)], isStrong: true)
        try writer.line(
            [column: "NIP " + (signature.number ?? String(repeating: ".", count: 30))], isStrong: false)
    }
}
