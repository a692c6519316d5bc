import Attendance
import AttendanceRules
import CentralStore
import Crypto
import Foundation
import Testing

@testable import CentralAttendance

struct TownError: Error { let what: String }

/// A journal in memory: what an edge would send.
struct TownJournal {
    let node: String
    let epoch = Epoch.random()
    private var entries: [Entry] = []
    private var sent = 0

    init(node: String) { self.node = node }

    mutating func write(_ bodies: [EntryBody], at moment: Date) {
        for body in bodies {
            let seq = Int64(entries.count) + 1
            let bytes = body.encode(at: moment)
            let before = entries.last?.hash ?? ChainHash.start(of: epoch)
            entries.append(Entry(seq: seq, body: bytes, hash: before.next(seq: seq, body: bytes)))
        }
    }

    /// What was not sent yet.
    mutating func run() -> EntryRun {
        let before = sent > 0 ? entries[sent - 1].hash : ChainHash.start(of: epoch)
        let run = EntryRun(
            node: node, epoch: epoch, first: Int64(sent) + 1, previousHash: before, entries: Array(entries[sent...]),
            status: nil)
        sent = entries.count
        return run
    }
}

/// One office with one device, in Jakarta unless a test says otherwise, on a store in a folder of its own.
final class Town {
    let store: SQLiteCentralStore
    let recomputation: Recomputation
    var journals: [String: TownJournal] = [:]
    static let clerk = Actor(name: "petugas", role: "operator")
    static let serial = "CJ9L170560001"

    init(_ directory: URL, _ name: String = "central.db") throws {
        store = try SQLiteCentralStore(path: directory.appending(path: name).path)
        recomputation = Recomputation(
            store: store, timezone: try #require(TimeZone(identifier: "Asia/Jakarta")), reading: TownHours.reading,
            now: { Date(timeIntervalSince1970: 1_780_000_000) })
    }

    static func run(_ work: (Town) async throws -> Void) async throws {
        try await withFolder { folder in
            let town = try Town(folder)
            try await town.settle()
            try await work(town)
            try town.store.close()
        }
    }

