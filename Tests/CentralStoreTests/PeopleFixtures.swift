import Attendance
import AttendanceRules
import CentralStore
import Foundation
import Testing

let clerk = Actor(name: "sri", role: "admin")

func day(_ text: String) throws -> CivilDate {
    guard let date = CivilDate(text: text) else { throw FixtureError(what: text) }
    return date
}

func days(_ from: String, _ to: String? = nil) throws -> DateSpan {
    DateSpan(from: try day(from), to: try to.map(day))
}

/// "2026-01-01…2026-01-31", or with nothing behind the dots.
func text(_ span: DateSpan) -> String { "\(span.from)…\(span.to?.text ?? "")" }

extension CentralStore {
    func change(_ changes: PeopleChange...) async throws {
        try await change(people: changes, revision: nil, by: clerk, at: monday)
    }

    func change(_ changes: HoursChange...) async throws {
        try await change(hours: changes, by: clerk, at: monday)
    }

    /// Units A and B below Pemda, employees 1 and 2 in A since 2026-01-01, device D1 in A and D2 in B.
    func makeOffice() async throws {
        try await change(
            .unit(name: "Pemda", code: nil, kind: .pemda, parent: nil, timezone: "Asia/Jakarta"),
            .unit(name: "A", code: "1.02", kind: .opd, parent: "Pemda", timezone: nil),
            .unit(name: "B", code: nil, kind: .kecamatan, parent: "Pemda", timezone: "Asia/Makassar"))
        try await enrolNode("na", unit: "A")
        try await enrolNode("nb", unit: "B")
        for (node, serial) in [("na", "D1"), ("nb", "D2")] {
            var journal = Journal(node: node)
            journal.write(try device(serial))
            _ = try await append(journal.run(), receivedAt: monday)
        }
        for number in ["1", "2"] {
            try await change(
                .employee(number: number, kind: .pns, name: "Orang \(number)", from: try day("2026-01-01")),
                .placement(
                    number: number, unit: "A", post: "Staf", superior: nil, group: "5-hari",
                    from: try day("2026-01-01")))
        }
    }

    func employee(_ number: String) async throws -> Employee {
        try #require(
            try await people().employees.first { employee in employee.employments.contains { $0.number == number } })
    }

    func unit(_ name: String) async throws -> Int64 {
        try #require(try await people().units.first { $0.name == name }).id
    }

    /// Whole lines of what the person's history says.
    func history(_ number: String) async throws -> [String] {
        let units = Dictionary(uniqueKeysWithValues: try await people().units.map { ($0.id, $0.name) })
        let employee = try await employee(number)
        return employee.employments.map { "\($0.number) \($0.kind.rawValue) \(text($0.span))" }
            + employee.placements.map { "\(units[$0.unit] ?? "") \($0.post) \(text($0.span))" }
    }

    func links() async throws -> [String] {
        let all = try await people()
        let numbers = Dictionary(uniqueKeysWithValues: all.employees.map { ($0.id, $0.number) })
        return all.links.map { "\($0.userID.text) \(numbers[$0.employee] ?? "") \(text($0.span))" }
    }
}

/// Checks that a set is refused for this reason, and that nothing is other than it was.
func expectRefusal(
    _ reason: ChangeRefusal.Reason, at index: Int? = 0, _ store: any CentralStore, _ changes: PeopleChange...,
    location: SourceLocation = #_sourceLocation
) async throws {
    let before = try await store.people()
    let acts = try await store.acts(limit: 1000).count
    await #expect(throws: ChangeRefusal(index: index, reason: reason), sourceLocation: location) {
        try await store.change(people: changes, revision: nil, by: clerk, at: monday)
    }
    #expect(try await store.people() == before, sourceLocation: location)
    #expect(try await store.acts(limit: 1000).count == acts, sourceLocation: location)
}
