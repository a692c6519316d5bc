import Attendance
import FailPoints
import Foundation
import GRDB

extension SQLiteCentralStore {
    package func addToken(hash: [UInt8], _ grant: TokenGrant, endsAt end: Date?, at moment: Date) async throws {
        try await write { db in
            try db.execute(
                sql: """
                    INSERT INTO tokens (hash, role, label, created_at, unit_id, ends_at) VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    Data(hash), grant.role.rawValue, grant.label, moment.milliseconds, grant.unit, end?.milliseconds,
                ])
            FailPoint.reach("centre.token.added")
            try notes(db, at: moment).note(
                .tokenAdded, "token:\(db.lastInsertedRowID)",
                .of { line in
                    line.add("label", grant.label)
                    line.add("role", grant.role.rawValue)
                    if let unit = grant.unit { line.add("unit", unit) }
                })
        }
    }

    package func grant(ofTokenHash hash: [UInt8], at moment: Date) async throws -> TokenGrant? {
        try await database.read { db in
            try Row.fetchOne(
                db,
                sql: """
                    SELECT role, unit_id, label FROM tokens
                    WHERE hash = ?1 AND revoked_at IS NULL AND (ends_at IS NULL OR ends_at > ?2)
                    """, arguments: [Data(hash), moment.milliseconds]
            ).flatMap(Self.grant)
        }
    }

    package func tokens() async throws -> [TokenSummary] {
        try await database.read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM tokens ORDER BY id DESC").compactMap { row in
                Self.grant(row).map { grant in
                    TokenSummary(
                        id: row["id"], grant: grant, createdAt: Date(milliseconds: row["created_at"]),
                        endsAt: (row["ends_at"] as Int64?).map { Date(milliseconds: $0) },
                        revokedAt: (row["revoked_at"] as Int64?).map { Date(milliseconds: $0) })
                }
            }
        }
    }

    package func revokeToken(_ id: Int64, at moment: Date) async throws -> Bool {
        try await write { db in
            try db.execute(
                sql: "UPDATE tokens SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?",
                arguments: [moment.milliseconds, id])
            guard db.changesCount == 1 else { return false }
            FailPoint.reach("centre.token.revoked")
            try notes(db, at: moment).note(.tokenRevoked, "token:\(id)")
            return true
        }
    }

    /// A role of a later version may do nothing here.
    private static func grant(_ row: Row) -> TokenGrant? {
        TokenRole(rawValue: row["role"]).map { TokenGrant(role: $0, unit: row["unit_id"], label: row["label"]) }
    }
}
