import Attendance
import Crypto
import Foundation
import GRDB
import Testing

@testable import CentralStore

/// What is true of the SQLite file itself.
@Suite("The SQLite file")
struct SQLiteTests {
    @Test("H8 append-only tables refuse update, delete and replace by any connection that runs their triggers")
    func triggers() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "central.db").path
            let store = try SQLiteCentralStore(path: path)
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            var journal = Journal(node: "n1")
            journal.write(try device(), .punch(try punch()))
            journal.write(raw: [0x21])
            _ = try await store.append(journal.run(), receivedAt: monday)
            var pruned = Journal(node: "n1")
            for _ in 0..<3 { pruned.write(try device()) }
            let oldest = NodeStatus(version: "1", backlog: 0, oldest: 3)
            _ = try await store.append(pruned.run(from: 3, status: oldest), receivedAt: monday)
            var forked = Journal(node: "n1", epoch: journal.epoch)
            forked.write(.punch(try punch("8")))
            #expect(try await store.append(forked.run(), receivedAt: monday).answer == .fork)
            let order = NewOrder(
                id: "o", node: "n1", kind: .resend, argument: .from(seq: 1), createdAt: monday, expiresAt: monday)
            #expect(try await store.addOrder(order) == nil)
            try store.close()

            let intruder = try DatabaseQueue(path: path)
            let before = try await intruder.read { db in try String.fetchAll(db, sql: "SELECT hex(body) FROM entries") }
            let attempts = [
                "UPDATE entries SET body = x'00'", "DELETE FROM entries", "DELETE FROM epochs",
                "UPDATE epochs SET number = 9", "UPDATE observations SET seq = 9", "DELETE FROM observations",
                "UPDATE gaps SET last_seq = 1", "DELETE FROM gaps", "DELETE FROM forks",
                "UPDATE forks SET seq = 9", "DELETE FROM orders", "UPDATE orders SET kind = 'x'",
                "UPDATE quarantine SET reason = ''",
                "DELETE FROM quarantine", "DELETE FROM punches",
                "UPDATE punches SET device_time = '2026-03-02T09:00:00'", "UPDATE punches SET user_id = x'39'",
                "UPDATE punches SET received_at = 0", "DELETE FROM device_zones", "UPDATE device_zones SET from_at = 0",
                "INSERT OR REPLACE INTO entries SELECT epoch_id, seq, hash, x'00', 0 FROM entries",
            ]
            try await intruder.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA recursive_triggers = ON; PRAGMA foreign_keys = OFF")
            }
            for sql in attempts {
                let error = await #expect(throws: DatabaseError.self, "\(sql)") {
                    try await intruder.write { db in try db.execute(sql: sql) }
                }
                #expect(error?.resultCode == .SQLITE_CONSTRAINT, "\(sql)")
            }
            let after = try await intruder.read { db in try String.fetchAll(db, sql: "SELECT hex(body) FROM entries") }
            #expect(after == before && before.count == 4)
        }
    }

    @Test("A6 a centre killed before, inside or after a commit has all of a batch or nothing of it, and then all")
    func killed() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "central.db").path
            let store = try SQLiteCentralStore(path: path)
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            var journal = Journal(node: "n1")
            journal.write(try device())
            for user in 0..<300 { journal.write(.punch(try punch("\(user)"))) }
            journal.write(raw: [0x21])
            let early = journal.run(to: 100)
            _ = try await store.append(early, receivedAt: monday)
            /// The files as a kill leaves them: what is not synced by then is in them or not, SQLite must not care.
            @Sendable func image(_ name: String) throws -> String {
                let copy = directory.appending(path: name + ".db").path
                for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: path + suffix) {
                    try FileManager.default.copyItem(atPath: path + suffix, toPath: copy + suffix)
                }
                return copy
            }
            let run = journal.run(from: 51)
            let entries = run.entries.map(DecodedEntry.init)
            let before = try image("before")
            let inside = try await store.write { db in
                // All of it is written here; only the commit is missing, and pages have gone to the WAL.
                try db.execute(sql: "PRAGMA cache_size = 1; PRAGMA cache_spill = 1")
                let outcome = try EntryAppender.append(run, entries, receivedAt: monday, in: db)
                #expect(outcome.accepted == 202)
                return try image("inside")
            }
            let after = try image("after")
            let sizes = try [before, inside].map { try Data(contentsOf: URL(filePath: $0 + "-wal")).count }
            #expect(sizes[1] > sizes[0], "nothing of the open transaction was in the WAL: the test shows nothing")
            try store.close()
            for (copy, had) in [(before, 100), (inside, 100), (after, 302)] {
                let reopened = try SQLiteCentralStore(path: copy)
                #expect(try await reopened.totals().entries == had, "\(copy)")
                let resent = try await reopened.append(run, receivedAt: monday)
                #expect(resent.accepted == 302 - had && resent.duplicate == had - 50, "\(copy)")
                #expect(resent.endHash == journal.endHash && resent.quarantined.map(\.seq) == [302])
                #expect(
                    try await reopened.totals()
                        == CentralTotals(
                            entries: 302, punches: 300, observations: 300, quarantined: 1, devices: 1, nodes: 1))
                try reopened.close()
            }
        }
    }

    @Test("A6 a batch whose storing fails in its middle leaves nothing behind, and is taken when sent again")
    func failsInTheMiddle() async throws {
        try await withTemporaryDirectory { directory in
            let store = try SQLiteCentralStore(path: directory.appending(path: "central.db").path)
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            var journal = Journal(node: "n1")
            journal.write(try device())
            for user in 0..<20 { journal.write(.punch(try punch("\(user)"))) }
            let before = try await store.totals()
            let tables = [
                "entries": "NEW.seq = 15", "punches": "NEW.user_id = x'3132'", "observations": "NEW.seq = 9",
                "devices": "1", "device_zones": "1",
            ]
            for (table, place) in tables {
                try await store.write { db in
                    try db.execute(
                        sql: """
                            CREATE TEMP TRIGGER full BEFORE INSERT ON main.\(table) WHEN \(place)
                            BEGIN SELECT RAISE(ABORT, 'disk full'); END
                            """)
                }
                await #expect(throws: DatabaseError.self, "\(table)") {
                    try await store.append(journal.run(), receivedAt: monday)
                }
                #expect(try await store.totals() == before, "\(table)")
                try await store.write { db in try db.execute(sql: "DROP TRIGGER full") }
            }
            #expect(try await store.append(journal.run(), receivedAt: monday).accepted == 21)
            try store.close()
        }
    }

    @Test("the writer syncs at every commit and its readers cannot write")
    func pragmas() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "central.db").path
            let store = try SQLiteCentralStore(path: path)
            let synchronous = try await store.write { db in try Int.fetchOne(db, sql: "PRAGMA synchronous") }
            #expect(synchronous == 2)
            await #expect(throws: DatabaseError.self) {
                try await store.database.read { db in try db.execute(sql: "INSERT INTO tokens DEFAULT VALUES") }
            }
            let reader = try SQLiteCentralStore(readingPath: path)
            await #expect(throws: DatabaseError.self) { try await reader.setTLSPin([1]) }
            #expect(try await reader.totals().entries == 0)
            try reader.close()
            try store.close()
        }
    }

    @Test("F3 a file of a later version is refused and not touched")
    func laterVersion() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "central.db").path
            try SQLiteCentralStore(path: path).close()
            let future = try DatabaseQueue(path: path)
            try await future.write { db in
                try db.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('9 things to come')")
            }
            try future.close()
            #expect(throws: CentralStoreError.laterVersion) { try SQLiteCentralStore(path: path) }
            #expect(throws: CentralStoreError.laterVersion) { try SQLiteCentralStore(readingPath: path) }
            let missing = directory.appending(path: "none.db").path
            #expect(throws: CentralStoreError.missing(missing)) { try SQLiteCentralStore(readingPath: missing) }
        }
    }

    @Test("a code's key and a token are not in the file once used")
    func nothingSecret() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "central.db").path
            let store = try SQLiteCentralStore(path: path)
            let code = EnrolmentCode(
                url: "https://centre.example", id: RandomText.hex(bytes: 8), secret: [UInt8](repeating: 5, count: 16),
                centreFingerprint: centreFingerprint, tlsPin: nil)
            let kept = code.kept(unit: "Dinas Contoh", at: monday)
            try await store.addEnrolmentCode(kept)
            let request = EnrolmentRequest(code: code, nodeKey: Curve25519.Signing.PrivateKey().publicKey)
            _ = try await store.enrol(request, nodeName: "n1", centreFingerprint: centreFingerprint, at: monday)
            try store.close()
            let file = try Data(contentsOf: URL(filePath: path))
            #expect(file.range(of: Data("Dinas Contoh".utf8)) != nil)
            #expect(file.range(of: Data(kept.key.bytes)) == nil)
            #expect(file.range(of: Data(code.secret)) == nil)
        }
    }
}
