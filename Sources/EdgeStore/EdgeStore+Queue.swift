import Attendance
import FailPoints
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
            let start = try Self.needStart(db)
            let previous = try Self.hash(at: seq, start, db)
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
            return Run(epoch: start.epoch, after: seq, previousHash: previous, entries: entries)
        }
    }

    /// The last entries, oldest first.
    ///
    /// - Throws: `EdgeStoreError` where one of them is damaged.
    package func tail(_ count: Int) throws -> [Entry] {
        try read { db in
            let head = try Self.head(db)
            let first = max(head.prunedSeq, head.lastSeq - Int64(clamping: max(0, count)))
            var entries: [Entry] = []
            try Self.forEachEntry(
                after: first, try Self.hash(at: first, try Self.needStart(db), db), most: max(0, count), db
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

    /// A position of this epoch, as far as we know it.
    package enum Place: Equatable, Sendable {
        case known(ChainHash)
        /// The entry was acknowledged and is gone by now.
        case pruned
        /// There never was such an entry.
        case beyond
    }

    package func place(_ seq: Int64) throws -> Place {
        try read { db in try Self.place(seq, try Self.head(db), db) }
    }

    static func place(_ seq: Int64, _ head: Head, _ db: Database) throws -> Place {
        guard (0...head.lastSeq).contains(seq) else { return .beyond }
        if seq == 0 { return .known(.start(of: head.epoch)) }
        guard seq >= head.prunedSeq else { return .pruned }
        return .known(try hash(at: seq, try needStart(db), db))
    }

    static func hash(at seq: Int64, _ start: Start, _ db: Database) throws -> ChainHash {
        if seq == start.prunedSeq { return start.prunedHash }
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
            Seal.of(seq: seq, hash: chainHash.bytes, body: Array(body)) == seal || Sabotage.isOn("seal_unchecked")
        else { throw EdgeStoreError(.damaged, "entry \(seq) was altered on the disk") }
        return Entry(seq: seq, body: Array(body), hash: chainHash)
    }

    /// The centre has everything up to `seq`, and quarantined some of it.
    ///
    /// Only for a signed receipt whose hash was compared with ours.
    ///
    /// - Parameter moment: by the centre's clock, from the receipt: retention counts from it.
    package func acknowledge(upTo seq: Int64, quarantined: [Receipt.Quarantined], at moment: Date) throws {
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
            FailPoint.reach("edge.acknowledge.marked")
            try db.execute(
                sql: "INSERT OR REPLACE INTO acknowledgement (seq, at) VALUES (?, ?)",
                arguments: [seq, UTC.text(moment)])
        }
    }

    /// The centre has less than it acknowledged before, as after a restored backup: send again from there, or from
    /// the oldest entry that is still here. What is between is in no journal any more: devices are read whole again, so
    /// that the centre gets back what they still have.
    ///
    /// - Parameter isOrder: the centre has it all and wants it again: until it was sent up to where we are, its word
    ///   that it has it does not count.
    /// - Returns: behind which seq it goes on.
    @discardableResult
    package func rewind(to seq: Int64, isOrder: Bool = false, at now: Date) throws -> Int64 {
        try write { db in
            let start = try Self.needStart(db)
            let target = min(max(seq, start.prunedSeq), start.ackedSeq)
            if seq < start.prunedSeq, target < start.ackedSeq { try Self.readEverythingAgain(now, db) }
            try db.execute(
                sql: """
                    UPDATE epoch SET acked_seq = ?, resend_until = max(resend_until, ?), rewinds = rewinds + ?
                    """,
                arguments: [target, isOrder ? start.ackedSeq : 0, target < start.ackedSeq ? 1 : 0])
            FailPoint.reach("edge.rewind.marked")
            // What is acknowledged anew is as young as that.
            try db.execute(sql: "DELETE FROM acknowledgement WHERE seq > ?", arguments: [target])
            return target
        }
    }
}
