import Attendance
import AttendanceRules
import Foundation
import Testing

/// One month of one invented employee, as an officer would write it down: Months/*.txt.
struct MonthFile {
    struct Row {
        let date: CivilDate
        let scans: [String]
        let status: DayStatus
        let late: Int
        let early: Int
        let deduction: Int
        let shift: String?
    }

    private(set) var rows: [Row] = []
    private(set) var kind = EmployeeKind.pns
    private(set) var offset = Day.wib
    private(set) var group = ""
    private(set) var rules: [RuleSet] = []
    private(set) var allowance = 0
    private(set) var leave: [ApprovedLeave] = []
    private(set) var corrections: [CivilDate: [Correction]] = [:]
    private(set) var sheets: [CivilDate: [SheetLine]] = [:]
    private(set) var holes: [Range<Moment>] = []
    /// A day as it was before the calendar had it.
    private(set) var before: (date: CivilDate, status: DayStatus, deduction: Int)?
    /// What the foot of the page says.
    private(set) var totals: [String: String] = [:]

    static func lines(_ name: String) throws -> [String] {
        let folder = try #require(Bundle.module.url(forResource: "Months", withExtension: nil))
        let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
        return text.split(separator: "\n").map(String.init)
    }

    init(_ name: String) throws {
        for line in try Self.lines("\(name).txt") where !line.hasPrefix("#") && !line.hasPrefix("hari ") {
            if line.contains("|") { rows.append(try Self.row(line)) } else { try head(line.words) }
        }
    }

    private static func row(_ line: String) throws -> Row {
        let cells = line.split(separator: "|", omittingEmptySubsequences: false).map(\.words)
        let note = cells[6]
        return Row(
            date: Day.date(cells[0][1]), scans: cells[1], status: try #require(DayStatus(rawValue: cells[2][0])),
            late: try #require(Int(cells[3][0])), early: try #require(Int(cells[4][0])),
            deduction: try thousandths(cells[5][0]), shift: note.first == "sif" ? String(note[1].dropLast()) : nil)
    }

    /// `1.25` per cent is 1250.
    static func thousandths(_ text: String) throws -> Int {
        let parts = text.split(separator: ".")
        let fraction = parts.count > 1 ? String(parts[1]) : ""
        let whole = try #require(Int(parts[0]))
        return try whole * 1000 + #require(Int(fraction + String(repeating: "0", count: 3 - fraction.count)))
    }

