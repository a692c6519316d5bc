import AttendanceRules
import TableFiles

/// What stands in a cell of a daftar hadir. Letters differ by office, so they are configuration (domain, section 4).
package struct PrintCodes: Equatable, Sendable {
    private var codes: [DayStatus: String]

    /// A code is at most this long.
    package static let longest = 6

    package static let standard = PrintCodes(codes: [
        .hadir: "H", .terlambat: "TL", .pulangCepat: "PSW", .lupaMasuk: "TAM", .lupaPulang: "TAP",
        .tanpaKeterangan: "TK", .izin: "I", .sakit: "S", .cutiTahunan: "CT", .cutiBesar: "CB", .cutiSakit: "CS",
        .cutiMelahirkan: "CM", .cutiAlasanPenting: "CAP", .cutiBersama: "CBer", .cltn: "CLTN", .dinasLuar: "DL",
        .tugasBelajar: "TB", .diklat: "DK", .wfh: "WFH", .wfa: "WFA", .libur: "L", .belumSinkron: "BS",
        .tanpaJadwal: "TJ",
    ])

    private init(codes: [DayStatus: String]) { self.codes = codes }

    /// The standard with some of its codes replaced: `tanpa_keterangan=A sakit=SK`.
    ///
    /// `nil` where a word is no status, or a code is empty, too long, or has more than letters, digits and signs that
    /// begin no formula.
    package init?(parsing text: String) {
        var codes = Self.standard.codes
        for pair in text.split(separator: " ") {
            let parts = pair.split(separator: "=", omittingEmptySubsequences: false)
            guard let word = parts.first, let code = parts.last, parts.count == 2,
                let status = DayStatus(rawValue: String(word)), (1...Self.longest).contains(code.utf8.count),
                code.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !CSVText.isFormula(String(code))
            else { return nil }
            codes[status] = String(code)
        }
        // Two meanings of one code would be a sheet that nobody can read.
        guard Set(codes.values).count == codes.count else { return nil }
        self.codes = codes
    }

    package subscript(status: DayStatus) -> String { codes[status] ?? status.rawValue }

    /// Of a day: of one at work what its sides were, by the band's code where there is one; `TL1/PSW2`.
    package func code(of day: Workday) -> String {
        guard day.status.isWork else { return self[day.status] }
        let arrival = side(day.arrival, missing: .lupaMasuk, minutes: .terlambat)
        let departure = side(day.departure, missing: .lupaPulang, minutes: .pulangCepat)
        let parts = [arrival, departure].compactMap { $0 }
        return parts.isEmpty ? self[.hadir] : parts.joined(separator: "/")
    }

    private func side(_ side: Workday.Side, missing: DayStatus, minutes: DayStatus) -> String? {
        if side.isExcused { return nil }
        if side.state == .missing { return self[missing] }
        return side.minutes > 0 ? side.band ?? self[minutes] : nil
    }

    static func tone(of day: Workday) -> TableTone {
        switch day.status {
        case .tanpaKeterangan: .bad
        case .belumSinkron, .tanpaJadwal: .open
        case .libur, .cutiBersama: .off
        case .terlambat, .pulangCepat, .lupaMasuk, .lupaPulang: .warn
        default: .plain
        }
    }

    /// What the codes mean, for below a sheet: those that are seen there.
    func legend(_ seen: Set<DayStatus>) -> String {
        DayStatus.allCases.filter(seen.contains).map { "\(self[$0]) = \(DayWords.text($0))" }.joined(separator: "; ")
    }
}

extension DayStatus {
    /// At work, with minutes and missing scans as facts.
    fileprivate var isWork: Bool {
        switch self {
        case .hadir, .terlambat, .pulangCepat, .lupaMasuk, .lupaPulang: true
        default: false
        }
    }
}
