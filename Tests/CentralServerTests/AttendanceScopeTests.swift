import Attendance
import AttendanceRules
import CentralServer
import CentralStore
import Foundation
import Hummingbird
import HummingbirdTesting
import Testing

@Suite("What a token of one unit reaches of another's")
struct AttendanceScopeTests {
    private static func staged(_ contents: [Attestation.Content]) -> StagedAttendance {
        let staged = StagedAttendance()
        staged.state.withLock { state in
            state.attestations = contents.enumerated().map { place, content in
                Attestation(
                    id: Int64(place) + 1, content: content, document: "Surat", reason: "sakit",
                    by: Actor(name: "siti", role: "clerk"), at: monday)
            }
        }
        return staged
    }

    private static func line(_ id: Int64) -> Attestation.SheetEntry {
        Attestation.SheetEntry(employee: id, arrival: 450, departure: 960)
    }

    @Test("a sheet with lines of another unit's people is not withdrawn, and shows its own lines only")
    func sheets() async throws {
        let date = Government.date("2026-03-20")
        // Budi is in Kecamatan on that day.
        let staged = Self.staged([
            .sheet(unit: 1, date, [Self.line(1), Self.line(2)]), .sheet(unit: 1, date, [Self.line(1)]),
            .sheet(unit: 3, date, [Self.line(1), Self.line(3)]), .sheet(unit: 3, date, [Self.line(3)]),
        ])
        try await Centre.run(staged: staged) { centre, client in
            let token = try await centre.token(.clerk, unit: 1)
            let answer = try await client.get("/api/v1/attestations", token: token).fields
            let seen = answer["attestations"] as? [Fields] ?? []
            #expect(seen.map { $0["id"] as? Int } == [1, 2, 3])
            #expect(seen.map { $0["lines"] as? Int } == [1, 1, 1])
            #expect(seen.map { $0["unit"] as? String } == [Government.dinas, Government.dinas, nil])
            for (id, status) in [(1, 404), (2, 200), (3, 404), (4, 404)] {
                let uri = "/api/v1/attestations/\(id)/withdraw"
                let response = try await client.post(uri, #"{"reason":"salah"}"#, token: token)
                #expect(response.status.code == status, "\(id)")
            }
            #expect(staged.state.withLock { Set($0.withdrawn.keys) } == [2])
            #expect(staged.state.withLock { $0.queries.dropFirst().map(\.id) } == [1, 2, 3, 4])
            let whole = try await centre.token(.clerk, unit: nil)
            let response = try await client.post(
                "/api/v1/attestations/1/withdraw", #"{"reason":"salah"}"#, token: whole)
            #expect(response.status == .ok)
        }
    }

    @Test("of leave that reaches into another unit's days only the days here are shown")
    func leave() async throws {
        let span = DateSpan(from: Government.date("2026-03-10"), to: Government.date("2026-03-20"))
        let staged = Self.staged([.leave(employee: 2, .sakit, span)])
        try await Centre.run(staged: staged) { centre, client in
            for (unit, from, to) in [
                (1, "2026-03-10", "2026-03-15"), (3, "2026-03-16", "2026-03-20"), (nil, "2026-03-10", "2026-03-20"),
            ] as [(Int64?, String, String)] {
                let token = try await centre.token(.clerk, unit: unit)
                let answer = try await client.get("/api/v1/attestations", token: token).fields
                let seen = (answer["attestations"] as? [Fields])?.first
                #expect(seen?["from"] as? String == from)
                #expect(seen?["to"] as? String == to)
            }
        }
    }

    @Test("of one moved out of a closed month the old unit keeps the closed day, and sees nothing behind it")
    func movedAway() async throws {
        let staged = StagedAttendance()
        let date = Government.date("2026-03-20")
        staged.state.withLock { state in
            let day = Workday(date: date, status: .hadir, rules: Government.version)
            state.copies = [StoredWorkday(employee: 2, unit: 2, workday: day)]
        }
        try await Centre.run(staged: staged) { centre, client in
            let uri = "/api/v1/employees/\(Government.budi)/workdays/2026-03-20"
            let old = try await client.get(uri, token: try await centre.token(.viewer, unit: 1)).fields
            #expect((old["workday"] as? Fields)?["date"] as? String == "2026-03-20")
            #expect((old["changes"] as? [Any])?.isEmpty == true)
            #expect(old["account"] is NSNull)
            let whole = try await client.get(uri, token: try await centre.token(.viewer, unit: nil)).fields
            #expect((whole["changes"] as? [Any])?.isEmpty == false)
            #expect(whole["account"] is Fields)
        }
    }
}
