import AttendanceRules
import CentralPages
import Foundation

/// Pages about people, with every block there is.
enum PersonSamples {
    static func date(_ day: Int) -> CivilDate { CivilDate(year: 2026, month: 11, day: day) ?? .first }

    /// - Parameter text: stands wherever something from outside does; `nil` for what an office has.
    static func pages(_ text: String? = nil) -> [String: PersonPage] {
        func said(_ own: String) -> String { text ?? own }
        let who = PersonPage.Who(
            name: said("Ani Wulandari, S.Kom."), number: said("198609262015051001"),
            post: said("Pranata Komputer Ahli Pertama"), unit: said("Dinas Komunikasi dan Informatika"),
            links: [.init(said("Bulan"), "/pegawai/12"), .init(said("Di mana absennya?"), "/pegawai/12/jejak")])
        let place = PagePlace(
            area: .people, path: "/pegawai/12", title: said("Ani Wulandari"), lead: said("November 2026"),
            style: "orang",
            neighbours: [.init(path: "/pegawai", label: said("Cari pegawai"), icon: "office")])
        return [
            "orang-bulan": PersonPage(
                place,
                [
                    .who(who), .stepper(stepper(said)), .figures(figures(said)), .month(month(said)),
                    .lines(lines(said)),
                ],
                work: work(said)),
            "orang-jejak": PersonPage(
                place,
                [
                    .who(who), .answer(answer(.bad, said)), .journeys(journeys(said)), .devices(devices(said)),
                    .answer(answer(.ok, said)), .journeys([]), .devices([]), .stepper(stepper(said)),
                ]),
        ]
    }

    private static func stepper(_ said: (String) -> String) -> PersonPage.Stepper {
        PersonPage.Stepper(
            earlier: .init(said("Oktober 2026"), "/pegawai/12?month=2026-10"),
            later: .init(said("Desember 2026"), "/pegawai/12?month=2026-12"), path: "/pegawai/12", field: said("month"),
            value: said("2026-11"), isMonth: true)
    }

    private static func figures(_ said: (String) -> String) -> [PersonPage.Figure] {
        [
            .init(said("Hadir"), said("14 hari"), note: said("dari 15 hari kerja"), tone: .ok),
            .init(said("Terlambat"), said("47 menit"), note: said("3 kali"), tone: .warn),
            .init(said("Pulang cepat"), said("0 menit"), note: said("0 kali")),
            .init(said("Tidak ada scan"), said("1 kali"), note: said("masuk atau pulang"), tone: .warn),
            .init(said("Tanpa keterangan"), said("1 hari"), tone: .bad),
            .init(said("Cuti, izin, dinas"), said("2 hari")),
            .init(said("Belum sinkron"), said("1 hari"), note: said("belum diputuskan")),
            .init(said("Potongan"), said("4,5%"), note: said("dari tunjangan bulan ini")),
        ]
    }

    private static func month(_ said: (String) -> String) -> PersonPage.Month {
        let kinds: [(PersonPage.Tone, String, String, String, String)] = [
            (.ok, "Hadir", "07.21", "16.04", ""), (.warn, "Terlambat", "07.47", "16.02", "17 menit terlambat"),
            (.bad, "Tanpa keterangan", "", "", ""), (.idle, "Belum sinkron", "07.25", "", ""),
            (.warn, "Tidak ada scan pulang", "07.29", "", ""), (.idle, "Cuti karena alasan penting", "", "", ""),
            (.ok, "Hadir", "07.02", "16.31", ""),
        ]
        return PersonPage.Month(
            days: (1...30).map { day in
                let date = date(day)
                guard day <= 22 else { return .init(date: date, tone: .off, status: "") }
                guard date.weekday != .saturday, date.weekday != .sunday else {
                    return .init(
                        date: date, tone: .off, status: said("Libur"), link: "/pegawai/12/hari/\(date.text)",
                        isToday: day == 22)
                }
                let kind = kinds[day % kinds.count]
                return .init(
                    date: date, tone: kind.0, status: said(kind.1), arrival: kind.2.isEmpty ? "" : said(kind.2),
                    departure: kind.3.isEmpty ? "" : said(kind.3), note: kind.4.isEmpty ? "" : said(kind.4),
                    link: "/pegawai/12/hari/\(date.text)")
            })
    }

    private static func lines(_ said: (String) -> String) -> PersonPage.Lines {
        PersonPage.Lines(
            said("Mengapa begini"), lead: said("dihitung dari bukti yang ada sekarang"),
            lines: [
                said("Hari kerja 07.30–16.00 (jadwal nasional-5-hari)."),
                said("Scan 07.47.12 di mesin CJ9L170560001: dihitung sebagai scan masuk."),
                said("Hasil: terlambat, potongan 0,5%."),
            ])
    }

    private static func work(_ said: (String) -> String) -> [WorkPage.Block] {
        [
            .notice(.init(.idle, said("November 2026 sudah ditutup pada 3 Desember 2026."))),
            .form(
                .init(
                    said("Koreksi tanggal ini"), path: "/pegawai/12/hari/2026-11-02/koreksi",
                    fields: [.init(said("document"), said("Nomor surat"), said("SK 7/2026"), isNeeded: true)],
                    buttons: [.init(said("Lihat pratinjau"), action: "pratinjau")])),
        ]
    }

    private static func answer(_ tone: PersonPage.Tone, _ said: (String) -> String) -> PersonPage.Answer {
        PersonPage.Answer(
            tone: tone, title: said("Hari ini, Minggu, 22 November 2026"),
            text: said(
                "Absen masuk tidak ada di pusat: perangkat Lobi lengkap sampai pukul 07.45 dan tidak mencatat absen dengan "
                    + "PIN 1207."),
            advice: said("Bila yakin sudah absen, hubungi petugas unit: periksa apakah PIN itu benar."),
            link: .init(said("Rincian hitungan"), "/pegawai/12/hari/2026-11-22"))
    }

    private static func journeys(_ said: (String) -> String) -> [PersonPage.Journey] {
        [
            PersonPage.Journey(
                title: said("07.47.12"), tone: .ok, fate: said("Dihitung sebagai scan masuk"),
                steps: [
                    .init(said("Perangkat"), time: said("07.47.12"), note: said("Lobi, PIN 1207")),
                    .init(
                        said("Komputer absen"), time: said("07.47.15"),
                        note: said("Dinas Komunikasi dan Informatika, catatan 3f2a90bc/120450")),
                    .init(said("Pusat"), time: said("07.47.16"), note: said("4 detik sesudah absen")),
                    .init(said("Belum dihitung"), time: said("07.47.18"), note: said("2 November 2026"), isDone: false),
                ])
        ]
    }

    private static func devices(_ said: (String) -> String) -> [PersonPage.Device] {
        [
            PersonPage.Device(
                name: said("Gudang"), unit: said("Dinas Komunikasi dan Informatika"), tone: .bad,
                word: said("belum lengkap"),
                sentences: [said("perangkat Gudang belum terbaca sejak pukul 07.30.")],
                advice: said("Absen tersimpan di perangkat."))
        ]
    }
}
