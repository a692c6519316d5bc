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

    package var isRevoked: Bool { revokedFrom != nil }
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

    /// Makes the nodes of a kit, and their units, that the store does not have; a node that the kit knows as revoked
    /// is revoked. In a store put back from a backup, what it knows besides stays as it is.
    ///
    /// - Returns: how many nodes were made.
    @discardableResult
    package func restore(_ kept: [KeptNode], at moment: Date) async throws -> Int {
        try await write { db in
            var made = 0
            for node in kept {
                try db.execute(
                    sql: "INSERT INTO units (name, created_at) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
                    arguments: [node.unit, moment.milliseconds])
                try db.execute(
                    sql: """
                        INSERT INTO nodes (name, unit_id, public_key, enrolled_at, revoked_from, revocation_met_at)
                        SELECT ?, id, ?, ?, ?, ? FROM units WHERE name = ? ON CONFLICT (name) DO NOTHING
                        """,
                    arguments: [
                        node.name, node.key, node.enrolledAt, node.revokedFrom, node.revocationMetAt, node.unit,
                    ])
                made += db.changesCount
                if node.revokedFrom != nil {
                    try db.execute(
                        sql: """
                            UPDATE nodes SET revoked_from = ?, revocation_met_at = ?
                            WHERE name = ? AND public_key = ? AND revoked_from IS NULL
                            """,
                        arguments: [node.revokedFrom, node.revocationMetAt, node.name, node.key])
                }
            }
            try Self.raisePeopleRevision(db)
            try notes(db, at: moment).note(.centreRestored, "centre", .of { line in line.add("nodes", made) })
            return made
        }
    }

    /// Copies a database into a new file, as it is at one moment, while others write: a single file, without a log
    /// beside it.
    ///
    /// - Parameter progress: called with pages done and pages in all.
    package static func copy(
        database path: String, to target: String, progress: @escaping (_ done: Int, _ total: Int) -> Void
    ) throws {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        // A snapshot, so that a commit meanwhile does not send SQLite back to the first page.
        let source = try DatabasePool(path: path, configuration: configuration)
        let copy = try DatabaseQueue(path: target)
        try source.makeSnapshot().backup(to: copy, pagesPerStep: 4096) { step in
            progress(step.completedPageCount, step.totalPageCount)
        }
        try copy.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA journal_mode = DELETE") }
        try copy.close()
        try source.close()
    }
}
