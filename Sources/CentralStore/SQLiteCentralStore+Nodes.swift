import Attendance
import Crypto
import FailPoints
import Foundation
import GRDB

extension SQLiteCentralStore {
    package func addEnrolmentCode(_ code: NewEnrolmentCode) async throws {
        try await write { db in
            try db.execute(
                sql: "INSERT INTO units (name, created_at) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
                arguments: [code.unit, code.createdAt.milliseconds])
            if db.changesCount > 0 { try Self.raisePeopleRevision(db) }
            FailPoint.reach("centre.node.unit_added")
            try db.execute(
                sql: """
                    INSERT INTO enrolment_codes (id, unit_id, key, created_at, expires_at, centre_fingerprint)
                    SELECT ?, id, ?, ?, ?, ? FROM units WHERE name = ?
                    """,
                arguments: [
                    code.id, Data(code.key.bytes), code.createdAt.milliseconds, code.expiresAt.milliseconds,
                    code.centreFingerprint.map { Data($0) }, code.unit,
                ])
            try notes(db, at: code.createdAt).note(
                .nodeInvited, "code:\(code.id)",
                .of { line in
                    line.add("unit", code.unit)
                    line.add("expires", UTC.text(code.expiresAt))
                })
        }
    }

    package func enrol(
        _ request: EnrolmentRequest, nodeName: String, centreFingerprint: [UInt8], at moment: Date
    ) async throws -> EnrolledNode? {
        try await write { db in
            guard
                let row = try Row.fetchOne(
                    db,
                    sql: """
                        SELECT code.key, code.expires_at, code.mac_hash, code.unit_id, code.centre_fingerprint, units.name AS unit,
                            nodes.name AS node, nodes.public_key
                        FROM enrolment_codes AS code JOIN units ON units.id = code.unit_id
                        LEFT JOIN nodes ON nodes.id = code.node_id WHERE code.id = ?
                        """, arguments: [request.code])
            else { return nil }
            let unit: String = row["unit"]
            let centre = (row["centre_fingerprint"] as Data?).map(Array.init)
            if let node = row["node"] as String? {
                return Self.isRepeat(request, of: row)
                    ? EnrolledNode(node: node, unit: unit, centreFingerprint: centre) : nil
            }
            guard moment.milliseconds < row["expires_at"] as Int64 else {
                // Found expired once: a clock that goes back does not bring it to life.
                try db.execute(sql: "UPDATE enrolment_codes SET key = NULL WHERE id = ?", arguments: [request.code])
                return nil
            }
            guard
                let key = (row["key"] as Data?).flatMap({ EnrolmentKey(bytes: Array($0)) }),
                let publicKey = request.verifiedKey(key, centreFingerprint: centre ?? centreFingerprint)
            else { return nil }
            try db.execute(
                sql: "INSERT INTO nodes (name, unit_id, public_key, enrolled_at) VALUES (?, ?, ?, ?)",
                arguments: [nodeName, row["unit_id"] as Int64, publicKey.rawRepresentation, moment.milliseconds])
            FailPoint.reach("centre.enrol.node_added")
            try db.execute(
                sql: "UPDATE enrolment_codes SET key = NULL, node_id = ?, mac_hash = ? WHERE id = ?",
                arguments: [db.lastInsertedRowID, Self.hash(ofMAC: request), request.code])
            try AuditWriter(
                db: db, actor: Actor(name: nodeName, role: "node", address: actor.address),
                moment: moment.milliseconds
            ).note(
                .nodeEnrolled, "node:\(nodeName)",
                .of { line in
                    line.add("unit", unit)
                    line.add("code", request.code)
                })
            return EnrolledNode(node: nodeName, unit: unit, centreFingerprint: centre)
        }
    }

    /// The code's key is forgotten by now; who sends the same key and the same proof is who sent them first.
    private static func isRepeat(_ request: EnrolmentRequest, of row: Row) -> Bool {
        Data(base64Encoded: request.public_key) == row["public_key"] as Data?
            && hash(ofMAC: request) == row["mac_hash"] as Data?
    }

    private static func hash(ofMAC request: EnrolmentRequest) -> Data {
        Data(SHA256.hash(data: Data(base64Encoded: request.mac) ?? Data()))
    }

    package func forgetExpiredCodes(at moment: Date) async throws {
        let isForgotten = try await write { db in
            try db.execute(
                sql: "UPDATE enrolment_codes SET key = NULL WHERE key IS NOT NULL AND expires_at <= ?",
                arguments: [moment.milliseconds])
            return db.changesCount > 0
        }
        // It waits for readers, and whoever has a batch to store waits for it.
        if isForgotten { try await writeWithoutTransaction(Self.emptyWAL) }
    }

