import Attendance
import AttendanceRules
import CentralServer
import CentralStore
import Foundation
import Hummingbird
import HummingbirdTesting
import Testing

@Suite("Room for answers of the API", .timeLimit(.minutes(1)))
struct APIPlacesTests {
    @Test("a recap of everybody holds the days of 500 people at a time, and loses nobody")
    func groups() async throws {
        let date = Government.date("2026-03-02")
        let people = (1...1201).map { id in
            Employee(
                id: Int64(id), name: "Invented \(id)",
                employments: [
                    Employment(number: "N\(id)", kind: .pns, span: DateSpan(from: Government.date("2020-01-01")))
                ],
                placements: [
                    Placement(
                        unit: 1, post: "", superior: nil, group: "kantor",
                        span: DateSpan(from: Government.date("2020-01-01")))
                ])
        }
        let days = people.map { person in
            StoredWorkday(
                employee: person.id, unit: 1, workday: Workday(date: date, status: .hadir, rules: Government.version))
        }
        let all = People(
            revision: 1, units: Government.people.units, heads: [], employees: people, links: [], devices: [])
        let staged = StagedAttendance(all, days: days)
        try await Centre.run(staged: staged) { centre, client in
            for unit in [nil, 1] as [Int64?] {
                let token = try await centre.token(.viewer, unit: unit)
                let answer = try await client.get("/api/v1/recap/government?month=2026-03", token: token).fields
                #expect((answer["total"] as? Fields)?["days"] as? Int == 1201)
            }
        }
        let asked = staged.state.withLock { $0.asked }
        #expect(asked == [500, 500, 201, 500, 500, 201])
    }

    @Test("of answers that read everybody's days there are two at a time, and one of a token")
    func heavy() async throws {
        let staged = StagedAttendance()
        try await Centre.run(staged: staged) { centre, client in
            let first = try await centre.token(.viewer, unit: nil)
            let second = try await centre.token(.viewer, unit: nil)
            let third = try await centre.token(.viewer, unit: nil)
            let recap = "/api/v1/recap?month=2026-03"
            @Sendable func isBusy(_ token: String) async throws {
                let answer = try await client.get(recap, token: token)
                #expect(answer.status == .serviceUnavailable)
                #expect(answer.headers[.retryAfter] == "2")
            }
            staged.state.withLock { state in
                state.whileReading = [
                    {
                        try await isBusy(first)
                        #expect(try await client.get("/api/v1/units", token: first).status == .ok)
                        #expect(try await client.get(recap, token: second).status == .ok)
                    },
                    {
                        try await isBusy(third)
                        #expect(try await client.get("/api/v1/units", token: third).status == .ok)
                    },
                ]
            }
            #expect(try await client.get(recap, token: first).status == .ok)
            #expect(staged.state.withLock { $0.whileReading.isEmpty })
            #expect(try await client.get(recap, token: third).status == .ok)
        }
    }

    @Test("one who sends bodies slowly holds up nobody else")
    func slowBodies() async throws {
        var limits = CentralLimits()
        limits.apiRequestsAtOnce = 1
        limits.bodiesOfOneToken = 1
        try await Centre.run(limits: limits) { centre, client in
            let slow = try await centre.token(.personnel, unit: nil)
            let other = try await centre.token(.personnel, unit: nil)
            let port = try #require(client.port)
            let head = """
                POST /api/v1/leave HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \(slow)\r
                Content-Type: application/json\r\nContent-Length: 100\r\nConnection: close\r\n\r\n{
                """
            try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<2 { group.addTask { try await rawExchange(port: port, head) } }
                // One of the two is refused: so the other is on its way.
                let refused = try await group.next() ?? ""
                #expect(refused.hasPrefix("HTTP/1.1 503"))
                #expect(refused.lowercased().contains("retry-after: 2"))
                #expect(try await client.get("/api/v1/units", token: other).status == .ok)
                group.cancelAll()
            }
        }
    }
}
