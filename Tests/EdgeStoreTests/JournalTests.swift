import Attendance
import EdgeStore
import Foundation
import GRDB
import Testing

@Suite struct JournalTests {
    private let morning = [
        Scan("101", "2026-03-02T07:01:00"), Scan("102", "2026-03-02T07:01:00"), Scan("103", "2026-03-02T07:02:10"),
    ]

    @Test("entry 1 says why this epoch was begun, and every later seq is one more")
    func entry1SaysWhyThis() throws {
        try withStore { store, _ in
            try store.read(morning)
            try store.append(
                [.alarm(Alarm(code: "test", text: "one")), .alarm(Alarm(code: "test", text: "two"))], at: monday)
            let entries = try store.everything()
            #expect(entries.map(\.seq) == Array(1...6))
            #expect(try EntryBody.decode(entries[0].body).body == .epoch(EpochStart(reason: .firstStart)))
            let head = try store.head()
            #expect(head.lastSeq == 6 && head.ackedSeq == 0 && head.lastHash == entries[5].hash)
            var hash = ChainHash.start(of: head.epoch)
            for entry in entries {
                hash = hash.next(seq: entry.seq, body: entry.body)
                #expect(hash == entry.hash)
            }
            let verdict = try store.verify()
            #expect(verdict.problems.isEmpty && verdict.entries == 6 && verdict.punches == 3)
            #expect(verdict.lastHash == hash.hex)
        }
    }

    @Test("another file is another epoch, the same file reopened is the same")
    func anotherFileAnotherEpochSame() throws {
        try withStore { store, path in
            let other = try withStore { store, _ in try store.head().epoch }
            #expect(try store.head().epoch != other)
            try store.read(morning)
            let head = try store.head()
            #expect(try EdgeStore(path: path, now: monday).head() == head)
        }
    }

    @Test("A2 A3 a reading is kept whole or not at all", arguments: 1...5)
    func readingKeptWholeNotAt(failingInsert: Int) throws {
        try withStore { store, path in
            try store.read([morning[0]], cursor: "before")
            let before = try store.head()
            // Five inserts: two notes and three punches; the chosen one fails.
            try withConnection(path) { db in
                try db.execute(
                    sql: """
                        CREATE TRIGGER disk_dies BEFORE INSERT ON journal
                        WHEN NEW.seq = \(before.lastSeq + Int64(failingInsert))
                        BEGIN SELECT RAISE(ABORT, 'the disk died'); END
                        """)
            }
            let notes: [EntryBody] = [.alarm(Alarm(code: "a", text: "")), .alarm(Alarm(code: "b", text: ""))]
            let later = [Scan("104", "2026-03-02T07:05:00")] + morning[1...]
            #expect(throws: EdgeStoreError.self) { try store.read(later, .some, cursor: "after", notes: notes) }
            #expect(try store.head() == before)
            #expect(try store.memory(of: lobby).cursor == "before")
            try withConnection(path) { db in
                #expect(try Int.fetchOne(db, sql: "SELECT count(*) FROM seen") == 1)
                try db.execute(sql: "DROP TRIGGER disk_dies")
            }
            let appended = try store.read(later, .some, cursor: "after", notes: notes)
            #expect(appended.newPunches == 3 && appended.lastSeq == before.lastSeq + 5)
            #expect(try store.memory(of: lobby).cursor == "after")
            #expect(try store.verify().problems.isEmpty)
        }
    }

    @Test("a failure while seen keys are pruned leaves everything as it was")
    func failureWhileSeenKeysPruned() throws {
        try withStore { store, path in
            try store.read(morning, cursor: "before")
            try withConnection(path) {
                try $0.execute(
                    sql: "CREATE TRIGGER disk_dies BEFORE DELETE ON seen BEGIN SELECT RAISE(ABORT, 'dead'); END")
            }
            let shorter = [morning[0], Scan("104", "2026-03-02T07:05:00")]
            for _ in 0..<2 {
                #expect(throws: EdgeStoreError.self) { try store.read(shorter, cursor: "after") }
                #expect(try store.head().lastSeq == 4)
            }
            try withConnection(path) { try $0.execute(sql: "DROP TRIGGER disk_dies") }
            #expect(try store.read(shorter, cursor: "after").newPunches == 1)
        }
    }

