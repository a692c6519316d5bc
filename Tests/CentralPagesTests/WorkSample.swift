import CentralPages

/// Pages of BKPSDM with invented people, to be looked at.
enum WorkSample {
    static var pages: [String: WorkPage] {
        ["kepegawaian": overview, "kepegawaian-lembar": sheet, "kepegawaian-bulan": months]
    }

    private static func place(_ path: String, _ title: String, _ lead: String) -> PagePlace {
        PagePlace(
            area: .personnel, path: path, title: title, lead: lead, style: "kepegawaian",
            neighbours: [
                .init(path: "/kepegawaian", label: "Ringkasan", icon: "summary"),
                .init(path: "/kepegawaian/pin", label: "PIN belum dikenal", icon: "scan"),
                .init(path: "/kepegawaian/lembar", label: "Lembar manual", icon: "office"),
                .init(path: "/kepegawaian/bulan", label: "Tutup bulan", icon: "coverage"),
            ])
    }

    static var overview: WorkPage {
        WorkPage(
            place("/kepegawaian", "Kepegawaian", "Yang menunggu dikerjakan."),
            [
                .tiles([
                    .init(
                        "PIN belum dikenal", 42, note: "scan-nya belum dihitung", tone: .warn, link: "/kepegawaian/pin"),
                    .init("PIN diakui dua orang", 1, note: "tidak dihitung", tone: .bad, link: "/kepegawaian/pin"),
                    .init(
                        "Hari belum pasti, Oktober 2026", 311, note: "menghalangi", tone: .warn,
                        link: "/kepegawaian/bulan"),
                    .init("Pegawai tanpa akun", 0, note: "semua punya", tone: .ok, link: "/akun"),
                ]),
                .table(
                    .init(
                        "Hari yang belum pasti, per unit", lead: "Unit itu sendiri.",
                        columns: [
                            "Unit", .init("Oktober 2026", isNumber: true), .init("November 2026", isNumber: true),
                        ],
                        rows: [
                            ["Dinas Pendidikan", .init("211", link: "/kepegawaian/bulan/2026-10/4"), "1.022"],
                            ["Kecamatan <Batang> Kapas", .init("100", link: "/kepegawaian/bulan/2026-10/5"), "0"],
                        ], empty: "")),
            ])
    }

    static var sheet: WorkPage {
        let people = ["Ani Invented", "Budi Invented", "Citra Invented"]
        let rows = people.enumerated().map { index, name -> [WorkPage.Cell] in
            var arrival = WorkPage.Field("m-\(index)", "Masuk, \(name)", "16:00", kind: .clock)
            if index == 1 { arrival.problem = "jam pulang 07:30 tidak sesudah jam masuk 16:00" }
            return [
                .init(name, note: "19860926201505100\(index)"), .field(arrival),
                .field(.init("p-\(index)", "Pulang, \(name)", "07:30", kind: .clock)),
            ]
        }
        return WorkPage(
            place("/kepegawaian/lembar", "Lembar manual", "Daftar hadir bertanda tangan."),
            [
                .notice(.init(.bad, "Belum dapat disimpan.", lines: ["Budi Invented: jam pulang sebelum jam masuk"])),
                .form(
                    .init(
                        "Dinas Pendidikan, 3 Februari 2026", lead: "Kosongkan baris orang yang tidak bertanda tangan.",
                        path: "/kepegawaian/lembar",
                        fields: [
                            .init("dokumen", "Nomor dokumen", "DH/1", hint: "Surat yang menjadi dasar", isNeeded: true),
                            .init("alasan", "Alasan", hint: "Hanya dibaca kepegawaian", isNeeded: true),
                            .init("unit", "Unit", "2", kind: .select([.init("1", "Dinas"), .init("2", "– Bagian")])),
                            .init("setuju", "Sudah diperiksa", kind: .check),
                        ],
                        tables: [
                            .init("", columns: ["Pegawai", "Masuk (JJ:MM)", "Pulang (JJ:MM)"], rows: rows, empty: "")
                        ],
                        buttons: [
                            .init("Periksa lagi", action: "periksa", isMain: false),
                            .init("Simpan lembar", action: "simpan"),
                        ])),
            ])
    }

    static var months: WorkPage {
        WorkPage(
            place("/kepegawaian/bulan", "Tutup bulan", "Angka yang dipakai untuk pembayaran."),
            [
                .notice(.init(.ok, "Bulan ditutup.")),
                .table(
                    .init(
                        "Bulan per unit", columns: ["Unit", "November 2026", "Oktober 2026"],
                        rows: [
                            [
                                "Dinas Pendidikan",
                                .pill(
                                    .idle, "berjalan", note: "12 hari belum pasti", link: "/kepegawaian/bulan/2026-11/3"
                                ),
                                .pill(.warn, "belum ditutup", link: "/kepegawaian/bulan/2026-11/3"),
                            ],
                            [
                                .init("SD Negeri 1", depth: 1),
                                .pill(.idle, "berjalan", link: "/kepegawaian/bulan/2026-11/3"),
                                .pill(.ok, "ditutup", link: "/kepegawaian/bulan/2026-11/3"),
                            ],
                        ], empty: "", links: [.init("Berikutnya", "/kepegawaian/bulan?halaman=1")])),
            ])
    }
}
