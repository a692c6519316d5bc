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
    /// Every row's seal is checked: a damaged row is never sent.
    package func run(after seq: Int64, most: Int, mostBytes: Int) throws -> Run {
        try read { db in
            guard let head = try Self.head(db) else { throw EdgeStoreError(.damaged, "the journal has no epoch") }
            let previous = try Self.hash(at: seq, head, db)
            let rows = try Row.fetchCursor(
                db, sql: "SELECT seq, body, hash, seal FROM journal WHERE seq > ? ORDER BY seq LIMIT ?",
                arguments: [seq, most])
            var entries: [Entry] = []
            var bytes = 0
            while let row = try rows.next() {
                let entry = try Self.entry(row, expected: seq + Int64(entries.count) + 1)
                bytes += entry.body.count + 1
                if bytes > mostBytes, !entries.isEmpty { break }
                entries.append(entry)
            }
            return Run(epoch: head.epoch, after: seq, previousHash: previous, entries: entries)
        }
    }

    /// The hash at `seq`; `nil` where the journal has no such entry.
    package func hash(at seq: Int64) throws -> ChainHash? {
        try read { db in
            guard let head = try Self.head(db), seq >= 0, seq <= head.lastSeq else { return nil }
            return try Self.hash(at: seq, head, db)
        }
    }

    private static func hash(at seq: Int64, _ head: Head, _ db: Database) throws -> ChainHash {
        if seq == 0 { return .start(of: head.epoch) }
        let bytes = try Data.fetchOne(db, sql: "SELECT hash FROM journal WHERE seq = ?", arguments: [seq])
        guard let hash = bytes.flatMap({ ChainHash(bytes: Array($0)) }) else {
            throw EdgeStoreError(.damaged, "entry \(seq) is missing")
        }
        return hash
    }

    static func entry(_ row: Row, expected: Int64) throws -> Entry {
        let seq: Int64 = row["seq"]
        guard seq == expected else { throw EdgeStoreError(.damaged, "entry \(expected) is missing, \(seq) follows") }
        let body = Array(row["body"] as Data)
        let hash = Array(row["hash"] as Data)
        guard Seal.of(seq: seq, hash: hash, body: body) == row["seal"] as Int64, let hash = ChainHash(bytes: hash) else {
            throw EdgeStoreError(.damaged, "entry \(seq) was altered on the disk")
        }
        return Entry(seq: seq, body: body, hash: hash)
    }

    /// The centre has everything up to `seq`, and quarantined some of it.
    ///
    /// Only for a signed receipt whose hash was compared with ours.
    package func acknowledge(upTo seq: Int64, quarantined: [Receipt.Quarantined], at now: Date) throws {
        try write { db in
            guard let head = try Self.head(db), seq <= head.lastSeq else {
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
