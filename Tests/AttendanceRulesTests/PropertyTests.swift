import Attendance
import AttendanceRules
import Testing

/// What holds for any evidence. Each failure prints the seed and the round that made it.
@Suite("Any evidence") struct EvidencePropertyTests {
    static let seed: UInt64 = 20_260_302
    static let date = Day.date("2026-03-02")

    static let plans: [DayPlan] = [
        Hours.monday, Hours.plan(Hours.hours("07:30-16:00", flexible: 90)),
        Hours.plan(Hours.hours("07:30-16:00", tolerance: 15, in: "05:00-15:00", out: "09:00-23:00")),
        Hours.plan(NightTests.night), .rest(.weekly, schedule: "uji", hours: nil), .none,
        Hours.plan(
            Hours.hours(
                "07:30-16:00", in: "05:00-11:00", out: "14:00-23:00",
                checks: [ScanCheck(name: "siang", minutes: 750...810)])),
    ]

    static let rules = [
        Rules.set(
            "A", late: [500, 1000, 1250, 1500], early: [500, 1000, 1250, 1500], absence: 3000, base: .full,
            missingCheck: .rate(250))
    ]

    static func scan(_ dice: inout Dice, _ number: Int, trust: Scan.Trust = .counts) -> Scan {
        let at = Moment(date, minute: Int.random(in: -600...2400, using: &dice), offset: Day.wib)
        return Scan(
            key: Day.key(number, 7), at: Moment(seconds: at.seconds + Int64.random(in: 0..<60, using: &dice)),
            serial: "D1", trust: trust)
    }

    static func record(_ dice: inout Dice, _ serial: String) -> DeviceRecord {
        var (spans, from) = ([Range<Int>](), -1440)
        while from < 4000 {
            let to = from + Int.random(in: 1...3000, using: &dice)
            spans.append(from..<to)
            from = to + Int.random(in: 1...800, using: &dice)
        }
        return Day.record(serial, Bool.random(using: &dice) ? [-1440..<4000] : spans, on: date)
    }

    static func any(_ dice: inout Dice) -> WorkdayEvidence {
        var evidence = WorkdayEvidence(
            date: date, offset: Day.wib, plan: plans.randomElement(using: &dice) ?? .none,
            before: plans.randomElement(using: &dice) ?? .none, after: plans.randomElement(using: &dice) ?? .none)
        evidence.scans = (0..<Int.random(in: 0...5, using: &dice)).map { number in
            scan(&dice, number, trust: Int.random(in: 0..<6, using: &dice) == 0 ? .unconfirmed : .counts)
        }
        evidence.records = (0..<Int.random(in: 0...3, using: &dice)).map { record(&dice, "D\($0)") }
        evidence.isLinked = Int.random(in: 0..<10, using: &dice) > 0
        let kinds: [Correction.Kind] = [
            .arrival(minute: 470), .departure(minute: 950), .excuseLate, .excuseEarly, .present,
            .notTheirs(key: Day.key(0, 7).hex),
        ]
        if Int.random(in: 0..<4, using: &dice) == 0 {
            evidence.corrections = (0..<2).map {
                Correction(id: $0, kind: kinds.randomElement(using: &dice) ?? .present, document: "BA")
            }
        }
        if Int.random(in: 0..<5, using: &dice) == 0 {
            evidence.sheets = (0..<2).map {
                SheetLine(sheet: $0, arrival: Bool.random(using: &dice) ? 440 : nil, departure: 960, document: "D")
            }
        }
        return evidence
    }

    static func each(_ rounds: Int, _ body: (WorkdayEvidence, inout Dice, Comment) -> Void) {
        for round in 0..<rounds {
            var dice = Dice(seed &+ UInt64(round))
            let evidence = any(&dice)
            body(evidence, &dice, "seed \(seed &+ UInt64(round))")
        }
    }

    private let judge = WorkdayJudge(rules: Self.rules)

    @Test func theOrderOfWhatIsGivenMakesNoDifference() {
        Self.each(3000) { evidence, dice, seed in
            var other = evidence
            other.scans.shuffle(using: &dice)
            other.records.shuffle(using: &dice)
            other.corrections.shuffle(using: &dice)
            other.sheets.shuffle(using: &dice)
            #expect(judge.judge(evidence) == judge.judge(other), seed)
            #expect(judge.explain(evidence) == judge.explain(other), seed)
        }
    }

    @Test func anExplanationEndsWithTheResult() {
        Self.each(3000) { evidence, _, seed in
            let day = judge.judge(evidence)
            #expect(judge.explain(evidence).last == .result(day.status, deduction: day.deduction), seed)
            let parts = judge.explain(evidence).reduce(0) {
                if case .rate(_, let thousandths) = $1 { $0 + thousandths } else { $0 }
            }
            #expect(parts == day.deduction, seed)
        }
    }

    @Test func doubtfulScansChangeNothingButTheFlag() {
        Self.each(3000) { evidence, dice, seed in
            var other = evidence
            for (number, trust) in [Scan.Trust.unconfirmed, .wrongClock, .future].enumerated() {
                other.scans.append(Self.scan(&dice, 100 + number, trust: trust))
            }
            var (day, changed) = (judge.judge(evidence), judge.judge(other))
            for flag in [Workday.Flags.unconfirmedScans, .wrongClockScans] {
                day.flags.remove(flag)
                changed.flags.remove(flag)
            }
            #expect(day == changed, seed)
        }
    }

    @Test func lessCoverageIsNeverWorseForAnybody() {
        Self.each(4000) { evidence, dice, seed in
            let full = judge.judge(evidence)
            var other = evidence
            other.records = evidence.records.map { record in
                let kept = record.complete.flatMap { span -> [Range<Moment>] in
                    let length = span.upperBound.seconds - span.lowerBound.seconds
                    let cut = span.lowerBound.seconds + Int64.random(in: 0...length, using: &dice)
                    let end = min(cut + 3600, span.upperBound.seconds)
                    return [
                        span.lowerBound..<Moment(seconds: cut), Moment(seconds: end)..<span.upperBound,
                    ].filter { !$0.isEmpty }
                }
                return DeviceRecord(serial: record.serial, complete: kept)
            }
            let less = judge.judge(other)
            // A side that is open again may be filled by a sheet, which is never worse than what the record showed.
            let isFilled = !evidence.sheets.isEmpty && less.status != .tanpaKeterangan
            #expect(less.status == full.status || less.status == .belumSinkron || isFilled, seed)
            #expect(less.deduction <= full.deduction, seed)
        }
    }

    @Test func moreCoverageNeverChangesADayInTime() {
        Self.each(4000) { evidence, _, seed in
            let day = judge.judge(evidence)
            guard day.status == .hadir, day.deduction == 0, evidence.sheets.isEmpty else { return }
            var other = evidence
            other.records = other.records.map { Day.record($0.serial, [-3000..<6000], on: Self.date) }
            #expect(judge.judge(other).status == .hadir, seed)
        }
    }

    @Test func withoutAScanInAHoleNobodyIsAbsent() {
        Self.each(4000) { evidence, _, seed in
            var other = evidence
            other.records.append(DeviceRecord(serial: "DX", complete: []))
            #expect(judge.judge(other).status != .tanpaKeterangan, seed)
        }
    }
}
