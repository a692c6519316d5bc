import Attendance
import FailPoints
import GRDB

/// The journal file's tables. Migrations are frozen once released: a change is a new one.
enum EdgeStoreSchema {
    static func migrator() -> DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.step("1") { db in
            try run(first, db)
            try makeJournal(db)
        }
        migrator.step("2", migrate: rememberDevices)
        migrator.step("3 retention, orders") { db in
            try run(retention, db)
        }
        migrator.step("4 what coverage rests on") { db in
            try run(claims, db)
        }
        migrator.step("5 operations once, and how fast a log fills") { db in
            try run(operations, db)
        }
        migrator.step("6 marks of whole logs") { db in
            try run(marks, db)
        }
        migrator.step("7 push devices") { db in
            try run(push, db)
        }
        migrator.step("8 what was quarantined long ago") { db in
            // Scans in quarantine whose entries are here no longer.
            try db.execute(sql: "ALTER TABLE device ADD COLUMN once_quarantined INTEGER NOT NULL DEFAULT 0")
        }
        migrator.step("9 ends of the centre's audit log") { db in try db.execute(sql: witnesses) }
        migrator.step("10 how often entries were taken back") { db in
            // A receipt that was carried by hand may be older than that.
            try db.execute(sql: "ALTER TABLE epoch ADD COLUMN rewinds INTEGER NOT NULL DEFAULT 0")
        }
        return migrator
    }

    private static func run(_ statements: [String], _ db: Database) throws {
        for statement in statements {
            try db.execute(sql: statement)
            FailPoint.reach("edge.migration.statement")
        }
    }

    private static let witnesses = """
        CREATE TABLE audit_witness (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            seq INTEGER NOT NULL,
            hash BLOB NOT NULL CHECK (length(hash) = 32),
            at TEXT NOT NULL,
            went_back INTEGER NOT NULL,
            is_evidence INTEGER NOT NULL
        ) STRICT
        """

    /// What is remembered of a device beside its log: its users as journaled last, and its last start.
    private static func rememberDevices(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE device_user (
                    device INTEGER NOT NULL REFERENCES device (id),
                    user_id BLOB NOT NULL,
                    name TEXT NOT NULL,
                    privilege INTEGER NOT NULL,
                    PRIMARY KEY (device, user_id)
                ) STRICT, WITHOUT ROWID
                """)
        // starts: how often its operation log said that it was switched on; last: the last such record.
        try db.execute(
            sql: """
                CREATE TABLE device_start (
                    device INTEGER PRIMARY KEY REFERENCES device (id),
                    starts INTEGER NOT NULL,
                    last BLOB NOT NULL
                ) STRICT
                """)
    }

    private static let retention = [
        // Entries up to here were acknowledged long ago and are gone; the hash before the next one is kept.
        "ALTER TABLE epoch ADD COLUMN pruned_seq INTEGER NOT NULL DEFAULT 0 CHECK (pruned_seq >= 0)",
        "ALTER TABLE epoch ADD COLUMN pruned_hash BLOB",
        // An order has us send again up to here, though the centre says it has it all.
        "ALTER TABLE epoch ADD COLUMN resend_until INTEGER NOT NULL DEFAULT 0 CHECK (resend_until >= 0)",
        // Orders of the centre are executed once: noted before, told of after.
        """
        CREATE TABLE executed_order (
            id TEXT PRIMARY KEY,
            at TEXT NOT NULL,
            is_told INTEGER NOT NULL DEFAULT 0
        ) STRICT, WITHOUT ROWID
        """,
    ]

    private static let push = [
        // What a push device sent last, by table, to be told back to it.
        """
        CREATE TABLE push_stamp (
            device INTEGER NOT NULL REFERENCES device (id),
            body TEXT NOT NULL,
            stamp TEXT NOT NULL,
            PRIMARY KEY (device, body)
        ) STRICT, WITHOUT ROWID
        """,
        // Devices to be asked for everything at their next handshake.
        "CREATE TABLE push_resend (device INTEGER PRIMARY KEY REFERENCES device (id)) STRICT",
        // What push devices were told, or are to be told.
        """
        CREATE TABLE push_command (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            device INTEGER NOT NULL REFERENCES device (id),
            kind TEXT NOT NULL,
            period_from TEXT,
            period_to TEXT,
            account TEXT NOT NULL,
            state TEXT NOT NULL,
            code INTEGER,
            count INTEGER,
            sends INTEGER NOT NULL DEFAULT 0,
            queued_at TEXT NOT NULL,
            expires_at TEXT NOT NULL,
            sent_at TEXT,
            ended_at TEXT
        ) STRICT
        """,
        "CREATE INDEX push_command_of_device ON push_command (device, id)",
    ]

    private static let claims = [
        // The cursor, which a new epoch leaves here: what the log is compared with.
        "ALTER TABLE device ADD COLUMN last_cursor TEXT",
        "UPDATE device SET last_cursor = cursor",
        // Why scans could not be dated when coverage was journaled last.
        "ALTER TABLE device ADD COLUMN undated TEXT",
        // Why scans may be missing, where no coverage told of it yet.
        "ALTER TABLE device ADD COLUMN broken TEXT",
    ]

    private static let operations = [
        // Keys of what devices told of being touched: each is journaled once.
        """
        CREATE TABLE seen_operation (
            device INTEGER NOT NULL REFERENCES device (id),
            key BLOB NOT NULL CHECK (length(key) = 32),
            PRIMARY KEY (device, key)
        ) STRICT, WITHOUT ROWID
        """,
        // When operations were journaled last.
        "ALTER TABLE device ADD COLUMN operations_at TEXT",
        // None of its operations is known in this epoch: what the next reading shows is history, most of it.
        "ALTER TABLE device ADD COLUMN operations_anew INTEGER NOT NULL DEFAULT 1",
        // So many records were all read and receipted, and a person is about to clear them.
        "ALTER TABLE device ADD COLUMN clearing INTEGER",
        // What commands and the daemon did: the device's own log tells of it, too.
        """
        CREATE TABLE own_operation (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            device INTEGER NOT NULL REFERENCES device (id),
            what TEXT NOT NULL,
            object TEXT NOT NULL,
            before TEXT,
            after TEXT,
            at TEXT NOT NULL
        ) STRICT
        """,
        // How many records a log had, one row a day (UTC): from it, how fast it fills.
        """
        CREATE TABLE log_count (
            device INTEGER NOT NULL REFERENCES device (id),
            day TEXT NOT NULL,
            count INTEGER NOT NULL,
            PRIMARY KEY (device, day)
        ) STRICT, WITHOUT ROWID
        """,
    ]

    private static let marks = [
        // How far a source that always reads the whole log has seen it; digest: of the log as journaled last.
        """
        CREATE TABLE log_mark (
            device INTEGER NOT NULL REFERENCES device (id),
            source TEXT NOT NULL,
            mark TEXT NOT NULL,
            digest BLOB,
            PRIMARY KEY (device, source)
        ) STRICT, WITHOUT ROWID
        """
    ]

    /// The entries of the current epoch.
    ///
    /// seal: first eight bytes of SHA-256 over seq, hash and body; an integrity check of the file misses most bit
    /// flips, and a checksum without the seq misses flips of it.
    static func makeJournal(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE journal (
                    seq INTEGER PRIMARY KEY CHECK (seq >= 1),
                    body BLOB NOT NULL CHECK (length(body) BETWEEN 2 AND 65536),
                    hash BLOB NOT NULL CHECK (length(hash) = 32),
                    seal INTEGER NOT NULL
                ) STRICT
                """)
        try makeAppendOnly("journal", db)
    }

    /// Puts the entries aside under their epoch's name, as append-only as before, and makes an empty journal.
    static func putJournalAside(of epoch: Epoch, _ db: Database) throws {
        let aside = "journal_\(epoch.text)"
        try db.execute(sql: "DROP TRIGGER journal_is_append_only")
        try db.execute(sql: "ALTER TABLE journal RENAME TO \(aside)")
        try makeAppendOnly(aside, db)
        try makeJournal(db)
    }

    private static func makeAppendOnly(_ table: String, _ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TRIGGER \(table)_is_append_only BEFORE UPDATE ON \(table)
                BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END
                """)
    }

    private static let first = [
        // One row: the epoch of this file.
        """
        CREATE TABLE epoch (
            only INTEGER PRIMARY KEY CHECK (only = 1),
            epoch TEXT NOT NULL CHECK (length(epoch) = 32),
            acked_seq INTEGER NOT NULL DEFAULT 0 CHECK (acked_seq >= 0)
        ) STRICT
        """,
        """
        CREATE TABLE device (
            id INTEGER PRIMARY KEY,
            serial TEXT NOT NULL UNIQUE,
            cursor TEXT,
            covered_to TEXT
        ) STRICT
        """,
        // The serial that first answered for a device stanza without one: from then on no other is accepted.
        """
        CREATE TABLE first_serial (
            name TEXT PRIMARY KEY,
            serial TEXT NOT NULL
        ) STRICT
        """,
        // rank: the best source the punch was journaled from, 0 for a poll.
        """
        CREATE TABLE seen (
            device INTEGER NOT NULL REFERENCES device (id),
            key BLOB NOT NULL CHECK (length(key) = 32),
            rank INTEGER NOT NULL,
            PRIMARY KEY (device, key)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE index_join (
            device INTEGER NOT NULL REFERENCES device (id),
            user_index INTEGER NOT NULL,
            time INTEGER NOT NULL,
            user_id BLOB NOT NULL,
            PRIMARY KEY (device, user_index, time)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE quarantined (
            seq INTEGER PRIMARY KEY,
            reason TEXT NOT NULL
        ) STRICT
        """,
        // When entries were acknowledged, one row a receipt: retention counts from it.
        """
        CREATE TABLE acknowledgement (
            seq INTEGER PRIMARY KEY,
            at TEXT NOT NULL
        ) STRICT
        """,
    ]
}

extension DatabaseMigrator {
    /// Registers a migration; each is a transaction of its own.
    fileprivate mutating func step(_ name: String, migrate: @escaping @Sendable (Database) throws -> Void) {
        registerMigration(name) { db in
            FailPoint.reach("edge.migration.begun")
            try migrate(db)
            FailPoint.reach("edge.migration.before_commit")
        }
    }
}
