extension Schema {
    /// `content` is `Statement.Content` as JSON; the columns beside it are what is searched by. A sheet's lines stand
    /// in `statement_employees`, too.
    static let statements = """
        CREATE TABLE statements (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL,
            unit_id INTEGER REFERENCES units (id),
            device_id INTEGER REFERENCES devices (id),
            file TEXT,
            from_day INTEGER,
            to_day INTEGER,
            content TEXT NOT NULL,
            document TEXT NOT NULL,
            reason TEXT NOT NULL,
            by_name TEXT NOT NULL,
            by_role TEXT NOT NULL,
            at INTEGER NOT NULL,
            withdrawn_at INTEGER,
            withdrawn_by_name TEXT,
            withdrawn_by_role TEXT,
            withdrawn_reason TEXT
        ) STRICT;
        CREATE TABLE statement_employees (
            employee_id INTEGER NOT NULL REFERENCES employees (id),
            from_day INTEGER NOT NULL,
            to_day INTEGER,
            statement_id INTEGER NOT NULL REFERENCES statements (id),
            PRIMARY KEY (employee_id, from_day, statement_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX statements_by_device ON statements (device_id) WHERE device_id IS NOT NULL;
        CREATE INDEX statements_by_file ON statements (file) WHERE file IS NOT NULL;
        CREATE TRIGGER statements_no_delete BEFORE DELETE ON statements
        BEGIN SELECT RAISE(ABORT, 'statements are kept'); END;
        CREATE TRIGGER statements_same_statement
        BEFORE UPDATE OF id, kind, unit_id, device_id, file, from_day, to_day, content, document, reason, by_name, by_role,
            at ON statements
        BEGIN SELECT RAISE(ABORT, 'a statement stays what it is'); END;
        """
}
