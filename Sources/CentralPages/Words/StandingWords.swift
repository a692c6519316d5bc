import AttendanceRules
import PageSupport

/// The parts that a day's people are shown in: of `Standing`, with all whom an attestation excuses in one.
enum StandingPart: String, CaseIterable {
    /// In the order of the bar: who came, who need not come, who is missing, who is not known.
    case present, late, excused, notYet, absent, unsynced

    init?(_ standing: Standing) {
        switch standing {
        case .present: self = .present
        case .late: self = .late
        case .permission, .sick, .leave, .duty: self = .excused
        case .notYet: self = .notYet
        case .absent: self = .absent
        case .unsynced: self = .unsynced
        case .off: return nil
        }
    }

    /// Of a CSS class and of ids.
    var kind: String { self == .notYet ? "waiting" : rawValue }

    var label: String {
        switch self {
        case .present: "Hadir tepat waktu"
        case .late: "Terlambat"
        case .excused: "Izin, sakit, cuti, DL"
        case .notYet: "Belum absen"
        case .absent: "Tanpa keterangan"
        case .unsynced: "Belum sinkron"
        }
    }

    /// For a wall.
    var short: String {
        switch self {
        case .present: "Tepat waktu"
        case .excused: "Izin, cuti, DL"
        case .absent: "Tanpa ket."
        case .late, .notYet, .unsynced: label
        }
    }

    /// Whether people not yet known can turn out to belong here.
    var isTouched: Bool { self != .excused && self != .unsynced }

    func number(_ counts: StandingCounts) -> Int {
        Standing.allCases.reduce(0) { $0 + (StandingPart($1) == self ? max(0, counts[$1]) : 0) }
    }
}

enum StandingWords {
    /// Of one person.
    static func word(_ standing: Standing) -> String {
        switch standing {
        case .present: "hadir"
        case .late: "terlambat"
        case .notYet: "belum absen"
        case .permission: "izin"
        case .sick: "sakit"
        case .leave: "cuti"
        case .duty: "dinas luar"
        case .absent: "tanpa keterangan"
        case .unsynced: "belum sinkron"
        case .off: "libur"
        }
    }

    /// "izin 12 · sakit 8", without those that nobody is.
    static func excuses(_ counts: StandingCounts) -> String {
        [Standing.permission, .sick, .leave, .duty].filter { counts[$0] > 0 }
            .map { "\($0 == .duty ? "DL" : word($0)) \(plural(counts[$0]))" }.joined(separator: " · ")
    }

    /// `90,9%` of thousandths of a per cent, rounded down: 100 % only where all came.
    static func percent(_ share: Int) -> String { digits(share) + "%" }

    /// `90,9`
    static func digits(_ share: Int) -> String {
        let tenths = min(max(share, 0), 100_000) / 100
        return tenths == 1000 ? "100" : "\(tenths / 10),\(tenths % 10)"
    }
}