    static func withFolder(_ work: (URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hadir-\(RandomText.hex(bytes: 8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await work(folder)
    }

    /// A unit with a node and a device, hours, and the employee 1 with user id 7.
    func settle() async throws {
        try await office("Dinas Contoh", node: "node-1", serial: Self.serial)
        try await hours(
            .text(.schedule, name: "biasa", text: "biasa", span: DateSpan(from: "2026-01-01")),
            .text(.schedule, name: "malam", text: "malam", span: DateSpan(from: "2026-01-01")),
            .text(.rules, name: "contoh", text: "contoh", span: DateSpan(from: "2026-01-01")),
            .group(
                GroupSchedule(group: "kantor", schedule: "biasa", span: DateSpan(from: "2026-01-01")), document: "1"),
            .group(GroupSchedule(group: "jaga", schedule: "malam", span: DateSpan(from: "2026-01-01")), document: "1"))
        try await employ("1", user: "7")
    }

    func enrol(_ unit: String, node: String) async throws {
        let code = EnrolmentCode(
            url: "http://127.0.0.1", id: RandomText.hex(bytes: 8), secret: [UInt8](repeating: 3, count: 16),
            centreFingerprint: [UInt8](repeating: 7, count: 32), tlsPin: nil)
        let moment = Date(utc: "2026-01-01T00:00:00")
        try await store.addEnrolmentCode(
            NewEnrolmentCode(
                id: code.id, unit: unit, key: EnrolmentKey(secret: code.secret, codeID: code.id), createdAt: moment,
                expiresAt: moment.addingTimeInterval(86_400)))
        let request = EnrolmentRequest(code: code, nodeKey: Curve25519.Signing.PrivateKey().publicKey)
        guard
            try await store.enrol(
                request, nodeName: node, centreFingerprint: [UInt8](repeating: 7, count: 32), at: moment) != nil
        else { throw TownError(what: "enrolment was refused") }
        journals[node] = TownJournal(node: node)
    }

    func office(_ unit: String, node: String, serial: String, zone: String = "Asia/Jakarta") async throws {
        try await enrol(unit, node: node)
        try await send(
            [
                .device(
                    DeviceFacts(
                        serial: try Self.serial(serial), name: "lobi", timezone: zone, model: "", platform: "",
                        firmware: "", capacity: nil)),
                .coverage(
                    Coverage(
                        serial: try Self.serial(serial), from: Date(utc: "2026-02-26T00:00:00"),
                        to: Date(utc: "2026-02-26T00:00:01"), source: .poll)),
            ], node: node, at: Date(utc: "2026-02-26T00:00:01"))
    }

    static func serial(_ text: String) throws -> DeviceSerial { try #require(DeviceSerial(text)) }

    func people(_ changes: PeopleChange...) async throws {
        try await store.change(people: changes, revision: nil, by: Self.clerk, at: Date(utc: "2026-03-01T00:00:00"))
    }

    func hours(_ changes: HoursChange...) async throws {
        try await store.change(hours: changes, by: Self.clerk, at: Date(utc: "2026-03-01T00:00:00"))
    }

    func employ(
        _ number: String, user: String?, unit: String = "Dinas Contoh", group: String = "kantor",
        serial: String = Town.serial, from: CivilDate = "2026-02-26"
    ) async throws {
        try await people(
            .employee(number: number, kind: .pns, name: "Pegawai \(number)", from: from),
            .placement(number: number, unit: unit, post: "staf", superior: nil, group: group, from: from))
        if let user { try await link(user, to: number, serial: serial, from: from) }
    }

    func link(_ user: String, to number: String, serial: String = Town.serial, from: CivilDate, to: CivilDate? = nil)
        async throws
    {
        try await people(
            .link(.device(serial), UserID(user), number: number, span: DateSpan(from: from, to: to), document: "ST-1"))
    }

    /// - Parameter moment: when it comes; a day after the last thing it tells of, where nothing else is said.
    func send(_ bodies: [EntryBody], node: String = "node-1", at moment: Date = Date(utc: "2026-04-20T00:00:00"))
        async throws
    {
        journals[node]?.write(bodies, at: moment)
        guard let run = journals[node]?.run() else { throw TownError(what: "no node \(node)") }
        let outcome = try await store.append(run, receivedAt: moment)
        guard outcome.answer == .ok, outcome.quarantined.isEmpty else { throw TownError(what: "\(outcome)") }
    }

    /// From a node that sends nothing else.
    func sendAlone(_ bodies: [EntryBody], node: String, at moment: Date) async throws {
        try await send(bodies, node: node, at: moment)
    }

    /// Does all that waits.
    @discardableResult
    func follow(through date: CivilDate = "2026-04-20") async throws -> Recomputation.Step {
        var all = Recomputation.Step()
        while true {
            let step = try await recomputation.step(through: date)
            all.judged += step.judged
            all.changed += step.changed
            all.problems = step.problems
            if !step.isMore { return all }
        }
    }

    func employee(_ number: String) async throws -> Int64 {
        let people = try await store.people()
        return try #require(people.employees.first { $0.employments.contains { $0.number == number } }).id
    }

    func unit(_ name: String = "Dinas Contoh") async throws -> Int64 {
        try #require(try await store.people().units.first { $0.name == name }).id
    }

    func day(_ date: CivilDate, of number: String = "1") async throws -> Workday? {
        try await store.workdays(of: [employee(number)], dates: date...date).first?.workday
    }

    func status(_ date: CivilDate, of number: String = "1") async throws -> DayStatus? {
        try await day(date, of: number)?.status
    }
}

/// Scan of a user at a device's own time.
func scan(
    _ time: String, user: String = "7", serial: String = Town.serial, source: Punch.Source = .poll,
    file: FileOrigin? = nil
) throws -> EntryBody {
    guard let time = DeviceTime(text: time) else { throw TownError(what: time) }
    return .punch(
        Punch(
            serial: try Town.serial(serial), userID: UserID(user), deviceTime: time, occurrence: 0, verify: 1,
            state: 0, source: source, raw: [], file: file))
}

/// In UTC.
func covered(
    _ from: String, _ to: String, serial: String = Town.serial, holes: [(String, String, String)] = []
) throws -> EntryBody {
    .coverage(
        Coverage(
            serial: try Town.serial(serial), from: Date(utc: from), to: Date(utc: to), source: .poll,
            holes: holes.map { .init(from: Date(utc: $0.0), to: Date(utc: $0.1), why: $0.2) }))
}

extension Date {
    /// `YYYY-MM-DDThh:mm:ss`; the epoch for anything else.
    init(utc text: String) { self = UTC.date(text + ".000Z") ?? Date(timeIntervalSince1970: 0) }
}

extension CivilDate: ExpressibleByStringLiteral {
    public init(stringLiteral text: String) { self = CivilDate(text: text) ?? .first }
}

/// Hours and rules by the names of their texts.
enum TownHours {
    static let reading = HoursReading(
        schedule: { text in
            switch text.name {
            case "biasa": biasa
            case "malam": malam
            default: throw TownError(what: "no schedule")
            }
        },
        rules: { text in
            guard text.name == "contoh" else { throw TownError(what: "no rules") }
            return rules
        })

    /// Monday to Friday 07.30–16.00; arrivals 05.00–12.00, departures 12.01–20.00.
    static let biasa = Schedule(
        name: "biasa", title: "Biasa", citation: "contoh", span: DateSpan(from: "2026-01-01"),
        week: Dictionary(
            uniqueKeysWithValues: [Weekday.monday, .tuesday, .wednesday, .thursday, .friday].map {
                ($0, DayHours(start: 450, end: 960, breakMinutes: 60, arrival: 300...720, departure: 721...1200))
            }))

    /// 22.00–06.00; arrivals 20.00–01.00, departures 03.00–09.00 of the day after.
    static let malam = Schedule(
        name: "malam", title: "Malam", citation: "contoh", span: DateSpan(from: "2026-01-01"), week: [:],
        shifts: ["M": DayHours(start: 1320, end: 1800, breakMinutes: 0, arrival: 1200...1500, departure: 1620...1980)],
        keepsHolidays: false, keepsCollectiveLeave: false)

    static let rules = RuleSet(
        version: RuleSetVersion(name: "contoh", digest: "000000000001"), title: "Contoh", citation: "contoh",
        span: DateSpan(from: "2026-01-01"), kinds: Set(EmployeeKind.allCases), seconds: .floor, lateFrom: .start,
        late: [
            RuleSet.Band(code: "TL1", from: 1, to: 31, rate: 500), .init(code: "TL2", from: 31, to: nil, rate: 1500),
        ],
        early: [RuleSet.Band(code: "PSW1", from: 1, to: nil, rate: 500)], missingArrival: .rate(1500),
        missingDeparture: .rate(1500), absenceRate: 3000, base: .full)
}
