import Attendance
import AttendanceRules
import Testing

@Suite("Leave, rest, statements and doubtful scans") struct DayKindTests {
    static let monday = Day.date("2026-03-02")

    @Test("Leave decides without coverage, and a scan of the day is shown", arguments: LeaveKind.allCases)
    func leave(kind: LeaveKind) {
        var day = Day("2026-03-02", scans: ["08:00"], covered: [])
        day.evidence.leave = [.init(id: 1, kind: kind, span: DateSpan(from: Self.monday), document: "SK 1")]
        day.rules = [Rules.set("L", late: [], early: [], absence: 3000, base: .full, leave: [.cutiMelahirkan: 1500])]
        let workday = day.workday
        #expect(workday.status.rawValue == kind.rawValue)
        #expect(workday.arrival.at != nil && workday.arrival.state == .notAsked)
        #expect(workday.deduction == (kind == .cutiMelahirkan ? 1500 : 0))
    }

    @Test func theLeaveEnteredLastCountsAndOtherDatesDoNot() {
        var day = Day("2026-03-02")
        day.evidence.leave = [
            .init(id: 2, kind: .dinasLuar, span: DateSpan(from: Self.monday), document: "ST 2"),
            .init(id: 1, kind: .cutiTahunan, span: DateSpan(from: Self.monday), document: "SK 1"),
            .init(id: 3, kind: .sakit, span: DateSpan(from: Self.monday.adding(days: 1)), document: "SK 3"),
        ]
        #expect(day.workday.status == .dinasLuar)
    }

    @Test func restIsRestAndWorkOnItIsNoted() {
        let hours = Hours.hours("07:30-16:00")
        let entry = CalendarDay(date: Self.monday, name: "CB", kind: .cutiBersama, citation: "Keppres")
        let collective = DayPlan.rest(.calendar(entry), schedule: "uji", hours: hours)
        let none = Day("2026-03-02", collective).workday
        #expect(none.status == .cutiBersama && none.flags.isEmpty && none.deduction == 0)
        let worked = Day("2026-03-02", collective, scans: ["07:40", "15:00"]).workday
        #expect(worked.status == .cutiBersama && worked.flags == .workedOnCollectiveLeave)
        #expect(worked.arrival.at != nil && worked.departure.at != nil && worked.deduction == 0)
        let sunday = Day("2026-03-01", .rest(.weekly, schedule: "uji", hours: nil), scans: ["09:00"]).workday
        #expect(sunday.status == .libur && sunday.flags == .workedOnRestDay)
    }

    @Test func theEndOfANightIsNoWorkOnTheDayOfRest() {
        let night = Hours.hours("21:00-31:00", in: "19:00-23:59", out: "30:00-34:00")
        var day = Day("2026-03-01", .rest(.roster, schedule: "uji", hours: nil), scans: ["07:05"])
        day.evidence.before = Hours.plan(night)
        #expect(day.workday.flags.isEmpty)
    }

    @Test func whoIsNotEmployedHasNoAbsence() {
        #expect(Day("2026-03-02", .notEmployed).workday.status == .tanpaJadwal)
        #expect(Day("2026-03-02", DayPlan.none).workday.status == .tanpaJadwal)
    }

    @Test func aSheetFillsWhatNoDeviceCanTellAndIsManualForEver() {
        var day = Day("2026-03-02", covered: [])
        day.evidence.sheets = [.init(sheet: 7, arrival: 445, departure: 960, document: "Daftar 7")]
        #expect(day.workday.status == .hadir && day.workday.flags == .manual)
        #expect(day.workday.arrival.proof == .sheet(7))
        // The record came and shows scans: they win, and the mark stays.
        var later = Day("2026-03-02", scans: ["07:40", "16:05"])
        later.evidence.sheets = day.evidence.sheets
        #expect(later.workday.status == .terlambat && later.workday.flags == .manual)
        // The record came and shows nothing: the sheet still counts, and auditors see it.
        var beside = Day("2026-03-02")
        beside.evidence.sheets = day.evidence.sheets
        #expect(beside.workday.status == .hadir && beside.workday.flags == [.manual, .manualBesideRecord])
    }

    @Test func aSheetFillsASideThatAScanLeavesOpen() {
        // Signed at 07:25 while the device was down; it came back at 10:00, and the finger was pressed at 10:05.
        var day = Day("2026-03-02", scans: ["10:05", "16:00"], covered: [600..<1440])
        #expect(day.workday.status == .belumSinkron)
        day.evidence.sheets = [.init(sheet: 7, arrival: 445, departure: nil, document: "Daftar 7")]
        #expect(day.workday.status == .hadir && day.workday.arrival.proof == .sheet(7))
        // A signature after the scan says nothing that the scan does not.
        day.evidence.sheets = [.init(sheet: 7, arrival: 660, departure: nil, document: "Daftar 7")]
        #expect(day.workday.status == .belumSinkron)
    }

