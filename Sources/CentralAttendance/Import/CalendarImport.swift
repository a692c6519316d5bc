import AttendanceRules
import CentralStore
import TableFiles

/// A list of days off.
enum CalendarImport {
    static let columns = [
        ImportColumn("Tanggal", ["date", "tgl", "hari"], isRequired: true),
        ImportColumn("Nama", ["name", "nama libur", "nama hari", "uraian", "keterangan"], isRequired: true),
        ImportColumn("Jenis", ["kind", "jenis libur"], isRequired: true),
        ImportColumn("Sumber", ["source", "dasar", "dasar hukum", "SKB", "citation", "dokumen"]),
        ImportColumn("Keyakinan", ["confidence"]),
        ImportColumn("Kelompok", ["groups", "kelompok jadwal", "group"]),
    ]

    static func plan(_ file: TableFile, _ calendar: [CalendarDay], _ options: ImportOptions) -> ImportPlan {
        var draft = ImportDraft<HoursChange>(.calendar)
        let table = ImportTable(file, columns, &draft)
        var present: [String: CalendarDay] = [:]
        for day in calendar { present[key(day)] = day }
        var lines: [String: Int] = [:]
        for row in table.rows {
            guard let day = day(row, options, &draft) else { continue }
            if let first = lines.updateValue(row.line, forKey: key(day)) {
                draft.error(row.line, "Tanggal", "\(day.date) (\(day.kind.rawValue)) sudah ada di baris \(first)")
                continue
            }
            if ["low", "rendah"].contains(row["Keyakinan"].lowercased()) {
                draft.warn(row.line, "Keyakinan", "sumbernya belum pasti; periksa dengan SKB")
            }
            let known = present[key(day)]
            if known == day {
                draft.unchanged += 1
                continue
            }
            draft.change(row.line, .calendar(day))
            draft.step(
                row.line, known == nil ? .add : .change, day.date.text,
                "\(day.kind.rawValue): \(day.name)"
                    + (day.groups.isEmpty ? "" : " (\(day.groups.joined(separator: ", ")))"))
        }
        return draft.plan { .hours($0) }
    }

    private static func day(
        _ row: ImportTable.Row, _ options: ImportOptions, _ draft: inout ImportDraft<HoursChange>
    ) -> CalendarDay? {
        let date = ImportText.date(row["Tanggal"])
        if date == nil {
            draft.error(row.line, "Tanggal", "\"\(ImportText.shown(row["Tanggal"]))\" " + ImportText.dateAdvice)
        }
        let kind = kinds[ImportText.folded(row["Jenis"])]
        if kind == nil {
            draft.error(
                row.line, "Jenis",
                "\"\(ImportText.shown(row["Jenis"]))\" tidak dikenal; isi libur, cuti bersama atau libur daerah")
        }
        let name = row["Nama"]
        let isNamed = !name.isEmpty && name.utf8.count <= ImportLimits.longestName
        if !isNamed { draft.error(row.line, "Nama", "kosong atau lebih dari \(ImportLimits.longestName) byte") }
        let source = row["Sumber"].isEmpty ? options.document : row["Sumber"]
        let isCited = source.utf8.count <= ImportLimits.longestReason
        if !isCited { draft.error(row.line, "Sumber", "lebih dari \(ImportLimits.longestReason) byte; pendekkan") }
        let groups = row["Kelompok"].split(whereSeparator: { $0 == "," || $0 == ";" }).map {
            ImportText.clean(String($0))
        }.filter { !$0.isEmpty }
        guard let date, let kind, isNamed, isCited else { return nil }
        return CalendarDay(date: date, name: name, kind: kind, citation: source, groups: groups)
    }

    private static func key(_ day: CalendarDay) -> String { "\(day.date) \(day.kind.rawValue)" }

    private static let kinds: [String: CalendarDay.Kind] = [
        "libur": .libur, "liburnasional": .libur, "harilibur": .libur, "holiday": .libur,
        "cutibersama": .cutiBersama, "cber": .cutiBersama, "collectiveleave": .cutiBersama,
        "liburdaerah": .liburDaerah, "liburlokal": .liburDaerah, "localholiday": .liburDaerah,
    ]
}
