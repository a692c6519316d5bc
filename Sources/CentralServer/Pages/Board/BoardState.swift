import AttendanceRules
import CentralAttendance
import CentralPages
import CentralStore
import Foundation

/// What a board is about.
enum BoardPlace: Hashable, Sendable {
    case government
    /// Several units, none below another; the board of somebody who leads two.
    case units([Int64])
    case unit(Int64)
}

/// Sums of earlier days, by date and unit.
struct BoardHistory: Equatable, Sendable {
    /// Days of the trend, today not among them.
    static let trendDays = 28

    let days: [CivilDate: [Int64: StandingCounts]]
    let today: CivilDate

    init(_ unitDays: [UnitDay] = [], today: CivilDate) {
        self.today = today
        var days: [CivilDate: [Int64: StandingCounts]] = [:]
        for day in unitDays { days[day.date, default: [:]][day.unit] = day.counts }
        self.days = days
    }

    /// What is asked of the store.
    static func dates(before today: CivilDate) -> ClosedRange<CivilDate> {
        let yesterday = today.adding(days: -1)
        return min(yesterday.month.dates.lowerBound, today.adding(days: -trendDays))...yesterday
    }

    /// Days on which work was asked of somebody there, oldest first.
    func trend(of units: Set<Int64>) -> [BoardModel.Day] {
        (today.adding(days: -Self.trendDays)..<today).compactMap { date in
            let counts = sum(date, units)
            return counts.asked > 0 ? BoardModel.Day(date: date, counts: counts) : nil
        }
    }

    /// Of yesterday's month up to yesterday: on the first of a month all of the one before.
    func month(of units: Set<Int64>) -> StandingCounts {
        let yesterday = today.adding(days: -1)
        return (yesterday.month.dates.lowerBound...yesterday).reduce(into: StandingCounts()) { $0 += sum($1, units) }
    }

    private func sum(_ date: CivilDate, _ units: Set<Int64>) -> StandingCounts {
        guard let day = days[date] else { return StandingCounts() }
        // Whichever are fewer: a government has many units, and a unit few.
        guard units.count > day.count else {
            return units.reduce(into: StandingCounts()) { if let counts = day[$1] { $0 += counts } }
        }
        return day.reduce(into: StandingCounts()) { if units.contains($1.key) { $0 += $1.value } }
    }
}

/// Everything of today at one moment; what boards are made of, whoever asks.
struct BoardState: Sendable {
    /// Another one where anything that a board shows is another.
    let number: Int
    /// Of the last look, also where nothing changed.
    let moment: Date
    let tree: UnitTree
    let day: BoardDay
    let hearing: Hearing
    let history: BoardHistory
    let government: String

    /// - Parameters:
    ///   - above: units above, from the top, that the visitor may see.
    ///   - withPeople: only where the visitor may see people of that very unit.
    ///   - past: as `past(of:)` has given it for this place; `nil` makes it anew.
    func model(
        of place: BoardPlace, above: [Int64] = [], withPeople: Bool = false, past: Past? = nil
    ) -> BoardModel {
        let past = past ?? self.past(of: place)
        let units = units(of: place)
        let parts = parts(of: place)
        let sums = sums(of: units)
        var model = BoardModel(
            moment: moment, date: day.date, unit: nil, name: government,
            above: above.compactMap { id in tree[id].map { (id, $0.name) } }, counts: sums.counts,
            connection: connection(of: units), rows: parts.map(row), devices: devices(of: units),
            arrivals: Self.arrivals(sums.arrivals), trend: past.trend,
            ranking: ranking(parts.filter { !$0.isOwn }, past))
        if case .unit(let id) = place {
            model.unit = id
            model.name = tree[id]?.name ?? ""
            if withPeople { model.people = people(of: id) }
        }
        return model
    }

    /// What earlier days give of a place: the same all day.
    struct Past: Sendable {
        let trend: [BoardModel.Day]
        /// By the unit of a row.
        let months: [Int64: StandingCounts]
    }

    func past(of place: BoardPlace) -> Past {
        let below = parts(of: place).filter { !$0.isOwn }
        return Past(
            trend: history.trend(of: units(of: place)),
            months: Dictionary(below.map { ($0.unit, history.month(of: $0.units)) }) { first, _ in first })
    }

    private struct Part {
        let unit: Int64
        let units: Set<Int64>
        var isOwn = false
    }

    private func units(of place: BoardPlace) -> Set<Int64> {
        switch place {
        case .government: tree.roots.reduce(into: []) { $0.formUnion(tree.subtree(of: $1)) }
        case .units(let roots): roots.reduce(into: []) { $0.formUnion(tree.subtree(of: $1)) }
        case .unit(let id): tree.subtree(of: id)
        }
    }

