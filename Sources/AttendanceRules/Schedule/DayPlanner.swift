/// Says what binds on a date, from schedules, their groups, the calendar and the roster.
///
/// The same for everybody of a group without a roster, so that a caller may ask once for a group and date.
package struct DayPlanner: Sendable {
    /// What the roster says of one person and date.
    package enum Roster: Hashable, Sendable {
        case none
        case free
        /// A shift of the schedule, by its name.
        case shift(String)
    }

    private struct Assignment: Sendable {
        let span: DateSpan
        let schedule: Schedule
    }

    /// Of each group, the one that wins first.
    private let groups: [String: [Assignment]]
    private let calendar: [CivilDate: [CalendarDay]]

    /// Of schedules with one name the last one is taken; assignments to names that are not there bind nobody.
    package init(
        schedules: some Sequence<Schedule>, groups: some Sequence<GroupSchedule>, calendar: some Sequence<CalendarDay>
    ) {
        let byName = Dictionary(schedules.map { ($0.name, $0) }) { $1 }
        self.groups = Dictionary(grouping: groups, by: \.group).mapValues { assignments in
            assignments.sorted(by: Self.wins).compactMap { assignment in
                byName[assignment.schedule].map { Assignment(span: assignment.span, schedule: $0) }
            }
        }
        self.calendar = Dictionary(grouping: calendar, by: \.date).mapValues { days in
            days.sorted { (Self.rank($0.kind), $0.name) < (Self.rank($1.kind), $1.name) }
        }
    }

    package func plan(for group: String, on date: CivilDate, roster: Roster = .none) -> DayPlan {
        guard let schedule = schedule(for: group, on: date) else { return .none }
        let hours: DayHours
        var shift: String?
        // A roster says nothing of hours that have no shifts: they go by the week.
        switch schedule.shifts.isEmpty ? .none : roster {
        case .free: return .rest(.roster, schedule: schedule.name, hours: nil)
        case .shift(let name):
            // A shift that the schedule does not have binds to nothing: it must be seen, not guessed.
            guard let found = schedule.shifts[name] else { return .none }
            (hours, shift) = (found, name)
        case .none:
            guard !schedule.week.isEmpty else { return .none }
            guard let found = schedule.week[date.weekday] else {
                return .rest(.weekly, schedule: schedule.name, hours: nil)
            }
            hours = found
        }
        if let day = dayOff(for: group, on: date, schedule) {
            return .rest(.calendar(day), schedule: schedule.name, hours: hours)
        }
        return .work(hours, schedule: schedule.name, shift: shift)
    }

    /// The schedule that binds a group; one outside its own span never does, whatever the group's assignment says.
    package func schedule(for group: String, on date: CivilDate) -> Schedule? {
        groups[group]?.first { $0.span.contains(date) && $0.schedule.span.contains(date) }?.schedule
    }

    private func dayOff(for group: String, on date: CivilDate, _ schedule: Schedule) -> CalendarDay? {
        calendar[date]?.first { day in
            let isKept = day.kind == .cutiBersama ? schedule.keepsCollectiveLeave : schedule.keepsHolidays
            return isKept && (day.groups.isEmpty || day.groups.contains(group))
        }
    }

    /// Overriding before not, later begin before earlier; the name only so that the answer is always the same.
    private static func wins(_ left: GroupSchedule, _ right: GroupSchedule) -> Bool {
        if left.isOverride != right.isOverride { return left.isOverride }
        if left.span.from != right.span.from { return left.span.from > right.span.from }
        return left.schedule > right.schedule
    }

    /// A date that is both a holiday and collective leave is a holiday.
    private static func rank(_ kind: CalendarDay.Kind) -> Int {
        switch kind {
        case .libur: 0
        case .liburDaerah: 1
        case .cutiBersama: 2
        }
    }
}
