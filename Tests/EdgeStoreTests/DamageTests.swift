import Attendance
import Crypto
import EdgeStore
import Foundation
import GRDB
import Testing

/// A damaged journal file: what was altered is never handed out.
@Suite struct DamageTests {
    @Test("B12 flipped bits never come out of the journal", arguments: [11, UInt64.random(in: 1...UInt64.max)])
    func flippedBits(seed: UInt64) throws {
        try withJournal { journal, truth, path in
            var random = SeededGenerator(seed: seed)
            var noticed = 0
            for trial in 0..<150 {
                var bytes = journal
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] ^=
                        1 << UInt8.random(in: 0...7, using: &random)
                }
                if try !isWhole(bytes, truth, path, "seed \(seed), trial \(trial)") { noticed += 1 }
            }
            // Most bytes of this file are entries, so most flips must be seen somewhere.
            #expect(noticed > 60, "seed \(seed)")
        }
    }

    @Test("B13 a file cut short or filled with zeros never gives an altered entry", arguments: [13, 17])
    func truncated(seed: UInt64) throws {
        try withJournal { journal, truth, path in
            var random = SeededGenerator(seed: seed)
            for trial in 0..<60 {
                let cut = Int.random(in: 0..<journal.count, using: &random)
                var bytes = Data(journal[..<cut])
                if trial.isMultiple(of: 2) { bytes += Data(repeating: 0, count: journal.count - cut) }
                _ = try isWhole(bytes, truth, path, "seed \(seed), cut at \(cut)")
            }
        }
    }

    /// Writes `bytes` as a journal file and reads it in every way.
    ///
    /// - Returns: whether nothing was noticed: then everything must be there, unaltered.
    private func isWhole(_ bytes: Data, _ truth: [Entry], _ path: String, _ what: String) throws -> Bool {
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
        try bytes.write(to: URL(filePath: path))
        var handedOut: [Entry] = []
        var isComplete = false
        do {
            let store = try EdgeStore.readOnly(path: path)
            while true {
                let run = try store.run(after: Int64(handedOut.count), most: 7, mostBytes: .max)
                if run.entries.isEmpty { break }
                handedOut += run.entries
            }
            _ = try store.tail(5)
            _ = try store.memory(of: lobby)
            _ = try store.joins(of: lobby)
            isComplete = try store.verify().problems.isEmpty && store.status().lastSeq == Int64(truth.count)
        } catch let error as EdgeStoreError {
            #expect(!error.description.isEmpty)
        }
        #expect(handedOut.elementsEqual(truth.prefix(handedOut.count)), "\(what): an altered entry was handed out")
        #expect(!isComplete || handedOut == truth, "\(what): verify saw nothing")
        return isComplete
    }

    /// One journal file of 200 entries, checkpointed; its bytes, its entries, and a path for damaged copies.
    private func withJournal(_ work: (Data, [Entry], String) throws -> Void) throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/journal.db"
            var truth: [Entry] = []
            do {
                let store = try EdgeStore(path: path, now: monday)
                try store.read((0..<199).map { Scan("\($0 + 100)", "2026-03-02T07:1\($0 / 60):\($0 % 50 + 10)") })
                truth = try store.everything()
            }
            try withConnection(path) { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
            #expect(truth.count == 200)
            try work(try Data(contentsOf: URL(filePath: path)), truth, directory + "/copy.db")
        }
    }

    @Test("B12 each kind of altered row is named", arguments: Alteration.allCases)
    func alteredRow(_ alteration: Alteration) throws {
        try withStore { store, path in
            try store.read((10..<60).map { Scan("\($0)", "2026-03-02T07:00:\($0)") })
            let truth = try store.everything()
            try withConnection(path) { db in
                try db.execute(sql: "DROP TRIGGER journal_is_append_only")
                for statement in alteration.statements { try db.execute(sql: statement) }
            }
            let named = "entry \(alteration.firstBad)"
            // The whole entries before it still go out; then it is named.
            let run = try store.run(after: 0, most: 1000, mostBytes: .max)
            #expect(run.entries == Array(truth[..<Int(alteration.firstBad - 1)]))
            let error = #expect(throws: EdgeStoreError.self) {
                try store.run(after: alteration.firstBad - 1, most: 10, mostBytes: .max)
            }
            #expect(error?.code == .damaged && error?.detail.contains(named) == true, "\(error as Any)")
            let problems = try store.verify().problems
            #expect(problems.first?.contains(named) == true, "\(problems)")
            #expect(throws: EdgeStoreError.self) { try store.tail(45) }
        }
    }

    enum Alteration: CaseIterable {
        case body, hash, seal, swapped, missing, forged, wrongType

        var firstBad: Int64 { 20 }

        var statements: [String] {
            switch self {
            case .body:
                [
                    """
                    UPDATE journal SET body = CAST(replace(CAST(body AS TEXT), '07:00', '06:59') AS BLOB)
                    WHERE seq = 20
                    """
                ]
            case .hash: ["UPDATE journal SET hash = zeroblob(32) WHERE seq = 20"]
            case .seal: ["UPDATE journal SET seal = seal + 1 WHERE seq = 20"]
            case .swapped:
                [
                    "UPDATE journal SET seq = 1000 WHERE seq = 20", "UPDATE journal SET seq = 20 WHERE seq = 21",
                    "UPDATE journal SET seq = 21 WHERE seq = 1000",
                ]
            case .missing: ["DELETE FROM journal WHERE seq = 20"]
            case .forged:
                // A row whose seal is right, taken from nowhere: only the chain tells.
                ["UPDATE journal SET body = x'7b7d', hash = zeroblob(32), seal = \(Self.sealOfForgery) WHERE seq = 20"]
            case .wrongType:
                [
                    "PRAGMA writable_schema = ON",
                    "UPDATE sqlite_schema SET sql = replace(sql, 'STRICT', '') WHERE name = 'journal'",
                    "PRAGMA writable_schema = RESET", "PRAGMA ignore_check_constraints = ON",
                    "UPDATE journal SET body = 12, seal = 'x' WHERE seq = 20",
                ]
            }
        }

        /// SHA-256 over seq, hash and body, first eight bytes.
        private static var sealOfForgery: Int64 {
            var digest = SHA256()
            digest.update(bigEndian: UInt64(20))
            digest.update(data: [UInt8](repeating: 0, count: 32))
            digest.update(data: Array("{}".utf8))
            return digest.finalize().prefix(8).reduce(0) { $0 << 8 | Int64($1) }
        }
    }

    @Test("B12 B14 nothing is chained to a damaged last entry, and a shortened journal takes no more")
    func damagedEnd() throws {
        for statement in ["UPDATE journal SET hash = zeroblob(32) WHERE seq = 4", "DELETE FROM journal WHERE seq > 2"] {
            try withStore { store, path in
                try store.read([Scan("1", "2026-03-02T07:00:00"), Scan("2", "2026-03-02T07:00:01"), Scan("3", "")])
                try store.acknowledge(upTo: 3, quarantined: [], at: monday)
                try withConnection(path) { db in
                    try db.execute(sql: "DROP TRIGGER journal_is_append_only")
                    try db.execute(sql: statement)
                }
                let error = #expect(throws: EdgeStoreError.self) { try store.append([.other(kind: "x")], at: monday) }
                #expect(error?.code == .damaged)
                #expect(throws: EdgeStoreError.self) { try EdgeStore(path: path, now: monday).status() }
                #expect(try !store.verify().problems.isEmpty)
            }
        }
    }

    @Test("B1 B15 a copy of the file taken at any moment, as a power cut leaves it, has all that was appended before")
    func powerCut() throws {
        try withStore { store, path in
            for count in 1...25 {
                try store.read([Scan("\(count)", "2026-03-02T07:00:00")], .some, cursor: "\(count)")
                let copy = path + ".\(count)"
                for suffix in ["", "-wal"] {
                    try FileManager.default.copyItem(atPath: path + suffix, toPath: copy + suffix)
                }
                let after = try EdgeStore(path: copy, now: monday)
                #expect(try after.everything() == store.everything())
                #expect(try after.memory(of: lobby).cursor == "\(count)")
                #expect(try after.read([Scan("\(count)", "2026-03-02T07:00:00")], .some).newPunches == 0)
            }
        }
    }

    @Test("B4 a write-ahead log garbled at its end loses whole readings at most, from the end")
    func garbledLog() throws {
        try withStore { store, path in
            var ends: Set<Int64> = [0, 1]
            for count in 1...20 {
                ends.insert(try store.read([Scan("\(count)", "1"), Scan("\(count)", "2")], .some).lastSeq)
            }
            let truth = try store.everything()
            let log = try Data(contentsOf: URL(filePath: path + "-wal"))
            var random = SeededGenerator(seed: 5)
            for trial in 0..<60 {
                let copy = path + ".\(trial)"
                try FileManager.default.copyItem(atPath: path, toPath: copy)
                // The last few frames: 4,096 bytes of page and 24 of header each.
                let position = log.count - 1 - Int.random(in: 0..<min(log.count, 12_000), using: &random)
                var garbled = trial.isMultiple(of: 2) ? Data(log[..<position]) : log
                if !trial.isMultiple(of: 2) { garbled[position] ^= 0x10 }
                try garbled.write(to: URL(filePath: copy + "-wal"))
                let after = try EdgeStore(path: copy, now: monday)
                let entries = try after.everything()
                #expect(entries.elementsEqual(truth.prefix(entries.count)))
                #expect(ends.contains(Int64(entries.count)), "half a reading is there")
                #expect(try after.verify().problems.isEmpty)
            }
        }
    }

    @Test(
        "B14 A write-ahead log that was deleted: an earlier journal, whole; the device gives the rest, and nothing twice"
    )
    func walDeleted() throws {
        try withStore { store, path in
            let scans = (10..<50).map { Scan("\($0)", "2026-03-02T07:00:\($0)") }
            try store.read(Array(scans[..<20]), cursor: "20")
            try withConnection(path) { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
            let early = try store.head()
            try store.read(scans, cursor: "40")
            try store.acknowledge(upTo: 41, quarantined: [], at: monday)
            let copy = path + ".copy"
            try FileManager.default.copyItem(atPath: path, toPath: copy)
            let (after, recovery) = try EdgeStore.opening(path: copy, now: monday)
            // The file alone cannot know; what the centre acknowledged beyond it is a fork there, and a new epoch here.
            #expect(recovery == nil)
            #expect(try after.head() == early && after.verify().problems.isEmpty)
            #expect(try after.memory(of: lobby).cursor == "20", "the cursor is as old as the entries")
            #expect(try after.read(scans, cursor: "40").newPunches == 20)
            #expect(try after.punches().map(\.key) == store.punches().map(\.key))
        }
    }

    @Test("B15 An index of the write-ahead log that was left over or garbled is made anew")
    func staleIndex() throws {
        try withStore { store, path in
            try store.read((10..<40).map { Scan("\($0)", "2026-03-02T07:00:\($0)") })
            let truth = try store.everything()
            for (number, index) in [Data(), Data(repeating: 0xA5, count: 32_768), Data(count: 32_768)].enumerated() {
                let copy = path + ".\(number)"
                for suffix in ["", "-wal"] {
                    try FileManager.default.copyItem(atPath: path + suffix, toPath: copy + suffix)
                }
                try index.write(to: URL(filePath: copy + "-shm"))
                let after = try EdgeStore(path: copy, now: monday)
                #expect(try after.everything() == truth)
                #expect(try after.read([Scan("99", "1")], .some).newPunches == 1)
            }
        }
    }

    @Test(
        "B20 An old copy put back: an earlier journal, whole; a new epoch has what the device has, with the same keys")
    func restored() throws {
        try withStore { store, path in
            let scans = (10..<50).map { Scan("\($0)", "2026-03-02T07:00:\($0)") }
            try store.read(Array(scans[..<20]))
            let copy = path + ".backup"
            for suffix in ["", "-wal"] {
                try FileManager.default.copyItem(atPath: path + suffix, toPath: copy + suffix)
            }
            try store.read(scans)
            let restored = try EdgeStore(path: copy, now: monday)
            #expect(try restored.head().lastSeq == 21)
            // Other entries at positions the centre has already: it says fork.
            try restored.read([Scan("77", "2026-03-02T08:00:00")] + scans)
            #expect(try restored.everything()[25].hash != store.everything()[25].hash)
            try restored.beginEpoch(.fork, at: monday)
            #expect(try restored.memory(of: lobby).cursor == nil)
            try restored.read(scans)
            #expect(try Set(restored.punches().map(\.key)).isSuperset(of: store.punches().map(\.key)))
            #expect(try restored.verify().problems.isEmpty)
        }
    }
}
