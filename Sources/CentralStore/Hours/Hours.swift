import AttendanceRules
import Foundation

/// A text that says which hours bind, or what minutes cost; TOML, kept as it was given.
package struct HoursText: Equatable, Sendable {
    package enum Kind: String, Sendable, Codable, CaseIterable { case schedule, rules }

    package let id: Int64
    package let kind: Kind
    /// The text's own name; a later schedule of the same name takes its place, later rules do where they are in force.
    package let name: String
    package let text: String
    /// SHA-256, hex.
    package let digest: String
    package let addedAt: Date
    package let by: Actor

    package init(id: Int64, kind: Kind, name: String, text: String, digest: String, addedAt: Date, by: Actor) {
        self.id = id
        self.kind = kind
        self.name = name
        self.text = text
        self.digest = digest
        self.addedAt = addedAt
        self.by = by
    }
}

/// One free or bound day of one person who works by roster.
package struct RosterDay: Equatable, Sendable {
    package let employee: Int64
    package let date: CivilDate
    /// The shift's name; `nil` for a free day.
    package let shift: String?

    package init(employee: Int64, date: CivilDate, shift: String?) {
        self.employee = employee
        self.date = date
        self.shift = shift
    }
}

/// What binds whom: texts in force, which group has which, and the calendar.
package struct Hours: Equatable, Sendable {
    /// Of schedules the newest of each name; of rules also those that a newer text of the name leaves days to: it
    /// begins later. By kind and name, the newest first.
    package let texts: [HoursText]
    /// Every text of rules there ever was: closed months stand on those of their time.
    package let allRules: [HoursText]
    package let groups: [GroupSchedule]
    /// One for each date and kind.
    package let calendar: [CalendarDay]

    package init(
        texts: [HoursText], allRules: [HoursText] = [], groups: [GroupSchedule], calendar: [CalendarDay]
    ) {
        self.texts = texts
        self.allRules = allRules.isEmpty ? texts.filter { $0.kind == .rules } : allRules
        self.groups = groups
        self.calendar = calendar
    }
}

package enum HoursChange: Equatable, Sendable, Codable {
    /// Checked by whoever gives it: the store reads no TOML. `span` is when the text can matter.
    case text(HoursText.Kind, name: String, text: String, span: DateSpan)
    case group(GroupSchedule, document: String)
    /// Takes the assignment of a group that begins on this date back.
    case endGroup(group: String, schedule: String, from: CivilDate)
    /// Adds the day, or gives the one of that date and kind these facts.
    case calendar(CalendarDay)
    case removeCalendar(date: CivilDate, kind: CalendarDay.Kind)
    case roster(number: String, date: CivilDate, shift: String?)
    case removeRoster(number: String, date: CivilDate)
}

/// Schedules, rule sets, calendar, rosters; a part of `CentralStore`. Nothing here is lost when it is replaced.
package protocol HoursStore: Sendable {
    func hours() async throws -> Hours

    /// All or none, as `change(people:)`.
    ///
    /// - Throws: `ChangeRefusal`.
    func change(hours changes: [HoursChange], by actor: Actor, at moment: Date) async throws
}
