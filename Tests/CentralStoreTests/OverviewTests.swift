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

    @Test("Alarms are found newest first with unit and place, also those about no device")
    func alarms() async throws {
        try await StoreKind.sqlite.withStore { store in
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            var journal = Journal(node: "n1")
            let serial = try #require(DeviceSerial(Self.serial))
            journal.write(
                .alarm(Alarm(code: "device_no_answer", serial: serial, text: "lobby: no answer")),
                .alarm(Alarm(code: "config_refused", text: "line 3")))
            _ = try await store.append(journal.run(), receivedAt: monday)
            _ = try await store.append(journal.run(), receivedAt: monday + 5)
            let found = try await store.alarms(since: monday, limit: 10)
            #expect(found.map(\.alarm.code) == ["config_refused", "device_no_answer"])
            #expect(found.map(\.place.seq) == [2, 1] && found.allSatisfy { $0.unit == "Dinas Contoh" })
            #expect(found.last?.alarm.serial == serial)
            #expect(try await store.alarms(since: monday + 1, limit: 10) == [])
            #expect(try await store.alarms(since: monday, limit: 1).count == 1)
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
            _ = try await store.append(journal.run(), receivedAt: monday)
            let all = try await store.coverage(of: Self.serial, in: monday..<(monday + 1000), limit: 10)
            #expect(all.map(\.to) == [monday, monday + 900, monday + 100])
            #expect(all.last?.holes == [.init(from: monday + 100, to: monday + 900, why: "edge_clock_set_back")])
            let late = try await store.coverage(of: Self.serial, in: (monday + 500)..<(monday + 1000), limit: 10)
            #expect(late.count == 2)
            #expect(try await store.coverage(of: Self.serial, in: monday..<(monday + 1), limit: 1).count == 1)
            #expect(try await store.coverage(of: "other", in: monday..<(monday + 1000), limit: 10) == [])
            #expect(try await store.devices().first?.coveredTo != nil)
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
                    try ["coverage", "alarms", "scan_hours", "punch_count"].map { table in
                        try Row.fetchAll(db, sql: "SELECT * FROM \(table)").map { "\($0)" }
                    }
                }
            }
            let before = try await everything()
            #expect(before.map(\.count) == [1, 1, 1, 1])
            try await store.write { db in
                for table in ["coverage", "alarms", "scan_hours", "punch_count"] {
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
