import Attendance
import AttendanceRules
import CentralServer
import CentralStore
import Foundation
import Hummingbird
import HummingbirdTesting

@testable import CentralServer

/// What `PagePermissionTests` asks of every page with: **whoever adds a route with a parameter, or one that needs a
/// query, adds a value here**, about Ani and her unit (see `PageGovernment`).
enum PageSamples {
    /// By the parameter's name in the path.
    static let parameters: [String: String] = [
        "unit": "1", "employee": "1", "date": "2026-03-02", "month": "2026-03", "id": "1", "serial": "CJ9L170560001",
        "account": "contoh", "year": "2026", "node": "contoh-1", "kind": "rekap", "name": "contoh", "token": "1",
        "session": "0011223344556677", "format": "csv", "number": PageGovernment.ani, "device": "CJ9L170560001",
        "attestation": "1", "job": "1", "file": "contoh", "link": "1", "order": "1", "code": "1", "list": "pegawai",
        "period": "2026-03", "key": "contoh", "row": "1",
    ]

    /// By the route's path: what a GET cannot do without. All are asked with `coba`, to which event streams answer
    /// without one.
    static let queries: [String: String] = ["langsung": "halaman=jaringan"]

    /// By the route's path: fields of a POST that would do something, where it should be seen that it is done. Without
    /// them a form says what is missing, which is an answer, too.
    static let fields: [String: [String: String]] = [:]

    /// Parameters that name something of a unit: with a foreign one there is no such page.
    static let ofUnits: Set<String> = ["unit", "employee", "number", "attestation"]

    static func path(of route: PageRoute) throws -> String {
        var path = route.path
        for name in route.parameters {
            guard let value = parameters[name] else {
                throw FixtureError(
                    what: "no sample value for {\(name)} of \(route.path): add one to PageSamples.parameters")
            }
            path = path.replacing("{\(name)}", with: value)
        }
        return "/" + path
    }
}

/// The government that pages are asked about: in the store, so that every page reads what it reads in an office.
///
/// `Dinas Contoh` (1) has `Bagian Umum` (2) below it; `Kecamatan Seberang` (3) stands beside them. Ani (1) and Budi (2)
/// are of the first two, Citra (3) and Dedi (4) of the third. No name is part of another.
enum PageGovernment {
    static let ani = "198609262015051001"
    static let units = ["Dinas Contoh", "Bagian Umum", "Kecamatan Seberang"]
    static let people = [
        (name: "Ani Invented", number: ani, unit: 0), (name: "Budi Invented", number: "199009132025242014", unit: 1),
        (name: "Citra Invented", number: "197501012000012003", unit: 2),
        (name: "Dedi Invented", number: "197802022001021004", unit: 2),
    ]

    /// What tells of a unit and nobody else, by its id: neither may stand on a page of somebody of the other.
    static let marks: [Int64: [String]] = [
        1: ["Dinas Contoh", "Bagian Umum", "Ani ", ani, "Budi ", "199009132025242014"],
        3: ["Kecamatan Seberang", "Citra ", "197501012000012003", "Dedi ", "197802022001021004"],
    ]

    static func fill(_ store: any CentralStore, heads: [(number: String, UnitHead.Capacity, DateSpan)] = [])
        async throws
    {
        let start = Government.date("2020-01-01")
        var changes: [PeopleChange] = units.enumerated().map { index, name in
            .unit(
                name: name, code: nil, kind: index == 1 ? .bagian : .opd, parent: index == 1 ? units[0] : nil,
                timezone: nil)
        }
        for person in people {
            changes.append(.employee(number: person.number, kind: .pns, name: person.name, from: start))
            changes.append(
                .placement(
                    number: person.number, unit: units[person.unit], post: "Pelaksana", superior: nil, group: "kantor",
                    from: start))
        }
        for (number, capacity, span) in heads {
            changes.append(.head(unit: units[0], number: number, capacity: capacity, span: span, document: "SK 1"))
        }
        let actor = Actor(name: "siti", role: "operator")
        try await store.change(people: changes, revision: nil, by: actor, at: monday)
        let read = try await store.people()
        guard read.units.sorted(by: { $0.id < $1.id }).map(\.name) == units,
            read.employees.sorted(by: { $0.id < $1.id }).map(\.name) == people.map(\.name)
        else { throw FixtureError(what: "the units and people have other ids than expected") }
        _ = try await store.add(
            [
                NewAttestation(
                    content: .leave(employee: 1, .sakit, DateSpan(from: start, to: start)), document: "Surat 1",
                    reason: "demam")
            ], by: actor, at: monday)
        // A person whose account pages can be about.
        _ = try await store.addAccount(
            NewAccount(name: "contoh", role: .employee, employee: 1, password: password, createdAt: monday))
    }

    /// Nobody can type what makes it.
    static let password = PasswordHash(
        hash: [UInt8](repeating: 1, count: 32), salt: [UInt8](repeating: 2, count: 16),
        cost: PasswordCost(n: 1024, r: 8, p: 1))
}

/// Somebody signed in, without a login.
struct PageVisitor: Sendable {
    let client: any TestClientProtocol
    let token = SecretToken()

    /// - Parameter store: of the server; the account is made in it.
    init(
        _ client: any TestClientProtocol, _ store: any CentralStore, _ name: String, _ role: AccountRole,
        unit: Int64? = nil, employee: Int64? = nil, firstPasswordEnds: Date? = nil, at moment: Date
    ) async throws {
        self.client = client
        let isNew = try await store.addAccount(
            NewAccount(
                name: name, role: role, unit: unit, employee: employee, password: PageGovernment.password,
                firstPasswordEnds: firstPasswordEnds, createdAt: moment))
        guard isNew, try await open(store, name, at: moment) else { throw FixtureError(what: "no session of \(name)") }
    }

    private func open(_ store: any CentralStore, _ name: String, at moment: Date) async throws -> Bool {
        try await store.addSession(
            NewSession(token: token.hash, account: name, password: PageGovernment.password, createdAt: moment))
    }

    func get(_ path: String) async throws -> TestResponse { try await send(path, .get) }

    /// - Parameter form: the token in the form; `nil` for none.
    func post(_ path: String, _ fields: [String: String] = [:], form: String?) async throws -> TestResponse {
        var fields = fields
        fields["token"] = form
        let body = fields.map { "\($0)=\($1.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")" }
        return try await send(
            path, .post, [.contentType: "application/x-www-form-urlencoded"],
            ByteBuffer(string: body.joined(separator: "&")))
    }

    func post(_ path: String, _ fields: [String: String] = [:]) async throws -> TestResponse {
        try await post(path, fields, form: token.formToken)
    }

    /// A form with a file, as browsers send it.
    func upload(_ path: String, form: String?) async throws -> TestResponse {
        let end = "hadirhadirhadir"
        var body = ""
        if let form { body += "--\(end)\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\n\(form)\r\n" }
        body +=
            "--\(end)\r\nContent-Disposition: form-data; name=\"berkas\"; filename=\"a.csv\"\r\n"
            + "Content-Type: text/csv\r\n\r\nnip,nama\r\n\r\n--\(end)--\r\n"
        return try await send(
            path, .post, [.contentType: "multipart/form-data; boundary=\(end)"], ByteBuffer(string: body))
    }

    func send(
        _ path: String, _ method: HTTPRequest.Method, _ more: HTTPFields = [:], _ body: ByteBuffer? = nil
    ) async throws -> TestResponse {
        var headers = more
        headers[.cookie] = "hadir=\(token.text)"
        headers[.origin] = "http://localhost"
        return try await client.execute(uri: path, method: method, headers: headers, body: body)
    }
}
