import Attendance
import Foundation
import GRDB
import Testing

@testable import CentralStore

@Suite("What pages ask the store")
struct OverviewTests {
    private static let serial = "CJ9L170560001"

    private func coverage(_ from: Double, _ to: Double, holes: [(Double, Double, String)] = []) throws -> EntryBody {
        guard let serial = DeviceSerial(Self.serial) else { throw FixtureError(what: "serial") }
        return .coverage(
            Coverage(
                serial: serial, from: monday + from, to: monday + to, source: .poll,
                holes: holes.map { .init(from: monday + $0, to: monday + $1, why: $2) }))
    }

    @Test("Scans are counted once by the hour of their device time; those of no user and of no date are not")
    func scanHours() async throws {
        try await StoreKind.sqlite.withStore { store in
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            var journal = Journal(node: "n1")
            journal.write(
                .punch(try punch("7", "2026-03-02T07:30:00")), .punch(try punch("8", "2026-03-02T07:59:59")),
                .punch(try punch("7", "2026-03-02T16:00:00")), .punch(try punch("7", "2026-02-23T07:00:00")),
                .punch(try punch("0", "2026-03-02T07:31:00", flags: [.noUser])),
                .punch(try punch("7", "ffffffff", flags: [.noDate])),
                // The same scan by another source.
                .punch(try punch("7", "2026-03-02T07:30:00", source: .live)))
            #expect(try await store.append(journal.run(), receivedAt: monday).accepted == 7)
            #expect(try await store.append(journal.run(), receivedAt: monday).duplicate == 7)
            let days = try await store.scanHours(ofDates: ["2026-03-02", "2026-02-23", "2026-02-16"])
            #expect(days["2026-03-02"]?[7] == 2 && days["2026-03-02"]?[16] == 1)
            #expect(days["2026-03-02"]?.reduce(0, +) == 3)
            #expect(days["2026-02-23"]?[7] == 1 && days["2026-02-16"] == nil)
            #expect(try await store.punchCount() == 6, "a punch seen again is none more")
            var later = Journal(node: "n1")
            later.write(.punch(try punch("7", "2026-03-02T16:00:00")), .punch(try punch("9", "2026-03-02T16:00:01")))
            _ = try await store.append(later.run(), receivedAt: monday)
            #expect(try await store.punchCount() == 7)
            let newest = try await store.newestPunches(limit: 3)
            #expect(newest.map(\.punch.userID.text) == ["9", "7", "0"])
            #expect(try await store.newestPunches(limit: 9).count == 7)
        }
    }

    @Test("Of each kind of alarm about each device the last in the journal is found, of each node its newest")
    func alarms() async throws {
        try await StoreKind.sqlite.withStore { store in
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            try await store.enrolNode("n2", unit: "Kecamatan Contoh")
            var journal = Journal(node: "n1")
            let serial = try #require(DeviceSerial(Self.serial))
            func alarm(_ code: String, _ text: String, of serial: DeviceSerial? = nil) -> EntryBody {
                .alarm(Alarm(code: code, serial: serial, text: text))
            }
            journal.write(
                alarm("device_no_answer", "first", of: serial), alarm("config_refused", "line 3"),
                alarm("device_no_answer", "second", of: serial), alarm("device_no_answer", "nameless"))
            _ = try await store.append(journal.run(), receivedAt: monday)
            _ = try await store.append(journal.run(), receivedAt: monday + 5)
            var other = Journal(node: "n2")
            for number in 0..<600 { other.write(alarm("made_up_\(number)", "x")) }
            other.write(alarm("made_up_0", "again"))
            _ = try await store.append(other.run(), receivedAt: monday + 9)
            let found = try await store.alarms(ofEachNode: 1000)
            let own = found.filter { $0.place.node == "n1" }
            #expect(own.map(\.alarm.text) == ["nameless", "second", "line 3"])
            #expect(own.map(\.alarm.serial) == [nil, serial, nil] && own.allSatisfy { $0.unit == "Dinas Contoh" })
            #expect(found.count - own.count == NoteWriter.mostAlarms, "what one node makes up has an end")
            #expect(found.first?.alarm.text == "again")
            #expect(try await store.alarms(ofEachNode: 2).map(\.place.node) == ["n2", "n2", "n1", "n1"])
        }
    }

