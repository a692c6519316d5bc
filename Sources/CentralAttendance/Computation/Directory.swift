import Attendance
import AttendanceRules
import CentralStore
import Foundation

/// People, units and devices as computing asks for them: whose a scan is, which devices could show one, how far clocks
/// are ahead. Made once of a `People`; the same one gives the same answers.
struct Directory {
    let employees: [Employee]
    let devices: [DeviceSerial: ServedDevice]
    private let units: [Int64: OrgUnit]
    private let children: [Int64: [Int64]]
    private let devicesByUnit: [Int64: [ServedDevice]]
    private let byDevice: [DeviceUser: [IdentityLink]]
    private let byUnit: [UnitUser: [IdentityLink]]
    private let linksByEmployee: [Int64: [IdentityLink]]
    private let places: [Int64: Int]
    private let government: TimeZone

    private struct DeviceUser: Hashable {
        let serial: DeviceSerial
        let user: UserID
    }

    private struct UnitUser: Hashable {
        let unit: Int64
        let user: UserID
    }

    /// - Parameter timezone: the government's, for units that name none.
    init(_ people: People, timezone: TimeZone) {
        // Neighbours share devices, so that a group of them needs few.
        employees = people.employees.sorted {
            ($0.placements.last?.unit ?? 0, $0.id) < ($1.placements.last?.unit ?? 0, $1.id)
        }
        places = Dictionary(uniqueKeysWithValues: zip(employees.map(\.id), employees.indices))
        units = Dictionary(people.units.map { ($0.id, $0) }) { first, _ in first }
        children = Dictionary(grouping: people.units.filter { $0.parent != nil }) { $0.parent ?? 0 }
            .mapValues { $0.map(\.id) }
        let served = people.devices.compactMap { device in DeviceSerial(device.serial).map { ($0, device) } }
        devices = Dictionary(served) { first, _ in first }
        devicesByUnit = Dictionary(grouping: people.devices, by: \.unit)
        var byDevice: [DeviceUser: [IdentityLink]] = [:]
        var byUnit: [UnitUser: [IdentityLink]] = [:]
        for link in people.links {
            switch link.scope {
            case .device(let serial):
                guard let serial = DeviceSerial(serial) else { continue }
                byDevice[DeviceUser(serial: serial, user: link.userID), default: []].append(link)
            case .unit(let unit): byUnit[UnitUser(unit: unit, user: link.userID), default: []].append(link)
            }
        }
        self.byDevice = byDevice
        self.byUnit = byUnit
        linksByEmployee = Dictionary(grouping: people.links, by: \.employee)
        government = timezone
    }

    /// The place of an employee among `employees`.
    func place(of employee: Int64) -> Int? { places[employee] }

    /// From when on a scan could have been expected of any device.
    var firstService: CivilDate? { devices.values.map(\.service.from).min() }

    // MARK: Units

    private static let deepest = 64

    /// The unit and those above it, the nearest first.
    private func path(from unit: Int64) -> [Int64] {
        var path: [Int64] = []
        var next: Int64? = unit
        while let unit = next, path.count < Self.deepest, !path.contains(unit) {
            path.append(unit)
            next = units[unit]?.parent
        }
        return path
    }

    /// The unit and all below it.
    func units(below unit: Int64) -> Set<Int64> {
        var found: Set<Int64> = [unit]
        var next = [unit]
        while let unit = next.popLast() {
            for child in children[unit] ?? [] where found.insert(child).inserted { next.append(child) }
        }
        return found
    }

    func zone(of unit: Int64?) -> TimeZone {
        guard let unit else { return government }
        for unit in path(from: unit) {
            if let name = units[unit]?.timezone, let zone = TimeZone(identifier: name) { return zone }
        }
        return government
    }

    /// Of the unit, or of the nearest above that has any in service on the date.
    func servingDevices(of unit: Int64, on date: CivilDate) -> [ServedDevice] {
        for unit in path(from: unit) {
            let own = (devicesByUnit[unit] ?? []).filter { $0.service.contains(date) }
            if !own.isEmpty { return own }
        }
        return []
    }

    // MARK: Links

    func links(of employee: Int64) -> [IdentityLink] { linksByEmployee[employee] ?? [] }

    /// Devices on which a link counts that day.
    func devices(of link: IdentityLink, on date: CivilDate) -> [ServedDevice] {
        guard link.span.contains(date) else { return [] }
        return devices(of: link).filter { $0.service.contains(date) }
    }

    /// Devices on which a link counts at all.
    func devices(of link: IdentityLink) -> [ServedDevice] {
        switch link.scope {
        case .device(let serial): DeviceSerial(serial).flatMap { devices[$0] }.map { [$0] } ?? []
        case .unit(let unit): devicesByUnit[unit] ?? []
        }
    }

    func links(for user: UserID, on serial: DeviceSerial) -> [IdentityLink] {
        guard let device = devices[serial] else { return [] }
        return (byDevice[DeviceUser(serial: serial, user: user)] ?? [])
            + (byUnit[UnitUser(unit: device.unit, user: user)] ?? [])
    }

    /// Whose a scan of a date is; `nil` for nobody's and for one that two people claim.
    ///
    /// On the morning after a link's last day the night shift of that day ends: where nobody has the user id then, it is
    /// still whose it was.
    static func owner(_ links: [IdentityLink], on date: CivilDate) -> Int64? {
        if links.count == 1, let link = links.first {
            return link.span.contains(date) || link.span.contains(date.adding(days: -1)) ? link.employee : nil
        }
        for day in [date, date.adding(days: -1)] {
            let owners = Set(links.filter { $0.span.contains(day) }.map(\.employee))
            if !owners.isEmpty { return owners.count == 1 ? owners.first : nil }
        }
        return nil
    }
}
