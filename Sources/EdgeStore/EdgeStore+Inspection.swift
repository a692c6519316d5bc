import Attendance
import Foundation
import GRDB

/// What `hadir journal status` shows.
package struct JournalStatus: Codable, Equatable, Sendable {
    package let epoch: String
    package let lastSeq: Int64
    package let ackedSeq: Int64
    package let pending: Int64
    /// When the oldest entry that waits was journaled, UTC text; null where none waits.
    package let oldestPending: String?
    package let quarantined: Int

    enum CodingKeys: String, CodingKey {
        case epoch, pending, quarantined
        case lastSeq = "last_seq"
        case ackedSeq = "acked_seq"
        case oldestPending = "oldest_pending"
    }

    /// Every key is always there, for scripts: `oldest_pending` is null where nothing waits.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(epoch, forKey: .epoch)
        try container.encode(lastSeq, forKey: .lastSeq)
        try container.encode(ackedSeq, forKey: .ackedSeq)
        try container.encode(pending, forKey: .pending)
        try container.encode(oldestPending, forKey: .oldestPending)
        try container.encode(quarantined, forKey: .quarantined)
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
            let head = try Self.head(db)
            let oldest = try Data.fetchOne(
                db.cachedStatement(sql: "SELECT body FROM journal WHERE seq = ?"), arguments: [head.ackedSeq + 1])
            let at = oldest.flatMap { try? EntryBody.decode(Array($0)).at }
            return JournalStatus(
                epoch: head.epoch.text, lastSeq: head.lastSeq, ackedSeq: head.ackedSeq,
                pending: head.lastSeq - head.ackedSeq, oldestPending: at.map { UTC.text($0) },
                quarantined: try Int.fetchOne(db, sql: "SELECT count(*) FROM quarantined") ?? 0)
        }
    }

    /// The punches journaled last, each key once, oldest first; for people to look at.
    ///
    /// - Parameters:
    ///   - count: no more than these.
    ///   - within: how many of the last entries are looked at; of other kinds there may be many.
    /// - Throws: `EdgeStoreError`; a damaged entry is left out and is no error here.
    package func newestPunches(_ count: Int, within: Int) throws -> [Punch] {
        try read { db in
            let rows = try Row.fetchCursor(
                db, sql: "SELECT seq, body, hash, seal FROM journal ORDER BY seq DESC LIMIT ?", arguments: [within])
            var punches: [Punch] = []
            var keys: Set<PunchKey> = []
            while punches.count < count, let row = try rows.next() {
                // Most of the others are not decoded at all.
                guard let body = row.stored("body", Data.self), body.starts(with: Self.punchMark),
                    let entry = try? Self.entry(row),
                    case .punch(let punch)? = (try? EntryBody.decode(entry.body))?.body
                else { continue }
                if keys.insert(punch.key).inserted { punches.append(punch) }
            }
            return punches.reversed()
        }
    }

    /// How the body of a punch begins.
    private static let punchMark = Array("{\"kind\":\"punch\",".utf8)

    /// Checking ends after this many problems.
    private static let mostProblems = 100

    /// Reads every entry and checks order, seals and chain.
    ///
    /// - Parameters:
    ///   - newest: only so many of the last entries; `nil` for all.
    ///   - progress: told how many entries were checked, now and then.
    package func verify(newest: Int64? = nil, progress: ((Int64) -> Void)? = nil) throws -> JournalVerdict {
        try read { db in
            let start = try Self.needStart(db)
            var verdict = JournalVerdict()
            let end = try Int64.fetchOne(db, sql: "SELECT max(seq) FROM journal") ?? 0
            verdict.lastSeq = max(start.prunedSeq, newest.map { end - max(0, $0) } ?? 0)
            var hash = try Self.hash(at: verdict.lastSeq, start, db)
            let rows = try Row.fetchCursor(
                db, sql: "SELECT seq, body, hash, seal FROM journal WHERE seq > ? ORDER BY seq",
                arguments: [newest == nil ? Int64.min : verdict.lastSeq])
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
                    hash = row.stored("hash", Data.self).flatMap { ChainHash(bytes: Array($0)) } ?? hash
                }
                verdict.entries += 1
                verdict.lastSeq = seq
                if verdict.entries.isMultiple(of: 4096) { progress?(verdict.entries) }
                if verdict.problems.count >= Self.mostProblems { break }
            }
            if start.ackedSeq > verdict.lastSeq, verdict.problems.count < Self.mostProblems {
                verdict.problems.append(
                    "entries up to \(start.ackedSeq) were acknowledged, the journal ends at \(verdict.lastSeq)")
            }
            verdict.lastHash = hash.hex
            return verdict
        }
    }
}
