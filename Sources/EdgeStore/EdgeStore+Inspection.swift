import Attendance
import Foundation
import GRDB

/// What `hadir journal status` shows.
package struct JournalStatus: Codable, Equatable, Sendable {
    package let epoch: String
    package let lastSeq: Int64
    package let ackedSeq: Int64
    package let pending: Int64
    /// When the oldest entry that waits was journaled, UTC text; absent where none waits.
    package let oldestPending: String?
    package let quarantined: Int

    enum CodingKeys: String, CodingKey {
        case epoch, pending, quarantined
        case lastSeq = "last_seq"
        case ackedSeq = "acked_seq"
        case oldestPending = "oldest_pending"
    }
}

/// What reading the whole journal found.
package struct JournalVerdict: Codable, Equatable, Sendable {
    package var entries: Int64 = 0
    package var punches: Int64 = 0
    package var lastSeq: Int64 = 0
    package var lastHash = ""
    /// What is wrong, in order; empty for a whole chain.
    package var problems: [String] = []

    enum CodingKeys: String, CodingKey {
        case entries, punches, problems
        case lastSeq = "last_seq"
        case lastHash = "last_hash"
    }
}

extension EdgeStore {
    package func status() throws -> JournalStatus {
        try read { db in
            guard let head = try Self.head(db) else { throw EdgeStoreError(.damaged, "the journal has no epoch") }
            let oldest = try Data.fetchOne(
                db, sql: "SELECT body FROM journal WHERE seq = ?", arguments: [head.ackedSeq + 1])
            let at = oldest.flatMap { try? EntryBody.decode(Array($0)).at }
            return JournalStatus(
                epoch: head.epoch.text, lastSeq: head.lastSeq, ackedSeq: head.ackedSeq,
                pending: head.lastSeq - head.ackedSeq, oldestPending: at.map { UTC.text($0) },
                quarantined: try Int.fetchOne(db, sql: "SELECT count(*) FROM quarantined") ?? 0)
        }
    }

    /// The last entries, oldest first. Rows that are damaged throw.
    package func tail(_ count: Int) throws -> [Entry] {
        let last = try head().lastSeq
        return try run(after: max(0, last - Int64(max(0, count))), most: max(0, count), mostBytes: .max).entries
    }

    /// Reads every entry and checks order, seals and chain.
    ///
    /// - Parameter progress: told how many entries were checked, now and then.
    package func verify(progress: ((Int64) -> Void)? = nil) throws -> JournalVerdict {
        try read { db in
            guard let head = try Self.head(db) else { throw EdgeStoreError(.damaged, "the journal has no epoch") }
            var verdict = JournalVerdict()
            var hash = ChainHash.start(of: head.epoch)
            let rows = try Row.fetchCursor(db, sql: "SELECT seq, body, hash, seal FROM journal ORDER BY seq")
            while let row = try rows.next() {
                let seq: Int64 = row["seq"]
                do {
                    let entry = try Self.entry(row, expected: verdict.lastSeq + 1)
                    hash = hash.next(seq: seq, body: entry.body)
                    if hash != entry.hash { verdict.problems.append("entry \(seq): the chain breaks here") }
                    hash = entry.hash
                    if case .punch = try EntryBody.decode(entry.body).body { verdict.punches += 1 }
                } catch {
                    verdict.problems.append("entry \(seq): \(error)")
                    hash = ChainHash(bytes: Array(row["hash"] as Data)) ?? hash
                }
                verdict.entries += 1
                verdict.lastSeq = seq
                if verdict.entries.isMultiple(of: 4096) { progress?(verdict.entries) }
                if verdict.problems.count >= 100 { break }
            }
            if head.ackedSeq > verdict.lastSeq {
                verdict.problems.append("entries up to \(head.ackedSeq) were acknowledged, the journal ends at \(verdict.lastSeq)")
            }
            verdict.lastHash = hash.hex
            return verdict
        }
    }
}