    private mutating func head(_ words: [String]) throws {
        switch words[0] {
        case "pegawai":
            kind = try #require(EmployeeKind(rawValue: words[1]))
            offset = words[2] == "wita" ? Day.wita : Day.wib
        case "kelompok": group = words[1]
        case "aturan": rules = [try #require(Self.sets[words[1]])]
        case "tpp": allowance = try #require(Int(words[1]))
        case "cuti":
            let kind = try #require(LeaveKind(rawValue: words[1]))
            let span = DateSpan(from: Day.date(words[2]), to: Day.date(words[3]))
            leave.append(ApprovedLeave(id: Int64(leave.count), kind: kind, span: span, document: "SK"))
        case "lubang": holes.append(moment(words[1], words[2])..<moment(words[3], words[4]))
        case "daftar":
            let line = SheetLine(
                sheet: 1, arrival: Clock.minute(words[2]), departure: Clock.minute(words[3]), document: "Daftar")
            sheets[Day.date(words[1]), default: []].append(line)
        case "koreksi": corrections[Day.date(words[1]), default: []].append(try Self.correction(words))
        case "sebelum":
            let status = try #require(DayStatus(rawValue: words[2]))
            before = (Day.date(words[1]), status, try Self.thousandths(words[3]))
        case "jumlah", "kelas", "hasil":
            for word in words.dropFirst() {
                let parts = word.split(separator: "=").map(String.init)
                totals[parts[0]] = parts[1]
            }
        default: Issue.record("no such line: \(words)")
        }
    }

    private static func correction(_ words: [String]) throws -> Correction {
        let kind: Correction.Kind =
            switch words[2] {
            case "masuk": .arrival(minute: Clock.minute(words[3]))
            case "pulang": .departure(minute: Clock.minute(words[3]))
            case "maaf_terlambat": .excuseLate
            case "maaf_pulang": .excuseEarly
            default: .present
            }
        return Correction(id: 1, kind: kind, document: "BA")
    }

    private func moment(_ date: String, _ time: String) -> Moment {
        Moment(Day.date(date), minute: Clock.minute(time), offset: offset)
    }

    private static let sets: [String: RuleSet] = [
        "A": Rules.setA, "B": Rules.setB, "C": Rules.setC,
        "P": Rules.set(
            "P", late: [500, 1000, 1500, 2000], early: [500, 1000, 1500, 2000], absence: 4000,
            base: .part(40_000, isCapped: true), leave: [.izin: 2000, .cutiSakit: 1000], kinds: [.pppk]),
        "N": RuleSet(
            version: Rules.version("N"), title: "Non-ASN", citation: "contoh", span: Rules.always, kinds: [.nonASN],
            seconds: .floor, lateFrom: .start, late: [], early: [], missingArrival: .nothing,
            missingDeparture: .nothing, absenceRate: 1000, base: .full),
    ]

    // MARK: What the rules make of it

    /// Every day gets all scans of the month: which belong to it is for the rules to say.
    func evidence(_ planner: DayPlanner) -> [WorkdayEvidence] {
        let scans = rows.enumerated().flatMap { number, row in
            row.scans.map { Day.scan($0, on: row.date, offset: offset, number: number) }
        }
        let first = rows[0].date, last = rows[rows.count - 1].date
        let month = Moment(first, minute: -1440, offset: offset)..<Moment(last, minute: 3 * 1440, offset: offset)
        let record = DeviceRecord(
            serial: "D1", nodes: [[DeviceClaim(span: month, holes: holes.map { .init(span: $0, why: "device_off") })]])
        let roster = Dictionary(uniqueKeysWithValues: rows.map { ($0.date, $0.shift) })
        func plan(_ date: CivilDate) -> DayPlan {
            guard group == "sif" else { return planner.plan(for: group, on: date) }
            guard let shift = roster[date] else { return .none }
            return planner.plan(for: group, on: date, roster: shift.map { .shift($0) } ?? .free)
        }
        return rows.map { row in
            WorkdayEvidence(
                date: row.date, offset: offset, plan: plan(row.date), before: plan(row.date.adding(days: -1)),
                after: plan(row.date.adding(days: 1)), kind: kind, scans: scans, records: [record], leave: leave,
                corrections: corrections[row.date] ?? [], sheets: sheets[row.date] ?? [])
        }
    }

    func workdays(_ planner: DayPlanner) -> [Workday] {
        let judge = WorkdayJudge(rules: rules)
        return evidence(planner).map(judge.judge)
    }

    /// The foot of the page in the words of the files.
    func totals(_ sums: WorkdaySums) throws -> [String: String] {
        let rules = try #require(rules.first)
        var totals = Dictionary(uniqueKeysWithValues: sums.days.map { ($0.key.rawValue, "\($0.value)") })
        for (code, tally) in sums.late.bands { totals[code.isEmpty ? "TL-" : code] = "\(tally.days)/\(tally.minutes)" }
        for (code, tally) in sums.early.bands {
            totals[code.isEmpty ? "PSW-" : code] = "\(tally.days)/\(tally.minutes)"
        }
        totals["hari_kerja"] = "\(sums.workingDays)"
        totals["menit"] = "\(sums.minutes)"
        totals["hari_menit"] = "\(sums.daysOfMinutes(perDay: rules.minutesPerDay))"
        totals["potongan"] = Self.percent(sums.deduction)
        totals["rupiah"] =
            "\(MonthDeduction(sum: sums.deduction, of: rules.base).rupiah(of: allowance).rounded(rules.rounding))"
        totals["persen_hadir"] = sums.presentShare.map(Self.percent)
        let excused = sums.late.excused
        for (word, number) in [
            ("manual", sums.manual), ("koreksi", sums.corrected), ("kerja_libur", sums.workedOnRestDay),
            ("kerja_cuti_bersama", sums.workedOnCollectiveLeave),
        ] where number > 0 { totals[word] = "\(number)" }
        if excused.days > 0 { totals["dimaafkan"] = "\(excused.days)/\(excused.minutes)" }
        return totals
    }

    static func percent(_ thousandths: Int) -> String {
        let text = "\(thousandths / 1000).\(String(thousandths % 1000 + 1000).dropFirst())"
        return String(text.reversed().drop { $0 == "0" }.drop { $0 == "." }.reversed())
    }
}

extension StringProtocol {
    var words: [String] { String(self).components(separatedBy: " ").filter { !$0.isEmpty } }
}
