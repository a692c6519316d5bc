import Attendance
import Foundation
import GRDB

extension SQLiteCentralStore {
    package func compare(witness: AuditHead, ofNode name: String, at moment: Date) async throws -> AuditDoubt? {
        let fits = try await database.read { db in try Self.fits(witness, db) }
        guard !fits else { return nil }
        return try await write { db in
            // Asked again where nothing is written meanwhile.
            guard try !Self.fits(witness, db) else { return nil }
            let own = try AuditWriter.head(db)
            try db.execute(
                sql: """
                    INSERT INTO audit_doubts (node_id, seq, hash, own_seq, noted_at)
                    SELECT id, ?, ?, ?, ? FROM nodes WHERE name = ? ON CONFLICT DO NOTHING
                    """,
                arguments: [witness.seq, Data(witness.hash.bytes), own.seq, moment.milliseconds, name])
            guard db.changesCount > 0 else { return nil }
            let unit = try String.fetchOne(
                db, sql: "SELECT units.name FROM nodes JOIN units ON units.id = unit_id WHERE nodes.name = ?",
                arguments: [name])
            return AuditDoubt(
                node: name, unit: unit ?? "", witness: witness, ownSeq: own.seq, notedAt: moment, isAccepted: false)
        }
    }

    private static func fits(_ witness: AuditHead, _ db: Database) throws -> Bool {
        guard witness.seq > 0 else { return witness.hash == AuditChain.start }
        let stored = try Data.fetchOne(
            db.cachedStatement(sql: "SELECT hash FROM audit_log WHERE seq = ?"), arguments: [witness.seq])
        return stored.map(Array.init) == witness.hash.bytes
    }

    package func auditDoubts(limit: Int) async throws -> [AuditDoubt] {
        try await database.read { db in
            let accepted = try Int64.fetchOne(
                db, sql: "SELECT max(seq) FROM audit_log WHERE what = ?",
                arguments: [AuditWord.witnessAccepted.rawValue])
            return try Row.fetchAll(
                db,
                sql: """
                    SELECT nodes.name, units.name, seq, hash, own_seq, noted_at FROM audit_doubts
                    JOIN nodes ON nodes.id = node_id JOIN units ON units.id = nodes.unit_id
                    ORDER BY noted_at DESC, node_id, seq, hash LIMIT ?
                    """, arguments: [max(0, limit)]
            ).compactMap { row in
                ChainHash(bytes: Array(row[3] as Data)).map { hash in
                    AuditDoubt(
                        node: row[0], unit: row[1], witness: AuditHead(seq: row[2], hash: hash), ownSeq: row[4],
                        notedAt: Date(milliseconds: row[5]),
                        isAccepted: (accepted ?? -1) > row[4] as Int64)
                }
            }
        }
    }

    package func acceptAuditDoubts(because text: String, at moment: Date) async throws -> Int {
        let open = try await auditDoubts(limit: 10_000).filter { !$0.isAccepted }
        guard !open.isEmpty else { return 0 }
        try await write { db in
            try notes(db, at: moment).note(
                .witnessAccepted, "",
                .of { line in
                    line.add("because", text)
                    line.add("doubts", open.count)
                    // All of them would be a long line; which they are stands in their own table.
                    line.add(
                        "witnesses", open.prefix(20).map { "\($0.node) \($0.witness.seq):\($0.witness.hash.hex)" })
                })
        }
        return open.count
    }

    package func keep(_ check: AuditCheck) async throws {
        try await write { db in
            try db.execute(
                sql: """
                    INSERT INTO audit_check (id, at, seq, hash, first_bad) VALUES (1, ?1, ?2, ?3, ?4)
                    ON CONFLICT (id) DO UPDATE SET at = ?1, seq = ?2, hash = ?3, first_bad = ?4
                    """,
                arguments: [
                    check.at.milliseconds, check.head.seq, Data(check.head.hash.bytes), check.firstBad,
                ])
        }
    }

    package func lastAuditCheck() async throws -> AuditCheck? {
        try await database.read { db in
            guard let row = try Row.fetchOne(db, sql: "SELECT at, seq, hash, first_bad FROM audit_check"),
                let hash = ChainHash(bytes: Array(row[2] as Data))
            else { return nil }
            return AuditCheck(
                at: Date(milliseconds: row[0]), head: AuditHead(seq: row[1], hash: hash), firstBad: row[3])
        }
    }
}
