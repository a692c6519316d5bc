import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation
import PageSupport
import ServiceSupport

/// Who has which hours, which days are free, who works when by roster.
extension CentralCommands {
    /// Gives a group a schedule from a date on.
    package static func setGroup(
        _ group: String, schedule: String, from: String, to: String?, override: Bool, document: String,
        in state: StateDirectory
    ) async throws {
        let span = DateSpan(from: try date(from, "--from"), to: try to.map { try date($0, "--to") })
        guard span.isSane else { throw CentralError(.usage, "--to is before --from") }
        let schedules = try await schedules(in: state)
        guard let known = schedules[schedule] else {
            throw CentralError(
                .usage, "there is no schedule \(schedule)\(known(Array(schedules.keys), add: .schedule))")
        }
        guard known.span.overlaps(span) else {
            throw CentralError(
                .usage,
                "the schedule \(schedule) is in force \(HoursTable.text(known.span)), on none of these days")
        }
        let assignment = GroupSchedule(group: group, schedule: schedule, span: span, isOverride: override)
        try await change([.group(assignment, document: document)], in: state)
    }

    /// Ends what a group was given, with a last day; without one it never was.
    package static func endGroup(
        _ group: String, schedule: String, from: String, last: String?, document: String?, in state: StateDirectory
    ) async throws {
        let first = try date(from, "--from")
        let given = try await hours(in: state).groups.first {
            $0.group == group && $0.schedule == schedule && $0.span.from == first
        }
        guard let given else {
            throw CentralError(
                .usage,
                "\(PageText.shown(group)) was not given \(PageText.shown(schedule)) from \(first) on; "
                    + "`hadir-central group list` shows what it has")
        }
        guard let last else {
            return try await change([.endGroup(group: group, schedule: schedule, from: first)], in: state)
        }
        guard let document else { throw CentralError(.usage, "--last needs --document: which letter ends it") }
        let span = DateSpan(from: first, to: try date(last, "--last"))
        guard span.isSane else { throw CentralError(.usage, "--last is before --from; without --last it never was") }
        let ended = GroupSchedule(group: group, schedule: schedule, span: span, isOverride: given.isOverride)
        try await change([.group(ended, document: document)], in: state)
    }

    package static func addCalendarDay(
        _ day: String, kind: String, name: String, citation: String, groups: [String], in state: StateDirectory
    ) async throws {
        let entry = CalendarDay(
            date: try date(day, "DATE"), name: name, kind: try calendarKind(kind), citation: citation, groups: groups)
        try await change([.calendar(entry)], in: state)
    }

    package static func removeCalendarDay(_ day: String, kind: String, in state: StateDirectory) async throws {
        try await change([.removeCalendar(date: date(day, "DATE"), kind: calendarKind(kind))], in: state)
    }

    /// - Parameter year: `nil` for all.
    package static func calendar(year: Int?, in state: StateDirectory) async throws -> [CalendarDay] {
        try await hours(in: state).calendar.filter { day in year.map { $0 == day.date.parts.year } ?? true }
            .sorted { ($0.date, $0.kind.rawValue) < ($1.date, $1.kind.rawValue) }
    }

    /// Says what one person works on one date.
    ///
    /// - Parameter shift: a shift's name; `libur` for a free day; `nil` takes back what was said.
    package static func setRoster(
        _ number: String, date day: String, shift: String?, in state: StateDirectory
    ) async throws {
        let date = try date(day, "DATE")
        guard let shift else {
            return try await change([.removeRoster(number: number, date: date)], in: state)
        }
        let isFree = shift == "libur"
        if !isFree {
            let shifts = Set(try await schedules(in: state).values.flatMap(\.shifts.keys))
            guard shifts.contains(shift) else {
                let hint =
                    shifts.isEmpty
                    ? "; no schedule kept here has shifts, `hadir-central schedule add FILE` keeps one"
                    : "; there are \(shifts.sorted().joined(separator: ", ")), and libur for a free day"
                throw CentralError(.usage, "no schedule has a shift \(PageText.shown(shift))\(hint)")
            }
        }
        try await change([.roster(number: number, date: date, shift: isFree ? nil : shift)], in: state)
    }

    /// What the roster says of a month, by name and date.
    package static func roster(month: String, number: String?, in state: StateDirectory) async throws -> [RosterLine] {
        let month = try civilMonth(month)
        let found: [RosterLine]? = try await read(state) { store in
            let people = try await store.people().employees.filter { employee in
                number.map { number in employee.employments.contains { $0.number == number } } ?? true
            }
            if number != nil, people.isEmpty { return nil }
            let byID = Dictionary(people.map { ($0.id, $0) }) { first, _ in first }
            let material = try await store.material(
                ofDevices: [], employees: people.map(\.id), dates: month.dates)
            return material.roster.compactMap { day in
                guard month.dates.contains(day.date), let employee = byID[day.employee] else { return nil }
                let number = employee.employment(on: day.date)?.number ?? employee.number
                return RosterLine(number: number, name: employee.name, date: day.date.text, shift: day.shift ?? "libur")
            }
        }
        guard let found else {
            throw CentralError(.usage, "there is no employee \(PageText.shown(number ?? ""))")
        }
        return found.sorted { ($0.name, $0.number, $0.date) < ($1.name, $1.number, $1.date) }
    }

    // MARK: Words of options

    static func date(_ text: String, _ option: String) throws -> CivilDate {
        guard let date = CivilDate(text: text) else {
            throw CentralError(.usage, "\(option) \(PageText.shown(text)): not a date such as 2026-02-19")
        }
        return date
    }

    static func civilMonth(_ text: String) throws -> CivilMonth {
        guard let month = CivilMonth(text: text) else {
            throw CentralError(.usage, "--month \(PageText.shown(text)): not a month such as 2026-03")
        }
        return month
    }

    private static func calendarKind(_ text: String) throws -> CalendarDay.Kind {
        guard let kind = CalendarDay.Kind(rawValue: text) else {
            let kinds = CalendarDay.Kind.allCases.map(\.rawValue).joined(separator: ", ")
            throw CentralError(.usage, "\(PageText.shown(text)): not one of \(kinds)")
        }
        return kind
    }
}
