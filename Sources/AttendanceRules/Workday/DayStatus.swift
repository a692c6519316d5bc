/// What a workday was. The raw value is the id in tables, files and answers; what is printed is configuration.
package enum DayStatus: String, Sendable, Codable, CaseIterable {
    /// Came and left in time, or is excused where not.
    case hadir
    case terlambat
    case pulangCepat = "pulang_cepat"
    case lupaMasuk = "lupa_masuk"
    case lupaPulang = "lupa_pulang"
    case tanpaKeterangan = "tanpa_keterangan"
    case izin, sakit
    case cutiTahunan = "cuti_tahunan"
    case cutiBesar = "cuti_besar"
    case cutiSakit = "cuti_sakit"
    case cutiMelahirkan = "cuti_melahirkan"
    case cutiAlasanPenting = "cuti_alasan_penting"
    case cutiBersama = "cuti_bersama"
    case cltn
    case dinasLuar = "dinas_luar"
    case tugasBelajar = "tugas_belajar"
    case diklat, wfh, wfa
    /// A holiday, a day of rest, a free day of the roster.
    case libur
    /// Not known: a device that could have shown a scan was not covered, or nobody has said who the person is on it.
    case belumSinkron = "belum_sinkron"
    /// No hours bind on this date: not yet or no longer employed, or no schedule given.
    case tanpaJadwal = "tanpa_jadwal"

    /// Decided: a month with other days cannot close.
    package var isDecided: Bool { self != .belumSinkron && self != .tanpaJadwal }

    /// The person was at work, at least for a part of the day.
    package var isPresent: Bool {
        switch self {
        case .hadir, .terlambat, .pulangCepat, .lupaMasuk, .lupaPulang, .dinasLuar, .diklat, .wfh, .wfa: true
        default: false
        }
    }
}

/// Why a person was not at the device although the day was one of work: leave, permission, duty elsewhere.
package enum LeaveKind: String, Sendable, Codable, CaseIterable {
    case izin, sakit
    case cutiTahunan = "cuti_tahunan"
    case cutiBesar = "cuti_besar"
    case cutiSakit = "cuti_sakit"
    case cutiMelahirkan = "cuti_melahirkan"
    case cutiAlasanPenting = "cuti_alasan_penting"
    case cltn
    case dinasLuar = "dinas_luar"
    case tugasBelajar = "tugas_belajar"
    case diklat, wfh, wfa

    package var status: DayStatus {
        // Raw values are the same words.
        DayStatus(rawValue: rawValue) ?? .izin
    }
}
