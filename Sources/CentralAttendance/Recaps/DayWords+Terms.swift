import AttendanceRules

/// Words of closed sets in Indonesian: each has one, so that a new one is not forgotten.
extension DayWords {
    package static func text(_ status: DayStatus) -> String {
        switch status {
        case .hadir: "hadir"
        case .terlambat: "terlambat"
        case .pulangCepat: "pulang sebelum waktunya"
        case .lupaMasuk: "tidak ada scan masuk"
        case .lupaPulang: "tidak ada scan pulang"
        case .tanpaKeterangan: "tanpa keterangan"
        case .cutiBersama: "cuti bersama"
        case .libur: "libur"
        case .belumSinkron: "belum sinkron"
        case .tanpaJadwal: "tanpa jadwal"
        case .izin: text(LeaveKind.izin)
        case .sakit: text(LeaveKind.sakit)
        case .cutiTahunan: text(LeaveKind.cutiTahunan)
        case .cutiBesar: text(LeaveKind.cutiBesar)
        case .cutiSakit: text(LeaveKind.cutiSakit)
        case .cutiMelahirkan: text(LeaveKind.cutiMelahirkan)
        case .cutiAlasanPenting: text(LeaveKind.cutiAlasanPenting)
        case .cltn: text(LeaveKind.cltn)
        case .dinasLuar: text(LeaveKind.dinasLuar)
        case .tugasBelajar: text(LeaveKind.tugasBelajar)
        case .diklat: text(LeaveKind.diklat)
        case .wfh: text(LeaveKind.wfh)
        case .wfa: text(LeaveKind.wfa)
        }
    }

    package static func text(_ kind: LeaveKind) -> String {
        switch kind {
        case .izin: "Izin"
        case .sakit: "Sakit"
        case .cutiTahunan: "Cuti tahunan"
        case .cutiBesar: "Cuti besar"
        case .cutiSakit: "Cuti sakit"
        case .cutiMelahirkan: "Cuti melahirkan"
        case .cutiAlasanPenting: "Cuti karena alasan penting"
        case .cltn: "Cuti di luar tanggungan negara"
        case .dinasLuar: "Dinas luar"
        case .tugasBelajar: "Tugas belajar"
        case .diklat: "Diklat"
        case .wfh: "Bekerja dari rumah"
        case .wfa: "Bekerja dari tempat lain"
        }
    }

    package static func text(_ use: Explanation.Use) -> String {
        switch use {
        case .arrival: "dihitung sebagai scan masuk"
        case .departure: "dihitung sebagai scan pulang"
        case .check: "dihitung sebagai scan antara"
        case .between: "sah, tetapi bukan yang pertama atau terakhir"
        case .outsideWindows: "tidak dihitung, di luar jam scan masuk dan pulang"
        case .otherDay: "milik hari kerja lain"
        case .notTheirs: "tidak dihitung, menurut koreksi bukan scan pegawai ini"
        case .unconfirmed: "belum dihitung, hanya diketahui dari berkas yang belum disetujui"
        case .wrongClock: "tidak dihitung, jam mesin waktu itu salah"
        case .future: "tidak dihitung, waktunya lebih lambat daripada saat diterima"
        }
    }

    static func text(_ rest: DayPlan.Rest) -> String {
        switch rest {
        case .weekly: "bukan hari kerja menurut jadwal"
        case .roster: "bebas menurut daftar piket"
        case .calendar(let day): "\(day.name), \(day.citation)"
        }
    }

    static func text(_ side: Explanation.SideName) -> String {
        switch side {
        case .arrival: "masuk"
        case .departure: "pulang"
        }
    }

    static func text(_ state: Workday.Side.State) -> String {
        switch state {
        case .notAsked: "tidak diminta"
        case .known: "ada"
        case .missing: "tidak ada"
        case .undecided: "belum dapat dipastikan"
        }
    }

    package static func text(_ kind: Correction.Kind) -> String {
        switch kind {
        case .arrival(let minute): "masuk \(wall(minute))"
        case .departure(let minute): "pulang \(wall(minute))"
        case .excuseLate: "keterlambatan dimaafkan"
        case .excuseEarly: "pulang lebih awal dimaafkan"
        case .present: "hadir sehari penuh menurut atasan"
        case .notTheirs: "satu scan bukan milik pegawai ini"
        }
    }

    static func text(_ part: Explanation.Part) -> String {
        switch part {
        case .late(let band): "terlambat (\(band))"
        case .early(let band): "pulang sebelum waktunya (\(band))"
        case .missingArrival: "tidak ada scan masuk"
        case .missingDeparture: "tidak ada scan pulang"
        case .missingCheck(let name): "tidak ada scan antara \(name)"
        case .absence: "tanpa keterangan"
        case .leave(let kind): text(kind)
        }
    }

    static func text(_ span: DateSpan) -> String {
        span.to == span.from ? span.from.text : "\(span.from.text) s.d. \(span.to?.text ?? "seterusnya")"
    }

    /// Why nothing is known of a time, as the edge's words say it.
    package static func reason(_ why: String?) -> String {
        switch why {
        case nil: "(mesin belum melapor)"
        case "log_cleared": "(catatan di mesin dihapus)"
        case "log_rolled_over": "(mesin penuh dan menimpa catatan lama)"
        case "log_not_reconciled": "(isi mesin tidak cocok dengan yang sudah dibaca)"
        case "clock_unknown": "(jam mesin menunjukkan tanggal yang tidak ada)"
        case "clock_off": "(jam mesin meleset lebih dari 5 menit)"
        case "edge_clock", "edge_clock_set_back": "(jam komputer absen dimundurkan)"
        case "device_off": "(mesin sempat mati tanpa terpantau)"
        case "out_of_reach": "(mesin di luar jangkauan)"
        case "not_linked": "(pegawai belum tertaut di mesin ini)"
        case "disputed": "(PIN pegawai di mesin ini juga ditautkan ke pegawai lain)"
        case "zone_unknown": "(zona waktu mesin tidak diketahui)"
        case "journal_gap": "(sebagian laporan komputer absen belum diterima)"
        case let why?: "(\(why))"
        }
    }

    /// `1,25%` of thousandths of a per cent.
    package static func percent(_ thousandths: Int) -> String {
        let (whole, rest) = (thousandths.magnitude / 1000, thousandths.magnitude % 1000)
        var digits = Array(String(rest + 1000).dropFirst())
        while digits.last == "0" { digits.removeLast() }
        return (thousandths < 0 ? "−" : "") + "\(whole)" + (digits.isEmpty ? "" : "," + String(digits)) + "%"
    }

    private static func wall(_ minute: Int) -> String {
        let (hour, rest) = (minute / 60, minute % 60)
        return "\(hour < 10 ? "0" : "")\(hour).\(rest < 10 ? "0" : "")\(rest)"
    }
}
