import FailPoints
import GRDB

/// The centre's tables. A migration that has been released is never edited; the next one is added below it.
///
/// Times are milliseconds since 1970 UTC; hashes and keys are 32 raw bytes.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.step("1 nodes, entries, punches") { db in
            try db.execute(sql: people)
            try db.execute(sql: journal)
            try db.execute(sql: punches)
            for guarded in appendOnly { try db.execute(sql: guardSQL(guarded)) }
            try db.execute(sql: punchGuard)
        }
        migrator.step("2 gaps") { db in
            try db.execute(sql: gaps)
            try db.execute(sql: guardSQL("gaps"))
        }
        migrator.step("3 orders") { db in try db.execute(sql: orders) }
        migrator.step("4 signing key of a code") { db in
            // Absent in codes of a centre that has had only one signing key.
            try db.execute(sql: "ALTER TABLE enrolment_codes ADD COLUMN centre_fingerprint BLOB")
        }
        migrator.step("5 forks, revocations in force") { db in
            try db.execute(sql: forks)
            try db.execute(sql: guardSQL("forks"))
            try db.execute(sql: "ALTER TABLE nodes ADD COLUMN revocation_met_at INTEGER")
        }
        migrator.step("6 age of a device's facts, last batch of a node") { db in
            try db.execute(
                sql: """
                    ALTER TABLE devices ADD COLUMN facts_at INTEGER NOT NULL DEFAULT \(Int64.min + 1);
                    ALTER TABLE node_status ADD COLUMN last_batch TEXT;
                    """)
        }
        migrator.step("7 accounts") { db in try db.execute(sql: accounts) }
        migrator.step("8 coverage, alarms and counts beside the entries") { db in
            try db.execute(sql: derived)
            try db.execute(sql: guardSQL("coverage"))
            try db.execute(sql: quarantineArrival)
            try derive(db)
        }
        migrator.step("9 proof of writing") { db in
            // A value set to itself dirties no page, and the disk is never asked.
            try db.execute(sql: "ALTER TABLE centre ADD COLUMN proofs INTEGER NOT NULL DEFAULT 0")
        }
        migrator.step("10 which file brought a punch") { db in try db.execute(sql: files) }
        migrator.step("11 people, hours, attestations") { db in
            for sql in [government, deviceUsers, hours, attestations] { try db.execute(sql: sql) }
            try fillPeople(db)
            for guarded in ["acts", "hours_texts", "attestation_employees"] { try db.execute(sql: guardSQL(guarded)) }
        }
        migrator.step("12 workdays") { db in
            try db.execute(sql: workdays)
            try db.execute(sql: guardSQL("workday_changes"))
            for guarded in ["closings", "closed_workdays"] { try db.execute(sql: guardSQL(guarded)) }
            try ClockFaults.derive(db)
        }
        migrator.step("13 unit of a token") { db in
            try db.execute(sql: "ALTER TABLE tokens ADD COLUMN unit_id INTEGER REFERENCES units (id)")
        }
        migrator.step("14 units and people of accounts, ends of tokens") { db in
            try db.execute(
                sql: """
                    ALTER TABLE accounts ADD COLUMN unit_id INTEGER REFERENCES units (id);
                    ALTER TABLE accounts ADD COLUMN employee_id INTEGER REFERENCES employees (id);
                    ALTER TABLE accounts ADD COLUMN first_password_ends INTEGER;
                    ALTER TABLE tokens ADD COLUMN ends_at INTEGER;
                    ALTER TABLE tokens ADD COLUMN revoked_at INTEGER;
                    """)
        }
        migrator.step("15 audit log") { db in
            try db.execute(sql: auditLog)
            try chainActs(db)
            for guarded in ["audit_log", "audit_doubts"] { try db.execute(sql: guardSQL(guarded)) }
        }
        migrator.step("16 sums of days") { db in
            try db.execute(sql: DaySums.schema)
            try DaySums.fill(db)
        }
        return migrator
    }

    /// Rows of these, and of `gaps`, `forks` and `coverage`, are written once and never change.
    static let appendOnly = ["epochs", "entries", "observations", "quarantine", "device_zones"]

    private static let people = """
        CREATE TABLE centre (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            tls_pin BLOB
        ) STRICT;
        INSERT INTO centre (id) VALUES (1);
        CREATE TABLE units (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            created_at INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE nodes (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            unit_id INTEGER NOT NULL REFERENCES units (id),
            public_key BLOB NOT NULL CHECK (length(public_key) = 32),
            enrolled_at INTEGER NOT NULL,
            revoked_from INTEGER
        ) STRICT;
        CREATE TABLE node_status (
            node_id INTEGER PRIMARY KEY REFERENCES nodes (id),
            contact_at INTEGER NOT NULL,
            status TEXT
        ) STRICT;
        CREATE TABLE enrolment_codes (
            id TEXT PRIMARY KEY,
            unit_id INTEGER NOT NULL REFERENCES units (id),
            key BLOB CHECK (length(key) = 32),
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            node_id INTEGER REFERENCES nodes (id),
            mac_hash BLOB
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE tokens (
            id INTEGER PRIMARY KEY,
            hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
            role TEXT NOT NULL,
            label TEXT NOT NULL,
            created_at INTEGER NOT NULL
        ) STRICT;
        """

    private static let journal = """
        CREATE TABLE epochs (
            id INTEGER PRIMARY KEY,
            node_id INTEGER NOT NULL REFERENCES nodes (id),
            epoch TEXT NOT NULL,
            number INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            UNIQUE (node_id, epoch),
            UNIQUE (node_id, number)
        ) STRICT;
        CREATE TABLE entries (
            epoch_id INTEGER NOT NULL REFERENCES epochs (id),
            seq INTEGER NOT NULL,
            hash BLOB NOT NULL,
            body BLOB NOT NULL,
            received_at INTEGER NOT NULL,
            PRIMARY KEY (epoch_id, seq)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE quarantine (
            epoch_id INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            reason TEXT NOT NULL,
            PRIMARY KEY (epoch_id, seq),
            FOREIGN KEY (epoch_id, seq) REFERENCES entries (epoch_id, seq)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE devices (
            id INTEGER PRIMARY KEY,
            serial TEXT NOT NULL UNIQUE,
            unit_id INTEGER NOT NULL REFERENCES units (id),
            claimed_at INTEGER NOT NULL,
            name TEXT NOT NULL DEFAULT '',
            model TEXT NOT NULL DEFAULT '',
            platform TEXT NOT NULL DEFAULT '',
            firmware TEXT NOT NULL DEFAULT '',
            capacity INTEGER,
            status TEXT,
            status_at INTEGER
        ) STRICT;
        CREATE TABLE device_zones (
            id INTEGER PRIMARY KEY,
            device_id INTEGER NOT NULL REFERENCES devices (id),
            timezone TEXT NOT NULL,
            from_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX device_zones_by_time ON device_zones (device_id, from_at, id);
        """

    private static let punches = """
        CREATE TABLE punches (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            key BLOB NOT NULL UNIQUE,
            device_id INTEGER NOT NULL REFERENCES devices (id),
            user_id BLOB NOT NULL,
            device_time TEXT NOT NULL,
            occurrence INTEGER NOT NULL,
            node_id INTEGER NOT NULL REFERENCES nodes (id),
            received_at INTEGER NOT NULL,
            verify INTEGER NOT NULL,
            state INTEGER NOT NULL,
            work_code TEXT,
            source TEXT NOT NULL,
            raw BLOB NOT NULL,
            flags TEXT NOT NULL
        ) STRICT;
        CREATE TABLE observations (
            epoch_id INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            punch_id INTEGER NOT NULL REFERENCES punches (id),
            PRIMARY KEY (epoch_id, seq),
            FOREIGN KEY (epoch_id, seq) REFERENCES entries (epoch_id, seq)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX observations_by_punch ON observations (punch_id);
        """

    /// Positions of an epoch that its node no longer had when it sent what follows. `end_hash` is the hash at
    /// `last_seq`, as the entry behind it says. A row counts while no entry stands inside it: where some came
    /// later after all, rows for what is left were added.
    private static let gaps = """
        CREATE TABLE gaps (
            epoch_id INTEGER NOT NULL REFERENCES epochs (id),
            first_seq INTEGER NOT NULL CHECK (first_seq >= 1),
            last_seq INTEGER NOT NULL CHECK (last_seq >= first_seq),
            end_hash BLOB NOT NULL CHECK (length(end_hash) = 32),
            noted_at INTEGER NOT NULL,
            PRIMARY KEY (epoch_id, first_seq, last_seq)
        ) STRICT, WITHOUT ROWID;
        """

    /// What a node said at a position where another hash stands: the first one that differs. Kept as evidence.
    private static let forks = """
        CREATE TABLE forks (
            epoch_id INTEGER NOT NULL REFERENCES epochs (id),
            seq INTEGER NOT NULL,
            hash BLOB NOT NULL CHECK (length(hash) = 32),
            noted_at INTEGER NOT NULL,
            PRIMARY KEY (epoch_id, seq, hash)
        ) STRICT, WITHOUT ROWID;
        """

    private static let orders = """
        CREATE TABLE orders (
            id TEXT PRIMARY KEY,
            node_id INTEGER NOT NULL REFERENCES nodes (id),
            kind TEXT NOT NULL,
            args TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            cancelled_at INTEGER,
            epoch_id INTEGER,
            seq INTEGER,
            result TEXT,
            text TEXT,
            CHECK ((result IS NULL) = (seq IS NULL) AND (result IS NULL) = (epoch_id IS NULL)),
            FOREIGN KEY (epoch_id, seq) REFERENCES entries (epoch_id, seq)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX orders_open ON orders (node_id, created_at) WHERE result IS NULL AND cancelled_at IS NULL;
        CREATE TRIGGER orders_no_delete BEFORE DELETE ON orders
        BEGIN SELECT RAISE(ABORT, 'orders are kept'); END;
        CREATE TRIGGER orders_same_order
        BEFORE UPDATE OF id, node_id, kind, args, created_at, expires_at ON orders
        BEGIN SELECT RAISE(ABORT, 'an order stays what it is'); END;
        """

    /// Accounts are disabled, never deleted: a name means one person for good. Of sessions and browsers only the
    /// SHA-256 of their token is here.
    private static let accounts = """
        CREATE TABLE accounts (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE COLLATE NOCASE,
            role TEXT NOT NULL,
            hash BLOB NOT NULL CHECK (length(hash) = 32),
            salt BLOB NOT NULL CHECK (length(salt) >= 16),
            cost_n INTEGER NOT NULL,
            cost_r INTEGER NOT NULL,
            cost_p INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            password_changed_at INTEGER NOT NULL,
            disabled_at INTEGER
        ) STRICT;
        CREATE TRIGGER accounts_no_delete BEFORE DELETE ON accounts
        BEGIN SELECT RAISE(ABORT, 'accounts are kept'); END;
        CREATE TABLE sessions (
            token_hash BLOB PRIMARY KEY CHECK (length(token_hash) = 32),
            account_id INTEGER NOT NULL REFERENCES accounts (id),
            created_at INTEGER NOT NULL,
            seen_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX sessions_by_account ON sessions (account_id, created_at);
        CREATE TABLE known_browsers (
            account_id INTEGER NOT NULL REFERENCES accounts (id),
            token_hash BLOB NOT NULL CHECK (length(token_hash) = 32),
            created_at INTEGER NOT NULL,
            seen_at INTEGER NOT NULL,
            PRIMARY KEY (account_id, token_hash)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX known_browsers_by_token ON known_browsers (token_hash);
        """

    static func guardSQL(_ table: String) -> String {
        """
        CREATE TRIGGER \(table)_no_update BEFORE UPDATE ON \(table)
        BEGIN SELECT RAISE(ABORT, '\(table) is append-only'); END;
        CREATE TRIGGER \(table)_no_delete BEFORE DELETE ON \(table)
        BEGIN SELECT RAISE(ABORT, '\(table) is append-only'); END;
        """
    }

    /// A better source may change what a punch tells, never what it is.
    private static let punchGuard = """
        CREATE TRIGGER punches_no_delete BEFORE DELETE ON punches
        BEGIN SELECT RAISE(ABORT, 'punches is append-only'); END;
        CREATE TRIGGER punches_same_punch
        BEFORE UPDATE OF id, key, device_id, user_id, device_time, occurrence, node_id, received_at ON punches
        BEGIN SELECT RAISE(ABORT, 'a punch stays what it is'); END;
        """
}

extension DatabaseMigrator {
    /// Registers a migration; each is a transaction of its own.
    fileprivate mutating func step(_ name: String, migrate: @escaping @Sendable (Database) throws -> Void) {
        registerMigration(name) { db in
            FailPoint.reach("centre.migration.begun")
            try migrate(db)
            FailPoint.reach("centre.migration.before_commit")
        }
    }
}