    @Test func ofSeveralSheetsTheFirstArrivalAndTheLastDepartureCount() {
        var day = Day("2026-03-02", covered: [])
        day.evidence.sheets = [
            .init(sheet: 8, arrival: 500, departure: 970, document: "b"),
            .init(sheet: 7, arrival: 445, departure: 900, document: "a"),
        ]
        #expect(day.workday.arrival.proof == .sheet(7) && day.workday.departure.proof == .sheet(8))
    }

    @Test func correctionsWinForTheirSide() {
        var day = Day("2026-03-02", scans: ["08:40", "16:00"])
        day.evidence.corrections = [.init(id: 1, kind: .arrival(minute: 450), document: "BA 1")]
        #expect(day.workday.status == .hadir && day.workday.flags == .corrected)
        day.evidence.corrections.append(.init(id: 2, kind: .arrival(minute: 460), document: "BA 2"))
        #expect(day.workday.arrival.minutes == 10, "the last one entered counts")
        day.evidence.corrections = [.init(id: 1, kind: .excuseLate, document: "BA 1")]
        let excused = day.workday
        #expect(excused.status == .hadir && excused.deduction == 0)
        #expect(excused.arrival.minutes == 70 && excused.arrival.band == "TL3" && excused.arrival.isExcused)
    }

    @Test func aSuperiorsStatementIsAWholeDay() {
        var day = Day("2026-03-02")
        day.evidence.corrections = [.init(id: 1, kind: .present, document: "BA 1")]
        #expect(day.workday.status == .hadir && day.workday.arrival.proof == .correction(1))
        day.evidence.corrections = [.init(id: 1, kind: .excuseLate, document: "BA 1")]
        #expect(day.workday.status == .tanpaKeterangan, "an excuse for minutes is no presence")
    }

    @Test func aScanThatIsNotTheirsIsNoScan() {
        var day = Day("2026-03-02", scans: ["07:00", "07:40", "16:00"])
        let key = day.evidence.scans[0].key.hex
        day.evidence.corrections = [.init(id: 1, kind: .notTheirs(key: key), document: "BA 1")]
        #expect(day.workday.status == .terlambat)
    }

    @Test(
        "Doubtful scans count neither for nor against",
        arguments: [
            (Scan.Trust.unconfirmed, Workday.Flags.unconfirmedScans), (.wrongClock, .wrongClockScans),
            (.future, .wrongClockScans),
        ])
    func doubtful(trust: Scan.Trust, flag: Workday.Flags) {
        for covered in [[-1440..<2880], []] {
            var day = Day("2026-03-02", covered: covered)
            let without = day.workday
            day.evidence.scans = ["07:20", "16:10"].map { Day.scan($0, on: Self.monday, trust: trust) }
            #expect(day.workday.status == without.status)
            #expect(day.workday.flags == flag)
        }
    }

    @Test func aPowerResetTo2000IsSeenOnThatDateAndCountsNowhere() {
        var day = Day("2000-01-01", .notEmployed)
        day.evidence.scans = [Day.scan("00:03", on: day.evidence.date, trust: .wrongClock)]
        #expect(day.workday.status == .tanpaJadwal && day.workday.flags == .wrongClockScans)
        #expect(day.workday.arrival.at == nil)
    }

    @Test func withoutARuleSetThereAreMinutesAndNoDeduction() {
        var day = Day("2026-03-02", scans: ["08:00", "16:00"])
        day.rules = []
        let workday = day.workday
        #expect(workday.status == .terlambat && workday.arrival.minutes == 30 && workday.arrival.band == nil)
        #expect(workday.deduction == 0 && workday.rules == nil)
    }

    @Test func ofSeveralRuleSetsTheOneThatBeganLastBindsItsKinds() {
        func set(_ name: String, _ from: String, _ kinds: Set<EmployeeKind>) -> RuleSet {
            RuleSet(
                version: Rules.version(name), title: name, citation: "", span: DateSpan(from: Day.date(from)),
                kinds: kinds, seconds: .floor, lateFrom: .start, late: [], early: [], missingArrival: .nothing,
                missingDeparture: .nothing, absenceRate: 0, base: .full)
        }
        let judge = WorkdayJudge(rules: [
            set("new", "2026-03-02", [.pns]), set("old", "2025-01-01", [.pns, .pppk]),
            set("next", "2027-01-01", [.pns]),
        ])
        #expect(judge.ruleSet(for: .pns, on: Self.monday)?.version.name == "new")
        #expect(judge.ruleSet(for: .pns, on: Self.monday.adding(days: -1))?.version.name == "old")
        #expect(judge.ruleSet(for: .pppk, on: Self.monday)?.version.name == "old")
        #expect(judge.ruleSet(for: .nonASN, on: Self.monday) == nil)
    }
}

@Suite("Nights, zones and the turn of the year") struct NightTests {
    static let night = Hours.hours("21:00-31:00", in: "18:00-24:00", out: "29:00-36:00")
    static let morning = Hours.hours("07:00-14:00", in: "05:00-10:00", out: "12:00-18:00")

