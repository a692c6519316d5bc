import Attendance
import AttendanceRules
import CentralAttendance
import CentralServer
import CentralStore
import Foundation
import Hummingbird
import HummingbirdTesting
import Synchronization

/// People and workdays in memory, as a small invented government has them.
///
/// `Dinas Contoh` (1) has `Bagian Umum` (2) below it; `Kecamatan Contoh` (3) stands beside them. Budi moved from
/// `Bagian Umum` to `Kecamatan Contoh` on 16 March 2026.
final class StagedAttendance: Sendable {
    struct State {
        var people: People
        var days: [StoredWorkday]
        var attestations: [Attestation] = []
        var withdrawn: [Int64: String] = [:]
        var queued: [RecomputeItem] = []
        var closed: [Closing] = []
        var adjustments: [Adjustment] = []
        var copies: [StoredWorkday] = []
        var actors: [Actor] = []
        var texts: [HoursText] = []
        var waiting: [RecomputeItem] = []
        /// Of how many people days were read at one time; `nil` for all.
        var asked: [Int?] = []
        /// What happens while days are read: the first at the first reading, and so on.
        var whileReading: [@Sendable () async throws -> Void] = []
        var queries: [AttestationQuery] = []
    }

    let state: Mutex<State>

    init(_ people: People = Government.people, days: [StoredWorkday] = Government.days) {
        state = Mutex(State(people: people, days: days))
    }
}

enum Government {
    static func date(_ text: String) -> CivilDate { CivilDate(text: text) ?? .first }

    static let dinas = "Dinas Contoh", bagian = "Bagian Umum", kecamatan = "Kecamatan Contoh"
    /// Of the invented people: Ani in Dinas, Budi who moves, Citra in Kecamatan.
    static let ani = "198609262015051001", budi = "199009132025242014", citra = "197501012000012003"
    static let version = RuleSetVersion(name: "contoh", digest: "0123456789ab")

    static let people = People(
        revision: 1,
        units: [
            OrgUnit(id: 1, name: dinas, code: "1.02", kind: .opd, parent: nil, timezone: "Asia/Jakarta"),
            OrgUnit(id: 2, name: bagian, code: nil, kind: .bagian, parent: 1, timezone: nil),
            OrgUnit(id: 3, name: kecamatan, code: nil, kind: .kecamatan, parent: nil, timezone: nil),
        ],
        heads: [
            UnitHead(
                unit: 1, employee: 1, capacity: .plt, span: DateSpan(from: date("2026-01-01")), document: "SK 1")
        ],
        employees: [
            employee(1, "Ani Invented", ani, [(1, "2020-01-01", nil)]),
            employee(2, "Budi Invented", budi, [(2, "2020-01-01", "2026-03-15"), (3, "2026-03-16", nil)]),
            employee(3, "Citra Invented", citra, [(3, "2020-01-01", nil)]),
        ],
        links: [
            IdentityLink(
                id: 1, scope: .unit(1), userID: UserID("7"), employee: 1, span: DateSpan(from: date("2020-01-01")))
        ],
        devices: [
            ServedDevice(
                serial: "CJ9L170560001", unit: 1, timezone: "Asia/Jakarta",
                service: DateSpan(from: date("2020-01-01"))),
            ServedDevice(
                serial: "CJ9L170560003", unit: 3, timezone: "Asia/Jakarta",
                service: DateSpan(from: date("2020-01-01"))),
        ])

    private static func employee(
        _ id: Int64, _ name: String, _ number: String, _ places: [(Int64, String, String?)]
    ) -> Employee {
        Employee(
            id: id, name: name,
            employments: [Employment(number: number, kind: .pns, span: DateSpan(from: date("2020-01-01")))],
            placements: places.map { unit, from, to in
                Placement(
                    unit: unit, post: "Pelaksana", superior: nil, group: "kantor",
                    span: DateSpan(from: date(from), to: to.map(date)))
            })
    }

    /// March 2026 and two days of April: who was late, absent, on leave, or is not known yet.
    static let days: [StoredWorkday] = {
        var days: [StoredWorkday] = []
        for employee in people.employees {
            for offset in 0..<33 {
                let date = date("2026-03-01").adding(days: offset)
                guard let unit = employee.placement(on: date)?.unit else { continue }
                let number = (offset + Int(employee.id) * 3) % 9
                days.append(StoredWorkday(employee: employee.id, unit: unit, workday: day(date, number)))
            }
        }
        return days
    }()

