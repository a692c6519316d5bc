import AttendanceRules
import CentralStore
import Foundation
import TableFiles

/// Files for another system's upload form: one row per employee-day or employee-month, keyed by NIP. The columns are
/// fixed and described in docs/exports.md; a later version adds columns at the end only. Nothing here talks to BKN.
extension Exporter {
    private static let dayColumns = [
        "nip", "nama", "tanggal", "kode_unit", "unit", "status", "jam_masuk", "jam_pulang", "utc_offset",
        "menit_terlambat", "golongan_terlambat", "terlambat_dimaafkan", "menit_pulang_awal", "golongan_pulang_awal",
        "pulang_awal_dimaafkan", "potongan_persen", "manual", "dikoreksi", "aturan", "bulan_ditutup",
    ]

    mutating func writeUploadDays() async throws {
        try writer.begin(sheet("Harian", Self.dayColumns.map { TableColumn($0, width: 14) }, fixed: 2, title: []))
        for month in request.months {
            try await eachGroup(month) { exporter, group, days in
                for employee in group {
                    for day in days[employee.id] ?? [] { try exporter.row(exporter.dayCells(employee, day)) }
                }
            }
        }
    }

    private func dayCells(_ employee: Employee, _ day: StoredWorkday) -> [TableCell] {
        let workday = day.workday
        let number = employee.employment(on: workday.date)?.number ?? employee.number
        let offset = offset(of: day.unit, on: workday.date)
        let words = DayWords(date: workday.date, offset: offset)
        func flag(_ flag: Bool) -> TableCell { .number(flag ? 1 : 0) }
        func time(_ side: Workday.Side) -> TableCell {
            side.at.map { .text(Self.clock(words, $0)) } ?? .blank
        }
        return [
            .id(number), .text(employee.name), .text(workday.date.text),
            day.unit.flatMap { context.source.tree[$0]?.code }.map(TableCell.id) ?? .blank,
            .text(roll.unitName(day.unit)), .text(workday.status.rawValue), time(workday.arrival),
            time(workday.departure), .text(Self.text(offset: offset)), .number(workday.arrival.minutes),
            .text(workday.arrival.band ?? ""), flag(workday.arrival.isExcused), .number(workday.departure.minutes),
            .text(workday.departure.band ?? ""), flag(workday.departure.isExcused), .decimal(workday.deduction),
            flag(workday.flags.contains(.manual)), flag(workday.flags.contains(.corrected)),
            .text(workday.rules?.description ?? ""), flag(roll.isClosed(workday.date.month, day.unit)),
        ]
    }

    private static let monthColumns =
        ["nip", "nama", "periode", "kode_unit", "unit", "hari_kerja", "hadir_semua"]
        + DayStatus.allCases.map(\.rawValue)
        + [
            "menit_terlambat", "menit_pulang_awal", "kali_terlambat", "kali_pulang_awal", "tanpa_scan_masuk",
            "tanpa_scan_pulang", "potongan_persen", "potongan_tpp_persen", "manual", "dikoreksi", "aturan",
            "bulan_ditutup",
        ]

    mutating func writeUploadMonths() async throws {
        try writer.begin(sheet("Bulanan", Self.monthColumns.map { TableColumn($0, width: 14) }, fixed: 2, title: []))
        for month in request.months {
            try await eachGroup(month) { exporter, group, days in
                var recap = Recap()
                for day in days.values.joined() { recap.add(day) }
                for employee in group {
                    guard let own = days[employee.id] else { continue }
                    let share = recap.deduction(of: employee.id, by: exporter.rules)
                    try exporter.row(exporter.monthCells(employee, own, month, share))
                }
            }
        }
    }

    private func monthCells(
        _ employee: Employee, _ days: [StoredWorkday], _ month: CivilMonth, _ share: Int?
    ) -> [TableCell] {
        let sums = WorkdaySums(days.map(\.workday))
        let unit = days.last?.unit
        let versions = Set(days.compactMap(\.workday.rules)).map(\.description).sorted().joined(separator: " ")
        var cells: [TableCell] = [
            .id(roll.number(of: employee, in: month)), .text(employee.name), .text(month.text),
            unit.flatMap { context.source.tree[$0]?.code }.map(TableCell.id) ?? .blank, .text(roll.unitName(unit)),
            .number(sums.workingDays), .number(sums.present),
        ]
        cells += DayStatus.allCases.map { .number(sums.count($0)) }
        cells += [
            .number(sums.late.minutes), .number(sums.early.minutes), .number(sums.late.days),
            .number(sums.early.days), .number(sums.late.missing), .number(sums.early.missing),
            .decimal(sums.deduction), share.map(TableCell.decimal) ?? .blank, .number(sums.manual),
            .number(sums.corrected), .text(versions), .number(roll.isClosed(month, unit) ? 1 : 0),
        ]
        return cells
    }

    // MARK: Times

    /// Of the unit's clocks at noon of the date.
    func offset(of unit: Int64?, on date: CivilDate) -> Int {
        let zone = context.source.tree.zone(of: unit, government: context.paper.zone)
        return zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(date.dayNumber) * 86_400 + 18_000))
    }

    /// `07:30:05`, on whatever day; the hours of a day after go on from 24.
    private static func clock(_ words: DayWords, _ moment: Moment) -> String {
        let seconds = moment.seconds + Int64(words.offset) - Int64(words.date.dayNumber) * 86_400
        guard seconds >= 0 else { return words.time(moment) }
        return [seconds / 3600, seconds / 60 % 60, seconds % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
            .joined(separator: ":")
    }

    /// Without a sign in front, which a spreadsheet would compute: `UTC+07:00`.
    static func text(offset: Int) -> String {
        let minutes = offset.magnitude / 60
        let parts = [minutes / 60, minutes % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
        return "UTC\(offset < 0 ? "-" : "+")\(parts.joined(separator: ":"))"
    }
}
