extension Schema {
    /// Derived rows, what waits to be computed, and the months that are closed.
    ///
    /// Punches need no queue: `recompute_state.punch_id` says how far they have been looked at. Rows come into the queue
    /// in the transaction of what they follow from.
    static let workdays = """
        CREATE INDEX punches_by_time ON punches (device_id, device_time);
        CREATE TABLE clock_readings (
            device_id INTEGER NOT NULL REFERENCES devices (id),
            epoch_id INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            at INTEGER NOT NULL,
            clock_offset INTEGER,
            PRIMARY KEY (device_id, at, epoch_id, seq)
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
            punch_id INTEGER NOT NULL
        ) STRICT;
        INSERT INTO recompute_state (id, punch_id) VALUES (1, 0);
        """
}