    private static func day(_ date: CivilDate, _ number: Int) -> Workday {
        let came = Moment(date, minute: 7 * 60 + 29, offset: 25_200)
        let known = Workday.Side(state: .known, at: came, proof: .sheet(5))
        switch number {
        case 0: return Workday(date: date, status: .libur, rules: version)
        case 1:
            let late = Workday.Side(state: .known, at: came, proof: .correction(6), minutes: 17, band: "TL1")
            return Workday(
                date: date, status: .terlambat, arrival: late, departure: known, deduction: 500, flags: .corrected,
                rules: version)
        case 2:
            return Workday(
                date: date, status: .tanpaKeterangan, arrival: Workday.Side(state: .missing),
                departure: Workday.Side(state: .missing), deduction: 3000, rules: version)
        case 3: return Workday(date: date, status: .cutiSakit, rules: version)
        case 4:
            return Workday(
                date: date, status: .belumSinkron, arrival: Workday.Side(state: .undecided, minutes: 40, band: "TL2"),
                departure: Workday.Side(state: .undecided), rules: version)
        case 5:
            let early = Workday.Side(state: .known, at: came, proof: .sheet(5), minutes: 61, band: "PSW3")
            return Workday(
                date: date, status: .pulangCepat, arrival: known, departure: early, deduction: 1250, flags: .manual,
                rules: version)
        default: return Workday(date: date, status: .hadir, arrival: known, departure: known, rules: version)
        }
    }
}

extension StagedAttendance: PeopleStore, HoursStore, AttestationStore, WorkdayStore {
    func people() async throws -> People { state.withLock { $0.people } }
    func peopleRevision() async throws -> Int64 { state.withLock { $0.people.revision } }
    func change(people changes: [PeopleChange], revision: Int64?, by actor: Actor, at moment: Date) async throws {}
    func seenUserIDs() async throws -> [SeenUserID] {
        [("CJ9L170560001", 1, "7"), ("CJ9L170560001", 1, "8"), ("CJ9L170560003", 3, "7")].map { serial, unit, id in
            SeenUserID(
                serial: serial, unit: Int64(unit), userID: UserID(id), deviceName: "=HYPERLINK(1)\u{202E}", first: nil,
                last: nil, scans: 0)
        }
    }
    func hours() async throws -> Hours { Hours(texts: state.withLock { $0.texts }, groups: [], calendar: []) }
    func change(hours changes: [HoursChange], by actor: Actor, at moment: Date) async throws {}

    func add(_ attestations: [NewAttestation], by actor: Actor, at moment: Date) async throws -> [Int64] {
        state.withLock { state in
            state.actors.append(actor)
            return attestations.map { new in
                let id = Int64(state.attestations.count) + 1
                state.attestations.append(
                    Attestation(
                        id: id, content: new.content, document: new.document, reason: new.reason, by: actor, at: moment)
                )
                return id
            }
        }
    }
    func withdraw(attestation id: Int64, reason: String, by actor: Actor, at moment: Date) async throws -> Bool {
        state.withLock { state in
            state.withdrawn[id] = reason
            return state.attestations.contains { $0.id == id }
        }
    }
    func attestations(_ query: AttestationQuery) async throws -> [Attestation] {
        state.withLock { state in
            state.queries.append(query)
            return state.attestations
        }
    }
    func acts(limit: Int) async throws -> [Act] {
        [Act(id: 1, at: monday, by: Actor(name: "siti", role: "operator"), what: "people", detail: "{}")]
    }