    /// What a board is drilled down to: together the whole of it.
    private func parts(of place: BoardPlace) -> [Part] {
        let roots: [Int64]
        switch place {
        case .government:
            // One that is a single unit is shown by what is in it.
            if tree.roots.count == 1, let root = tree.roots.first, !tree.children(of: root).isEmpty {
                return parts(of: .unit(root))
            }
            roots = tree.roots
        case .units(let units): roots = units
        case .unit(let id):
            let below = tree.children(of: id).map { Part(unit: $0, units: tree.subtree(of: $0)) }
            // Also where it has nobody but a device: that is counted, too.
            let isOwn = !below.isEmpty && (day.places[id] != nil || !(day.expectations.devices[id] ?? []).isEmpty)
            return below + (isOwn ? [Part(unit: id, units: [id], isOwn: true)] : [])
        }
        return roots.map { Part(unit: $0, units: tree.subtree(of: $0)) }
    }

    private func row(_ part: Part) -> BoardModel.Row {
        BoardModel.Row(
            unit: part.unit, name: tree[part.unit]?.name ?? "", counts: sums(of: part.units).counts,
            connection: connection(of: part.units), isOwn: part.isOwn)
    }

    private func sums(of units: Set<Int64>) -> UnitSums {
        units.reduce(into: UnitSums()) { sum, unit in if let own = day.sums[unit] { sum += own } }
    }

    private func connection(of units: Set<Int64>) -> BoardModel.Connection {
        var connection = BoardModel.Connection(connected: 0, total: 0)
        var reads: [Date?] = []
        for unit in units {
            if let serials = day.expectations.devices[unit], !serials.isEmpty {
                connection.total += 1
                if hearing.isHeard(all: serials) { connection.connected += 1 }
                reads += serials.map { hearing.devices[$0]?.lastRead }
            } else if day.devices[unit]?.isEmpty ?? false {
                connection.without += 1
            }
        }
        connection.oldestRead = reads.contains(nil) ? nil : reads.compactMap(\.self).min()
        return connection
    }

    /// Those of the units, and those elsewhere that show their people; what is not heard comes first.
    private func devices(of units: Set<Int64>) -> [BoardModel.Device] {
        var serials: Set<String> = []
        for unit in units {
            serials.formUnion(day.expectations.devices[unit] ?? [])
            serials.formUnion(day.devices[unit] ?? [])
        }
        let devices = serials.sorted().map { serial in
            let known = hearing.devices[serial]
            return BoardModel.Device(
                name: known?.name ?? serial, unit: known?.unit ?? "", lastRead: known?.lastRead,
                isHeard: known?.isHeard ?? false, problem: known?.problem)
        }
        return Array(
            devices.sorted { one, other in
                one.isHeard == other.isHeard
                    ? (one.unit, one.name) < (other.unit, other.name) : !one.isHeard
            }.prefix(OverviewSource.lines))
    }

    /// Without holes between the first and the last.
    private static func arrivals(_ quarters: [Int: UnitSums.Arrivals]) -> [BoardModel.Arrivals] {
        guard let first = quarters.keys.min(), let last = quarters.keys.max() else { return [] }
        return (first...last).map { quarter in
            let number = quarters[quarter] ?? UnitSums.Arrivals()
            return BoardModel.Arrivals(minute: quarter * 15, present: number.present, late: number.late)
        }
    }

    /// Units of which nothing is known have no place in it.
    private func ranking(_ parts: [Part], _ past: Past) -> [BoardModel.Row] {
        let rows = parts.map { part in
            BoardModel.Row(
                unit: part.unit, name: tree[part.unit]?.name ?? "", counts: past.months[part.unit] ?? StandingCounts(),
                connection: connection(of: part.units))
        }
        return rows.filter { $0.counts.share != nil }.sorted { one, other in
            one.counts.share == other.counts.share
                ? (one.name, one.unit) < (other.name, other.unit)
                : one.counts.share ?? 0 > other.counts.share ?? 0
        }
    }

    private func people(of unit: Int64) -> [BoardModel.Person] {
        let members = (day.places[unit] ?? []).map { day.members[$0] }
        return members.map { member in
            let workday = member.workday
            return BoardModel.Person(
                employee: member.expectation.employee, name: member.expectation.name, post: member.expectation.post,
                standing: member.standing, arrival: workday?.arrival.at.map(Self.date),
                departure: workday?.departure.at.map(Self.date), late: member.minutesLate)
        }.sorted { ($0.name, $0.employee) < ($1.name, $1.employee) }
    }

    private static func date(_ moment: Moment) -> Date { Date(timeIntervalSince1970: Double(moment.seconds)) }
}
