import Attendance
import AttendanceRules
import CentralAttendance
import CentralPages
import CentralStore
import Foundation
import HummingbirdTesting
import Synchronization

@testable import CentralServer

/// Numbers that a test can have again.
struct BoardRandom: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

enum BoardDays {
    /// Monday in Jakarta.
    static let date = CivilDate(text: "2026-03-02") ?? .first
    static let offset = 7 * 3600

    static func at(_ minute: Int, _ date: CivilDate = date) -> Moment { Moment(date, minute: minute, offset: offset) }

    static func date(_ minute: Int) -> Date { Date(timeIntervalSince1970: Double(at(minute).seconds)) }

    static func came(_ minute: Int, late: Int = 0, _ date: CivilDate = date) -> Workday {
        Workday(
            date: date, status: .belumSinkron,
            arrival: Workday.Side(state: .known, at: at(minute, date), proof: .sheet(1), minutes: late),
            departure: Workday.Side(state: .undecided))
    }

    static func open(_ flags: Workday.Flags = [], _ date: CivilDate = date) -> Workday {
        Workday(
            date: date, status: .belumSinkron, arrival: Workday.Side(state: .undecided),
            departure: Workday.Side(state: .undecided), flags: flags)
    }

    static func of(_ status: DayStatus, _ date: CivilDate = date) -> Workday { Workday(date: date, status: status) }

    static func random(using random: inout BoardRandom, _ date: CivilDate = date) -> Workday {
        switch Int.random(in: 0..<5, using: &random) {
        case 0: came(Int.random(in: 360..<600, using: &random), date)
        case 1: came(Int.random(in: 451..<700, using: &random), late: 9, date)
        case 2: open(Bool.random(using: &random) ? .notLinked : [], date)
        default: of(DayStatus.allCases.randomElement(using: &random) ?? .hadir, date)
        }
    }
}

/// A centre with a government of seven, seen through its pages.
///
/// Pemda has Fitri, and below it Dinas Contoh (Ani, Budi; below it Bidang Satu with Citra) and Dinas Lain (Dedi, Eka),
/// each of the two with a node and a device.
struct BoardTown {
    static let serials = ["Dinas Contoh": "CJ9L170560001", "Dinas Lain": "CJ9L170560002"]
    static let people = [
        ("1", "Ani", "Dinas Contoh"), ("2", "Budi", "Dinas Contoh"), ("3", "Citra", "Bidang Satu"),
        ("4", "Dedi", "Dinas Lain"), ("5", "Eka", "Dinas Lain"), ("6", "Fitri", "Pemda"),
    ]
    static let person = Actor(name: "sri", role: "operator")

    let rig: PagesRig
    let client: any TestClientProtocol
    var edges: [String: Edge] = [:]
    private var sent: [String: Int] = [:]
    private(set) var units: [String: Int64] = [:]
    private(set) var ids: [String: Int64] = [:]

    init(_ rig: PagesRig, _ client: any TestClientProtocol) async throws {
        self.rig = rig
        self.client = client
        let from = BoardDays.date.adding(days: -60)
        try await change(
            .unit(name: "Pemda", code: nil, kind: .pemda, parent: nil, timezone: "Asia/Jakarta"),
            .unit(name: "Dinas Contoh", code: nil, kind: .opd, parent: "Pemda", timezone: nil),
            .unit(name: "Bidang Satu", code: nil, kind: .bagian, parent: "Dinas Contoh", timezone: nil),
            .unit(name: "Dinas Lain", code: nil, kind: .opd, parent: "Pemda", timezone: nil))
        for (number, name, unit) in Self.people {
            try await change(
                .employee(number: number, kind: .pns, name: "\(name) Invented", from: from),
                .placement(number: number, unit: unit, post: "Staf", superior: nil, group: "kantor", from: from))
        }
        for (unit, serial) in Self.serials {
            var edge = try await rig.enrolledEdge(unit: unit)
            edge.write(try device(serial: serial))
            edges[unit] = edge
            try await heartbeat(unit)
        }
        let people = try await rig.store.people()
        units = Dictionary(uniqueKeysWithValues: people.units.map { ($0.name, $0.id) })
        for employee in people.employees { ids[employee.number] = employee.id }
    }

    func change(_ changes: PeopleChange...) async throws {
        try await rig.store.change(people: changes, revision: nil, by: Self.person, at: rig.clock.now())
    }

    /// Sends what the node of a unit has not sent, and what it says of its device now.
    mutating func heartbeat(_ unit: String, problem: String? = nil, readAgo: TimeInterval = 30) async throws {
        guard let edge = edges[unit], let serial = Self.serials[unit] else { throw FixtureError(what: unit) }
        let read = UTC.text(rig.clock.now().addingTimeInterval(-readAgo))
        let status = NodeStatus(
            version: "1", backlog: 0,
            devices: [NodeStatus.Device(serial: serial, name: "lobi", lastRead: read, problem: problem)])
        let answer = try await client.send(try edge.batch(after: sent[unit] ?? 0, status: status))
        guard answer.status == .ok else { throw FixtureError(what: "\(answer.status)") }
        sent[unit] = edge.entries.count
    }

    /// Stores workdays as computing would.
    func save(_ days: [String: Workday]) async throws {
        let people = try await rig.store.people()
        let stored = days.compactMap { number, workday in
            people.employees.first { $0.number == number }.map {
                StoredWorkday(employee: $0.id, unit: $0.placement(on: workday.date)?.unit, workday: workday)
            }
        }.sorted { $0.employee < $1.employee }
        _ = try await rig.store.save(
            stored, gone: [], why: [.scan], done: nil, days: nil, at: rig.clock.now())
    }

    /// Nobody has come yet.
    func open() async throws {
        try await save(Dictionary(uniqueKeysWithValues: Self.people.map { ($0.0, BoardDays.open()) }))
    }

    /// A board of its own over the same store, which looks when it is told to; nothing waits for its turn.
    func board() throws -> Board {
        let settings = PagesSettings()
        return Board(
            store: rig.store, people: PeopleCache(rig.store), pages: try CentralPages(),
            frame: FrameMaker(settings: settings), bell: ChangeBell(), now: rig.clock.now,
            time: BoardTime().next, logger: rig.log.logger)
    }

    /// As the page of the government shows it.
    static func government(_ board: Board) async throws -> BoardModel {
        try await board.model(of: view(.government))
    }

    static func view(_ place: BoardPlace, withPeople: Bool = false) -> Board.View {
        Board.View(page: .unit, place: place, above: [], withPeople: withPeople, areas: [])
    }

    static func run(
        _ work: @Sendable @escaping (BoardTown, any TestClientProtocol) async throws -> Void
    ) async throws {
        try await PagesRig.run { rig, client in try await work(try await BoardTown(rig, client), client) }
    }
}

/// Each look is a minute after the last.
private final class BoardTime: Sendable {
    private let passed = Mutex(Duration.zero)

    var next: @Sendable () -> Duration {
        { [self] in
            passed.withLock { passed in
                passed += .seconds(60)
                return passed
            }
        }
    }
}

extension StandingCounts {
    /// Of words as "present 2, late 1".
    var words: String {
        Standing.allCases.filter { self[$0] != 0 }.map { "\($0.rawValue) \(self[$0])" }.joined(separator: ", ")
    }
}