    func pendingWork(limit: Int) async throws -> PendingWork {
        PendingWork(
            items: state.withLock { $0.waiting }, mark: PendingWork.Mark(item: 0, punch: 0), days: nil)
    }
    func queue(_ items: [RecomputeItem], by actor: Actor, at moment: Date) async throws {
        state.withLock { $0.queued += items }
    }
    func material(ofDevices serials: [String], employees: [Int64], dates: ClosedRange<CivilDate>) async throws
        -> WorkdayMaterial
    { WorkdayMaterial() }
    func save(
        _ workdays: [StoredWorkday], gone: [EmployeeDays], why: [RecomputeItem.Why], done: PendingWork.Mark?,
        days: ClosedRange<CivilDate>?, at moment: Date
    ) async throws -> Int { 0 }
    func closedWorkdays(of employees: [Int64]?, dates: ClosedRange<CivilDate>) async throws -> [StoredWorkday] {
        state.withLock { state in
            state.copies.filter { day in
                (employees.map { $0.contains(day.employee) } ?? true) && dates.contains(day.workday.date)
            }
        }
    }
    func workdays(of employees: [Int64]?, dates: ClosedRange<CivilDate>) async throws -> [StoredWorkday] {
        let next = state.withLock { state in
            state.asked.append(employees?.count)
            return state.whileReading.isEmpty ? nil : state.whileReading.removeFirst()
        }
        try await next?()
        return state.withLock { state in
            state.days.filter { day in
                (employees.map { $0.contains(day.employee) } ?? true) && dates.contains(day.workday.date)
            }
        }
    }
    func changes(of employee: Int64, on date: CivilDate) async throws -> [WorkdayChange] {
        try await workdays(of: [employee], dates: date...date).map { day in
            WorkdayChange(
                employee: employee, date: date, at: monday, why: [.scan], before: nil, after: day.workday)
        }
    }
    func close(month: CivilMonth, unit: Int64, employees: [Int64], by actor: Actor, at moment: Date) async throws
        -> [StoredWorkday]
    {
        let days = try await workdays(of: employees, dates: month.dates).filter { !$0.workday.status.isDecided }
        if days.isEmpty {
            state.withLock { $0.closed.append(Closing(unit: unit, month: month, by: actor, at: moment)) }
        }
        return days
    }
    func closings() async throws -> [Closing] { state.withLock { $0.closed } }
    func adjustments(in dates: ClosedRange<CivilDate>) async throws -> [Adjustment] {
        state.withLock { $0.adjustments.filter { dates.contains($0.now.date) } }
    }
}

extension StagedAttendance {
    /// A Monday on which nothing is known yet.
    func account(of employee: Int64, on date: CivilDate) -> DayAccount? {
        let hours = DayHours(
            start: 450, end: 960, breakMinutes: 60, arrival: 360...720, departure: 721...1200)
        guard let serial = DeviceSerial("CJ9L170560001"), let time = DeviceTime(text: "2026-03-05T07:29:00") else {
            return nil
        }
        let key = PunchKey(serial: serial, userID: UserID("7"), deviceTime: time, occurrence: 0)
        let scan = Scan(key: key, at: Moment(date, minute: 449, offset: 25_200), serial: serial.text)
        let record = DeviceRecord(
            serial: serial.text, complete: [],
            gaps: [.init(span: Moment(date, minute: 600, offset: 25_200)..<scan.at.later, why: "clock_off")])
        let evidence = WorkdayEvidence(
            date: date, offset: 25_200, plan: .work(hours, schedule: "contoh", shift: nil), scans: [scan],
            records: [record])
        let judge = WorkdayJudge(rules: [])
        return DayAccount(
            evidence: evidence, explanation: judge.explain(evidence), workday: judge.judge(evidence))
    }
}

extension Moment {
    fileprivate var later: Moment { Moment(seconds: seconds + 86_400) }
}

extension Centre {
    /// As `run`, with the staged government; its units are in the database, too, for tokens to name.
    static func run(
        staged: StagedAttendance, _ work: @Sendable @escaping (Centre, any TestClientProtocol) async throws -> Void
    ) async throws {
        let parts = AttendanceParts(staged) { employee, date in staged.account(of: employee, on: date) }
        try await run(.router, attendance: parts) { centre, client in
            for unit in [Government.dinas, Government.bagian, Government.kecamatan] {
                _ = try await centre.code(unit: unit)
            }
            try await work(centre, client)
        }
    }

    func token(_ role: TokenRole, unit: Int64?) async throws -> String {
        let text = "hadir_" + RandomText.hex(bytes: 32)
        try await store.addToken(
            hash: text.sha256, TokenGrant(role: role, unit: unit, label: role.rawValue), at: clock.now())
        return text
    }
}

/// What an answer of JSON has.
typealias Fields = [String: Any]

extension TestResponse {
    var fields: Fields {
        get throws {
            let parsed = try JSONSerialization.jsonObject(with: Data(body.readableBytesView))
            guard let fields = parsed as? Fields else { throw FixtureError(what: text) }
            return fields
        }
    }
}

extension TestClientProtocol {
    func post(_ uri: String, _ body: String, token: String) async throws -> TestResponse {
        try await execute(
            uri: uri, method: .post, headers: [.authorization: "Bearer \(token)", .contentType: "application/json"],
            body: ByteBuffer(string: body))
    }
}
