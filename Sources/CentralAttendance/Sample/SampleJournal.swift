import Attendance
import AttendanceRules
import CentralStore
import Foundation

/// What one office's edge journals, made run of days by run of days: memory does not grow with the months.
package struct SampleJournal: Sendable {
    package let government: SampleGovernment
    /// Index of the unit.
    package let place: Int
    package let epoch: Epoch
    let days: SampleDays
    var lines: [DeviceLine]
    /// Who may scan here at some time, and the people who only act here.
    let people: [Int]
    let guests: [Int]
    /// What was made and is not known to the edge yet.
    var waiting: [Item] = []
    private var seq: Int64 = 0
    private var hash: ChainHash
    private var order = 0

    /// One entry to be, and when the edge learns of it.
    struct Item: Sendable {
        enum Body: Sendable {
            case punch(Punch)
            case other(EntryBody)
        }

        let at: Int64
        /// Of those of one moment: scans first, then what is said about them.
        let rank: Int
        let order: Int
        let body: Body
    }

    /// What was made of one run of days.
    package struct Made: Sendable {
        package var entries: [Entry] = []
        /// The edge's clock at each.
        package var moments: [Int64] = []
        package var scans = 0
        /// By a file from a stick.
        package var carried = 0
        /// Made by people, and in no log.
        package var lost = 0
        package var statements: [SampleStatement] = []
        package var outages: [SampleOutage.Kind: Int] = [:]

        package init() {}
    }

    package init(_ government: SampleGovernment, place: Int) throws {
        self.government = government
        self.place = place
        var random = SampleRandom(seed: government.options.seed, .epoch, place)
        guard let epoch = Epoch(Hex.encode(random.bytes(16))) else { throw EntryError("no epoch") }
        self.epoch = epoch
        hash = ChainHash.start(of: epoch)
        days = SampleDays(
            seed: government.options.seed, calendar: government.calendar, dates: government.options.dates)
        lines = government.devicesOfPlace[place].map { DeviceLine(government.devices[$0], government.options) }
        people = government.employees.indices.filter { government.employees[$0].stints.contains { $0.place == place } }
        let own = Set(government.devicesOfPlace[place])
        guests = government.employees.indices.filter {
            government.employees[$0].second.map { own.contains($0.device) } ?? false
        }
    }

    /// The chain before the next entry.
    package var end: (seq: Int64, hash: ChainHash) { (seq, hash) }

    /// The first entries: the journal begins, devices and the users on them are known.
    package mutating func begin() -> Made {
        let start = SampleOptions.midnight(government.options.dates.lowerBound) - 7200
        add(start, 0, .other(.epoch(EpochStart(reason: .firstStart))))
        let isStickOnly = government.units[place].isStickOnly
        for line in lines.indices {
            let device = lines[line].device
            add(start + 1, 1, .other(.device(lines[line].facts)))
            if !isStickOnly {
                add(
                    start + 2, 2,
                    .other(
                        .coverage(
                            Coverage(serial: device.serial, from: Self.date(start), to: Self.date(start), source: .poll)
                        )))
            }
            for index in people {
                for stint in government.employees[index].stints
                where stint.place == place && stint.span.from == government.options.dates.lowerBound {
                    add(start + 3, 3, .other(.user(user(government.employees[index], stint.pin, on: device))))
                }
            }
            for index in guests {
                guard let second = government.employees[index].second, second.device == device.index else { continue }
                add(start + 3, 3, .other(.user(user(government.employees[index], second.pin, on: device))))
            }
        }
        var made = Made()
        drain(before: start + 10, into: &made)
        return made
    }

    /// What the node says of itself with a batch.
    package func status(at second: Int64) -> NodeStatus {
        let isStickOnly = government.units[place].isStickOnly
        return NodeStatus(
            version: "0.1.0-contoh", backlog: 0, diskFree: 12_000_000_000,
            devices: lines.map { line in
                NodeStatus.Device(
                    serial: line.device.serial.text, name: line.device.name,
                    lastRead: isStickOnly ? nil : UTC.text(Self.date(line.covered)), capacity: line.facts.capacity,
                    clockOffset: isStickOnly ? nil : line.device.drift)
            })
    }

    func user(_ person: SampleEmployee, _ pin: Int, on device: SampleDevice) -> DeviceUser {
        // Older devices have eight bytes for a name, newer ones 24.
        let name = String(decoding: person.name.uppercased().utf8.prefix(device.isColour ? 23 : 8), as: UTF8.self)
        return DeviceUser(serial: device.serial, userID: UserID(String(pin)), name: name, privilege: pin == 1 ? 14 : 0)
    }

    mutating func add(_ at: Int64, _ rank: Int, _ body: Item.Body) {
        order += 1
        waiting.append(Item(at: at, rank: rank, order: order, body: body))
    }

    /// Makes entries of everything the edge learns before `end`.
    mutating func drain(before end: Int64, into made: inout Made) {
        let ready = waiting.filter { $0.at < end }.sorted { ($0.at, $0.rank, $0.order) < ($1.at, $1.rank, $1.order) }
        waiting.removeAll { $0.at < end }
        made.entries.reserveCapacity(ready.count)
        var head: (at: Int64, lines: PunchLines)?
        for item in ready {
            let body: [UInt8]
            switch item.body {
            case .punch(let punch):
                let lines = head.flatMap { $0.at == item.at ? $0.lines : nil } ?? PunchLines(at: Self.date(item.at))
                head = (item.at, lines)
                body = lines.line(of: punch)
                made.scans += 1
                if punch.source == .stick { made.carried += 1 }
            case .other(let other): body = other.encode(at: Self.date(item.at))
            }
            seq += 1
            hash = hash.next(seq: seq, body: body)
            made.entries.append(Entry(seq: seq, body: body, hash: hash))
            made.moments.append(item.at)
        }
    }

    static func date(_ second: Int64) -> Date { Date(timeIntervalSince1970: Double(second)) }
}

/// What a person says beside the scans; employees and units by their place in the government.
package struct SampleStatement: Equatable, Sendable {
    package enum Content: Equatable, Sendable {
        case leave(employee: Int, LeaveKind, DateSpan)
        case correction(employee: Int, CivilDate, Correction.Kind)
        case sheet(unit: Int, CivilDate, [Line])
        case coverage(serial: String, from: Date, to: Date)
        case file(sha256: String)
    }

    package struct Line: Equatable, Sendable {
        package let employee: Int
        package var arrival: Int?
        package var departure: Int?
    }

    package let content: Content
    package let document: String
    package let reason: String

    /// As the store takes it.
    package func attestation(units: [Int64], employees: [Int64]) -> NewAttestation? {
        func id(_ ids: [Int64], _ place: Int) -> Int64? { ids.indices.contains(place) ? ids[place] : nil }
        let known: Attestation.Content?
        switch content {
        case .leave(let person, let kind, let span):
            known = id(employees, person).map { .leave(employee: $0, kind, span) }
        case .correction(let person, let date, let kind):
            known = id(employees, person).map { .correction(employee: $0, date, kind) }
        case .sheet(let unit, let date, let lines):
            let entries = lines.compactMap { line in
                id(employees, line.employee).map {
                    Attestation.SheetEntry(employee: $0, arrival: line.arrival, departure: line.departure)
                }
            }
            known = id(units, unit).map { .sheet(unit: $0, date, entries) }
        case .coverage(let serial, let from, let to): known = .coverage(serial: serial, from: from, to: to)
        case .file(let sha256): known = .file(sha256: sha256)
        }
        return known.map { NewAttestation(content: $0, document: document, reason: reason) }
    }
}
