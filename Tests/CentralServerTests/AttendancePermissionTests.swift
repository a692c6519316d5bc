import Attendance
import CentralServer
import CentralStore
import Foundation
import Hummingbird
import HummingbirdTesting
import Testing

@Suite("Who may ask what over the API")
struct AttendancePermissionTests {
    /// What each role may, written down a second time: a change of the table must be meant.
    static let expected: [TokenRole: Set<String>] = {
        let viewer: Set = ["read_units", "read_people", "read_workdays", "read_recap", "read_closings"]
        let clerk = viewer.union(["read_attestations", "write_leave", "write_correction", "write_sheet", "withdraw"])
        let raw: Set = ["read_punches", "read_devices", "read_nodes", "read_gaps"]
        let pages: Set = [
            "read_self", "own_account", "read_board", "trace", "read_network", "manage_nodes", "manage_accounts",
            "write_links", "import_files", "import_bundles", "export",
        ]
        let all = Set(Permission.allCases.map(\.rawValue)).subtracting(pages)
        return [
            .reader: raw, .viewer: viewer, .clerk: clerk, .personnel: all,
            .auditor: viewer.union(raw).union(["read_attestations", "read_unlinked", "read_reasons", "read_acts"]),
        ]
    }()

    @Test("the table says what was decided, and no role has anything else")
    func table() {
        for permission in Permission.allCases {
            for role in TokenRole.allCases {
                let grant = TokenGrant(role: role, unit: nil, label: "")
                #expect(
                    permission.isAllowed(to: grant) == Self.expected[role]?.contains(permission.rawValue),
                    "\(role) \(permission)")
            }
        }
        let auditor = Self.expected[.auditor] ?? []
        #expect(auditor.allSatisfy { $0.hasPrefix("read_") })
    }

    @Test("every route under /api/v1 is one of the table, and has a permission that somebody has")
    func routes() async throws {
        try await Centre.run(staged: StagedAttendance()) { centre, client in
            let known = Set(centre.apiRoutes.map { "\($0.method.rawValue) \($0.path)" })
            #expect(known.count == centre.apiRoutes.count)
            let paths = Set(centre.apiRoutes.map { "/api/v1/\($0.path)" })
            #expect(Set(centre.registeredPaths.filter { $0.hasPrefix("/api") }) == paths)
            // What is registered beside them only says that it takes no such method.
            let token = try await centre.token(.personnel, unit: nil)
            for path in Set(centre.apiRoutes.map(\.path)) {
                for method in [.get, .post, .put, .patch, .delete, .options] as [HTTPRequest.Method]
                where !known.contains("\(method.rawValue) \(path)") {
                    let response = try await client.execute(
                        uri: "/api/v1/\(path)", method: method, headers: [.authorization: "Bearer \(token)"])
                    #expect(response.status == .methodNotAllowed, "\(method) \(path)")
                }
            }
            for route in centre.apiRoutes { #expect(!route.permission.rule.tokens.isEmpty) }
        }
    }

    @Test("H19 every route, asked by every role with a token of no, its own and another unit")
    func everyRoute() async throws {
        let staged = StagedAttendance()
        try await Centre.run(staged: staged) { centre, client in
            for role in TokenRole.allCases {
                for unit in [nil, 1, 3] as [Int64?] {
                    let token = try await centre.token(role, unit: unit)
                    for route in centre.apiRoutes {
                        try await ask(client, route, role, unit, token)
                    }
                }
            }
            for route in centre.apiRoutes {
                let (uri, _) = try Self.request(route)
                let response = try await client.execute(uri: uri, method: route.method == .get ? .get : .post)
                #expect(response.status == .unauthorized, "\(route.path)")
            }
        }
    }

    private func ask(
        _ client: any TestClientProtocol, _ route: APIRoute, _ role: TokenRole, _ unit: Int64?, _ token: String
    ) async throws {
        let (uri, body) = try Self.request(route)
        let response: TestResponse
        if let body {
            response = try await client.post(uri, body, token: token)
        } else {
            response = try await client.get(uri, token: token)
        }
        let may = route.permission.isAllowed(to: TokenGrant(role: role, unit: unit, label: ""))
        let asked = "\(role) of \(unit.map(String.init) ?? "all") asks \(uri): \(response.status)"
        guard may else {
            #expect(response.status == .forbidden, "\(asked)")
            return
        }
        // Everything asked about is in unit 1.
        if unit == 3, Self.isAboutUnit1(route) {
            #expect(response.status == .notFound, "\(asked)")
            #expect(response.text == #"{"error":"not found"}"#)
        } else {
            #expect([200, 201, 202, 409].contains(response.status.code), "\(asked) \(response.text)")
        }
        if unit == 3 { #expect(!response.text.contains("Ani ") && !response.text.contains(Government.ani), "\(asked)") }
    }

    private static func isAboutUnit1(_ route: APIRoute) -> Bool {
        route.method == .post || route.path.hasPrefix("employees/")
    }

    /// A request to the route that is right in itself, about Ani and her unit.
    static func request(_ route: APIRoute) throws -> (uri: String, body: String?) {
        let values = ["number": Government.ani, "date": "2026-03-05", "month": "2026-03", "id": "1"]
        var path = route.path
        for name in route.parameters {
            guard let value = values[name] else { throw FixtureError(what: "no value for \(name) of \(route.path)") }
            path = path.replacing("{\(name)}", with: value)
        }
        let month = route.query.contains("month") ? "?month=2026-03" : ""
        let needed = month.isEmpty && route.query.contains("year") ? "?year=2026" : month
        let words = #""document":"Surat 1","reason":"demam""#
        let person = #""number":"\#(Government.ani)""#
        let bodies = [
            "leave": #"{\#(person),"kind":"sakit","from":"2026-03-02","to":"2026-03-03",\#(words)}"#,
            "corrections": #"{\#(person),"date":"2026-03-02","kind":"arrival","time":"07:30",\#(words)}"#,
            "sheets":
                #"{"unit":"Dinas Contoh","date":"2026-03-02",\#(words),"lines":[{\#(person),"arrival":"07:30"}]}"#,
            "coverage":
                #"{"serial":"CJ9L170560001","from":"2026-03-01T00:00:00Z","to":"2026-03-01T09:00:00Z",\#(words)}"#,
            "files": #"{"sha256":"\#(String(repeating: "ab", count: 32))",\#(words)}"#,
            "attestations/{id}/withdraw": #"{"reason":"salah orang"}"#,
            "months/{month}/close": #"{"unit":"Dinas Contoh"}"#,
            "recompute": #"{"unit":"Dinas Contoh","from":"2026-03-01","to":"2026-03-31"}"#,
        ]
        if route.method == .get { return ("/api/v1/\(path)\(needed)", nil) }
        guard let body = bodies[route.path] else { throw FixtureError(what: "no body for \(route.path)") }
        return ("/api/v1/\(path)", body)
    }
}