    package func identity(ofNode name: String) async throws -> NodeIdentity? {
        try await database.read { db in
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT units.name AS unit, public_key, revoked_from
                    FROM nodes JOIN units ON units.id = nodes.unit_id WHERE nodes.name = ?
                    """, arguments: [name])
            guard let row, let key = try? Curve25519.Signing.PublicKey(rawRepresentation: row["public_key"] as Data)
            else { return nil }
            return NodeIdentity(
                node: name, unit: row["unit"], publicKey: key,
                revokedFrom: (row["revoked_from"] as Int64?).map { Date(milliseconds: $0) })
        }
    }

    package func revoke(node name: String, from moment: Date, at now: Date) async throws -> Date? {
        try await write { db in
            try db.execute(
                sql: """
                    UPDATE nodes SET revoked_from = min(coalesce(revoked_from, ?1), ?1),
                        revocation_met_at = coalesce(revocation_met_at,
                            iif(min(coalesce(revoked_from, ?1), ?1) <= ?3, ?3, NULL))
                    WHERE name = ?2
                    """, arguments: [moment.milliseconds, name, now.milliseconds])
            if db.changesCount > 0 {
                try notes(db, at: now).note(
                    .nodeRevoked, "node:\(name)", .of { line in line.add("from", UTC.text(moment)) })
            }
            return try Int64.fetchOne(db, sql: "SELECT revoked_from FROM nodes WHERE name = ?", arguments: [name])
                .map { Date(milliseconds: $0) }
        }
    }

    package func noteRevocations(at moment: Date) async throws {
        try await write { db in
            try db.execute(
                sql: "UPDATE nodes SET revocation_met_at = ?1 WHERE revocation_met_at IS NULL AND revoked_from <= ?1",
                arguments: [moment.milliseconds])
        }
    }

    package func nodes() async throws -> [NodeSummary] {
        try await database.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT nodes.name, units.name AS unit, enrolled_at, revoked_from, revocation_met_at, contact_at, status, epochs.epoch,
                        (SELECT max(seq) FROM entries WHERE epoch_id = epochs.id) AS high_water,
                        (SELECT total(last_seq - first_seq + 1.0) FROM gaps JOIN epochs AS gapped ON gapped.id = epoch_id
                         WHERE gapped.node_id = nodes.id AND \(StoredGap.isOpen)) AS missing,
                        (SELECT count(*) FROM forks JOIN epochs AS forked ON forked.id = epoch_id
                         WHERE forked.node_id = nodes.id) AS forks
                    FROM nodes JOIN units ON units.id = nodes.unit_id
                    LEFT JOIN node_status ON node_status.node_id = nodes.id
                    LEFT JOIN epochs ON epochs.node_id = nodes.id AND epochs.number =
                        (SELECT max(number) FROM epochs WHERE node_id = nodes.id)
                    ORDER BY units.name, nodes.id
                    """
            ).map { row in
                NodeSummary(
                    node: row["name"], unit: row["unit"], enrolledAt: Date(milliseconds: row["enrolled_at"]),
                    revokedFrom: (row["revoked_from"] as Int64?).map { Date(milliseconds: $0) },
                    contactAt: (row["contact_at"] as Int64?).map { Date(milliseconds: $0) },
                    status: Self.decode(NodeStatus.self, row["status"]), epoch: row["epoch"],
                    highWater: row["high_water"] as Int64? ?? 0,
                    // A sum of whole numbers could be too large for one: what a node claims is not trusted.
                    missing: Int64(exactly: row["missing"] as Double) ?? .max,
                    forks: row["forks"], isRevocationMet: row["revocation_met_at"] as Int64? != nil)
            }
        }
    }

    package func journalHeads() async throws -> [JournalHead] {
        try await database.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT nodes.name, nodes.unit_id, epochs.epoch, entries.seq, entries.hash
                    FROM epochs JOIN nodes ON nodes.id = epochs.node_id
                    JOIN entries ON entries.epoch_id = epochs.id
                        AND entries.seq = (SELECT max(seq) FROM entries WHERE epoch_id = epochs.id)
                    ORDER BY nodes.id, epochs.number
                    """
            ).compactMap { row in
                ChainHash(bytes: Array(row["hash"] as Data)).map { hash in
                    JournalHead(
                        node: row["name"], unit: row["unit_id"], epoch: row["epoch"], highWater: row["seq"],
                        endHash: hash)
                }
            }
        }
    }

    package func forks(limit: Int) async throws -> [ForkSummary] {
        try await database.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT nodes.name, epochs.epoch, seq, hash, noted_at
                    FROM forks JOIN epochs ON epochs.id = forks.epoch_id JOIN nodes ON nodes.id = epochs.node_id
                    ORDER BY noted_at DESC, epochs.id, seq, hash LIMIT ?
                    """, arguments: [limit]
            ).compactMap { row in
                ChainHash(bytes: Array(row["hash"] as Data)).map { hash in
                    ForkSummary(
                        place: EntryPlace(node: row["name"], epoch: row["epoch"], seq: row["seq"]), hash: hash,
                        notedAt: Date(milliseconds: row["noted_at"]))
                }
            }
        }
    }

    static func decode<Value: Decodable>(_ type: Value.Type, _ text: String?) -> Value? {
        text.flatMap { try? JSONDecoder().decode(type, from: Data($0.utf8)) }
    }

    /// The same value gives the same text.
    static func encode(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}

/// From when on nothing is taken from a node.
///
/// Met once, it stays in force: a server's clock that goes back lets no revoked node speak again.
struct Revocation {
    private let from: Int64?
    private let metAt: Int64?

    /// - Parameter row: of `nodes`, with `revoked_from` and `revocation_met_at`.
    init(_ row: Row) {
        from = row["revoked_from"]
        metAt = row["revocation_met_at"]
    }

    /// Notes the first time that it is found in force.
    func isInForce(at moment: Int64, node: Int64, _ db: Database) throws -> Bool {
        guard let from else { return false }
        if metAt != nil { return true }
        guard from <= moment else { return false }
        try db.execute(
            sql: "UPDATE nodes SET revocation_met_at = ? WHERE id = ?", arguments: [moment, node])
        return true
    }
}
