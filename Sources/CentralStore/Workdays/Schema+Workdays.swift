extension Schema {
    /// Derived rows, what waits to be computed, and the months that are closed.
    ///
    /// Punches need no queue: `recompute_state.punch_id` says how far they have been looked at. Rows come into the queue
    /// in the transaction of what they follow from. `first_day` and `last_day` are NULL until anything is computed.
    static let workdays = """
        CREATE INDEX punches_by_time ON punches (device_id, device_time);
        CREATE INDEX coverage_long ON coverage (device_id, until_at) WHERE until_at - from_at > 86400000;
        CREATE TABLE clock_readings (
            device_id INTEGER NOT NULL REFERENCES devices (id),
            epoch_id INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            at INTEGER NOT NULL,
            clock_offset INTEGER,
            PRIMARY KEY (device_id, at, epoch_id, seq)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE clock_faults (
            device_id INTEGER NOT NULL REFERENCES devices (id),
            shown_to INTEGER NOT NULL,
            shown_from INTEGER NOT NULL,
            clock_offset INTEGER NOT NULL,
            PRIMARY KEY (device_id, shown_to, shown_from, clock_offset)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE recompute_queue (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            scope TEXT NOT NULL,
            employee_id INTEGER,
            device_id INTEGER,
            user_id BLOB,
            unit_id INTEGER,
            schedule_group TEXT,
            from_day INTEGER NOT NULL,
            to_day INTEGER,
            why TEXT NOT NULL
        ) STRICT;
        CREATE TABLE recompute_state (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            punch_id INTEGER NOT NULL,
            first_day INTEGER,
            last_day INTEGER CHECK ((first_day IS NULL) = (last_day IS NULL))
        ) STRICT;
        INSERT INTO recompute_state (id, punch_id) VALUES (1, 0);
        CREATE TABLE workdays (\(workdayColumns)) STRICT, WITHOUT ROWID;
        CREATE TABLE closed_workdays (\(workdayColumns)) STRICT, WITHOUT ROWID;
        CREATE TABLE workday_changes (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            employee_id INTEGER NOT NULL,
            day INTEGER NOT NULL,
            at INTEGER NOT NULL,
            why TEXT NOT NULL,
            before TEXT,
            after TEXT NOT NULL
        ) STRICT;
        CREATE INDEX workday_changes_by_day ON workday_changes (employee_id, day);
        CREATE TABLE closings (
            month INTEGER NOT NULL,
            unit_id INTEGER NOT NULL REFERENCES units (id),
            by_name TEXT NOT NULL,
            by_role TEXT NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (month, unit_id)
        ) STRICT, WITHOUT ROWID;
        """

    /// As `WorkdayRow` reads and writes them. `mark` is a hash of what the workday says: whether two rows say the same is
    /// known without reading them.
    private static let workdayColumns = """
        employee_id INTEGER NOT NULL,
        day INTEGER NOT NULL,
        unit_id INTEGER,
        mark INTEGER NOT NULL,
        status TEXT NOT NULL,
        deduction INTEGER NOT NULL,
        flags INTEGER NOT NULL,
        rules TEXT,
        rules_digest TEXT,
        in_state TEXT NOT NULL,
        in_at INTEGER,
        in_key BLOB,
        in_sheet INTEGER,
        in_correction INTEGER,
        in_minutes INTEGER NOT NULL,
        in_band TEXT,
        in_excused INTEGER NOT NULL,
        out_state TEXT NOT NULL,
        out_at INTEGER,
        out_key BLOB,
        out_sheet INTEGER,
        out_correction INTEGER,
        out_minutes INTEGER NOT NULL,
        out_band TEXT,
        out_excused INTEGER NOT NULL,
        PRIMARY KEY (employee_id, day)
        """
}
