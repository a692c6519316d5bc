import Attendance
import Foundation
import GRDB
import Testing

@testable import EdgeStore

@Suite("Retention of acknowledged entries")
struct RetentionTests {
    private let day: TimeInterval = 86_400

    /// A receipt a day, the newest of seq `days`; `now` is the day after.
    private func daily(_ days: Int, jump: (day: Int, by: TimeInterval)? = nil) -> [Retention.Acknowledgement] {
        (1...days).map { number in
            let shift = jump.map { number >= $0.day ? $0.by : 0 } ?? 0
            return .init(seq: Int64(number), at: monday.addingTimeInterval(Double(number) * day + shift))
        }.reversed()
    }

    private func prunable(_ days: Int, jump: (day: Int, by: TimeInterval)? = nil) -> Int64? {
        let all = daily(days, jump: jump)
        return Retention.prunable(all, now: (all.first?.at ?? monday).addingTimeInterval(day))
    }

    @Test("entries stay 35 days from their receipt, and go after that")
    func days() {
        #expect(prunable(34) == nil)
        #expect(prunable(35) == 1)
        #expect(prunable(100) == 66)
        #expect(Retention.prunable([], now: monday) == nil)
    }

    @Test("C2 C9 A clock ten years ahead makes nothing older than a day, one set back makes nothing older at all")
    func clocks() {
        for years in [10, -10] {
            let jump = Double(years) * 365 * day
            #expect(prunable(34, jump: (20, jump)) == nil)
            // A step back is a day that nobody can vouch for; a step ahead counts as the day it may have been.
            #expect(prunable(60, jump: (40, jump)) == (years > 0 ? 26 : 25))
        }
        let ancient = [Retention.Acknowledgement(seq: 9, at: .distantPast)]
        #expect(Retention.prunable(ancient, now: .distantFuture) == nil)
    }

    @Test("E19 Weeks without a receipt make entries too young, never too old")
    func offline() {
        let before = [Retention.Acknowledgement(seq: 5, at: monday)]
        #expect(Retention.prunable(before, now: monday.addingTimeInterval(90 * day)) == nil)
    }

    /// `count` entries, acknowledged one a day.
    private func acknowledged(_ count: Int, _ store: EdgeStore) throws -> Date {
        var now = monday
        for number in 1...count {
            try store.append([.alarm(Alarm(code: "test", text: "\(number)"))], at: monday)
            now = monday.addingTimeInterval(Double(number) * day)
            try store.acknowledge(upTo: Int64(number), quarantined: [], at: now)
        }
        return now
    }

    @Test("what is pruned is gone, the chain of the rest is whole, and the journal goes on")
    func prune() throws {
        try withStore { store, path in
            let now = try acknowledged(100, store)
            let before = try store.everything()
            #expect(try store.prune(now: now, most: 30) == 30)
            #expect(try store.prune(now: now) == 35)
            #expect(try store.prune(now: now) == 0)
            let head = try store.head()
            #expect(head.prunedSeq == 65 && head.lastSeq == 101 && head.ackedSeq == 100)
            #expect(try store.verify().problems.isEmpty)
            #expect(try store.run(after: 65, most: .max, mostBytes: .max).entries == Array(before[65...]))
            #expect(try store.run(after: 65, most: 1, mostBytes: .max).previousHash == before[64].hash)
            #expect(try store.place(64) == .pruned)
            #expect(try store.place(65) == .known(before[64].hash))
            #expect(try store.place(102) == .beyond)
            #expect(throws: EdgeStoreError.self) { try store.run(after: 64, most: 1, mostBytes: .max) }
            try store.append([.alarm(Alarm(code: "test", text: "later"))], at: monday)
            let reopened = try EdgeStore(path: path, now: monday)
            #expect(try reopened.head().lastSeq == 102)
            #expect(try reopened.verify().problems.isEmpty)
            #expect(try reopened.tail(1000).count == 37)
        }
    }

    @Test("the newest entry stays, and nothing that was not acknowledged goes")
    func newest() throws {
        try withStore { store, _ in
            let now = try acknowledged(3, store)
            try store.acknowledge(upTo: 4, quarantined: [], at: now)
            var later = now
            // Receipts without news keep time, as heartbeats' do not: here every day has an entry.
            for number in 5...50 {
                try store.append([.alarm(Alarm(code: "test", text: "\(number)"))], at: monday)
                later += day
                if number <= 45 { try store.acknowledge(upTo: Int64(number), quarantined: [], at: later) }
            }
            while try store.prune(now: later) > 0 {}
            let head = try store.head()
            #expect(head.prunedSeq < head.ackedSeq && head.ackedSeq == 45 && head.lastSeq == 50)
            #expect(try store.verify().problems.isEmpty)
        }
    }

