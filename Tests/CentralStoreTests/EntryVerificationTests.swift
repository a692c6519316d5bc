import Attendance
import Foundation
import GRDB
import Synchronization
import Testing

@testable import CentralStore

@Suite("Verification of entries and punches")
struct EntryVerificationTests {
    /// A store with what stores have: better sources, several observations, a gap, quarantine, a file.
    private func fill(_ store: any CentralStore) async throws {
        try await store.enrolNode("n1", unit: "Dinas Contoh")
        try await store.enrolNode("n2", unit: "Dinas Lain")
        var journal = Journal(node: "n1")
        journal.write(try device(), .punch(try punch("7", source: .live)), .punch(try punch("7", verify: 15)))
        journal.write(.punch(try punch("8", workCode: "5", flags: [.noUser])))
        journal.write(raw: [0x21])
        journal.write(
            .punch(try punch("9", source: .stick, file: FileOrigin(sha256: String(repeating: "a", count: 64), by: "x")))
        )
        _ = try await store.append(journal.run(), receivedAt: monday)
        var other = Journal(node: "n2")
        other.write(.punch(try punch("7")))
        for number in 1...5 { other.write(.punch(try punch("\(number)", serial: "OTHER0000001"))) }
        let oldest = NodeStatus(version: "1", backlog: 0, oldest: 3)
        _ = try await store.append(other.run(from: 1, to: 1), receivedAt: monday)
        _ = try await store.append(other.run(from: 3, status: oldest), receivedAt: monday)
    }

    @Test("a whole store is whole, in pieces of any size")
    func whole() async throws {
        try await StoreKind.sqlite.withStore { store in
            try await fill(store)
            for piece in [1, 2, 1000] {
                let verdict = try await store.verifyEntries(piece: piece)
                #expect(
                    verdict.problems.isEmpty && verdict.entries == 11 && verdict.punches == 7, "\(piece): \(verdict)")
            }
        }
    }

    @Test(
        "B12 what a disk changes in an entry or a punch is found, and a scan that is another now is not shown",
        arguments: [
            (
                """
                UPDATE entries SET body = CAST(replace(body, '"8"', '"6"') AS BLOB) WHERE seq = 4 AND epoch_id = 1
                """, "entry 4", false
            ),
            ("UPDATE entries SET hash = zeroblob(32) WHERE seq = 2 AND epoch_id = 1", "entry 2", false),
            ("DELETE FROM entries WHERE seq = 3 AND epoch_id = 1", "3 to 3 are gone", false),
            ("DELETE FROM gaps", "2 to 2 are gone", false),
            ("UPDATE punches SET user_id = x'36' WHERE user_id = x'38'", "punch 3", true),
            ("UPDATE punches SET device_time = '2026-03-02T07:31:00' WHERE user_id = x'38'", "punch 3", true),
            ("UPDATE punches SET occurrence = 1 WHERE user_id = x'38'", "punch 3", true),
            ("UPDATE devices SET serial = 'CJ9L170560009' WHERE serial = 'CJ9L170560001'", "punch 1", true),
            ("UPDATE punches SET verify = 4 WHERE user_id = x'37'", "punch 1: its entries", false),
            ("UPDATE punches SET state = 1 WHERE user_id = x'38'", "punch 3: its entries", false),
            ("UPDATE punches SET source = 'poll', file = NULL WHERE source = 'stick'", "punch 4: its entries", false),
            ("UPDATE punches SET work_code = '6' WHERE user_id = x'38'", "punch 3: its entries", false),
            ("DELETE FROM punches WHERE user_id = x'38'", "entry 4 is in no punch", false),
            ("DELETE FROM observations WHERE punch_id = 3", "punch 3: no entry tells of it", false),
            ("UPDATE observations SET punch_id = 1 WHERE punch_id = 3", "punch 1", false),
        ])
    func changed(_ sql: String, _ found: String, _ isRefused: Bool) async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "central.db").path
            let store = try SQLiteCentralStore(path: path)
            try await fill(store)
            try store.close()
            var configuration = Configuration()
            configuration.foreignKeysEnabled = false
            let disk = try DatabaseQueue(path: path, configuration: configuration)
            try await disk.writeWithoutTransaction { db in
                for trigger in try String.fetchAll(db, sql: "SELECT name FROM sqlite_master WHERE type = 'trigger'") {
                    try db.execute(sql: "DROP TRIGGER \(trigger)")
                }
                try db.execute(sql: sql)
                #expect(db.changesCount > 0)
            }
            try disk.close()
            let damaged = try SQLiteCentralStore(readingPath: path)
            let verdict = try await damaged.verifyEntries()
            #expect(verdict.problems.contains { $0.contains(found) }, "\(verdict)")
            if isRefused {
                let error = await #expect(throws: DatabaseError.self) { try await damaged.punches(after: 0, limit: 10) }
                #expect(error.map { StoreTrouble($0) } == .damage)
            }
            try damaged.close()
        }
    }

    @Test("B6 a disk that takes no write makes the store not ready, and the first write that it takes ready again")
    func fullDisk() async throws {
        try await withTemporaryDirectory { directory in
            let free = Mutex<Int64?>(1 << 20)
            let store = try SQLiteCentralStore(
                path: directory.appending(path: "central.db").path, room: { free.withLock { $0 } })
            try await fill(store)
            try await store.checkReady()
            // As full as a disk is: SQLite may not make the file any larger, and answers SQLITE_FULL.
            try await store.writeWithoutTransaction { db in
                let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
                try db.execute(sql: "PRAGMA max_page_count = \(pages)")
            }
            var journal = Journal(node: "n1")
            journal.write(try (0..<2000).map { .punch(try punch("\(100 + $0)")) })
            let error = await #expect(throws: DatabaseError.self) {
                try await store.append(journal.run(), receivedAt: monday)
            }
            #expect(error.map { StoreTrouble($0) } == .full)
            // A small write still finds room, and does not make a disk of 1 MiB one that takes batches.
            try await store.checkWritable()
            await #expect(throws: DatabaseError.self) { try await store.checkReady() }
            free.withLock { $0 = 1 << 30 }
            try await store.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA query_only = ON") }
            await #expect(throws: DatabaseError.self) { try await store.checkReady() }
            try await store.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA query_only = OFF; PRAGMA max_page_count = 1073741823")
            }
            try await store.checkReady()
            #expect(try await store.append(journal.run(), receivedAt: monday).accepted == 2000)
            try store.close()
        }
    }
}
