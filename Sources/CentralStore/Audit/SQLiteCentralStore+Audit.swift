import Attendance
import Foundation
import GRDB

extension SQLiteCentralStore {
    package func acting(_ actor: Actor) -> SQLiteCentralStore {
        var store = self
        store.actor = actor
        return store
    }

    /// Notes what the store's actor does in this transaction.
    func notes(_ db: Database, at moment: Date) -> AuditWriter {
        AuditWriter(db: db, actor: actor, moment: moment.milliseconds)
    }

    /// A view seen again so soon is one view.
    static let sameViewFor: TimeInterval = 600
    /// Of refused sign-ins, in an hour: whoever guesses must not fill the disk. The service's log has each.
    static let mostRefusedOfAnHour = 120
    static let longestObject = 200
    static let longestDetail = 4096

    package func note(
        _ what: AuditWord, object: String, detail: String, by actor: Actor, from address: String, at moment: Date
    ) async throws {
        guard object.utf8.count <= Self.longestObject, detail.utf8.count <= Self.longestDetail else {
            throw DatabaseError(resultCode: .SQLITE_TOOBIG, message: "a note of the audit log is too long")
        }
        let actor = Actor(name: actor.name, role: actor.role, address: address.isEmpty ? actor.address : address)
        let isKept = try await database.read { db in
            try Self.isKept(what, object, detail, actor, moment.milliseconds, db)
        }
        guard !isKept else { return }
        try await write { db in
            guard try !Self.isKept(what, object, detail, actor, moment.milliseconds, db) else { return }
            try AuditWriter(db: db, actor: actor, moment: moment.milliseconds).note(what, object, detail)
        }
    }

    /// Whether what was just seen or refused stands in the log already.
    private static func isKept(
        _ what: AuditWord, _ object: String, _ detail: String, _ actor: Actor, _ moment: Int64, _ db: Database
    ) throws -> Bool {
        guard [.viewPerson, .export].contains(what) else { return try what == .signInRefused && isFull(moment, db) }
        let seen = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT at, what = ? AND by_name = ? AND by_role = ? AND address = ? AND detail = ?
                    FROM audit_log WHERE object = ? ORDER BY seq DESC
                    """),
            arguments: [what.rawValue, actor.name, actor.role, actor.address, detail, object])
        // Newest first, and no further back than it matters: of a unit there are many.
        while let row = try seen.next() {
            let at: Int64 = row[0]
            guard at >= moment - Int64(sameViewFor * 1000) else { return false }
            if at <= moment, row[1] as Bool { return true }
        }
        return false
    }

    /// Each is written before that, whether there is such an account or not: a write takes time, and tells nobody which.
    private static func isFull(_ moment: Int64, _ db: Database) throws -> Bool {
        let oldest = try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT at FROM audit_log WHERE what = ? ORDER BY seq DESC LIMIT 1 OFFSET ?"),
            arguments: [AuditWord.signInRefused.rawValue, mostRefusedOfAnHour - 1])
        return oldest.map { abs(moment - $0) < 3_600_000 } ?? false
    }

    package func auditHead() async throws -> AuditHead {
        try await database.read(AuditWriter.head)
    }

    package func auditHash(at seq: Int64) async throws -> ChainHash? {
        try await database.read { db in try Self.auditHash(at: seq, db) }
    }

    private static func auditHash(at seq: Int64, _ db: Database) throws -> ChainHash? {
        if seq == 0 { return AuditChain.start }
        return try Data.fetchOne(
            db.cachedStatement(sql: "SELECT hash FROM audit_log WHERE seq = ?"), arguments: [seq]
        ).flatMap { ChainHash(bytes: Array($0)) }
    }

    package func auditNotes(after seq: Int64, limit: Int) async throws -> [AuditNote] {
        try await database.read { db in
            try Row.fetchAll(
                db.cachedStatement(sql: "SELECT \(Self.noteColumns) FROM audit_log WHERE seq > ? ORDER BY seq LIMIT ?"),
                arguments: [seq, limit]
            ).map(Self.auditNote)
        }
    }

    package func auditNotes(_ query: AuditQuery) async throws -> [AuditNote] {
        var conditions = ["1"]
        var arguments: StatementArguments = []
        func ask(_ condition: String, _ value: (any DatabaseValueConvertible)?) {
            guard let value else { return }
            conditions.append(condition)
            arguments += [value]
        }
        ask("by_name = ?", query.by)
        ask("what IN (SELECT value FROM json_each(?))", try query.what.map { try Self.encode($0.sorted()) })
        if let object = query.object, object.hasSuffix(":") {
            // A kind alone: all ids of it. The byte behind the colon ends the span.
            ask("object >= ?", object)
            ask("object < ?", object.dropLast() + ";")
        } else {
            ask("object = ?", query.object)
        }
        ask("at >= ?", query.from?.milliseconds)
        ask("at < ?", query.until?.milliseconds)
        ask("seq < ?", query.before)
        arguments += [max(0, query.limit)]
        let sql = """
            SELECT \(Self.noteColumns) FROM audit_log WHERE \(conditions.joined(separator: " AND "))
            ORDER BY seq DESC LIMIT ?
            """
        return try await database.read { [arguments] db in
            try Row.fetchAll(db, sql: sql, arguments: arguments).map(Self.auditNote)
        }
    }

    private static let noteColumns = "seq, at, by_name, by_role, address, what, object, detail, hash"

    private static func auditNote(_ row: Row) throws -> AuditNote {
        guard let hash = ChainHash(bytes: Array(row[8] as Data)) else {
            throw DatabaseError(
                resultCode: .SQLITE_CORRUPT, message: "note \(row[0] as Int64) of the audit log cannot be read")
        }
        return AuditNote(
            seq: row[0], at: Date(milliseconds: row[1]), by: Actor(name: row[2], role: row[3], address: row[4]),
            what: row[5], object: row[6], detail: row[7], hash: hash)
    }

    // MARK: Acts

    package func acts(limit: Int) async throws -> [Act] {
        try await database.read { db in
            let others = AuditWord.allCases.filter { !$0.isChange }.map(\.rawValue)
            return try Row.fetchAll(
                db,
                sql: """
                    SELECT seq, at, by_name, by_role, what, detail FROM audit_log
                    WHERE what NOT IN (SELECT value FROM json_each(?)) ORDER BY seq DESC LIMIT ?
                    """, arguments: [try Self.encode(others), max(0, limit)]
            ).map { row in
                Act(
                    id: row[0], at: Date(milliseconds: row[1]), by: Actor(name: row[2], role: row[3]), what: row[4],
                    detail: row[5])
            }
        }
    }
}
