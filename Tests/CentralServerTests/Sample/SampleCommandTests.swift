import Attendance
import AttendanceRules
import CentralServer
import CentralStore
import Foundation
import HadirTestSupport
import Logging
import Testing

/// `demo-data` through the real ingest.
@Suite("Sample: the command")
struct SampleCommandTests {
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    /// 2026-11-01 02:00 in Jakarta: the last day is the 31st of October.
    private static let now = Date(timeIntervalSince1970: 1_793_473_200)

    private static func fill(
        _ state: StateDirectory, employees: Int = 90, units: Int = 12, seed: UInt64 = 1, until: String? = nil
    ) async throws -> SampleReport {
        try await CentralCommands.sample(
            state, employees: employees, units: units, months: 1, seed: seed, until: until, at: now, logger: quiet
        ) { _ in }
    }

    @Test("Everything is accepted, and what is printed is what the centre has")
    func countsMatch() async throws {
        try await withTemporaryDirectory { directory in
            let (state, _) = try CommandTests.initialise(directory)
            let report = try await Self.fill(state)
            let store = try SQLiteCentralStore(readingPath: state.database)
            let totals = try await store.totals()
            #expect(totals.entries == report.entries)
            #expect(totals.punches == report.scans)
            #expect(totals.quarantined == 0)
            #expect(totals.devices == report.devices)
            #expect(totals.nodes == report.nodes)
            #expect(try await store.forks(limit: 10).isEmpty)
            #expect(try await store.gaps(limit: 10).isEmpty)
            let people = try await store.people()
            #expect(people.employees.count == 90 && report.employees == 90)
            #expect(people.units.count == report.units)
            #expect(people.links.count == report.links)
            #expect(report.until == "2026-10-31")
            var query = AttestationQuery()
            query.kinds = [.leave]
            #expect(try await store.attestations(query).count == report.leave)
            query.kinds = [.correction]
            #expect(try await store.attestations(query).count == report.corrections)
            query.kinds = [.sheet]
            #expect(try await store.attestations(query).count == report.sheets)
            query.kinds = [.file]
            #expect(try await store.attestations(query).count == report.files)
            #expect(report.scans > 3000 && report.leave > 0 && report.files > 0)
            // Scans that are here before they were made would not count; a wrong clock is ahead by 46 minutes at most.
            let punches = try await store.punches(after: 0, limit: 100_000)
            #expect(punches.count == report.scans)
            #expect(
                punches.allSatisfy { punch in punch.utc.map { $0 <= punch.receivedAt.addingTimeInterval(2760) } ?? false
                })
            let ahead = punches.count { punch in punch.utc.map { $0 > punch.receivedAt.addingTimeInterval(300) } ?? true
            }
            #expect(ahead * 1000 < punches.count, "only those of a wrong clock in the evening")
            try store.close()
        }
    }

    @Test("The same options fill another centre with the same; another seed with others")
    func deterministic() async throws {
        try await withTemporaryDirectory { directory in
            var digests: [String] = []
            var punches: [[PunchKey]] = []
            for (name, seed) in [("a", UInt64(7)), ("b", 7), ("c", 8)] {
                let (state, _) = try CommandTests.initialise(directory.appending(path: name))
                let report = try await Self.fill(state, employees: 40, units: 6, seed: seed)
                digests.append(report.digest)
                let store = try SQLiteCentralStore(readingPath: state.database)
                punches.append(try await store.punches(after: 0, limit: 100_000).map(\.key))
                try store.close()
            }
            #expect(digests[0] == digests[1] && punches[0] == punches[1])
            #expect(digests[0] != digests[2] && punches[0] != punches[2])
        }
    }

    @Test("A centre that has anything is refused and not changed, also the sample's own")
    func onlyEmpty() async throws {
        try await withTemporaryDirectory { directory in
            let (state, _) = try CommandTests.initialise(directory)
            let code = try await CentralCommands.perform(
                .addNode(unit: "Dinas Nyata", url: "http://127.0.0.1:1", tlsPin: nil), in: state)
            guard case .code = code else { return #expect(Bool(false), "no code") }
            let error = await #expect(throws: CentralError.self) { try await Self.fill(state) }
            #expect(error?.kind == .configuration)
            #expect(error?.description.contains("empty centre only") == true)
            let store = try SQLiteCentralStore(readingPath: state.database)
            #expect(try await store.totals().entries == 0)
            #expect(try await store.people().employees.isEmpty)
            try store.close()
        }
    }

    @Test("The story ends in the past, and numbers have limits")
    func usage() async throws {
        try await withTemporaryDirectory { directory in
            let (state, _) = try CommandTests.initialise(directory)
            for until in ["2026-11-01", "2026-02-30", "gestern"] {
                let error = await #expect(throws: CentralError.self) { try await Self.fill(state, until: until) }
                #expect(error?.kind == .usage, "\(until)")
            }
            let error = await #expect(throws: CentralError.self) { try await Self.fill(state, employees: 0) }
            #expect(error?.kind == .usage)
            let absent = StateDirectory(directory.appending(path: "none").path)
            let missing = await #expect(throws: CentralError.self) { try await Self.fill(absent) }
            #expect(missing?.kind == .configuration)
        }
    }
}
