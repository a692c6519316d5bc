import AttendanceRules
import CentralStore
import Foundation

/// What is expected of one person who is employed and has a place on a date: where, from when on, and which devices
/// could show a scan.
package struct DayExpectation: Equatable, Sendable {
    package let employee: Int64
    package let name: String
    package let unit: Int64
    package let post: String
    /// Serials, in order: the unit's, or those of the nearest unit above that has any, and those of the person's links.
    package let devices: [String]
    /// When the hours begin; `nil` on a free day, and where nothing says what binds.
    package let begins: Moment?
    /// How far the clocks of the unit are ahead of UTC, in seconds.
    package let offset: Int

    package init(
        employee: Int64, name: String, unit: Int64, post: String, devices: [String], begins: Moment?, offset: Int
    ) {
        self.employee = employee
        self.name = name
        self.unit = unit
        self.post = post
        self.devices = devices
        self.begins = begins
        self.offset = offset
    }
}

/// Of everybody, on one date; the same rules as for computing workdays.
package struct DayExpectations: Sendable {
    package let date: CivilDate
    /// In the order of ids.
    package let people: [DayExpectation]
    /// Serials of devices in service on the date, by the unit that has them, in order.
    package let devices: [Int64: [String]]

    package init(date: CivilDate, people: [DayExpectation], devices: [Int64: [String]]) {
        self.date = date
        self.people = people
        self.devices = devices
    }

    package init(
        _ people: People, _ hours: Hours, _ roster: [RosterDay], on date: CivilDate, timezone: TimeZone,
        reading: HoursReading = .files
    ) {
        self.date = date
        let directory = Directory(people, timezone: timezone)
        let book = HoursBook(hours, reading: reading)
        let rostered = Dictionary(roster.filter { $0.date == date }.map { ($0.employee, $0) }) { first, _ in first }
        var serving: [Int64: [String]] = [:]
        var offsets: [Int64: Int] = [:]
        var plans: [String: DayPlan] = [:]
        self.people = people.employees.sorted { $0.id < $1.id }.compactMap { employee in
            guard employee.employment(on: date) != nil, let place = employee.placement(on: date) else { return nil }
            let unit = place.unit
            let known = serving[unit] ?? directory.servingDevices(of: unit, on: date).map(\.serial).sorted()
            serving[unit] = known
            let offset = offsets[unit] ?? Self.offset(of: directory.zone(of: unit), on: date)
            offsets[unit] = offset
            let plan: DayPlan
            if let day = rostered[employee.id] {
                plan = book.plan(group: place.group, on: date, roster: day)
            } else {
                plan = plans[place.group] ?? book.plan(group: place.group, on: date, roster: nil)
                plans[place.group] = plan
            }
            let linked = directory.links(of: employee.id).flatMap { directory.devices(of: $0, on: date) }.map(\.serial)
            return DayExpectation(
                employee: employee.id, name: employee.name, unit: unit, post: place.post,
                devices: linked.allSatisfy(known.contains) ? known : Set(known + linked).sorted(),
                begins: Self.begin(plan, date, offset), offset: offset)
        }
        devices = Dictionary(grouping: people.devices.filter { $0.service.contains(date) }, by: \.unit)
            .mapValues { $0.map(\.serial).sorted() }
    }

    private static func begin(_ plan: DayPlan, _ date: CivilDate, _ offset: Int) -> Moment? {
        guard case .work(let hours, _, _) = plan else { return nil }
        return Moment(date, minute: hours.start, offset: offset)
    }

    /// At noon of the date, as for computing.
    private static func offset(of zone: TimeZone, on date: CivilDate) -> Int {
        let noon = Date(timeIntervalSince1970: Double(date.dayNumber) * 86_400 + 43_200)
        return zone.secondsFromGMT(for: noon.addingTimeInterval(-Double(zone.secondsFromGMT(for: noon))))
    }
}
