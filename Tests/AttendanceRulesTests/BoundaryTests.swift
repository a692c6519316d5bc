import Attendance
import AttendanceRules
import Testing

/// Boundaries of real rules: domain, sections 1.3 and 3.2.
@Suite("Minutes and bands") struct BoundaryTests {
    @Test func floorMeansLateOnlyAfterTheMinute() {
        // ANRI 18/2016: late only after 07:30:59.
        #expect(Day("2026-03-02", scans: ["07:30:59", "16:00"]).workday.status == .hadir)
        let late = Day("2026-03-02", scans: ["07:31:00", "16:00"]).workday
        #expect(late.status == .terlambat && late.arrival.minutes == 1 && late.arrival.band == "TL1")
        // 30 seconds before the end are no whole minute.
        #expect(Day("2026-03-02", scans: ["07:30", "15:59:30"]).workday.status == .hadir)
        #expect(Day("2026-03-02", scans: ["07:30", "15:59:00"]).workday.departure.minutes == 1)
    }

    @Test func ceilingMeansEverySecondIsAMinute() {
        func day(_ scans: [String]) -> Workday {
            var day = Day("2026-03-02", scans: scans)
            day.rules = [
                Rules.set(
                    "C", late: [1, 2, 3, 4], early: [1, 2, 3, 4], absence: 9, base: .full, seconds: .ceiling)
            ]
            return day.workday
        }
        #expect(day(["07:30:00", "16:00"]).status == .hadir)
        #expect(day(["07:30:01", "16:00"]).arrival.minutes == 1)
        #expect(day(["08:00:01", "16:00"]).arrival.band == "TL2")
        #expect(day(["07:30", "15:59:59"]).departure.minutes == 1)
    }

    /// Minutes, and the band of sets A and B: 1 to < 31, 31 to < 61, 61 to < 91, from 91.
    static let edges = [
        (0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4), (120, 4),
    ]

    @Test("Sets A and B at every edge, late and early", arguments: edges)
    func bands(minutes: Int, band: Int) {
        let rates = [(Rules.setA, [0, 500, 1000, 1250, 1500]), (Rules.setB, [0, 500, 1000, 1500, 2000])]
        for (set, rate) in rates {
            var late = Day("2026-03-02", scans: [Self.text(450 + minutes), "16:00"])
            late.rules = [set]
            #expect(late.workday.arrival.band == (band == 0 ? nil : "TL\(band)"))
            #expect(late.workday.deduction == rate[band])
            var early = Day("2026-03-02", scans: ["07:30", Self.text(960 - minutes)])
            early.rules = [set]
            #expect(early.workday.departure.band == (band == 0 ? nil : "PSW\(band)"))
            #expect(early.workday.deduction == rate[band])
        }
    }

    @Test(
        "Set C counts from the end of the flexible window: 09:01 is one minute",
        arguments: [
            ("09:00", 0, 0), ("09:00:59", 0, 0), ("09:01", 1, 1000), ("09:30", 30, 1000), ("09:31", 31, 1250),
            ("10:00", 60, 1250), ("10:01", 61, 2500), ("10:31", 91, 2500),
        ])
    func setC(arrival: String, minutes: Int, rate: Int) {
        let hours = Hours.hours("07:30-16:00", flexible: 90)
        var day = Day("2026-03-02", Hours.plan(hours), scans: [arrival, "17:30"])
        day.rules = [Rules.setC]
        #expect(day.workday.arrival.minutes == minutes)
        #expect(day.workday.deduction == rate)
    }

    @Test(
        "Where the start moves the end moves with it",
        arguments: [
            ("07:00", "16:00", 0), ("07:30", "15:59", 1), ("08:00", "16:30", 0), ("08:00", "16:29", 1),
            ("09:00", "17:29", 1), ("10:00", "17:30", 0), ("10:00", "17:00", 30),
        ])
    func flexible(arrival: String, departure: String, early: Int) {
        let hours = Hours.hours("07:30-16:00", flexible: 90)
        var day = Day("2026-03-02", Hours.plan(hours), scans: [arrival, departure])
        day.rules = [Rules.setC]
        #expect(day.workday.departure.minutes == early)
    }

    @Test func anEndThatMayHaveMovedIsNotJudged() {
        // Came at 08:30 as far as is known: the end is 17:00 then, and 16:00 if an earlier scan comes.
        let hours = Hours.hours("07:30-16:00", flexible: 90)
        var day = Day("2026-03-02", Hours.plan(hours), scans: ["08:30", "16:30"], covered: [600..<2880])
        day.rules = [Rules.setC]
        #expect(day.workday.status == .belumSinkron)
        #expect(day.workday.arrival.state == .known)
        day.evidence.records = [Day.record("D1", [0..<2880], on: day.evidence.date)]
        #expect(day.workday.departure.minutes == 30)
        // In time for the latest end that there can be: nothing is open.
        var whole = Day("2026-03-02", Hours.plan(hours), scans: ["08:30", "17:00"], covered: [])
        whole.rules = [Rules.setC]
        #expect(whole.workday.status == .hadir)
    }

