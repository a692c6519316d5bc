extension Schema {
    /// `content` is `Attestation.Content` as JSON; the columns beside it are what is searched by. A sheet's lines stand
    /// in `attestation_employees`, too. `digest` is the SHA-256 of content and document. Days of coverage are those of
    /// UTC and one more at each end, because the date on a wall may be another one.
    static let attestations = """
        CREATE TABLE attestations (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL,
            unit_id INTEGER REFERENCES units (id),
            device_id INTEGER REFERENCES devices (id),
            file TEXT,
            from_day INTEGER,
            to_day INTEGER,
            content TEXT NOT NULL,
            document TEXT NOT NULL,
            digest BLOB NOT NULL CHECK (length(digest) = 32),
            reason TEXT NOT NULL,
            by_name TEXT NOT NULL,
            by_role TEXT NOT NULL,
            at INTEGER NOT NULL,
            withdrawn_at INTEGER,
            withdrawn_by_name TEXT,
            withdrawn_by_role TEXT,
            withdrawn_reason TEXT,
            CHECK ((withdrawn_at IS NULL) = (withdrawn_by_name IS NULL)
                AND (withdrawn_at IS NULL) = (withdrawn_by_role IS NULL)
                AND (withdrawn_at IS NULL) = (withdrawn_reason IS NULL))
        ) STRICT;
        CREATE TABLE attestation_employees (
            employee_id INTEGER NOT NULL REFERENCES employees (id),
            from_day INTEGER NOT NULL,
            to_day INTEGER,
            attestation_id INTEGER NOT NULL REFERENCES attestations (id),
            PRIMARY KEY (employee_id, from_day, attestation_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX attestations_by_device ON attestations (device_id) WHERE device_id IS NOT NULL;
        CREATE INDEX attestation_employees_by_attestation ON attestation_employees (attestation_id);
        CREATE INDEX attestations_by_digest ON attestations (digest);
        CREATE INDEX attestations_by_day ON attestations (from_day);
        CREATE INDEX punches_by_file ON punches (file) WHERE file IS NOT NULL;
        CREATE INDEX attestations_by_file ON attestations (file) WHERE file IS NOT NULL;
        CREATE TRIGGER attestations_no_delete BEFORE DELETE ON attestations
        BEGIN SELECT RAISE(ABORT, 'attestations are kept'); END;
        CREATE TRIGGER attestations_same
        BEFORE UPDATE OF id, kind, unit_id, device_id, file, from_day, to_day, content, document, digest, reason, by_name,
            by_role, at ON attestations
        BEGIN SELECT RAISE(ABORT, 'an attestation stays what it is'); END;
        CREATE TRIGGER attestations_withdrawn_once BEFORE UPDATE ON attestations WHEN OLD.withdrawn_at IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'an attestation is withdrawn once'); END;
        """
}
