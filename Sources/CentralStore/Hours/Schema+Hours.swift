extension Schema {
    static let hours = """
        CREATE TABLE hours_texts (
            id INTEGER PRIMARY KEY,
            kind TEXT NOT NULL,
            name TEXT NOT NULL,
            text TEXT NOT NULL,
            digest TEXT NOT NULL,
            from_day INTEGER NOT NULL,
            to_day INTEGER,
            added_at INTEGER NOT NULL,
            by_name TEXT NOT NULL,
            by_role TEXT NOT NULL
        ) STRICT;
        CREATE INDEX hours_texts_by_name ON hours_texts (kind, name, id);
        CREATE TABLE group_schedules (
            id INTEGER PRIMARY KEY,
            schedule_group TEXT NOT NULL,
            schedule TEXT NOT NULL,
            from_day INTEGER NOT NULL,
            to_day INTEGER CHECK (to_day >= from_day),
            is_override INTEGER NOT NULL,
            document TEXT NOT NULL,
            UNIQUE (schedule_group, schedule, from_day)
        ) STRICT;
        CREATE TABLE calendar_days (
            day INTEGER NOT NULL,
            kind TEXT NOT NULL,
            name TEXT NOT NULL,
            citation TEXT NOT NULL,
            groups TEXT NOT NULL,
            PRIMARY KEY (day, kind)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE rosters (
            employee_id INTEGER NOT NULL REFERENCES employees (id),
            day INTEGER NOT NULL,
            shift TEXT,
            PRIMARY KEY (employee_id, day)
        ) STRICT, WITHOUT ROWID;
        """
}
