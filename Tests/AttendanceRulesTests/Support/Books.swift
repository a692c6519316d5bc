import AttendanceRules
import Foundation
import Testing

/// Schedules of section 1 of the domain, by group, with the real calendar of 2025 and 2026.
enum Books {
    static let national = week(
        "nasional-5", days: Hours.hours("07:30-16:00"), friday: Hours.hours("07:30-16:30", rest: 90))
    static let tolerant = week(
        "toleransi-5", days: Hours.hours("07:30-16:00", tolerance: 15),
        friday: Hours.hours("07:30-16:30", rest: 90, tolerance: 15))
    static let flexible = week(
        "fleksibel", days: Hours.hours("07:30-16:00", flexible: 90),
        friday: Hours.hours("07:30-16:30", rest: 90, flexible: 90))
    static let ramadan5 = week(
        "ramadan-5", days: Hours.hours("08:00-15:00", rest: 30), friday: Hours.hours("08:00-15:30", rest: 60))
    static let ramadan6 = week(
        "ramadan-6", days: Hours.hours("08:00-14:00", rest: 30), friday: Hours.hours("08:00-14:00", rest: 60),
        saturday: Hours.hours("08:00-14:00", rest: 30))
    static let sixDays = week(
        "enam-hari", days: short("07:30-14:30"), friday: short("07:30-11:00"), saturday: short("07:30-13:30"))
    static let penajam5 = week("ppu-5", days: short("07:30-16:00"), friday: short("07:30-11:00"))
    static let tanggamus = week(
        "tanggamus", days: Hours.hours("09:00-15:30", in: "06:00-09:00", out: "15:30-20:00"),
        friday: Hours.hours("09:00-15:00", in: "06:00-09:00", out: "15:00-20:00"))
    static let shifts = Schedule(
        name: "sif", title: "sif", citation: "contoh", span: Rules.always, week: [:],
        shifts: [
            "P": Hours.hours("07:00-14:00", rest: 0, in: "05:00-10:00", out: "12:00-18:00"),
            "S": Hours.hours("14:00-21:00", rest: 0, in: "12:00-17:00", out: "19:00-23:59"),
            "M": Hours.hours("21:00-31:00", rest: 0, in: "18:00-24:00", out: "29:00-36:00"),
        ], keepsHolidays: false, keepsCollectiveLeave: false)

    static let schedules = [
        national, tolerant, flexible, ramadan5, ramadan6, sixDays, penajam5, tanggamus, shifts,
    ]

    static let groups: [GroupSchedule] =
        ["nasional-5", "toleransi-5", "fleksibel", "enam-hari", "ppu-5", "tanggamus", "sif"].map {
            GroupSchedule(group: $0, schedule: $0, span: Rules.always)
        } + [
            GroupSchedule(group: "lampung-5", schedule: "nasional-5", span: Rules.always),
            GroupSchedule(group: "lampung-6", schedule: "enam-hari", span: Rules.always),
            GroupSchedule(group: "lampung-5", schedule: "ramadan-5", span: ramadan2026, isOverride: true),
            GroupSchedule(group: "lampung-6", schedule: "ramadan-6", span: ramadan2026, isOverride: true),
        ]

    static let ramadan2026 = DateSpan(Day.date("2026-02-19")...Day.date("2026-03-20"))

    static func planner(without left: Set<CivilDate> = []) throws -> DayPlanner {
        DayPlanner(schedules: schedules, groups: groups, calendar: try calendar().filter { !left.contains($0.date) })
    }

    static func calendar() throws -> [CalendarDay] {
        try MonthFile.lines("holidays-2025-2026.csv").dropFirst().map { line in
            let parts = line.split(separator: ",").map(String.init)
            let kind = try #require(CalendarDay.Kind(rawValue: parts[2]))
            return CalendarDay(date: Day.date(parts[0]), name: parts[1], kind: kind, citation: "SKB")
        }
    }

    static func week(_ name: String, days: DayHours, friday: DayHours, saturday: DayHours? = nil) -> Schedule {
        var week: [Weekday: DayHours] = [.monday: days, .tuesday: days, .wednesday: days, .thursday: days]
        week[.friday] = friday
        week[.saturday] = saturday
        return Schedule(name: name, title: name, citation: "contoh", span: Rules.always, week: week)
    }

    private static func short(_ work: String) -> DayHours { Hours.hours(work, in: "05:00-10:00", out: "10:01-20:00") }
}