    @Test("An alarm of a gap that is filled later does not count over a newer one")
    func lateAlarm() async throws {
        try await StoreKind.sqlite.withStore { store in
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            var journal = Journal(node: "n1")
            for text in ["old", "new"] { journal.write(.alarm(Alarm(code: "log_full", text: text))) }
            let status = NodeStatus(version: "1", backlog: 0, oldest: 2)
            #expect(try await store.append(journal.run(from: 2, status: status), receivedAt: monday).missing == 1)
            #expect(try await store.append(journal.run(to: 1), receivedAt: monday + 60).accepted == 1)
            #expect(try await store.alarms(ofEachNode: 9).map(\.alarm.text) == ["new"])
        }
    }

    @Test("Claims of coverage are found by the span they touch, a hole that lies behind them included")
    func claims() async throws {
        try await StoreKind.sqlite.withStore { store in
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            var journal = Journal(node: "n1")
            journal.write(
                try device(), try coverage(0, 0), try coverage(0, 900),
                // The edge's clock was set back: what was called covered lies in the future.
                try coverage(100, 100, holes: [(100, 900, "edge_clock_set_back")]))
            journal.write(try coverage(0, 90_000_000))
            _ = try await store.append(journal.run(), receivedAt: monday + 600)
            func claims(_ span: Range<Date>, _ most: Int = 10) async throws -> [CoverageClaim] {
                let room = CoverageRoom(ofDevice: most, all: 100)
                return try await store.coverage(of: [Self.serial, "other"], in: span, room: room)[Self.serial] ?? []
            }
            let all = try await claims(monday..<(monday + 1000))
            #expect(all.map(\.to) == [monday, monday + 900, monday + 100])
            #expect(all.last?.holes == [.init(from: monday + 100, to: monday + 900, why: "edge_clock_set_back")])
            #expect(try await claims((monday + 500)..<(monday + 1000)).count == 2)
            #expect(try await claims(monday..<(monday + 1000), 1) == all.suffix(1), "the newest count")
            #expect(try await store.devices().first?.coveredTo == monday + 100)
        }
    }

    @Test("A centre of an earlier version gets the same tables from its entries")
    func migration() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "central.db").path
            let store = try SQLiteCentralStore(path: path)
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            try await store.enrolNode("n2", unit: "Kecamatan Contoh")
            var journal = Journal(node: "n1")
            journal.write(
                try device(), .punch(try punch("7")), .punch(try punch("0", flags: [.noUser])),
                .punch(try punch("9", "0a0b0c0d")), try coverage(0, 900, holes: [(10, 20, "device_off")]),
                .alarm(Alarm(code: "log_full", text: "says \"coverage\"")))
            journal.write(raw: Array("{\"kind\":\"coverage\"".utf8))
            _ = try await store.append(journal.run(), receivedAt: monday)
            // Not its device: in quarantine, and not to be taken from there.
            var other = Journal(node: "n2")
            other.write(try coverage(0, 900))
            #expect(try await store.append(other.run(), receivedAt: monday).quarantined.count == 1)
            func everything() async throws -> [[String]] {
                try await store.write { db in
                    try ["coverage", "alarms", "scan_hours", "counts"].map { table in
                        try Row.fetchAll(db, sql: "SELECT * FROM \(table)").map { "\($0)" }
                    }
                }
            }
            let before = try await everything()
            #expect(before.map(\.count) == [1, 1, 1, 1])
            try await store.write { db in
                for table in ["coverage", "alarms", "scan_hours", "counts"] {
                    try db.execute(sql: "DROP TABLE \(table)")
                }
                try db.execute(sql: Schema.derived)
                try Schema.derive(db)
            }
            let after = try await everything()
            #expect(after == before)
            try store.close()
        }
    }
}
