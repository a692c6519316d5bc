import Attendance
import Foundation
import GRDB

extension EdgeStore {
    /// An end of the centre's audit log as a receipt told it, kept so that nobody there can change what came before
    /// without its being found.
    package struct Witness: Equatable, Sendable {
        package let head: AuditHead
        /// By the centre's clock.
        package let at: Date
        /// Whether the centre had told of a longer log before, or of another one of that length.
        package let wentBack: Bool
    }

    /// The first, the last, one of each day, and both sides of every step back: more than a year of them.
    package static let mostWitnesses = 400
    /// A later end on the same day takes the place of the one before it at most so often: each is a write.
    package static let witnessEvery: TimeInterval = 60

    /// Keeps an end that a signed receipt told of.
    ///
    /// - Returns: what it was before, where the log went back or became another one.
    package func keep(witness head: AuditHead, at moment: Date) throws -> AuditHead? {
        guard let last = try read({ db in try Self.witnesses(db, "ORDER BY id DESC LIMIT 1").first }) else {
            try write { db in try Self.insert(head, moment, wentBack: false, db) }
            return nil
        }
        let wentBack = head.seq < last.head.seq || (head.seq == last.head.seq && head.hash != last.head.hash)
        guard wentBack || (head != last.head && abs(moment.timeIntervalSince(last.at)) >= Self.witnessEvery) else {
            return nil
        }
        try write { db in
            if wentBack {
                try db.execute(
                    sql: "UPDATE audit_witness SET is_evidence = 1 WHERE id = (SELECT max(id) FROM audit_witness)")
            } else {
                try Self.makeRoom(for: moment, db)
            }
            try Self.insert(head, moment, wentBack: wentBack, db)
        }
        return wentBack ? last.head : nil
    }

    /// As above, of a receipt that may be older than others: only a later end is news, and another one at the same place
    /// a contradiction, whichever came first.
    package func keep(lateWitness head: AuditHead, at moment: Date) throws -> AuditHead? {
        if let last = try lastWitness(), head.seq < last.head.seq { return nil }
        return try keep(witness: head, at: moment)
    }

    /// Oldest first.
    package func witnesses() throws -> [Witness] {
        try read { db in try Self.witnesses(db, "ORDER BY id") }
    }

    package func lastWitness() throws -> Witness? {
        try read { db in try Self.witnesses(db, "ORDER BY id DESC LIMIT 1").first }
    }

    /// The newest of a day is enough of it. The first, and what shows a step back, stay.
    private static func makeRoom(for moment: Date, _ db: Database) throws {
        try db.execute(
            sql: """
                DELETE FROM audit_witness WHERE is_evidence = 0 AND substr(at, 1, 10) = ?
                    AND id = (SELECT max(id) FROM audit_witness) AND id > (SELECT min(id) FROM audit_witness)
                """, arguments: [String(UTC.text(moment).prefix(10))])
    }

    private static func insert(_ head: AuditHead, _ moment: Date, wentBack: Bool, _ db: Database) throws {
        try db.execute(
            sql: "INSERT INTO audit_witness (seq, hash, at, went_back, is_evidence) VALUES (?, ?, ?, ?, ?)",
            arguments: [head.seq, Data(head.hash.bytes), UTC.text(moment), wentBack, wentBack])
        // Oldest days first; then, should a centre go back hundreds of times, its oldest steps.
        try db.execute(
            sql: """
                DELETE FROM audit_witness WHERE id IN (
                    SELECT id FROM audit_witness WHERE id > (SELECT min(id) FROM audit_witness)
                        AND id < (SELECT max(id) FROM audit_witness)
                    ORDER BY is_evidence, id LIMIT max(0, (SELECT count(*) FROM audit_witness) - ?))
                """, arguments: [mostWitnesses])
    }

    private static func witnesses(_ db: Database, _ rest: String) throws -> [Witness] {
        try Row.fetchAll(db, sql: "SELECT seq, hash, at, went_back FROM audit_witness \(rest)").compactMap { row in
            guard let seq = row.stored("seq", Int64.self), seq >= 0,
                let hash = row.stored("hash", Data.self).flatMap({ ChainHash(bytes: Array($0)) }),
                let at = row.stored("at", String.self).flatMap(UTC.date),
                let wentBack = row.stored("went_back", Int64.self)
            else { return nil }
            return Witness(head: AuditHead(seq: seq, hash: hash), at: at, wentBack: wentBack != 0)
        }
    }
}