    @Test func toleranceIsAllOrNothing() {
        let plan = Hours.plan(Hours.hours("07:30-16:00", tolerance: 15))
        #expect(Day("2026-03-02", plan, scans: ["07:45:59", "16:00"]).workday.status == .hadir)
        #expect(Day("2026-03-02", plan, scans: ["07:46", "16:00"]).workday.arrival.minutes == 16)
    }

    @Test(
        "Tanggamus 2017: windows are no hours",
        arguments: [
            ("2026-03-02", "09:00:59", "15:30:00", DayStatus.hadir), ("2026-03-02", "09:01", "15:30", .lupaMasuk),
            ("2026-03-02", "09:00", "15:29:59", .lupaPulang), ("2026-03-06", "09:00", "15:00", .hadir),
            ("2026-03-06", "09:00", "14:59:59", .lupaPulang), ("2026-03-02", "09:01", "15:29", .tanpaKeterangan),
        ])
    func tanggamus(date: String, arrival: String, departure: String, status: DayStatus) {
        let isFriday = Day.date(date).weekday == .friday
        let hours =
            isFriday
            ? Hours.hours("09:00-15:00", in: "06:00-09:00", out: "15:00-20:00")
            : Hours.hours("09:00-15:30", in: "06:00-09:00", out: "15:30-20:00")
        let day = Day(date, Hours.plan(hours), scans: [arrival, departure]).workday
        #expect(day.status == status)
        #expect(day.flags.contains(.scansOutsideWindows) == (status != .hadir))
    }

    @Test func aMissingScanIsABandOfItsOwn() {
        // Permenko Infra 10/2025, art. 22(4) and (5): as more than 90 minutes.
        let noArrival = Day("2026-03-02", scans: ["16:00"]).workday
        #expect(noArrival.status == .lupaMasuk)
        #expect(noArrival.arrival.band == "TL4" && noArrival.arrival.minutes == 0 && noArrival.deduction == 1500)
        let noDeparture = Day("2026-03-02", scans: ["07:31"]).workday
        #expect(noDeparture.status == .lupaPulang && noDeparture.arrival.band == "TL1")
        #expect(noDeparture.departure.band == "PSW4" && noDeparture.deduction == 2000)
    }

    @Test func aScanCanNeverBeBoth() {
        let hours = Hours.hours("07:30-16:00", in: "05:00-15:00", out: "08:00-23:00")
        #expect(Day("2026-03-02", Hours.plan(hours), scans: ["09:00"]).workday.status == .lupaPulang)
        #expect(Day("2026-03-02", Hours.plan(hours), scans: ["14:30"]).workday.status == .lupaMasuk)
        // A finger pressed twice is one act.
        let twice = Day("2026-03-02", Hours.plan(hours), scans: ["08:30:01", "08:30:07"]).workday
        #expect(twice.status == .lupaPulang && twice.arrival.minutes == 60)
        let both = Day("2026-03-02", Hours.plan(hours), scans: ["08:30:00", "08:31:00"]).workday
        #expect(both.departure.state == .known)
    }

    @Test func firstAndLastOfSeveralCount() {
        let day = Day("2026-03-02", scans: ["12:05", "07:29", "16:01", "07:45", "16:20", "11:00"]).workday
        #expect(day.status == .hadir)
        let date = Day.date("2026-03-02")
        #expect(day.arrival.at == Moment(date, minute: 449, offset: Day.wib))
        #expect(day.departure.at == Moment(date, minute: 980, offset: Day.wib))
    }

    @Test func checksBetween() {
        let check = ScanCheck(name: "siang", minutes: Clock.span("12:30-13:30"))
        let hours = Hours.plan(Hours.hours("07:30-16:00", in: "05:00-11:00", out: "14:00-23:00", checks: [check]))
        let rules = Rules.set(
            "D", late: [1, 2, 3, 4], early: [1, 2, 3, 4], absence: 9, base: .full, missingCheck: .rate(1000))
        func day(_ scans: [String], covered: [Range<Int>] = [0..<1440]) -> Workday {
            var day = Day("2026-03-02", hours, scans: scans, covered: covered)
            day.rules = [rules]
            return day.workday
        }
        #expect(day(["07:30", "12:45", "16:00"]).deduction == 0)
        let missing = day(["07:30", "16:00"])
        #expect(missing.status == .hadir && missing.deduction == 1000 && missing.flags.contains(.missingCheck))
        #expect(day(["07:30", "16:00"], covered: [0..<780]).status == .belumSinkron)
        // Who was there at noon was not absent all day.
        #expect(day(["12:45"]).status == .lupaMasuk)
    }

    static func text(_ minute: Int) -> String { "\(minute / 60):\(minute % 60 < 10 ? "0" : "")\(minute % 60)" }
}
