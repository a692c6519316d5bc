import Attendance
import Foundation
import GRDB

/// What the centre holds of one epoch.
struct StoredChain {
    private let db: Database
    private let start: ChainHash
    /// Row of the epoch; `nil` before its first entry.
    let id: Int64?
    /// Of the last entry: all before it is stored, or recorded as a gap.
    let highWater: Int64
    let endHash: ChainHash

    init(_ db: Database, node: Int64, epoch: Epoch) throws {
        self.db = db
        start = ChainHash.start(of: epoch)
        let row = try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT epochs.id, seq, hash FROM epochs JOIN entries ON epoch_id = epochs.id
                    WHERE node_id = ? AND epoch = ? ORDER BY seq DESC LIMIT 1
                    """), arguments: [node, epoch.text])
        id = row?["id"]
        highWater = row?["seq"] ?? 0
        endHash = try row.map { try Self.hash($0["hash"]) } ?? start
    }

    /// Whether every hash that both have is the same.
    ///
    /// The chain binds all before it, so where nothing is missing two positions say it: the one before the run
    /// and the last that is shared. Where one of these stands in a gap, what stands before the gap says it.
    ///
    /// - Parameter gaps: those that touch the run.
    func agrees(with run: EntryRun, _ gaps: [StoredGap]) throws -> Bool {
        let last = min(run.entries.last?.seq ?? run.first - 1, highWater)
        let places = [run.first - 1, last] + gaps.map { $0.first - 1 }
        for place in Set(places) where (run.first - 1...last).contains(place) {
            if let known = try hash(at: place), known != run.hash(at: place) { return false }
        }
        return true
    }

    /// Keeps what the node said where the first hash differs, so that somebody can see who wrote what.
    ///
    /// A node that goes on forking is noted `mostForks` times for an epoch: more would be a way to fill the disk.
    func noteFork(_ run: EntryRun, at moment: Int64) throws {
        guard let id, let place = try firstDifference(run), let hash = run.hash(at: place) else { return }
        try db.execute(
            sql: """
                INSERT INTO forks (epoch_id, seq, hash, noted_at) SELECT ?1, ?2, ?3, ?4
                WHERE (SELECT count(*) FROM forks WHERE epoch_id = ?1) < \(Self.mostForks)
                ON CONFLICT DO NOTHING
                """, arguments: [id, place, Data(hash.bytes), moment])
    }

    private static let mostForks = 100

    private func firstDifference(_ run: EntryRun) throws -> Int64? {
        let last = min(run.entries.last?.seq ?? run.first - 1, highWater)
        return try (run.first - 1...last).first { place in
            guard let known = try hash(at: place) else { return false }
            return known != run.hash(at: place)
        }
    }

    /// The hash at a position up to `highWater`, at 0 the one the epoch starts with; `nil` inside a gap, but for
    /// its last position, whose hash the entry behind it tells.
    func hash(at seq: Int64) throws -> ChainHash? {
        if seq == 0 { return start }
        return try Data.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT hash FROM entries WHERE epoch_id = ?1 AND seq = ?2
                    UNION ALL SELECT end_hash FROM gaps WHERE epoch_id = ?1 AND last_seq = ?2 LIMIT 1
                    """), arguments: [id, seq]
        ).map(Self.hash)
    }

    /// Gaps of which a position in `first ... last` is missing, in order.
    func openGaps(touching first: Int64, _ last: Int64) throws -> [StoredGap] {
        try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT first_seq, last_seq, end_hash FROM gaps
                    WHERE epoch_id = ? AND first_seq <= ? AND last_seq >= ? AND \(StoredGap.isOpen) ORDER BY first_seq
                    """), arguments: [id, last, first]
        ).map { row in
            StoredGap(first: row["first_seq"], last: row["last_seq"], endHash: try Self.hash(row["end_hash"]))
        }
    }

    /// What is missing between `highWater` and a run that begins behind it.
    func gap(before run: EntryRun) -> StoredGap {
        StoredGap(first: highWater + 1, last: run.first - 1, endHash: run.previousHash)
    }

    func quarantined(_ first: Int64, _ last: Int64) throws -> [Receipt.Quarantined] {
        try Row.fetchAll(
            db.cachedStatement(
                sql: "SELECT seq, reason FROM quarantine WHERE epoch_id = ? AND seq BETWEEN ? AND ? ORDER BY seq"),
            arguments: [id, first, last]
        ).map { row in Receipt.Quarantined(seq: row["seq"], reason: row["reason"]) }
    }

    private static func hash(_ bytes: Data) throws -> ChainHash {
        guard let hash = ChainHash(bytes: Array(bytes)) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "an entry's hash is not 32 bytes")
        }
        return hash
    }
}

/// Positions of which the centre has no entry, because the node had none any more.
struct StoredGap: Equatable {
    let first: Int64
    let last: Int64
    /// The hash at `last`.
    let endHash: ChainHash

    var seqs: ClosedRange<Int64> { first...last }

    /// A condition on a row of `gaps`.
    static let isOpen = """
        NOT EXISTS (SELECT 1 FROM entries WHERE entries.epoch_id = gaps.epoch_id AND seq BETWEEN first_seq AND last_seq)
        """

    /// What is still missing once the entries of `run` that fall inside are stored; nothing where none does.
    func left(by run: EntryRun) -> [StoredGap] {
        guard let end = run.entries.last?.seq, run.first <= last, end >= first else { return [] }
        var rest: [StoredGap] = []
        if run.first > first { rest.append(StoredGap(first: first, last: run.first - 1, endHash: run.previousHash)) }
        if end < last { rest.append(StoredGap(first: end + 1, last: last, endHash: endHash)) }
        return rest
    }

    func insert(epoch: Int64, at moment: Int64, in db: Database) throws {
        try db.execute(
            sql: "INSERT INTO gaps (epoch_id, first_seq, last_seq, end_hash, noted_at) VALUES (?, ?, ?, ?, ?)",
            arguments: [epoch, first, last, Data(endHash.bytes), moment])
    }
}

extension EntryRun {
    /// The hash at a position from `first - 1` to the last entry; `nil` elsewhere.
    fileprivate func hash(at seq: Int64) -> ChainHash? {
        if seq == first - 1 { return previousHash }
        let offset = seq - first
        guard offset >= 0, offset < entries.count else { return nil }
        return entries[Int(offset)].hash  // safe: just checked
    }
}
