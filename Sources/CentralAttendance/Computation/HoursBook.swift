import AttendanceRules
import CentralStore
import Foundation

/// Turns kept texts into what they say.
package struct HoursReading: Sendable {
    package let schedule: @Sendable (HoursText) throws -> Schedule
    package let rules: @Sendable (HoursText) throws -> RuleSet

    package init(
        schedule: @escaping @Sendable (HoursText) throws -> Schedule,
        rules: @escaping @Sendable (HoursText) throws -> RuleSet
    ) {
        self.schedule = schedule
        self.rules = rules
    }

    /// The TOML of `hadir-central schedule` and `rules`.
    package static let files = HoursReading(
        schedule: { try ScheduleFile.parse($0.text, path: $0.name) },
        rules: { try RuleSetFile.parse($0.text, path: $0.name).rules })
}

/// What binds whom on which date.
struct HoursBook {
    let rules: [RuleSet]
    /// Texts that cannot be read, and why: nobody is judged by them.
    let problems: [String]
    /// When hours bind anybody for the first time.
    let firstDate: CivilDate?
    private let schedules: [String: Schedule]
    private let groups: [String: [GroupSchedule]]
    private let calendar: [CivilDate: [CalendarDay]]

    init(_ hours: Hours, reading: HoursReading) {
        var schedules: [String: Schedule] = [:]
        var rules: [RuleSet] = []
        var problems: [String] = []
        for text in hours.texts {
            do {
                switch text.kind {
                case .schedule: schedules[text.name] = try reading.schedule(text)
                case .rules: rules.append(try reading.rules(text))
                }
            } catch {
                problems.append("\(text.kind.rawValue) \(text.name): \(error)")
            }
        }
        self.schedules = schedules
        self.rules = rules
        self.problems = problems
        groups = Dictionary(grouping: hours.groups, by: \.group)
        calendar = Dictionary(grouping: hours.calendar, by: \.date)
        firstDate = hours.groups.map(\.span.from).min()
    }

    /// - Parameter roster: the employee's day of the roster, where there is one.
    func plan(group: String, on date: CivilDate, roster: RosterDay?) -> DayPlan {
        let bound = (groups[group] ?? []).filter { assigned in
            assigned.span.contains(date) && schedules[assigned.schedule]?.span.contains(date) ?? false
        }
        let chosen = bound.max {
            ($0.isOverride ? 1 : 0, $0.span.from, $0.schedule) < ($1.isOverride ? 1 : 0, $1.span.from, $1.schedule)
        }
        guard let chosen, let schedule = schedules[chosen.schedule] else { return .none }
        let hours: DayHours?
        if let roster, !schedule.shifts.isEmpty {
            guard let shift = roster.shift else { return .rest(.roster, schedule: schedule.name, hours: nil) }
            // A shift that no schedule has is no free day.
            guard let bound = schedule.shifts[shift] else { return .none }
            hours = bound
        } else if schedule.week.isEmpty {
            return .none
        } else {
            hours = schedule.week[date.weekday]
        }
        guard let hours else { return .rest(.weekly, schedule: schedule.name, hours: nil) }
        if let day = restDay(group, date, schedule) {
            return .rest(.calendar(day), schedule: schedule.name, hours: hours)
        }
        return .work(hours, schedule: schedule.name, shift: schedule.shifts.isEmpty ? nil : roster?.shift)
    }

    private func restDay(_ group: String, _ date: CivilDate, _ schedule: Schedule) -> CalendarDay? {
        let days = (calendar[date] ?? []).filter { day in
            guard day.groups.isEmpty || day.groups.contains(group) else { return false }
            return day.kind == .cutiBersama ? schedule.keepsCollectiveLeave : schedule.keepsHolidays
        }
        // A holiday on a day of collective leave is a holiday.
        return days.first { $0.kind == .libur } ?? days.first { $0.kind == .liburDaerah } ?? days.first
    }
}
