import Attendance
import AttendanceRules
import CentralServer
import CentralStore
import Foundation
import Hummingbird
import HummingbirdTesting
import Testing

@Suite("docs/openapi.json")
struct AttendanceOpenAPITests {
    static func document() throws -> Fields {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "docs/openapi.json")
        let parsed = try JSONSerialization.jsonObject(with: Data(contentsOf: file))
        return try #require(parsed as? Fields)
    }

    private static func operations() throws -> [String: Fields] {
        let paths = try #require(try document()["paths"] as? [String: [String: Fields]])
        var operations: [String: Fields] = [:]
        for (path, methods) in paths {
            for (method, operation) in methods { operations["\(method.uppercased()) \(path)"] = operation }
        }
        return operations
    }

    @Test("each route is in the file with its parameters, permission, roles and reach, and the file has no other")
    func routes() async throws {
        try await Centre.run(staged: StagedAttendance()) { centre, _ in
            let operations = try Self.operations()
            #expect(
                Set(operations.keys) == Set(centre.apiRoutes.map { "\($0.method.rawValue) /api/v1/\($0.path)" }))
            for route in centre.apiRoutes {
                let operation = try #require(operations["\(route.method.rawValue) /api/v1/\(route.path)"])
                let parameters = try #require(operation["parameters"] as? [Fields])
                func names(_ place: String) -> [String] {
                    parameters.filter { $0["in"] as? String == place }.compactMap { $0["name"] as? String }
                }
                #expect(names("path") == route.parameters, "\(route.path)")
                #expect(Set(names("query")) == Set(route.query), "\(route.path)")
                #expect(operation["x-permission"] as? String == route.permission.rawValue, "\(route.path)")
                let roles = Set((operation["x-roles"] as? [String]) ?? [])
                #expect(roles == Set(route.permission.rule.tokens.map(\.rawValue)), "\(route.path)")
                #expect(operation["x-reach"] as? String == route.permission.rule.reach.rawValue, "\(route.path)")
                #expect((operation["requestBody"] != nil) == (route.method == .post), "\(route.path)")
            }
        }
    }

    @Test("every answer of every route is what its schema says, as is every request of these tests")
    func answers() async throws {
        let staged = StagedAttendance()
        staged.adjustOneDay()
        try await Centre.run(staged: staged) { centre, client in
            let operations = try Self.operations()
            let schemas = (try Self.document()["components"] as? Fields)?["schemas"] as? Fields
            let check = SchemaCheck(components: try #require(schemas))
            var edge = try await centre.enrolledEdge()
            edge.write(try device(), try punch(UserID(field: [0x37, 0xFF])))
            _ = try await client.send(try edge.batch())
            let token = try await centre.token(.personnel, unit: nil)
            // Writing first: then there is something to read.
            for route in centre.apiRoutes.sorted(by: { $0.method.rawValue > $1.method.rawValue }) {
                let operation = try #require(operations["\(route.method.rawValue) /api/v1/\(route.path)"])
                let (uri, body) = try AttendancePermissionTests.request(route)
                let response: TestResponse
                if let body {
                    response = try await client.post(uri, body, token: token)
                    let asked = (operation["requestBody"] as? Fields)?["content"] as? Fields
                    let schema = (asked?["application/json"] as? Fields)?["schema"] as? Fields
                    let value = try JSONDecoder().decode(JSONValue.self, from: Data(body.utf8))
                    #expect(check.problems(value, try #require(schema)) == [], "\(route.path)")
                } else {
                    response = try await client.get(uri, token: token)
                }
                #expect([200, 201, 202, 409].contains(response.status.code), "\(route.path): \(response.text)")
                let status = "\(response.status.code)"
                let answer = (operation["responses"] as? [String: Fields])?[status]?["content"] as? Fields
                let schema = (answer?["application/json"] as? Fields)?["schema"] as? Fields
                let value = try JSONDecoder().decode(JSONValue.self, from: Data(response.body.readableBytesView))
                let problems = check.problems(value, try #require(schema, "\(route.path) answers \(status)"))
                #expect(problems == [], "\(route.path)")
                let wrong = try await client.get("/api/v1/employees/123", token: token)
                #expect(wrong.status == .notFound)
            }
            let wrong = try await client.get("/api/v1/recap?month=x", token: token)
            let error = try JSONDecoder().decode(JSONValue.self, from: Data(wrong.body.readableBytesView))
            #expect(check.problems(error, ["$ref": "#/components/schemas/Error"]) == [])
        }
    }

    @Test("the check of schemas finds what is missing, too much, of another type or another word")
    func schemaCheck() throws {
        let check = SchemaCheck(components: [:])
        let schema: Fields = [
            "type": "object", "required": ["a"],
            "properties": [
                "a": ["type": ["string", "null"], "enum": ["x"]], "b": ["type": "array", "items": ["type": "integer"]],
            ],
        ]
        #expect(check.problems(["a": "x", "b": [1]], schema) == [])
        for wrong in [["b": []], ["a": "y"], ["a": 1], ["a": "x", "c": 1], ["a": "x", "b": ["1"]], "a"] as [JSONValue] {
            #expect(!check.problems(wrong, schema).isEmpty, "\(wrong)")
        }
    }
}

extension StagedAttendance {
    /// A day of March that was closed as absent and is leave now.
    func adjustOneDay() {
        let day = Government.days.first { $0.employee == 1 && $0.workday.status == .tanpaKeterangan }
        guard let day else { return }
        let now = Workday(date: day.workday.date, status: .cutiTahunan, rules: Government.version)
        state.withLock { state in
            state.adjustments = [Adjustment(employee: 1, closed: day.workday, now: now)]
            state.copies = state.days.filter { $0.employee == 1 && $0.workday.date.month == now.date.month }
            state.days = state.days.map { held in
                held.employee == 1 && held.workday.date == now.date
                    ? StoredWorkday(employee: 1, unit: held.unit, workday: now) : held
            }
            if let march = CivilMonth(text: "2026-03") {
                state.closed = [
                    Closing(unit: 1, month: march, by: Actor(name: "siti", role: "personnel"), at: monday)
                ]
            }
        }
    }
}
