import Attendance
import AttendanceRules
import Testing

@Suite("Sums and money") struct SumTests {
    @Test("The sums of the parts are the sums of the whole", arguments: MonthTests.names)
    func additive(name: String) throws {
        let workdays = try MonthFile(name).workdays(try Books.planner())
        let whole = WorkdaySums(workdays)
        for cut in workdays.indices {
            #expect(WorkdaySums(workdays[..<cut]) + WorkdaySums(workdays[cut...]) == whole)
        }
        #expect(WorkdaySums(workdays.reversed()) == whole)
        #expect(whole.allDays == workdays.count)
    }

    @Test func theExampleOfTheDomain() {
        // TPP Rp5.000.000 and one TL1 at 0.5 %.
        #expect(MonthDeduction(sum: 500, of: .full).rupiah(of: 5_000_000).rounded(.nearest) == 25_000)
        let part = MonthDeduction(sum: 500, of: .part(40_000, isCapped: true))
        #expect(part.rupiah(of: 5_000_000).rounded(.nearest) == 10_000)
        #expect(part.thousandths == 200)
    }

    @Test func noDeductionIsMoreThanItsBase() {
        #expect(MonthDeduction(sum: 130_000, of: .full).rupiah(of: 5_000_000).whole == 5_000_000)
        #expect(
            MonthDeduction(sum: 130_000, of: .part(40_000, isCapped: true)).rupiah(of: 5_000_000).whole == 2_000_000)
        #expect(
            MonthDeduction(sum: 130_000, of: .part(40_000, isCapped: false)).rupiah(of: 5_000_000).whole == 2_600_000)
        #expect(
            MonthDeduction(sum: 900_000, of: .part(40_000, isCapped: false)).rupiah(of: 5_000_000).whole == 5_000_000)
        #expect(MonthDeduction(sum: Int.max, of: .part(100_000, isCapped: false)).rupiah(of: Int.max).whole == Int.max)
        #expect(MonthDeduction(sum: -5, of: .full).rupiah(of: 5_000_000).whole == 0)
        #expect(MonthDeduction(sum: 500, of: .full).rupiah(of: -1).whole == 0)
    }

    @Test func onlyTheFinalRupiahIsRounded() {
        // 1.25 % of 40 % of Rp2.345.678 is Rp11.728,39.
        let amount = MonthDeduction(sum: 1250, of: .part(40_000, isCapped: true)).rupiah(of: 2_345_678)
        #expect(amount.text == "11728.39")
        #expect([RuleSet.Rounding.nearest, .down, .up].map(amount.rounded) == [11_728, 11_728, 11_729])
        let half = MonthDeduction(sum: 500, of: .full).rupiah(of: 100)
        #expect(half.text == "0.5" && half.rounded(.nearest) == 1 && half.rounded(.down) == 0)
    }

    @Test func minutesMakeWholeDaysOnly() {
        var sums = WorkdaySums()
        var day = Workday(date: Day.date("2026-03-02"), status: .terlambat)
        day.arrival = .init(state: .known, minutes: 449, band: "TL4")
        sums.add(day)
        #expect(sums.daysOfMinutes(perDay: 450) == 0)
        day.arrival.minutes = 1
        sums.add(day)
        #expect(sums.daysOfMinutes(perDay: 450) == 1 && sums.daysOfMinutes(perDay: 510) == 0)
        #expect(sums.daysOfMinutes(perDay: 0) == 0)
    }

    @Test func whatIsNotKnownIsInNoShare() {
        let days = [DayStatus.hadir, .tanpaKeterangan, .belumSinkron, .libur, .tugasBelajar].enumerated().map {
            Workday(date: Day.date("2026-03-02").adding(days: $0), status: $1)
        }
        #expect(WorkdaySums(days).presentShare == 50_000)
        #expect(WorkdaySums(days[2...2]).presentShare == nil)
        #expect(WorkdaySums(days).undecided == 1)
    }
}

@Suite("Thresholds of PP 94/2021 are indications") struct ThresholdTests {
    static let first = Day.date("2026-01-01")

    private static func days(_ count: Int, _ status: DayStatus = .tanpaKeterangan, from: CivilDate = first) -> [Workday]
    {
        (0..<count).map { Workday(date: from.adding(days: $0), status: status) }
    }

    /// Absences with a day at work between each two, so that there is no row.
    private static func scattered(_ count: Int, from: CivilDate = first) -> [Workday] {
        (0..<count).flatMap { number in
            [
                Workday(date: from.adding(days: 2 * number), status: .tanpaKeterangan),
                Workday(date: from.adding(days: 2 * number + 1), status: .hadir),
            ]
        }
    }