    @Test("entries cannot be changed in place")
    func entriesCannotBeChangedPlace() throws {
        try withStore { store, path in
            try store.read(morning)
            try withConnection(path) { db in
                let error = #expect(throws: DatabaseError.self) {
                    try db.execute(sql: "UPDATE journal SET body = x'7b7d' WHERE seq = 2")
                }
                #expect(error?.message == "the journal is append-only")
            }
            #expect(try store.verify().problems.isEmpty)
        }
    }

    @Test("reading the same again adds nothing, also after a restart")
    func readingSameAgainAddsNothing() throws {
        try withStore { store, path in
            #expect(try store.read(morning).newPunches == 3)
            let last = try store.head().lastSeq
            for extent in [Reading.Extent.complete, .some, .tail(new: 0)] {
                #expect(try store.read(morning, extent).newPunches == 0)
            }
            let reopened = try EdgeStore(path: path, now: monday)
            #expect(try reopened.read(morning).newPunches == 0)
            #expect(try reopened.head().lastSeq == last)
        }
    }

    @Test("D9 another device's scans of the same people are other punches")
    func anotherDeviceSScansSame() throws {
        try withStore { store, _ in
            try store.read(morning, of: lobby)
            #expect(try store.read(morning, of: hall).newPunches == 3)
            #expect(try Set(store.punches().map(\.key)).count == 6)
        }
    }

    @Test("a better source confirms once, a worse one adds nothing")
    func betterSourceConfirmsOnceWorse() throws {
        try withStore { store, _ in
            let scan = [morning[0]]
            #expect(try store.read(scan, .some, from: .live).newPunches == 1)
            #expect(try store.read(scan, .some, from: .stick) == nothing(at: 2))
            let confirmed = try store.read(scan, .complete, from: .poll)
            #expect(confirmed.newPunches == 0 && confirmed.confirmed == 1 && confirmed.lastSeq == 3)
            for source in Punch.Source.allCases {
                #expect(try store.read(scan, .some, from: source) == nothing(at: 3))
            }
            let punches = try store.punches()
            #expect(punches.map(\.source) == [.live, .poll])
            #expect(Set(punches.map(\.key)).count == 1)
        }
    }

    private func nothing(at seq: Int64) -> EdgeStore.Appended {
        var appended = EdgeStore.Appended()
        appended.lastSeq = seq
        return appended
    }

    @Test("coverage and the first serial of a device are remembered")
    func coverageAndFirstSerial() throws {
        try withStore { store, path in
            #expect(try store.memory(of: lobby) == EdgeStore.DeviceMemory())
            try store.append(
                EdgeStore.Claim(
                    Coverage(serial: lobby, from: monday, to: monday.addingTimeInterval(60), source: .poll),
                    undated: "clock_off"), at: monday)
            let memory = try EdgeStore(path: path, now: monday).memory(of: lobby)
            #expect(memory.coveredTo == monday.addingTimeInterval(60) && memory.cursor == nil)
            #expect(memory.undated == "clock_off" && memory.broken == nil)
            #expect(try store.memory(of: hall) == EdgeStore.DeviceMemory())
            #expect(try store.firstSerial(for: "lobby", answering: lobby) == lobby)
            #expect(try store.firstSerial(for: "lobby", answering: hall) == lobby)
        }
    }

    @Test("the status tells what waits and since when")
    func statusTellsWaitsSinceWhen() throws {
        try withStore { store, _ in
            try store.read(morning)
            #expect(try store.status().pending == 4)
            try store.acknowledge(
                upTo: 3, quarantined: [.init(seq: 2, reason: "not_your_device"), .init(seq: 9, reason: "later")],
                at: monday)
            var status = try store.status()
            #expect(status.pending == 1 && status.ackedSeq == 3 && status.quarantined == 1)
            #expect(status.oldestPending == UTC.text(monday))
            try store.acknowledge(upTo: 4, quarantined: [], at: monday)
            status = try store.status()
            #expect(status.pending == 0 && status.oldestPending == nil)
            // An older receipt takes nothing back; only a rewind does, and never below the beginning.
            try store.acknowledge(upTo: 1, quarantined: [], at: monday)
            #expect(try store.head().ackedSeq == 4)
            try store.rewind(to: 9, at: monday)
            #expect(try store.head().ackedSeq == 4)
            try store.rewind(to: -3, at: monday)
            #expect(try store.head().ackedSeq == 0)
            #expect(throws: EdgeStoreError.self) { try store.acknowledge(upTo: 5, quarantined: [], at: monday) }
        }
    }

    @Test("the queue hands out runs by count and by bytes, and at least one entry")
    func queueHandsOutRunsBy() throws {
        try withStore { store, _ in
            try store.read(morning)
            let all = try store.everything()
            let run = try store.run(after: 1, most: 2, mostBytes: .max)
            #expect(run.entries == Array(all[1...2]) && run.after == 1 && run.previousHash == all[0].hash)
            let two = all[0].body.count + all[1].body.count + 2
            #expect(try store.run(after: 0, most: 9, mostBytes: two).entries.count == 2)
            #expect(try store.run(after: 0, most: 9, mostBytes: two - 1).entries.count == 1)
            #expect(try store.run(after: 0, most: 9, mostBytes: 0).entries.count == 1)
            #expect(try store.run(after: 4, most: 9, mostBytes: .max).entries.isEmpty)
            #expect(throws: EdgeStoreError.self) { try store.run(after: 5, most: 9, mostBytes: .max) }
            #expect(throws: EdgeStoreError.self) { try store.run(after: -1, most: 9, mostBytes: .max) }
            #expect(try store.tail(2) == Array(all[2...]))
            #expect(try store.tail(.max) == all)
            #expect(try store.tail(0).isEmpty)
            #expect(try store.tail(-5).isEmpty)
            #expect(try store.place(0) == .known(.start(of: run.epoch)))
            #expect(try store.place(4) == .known(all[3].hash))
            #expect(try store.place(5) == .beyond)
            #expect(try store.place(-1) == .beyond)
        }
    }
}
