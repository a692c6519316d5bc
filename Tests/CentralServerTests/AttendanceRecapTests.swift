import Attendance
import AttendanceRules
import CentralServer
import CentralStore
import Foundation
import Hummingbird
import HummingbirdTesting
import Synchronization
import Testing

@Suite("Recaps over the API")
struct AttendanceRecapTests {
    private static func ask(
        _ client: any TestClientProtocol, _ uri: String, _ token: String
    ) async throws -> JSONValue {
        let response = try await client.get(uri, token: token)
        guard response.status == .ok else { throw FixtureError(what: "\(uri): \(response.status) \(response.text)") }
        return try JSONDecoder().decode(JSONValue.self, from: Data(response.body.readableBytesView))
    }

    /// Adds figures name by name, bands by their code: with nothing of the code that made them.
    static func sum(_ figures: [JSONValue?]) -> [String: Int64] {
        var sum: [String: Int64] = [:]
        func add(_ value: JSONValue?, _ place: String) {
            switch value {
            case .int(let number): if number != 0 { sum[place, default: 0] += number }
            case .object(let fields): for (name, value) in fields { add(value, "\(place).\(name)") }
            case .array(let bands):
                for band in bands {
                    for name in ["days", "minutes"] {
                        add(band[name], "\(place).\(band["code"]?.string ?? "").\(name)")
                    }
                }
            default: break
            }
        }
        for one in figures { add(one, "") }
        return sum
    }

    private func checkBranch(_ branch: JSONValue) {
        let children = branch["children"]?.values ?? []
        #expect(Self.sum([branch["total"]]) == Self.sum([branch["own"]] + children.map { $0["total"] }))
        for child in children { checkBranch(child) }
    }

    @Test("every total is the sum of what it opens to", arguments: [nil, 1, 2, 3] as [Int64?])
    func totals(unit: Int64?) async throws {
        try await Centre.run(staged: StagedAttendance()) { centre, client in
            let token = try await centre.token(.viewer, unit: unit)
            var months: [JSONValue?] = []
            for month in (1...12).map({ $0 < 10 ? "2026-0\($0)" : "2026-\($0)" }) {
                let employees = try await Self.ask(client, "/api/v1/recap?month=\(month)", token)
                let total = Self.sum([employees["total"]])
                #expect(total == Self.sum((employees["employees"]?.values ?? []).map { $0["figures"] }))
                let units = try await Self.ask(client, "/api/v1/recap/units?month=\(month)", token)
                let branches = units["units"]?.values ?? []
                #expect(total == Self.sum(branches.map { $0["total"] } + [units["without_unit"]]))
                branches.forEach(checkBranch)
                let whole = try await Self.ask(client, "/api/v1/recap/government?month=\(month)", token)
                #expect(total == Self.sum([whole["total"]]))
                months.append(whole["total"])
                // Each person's row opens to the person's days.
                for row in employees["employees"]?.values ?? [] {
                    let number = row["number"]?.string ?? ""
                    let days = try await Self.ask(client, "/api/v1/employees/\(number)/workdays?month=\(month)", token)
                    #expect(Self.sum([row["figures"]]) == Self.sum([days["total"]]))
                    #expect(Int64(days["workdays"]?.values.count ?? -1) == row["figures"]?["days"]?.number)
                    let deduction = (days["workdays"]?.values ?? []).reduce(0) { $0 + ($1["deduction"]?.number ?? 0) }
                    #expect(row["figures"]?["deduction"]?.number == deduction)
                }
            }
            let year = try await Self.ask(client, "/api/v1/recap/government?year=2026", token)
            #expect(Self.sum([year["total"]]) == Self.sum(months))
            #expect(Self.sum([year["total"]]) == Self.sum((year["months"]?.values ?? []).map { $0["total"] }))
            #expect(Self.sum([year["total"]])[".days"] ?? 0 > 0)
        }
    }

