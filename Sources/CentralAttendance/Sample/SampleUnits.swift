import AttendanceRules
import CentralStore

/// One unit of the invented government.
package struct SampleUnit: Equatable, Sendable {
    package let index: Int
    package let name: String
    package let code: String
    package let kind: UnitKind
    /// Index of the unit above; `nil` below the government itself.
    package let parent: Int?
    /// How many people it has beside others of the list.
    let weight: Int
    /// Has no device of its own: its people scan where the unit above does.
    let borrows: Bool
    let hours: SampleGroup
    /// Of ten of its people, how many work in shifts.
    let shifts: Int

    /// Of a network nothing reaches it: a stick is carried to the office once a week.
    package var isStickOnly: Bool { index % 11 == 5 }
}

/// The tree of units: the six that every size has, then as many of the others as are asked for.
enum SampleUnits {
    static let government = "Pemerintah Kabupaten Contoh"

    static func make(_ count: Int) -> [SampleUnit] {
        var units: [SampleUnit] = []
        var counters: [String: Int] = [:]
        func number(_ what: String) -> Int {
            counters[what, default: 0] += 1
            return counters[what] ?? 1
        }
        func add(
            _ name: String, _ kind: UnitKind, parent: Int? = nil, weight: Int, borrows: Bool = false,
            hours: SampleGroup = .fiveDays, shifts: Int = 0
        ) {
            let index = units.count
            units.append(
                SampleUnit(
                    index: index, name: name, code: code(index), kind: kind, parent: parent, weight: weight,
                    borrows: borrows, hours: hours, shifts: shifts))
        }
        add("Sekretariat Daerah", .opd, weight: 30)
        add("Dinas Kesehatan", .opd, weight: 25)
        add("Dinas Pendidikan", .opd, weight: 30)
        add("Satuan Polisi Pamong Praja", .opd, weight: 35, shifts: 5)
        add("Puskesmas \(SampleNames.place(0))", .puskesmas, parent: 1, weight: 15, hours: .sixDays)
        add("SD Negeri 1 \(SampleNames.place(number("sd")))", .sekolah, parent: 2, weight: 10, hours: .sixDays)
        if count > 6 { add("RSUD Kabupaten Contoh", .uptd, parent: 1, weight: 90, shifts: 3) }
        var lastDistrict: Int?
        while units.count < count {
            switch (units.count - 7) % 10 {
            case 0, 5:
                let turn = number("bagian")
                if turn <= sections.count {
                    add("Bagian \(sections[turn - 1])", .bagian, parent: 0, weight: 5, borrows: true)
                } else {
                    add("UPTD Pelayanan \(SampleNames.place(turn))", .uptd, weight: 8)
                }
            case 1, 6:
                lastDistrict = units.count
                add("Kecamatan \(SampleNames.place(number("kecamatan")))", .kecamatan, weight: 12)
            case 2, 7:
                add(
                    "Kelurahan \(SampleNames.place(number("kelurahan") + 16))", .kelurahan, parent: lastDistrict,
                    weight: 5)
            case 3:
                let turn = number("dinas")
                let name = turn <= offices.count ? offices[turn - 1] : "Dinas Pelayanan \(turn)"
                add(name, .opd, weight: 25)
            case 4:
                add(
                    "Puskesmas \(SampleNames.place(number("puskesmas")))", .puskesmas, parent: 1, weight: 15,
                    hours: .sixDays)
            case 8:
                add("SD Negeri 1 \(SampleNames.place(number("sd")))", .sekolah, parent: 2, weight: 10, hours: .sixDays)
            default:
                add("SMP Negeri \(number("smp") + 1) Contoh", .sekolah, parent: 2, weight: 14, hours: .sixDays)
            }
        }
        return Array(units.prefix(count))
    }

    private static func code(_ index: Int) -> String {
        let number = String(index + 1)
        return "9.99." + String(repeating: "0", count: max(0, 3 - number.utf8.count)) + number
    }

    private static let sections = ["Umum", "Hukum", "Organisasi", "Kesejahteraan Rakyat", "Perekonomian", "Protokol"]
    private static let offices = [
        "Dinas Pekerjaan Umum", "Dinas Sosial", "Dinas Perhubungan", "Dinas Komunikasi dan Informatika",
        "Dinas Lingkungan Hidup", "Dinas Pertanian", "Badan Kepegawaian dan Pengembangan SDM",
        "Badan Pendapatan Daerah",
        "Dinas Kependudukan dan Pencatatan Sipil", "Dinas Perpustakaan dan Kearsipan", "Inspektorat Daerah",
        "Dinas Pariwisata", "Badan Perencanaan Pembangunan Daerah", "Dinas Ketahanan Pangan",
    ]
}

/// Which hours bind a person; the word in `Placement.group`.
package enum SampleGroup: String, Sendable, CaseIterable {
    case fiveDays = "umum"
    case sixDays = "enam-hari"
    case shifts = "piket"
}
