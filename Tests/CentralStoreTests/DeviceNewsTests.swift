import Attendance
import AttendanceRules
import Foundation
import GRDB
import Testing

@testable import CentralStore

@Suite("What devices tell of people")
struct DeviceNewsTests {
    private func user(_ userID: String, _ name: String, removed: Bool = false) throws -> EntryBody {
        let serial = try #require(DeviceSerial("D1"))
        return .user(DeviceUser(serial: serial, userID: UserID(userID), name: name, privilege: 0, isRemoved: removed))
    }

    private func coverage(_ from: TimeInterval, _ to: TimeInterval, _ serial: String = "D1") throws -> EntryBody {
        .coverage(
            Coverage(
                serial: try #require(DeviceSerial(serial)), from: monday.addingTimeInterval(from),
                to: monday.addingTimeInterval(to), source: .poll))
    }

    private func lines(_ seen: [SeenUserID]) -> [String] {
        seen.map {
            "\($0.serial) \($0.userID.text) \($0.deviceName ?? "?") \($0.first ?? "?") \($0.last ?? "?") \($0.scans)"
        }
    }

    @Test("a new unit of a code, a device and its zone make earlier plans stale", arguments: StoreKind.allCases)
    func revisionOfOthers(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.makeOffice()
            var revision = try await store.people().revision
            func expectRaised(_ what: String) async throws {
                let now = try await store.people().revision
                #expect(now > revision, "\(what)")
                revision = now
            }
            try await store.enrolNode("nc", unit: "C")
            try await expectRaised("unit")
            var journal = Journal(node: "nc")
            journal.write(.punch(try punch(serial: "D3")))
            _ = try await store.append(journal.run(), receivedAt: monday)
            try await expectRaised("device")
            journal.write(try device("D3"))
            _ = try await store.append(journal.run(), receivedAt: monday)
            try await expectRaised("zone")
            journal.write(try device("D3"), .punch(try punch(serial: "D3")))
            _ = try await store.append(journal.run(), receivedAt: monday)
            #expect(try await store.people().revision == revision, "nothing of this is new")
        }
    }

    @Test(
        "user ids are listed with their device's name and their scans, each scan once, for any order of arrival",
        arguments: StoreKind.allCases)
    func seen(kind: StoreKind) async throws {
        var journal = Journal(node: "na")
        journal.write(
            try user("7", "Budi"), .punch(try punch("7", "2026-03-02T07:30:00", serial: "D1")),
            .punch(try punch("8", "2026-03-02T07:31:00", serial: "D1", source: .stick)),
            .punch(try punch("7", "ffffffff", serial: "D1")), try user("7", "Budi S."), try user("9", "Baru"),
            .punch(try punch("0", "2026-03-02T07:32:00", serial: "D1", flags: [.noUser])), try user("", "Nobody"),
            .punch(try punch("7", "2026-03-01T07:30:00", serial: "D1")), try user("9", "", removed: true),
            .punch(try punch("7", "2026-03-01T07:30:00", serial: "D1", source: .live)))
        let last = Int64(journal.entries.count)
        var results: Set<[String]> = []
        for split in [last, 6, 4, 1] {
            try await kind.withStore { store in
                try await store.enrolNode("na", unit: "A")
                if split < last {
                    // The end of the journal comes first, and the beginning fills the gap later.
                    let status = NodeStatus(version: "1", backlog: 0, oldest: split + 1)
                    _ = try await store.append(journal.run(from: split + 1, status: status), receivedAt: monday)
                }
                _ = try await store.append(journal.run(to: split), receivedAt: monday)
                _ = try await store.append(journal.run(), receivedAt: monday)
                results.insert(lines(try await store.seenUserIDs()))
            }
        }
        #expect(
            results == [
                [
                    "D1 7 Budi S. 2026-03-01T07:30:00 2026-03-02T07:30:00 3",
                    "D1 8 ? 2026-03-02T07:31:00 2026-03-02T07:31:00 1", "D1 9 Baru ? ? 0",
                ]
            ])
    }

    @Test("a centre of version 10 gets the same list, and when its devices were covered first")
    func migration() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "central.db").path
            let old = directory.appending(path: "old.db").path
            let store = try SQLiteCentralStore(path: path)
            for (node, unit) in [("na", "A"), ("nb", "B")] { try await store.enrolNode(node, unit: unit) }
            var journal = Journal(node: "na")
            journal.write(
                try device("D1"), try user("7", "Budi"), .punch(try punch("7", serial: "D1")), try user("7", "Budi S."),
                .punch(try punch("8", "ffffffff", serial: "D1", source: .stick)), try coverage(-90_000, -80_000),
                try coverage(-900_000, 900_000), .punch(try punch("00", serial: "D1", flags: [.noUser])),
                .punch(try punch(id: UserID(field: [0xFF]), serial: "D1")))
            journal.write(raw: Array(#""user" of nobody"#.utf8))
            _ = try await store.append(journal.run(), receivedAt: monday)
            var other = Journal(node: "nb")
            other.write(try user("7", "Not theirs"), try device("D2"))
            _ = try await store.append(other.run(), receivedAt: monday)
            let people = try await store.people()
            let seen = try await store.seenUserIDs()
            try store.close()
            try Self.copy(path, toVersion10: old)
            var isMigrated = false
            let migrated = try SQLiteCentralStore(path: old, onMigration: { isMigrated = true })
            #expect(isMigrated)
            #expect(try await migrated.seenUserIDs() == seen && seen.count == 3)
            let after = try await migrated.people()
            #expect(after.devices == people.devices && after.units == people.units && after.revision == 0)
            #expect(after.devices.map { text($0.service) } == ["2026-03-01…", "2026-03-02…"])
            #expect(after.units.map(\.kind) == [.lainnya, .lainnya])
            _ = try await migrated.append(journal.run(), receivedAt: monday)
            #expect(try await migrated.seenUserIDs() == seen)
            try migrated.close()
        }
    }

    /// What an earlier version has of the same entries: every column it knew.
    private static func copy(_ path: String, toVersion10 old: String) throws {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        let queue = try DatabaseQueue(path: old, configuration: configuration)
        try Schema.migrator.migrate(queue, upTo: "10 which file brought a punch")
        try queue.writeWithoutTransaction { db in
            try db.execute(sql: "ATTACH ? AS new", arguments: [path])
            let tables = try String.fetchAll(
                db,
                sql: """
                    SELECT name FROM main.sqlite_schema
                    WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'grdb_migrations'
                    """)
            for table in tables {
                let columns = try String.fetchAll(
                    db, sql: "SELECT name FROM pragma_table_info(?, 'main')", arguments: [table]
                ).joined(separator: ", ")
                try db.execute(
                    sql: "INSERT OR REPLACE INTO main.\(table) (\(columns)) SELECT \(columns) FROM new.\(table)")
            }
        }
        try queue.close()
    }

    @Test(
        "a device serves from what is known of it first, as a date on its wall, or as a person said",
        arguments: StoreKind.allCases)
    func service(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.makeOffice()
            func served() async throws -> [String] {
                try await store.people().devices.map { "\($0.serial) \(text($0.service))" }
            }
            var journal = Journal(node: "na")
            // 17:30 UTC on 27 February is half past midnight of the 28th in Jakarta.
            let evening = -2.0 * 86_400 - 6.5 * 3600
            journal.write(try coverage(evening, 0))
            _ = try await store.append(journal.run(), receivedAt: monday)
            #expect(try await served() == ["D1 2026-02-28…", "D2 2026-03-02…"])
            journal.write(try coverage(-900_000, 400_000), try coverage(-86_400, 0))
            _ = try await store.append(journal.run(), receivedAt: monday)
            #expect(try await served()[0] == "D1 2026-02-28…", "a claim of the future, and a later one, change nothing")
            journal.write(.punch(try punch(serial: "D9", source: .stick)))
            _ = try await store.append(journal.run(), receivedAt: monday)
            #expect(try await served().count == 2, "a file serves nobody")
            let rows = try await store.queued {
                try await store.change(
                    .service(serial: "D1", span: try days("2026-03-05", "2026-03-31"), document: "BA"))
            }
            #expect(rows == ["device D1 1900-01-01… coverage"])
            #expect(try await served()[0] == "D1 2026-03-05…2026-03-31")
        }
    }

    @Test("coverage, zones and confirmed scans ask for their days, once for a whole run", arguments: StoreKind.allCases)
    func queue(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.makeOffice()
            var journal = Journal(node: "na")
            func rows(_ bodies: EntryBody..., at moment: Date = monday) async throws -> [String] {
                journal.write(bodies, at: moment)
                return try await store.queued {
                    _ = try await store.append(journal.run(), receivedAt: monday)
                }
            }
            #expect(
                try await rows(coverage(-7200, -3600), coverage(-3600, -60), coverage(-60, 200))
                    == ["device D1 2026-02-28…2026-03-03 coverage"])
            #expect(try await rows(coverage(-40 * 86_400, 400_000)).isEmpty, "a claim of the future covers nothing")
            #expect(try await rows(.punch(punch("7", serial: "D1"))).isEmpty, "new scans are followed by their ids")
            let stick = try punch("8", "2026-02-10T07:30:00", serial: "D1", source: .stick)
            #expect(try await rows(.punch(stick)).isEmpty)
            let shown = try punch("8", "2026-02-10T07:30:00", serial: "D1")
            #expect(try await rows(.punch(shown)) == ["user_id D1 8 2026-02-09…2026-02-11 scan"])
            #expect(try await rows(.punch(shown), .punch(stick)).isEmpty)
            #expect(try await rows(device("D1")).isEmpty, "the zone it has already")
            #expect(
                try await rows(device("D1", timezone: "Asia/Makassar"), at: monday + 9 * 86_400)
                    == ["device D1 2026-03-10… zone"])
            #expect(
                try await rows(device("D1", timezone: "Asia/Jayapura"), at: monday - 86_400)
                    == ["device D1 1900-01-01… zone"], "an earlier first one counts for all before it")
            let claim = try await rows(.punch(punch(serial: "D5")), device("D5"))
            #expect(claim == ["device D5 1900-01-01… zone", "device D5 2026-03-01… coverage"])
        }
    }

    @Test("history that must not vanish is refused deletion by the file itself")
    func triggers() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "central.db").path
            let store = try SQLiteCentralStore(path: path)
            try await store.makeOffice()
            try await store.change(
                .link(.device("D1"), UserID("7"), number: "1", span: try days("2026-01-01"), document: ""))
            try await store.change(.text(.rules, name: "r", text: "a = 1", span: try days("2026-01-01")))
            let leave = NewAttestation(
                content: .leave(employee: 1, .izin, try days("2026-03-02")), document: "ST 1", reason: "")
            let id = try await store.add([leave], by: clerk, at: monday)[0]
            #expect(try await store.withdraw(attestation: id, reason: "", by: clerk, at: monday))
            try store.close()
            let intruder = try DatabaseQueue(path: path)
            try await intruder.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA recursive_triggers = ON; PRAGMA foreign_keys = OFF")
            }
            for sql in [
                "DELETE FROM audit_log", "UPDATE audit_log SET what = 'x'", "DELETE FROM hours_texts",
                "UPDATE hours_texts SET text = 'x'", "DELETE FROM identity_links",
                "UPDATE identity_links SET user_id = x'39'",
                "UPDATE identity_links SET employee_id = 2", "DELETE FROM employees", "DELETE FROM attestations",
                "UPDATE attestations SET content = ''", "UPDATE attestations SET withdrawn_reason = 'x'",
                "UPDATE attestations SET withdrawn_at = NULL", "DELETE FROM attestation_employees",
                "UPDATE attestation_employees SET employee_id = 2",
            ] {
                let error = await #expect(throws: DatabaseError.self, "\(sql)") {
                    try await intruder.write { db in try db.execute(sql: sql) }
                }
                #expect(error?.resultCode == .SQLITE_CONSTRAINT, "\(sql)")
            }
        }
    }
}
