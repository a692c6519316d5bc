import Attendance
import AttendanceRules
import CentralStore
import Foundation

/// Why a day is computed again; several reasons are one set.
struct Reasons: OptionSet, Hashable {
    let rawValue: UInt32

    init(rawValue: UInt32) { self.rawValue = rawValue }

    init(_ why: RecomputeItem.Why) {
        rawValue = RecomputeItem.Why.allCases.firstIndex(of: why).map { 1 << UInt32($0) } ?? 0
    }

    var words: [RecomputeItem.Why] {
        RecomputeItem.Why.allCases.filter { contains(Reasons($0)) }
    }
}

/// Which days of whom are to be computed.
struct WantedDays {
    struct Span {
        let dates: ClosedRange<CivilDate>
        let why: Reasons
    }

    /// Of everybody.
    private(set) var all: [Span] = []
    /// By place in the directory.
    private(set) var own: [Int: [Span]] = [:]
    private let days: ClosedRange<CivilDate>

    /// - Parameter days: of which dates there are workdays at all.
    init(days: ClosedRange<CivilDate>) { self.days = days }

    var isEmpty: Bool { all.isEmpty && own.isEmpty }

    mutating func addAll(_ dates: ClosedRange<CivilDate>, _ why: RecomputeItem.Why) {
        all.append(Span(dates: dates, why: Reasons(why)))
    }

    mutating func add(_ place: Int, _ dates: ClosedRange<CivilDate>, _ why: RecomputeItem.Why) {
        own[place, default: []].append(Span(dates: dates, why: Reasons(why)))
    }

    mutating func add(_ item: RecomputeItem, _ directory: Directory) {
        // A scan, a holiday, a shift decides about the days beside it, too: a night lies in two dates, windows end where
        // the next one's begin, and clocks of two zones have two dates.
        let wide = DateSpan(from: item.span.from.adding(days: -1), to: item.span.to?.adding(days: 1))
        guard let dates = wide.clamped(to: days) else { return }
        switch item.scope {
        case .everyone: all.append(Span(dates: dates, why: Reasons(item.why)))
        case .employee(let id):
            if let place = directory.place(of: id) { add(place, dates, item.why) }
            if item.why == .link { addSharers(of: id, wide, dates, directory) }
        case .userID(let serial, let user):
            guard let serial = DeviceSerial(serial) else { return }
            let links = directory.links(for: user, on: serial).filter { $0.span.overlaps(wide) }
            for employee in Set(links.map(\.employee)) {
                if let place = directory.place(of: employee) { add(place, dates, item.why) }
            }
        case .unit(let unit):
            let units = directory.units(below: unit)
            add(dates, item.why, directory) { units.contains($0.unit) }
        case .group(let group): add(dates, item.why, directory) { $0.group == group }
        case .device(let serial): addDevice(serial, dates, item.why, directory)
        }
    }

    /// A link of one takes scans from others who have the same user id there, at the same time or before.
    private mutating func addSharers(
        of employee: Int64, _ wide: DateSpan, _ dates: ClosedRange<CivilDate>, _ directory: Directory
    ) {
        for link in directory.links(of: employee) {
            let serials = directory.devices(of: link).compactMap { DeviceSerial($0.serial) }
            let others = serials.flatMap { directory.links(for: link.userID, on: $0) }
                .filter { $0.employee != employee && $0.span.overlaps(wide) }
            for other in Set(others.map(\.employee)) {
                if let place = directory.place(of: other) { add(place, dates, .link) }
            }
        }
    }

    private mutating func add(
        _ dates: ClosedRange<CivilDate>, _ why: RecomputeItem.Why, _ directory: Directory,
        where isConcerned: (Placement) -> Bool
    ) {
        for (place, employee) in directory.employees.enumerated()
        where employee.placements.contains(where: { isConcerned($0) && $0.span.overlaps(DateSpan(dates)) }) {
            add(place, dates, why)
        }
    }

    /// Beyond this many dates all of the unit's people are computed, without asking for each date.
    private static let fewDates = 7

    /// Those who could scan on the device: their unit has no nearer one, or a link says so.
    private mutating func addDevice(
        _ serial: String, _ dates: ClosedRange<CivilDate>, _ why: RecomputeItem.Why, _ directory: Directory
    ) {
        guard let key = DeviceSerial(serial), let device = directory.devices[key] else { return }
        let units = directory.units(below: device.unit)
        var serving: [Int64: Bool] = [:]
        func serves(_ unit: Int64) -> Bool {
            if let known = serving[unit] { return known }
            let isServed =
                dates.count > Self.fewDates
                || dates.contains { date in
                    // Also where it no longer serves, or not yet: its service itself may have changed.
                    guard let nearest = directory.servingDevices(of: unit, on: date).first?.unit else { return true }
                    return nearest == device.unit || !units.contains(nearest)
                }
            serving[unit] = isServed
            return isServed
        }
        for (place, employee) in directory.employees.enumerated() {
            let isPlaced = employee.placements.contains { placement in
                units.contains(placement.unit) && placement.span.overlaps(DateSpan(dates)) && serves(placement.unit)
            }
            let isLinked = directory.links(of: employee.id).contains { link in
                link.scope == .device(device.serial) || link.scope == .unit(device.unit)
            }
            if isPlaced || isLinked { add(place, dates, why) }
        }
    }

    /// By date from the first of `dates` on; no reason where a day is not wanted.
    func reasons(for place: Int, in dates: ClosedRange<CivilDate>) -> [Reasons] {
        var found = [Reasons](repeating: [], count: dates.count)
        for span in all + (own[place] ?? []) {
            guard let both = DateSpan(span.dates).clamped(to: dates) else { continue }
            for date in both { found[date.dayNumber - dates.lowerBound.dayNumber].formUnion(span.why) }
        }
        return found
    }

    /// From the first to the last day that is wanted of anybody.
    var hull: ClosedRange<CivilDate>? {
        let spans = all + own.values.joined()
        guard let first = spans.map(\.dates.lowerBound).min(), let last = spans.map(\.dates.upperBound).max() else {
            return nil
        }
        return first...last
    }
}
