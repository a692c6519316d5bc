import AttendanceRules
import CentralStore
import TableFiles

/// What can be taken along as a file. Raw values are words of the command line, of forms and of file names.
package enum ExportKind: String, Sendable, Codable, CaseIterable {
    /// A row for each employee and month.
    case recap = "rekap"
    /// A row for each unit and month, with all below it.
    case units = "rekap-unit"
    /// The grid that hangs on the wall: a sheet for each unit of one month.
    case grid = "daftar-hadir"
    case violations = "pelanggaran"
    /// Days that are not known, and why.
    case unsynced = "belum-sinkron"
    /// A row for each employee and day, for another system.
    case uploadDays = "unggah-harian"
    /// A row for each employee and month, for another system.
    case uploadMonths = "unggah-bulanan"

    package var title: String {
        switch self {
        case .recap: "Rekap presensi per pegawai"
        case .units: "Rekap presensi per unit"
        case .grid: "Daftar hadir"
        case .violations: "Rekap pelanggaran jam kerja"
        case .unsynced: "Hari belum sinkron"
        case .uploadDays: "Ekspor siap unggah berbasis NIP, harian"
        case .uploadMonths: "Ekspor siap unggah berbasis NIP, bulanan"
        }
    }

    /// One sentence: what is in it, and what for.
    package var purpose: String {
        switch self {
        case .recap: "Satu baris per pegawai per bulan: hari kerja, terlambat, pulang awal, potongan disiplin."
        case .units: "Satu baris per unit per bulan, termasuk unit di bawahnya."
        case .grid: "Tabel tanggal 1–31 per unit dengan kode harian dan kolom tanda tangan."
        case .violations: "Pegawai dengan TK, TL, atau PSW, beserta menitnya."
        case .unsynced: "Hari yang belum dapat dipastikan: pegawai, mesin, jam berapa, dan sebabnya."
        case .uploadDays: "Satu baris per pegawai per hari, untuk diunggah ke SIMPEG atau aplikasi lain."
        case .uploadMonths: "Satu baris per pegawai per bulan, untuk diunggah ke SIMPEG atau aplikasi lain."
        }
    }

    /// Of one file.
    package var mostMonths: Int {
        switch self {
        case .grid: 1
        case .unsynced: 12
        case .recap, .units, .violations, .uploadDays, .uploadMonths: 120
        }
    }

    /// Made for another program.
    package var isUpload: Bool { self == .uploadDays || self == .uploadMonths }
}

package enum ExportFormat: String, Sendable, Codable, CaseIterable { case xlsx, csv }

/// What somebody asks for.
package struct ExportRequest: Equatable, Sendable {
    package var kind: ExportKind
    package var first: CivilMonth
    package var last: CivilMonth
    package var format: ExportFormat

    package init(kind: ExportKind, first: CivilMonth, last: CivilMonth, format: ExportFormat) {
        self.kind = kind
        self.first = first
        self.last = last
        self.format = format
    }

    package enum Refusal: Error, Equatable, Sendable {
        case periodIsBackward
        case tooManyMonths(most: Int)

        /// In Indonesian; what to do next.
        package var text: String {
            switch self {
            case .periodIsBackward: "Bulan akhir lebih awal daripada bulan awal. Tukar keduanya."
            case .tooManyMonths(1): "Jenis ini dibuat untuk satu bulan. Samakan bulan awal dan akhir."
            case .tooManyMonths(let most):
                "Jenis ini paling banyak \(most) bulan per berkas. Bagi menjadi beberapa berkas."
            }
        }
    }

    package func check() throws(Refusal) {
        guard first <= last else { throw .periodIsBackward }
        guard last.number - first.number < kind.mostMonths else { throw .tooManyMonths(most: kind.mostMonths) }
    }

    package var months: [CivilMonth] {
        first <= last ? (first.number...last.number).map(CivilMonth.init(number:)) : []
    }

    /// `2026-03` or `2026-01 s.d. 2026-12`.
    package var period: String { first == last ? first.text : "\(first.text) s.d. \(last.text)" }

    /// Of a file, without its folder; nothing in it was typed by anybody.
    package func fileName(unit: Int64?) -> String {
        let span = first == last ? first.text : "\(first.text)_\(last.text)"
        return "\(kind.rawValue)_\(span)\(unit.map { "_unit-\($0)" } ?? "").\(format.rawValue)"
    }
}