    @Test(
        "Bands of cumulative days",
        arguments: [
            (2, nil), (3, "9(2)"), (4, "9(2)"), (6, "9(2)"), (7, "9(2)"), (10, "9(2)"), (11, "10(2)"), (13, "10(2)"),
            (14, "10(2)"), (16, "10(2)"), (17, "10(2)"), (20, "10(2)"), (21, "11(2)d.1"), (24, "11(2)d.1"),
            (25, "11(2)d.2"), (27, "11(2)d.2"), (28, "11(2)d.3"),
        ] as [(Int, String?)])
    func cumulative(days: Int, article: String?) throws {
        let watch = try #require(AbsenceThresholds(Rules.setA, for: .pns))
        let found = watch.indications(in: Self.scattered(days))
        let heaviest = watch.heaviest(of: 2026, in: found)
        #expect(heaviest?.threshold.article == article)
        let reached = [3, 4, 7, 11, 14, 17, 21, 25, 28].filter { $0 <= days }
        #expect(found.map(\.threshold.days) == reached)
        for indication in found { #expect(indication.absences.count == indication.threshold.days) }
    }

    @Test func theYearBeginsAnewOnTheFirstOfJanuary() throws {
        let watch = try #require(AbsenceThresholds(Rules.setA, for: .pns))
        let found = watch.indications(
            in: Self.scattered(2, from: Day.date("2025-12-28")) + Self.scattered(2))
        #expect(found.isEmpty)
    }

    @Test func tenInARowGoOverFreeDaysAndTheTurnOfTheYear() throws {
        let watch = try #require(AbsenceThresholds(Rules.setA, for: .pns))
        func rows(_ workdays: [Workday]) -> [Indication] {
            watch.indications(in: workdays).filter(\.threshold.isConsecutive)
        }
        #expect(rows(Self.days(9)).isEmpty)
        let ten = rows(Self.days(10))
        #expect(ten.count == 1 && ten.first?.absences.count == 10 && ten.first?.on == Self.first.adding(days: 9))
        #expect(rows(Self.days(25)).count == 1, "one row, one indication")
        let free =
            Self.days(5, from: Day.date("2025-12-26")) + Self.days(2, .libur, from: Day.date("2025-12-31"))
            + Self.days(5, from: Day.date("2026-01-02"))
        #expect(rows(free).count == 1)
        for status in [DayStatus.hadir, .sakit, .belumSinkron, .tanpaJadwal, .terlambat] {
            let broken = Self.days(5) + Self.days(1, status, from: Self.first.adding(days: 5))
            #expect(rows(broken + Self.days(9, from: Self.first.adding(days: 6))).isEmpty, "\(status) ends a row")
        }
    }

    @Test func minutesMakeDaysOnlyWhereTheRuleSetSaysSo() throws {
        func late(_ date: CivilDate, _ minutes: Int, isExcused: Bool = false) -> Workday {
            Workday(
                date: date, status: .terlambat,
                arrival: .init(state: .known, minutes: minutes, band: "TL4", isExcused: isExcused))
        }
        let watch = try #require(AbsenceThresholds(Rules.setA, for: .pns))
        let days = Self.scattered(2) + [late(Self.first.adding(days: 40), 449)]
        #expect(watch.indications(in: days).isEmpty)
        let found = watch.indications(in: days + [late(Self.first.adding(days: 41), 1)])
        #expect(found.map(\.days) == [3] && found.first?.daysOfMinutes == 1)
        #expect(found.first?.minuteDates.count == 2 && found.first?.absences.count == 2)
        #expect(watch.indications(in: days + [late(Self.first.adding(days: 41), 1, isExcused: true)]).isEmpty)
    }

    @Test func thresholdsAreForTheirKindsOnly() {
        let set = Rules.setA
        let own = RuleSet(
            version: set.version, title: "", citation: "", span: set.span, kinds: set.kinds, seconds: .floor,
            lateFrom: .start, late: [], early: [], missingArrival: .nothing, missingDeparture: .nothing,
            absenceRate: 0, base: .full, thresholds: set.thresholds, thresholdKinds: [.pns])
        #expect(AbsenceThresholds(own, for: .pns) != nil && AbsenceThresholds(own, for: .pppk) == nil)
        #expect(AbsenceThresholds(set, for: .nonASN) == nil)
    }
}
