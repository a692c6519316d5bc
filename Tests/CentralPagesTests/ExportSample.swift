import AttendanceRules
import CentralPages
import Foundation

/// Files in every state, and a daftar hadir, for pictures and rules.
enum ExportSample {
    static let model: ExportsModel = {
        let at = Sample.moment.addingTimeInterval(-240)
        func file(_ id: Int, _ title: String, _ unit: String?, _ name: String, _ state: ExportsModel.File.State)
            -> ExportsModel.File
        {
            ExportsModel.File(
                id: "0000000\(id)", title: title, unit: unit, period: "2026-10", name: name, at: at, state: state)
        }
        var model = ExportsModel(files: [
            file(
                1, "Daftar hadir", "Dinas Pendidikan dan Kebudayaan", "daftar-hadir_2026-10_unit-4.xlsx",
                .waiting(before: 1)),
            file(
                2, "Rekap presensi per pegawai", nil, "rekap_2016-11_2026-10.xlsx",
                .running(done: 612_000, all: 1_800_000, rows: 598_412)),
            file(
                3, "Ekspor siap unggah berbasis NIP, bulanan", "Dinas Kesehatan", "unggah-bulanan_2026-10_unit-3.csv",
                .done(bytes: 1_240_000, rows: 1312, hasNotes: true)),
            file(
                4, "Hari belum sinkron", "<b>Kecamatan</b>", "belum-sinkron_2026-10.csv",
                .failed("Ruang di server hampir habis.")),
            file(5, "Rekap presensi per unit", nil, "rekap-unit_2026-10.xlsx", .cancelled),
        ])
        model.kinds = [
            (
                "rekap", "Rekap presensi per pegawai",
                "Satu baris per pegawai per bulan: hari kerja, terlambat, potongan."
            ),
            ("rekap-unit", "Rekap presensi per unit", "Satu baris per unit per bulan, termasuk unit di bawahnya."),
            ("daftar-hadir", "Daftar hadir", "Tabel tanggal 1–31 per unit dengan kode harian dan kolom tanda tangan."),
            ("pelanggaran", "Rekap pelanggaran jam kerja", "Pegawai dengan TK, TL, atau PSW, beserta menitnya."),
            (
                "belum-sinkron", "Hari belum sinkron",
                "Hari yang belum dapat dipastikan: pegawai, mesin, jam, dan sebabnya."
            ),
            (
                "unggah-harian", "Ekspor siap unggah berbasis NIP, harian",
                "Untuk diunggah ke SIMPEG atau aplikasi lain."
            ),
            (
                "unggah-bulanan", "Ekspor siap unggah berbasis NIP, bulanan",
                "Untuk diunggah ke SIMPEG atau aplikasi lain."
            ),
        ].map { ExportsModel.Kind(word: $0.0, title: $0.1, purpose: $0.2) }
        model.units = [("Dinas Kesehatan", 0), ("Puskesmas Mekarjati", 1), ("Dinas Pendidikan dan Kebudayaan", 0)]
            .enumerated().map { ExportsModel.Unit(id: Int64($0.offset) + 3, name: $0.element.0, depth: $0.element.1) }
        (model.kind, model.first, model.last, model.month) = ("rekap", "2026-10", "2026-10", "2026-10")
        return model
    }()

    static var paper: GridPaperModel {
        let month = CivilMonth(number: 2026 * 12 + 9)
        let statuses: [DayStatus] = [
            .hadir, .hadir, .terlambat, .hadir, .hadir, .tanpaKeterangan, .hadir, .belumSinkron, .cutiTahunan,
        ]
        let rows = (1...24).map { number in
            GridPaperModel.Row(
                number: "1986092620150510\(number < 10 ? "0" : "")\(number)",
                name: ["Murni Harmedono, S.Sos., M.Si.", "Agus Yudlira", "Ayu Damewan Kusumaningrum Hadiprojo"][
                    number % 3],
                post: ["Kepala Dinas", "Analis Kebijakan Ahli Muda", "Pranata Komputer"][number % 3],
                cells: month.dates.enumerated().map { index, date in
                    if date.weekday == .saturday || date.weekday == .sunday { return .init(code: "L", status: .libur) }
                    let status = statuses[(index * 7 + number) % statuses.count]
                    let codes: [DayStatus: String] = [
                        .hadir: "H", .terlambat: index % 2 == 0 ? "TL1" : "TL2/PSW1", .tanpaKeterangan: "TK",
                        .belumSinkron: "BS",
                        .cutiTahunan: "CT",
                    ]
                    return number == 5 && index < 12 ? nil : .init(code: codes[status] ?? "H", status: status)
                }, totals: [22, 15, 0, 1, 2, 0, 3, 0, 1], lateDays: 4, lateMinutes: 1122, earlyDays: 1, earlyMinutes: 9,
                share: 95_454)
        }
        let sheet = GridPaperModel.Sheet(
            unit: "Dinas Kesehatan", isClosed: true, dates: Array(month.dates), rows: rows,
            legend:
                "Kode: H = hadir; TL = terlambat; TK = tanpa keterangan; BS = belum sinkron; CT = Cuti tahunan; L = libur",
            versions: ["set-a@bb533bacf488"], undecided: 24,
            signature: .init(
                post: "Plt. Kepala Dinas Kesehatan", name: "Murni Harmedono, S.Sos., M.Si.",
                number: "197505061996022001",
                placeAndDate: "Kota Contoh, 2 November 2026"))
        return GridPaperModel(
            unit: "Dinas Kesehatan", unitID: 3, month: month, isWhole: true, isFolio: false,
            totals: ["Hari kerja", "H", "S", "I", "C", "DL", "TK", "Lain", "BS"],
            digest: String(repeating: "71f823a9", count: 8), sheets: [sheet])
    }
}
