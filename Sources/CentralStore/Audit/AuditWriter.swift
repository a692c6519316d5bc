import Attendance
import FailPoints
import Foundation
import GRDB

/// Keeps what one actor does in one transaction, at the end of the chain.
struct AuditWriter {
    let db: Database
    let actor: Actor
    /// Milliseconds since 1970.
    let moment: Int64

    /// - Parameters:
    ///   - object: kind and id.
    ///   - detail: without reasons; what was replaced stands in it, because its row is gone.
    func note(_ what: AuditWord, _ object: String, _ detail: JSONLine) throws {
        try note(what, object, String(decoding: detail.finish(), as: UTF8.self))
    }

    func note(_ what: AuditWord, _ object: String, _ detail: String = "") throws {
        let head = try Self.head(db)
        FailPoint.reach("centre.audit.before_note")
        try Self.insert(
            AuditNote(
                seq: head.seq + 1, at: Date(milliseconds: moment), by: actor, what: what.rawValue, object: object,
                detail: detail, hash: head.hash), after: head.hash, db)
    }

    static func head(_ db: Database) throws -> AuditHead {
        let last = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT seq, hash FROM audit_log ORDER BY seq DESC LIMIT 1"))
        guard let last else { return .empty }
        guard let hash = ChainHash(bytes: Array(last[1] as Data)) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the head of the audit log cannot be read")
        }
        return AuditHead(seq: last[0], hash: hash)
    }

    /// - Parameter note: its hash is made here.
    @discardableResult
    static func insert(_ note: AuditNote, after previous: ChainHash, _ db: Database) throws -> ChainHash {
        let hash = note.expectedHash(after: previous)
        try db.cachedStatement(
            sql: """
                INSERT INTO audit_log (seq, at, by_name, by_role, address, what, object, detail, hash)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            note.seq, note.at.milliseconds, note.by.name, note.by.role, note.by.address, note.what, note.object,
            note.detail, Data(hash.bytes),
        ])
        FailPoint.reach("centre.audit.noted")
        return hash
    }
}

extension JSONLine {
    /// One line with these texts, for a note; names are words of ours.
    static func of(_ fill: (inout JSONLine) -> Void) -> JSONLine {
        var line = JSONLine(reserving: 96)
        fill(&line)
        return line
    }
}
