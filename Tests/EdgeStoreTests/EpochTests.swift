import Attendance
import EdgeStore
import Foundation
import GRDB
import Testing

/// A journal that goes on in a new epoch.
@Suite struct EpochTests {
    private let log = (10..<40).map { Scan("\($0)", "2026-03-02T07:00:\($0)") }

    @Test("B20 a new epoch names the old one, has what waited, and reads every device again")
    func begin() throws {
        try withStore { store, path in
            try store.append(
                Reading(
                    serial: lobby, source: .poll, extent: .complete, startedAt: monday, punches: log.punches(),
                    cursor: "1", joins: [IndexJoin(index: 1, time: 2, userID: UserID("3"))]), at: monday)
            try store.acknowledge(upTo: 20, quarantined: [.init(seq: 3, reason: "x")], at: monday)
            let old = try store.head()
            let waiting = try store.run(after: 20, most: .max, mostBytes: .max).entries.map(\.body)
            try store.beginEpoch(.fork, at: monday)
            let entries = try store.everything()
            #expect(
                try EntryBody.decode(entries[0].body).body
                    == .epoch(
                        EpochStart(
                            reason: .fork, previous: old.epoch, previousSeq: old.lastSeq, previousHash: old.lastHash)))
            #expect(entries.dropFirst().map(\.body) == waiting)
            #expect(try store.head().epoch != old.epoch)
            #expect(try store.status().pending == 12)
            #expect(try store.status().quarantined == 0)
            #expect(try store.verify().problems.isEmpty)
            #expect(try store.memory(of: lobby).cursor == nil)
            #expect(try store.joins(of: lobby).count == 1)
            // A tail that was under way must not bring the cursor back.
            try store.read([Scan("50", "2026-03-02T07:00:59")], .tail(new: 1), cursor: "2")
            #expect(try store.memory(of: lobby).cursor == nil)
            try store.read(log, cursor: "3")
            #expect(try store.memory(of: lobby).cursor == "3")
            #expect(try Set(store.punches().map(\.key)).isSuperset(of: log.keys))
            #expect(try store.read(log).newPunches == 0)
            // The old entries are still there, and as unchangeable.
            try withConnection(path) { db throws in
                #expect(try Int.fetchOne(db, sql: "SELECT count(*) FROM journal_\(old.epoch)") == 31)
                for table in ["journal", "journal_\(old.epoch)"] {
                    #expect(throws: DatabaseError.self) { try db.execute(sql: "UPDATE \(table) SET seal = 0") }
                }
            }
        }
    }

    @Test("it is begun whole or not at all, and again and again")
    func atomic() throws {
        try withStore { store, path in
            try store.read(log, cursor: "1")
            let before = try store.head()
            try withConnection(path) {
                try $0.execute(sql: "CREATE TRIGGER dies BEFORE UPDATE ON device BEGIN SELECT RAISE(ABORT, 'x'); END")
            }
            #expect(throws: EdgeStoreError.self) { try store.beginEpoch(.fork, at: monday) }
            #expect(try store.head() == before)
            try withConnection(path) { try $0.execute(sql: "DROP TRIGGER dies") }
            for _ in 0..<3 { try store.beginEpoch(.fork, at: monday) }
            #expect(try store.head().lastSeq == before.lastSeq)
            #expect(try EdgeStore(path: path, now: monday).verify().problems.isEmpty)
        }
    }
}
