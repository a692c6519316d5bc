import AttendanceRules
import Foundation
import PageSupport

extension CentralPages {
    /// For paper: on a screen it has a button to print, on paper nothing but the sheets.
    package func gridPaper(_ model: GridPaperModel, _ frame: PageFrame) -> String {
        let month = "\(Indonesian.month(model.month.month) ?? "") \(model.month.year)"
        let place = PagePlace(
            area: .downloads, path: "/unduhan/daftar-hadir",
            title: "Daftar hadir \(PageText.shown(model.unit)), \(month)",
            lead: "Tekan Ctrl+P untuk mencetak.", style: model.isFolio ? "sheets sheets-f4" : "sheets")
        return page(
            PageBody(
                place, template: "page-grid-paper",
                parts: [
                    PageBody.Part(id: "sheets", template: "grid-paper", view: GridPaperView(model, month, frame))
                ]), frame)
    }
}

struct GridPaperView {
    struct Cell {
        let code: String
        let tone: String
    }

    struct Date {
        let number: Int
        let weekday: String
        let isSunday: Bool
    }

    struct Row {
        let index: Int
        let number: String
        let name: String
        let post: String
        let cells: [Cell]
        let totals: [String]
    }

    struct Sheet {
        let government: String
        let unit: String
        let month: String
        let state: String
        let dates: [Date]
        let totals: [String]
        let rows: [Row]
        let legend: String
        let basis: String
        let place: String
        let post: String
        let person: String
        let number: String
    }

    let sheets: [Sheet]
    let isEmpty: Bool
    let notice: String?
    let back: String

    init(_ model: GridPaperModel, _ month: String, _ frame: PageFrame) {
        let made = "\(frame.words.short(frame.moment)) \(PageText.shown(frame.words.zoneName))"
        let titles = model.totals + ["TL kali", "TL mnt", "PSW kali", "PSW mnt", "% hadir"]
        sheets = model.sheets.map { sheet in
            Sheet(
                government: CentralPagesText.name(frame.government), unit: CentralPagesText.name(sheet.unit),
                month: month, state: sheet.isClosed ? "bulan sudah ditutup" : "bulan belum ditutup",
                dates: sheet.dates.map(Date.init), totals: titles,
                rows: sheet.rows.enumerated().map { Row($0.element, $0.offset + 1) },
                legend: PageText.shown(sheet.legend, longest: 1000), basis: Self.basis(sheet, model, made, frame),
                place: PageText.shown(sheet.signature.placeAndDate, longest: 120),
                post: PageText.shown(sheet.signature.post, longest: 120),
                person: sheet.signature.name.map { PageText.shown($0) } ?? String(repeating: ".", count: 40),
                number: sheet.signature.number.map { PageText.shown($0) } ?? String(repeating: ".", count: 30))
        }
        isEmpty = sheets.isEmpty
        notice =
            model.isWhole
            ? nil
            : "Unit di bawahnya terlalu banyak untuk satu halaman. Cetak satu per satu, atau unduh sebagai Excel."
        back = "/unduhan?jenis=daftar-hadir&unit=\(model.unitID)&dari=\(model.month.text)&sampai=\(model.month.text)"
    }

    private static func basis(
        _ sheet: GridPaperModel.Sheet, _ model: GridPaperModel, _ made: String, _ frame: PageFrame
    ) -> String {
        let rules = sheet.versions.map { PageText.shown($0, longest: 100) }.joined(separator: ", ")
        return "Dibuat \(made) oleh \(PageText.shown(frame.account)). Aturan: \(rules.isEmpty ? "-" : rules). "
            + "\(plural(sheet.undecided)) hari belum dapat dipastikan. Sidik jurnal: \(model.digest)"
    }
}

extension GridPaperView.Date {
    private static let letters: [Weekday: String] = [
        .monday: "Sn", .tuesday: "Sl", .wednesday: "Rb", .thursday: "Km", .friday: "Jm", .saturday: "Sb",
        .sunday: "Mg",
    ]

    init(_ date: CivilDate) {
        number = date.parts.day
        weekday = Self.letters[date.weekday] ?? ""
        isSunday = date.weekday == .sunday
    }
}

extension GridPaperView.Row {
    init(_ row: GridPaperModel.Row, _ index: Int) {
        self.index = index
        number = PageText.shown(row.number)
        name = PageText.shown(row.name)
        post = PageText.shown(row.post)
        cells = row.cells.map { cell in
            guard let cell else { return GridPaperView.Cell(code: "", tone: "none") }
            return GridPaperView.Cell(code: PageText.shown(cell.code, longest: 16), tone: Self.tone(cell.status))
        }
        totals =
            (row.totals + [row.lateDays, row.lateMinutes, row.earlyDays, row.earlyMinutes]).map { plural($0) }
            + [row.share.map { "\(Indonesian.decimal(Double($0) / 1000))" } ?? "–"]
    }

    private static func tone(_ status: DayStatus) -> String {
        switch status {
        case .tanpaKeterangan: "bad"
        case .belumSinkron, .tanpaJadwal: "open"
        case .libur, .cutiBersama: "off"
        case .terlambat, .pulangCepat, .lupaMasuk, .lupaPulang: "warn"
        default: "plain"
        }
    }
}
