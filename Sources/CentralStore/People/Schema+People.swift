extension Schema {
    /// People, units and whose which user id is. Days are `CivilDate.dayNumber`; a `to_day` that is NULL has no end.
    ///
    /// A link whose `to_day` is before its `from_day` was taken back: it never was, and its row is kept. `covered_from`
    /// of a device is the first moment that any coverage of it speaks of.
    static let government = """
        ALTER TABLE units ADD COLUMN code TEXT;
        ALTER TABLE units ADD COLUMN kind TEXT NOT NULL DEFAULT 'lainnya';
        ALTER TABLE units ADD COLUMN parent_id INTEGER REFERENCES units (id);
        ALTER TABLE units ADD COLUMN timezone TEXT;
        ALTER TABLE devices ADD COLUMN covered_from INTEGER;
        CREATE INDEX units_by_parent ON units (parent_id) WHERE parent_id IS NOT NULL;
        CREATE UNIQUE INDEX units_by_code ON units (code) WHERE code IS NOT NULL;
        ALTER TABLE centre ADD COLUMN people_revision INTEGER NOT NULL DEFAULT 0;
        CREATE TABLE employees (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            created_at INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE employments (
            id INTEGER PRIMARY KEY,
            employee_id INTEGER NOT NULL REFERENCES employees (id),
            number TEXT NOT NULL,
            kind TEXT NOT NULL,
            from_day INTEGER NOT NULL,
            to_day INTEGER CHECK (to_day >= from_day)
        ) STRICT;
        CREATE INDEX employments_by_employee ON employments (employee_id, from_day);
        CREATE INDEX employments_by_number ON employments (number);
        CREATE TABLE placements (
            id INTEGER PRIMARY KEY,
            employee_id INTEGER NOT NULL REFERENCES employees (id),
            unit_id INTEGER NOT NULL REFERENCES units (id),
            post TEXT NOT NULL,
            superior_id INTEGER REFERENCES employees (id),
            schedule_group TEXT NOT NULL,
            from_day INTEGER NOT NULL,
            to_day INTEGER CHECK (to_day >= from_day)
        ) STRICT;
        CREATE INDEX placements_by_employee ON placements (employee_id, from_day);
        CREATE INDEX placements_by_unit ON placements (unit_id);
        CREATE TABLE unit_heads (
            id INTEGER PRIMARY KEY,
            unit_id INTEGER NOT NULL REFERENCES units (id),
            employee_id INTEGER NOT NULL REFERENCES employees (id),
            capacity TEXT NOT NULL,
            document TEXT NOT NULL,
            from_day INTEGER NOT NULL,
            to_day INTEGER CHECK (to_day >= from_day)
        ) STRICT;
        CREATE TABLE identity_links (
            id INTEGER PRIMARY KEY,
            unit_id INTEGER REFERENCES units (id),
            device_id INTEGER REFERENCES devices (id),
            user_id BLOB NOT NULL,
            employee_id INTEGER NOT NULL REFERENCES employees (id),
            from_day INTEGER NOT NULL,
            to_day INTEGER,
            document TEXT NOT NULL,
            made_at INTEGER NOT NULL,
            CHECK ((unit_id IS NULL) <> (device_id IS NULL))
        ) STRICT;
        CREATE TRIGGER employees_no_delete BEFORE DELETE ON employees
        BEGIN SELECT RAISE(ABORT, 'employees are kept'); END;
        CREATE INDEX unit_heads_by_unit ON unit_heads (unit_id, capacity, from_day);
        CREATE INDEX identity_links_by_user_id ON identity_links (user_id);
        CREATE INDEX identity_links_by_employee ON identity_links (employee_id);
        CREATE TRIGGER identity_links_no_delete BEFORE DELETE ON identity_links
        BEGIN SELECT RAISE(ABORT, 'links are ended, and kept'); END;
        CREATE TRIGGER identity_links_same_link
        BEFORE UPDATE OF id, unit_id, device_id, user_id, employee_id, document, made_at ON identity_links
        BEGIN SELECT RAISE(ABORT, 'a link stays what it is'); END;
        CREATE TABLE device_service (
            device_id INTEGER PRIMARY KEY REFERENCES devices (id),
            from_day INTEGER NOT NULL,
            to_day INTEGER CHECK (to_day >= from_day),
            document TEXT NOT NULL
        ) STRICT;
        CREATE TABLE acts (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at INTEGER NOT NULL,
            by_name TEXT NOT NULL,
            by_role TEXT NOT NULL,
            what TEXT NOT NULL,
            detail TEXT NOT NULL
        ) STRICT;
        """

    /// Whom devices know by which user id: derived from entries, kept with them.
    static let deviceUsers = """
        CREATE TABLE device_users (
            device_id INTEGER NOT NULL REFERENCES devices (id),
            user_id BLOB NOT NULL,
            name TEXT,
            named_epoch INTEGER,
            named_seq INTEGER,
            first_time TEXT,
            last_time TEXT,
            scans INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (device_id, user_id)
        ) STRICT, WITHOUT ROWID;
        """
}
