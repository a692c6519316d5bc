import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation

/// A recap as JSON, as a table and as a file for a spreadsheet.
struct RecapReport {
    /// Codes that have a column in any case.
    let bands: Set<String>
    let period: String
    let unit: String?
    let recap: Recap
    let months: [RecapSource.Month]
    let source: RecapSource
    /// For what a month's deductions are of the allowance; empty for a year.
    let rules: [RuleSet]

    func report(_ rows: RecapRows, warning: String? = nil) -> Report {
        let lines: [Line]
        var json = head
        switch rows {
        case .employees:
            lines = employees
            json["employees"] = .array(lines.map(\.json))
        case .units:
            let branches = recap.branches(of: source.roots, in: source.tree)
            lines = branches.flatMap { self.lines($0, depth: 0) }
            json["units"] = .array(branches.map(Shapes.branch))
            json["without_unit"] = Shapes.figures(recap.byUnit[nil] ?? WorkdaySums())
        case .government: lines = []
        }
        let total = Line(
            number: "", name: rows == .government ? "Seluruhnya" : "JUMLAH", sums: recap.total, share: nil,
            json: .null)
        let table = TextTable.text(head: Self.head(rows), rows: (lines + [total]).map { cells($0, rows) })
        return Report(.object(json), caption + "\n\n" + table, csv: csv(lines + [total]), warning: warning)
    }

    private struct Line {
        let number, name: String
        let sums: WorkdaySums
        let share: Int?
        let json: JSONValue
    }

    private var employees: [Line] {
        let sums = recap.byEmployee
        return source.people.employees.filter { sums[$0.id] != nil }
            .sorted { ($0.name, $0.id) < ($1.name, $1.id) }.map { employee in
                let own = sums[employee.id] ?? WorkdaySums()
                let share = rules.isEmpty ? nil : recap.deduction(of: employee.id, by: rules)
                var row = Shapes.name(employee, source)
                row["figures"] = Shapes.figures(own)
                row["month_deduction"] = JSONValue(share)
                return Line(
                    number: employee.number, name: employee.name, sums: own, share: share, json: .object(row))
            }
    }

    private func lines(_ branch: Recap.Branch, depth: Int) -> [Line] {
        let name = String(repeating: "  ", count: min(depth, 8)) + branch.unit.name
        return [Line(number: branch.unit.code ?? "", name: name, sums: branch.total, share: nil, json: .null)]
            + branch.children.flatMap { lines($0, depth: depth + 1) }
    }

    private var head: [String: JSONValue] {
        var head = Shapes.basis(recap)
        head["period"] = .text(period)
        head["unit"] = JSONValue(unit)
        head["total"] = Shapes.figures(recap.total)
        head["months"] = .array(
            months.map { month in
                [
                    "month": .text(month.month.text), "total": Shapes.figures(month.recap.total),
                    "closings": .array(month.closings.map { Shapes.closing($0, source) }),
                    "adjusted_days": JSONValue(month.adjustments.count),
                ]
            })
        return head
    }

    private var caption: String {
        let versions = recap.versions.map(\.description).sorted().joined(separator: ", ")
        let closed = months.flatMap(\.closings).count
        let adjusted = months.reduce(0) { $0 + $1.adjustments.count }
        return [
            "Rekap \(period)\(unit.map { ", " + CentralCommands.shown($0) } ?? "")",
            "Aturan: \(versions.isEmpty ? "-" : versions)",
            "\(recap.total.undecided) dari \(recap.total.allDays) hari belum sinkron atau tanpa jadwal",
            closed > 0 ? "Ada bulan yang sudah ditutup; \(adjusted) hari berubah sesudahnya" : nil,
        ].compactMap { $0 }.joined(separator: "\n")
    }

    // MARK: Tables

    private static func head(_ rows: RecapRows) -> [String] {
        (rows == .employees ? ["NIP", "NAMA"] : rows == .units ? ["KODE", "UNIT"] : ["", ""])
            + ["HARI KERJA", "HADIR", "TL", "MENIT", "PSW", "MENIT", "TK", "BELUM SINKRON", "MANUAL", "POTONGAN"]
    }

    private func cells(_ line: Line, _ rows: RecapRows) -> [String] {
        let sums = line.sums
        return [
            line.number, CentralCommands.shown(line.name), String(sums.workingDays), String(sums.present),
            String(sums.late.days), String(sums.late.minutes), String(sums.early.days), String(sums.early.minutes),
            String(sums.absent), String(sums.undecided), String(sums.manual), DayWords.percent(sums.deduction),
        ]
    }

    // MARK: Spreadsheet

    private func csv(_ lines: [Line]) -> String {
        let seen = recap.byEmployee.values.flatMap { Array($0.late.bands.keys) + Array($0.early.bands.keys) }
        let bands = self.bands.union(seen).filter { !$0.isEmpty }.sorted()
        var head = ["nip", "nama", "periode", "hari_kerja", "hadir_semua"]
        head += DayStatus.allCases.map(\.rawValue)
        head += ["menit_terlambat", "menit_pulang_cepat"]
        head += bands.map { "hari_" + $0 }
        head += ["manual", "manual_di_samping_catatan", "koreksi", "potongan_persen", "potongan_tpp_persen", "aturan"]
        let versions = recap.versions.map(\.description).sorted().joined(separator: " ")
        return CSVText.file([head] + lines.map { spreadsheetRow($0, bands, versions) })
    }

    private func spreadsheetRow(_ line: Line, _ bands: [String], _ versions: String) -> [String] {
        let sums = line.sums
        var row = [CSVText.number(line.number), CSVText.cell(line.name), CSVText.cell(period)]
        row += [String(sums.workingDays), String(sums.present)]
        row += DayStatus.allCases.map { String(sums.count($0)) }
        row += [String(sums.late.minutes), String(sums.early.minutes)]
        for band in bands {
            let late = sums.late.bands[band]?.days ?? 0
            let early = sums.early.bands[band]?.days ?? 0
            row.append(String(late + early))
        }
        row += [String(sums.manual), String(sums.manualBesideRecord), String(sums.corrected)]
        row += [CSVText.decimal(sums.deduction), line.share.map(CSVText.decimal) ?? "", CSVText.cell(versions)]
        return row
    }
}