    /// Scans of one reading, then enough days for their entries to go.
    private func scansLongAgo(_ store: EdgeStore, quarantined: [Receipt.Quarantined] = []) throws -> Reading {
        let punches = [Scan("1", "2026-03-01T07:00:00"), Scan("2", "2026-03-01T07:00:01")].punches()
        let reading = Reading(
            serial: lobby, source: .poll, extent: .complete, startedAt: monday, punches: punches, cursor: "there")
        try store.append(reading, at: monday)
        try store.acknowledge(upTo: 3, quarantined: quarantined, at: monday)
        var now = monday
        for number in 4...100 {
            try store.append([.alarm(Alarm(code: "test", text: "\(number)"))], at: monday)
            now = monday.addingTimeInterval(Double(number) * day)
            try store.acknowledge(upTo: Int64(number), quarantined: [], at: now)
        }
        while try store.prune(now: now) > 0 {}
        return reading
    }

    @Test("B21 What a restored centre lost and no journal has any more is read from the devices again")
    func refill() throws {
        try withStore { store, _ in
            let reading = try scansLongAgo(store)
            #expect(try store.append(reading, at: monday).newPunches == 0)
            #expect(try store.rewind(to: 80, at: monday) == 80)
            #expect(try store.append(reading, at: monday).newPunches == 0, "all that is missing is here")
            #expect(try store.rewind(to: 1, at: monday) > 1)
            #expect(try store.memory(of: lobby).cursor == nil)
            #expect(try store.append(reading, at: monday).newPunches == 2)
            // The centre may say so again until the gap is noted: once is enough.
            #expect(try store.rewind(to: 1, at: monday) > 1)
            #expect(try store.append(reading, at: monday).newPunches == 0)
        }
    }

    @Test("A scan that was quarantined is not taken for receipted when its entry is gone")
    func quarantinedLongAgo() throws {
        try withStore { store, path in
            _ = try scansLongAgo(store, quarantined: [Receipt.Quarantined(seq: 2, reason: "not_your_device")])
            #expect(try store.receipted(of: lobby).quarantined == 1)
            #expect(try store.receipted(of: hall).quarantined == 0)
            #expect(try EdgeStore(path: path, now: monday).receipted(of: lobby).quarantined == 1)
        }
    }

    @Test("B21 A rewind stops at the oldest entry that is left, and what is acknowledged anew is young again")
    func rewind() throws {
        try withStore { store, _ in
            let now = try acknowledged(100, store)
            while try store.prune(now: now) > 0 {}
            #expect(try store.rewind(to: 10, at: monday) == 65)
            #expect(try store.head().ackedSeq == 65)
            try store.acknowledge(upTo: 100, quarantined: [], at: now + day)
            #expect(try store.prune(now: now + 2 * day) == 0)
            #expect(try store.rewind(to: 500, at: monday) == 100)
        }
    }

    @Test("an epoch put aside goes when the one after it is old enough")
    func asides() throws {
        try withStore { store, path in
            try store.read([Scan("7", "2026-03-02T07:00:00")])
            try store.beginEpoch(.fork, at: monday)
            func asides() throws -> Int {
                try withConnection(path) {
                    try Int.fetchOne(
                        $0,
                        sql:
                            "SELECT count(*) FROM sqlite_master WHERE name LIKE 'journal\\_%' ESCAPE '\\' AND type = 'table'"
                    ) ?? -1
                }
            }
            #expect(try asides() == 1)
            var now = monday
            for number in 1...60 {
                try store.append([.alarm(Alarm(code: "test", text: "\(number)"))], at: monday)
                now += day
                try store.acknowledge(upTo: store.head().lastSeq, quarantined: [], at: now)
                #expect(try store.prune(now: now) == 0 || (try asides()) == 0)
            }
            #expect(try asides() == 0)
            #expect(try store.verify().problems.isEmpty)
            // What the device gave is known still: nothing old is journaled again.
            try store.read([Scan("7", "2026-03-02T07:00:00")])
            #expect(try store.verify().problems.isEmpty)
        }
    }

    @Test("an order is journaled once, whatever the centre repeats")
    func orders() throws {
        try withStore { store, _ in
            let result = OrderResult(id: "o1", kind: "resend", result: .done, text: "from 1")
            #expect(try store.begin(order: "o1", at: monday) == .new)
            #expect(try store.begin(order: "o1", at: monday) == .begun)
            try store.append(result, at: monday)
            try store.append(result, at: monday)
            #expect(try store.begin(order: "o1", at: monday) == .told)
            #expect(
                try store.everything().compactMap { try? EntryBody.decode($0.body).body }.filter {
                    $0 == .order(result)
                }.count == 1)
        }
    }
}
