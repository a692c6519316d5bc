import Attendance
import Foundation
import GRDB

extension Schema {
    /// The log, what nodes say against it, and the last look at it.
    ///
    /// A doubt keeps where the log ended when it came up: what is accepted later stands behind that.
    static let auditLog = """
        CREATE TABLE audit_log (
            seq INTEGER PRIMARY KEY CHECK (seq >= 1),
            at INTEGER NOT NULL,
            by_name TEXT NOT NULL,
            by_role TEXT NOT NULL,
            address TEXT NOT NULL,
            what TEXT NOT NULL,
            object TEXT NOT NULL,
            detail TEXT NOT NULL,
            hash BLOB NOT NULL CHECK (length(hash) = 32)
        ) STRICT;
        CREATE INDEX audit_log_by_object ON audit_log (object, seq);
        CREATE INDEX audit_log_by_name ON audit_log (by_name, seq);
        CREATE INDEX audit_log_by_what ON audit_log (what, seq);
        CREATE TRIGGER audit_log_without_holes BEFORE INSERT ON audit_log
        WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM audit_log)
        BEGIN SELECT RAISE(ABORT, 'notes of the audit log stand one behind the other'); END;
        CREATE TABLE audit_doubts (
            node_id INTEGER NOT NULL REFERENCES nodes (id),
            seq INTEGER NOT NULL,
            hash BLOB NOT NULL CHECK (length(hash) = 32),
            own_seq INTEGER NOT NULL,
            noted_at INTEGER NOT NULL,
            PRIMARY KEY (node_id, seq, hash)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE audit_check (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            at INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            hash BLOB NOT NULL CHECK (length(hash) = 32),
            first_bad INTEGER
        ) STRICT;
        """

    /// Acts become the first notes of the log: nothing that was kept is lost by the chain.
    static func chainActs(_ db: Database) throws {
        var head = AuditHead.empty
        let rows = try Row.fetchCursor(db, sql: "SELECT at, by_name, by_role, what, detail FROM acts ORDER BY id")
        while let row = try rows.next() {
            let note = AuditNote(
                seq: head.seq + 1, at: Date(milliseconds: row[0]), by: Actor(name: row[1], role: row[2]), what: row[3],
                object: "", detail: row[4], hash: head.hash)
            head = AuditHead(seq: note.seq, hash: try AuditWriter.insert(note, after: head.hash, db))
        }
        try db.execute(sql: "DROP TABLE acts")
    }
}
