import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation
import PageSupport

/// What is to be worked on each date of a month.
package struct HoursMonth: Encodable, Sendable {
    struct Day: Encodable, Sendable {
        let date, weekday: String
        /// `nil` where nothing binds.
        let schedule: String?
        /// On days of work; minutes without the break.
        let hours, arrival, departure: String?
        let minutes: Int
        /// Why nobody works: the weekday, or the day of the calendar.
        let free: String?
        /// By name, of a schedule by roster.
        let shifts: [String]?
    }

    let month: String
    let of: String
    let days: [Day]
    let work_days: Int
    let minutes: Int

    init(of name: String, month: CivilMonth, planner: DayPlanner, group: String) {
        self.month = month.text
        of = name
        days = month.dates.map { date in
            Self.day(date, planner.plan(for: group, on: date), planner.schedule(for: group, on: date))
        }
        work_days = days.count { $0.hours != nil }
        minutes = days.map(\.minutes).reduce(0, +)
    }

    private static func day(_ date: CivilDate, _ plan: DayPlan, _ schedule: Schedule?) -> Day {
        var hours: DayHours?
        var free: String?
        switch plan {
        case .work(let planned, _, _): hours = planned
        case .rest(.calendar(let day), _, _): free = "\(day.kind.rawValue): \(day.name)"
        case .rest(.weekly, _, _): free = "day of rest"
        case .rest(.roster, _, _): free = "free by roster"
        case .notEmployed, .none: free = nil
        }
        let shifts = schedule.flatMap { schedule in
            schedule.shifts.isEmpty
                ? nil
                : schedule.shifts.sorted { ($0.value.start, $0.key) < ($1.value.start, $1.key) }.map {
                    "\($0.key) \(HoursTime.text(minute: $0.value.start))-\(HoursTime.text(minute: $0.value.end))"
                }
        }
        return Day(
            date: date.text, weekday: date.weekday.rawValue, schedule: schedule?.name,
            hours: hours.map { "\(HoursTime.text(minute: $0.start))-\(HoursTime.text(minute: $0.end))" },
            arrival: hours.map { HoursTime.text($0.arrival) }, departure: hours.map { HoursTime.text($0.departure) },
            minutes: hours?.obligation ?? 0, free: free, shifts: shifts)
    }

    package var text: String {
        let table = TextTable.text(
            head: ["DATE", "DAY", "SCHEDULE", "HOURS", "ARRIVAL", "DEPARTURE", "MINUTES", "FREE"],
            rows: days.map { day in
                [
                    day.date, day.weekday, day.schedule.map { PageText.shown($0) } ?? "-",
                    day.hours ?? (day.shifts == nil ? "-" : "by roster"), day.arrival ?? "-", day.departure ?? "-",
                    String(day.minutes), PageText.shown(day.free ?? "-", longest: 80),
                ]
            })
        let shifts = days.compactMap(\.shifts).first.map { "\nshifts: \($0.joined(separator: "; "))" } ?? ""
        return "\(table)\(shifts)\n\(work_days) days of work, \(minutes / 60) h \(minutes % 60) min"
    }
}

extension CentralCommands {
    /// A schedule by itself, with the days of the calendar that are for everybody.
    package static func month(
        _ month: String, ofSchedule name: String, in state: StateDirectory
    ) async throws -> HoursMonth {
        let hours = try await hours(in: state)
        let schedules = try await schedules(in: state)
        guard let schedule = schedules[name] else {
            throw CentralError(
                .usage, "there is no schedule \(name)\(known(Array(schedules.keys), add: .schedule))")
        }
        let alone = GroupSchedule(group: "", schedule: name, span: schedule.span)
        let planner = DayPlanner(schedules: [schedule], groups: [alone], calendar: hours.calendar)
        return HoursMonth(of: name, month: try civilMonth(month), planner: planner, group: "")
    }

    /// What a group was given, whatever overrides it, and its days of the calendar.
    package static func month(
        _ month: String, ofGroup group: String, in state: StateDirectory
    ) async throws -> HoursMonth {
        let hours = try await hours(in: state)
        guard hours.groups.contains(where: { $0.group == group }) else {
            let groups = Set(hours.groups.map(\.group)).sorted().map { PageText.shown($0) }
            throw CentralError(
                .usage,
                "no schedule was given to a group \(PageText.shown(group))"
                    + (groups.isEmpty
                        ? "; `hadir-central group set` gives one" : "; there are \(groups.joined(separator: ", "))"))
        }
        let planner = DayPlanner(
            schedules: try await schedules(in: state).values, groups: hours.groups, calendar: hours.calendar)
        return HoursMonth(of: group, month: try civilMonth(month), planner: planner, group: group)
    }
}
