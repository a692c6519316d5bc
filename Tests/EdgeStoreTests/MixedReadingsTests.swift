import Attendance
import EdgeStore
import Foundation
import Testing

/// Any mix and order of complete, tail and live readings of one log gives the keys of its complete readings:
/// nothing is invented, nothing is lost.
@Suite struct MixedReadingsTests {
    @Test(
        "any mix of readings gives the keys of the log", arguments: [1, 20_260_302, UInt64.random(in: 1...UInt64.max)])
    func anyMixReadingsGivesKeys(seed: UInt64) throws {
        for round in 0..<12 {
            let seed = seed &+ UInt64(round) &* 7919
            try withTemporaryDirectory { directory in
                var run = try MixedRun(path: directory + "/journal.db", seed: seed)
                for step in 0..<120 {
                    let what = try run.step()
                    guard let wrong = try run.check() else { continue }
                    Issue.record("seed \(seed), step \(step), after \(what): \(wrong)")
                    return
                }
                try run.finish()
                #expect(try run.check() == nil, "seed \(seed), at the end")
                #expect(try run.store.verify().problems.isEmpty)
            }
        }
    }
}

/// A device whose log grows, is cleared and whose clock jumps, and an edge that reads it in every way.
private struct MixedRun {
    private let path: String
    private(set) var store: EdgeStore
    private var random: SeededGenerator
    /// The log, and how often it was cleared.
    private var log: [Scan] = []
    private var generation = 0
    private var clock = 0
    /// Scans not yet told by a live event; some never are.
    private var untold: [Scan] = []
    /// Keys that complete readings of the log would have given at some time, and those that must be journaled.
    private var possible: Set<PunchKey> = []
    private var needed: Set<PunchKey> = []
    private var journaled: Set<PunchKey> = []
    private var checkedSeq: Int64 = 0

    init(path: String, seed: UInt64) throws {
        self.path = path
        random = SeededGenerator(seed: seed)
        store = try EdgeStore(path: path, now: monday)
    }

    mutating func step() throws -> String {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<40: return scan()
        case 40..<48: return jump()
        case 48..<66: return try poll(everything: false)
        case 66..<74: return try poll(everything: true)
        case 74..<90: return try live()
        case 90..<93: return clear()
        case 93..<96: return try restart()
        default: return try brokenPoll()
        }
    }

    /// The last poll, of everything there is.
    mutating func finish() throws { _ = try poll(everything: false) }

    /// - Returns: what is wrong; `nil` while all is well.
    mutating func check() throws -> String? {
        for entry in try store.run(after: checkedSeq, most: .max, mostBytes: .max).entries {
            checkedSeq = entry.seq
            if case .punch(let punch) = try EntryBody.decode(entry.body).body { journaled.insert(punch.key) }
        }
        if !journaled.isSubset(of: possible) { return "\(journaled.subtracting(possible).count) punches were invented" }
        if !needed.isSubset(of: journaled) { return "\(needed.subtracting(journaled).count) punches were lost" }
        return nil
    }

    // MARK: The device

    /// A few scans; the clock moves on by 0 to 2 s between them, so seconds repeat and people repeat in them.
    private mutating func scan() -> String {
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            clock += Int.random(in: 0...2, using: &random)
            let scan = Scan("10\(Int.random(in: 0...3, using: &random))", text(clock))
            log.append(scan)
            untold.append(scan)
        }
        possible.formUnion(log.keys)
        return "scans"
    }

    private mutating func jump() -> String {
        clock = max(0, clock + Int.random(in: -12...5, using: &random))
        return "a jump of the clock"
    }

    private mutating func clear() -> String {
        log = []
        generation += 1
        return "clearing the log"
    }

    private func text(_ second: Int) -> String {
        let minute = second / 60
        return "2026-03-02T07:\(minute < 10 ? "0" : "")\(minute):\(second % 60 < 10 ? "0" : "")\(second % 60)"
    }

    // MARK: The edge

    private mutating func live() throws -> String {
        guard let position = untold.indices.randomElement(using: &random) else { return "nothing to tell" }
        let scan = untold.remove(at: position)
        for _ in 0...Int.random(in: 0...1, using: &random) { try store.read([scan], .some, from: .live) }
        needed.formUnion([scan].keys)
        return "a live event"
    }

    private mutating func restart() throws -> String {
        store = try EdgeStore(path: path, now: monday)
        return "a restart"
    }

    /// Reads like the device reader: the tail from the start of a second where the cursor is found, else all.
    private mutating func poll(everything: Bool) throws -> String {
        let known = try knownCount()
        if let known, !everything {
            let appended = try store.read(tail(after: known), .tail(new: log.count - known), cursor: cursor)
            if appended.ambiguous > 0 { try store.read(log, .complete, cursor: cursor) }
        } else {
            try store.read(log, .complete, cursor: cursor)
        }
        needed.formUnion(log.keys)
        return "a poll"
    }

    /// A tail whose ambiguity was found, and then the edge died; or a complete reading that was not kept.
    private mutating func brokenPoll() throws -> String {
        if let known = try knownCount() {
            try store.read(tail(after: known), .tail(new: log.count - known), cursor: cursor)
            return "a tail, and a crash"
        }
        try withConnection(path) { db in
            try db.execute(
                sql: "CREATE TRIGGER dies BEFORE UPDATE OF cursor ON device BEGIN SELECT RAISE(ABORT, 'x'); END")
        }
        _ = try? store.read(log, .complete, cursor: cursor)
        try withConnection(path) { try $0.execute(sql: "DROP TRIGGER dies") }
        return "a failed reading"
    }

    private var cursor: String { "\(generation) \(log.count)" }

    /// How many records the cursor knows; `nil` where it does not fit this log.
    private func knownCount() throws -> Int? {
        let parts = try store.memory(of: lobby).cursor?.split(separator: " ").compactMap { Int($0) } ?? []
        guard parts.count == 2, parts[0] == generation, parts[1] > 0, parts[1] <= log.count else { return nil }
        return parts[1]
    }

    private func tail(after known: Int) -> [Scan] {
        var start = known
        if start < log.count {
            while start > 0, log[start - 1].time == log[start].time { start -= 1 }
        }
        return Array(log[start...])
    }
}
