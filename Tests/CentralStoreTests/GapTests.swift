import Attendance
import CentralStore
import Foundation
import Testing

/// Entries the centre lost and the node no longer has.
@Suite("Gaps")
struct GapTests {
    private let places = (first: monday, later: monday.addingTimeInterval(3600))

    private func journal(_ count: Int, epoch: Epoch = .random(), more: Int = 0) throws -> Journal {
        var journal = Journal(node: "n1", epoch: epoch)
        for second in 0..<count + more {
            journal.write(.punch(try punch("\(second)", "2026-03-02T07:30:\(second < 10 ? "0" : "")\(second)")))
        }
        return journal
    }

    private func status(oldest: Int64) -> NodeStatus { NodeStatus(version: "1", backlog: 0, oldest: oldest) }

    @Test(
        "a run behind a hole is taken where it begins with the node's oldest entry, and the hole is kept with its size",
        arguments: StoreKind.allCases)
    func taken(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            let journal = try journal(20)
            _ = try await store.append(journal.run(to: 4), receivedAt: places.first)
            for oldest: Int64? in [nil, 1, 9, 11] {
                let status = NodeStatus(version: "1", backlog: 0, oldest: oldest)
                let refused = try await store.append(journal.run(from: 10, status: status), receivedAt: places.first)
                #expect(refused == AppendOutcome(.gap, highWater: 4, endHash: journal.entries[3].hash))
            }
            let empty = try await store.append(journal.heartbeat(status: status(oldest: 21)), receivedAt: places.first)
            #expect(empty.answer == .gap)
            #expect(try await store.totals().entries == 4)
            let run = journal.run(from: 10, to: 15, status: status(oldest: 10))
            let outcome = try await store.append(run, receivedAt: places.later)
            #expect(
                outcome == AppendOutcome(.ok, highWater: 15, endHash: journal.entries[14].hash, accepted: 6, missing: 5)
            )
            let gap = GapSummary(node: "n1", epoch: journal.epoch.text, first: 5, last: 9, notedAt: places.later)
            #expect(try await store.gaps(limit: 10) == [gap])
            #expect(try await store.nodes().map(\.missing) == [5])
            // The same again, and the rest, need no gap any more.
            let again = try await store.append(run, receivedAt: places.later)
            #expect(again == AppendOutcome(.ok, highWater: 15, endHash: journal.entries[14].hash, duplicate: 6))
            let rest = try await store.append(journal.run(from: 16), receivedAt: places.later)
            #expect(rest.answer == .ok && rest.accepted == 5 && rest.missing == 0)
            #expect(try await store.gaps(limit: 10) == [gap])
            #expect(try await store.totals().punches == 15)
        }
    }

    @Test(
        "an epoch the centre knows nothing of begins behind a gap from entry 1 on", arguments: StoreKind.allCases)
    func fromNothing(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            let journal = try journal(9)
            let outcome = try await store.append(
                journal.run(from: 7, status: status(oldest: 7)), receivedAt: places.first)
            #expect(outcome.answer == .ok && outcome.highWater == 9 && outcome.missing == 6)
            #expect(try await store.gaps(limit: 10).map(\.first) == [1])
            let whole = try await store.append(journal.run(), receivedAt: places.later)
            #expect(whole == AppendOutcome(.ok, highWater: 9, endHash: journal.endHash, accepted: 6, duplicate: 3))
            #expect(try await store.gaps(limit: 10).isEmpty)
        }
    }

    @Test(
        "entries found later go into their gap from its start, its end or its middle, until nothing is missing",
        arguments: StoreKind.allCases)
    func filled(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            let journal = try journal(30)
            _ = try await store.append(journal.run(to: 5), receivedAt: places.first)
            _ = try await store.append(journal.run(from: 21, status: status(oldest: 21)), receivedAt: places.first)
            func add(_ first: Int64, _ last: Int64, accepted: Int, _ left: [ClosedRange<Int64>]) async throws {
                let outcome = try await store.append(journal.run(from: first, to: last), receivedAt: places.later)
                let count = Int(last - first + 1)
                #expect(
                    outcome
                        == AppendOutcome(
                            .ok, highWater: 30, endHash: journal.endHash, accepted: accepted,
                            duplicate: count - accepted), "\(first) to \(last)")
                let gaps = try await store.gaps(limit: 10)
                #expect(Set(gaps.map { $0.first...$0.last }) == Set(left), "\(first) to \(last)")
            }
            try await add(4, 7, accepted: 2, [8...20])
            try await add(11, 12, accepted: 2, [8...10, 13...20])
            try await add(19, 24, accepted: 2, [8...10, 13...18])
            try await add(11, 12, accepted: 0, [8...10, 13...18])
            try await add(3, 30, accepted: 9, [])
            #expect(try await store.totals().entries == 30)
            #expect(try await store.nodes().map(\.missing) == [0])
        }
    }

    @Test(
        "F9 H9 other entries for a gap are a fork where they meet what is stored", arguments: StoreKind.allCases)
    func forged(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            let journal = try journal(12)
            var other = Journal(node: "n1", epoch: journal.epoch)
            for entry in journal.entries.prefix(5) { other.write(raw: entry.body) }
            for user in 0..<7 { other.write(.punch(try punch("8\(user)", "2026-03-02T09:00:00"))) }
            _ = try await store.append(journal.run(to: 4), receivedAt: places.first)
            _ = try await store.append(journal.run(from: 9, status: status(oldest: 9)), receivedAt: places.first)
            let before = try await store.totals()
            for (first, last) in [(1, 12), (5, 8), (5, 10), (6, 8), (9, 12), (7, 9)] as [(Int64, Int64)] {
                let outcome = try await store.append(other.run(from: first, to: last), receivedAt: places.later)
                #expect(outcome == AppendOutcome(.fork, highWater: 12, endHash: journal.endHash), "\(first) to \(last)")
            }
            #expect(try await store.totals() == before)
            // Here what is stored stands before the gap, or between two, and the run ends inside one.
            var early = Journal(node: "n1", epoch: journal.epoch)
            for user in 0..<12 { early.write(.punch(try punch("7\(user)", "2026-03-02T09:00:00"))) }
            #expect(try await store.append(early.run(to: 6), receivedAt: places.later).answer == .fork)
            let further = try self.journal(12, epoch: journal.epoch, more: 10)
            let behind = further.run(from: 19, status: status(oldest: 19))
            #expect(try await store.append(behind, receivedAt: places.later).answer == .ok)
            for user in 0..<3 { other.write(.punch(try punch("9\(user)", "2026-03-02T09:00:00"))) }
            #expect(try await store.append(other.run(from: 6, to: 14), receivedAt: places.later).answer == .fork)
            // A beat from inside the gap is no fork: nobody can say what stood there.
            let beat = EntryRun(
                node: "n1", epoch: journal.epoch, first: 7, previousHash: journal.entries[5].hash, entries: [],
                status: nil)
            #expect(try await store.append(beat, receivedAt: places.later).answer == .ok)
        }
    }

    @Test("a node that claims to have lost more than can be counted is shown so", arguments: StoreKind.allCases)
    func absurd(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            for _ in 0..<2 {
                let epoch = Epoch.random()
                let body = EntryBody.punch(try punch()).encode(at: monday)
                let before = ChainHash.start(of: epoch)
                let entry = Entry(seq: .max, body: body, hash: before.next(seq: .max, body: body))
                let run = EntryRun(
                    node: "n1", epoch: epoch, first: .max, previousHash: before, entries: [entry],
                    status: status(oldest: .max))
                #expect(try await store.append(run, receivedAt: monday).highWater == .max)
            }
            #expect(try await store.nodes().map(\.missing) == [.max])
        }
    }

    @Test("a centre set back again and again gets every entry its node still has; the rest is its gaps")
    func restored() async throws {
        for seed in 1...15 as ClosedRange<UInt64> { try await restored(seed: seed) }
    }

    private func restored(seed: UInt64) async throws {
        var random = SplitMix(state: seed)
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "central.db").path
            var store = try SQLiteCentralStore(path: path)
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            var journal = Journal(node: "n1")
            var oldest: Int64 = 1
            var acked: Int64 = 0
            var backups: [String] = []
            func backUp() throws {
                try store.close()
                let copy = directory.appending(path: "backup-\(backups.count)").path
                try FileManager.default.copyItem(atPath: path, toPath: copy)
                backups.append(copy)
                store = try SQLiteCentralStore(path: path)
            }
            /// What the edge does: from where the centre wants it, or from what it still has.
            func drain() async throws {
                var after = acked
                for _ in 0..<1000 {
                    let from = max(after, oldest - 1) + 1
                    let last = min(Int64(journal.entries.count), from + Int64.random(in: 0...7, using: &random))
                    let run = journal.run(from: from, to: last, status: status(oldest: oldest))
                    let outcome = try await store.append(run, receivedAt: monday)
                    #expect(outcome.accepted + outcome.duplicate == (outcome.answer == .ok ? run.entries.count : 0))
                    after = outcome.highWater
                    acked = after
                    if outcome.answer == .ok && after == journal.entries.count { return }
                }
                Issue.record("seed \(seed): no end")
            }
            for round in 0..<12 {
                for _ in 0..<Int.random(in: 1...9, using: &random) {
                    journal.write(.punch(try punch("\(journal.entries.count)")))
                }
                try await drain()
                if Bool.random(using: &random) { try backUp() }
                if Bool.random(using: &random) {
                    oldest = Int64.random(in: oldest...max(oldest, acked), using: &random)
                }
                guard round.isMultiple(of: 3), let backup = backups.randomElement(using: &random) else { continue }
                try store.close()
                try FileManager.default.removeItem(atPath: path)
                try FileManager.default.copyItem(atPath: backup, toPath: path)
                store = try SQLiteCentralStore(path: path)
                try await drain()
            }
            let stored = try await store.punches(after: 0, limit: 1000)
            let have = Set(try await stored.asyncFlatMap { try await store.observations(of: $0.key) }.map(\.seq))
            let missing = Set(try await store.gaps(limit: 100).flatMap { Array($0.first...$0.last) })
            let all = Set(1...Int64(journal.entries.count))
            #expect(have.isSuperset(of: all.filter { $0 >= oldest }), "seed \(seed)")
            #expect(have.isDisjoint(with: missing) && have.union(missing) == all, "seed \(seed)")
            #expect(try await store.nodes().map(\.missing) == [Int64(missing.count)], "seed \(seed)")
            // Another copy of the whole journal is found: its hashes fit everywhere.
            let whole = try await store.append(journal.run(), receivedAt: monday)
            #expect(whole.answer == .ok && whole.accepted == missing.count, "seed \(seed)")
            #expect(try await store.gaps(limit: 1).isEmpty)
            try store.close()
        }
    }
}

extension Sequence where Element: Sendable {
    fileprivate func asyncFlatMap<Value>(_ transform: (Element) async throws -> [Value]) async throws -> [Value] {
        var values: [Value] = []
        for element in self { values += try await transform(element) }
        return values
    }
}
