import Attendance
import EdgeStore
import Foundation
import GRDB
import Testing

/// A journal file that cannot be used as it is: moved aside, salvaged, and collecting goes on.
@Suite struct RecoveryTests {
    private static let scans = (10..<40).map { Scan("7", "2026-03-02T07:30:\($0)") }

    @Test("a whole file is opened as it is")
    func whole() throws {
        try withStore { store, path in
            try store.read(Self.scans)
            let (again, recovery) = try EdgeStore.opening(path: path, now: monday)
            #expect(recovery == nil)
            #expect(try again.head() == store.head())
        }
    }

    @Test(
        "B13 garbage, an empty page, a text file: moved aside, a new epoch, and scans are journaled",
        arguments: [
            Data(repeating: 0xA5, count: 9000),
            Data("not a journal at all\n".utf8) + Data(repeating: 0x20, count: 5000),
        ])
    func garbage(_ bytes: Data) throws {
        try withTemporaryDirectory { folder in
            let path = folder + "/journal.db"
            try bytes.write(to: URL(filePath: path))
            let (store, recovery) = try EdgeStore.opening(path: path, now: monday)
            let aside = try #require(recovery).movedTo
            #expect(try Data(contentsOf: URL(filePath: aside)) == bytes, "nothing is thrown away")
            #expect(recovery?.salvaged == 0)
            try store.read(Self.scans)
            #expect(try store.verify().problems.isEmpty && store.verify().punches == 30)
            #expect(try start(of: store).reason == .corruptFile)
        }
    }

    @Test("B11 B12 what is whole and not acknowledged is taken over, what is damaged is not")
    func salvaged() throws {
        try withTemporaryDirectory { folder in
            let path = folder + "/journal.db"
            var before: EdgeStore.Head?
            do {
                let store = try EdgeStore(path: path, now: monday)
                try store.read(Self.scans)
                try store.acknowledge(upTo: 11, quarantined: [], at: monday)
                before = try store.head()
            }
            try withConnection(path) { db in
                try db.execute(sql: "DROP TRIGGER journal_is_append_only")
                // The last entry, so that nothing can be chained to it, and one in the middle.
                try db.execute(
                    sql: "UPDATE journal SET body = CAST(replace(body, '07:30', '07:31') AS BLOB) WHERE seq IN (20, 31)"
                )
            }
            let (store, recovery) = try EdgeStore.opening(path: path, now: monday)
            #expect(recovery?.salvaged == 18, "entries 12 to 30 without 20")
            #expect(try store.verify().problems.isEmpty)
            let start = try start(of: store)
            #expect(start.previous == before?.epoch && start.previousSeq == 30)
            let bodies = try store.tail(100).map { try EntryBody.decode($0.body).body }
            let times = bodies.compactMap { if case .punch(let punch) = $0 { punch.deviceTime.text } else { nil } }
            #expect(times.count == 18 && times.allSatisfy { $0.contains("T07:30:") }, "nothing altered came along")
            guard case .alarm(let alarm) = try #require(bodies.last) else { return #expect(Bool(false)) }
            #expect(alarm.code == "journal_damaged" && alarm.text.contains("damaged-20260302T000000"))
            // The device is read whole, and what was damaged comes back from there.
            #expect(try store.memory(of: lobby).cursor == nil)
            #expect(try store.read(Self.scans).newPunches == 30)
        }
    }

    @Test("B13 A mend cut short at any step is done again or finished; what was whole is not given up")
    func cutShort() throws {
        try withTemporaryDirectory { folder in
            let path = folder + "/journal.db"
            func damaged() throws {
                let store = try EdgeStore(path: path, now: monday)
                try store.read(Self.scans)
                try withConnection(path) { db in
                    try db.execute(sql: "DROP TRIGGER journal_is_append_only")
                    try db.execute(sql: "UPDATE journal SET seal = seal + 1 WHERE seq = (SELECT max(seq) FROM journal)")
                }
            }
            // Killed while the new file was written: it is begun anew.
            try damaged()
            try Data(repeating: 7, count: 9000).write(to: URL(filePath: path + ".building"))
            let (first, recovery) = try EdgeStore.opening(path: path, now: monday)
            #expect(recovery?.salvaged == Self.scans.count - 1)
            #expect(!FileManager.default.fileExists(atPath: path + ".building"))
            let punches = try first.punches().count
            #expect(punches == Self.scans.count - 1)
        }
        try withTemporaryDirectory { folder in
            // Killed between the two names: the finished one takes its place, with all that was taken over.
            let path = folder + "/journal.db"
            do { try EdgeStore(path: path, now: monday).read([Scan("9", "2026-03-02T09:00:00")]) }
            do { try EdgeStore(path: path + ".mended", now: monday).read(Self.scans) }
            let (store, recovery) = try EdgeStore.opening(path: path, now: monday)
            #expect(recovery == nil)
            #expect(try store.punches().count == Self.scans.count)
            #expect(try store.verify().problems.isEmpty)
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(names.contains { $0.hasPrefix("journal.db.damaged-") } && !names.contains("journal.db.mended"))
            // And where the damaged one was moved already.
            _ = try EdgeStore(path: path + ".mended", now: monday).read(Self.scans)
            for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
            #expect(try EdgeStore.opening(path: path, now: monday).store.punches().count == Self.scans.count)
        }
    }

    @Test(
        "B12 B13 flipped bits and cut files: it always opens, and never takes over an altered entry",
        arguments: [
            23, 17_392_477_160_240_396_581, 8_486_600_532_303_061_132, UInt64.random(in: 1...UInt64.max),
        ])
    func flips(seed: UInt64) throws {
        try withTemporaryDirectory { folder in
            let source = folder + "/source.db"
            do {
                let store = try EdgeStore(path: source, now: monday)
                try store.read(Self.scans)
            }
            try withConnection(source) { db in try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
            let whole = try Data(contentsOf: URL(filePath: source))
            let truth = Set(try EdgeStore.readOnly(path: source).tail(100).map(\.body))
            var random = SeededGenerator(seed: seed)
            for trial in 0..<60 {
                let path = folder + "/\(trial).db"
                var bytes = whole
                if trial.isMultiple(of: 3) {
                    bytes = Data(bytes.prefix(Int.random(in: 1..<whole.count, using: &random)))
                }
                for _ in 0..<4 { bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 0x10 }
                try bytes.write(to: URL(filePath: path))
                let store: EdgeStore
                do {
                    store = try EdgeStore.opening(path: path, now: monday).store
                } catch let error as EdgeStoreError where error.code == .otherVersion {
                    // The flip hit the list of migrations: refused, and nothing was touched.
                    continue
                }
                // Damage in the middle is not looked for at the start, but never handed out either.
                for seq in Int64(0)..<40 {
                    guard let entry = try? store.run(after: seq, most: 1, mostBytes: .max).entries.first,
                        case .punch = try EntryBody.decode(entry.body).body
                    else { continue }
                    #expect(truth.contains(entry.body), "seed \(seed), trial \(trial)")
                }
            }
        }
    }

    @Test("a new journal can be read by its owner and group only")
    func mode() throws {
        try withStore { _, path in
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o640)
        }
    }

    private func start(of store: EdgeStore) throws -> EpochStart {
        let first = try #require(try store.run(after: 0, most: 1, mostBytes: .max).entries.first)
        guard case .epoch(let start) = try EntryBody.decode(first.body).body else {
            throw FixtureError(what: "entry 1 is no epoch")
        }
        return start
    }
}