    @Test func aNightBelongsToTheDateItBeginsOn() {
        let day = Day("2025-12-31", Hours.plan(Self.night), scans: ["20:55", "+07:03"]).workday
        #expect(day.status == .hadir && day.date.text == "2025-12-31")
        let short = Day("2025-12-31", Hours.plan(Self.night), scans: ["21:10", "+06:30"]).workday
        #expect(short.arrival.minutes == 10 && short.departure.minutes == 30)
    }

    @Test func windowsOfNeighboursArePartedInTheMiddle() {
        // The night ends at 07:00; a morning of the day after would begin at 07:00 with a window from 05:00.
        var night = Day("2026-03-02", Hours.plan(Self.night), scans: ["20:50", "+06:58", "+07:02"])
        night.evidence.after = Hours.plan(Self.morning)
        #expect(night.workday.departure.minutes == 2, "from 07:00 on it is the next day's")
        var morning = Day("2026-03-03", Hours.plan(Self.morning), scans: ["06:58", "07:02", "14:00"])
        morning.evidence.before = Hours.plan(Self.night)
        #expect(morning.workday.arrival.minutes == 2, "before 07:00 it is the night's")
    }

    @Test("Every scan between two days of work belongs to exactly one of them")
    func noScanIsTwoDays() {
        var dice = Dice(6_029)
        for round in 0..<60 {
            let first = Self.anyHours(&dice), second = Self.anyHours(&dice)
            for minute in stride(from: 0, to: 2880, by: 17) {
                let text = minute < 1440 ? BoundaryTests.text(minute) : "+" + BoundaryTests.text(minute - 1440)
                var one = Day("2026-03-02", Hours.plan(first), scans: [text])
                one.evidence.after = Hours.plan(second)
                var two = Day("2026-03-03", Hours.plan(second))
                two.evidence.before = Hours.plan(first)
                two.evidence.scans = one.evidence.scans
                let uses = [one, two].map { day in
                    WorkdayJudge(rules: day.rules).explain(day.evidence).contains {
                        if case .scan(_, let use) = $0 { use != .otherDay } else { false }
                    }
                }
                #expect(!(uses[0] && uses[1]), "seed 6029, round \(round), \(text)")
                let isInFirst = first.window.contains(minute), isInSecond = second.window.contains(minute - 1440)
                #expect((uses[0] || uses[1]) == (isInFirst || isInSecond), "seed 6029, round \(round), \(text)")
            }
        }
    }

    private static func anyHours(_ dice: inout Dice) -> DayHours {
        let start = Int.random(in: 300...1300, using: &dice), end = start + Int.random(in: 240...720, using: &dice)
        return DayHours(
            start: start, end: end, breakMinutes: 0,
            arrival: start - Int.random(in: 0...240, using: &dice)...start + 120,
            departure: end - 120...end + Int.random(in: 0...400, using: &dice))
    }

    @Test func aNightOverATransferIsWhole() {
        // Until 31 March on device D1; from 1 April in another unit with device D2. The night of the 31st ends on D1.
        var night = Day("2026-03-31", Hours.plan(Self.night), scans: ["20:58", "+07:01"])
        night.evidence.after = Hours.monday
        #expect(night.workday.status == .hadir)
        var first = Day("2026-04-01", Hours.monday, scans: ["16:00"])
        first.evidence.before = Hours.plan(Self.night)
        first.evidence.scans.append(Day.scan("+07:01", on: Day.date("2026-03-31"), number: 9))
        // The scan at 07:01 ends the night and is no arrival at the new office.
        #expect(first.workday.status == .lupaMasuk)
        // A transfer into another zone: the day before had other clocks.
        first.evidence.offset = Day.wita
        first.evidence.offsetBefore = Day.wib
        let lines = WorkdayJudge(rules: [Rules.setA]).explain(first.evidence)
        let cut = Moment(Day.date("2026-04-01"), minute: 405, offset: Day.wib)
        #expect(lines.contains(.cutByDayBefore(cut)), "between 07:00 WIB and 07:30 WITA, which is 06:30 WIB")
    }

    @Test func whoWorksInWITAIsJudgedByWITA() {
        let hours = Hours.monday
        #expect(Day("2026-03-02", hours, scans: ["07:30", "16:00"], offset: Day.wita).workday.status == .hadir)
        // The same moments seen from a WIB unit are 06:30 and 15:00.
        var day = Day("2026-03-02", hours, scans: ["07:30", "16:00"], offset: Day.wita)
        day.evidence.offset = Day.wib
        #expect(day.workday.departure.minutes == 60)
    }

    @Test func theLastDayOfTheYearEndsInTheNextOne() {
        let day = Day("2025-12-31", Hours.monday, scans: ["07:30", "16:00"], covered: [0..<1441]).workday
        #expect(day.status == .hadir)
        #expect(Day("2025-12-31", covered: [300..<1381]).workday.status == .tanpaKeterangan)
    }
}
