import Attendance
import Crypto
import Foundation
import GRDB

/// What a centre must know of a node to believe it: no more than that goes into a recovery kit.
package struct KeptNode: Codable, Equatable, Sendable {
    package let name, unit: String
    /// Ed25519, raw.
    package let key: Data
    /// Milliseconds since 1970.
    let enrolledAt: Int64
    let revokedFrom, revocationMetAt: Int64?
}

extension SQLiteCentralStore {
    /// All nodes that ever were, the revoked ones too: a kit must not let one of them back in.
    package func keptNodes() async throws -> [KeptNode] {
        try await database.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT nodes.name, units.name AS unit, public_key, enrolled_at, revoked_from, revocation_met_at
                    FROM nodes JOIN units ON units.id = unit_id ORDER BY nodes.id
                    """
            ).map { row in
                KeptNode(
                    name: row["name"], unit: row["unit"], key: row["public_key"], enrolledAt: row["enrolled_at"],
                    revokedFrom: row["revoked_from"], revocationMetAt: row["revocation_met_at"])
            }
        }
    }

    /// Makes the nodes of a kit, and their units, in a store that has none of them.
    package func restore(_ kept: [KeptNode], at moment: Date) async throws {
        try await write { db in
            for node in kept {
                try db.execute(
                    sql: "INSERT INTO units (name, created_at) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
                    arguments: [node.unit, moment.milliseconds])
                try db.execute(
                    sql: """
                        INSERT INTO nodes (name, unit_id, public_key, enrolled_at, revoked_from, revocation_met_at)
                        SELECT ?, id, ?, ?, ?, ? FROM units WHERE name = ?
                        """,
                    arguments: [
                        node.name, node.key, node.enrolledAt, node.revokedFrom, node.revocationMetAt, node.unit,
                    ])
            }
            try Self.raisePeopleRevision(db)
            try notes(db, at: moment).note(.centreRestored, "centre", .of { line in line.add("nodes", kept.count) })
        }
    }
}
