import Attendance
import AttendanceRules
import CentralStore
import Crypto

/// One invented device.
package struct SampleDevice: Equatable, Sendable {
    package let index: Int
    package let serial: DeviceSerial
    package let name: String
    /// Index of its unit.
    package let place: Int
    /// Of those of its unit, from 0.
    package let number: Int
    /// Its records have 40 bytes; the older ones' have 16 (zk-protocol, section 9).
    let isColour: Bool
    /// How far its clock is off while nothing is wrong with it, in seconds.
    let drift: Int
}

/// Everything about an invented government that stays: made from the options alone, the same each time.
package struct SampleGovernment: Sendable {
    package let options: SampleOptions
    package let units: [SampleUnit]
    package private(set) var employees: [SampleEmployee]
    package let devices: [SampleDevice]
    package let calendar: SampleCalendar
    /// By unit: its own devices.
    package let devicesOfPlace: [[Int]]
    private var acting: [(unit: Int, employee: Int, capacity: UnitHead.Capacity, span: DateSpan)] = []

    package init(_ options: SampleOptions) {
        self.options = options
        units = SampleUnits.make(options.units)
        var maker = SamplePeopleMaker(options, units)
        employees = maker.people()
        var sizes = Array(repeating: 0, count: units.count)
        for stint in employees.compactMap(\.stints.first) { sizes[stint.place] += 1 }
        (devices, devicesOfPlace) = Self.devices(options, units, sizes)
        calendar = SampleCalendar(file: Examples.calendar.text, dates: options.dates)
        appointActingHeads()
    }

    /// Units that have an edge: those that do not borrow another's devices, and have anybody.
    package var places: [Int] { devicesOfPlace.indices.filter { !devicesOfPlace[$0].isEmpty } }

    private static func devices(
        _ options: SampleOptions, _ units: [SampleUnit], _ sizes: [Int]
    ) -> ([SampleDevice], [[Int]]) {
        var devices: [SampleDevice] = []
        var ofPlace: [[Int]] = []
        for (unit, size) in zip(units, sizes) {
            let count = unit.borrows ? 0 : size > 200 ? 3 : size > 70 ? 2 : 1
            var own: [Int] = []
            for number in 0..<count {
                var random = SampleRandom(seed: options.seed, .device, devices.count)
                guard
                    let serial = DeviceSerial(
                        "CTH2" + SamplePeopleMaker.padded(random.below(1_000_000), 6)
                            + SamplePeopleMaker.padded(devices.count, 4))
                else { continue }
                own.append(devices.count)
                let names = ["Pintu Depan", "Pintu Samping", "Aula"]
                devices.append(
                    SampleDevice(
                        index: devices.count, serial: serial,
                        name: names.indices.contains(number) ? names[number] : "Lobi",
                        place: unit.index, number: number, isColour: random.chance(6500),
                        drift: random.middling(-90...90)))
            }
            ofPlace.append(own)
        }
        return (devices, ofPlace)
    }

    /// Where a post is vacant somebody from elsewhere acts (Plt); where its holder is away, the next in line (Plh).
    private mutating func appointActingHeads() {
        var members = Array(repeating: [Int](), count: units.count)
        for person in employees { person.stints.first.map { members[$0.unit].append(person.index) } }
        for unit in units {
            let own = members[unit.index].prefix(2)
            let half = options.dates.lowerBound.adding(days: options.dates.count / 2)
            if unit.index % 9 == 4, unit.index > 0, let head = own.first,
                let device = devicesOfPlace[SamplePeopleMaker.place(of: unit)].first
            {
                let other = members[unit.parent ?? 0].first
                guard let other, other != head else { continue }
                acting.append((unit.index, other, .plt, DateSpan(from: half)))
                if employees[other].second == nil { employees[other].second = (device, 8000 + unit.index) }
            } else if unit.index % 9 == 7, own.count == 2 {
                acting.append((unit.index, own[1], .plh, DateSpan(from: half, to: half.adding(days: 9))))
            }
        }
    }

    // MARK: As changes of people

    private static func document(_ number: Int, _ what: String) -> String { "CONTOH 800/\(number + 1)/\(what)" }

    package var unitChanges: [PeopleChange] {
        let root = PeopleChange.unit(
            name: SampleUnits.government, code: "9.99", kind: .pemda, parent: nil, timezone: SampleOptions.zone)
        return [root]
            + units.map { unit in
                .unit(
                    name: unit.name, code: unit.code, kind: unit.kind,
                    parent: unit.parent.map { units[$0].name } ?? SampleUnits.government, timezone: nil)
            }
    }

    /// Everybody with number, kind, posts and superiors; heads come before those below them.
    package var employeeChanges: [PeopleChange] {
        var changes: [PeopleChange] = []
        var heads: [Int: String] = [:]
        for person in employees {
            for stint in person.stints.prefix(1) where heads[stint.unit] == nil { heads[stint.unit] = person.number }
        }
        changes.reserveCapacity(employees.count * 3)
        for person in employees {
            changes.append(
                .employee(number: person.number, kind: person.kind, name: person.name, from: person.span.from))
        }
        for person in employees {
            for stint in person.stints {
                let head = heads[stint.unit]
                changes.append(
                    .placement(
                        number: person.number, unit: units[stint.unit].name, post: person.post,
                        superior: head == person.number ? nil : head, group: person.group.rawValue,
                        from: stint.span.from))
            }
            if let appointment = person.appointment {
                changes.append(
                    .employment(
                        number: person.number, newNumber: appointment.number, kind: .pppk, from: appointment.from))
            }
            if let last = person.span.to { changes.append(.leaves(number: person.number, last: last)) }
        }
        return changes
    }

    package var headChanges: [PeopleChange] {
        var changes: [PeopleChange] = []
        var seen: Set<Int> = []
        for person in employees {
            guard let unit = person.stints.first?.unit, seen.insert(unit).inserted else { continue }
            let vacant = acting.first { $0.unit == unit && $0.capacity == .plt }
            let to = vacant?.span.from.adding(days: -1)
            guard to.map({ $0 >= options.dates.lowerBound }) ?? true else { continue }
            changes.append(
                .head(
                    unit: units[unit].name, number: person.number, capacity: .definitif,
                    span: DateSpan(from: options.dates.lowerBound, to: to), document: Self.document(unit, "SK")))
        }
        for head in acting {
            changes.append(
                .head(
                    unit: units[head.unit].name, number: employees[head.employee].number, capacity: head.capacity,
                    span: head.span, document: Self.document(head.unit, head.capacity.rawValue.uppercased())))
        }
        return changes
    }

    /// Whose each user id is; devices must be known by now.
    ///
    /// - Parameter ids: of the units, in the order of `units`.
    package func linkChanges(units ids: [Int64]) -> [PeopleChange] {
        var changes: [PeopleChange] = []
        for person in employees where person.isLinked {
            for stint in person.stints where ids.indices.contains(stint.place) {
                changes.append(
                    .link(
                        .unit(ids[stint.place]), stint.userID, number: person.number, span: stint.span,
                        document: Self.document(stint.place, "DAFTAR")))
            }
            if let second = person.second {
                changes.append(
                    .link(
                        .device(devices[second.device].serial.text), UserID(String(second.pin)), number: person.number,
                        span: DateSpan(from: options.dates.lowerBound), document: Self.document(second.pin, "PLT")))
            }
        }
        return changes
    }

    /// Shifts of a month, those of everybody who works by roster.
    package func roster(_ month: CivilMonth) -> [HoursChange] {
        var changes: [HoursChange] = []
        guard let dates = DateSpan(month.dates).clamped(to: options.dates) else { return [] }
        for person in employees where person.group == .shifts {
            for date in dates where person.span.contains(date) {
                let shift = SampleHours.turn(team: person.team, on: date).name
                changes.append(.roster(number: person.number, date: date, shift: shift))
            }
        }
        return changes
    }

    /// The private key of a unit's node: of invented data, and known to whoever knows the seed.
    package func nodeKey(_ place: Int) throws -> Curve25519.Signing.PrivateKey {
        var random = SampleRandom(seed: options.seed, .node, place)
        return try Curve25519.Signing.PrivateKey(rawRepresentation: random.bytes(32))
    }

    /// 16 hex digits, as nodes are called.
    package func nodeName(_ place: Int) -> String {
        var random = SampleRandom(seed: options.seed, .node, place, 1)
        return Hex.encode(random.bytes(8))
    }
}
