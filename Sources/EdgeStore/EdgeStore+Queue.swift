import Attendance
import Foundation
import GRDB

extension EdgeStore {
    /// A run of entries and the hash before the first, ready to be a batch.
    package struct Run: Sendable {
        package let epoch: Epoch
        package let after: Int64
        package let previousHash: ChainHash
        package let entries: [Entry]
    }

    /// The next entries behind `seq`, at most `most` of them and `mostBytes` of bodies; none for a heartbeat.
    ///
    /// Every row's seal and the chain are checked: a damaged row is never sent. The whole ones before it are.
    ///
    /// - Throws: `EdgeStoreError` naming the entry, where the first one or the one at `seq` is damaged.
    package func run(after seq: Int64, most: Int, mostBytes: Int) throws -> Run {
        try read { db in
            let epoch = try Self.needStart(db).epoch
            let previous = try Self.hash(at: seq, epoch, db)
            var entries: [Entry] = []
            do {
                try Self.forEachEntry(after: seq, previous, most: most, db) { entry, bytes in
                    guard entries.isEmpty || bytes <= mostBytes else { return false }
                    entries.append(entry)
                    return true
                }
            } catch {
                guard !entries.isEmpty else { throw error }
            }
            return Run(epoch: epoch, after: seq, previousHash: previous, entries: entries)
        }
    }

    /// The last entries, oldest first.
    ///
    /// - Throws: `EdgeStoreError` where one of them is damaged.
    package func tail(_ count: Int) throws -> [Entry] {
        try read { db in
            let head = try Self.head(db)
            let first = max(0, head.lastSeq - Int64(clamping: max(0, count)))
            var entries: [Entry] = []
            try Self.forEachEntry(
                after: first, try Self.hash(at: first, head.epoch, db), most: max(0, count), db
            ) { entry, _ in
                entries.append(entry)
                return true
            }
            return entries
        }
    }

    /// Calls `take` with each whole entry and the bytes of lines so far, until it returns false.
    private static func forEachEntry(
        after seq: Int64, _ previous: ChainHash, most: Int, _ db: Database, take: (Entry, _ bytes: Int) -> Bool
    ) throws {
        let rows = try Row.fetchCursor(
            db.cachedStatement(sql: "SELECT seq, body, hash, seal FROM journal WHERE seq > ? ORDER BY seq LIMIT ?"),
            arguments: [seq, most])
        var hash = previous
        var expected = seq
        var bytes = 0
        while let row = try rows.next() {
            expected += 1
            let entry = try entry(row, expected: expected)
            hash = hash.next(seq: entry.seq, body: entry.body)
            guard hash == entry.hash else {
                throw EdgeStoreError(.damaged, "the chain breaks at entry \(entry.seq)")
            }
            bytes += entry.body.count + 1
            guard take(entry, bytes) else { return }
        }
    }

    /// The hash at `seq`; `nil` where the journal has no such entry.
    package func hash(at seq: Int64) throws -> ChainHash? {
        try read { db in
            let head = try Self.head(db)
            guard (0...head.lastSeq).contains(seq) else { return nil }
            return try Self.hash(at: seq, head.epoch, db)
        }
    }

    private static func hash(at seq: Int64, _ epoch: Epoch, _ db: Database) throws -> ChainHash {
        if seq == 0 { return .start(of: epoch) }
        let statement = try db.cachedStatement(sql: "SELECT seq, body, hash, seal FROM journal WHERE seq = ?")
        guard let row = try Row.fetchOne(statement, arguments: [seq]) else {
            throw EdgeStoreError(.damaged, "entry \(seq) is missing")
        }
        return try entry(row).hash
    }

    static func entry(_ row: Row, expected: Int64) throws -> Entry {
        let entry = try entry(row)
        guard entry.seq == expected else {
            throw EdgeStoreError(.damaged, "entry \(expected) is missing, \(entry.seq) follows")
        }
        return entry
    }

    static func entry(_ row: Row) throws -> Entry {
        let seq: Int64 = row["seq"]
        guard let body = row.stored("body", Data.self), let hash = row.stored("hash", Data.self),
            let chainHash = ChainHash(bytes: Array(hash)), let seal = row.stored("seal", Int64.self),
            Seal.of(seq: seq, hash: chainHash.bytes, body: Array(body)) == seal
        else { throw EdgeStoreError(.damaged, "entry \(seq) was altered on the disk") }
        return Entry(seq: seq, body: Array(body), hash: chainHash)
    }

    /// The centre has everything up to `seq`, and quarantined some of it.
    ///
    /// Only for a signed receipt whose hash was compared with ours.
    package func acknowledge(upTo seq: Int64, quarantined: [Receipt.Quarantined], at now: Date) throws {
        try write { db in
            let head = try Self.head(db)
            guard seq <= head.lastSeq else {
                throw EdgeStoreError(.damaged, "entry \(seq) was acknowledged and is not here")
            }
            for item in quarantined where item.seq >= 1 && item.seq <= seq {
                try db.execute(
                    sql: "INSERT OR IGNORE INTO quarantined (seq, reason) VALUES (?, ?)",
                    arguments: [item.seq, String(item.reason.prefix(256))])
            }
            guard seq > head.ackedSeq else { return }
            try db.execute(sql: "UPDATE epoch SET acked_seq = ?", arguments: [seq])
            try db.execute(
                sql: "INSERT OR IGNORE INTO acknowledgement (seq, at) VALUES (?, ?)", arguments: [seq, UTC.text(now)])
        }
    }

    /// The centre has less than it acknowledged before, as after a restored backup: send again from there.
    package func rewind(to seq: Int64) throws {
        try write { db in
            try db.execute(
                sql: "UPDATE epoch SET acked_seq = ? WHERE acked_seq > ?", arguments: [max(0, seq), max(0, seq)])
        }
    }
}
