import AttendanceRules
import CentralStore
import TableFiles

/// Days that are not known: whose, which device is missing from when to when, and why.
extension Exporter {
    /// People whose scans are read at one time to say why; more would read everybody's.
    private static let people = 100
    /// Lines of one day.
    private static let mostLines = 40

    mutating func writeUnsynced() async throws {
        let columns = [
            TableColumn("Tanggal", width: 11), TableColumn("NIP", width: 21), TableColumn("Nama", width: 30),
            TableColumn("Unit", width: 28), TableColumn("Mesin", width: 18), TableColumn("Unit mesin", width: 24),
            TableColumn("Sisi", width: 9), TableColumn("Dari", width: 18), TableColumn("Sampai", width: 18),
            TableColumn("Sebab", width: 60),
        ]
        try writer.begin(sheet("Belum sinkron", columns, fixed: 3))
        let devices = Dictionary(
            context.source.people.devices.map { ($0.serial, $0.unit) }, uniquingKeysWith: { first, _ in first })
        for month in request.months {
            try await eachGroup(month, of: Self.people) { exporter, group, days in
                var open: [Int64: Set<CivilDate>] = [:]
                for day in days.values.joined() where !day.workday.status.isDecided {
                    open[day.employee, default: []].insert(day.workday.date)
                }
                guard !open.isEmpty else { return }
                let reasons = try await exporter.context.explanations(open)
                for employee in group {
                    for day in days[employee.id] ?? [] where !day.workday.status.isDecided {
                        let lines = reasons[employee.id]?[day.workday.date] ?? []
                        try exporter.write(day, of: employee, lines, devices)
                    }
                }
            }
        }
    }

    private mutating func write(
        _ day: StoredWorkday, of employee: Employee, _ lines: [Explanation], _ devices: [String: Int64]
    ) throws {
        let date = day.workday.date
        let words = DayWords(date: date, offset: offset(of: day.unit, on: date))
        let head: [TableCell] = [
            .text(date.text), .id(roll.number(of: employee, in: date.month)), .text(employee.name),
            .text(roll.unitName(day.unit)),
        ]
        var written = 0
        for line in lines {
            for gap in gaps(line) {
                guard written < Self.mostLines else { break }
                // A device of another unit is named, as the person's own page names it; whose it is stays there.
                let unit = devices[gap.serial].flatMap { context.source.scope.contains($0) ? roll.unitName($0) : "" }
                try row(
                    head + [
                        .id(gap.serial), .text(unit ?? ""), .text(gap.side == .arrival ? "masuk" : "pulang"),
                        .text(words.time(gap.span.lowerBound)), .text(words.time(gap.span.upperBound)),
                        .text(Self.reason(gap.why)),
                    ])
                written += 1
            }
        }
        guard written == 0 else { return }
        let why = lines.compactMap { Self.whole($0, words) }.first
        try row(
            head + [
                .blank, .blank, .blank, .blank, .blank,
                .text(
                    why
                        ?? (day.workday.status == .tanpaJadwal
                            ? "Belum ada jadwal yang mengikat kelompok pegawai ini."
                            : "Sedang dihitung ulang; buat berkas ini lagi sebentar lagi.")),
            ])
    }

    private struct Missing {
        let side: Explanation.SideName
        let serial: String
        let span: Range<Moment>
        let why: String?
    }

    private func gaps(_ line: Explanation) -> [Missing] {
        guard case .incomplete(let side, let serial, let range, let gaps) = line else { return [] }
        if gaps.isEmpty { return [Missing(side: side, serial: serial, span: range, why: nil)] }
        return gaps.map { Missing(side: side, serial: serial, span: $0.span.clamped(to: range), why: $0.why) }
            .map { gap in
                gap.span.isEmpty ? Missing(side: side, serial: serial, span: range, why: gap.why) : gap
            }
    }

    private static func reason(_ why: String?) -> String {
        let text = DayWords.reason(why)
        return String(text.dropFirst().dropLast())
    }

    private static func whole(_ line: Explanation, _ words: DayWords) -> String? {
        switch line {
        case .notLinked, .noDevice, .noSchedule: words.text(line)
        default: nil
        }
    }
}
