import AttendanceRules
import Testing

/// Months that were computed by hand: Months/*.txt, each with its days and its foot.
@Suite("Months computed by hand") struct MonthTests {
    static let names = [
        "2025-08-budi", "2025-09-ani", "2025-10-wayan", "2025-11-dewi", "2025-12-agus", "2026-01-siti", "2026-02-tini",
        "2026-03-rudi", "2026-04-lia", "2026-06-sri", "2026-07-joko", "2026-08-yanti",
    ]

    @Test("Every day and the foot of the page are as on paper", arguments: names)
    func month(name: String) throws {
        let file = try MonthFile(name)
        let workdays = file.workdays(try Books.planner())
        #expect(workdays.count == (file.rows.first?.date.month.dates.count ?? 0), "every day of the month is there")
        for (row, day) in zip(file.rows, workdays) {
            #expect(day.date == row.date)
            #expect(day.status == row.status, "\(row.date)")
            #expect(day.arrival.minutes == row.late, "\(row.date)")
            #expect(day.departure.minutes == row.early, "\(row.date)")
            #expect(day.deduction == row.deduction, "\(row.date)")
        }
        let totals = try file.totals(WorkdaySums(workdays))
        #expect(totals == file.totals)
    }

    @Test func aLateDecisionOnCollectiveLeaveTakesAnAbsenceAway() throws {
        let file = try MonthFile("2025-08-budi")
        let before = try #require(file.before)
        let old = file.workdays(try Books.planner(without: [before.date]))
        let new = file.workdays(try Books.planner())
        let changed = zip(old, new).filter { $0 != $1 }
        #expect(changed.count == 1)
        #expect(changed.first?.0.status == before.status && changed.first?.0.deduction == before.deduction)
        #expect(changed.first?.1.status == .cutiBersama && changed.first?.1.deduction == 0)
    }
}

@Suite("Schedules and the calendar") struct DayPlannerTests {
    /// Domain, section 6.
    static let oracle: [(String, Int, [Int])] = [
        ("nasional-5", 2025, [19, 20, 19, 16, 17, 18, 23, 20, 21, 23, 20, 21]),
        ("enam-hari", 2025, [23, 24, 23, 20, 22, 22, 27, 25, 25, 27, 25, 25]),
        ("nasional-5", 2026, [20, 18, 17, 21, 16, 20, 23, 19, 22, 22, 21, 21]),
        ("enam-hari", 2026, [25, 22, 20, 25, 21, 24, 27, 24, 26, 27, 25, 25]),
    ]

    @Test("Working days of each month are those of the joint decisions", arguments: oracle)
    func workingDays(group: String, year: Int, expected: [Int]) throws {
        let planner = try Books.planner()
        let found = (0..<12).map { month in
            CivilMonth(number: year * 12 + month).dates.count { date in
                if case .work = planner.plan(for: group, on: date) { true } else { false }
            }
        }
        #expect(found == expected)
    }

    @Test(
        "Hours of a week without breaks",
        arguments: [(Books.national, 2250), (Books.ramadan5, 1950), (Books.ramadan6, 1950)])
    func obligations(schedule: Schedule, minutes: Int) {
        #expect(schedule.week.values.reduce(0) { $0 + $1.obligation } == minutes)
    }

    @Test func ramadanIsADatedOverride() throws {
        let planner = try Books.planner()
        func name(_ date: String) -> String? { planner.schedule(for: "lampung-5", on: Day.date(date))?.name }
        #expect(name("2026-02-18") == "nasional-5" && name("2026-02-19") == "ramadan-5")
        #expect(name("2026-03-20") == "ramadan-5" && name("2026-03-21") == "nasional-5")
    }

    private static func schedule(_ name: String, _ span: DateSpan = Rules.always, keeps: Bool = true) -> Schedule {
        Schedule(
            name: name, title: "", citation: "", span: span, week: Books.national.week, shifts: Books.shifts.shifts,
            keepsHolidays: keeps, keepsCollectiveLeave: keeps)
    }

    @Test func overrideWinsThenLaterBeginAndNoneOutsideItsSpan() {
        let from2025 = DateSpan(from: Day.date("2025-01-01")), from2026 = DateSpan(from: Day.date("2026-01-01"))
        let short = DateSpan(Day.date("2026-02-01")...Day.date("2026-02-28"))
        let planner = DayPlanner(
            schedules: [Self.schedule("a"), Self.schedule("b"), Self.schedule("r", short)],
            groups: [
                .init(group: "g", schedule: "a", span: from2025), .init(group: "g", schedule: "b", span: from2026),
                .init(group: "g", schedule: "r", span: from2025, isOverride: true),
                .init(group: "g", schedule: "gone", span: from2026, isOverride: true),
            ], calendar: [])
        let names = ["2024-12-31", "2025-06-02", "2026-01-05", "2026-02-02", "2026-03-02"].map {
            planner.schedule(for: "g", on: Day.date($0))?.name
        }
        #expect(names == [nil, "a", "b", "r", "b"])
        #expect(planner.plan(for: "other", on: Day.date("2026-01-05")) == .none)
    }

    @Test func holidaysAreForTheirGroupsAndForSchedulesThatKeepThem() {
        let date = Day.date("2026-03-02")
        let local = CalendarDay(date: date, name: "Pilkada", kind: .liburDaerah, citation: "SE", groups: ["g"])
        let planner = DayPlanner(
            schedules: [Self.schedule("keeps"), Self.schedule("serves", keeps: false)],
            groups: [
                .init(group: "g", schedule: "keeps", span: Rules.always),
                .init(group: "h", schedule: "keeps", span: Rules.always),
                .init(group: "s", schedule: "serves", span: Rules.always),
            ], calendar: [local])
        let hours = Books.national.week[.monday]
        #expect(planner.plan(for: "g", on: date) == .rest(.calendar(local), schedule: "keeps", hours: hours))
        for group in ["h", "s"] {
            guard case .work = planner.plan(for: group, on: date) else {
                Issue.record("\(group) works")
                continue
            }
        }
        // A day that is one of rest anyway is no holiday.
        let sunday = DayPlan.rest(.weekly, schedule: "keeps", hours: nil)
        #expect(planner.plan(for: "g", on: date.adding(days: -1)) == sunday)
    }

    @Test func theRosterSaysTheShift() throws {
        let planner = try Books.planner()
        let date = Day.date("2026-03-02")
        #expect(planner.plan(for: "sif", on: date) == .none, "without a roster nothing is known")
        #expect(planner.plan(for: "sif", on: date, roster: .free) == .rest(.roster, schedule: "sif", hours: nil))
        #expect(planner.plan(for: "sif", on: date, roster: .shift("X")) == .none)
        let office = planner.plan(for: "nasional-5", on: date, roster: .free)
        #expect(office == planner.plan(for: "nasional-5", on: date), "hours without shifts have no roster")
        let night = try #require(Books.shifts.shifts["M"])
        let plan = DayPlan.work(night, schedule: "sif", shift: "M")
        #expect(planner.plan(for: "sif", on: date, roster: .shift("M")) == plan)
    }
}
