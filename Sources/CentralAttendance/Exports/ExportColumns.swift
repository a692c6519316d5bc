import AttendanceRules
import CentralStore
import TableFiles

/// Bands as columns: those of every rule set there is, so that a file of each month has the same.
struct BandColumns: Sendable {
    let late: [String]
    let early: [String]
    private let spans: [String: String]

    /// What sheets have where no rule set says otherwise.
    private static let usual = (["TL1", "TL2", "TL3", "TL4"], ["PSW1", "PSW2", "PSW3", "PSW4"])

    init(_ rules: [RuleSet]) {
        let late = Set(rules.flatMap { $0.late.map(\.code) }).sorted()
        let early = Set(rules.flatMap { $0.early.map(\.code) }).sorted()
        self.late = late.isEmpty ? Self.usual.0 : late
        self.early = early.isEmpty ? Self.usual.1 : early
        var spans: [String: Set<String>] = [:]
        for band in rules.flatMap({ $0.late + $0.early }) {
            spans[band.code, default: []].insert(
                band.to.map { "\(band.from)–\($0 - 1) mnt" } ?? "≥ \(band.from) mnt")
        }
        // Where rules give a code other minutes, its head says none.
        self.spans = spans.compactMapValues { $0.count == 1 ? $0.first : nil }
    }

    func title(_ code: String) -> String { spans[code].map { "\(code) (\($0))" } ?? code }

    /// Days in the band's column; what has no column is in the last.
    static func days(_ side: WorkdaySums.Side, _ codes: [String]) -> [Int] {
        codes.map { side.bands[$0]?.days ?? 0 }
            + [side.bands.reduce(0) { codes.contains($1.key) ? $0 : $0 + $1.value.days }]
    }
}

/// Days of a month by what they count as: together they are the working days.
struct DayTotals: Equatable, Sendable {
    let present, sick, permission, leave, duty, absent, other, unknown: Int

    init(_ sums: WorkdaySums) {
        sick = sums.count(.sakit)
        permission = sums.count(.izin)
        leave = [.cutiTahunan, .cutiBesar, .cutiSakit, .cutiMelahirkan, .cutiAlasanPenting, .cltn]
            .reduce(0) { $0 + sums.count($1) }
        duty = sums.count(.dinasLuar)
        absent = sums.absent
        unknown = sums.count(.belumSinkron)
        other = [.diklat, .wfh, .wfa, .tugasBelajar].reduce(0) { $0 + sums.count($1) }
        present = [.hadir, .terlambat, .pulangCepat, .lupaMasuk, .lupaPulang].reduce(0) { $0 + sums.count($1) }
    }

    static let titles = ["H", "S", "I", "C", "DL", "TK", "Lain", "BS"]
    var all: [Int] { [present, sick, permission, leave, duty, absent, other, unknown] }
    var cells: [TableCell] { all.map(TableCell.number) }
}
