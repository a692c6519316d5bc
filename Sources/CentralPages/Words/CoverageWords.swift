/// Why a device's record is not complete or not dated. Codes: docs/names.md, "Holes of coverage".
enum CoverageWords {
    static func hole(_ why: String) -> String? {
        switch why {
        case "log_cleared": "catatan di perangkat dihapus"
        case "log_rolled_over": "perangkat penuh dan menimpa catatan lama"
        case "log_not_reconciled": "isi perangkat tidak cocok dengan yang sudah dibaca"
        case "clock_unknown": "jam perangkat menunjukkan tanggal yang tidak ada"
        case "clock_off": "jam perangkat meleset lebih dari 5 menit"
        case "edge_clock_set_back": "jam komputer kantor dimundurkan"
        case "device_off": "perangkat sempat mati tanpa terpantau"
        case "out_of_reach": "perangkat di luar jangkauan; tidak diketahui apakah menyala"
        default: nil
        }
    }
}

/// Why the centre keeps an entry without counting it. docs/names.md, "reasons of quarantine".
enum QuarantineWords {
    static func reason(_ reason: String) -> String {
        if reason == "not_your_device" { return "Perangkat ini tercatat milik kantor lain" }
        if reason.hasPrefix("undecodable") { return "Isi tidak dapat dibaca" }
        return "Alasan lain"
    }
}
