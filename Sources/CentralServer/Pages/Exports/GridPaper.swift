import AttendanceRules
import CentralAttendance
import CentralPages
import CentralStore

/// A daftar hadir as its page shows it.
enum GridPaper {
    static func model(
        _ unit: OrgUnit, _ month: CivilMonth, _ grids: [AttendanceGrid], isWhole: Bool, _ paper: ExportPaper,
        heads: [JournalHead]
    ) -> GridPaperModel {
        GridPaperModel(
            unit: unit.name, unitID: unit.id, month: month, isWhole: isWhole, isFolio: paper.paper == .f4,
            totals: AttendanceGrid.totalTitles, digest: Exporter.digest(heads),
            sheets: grids.map { sheet($0, paper) })
    }

    private static func sheet(_ grid: AttendanceGrid, _ paper: ExportPaper) -> GridPaperModel.Sheet {
        let signature = grid.signature
        return GridPaperModel.Sheet(
            unit: grid.unit.name, isClosed: grid.isClosed, dates: grid.dates,
            rows: grid.rows.map { row($0, paper) }, legend: grid.legend(paper.codes),
            versions: grid.versions.map(\.description).sorted(),
            undecided: grid.total.undecided,
            signature: GridPaperModel.Signature(
                post: signature.post, name: signature.name, number: signature.number,
                placeAndDate: signature.placeAndDate))
    }

    private static func row(_ row: AttendanceGrid.Row, _ paper: ExportPaper) -> GridPaperModel.Row {
        GridPaperModel.Row(
            number: row.number, name: row.name, post: row.post,
            cells: row.days.map { day in
                day.map { GridPaperModel.Cell(code: paper.codes.code(of: $0), status: $0.status) }
            },
            totals: row.totals, lateDays: row.sums.late.days, lateMinutes: row.sums.late.minutes,
            earlyDays: row.sums.early.days, earlyMinutes: row.sums.early.minutes, share: row.sums.presentShare)
    }
}
