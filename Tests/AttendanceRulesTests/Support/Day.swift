import Attendance
import AttendanceRules
import Testing

/// One day of an invented employee, built up in a line or two.
struct Day {
    static let wib = 25_200
    static let wita = 28_800

    var evidence: WorkdayEvidence
    var rules: [RuleSet] = [Rules.setA]

    /// - Parameters:
    ///   - scans: times of day of the date as `07:30` or `07:30:59`; `+06:00` is on the day after, `-23:00` before.
    ///   - covered: what the record of the one device is complete for, in minutes of the date.
    init(
        _ date: String, _ plan: DayPlan = Hours.monday, scans: [String] = [],
        covered: [Range<Int>] = [-1440..<2880], offset: Int = Day.wib
    ) {
        let date = Self.date(date)
        evidence = WorkdayEvidence(date: date, offset: offset, plan: plan)
        evidence.scans = scans.enumerated().map { Self.scan($1, on: date, offset: offset, number: $0) }
        evidence.records = [Self.record("D1", covered, on: date, offset: offset)]
    }

    var workday: Workday { WorkdayJudge(rules: rules).judge(evidence) }

    static func date(_ text: String) -> CivilDate {
        guard let date = CivilDate(text: text) else {
            Issue.record("not a date: \(text)")
            return .first
        }
        return date
    }

    static func scan(
        _ text: String, on date: CivilDate, offset: Int = Day.wib, number: Int = 0, trust: Scan.Trust = .counts
    ) -> Scan {
        let days = text.hasPrefix("+") ? 1 : text.hasPrefix("-") ? -1 : 0
        let at = Moment(date.adding(days: days), minute: 0, offset: offset).seconds + Int64(Clock.seconds(text))
        return Scan(key: key(Int(at), number), at: Moment(seconds: at), serial: "D1", trust: trust)
    }

    /// A key of its own for each number.
    static func key(_ first: Int, _ second: Int = 0) -> PunchKey {
        var bytes = [UInt8](repeating: 0, count: 32)
        for place in 0..<8 {
            bytes[place] = UInt8(truncatingIfNeeded: first >> (8 * place))
            bytes[place + 8] = UInt8(truncatingIfNeeded: second >> (8 * place))
        }
        guard let key = PunchKey(bytes: bytes) else { preconditionFailure("32 bytes are a key") }  // safe: they are 32
        return key
    }

    static func record(_ serial: String, _ covered: [Range<Int>], on date: CivilDate, offset: Int = Day.wib)
        -> DeviceRecord
    {
        DeviceRecord(
            serial: serial,
            complete: covered.map {
                Moment(
                    date, minute: $0.lowerBound, offset: offset)..<Moment(date, minute: $0.upperBound, offset: offset)
            })
    }
}

/// Times of day as an officer writes them.
enum Clock {
    /// `07:30`, `07:30:59`, with or without a sign before it.
    static func seconds(_ text: String) -> Int {
        let parts = text.drop { $0 == "+" || $0 == "-" }.split(separator: ":").compactMap { Int($0) }
        guard (2...3).contains(parts.count) else {
            Issue.record("not a time: \(text)")
            return 0
        }
        return parts[0] * 3600 + parts[1] * 60 + (parts.count == 3 ? parts[2] : 0)
    }

    /// `07:30` to 450.
    static func minute(_ text: String) -> Int { seconds(text) / 60 }

    static func span(_ text: String) -> ClosedRange<Int> {
        let ends = text.split(separator: "-").map { minute(String($0)) }
        guard ends.count == 2 else {
            Issue.record("not a window: \(text)")
            return 0...0
        }
        return ends[0]...ends[1]
    }
}

/// A random sequence that is the same for the same seed.
struct Dice: RandomNumberGenerator {
    var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
