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

/// What binds whom on which date, from the texts and the calendar the store has.
struct HoursBook {
    let planner: DayPlanner
    let rules: [RuleSet]
    /// Texts that cannot be read, and why: nobody is judged by them.
    let problems: [String]
    /// When hours bind anybody for the first time.
    let firstDate: CivilDate?

    init(_ hours: Hours, reading: HoursReading) {
        var schedules: [Schedule] = []
        var rules: [RuleSet] = []
        var problems: [String] = []
        for text in hours.texts {
            do {
                switch text.kind {
                case .schedule: schedules.append(try reading.schedule(text))
                case .rules: rules.append(try reading.rules(text))
                }
            } catch {
                problems.append("\(text.kind.rawValue) \(text.name): \(error)")
            }
        }
        planner = DayPlanner(schedules: schedules, groups: hours.groups, calendar: hours.calendar)
        self.rules = rules
        self.problems = problems
        firstDate = hours.groups.map(\.span.from).min()
    }

    /// - Parameter roster: the employee's day of the roster, where there is one.
    func plan(group: String, on date: CivilDate, roster: RosterDay?) -> DayPlan {
        planner.plan(for: group, on: date, roster: roster.map { $0.shift.map { .shift($0) } ?? .free } ?? .none)
    }
}