    @Test("the parts of the government are the government")
    func parts() async throws {
        try await Centre.run(staged: StagedAttendance()) { centre, client in
            var parts: [JSONValue?] = []
            for unit in [1, 3] as [Int64] {
                let token = try await centre.token(.viewer, unit: unit)
                parts.append(try await Self.ask(client, "/api/v1/recap/government?month=2026-03", token)["total"])
            }
            let all = try await centre.token(.viewer, unit: nil)
            let whole = try await Self.ask(client, "/api/v1/recap/government?month=2026-03", all)
            #expect(Self.sum([whole["total"]]) == Self.sum(parts))
            #expect(whole["total"]?["days"] == 93)
            #expect(
                whole["coverage"]?["text"] == "10 belum sinkron" || (whole["coverage"]?["undecided"]?.number ?? 0) > 0)
            #expect(whole["rules"] == ["contoh@0123456789ab"])
        }
    }

    @Test("of somebody who moved, each unit sees the days there and no others")
    func moved() async throws {
        try await Centre.run(staged: StagedAttendance()) { centre, client in
            let before = try await centre.token(.viewer, unit: 2)
            let after = try await centre.token(.viewer, unit: 3)
            let days = "/api/v1/employees/\(Government.budi)/workdays"
            for (token, from, to, other) in [
                (before, "2026-03-01", "2026-03-15", "2026-03-16"), (after, "2026-03-16", "2026-03-31", "2026-03-15"),
            ] {
                let seen = try await Self.ask(client, "\(days)?month=2026-03", token)["workdays"]?.values ?? []
                #expect(seen.first?["date"]?.string == from && seen.last?["date"]?.string == to)
                #expect(try await client.get("\(days)/\(other)", token: token).status == .notFound)
                #expect(try await client.get("\(days)/\(from)", token: token).status == .ok)
                let card = try await Self.ask(client, "/api/v1/employees/\(Government.budi)", token)
                #expect(card["placements"]?.values.count == 1)
            }
            // One who was never there is like one who is not: the same answer to the letter.
            let foreign = try await client.get("/api/v1/employees/\(Government.ani)", token: after)
            let nobody = try await client.get("/api/v1/employees/000000000000000000", token: after)
            #expect(foreign.status == .notFound && foreign.text == nobody.text && foreign.headers == nobody.headers)
            let unit = try await client.get("/api/v1/recap?month=2026-03&unit=Dinas%20Contoh", token: after)
            let none = try await client.get("/api/v1/recap?month=2026-03&unit=Dinas%20Tiada", token: after)
            #expect(unit.status == .notFound && unit.text == none.text)
        }
    }

    @Test("a closed month shows its copy, and beside it what changed since")
    func closed() async throws {
        let staged = StagedAttendance()
        let open = StagedAttendance()
        staged.adjustOneDay()
        let uri = "/api/v1/recap?month=2026-03"
        let before = Mutex<JSONValue?>(nil)
        try await Centre.run(staged: open) { centre, client in
            let answer = try await Self.ask(client, uri, try await centre.token(.viewer, unit: nil))
            before.withLock { $0 = answer["total"] }
        }
        try await Centre.run(staged: staged) { centre, client in
            let token = try await centre.token(.viewer, unit: nil)
            let answer = try await Self.ask(client, uri, token)
            #expect(answer["total"] == before.withLock { $0 })
            let month = answer["months"]?.values.first
            #expect(month?["adjusted_days"] == 1 && month?["closings"]?.values.first?["unit"] == "Dinas Contoh")
            let rows = try await Self.ask(client, "/api/v1/adjustments?month=2026-03", token)["employees"]?.values ?? []
            let day = rows.first?["days"]?.values.first
            #expect(day?["closed"]?["status"] == "tanpa_keterangan" && day?["now"]?["status"] == "cuti_tahunan")
        }
    }

    @Test("reasons are told to auditors and BKPSDM only, and who wrote is the token")
    func reasons() async throws {
        let staged = StagedAttendance()
        try await Centre.run(staged: staged) { centre, client in
            let clerk = try await centre.token(.clerk, unit: 1)
            let body = """
                {"number": "\(Government.ani)", "kind": "sakit", "from": "2026-03-02", "to": "2026-03-03",
                 "document": "Surat 9", "reason": "demam berdarah"}
                """
            #expect(try await client.post("/api/v1/leave", body, token: clerk).status == .created)
            #expect(staged.state.withLock { $0.actors.map(\.name) } == ["clerk"])
            for role in [.clerk, .personnel, .auditor] as [TokenRole] {
                let token = try await centre.token(role, unit: nil)
                let text = try await client.get("/api/v1/attestations", token: token).text
                #expect(text.contains("Surat 9") && text.contains("demam") == (role != .clerk), "\(role)")
            }
            let foreign = try await centre.token(.personnel, unit: 3)
            #expect(try await client.get("/api/v1/attestations", token: foreign).text.contains("Surat") == false)
        }
    }

    @Test("leave of a mover needs the right to each of its days")
    func leaveOfMover() async throws {
        let staged = StagedAttendance()
        try await Centre.run(staged: staged) { centre, client in
            let clerk = try await centre.token(.clerk, unit: 2)
            for (to, status) in [("2026-03-15", HTTPResponse.Status.created), ("2026-03-16", .notFound)] {
                let body = """
                    {"number":"\(Government.budi)","kind":"izin","from":"2026-03-14","to":"\(to)","document":"S","reason":"r"}
                    """
                #expect(try await client.post("/api/v1/leave", body, token: clerk).status == status, "\(to)")
            }
            #expect(staged.state.withLock { $0.attestations.count } == 1)
        }
    }
}
