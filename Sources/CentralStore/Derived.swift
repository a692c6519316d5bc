import Attendance
import Foundation
import GRDB
import SQLiteRows

/// Counts of punches, all of them and by device, date and hour, and of entries in quarantine; written once for a
/// whole run.
///
/// Those that only files told of wait until a device shows them (docs/decisions/0025): they are added then. By hour,
/// punches of no user and those without a date are kept but not counted (design, section 4).
struct ScanTally {
    private struct Hour: Hashable {
        let device: Int64
        let date: Substring
        let hour: Substring
    }

    private var counts: [Hour: Int] = [:]
    private var punches = 0
    private var quarantined = 0

    mutating func add(_ punch: Punch, device: Int64) {
        punches += 1
        let text = punch.deviceTime.text
        // Hex of a raw field has no `T`; a date has it at its eleventh place.
        guard !punch.flags.contains(.noUser), let mark = text.firstIndex(of: "T") else { return }
        let date = text[..<mark]
        counts[Hour(device: device, date: date, hour: text[mark...].dropFirst().prefix(2)), default: 0] += 1
    }

    mutating func addQuarantined() { quarantined += 1 }

    func write(_ db: Database) throws {
        guard punches + quarantined > 0 else { return }
        try db.execute(
            sql: "UPDATE counts SET punches = punches + ?, quarantined = quarantined + ?",
            arguments: [punches, quarantined])
        let add = try RowStatement(
            db,
            """
            INSERT INTO scan_hours (date, hour, device_id, scans) VALUES (?, ?, ?, ?)
            ON CONFLICT (date, hour, device_id) DO UPDATE SET scans = scans + excluded.scans
            """)
        for (hour, count) in counts {
            try add.bind(String(hour.date), at: 1)
            try add.bind(Int64(hour.hour) ?? 0, at: 2)
            try add.bind(hour.device, at: 3)
            try add.bind(count, at: 4)
            try add.run()
        }
    }
}

/// Keeps coverage and alarms beside their entries, so that nobody has to read bodies to find them.
struct NoteWriter {
    let db: Database
    let node: Int64
    let epoch: Int64
    let receivedAt: Int64
    /// Not in the migration that came before there were workdays.
    var followsWorkdays = true

    /// Kinds of alarms kept of one node: many times what one can have, and an end to what one can make up.
    static let mostAlarms = 500

    func note(_ coverage: Coverage, device: Int64, seq: Int64) throws {
        let until = coverage.holes.map(\.to).reduce(coverage.to, max)
        let holes = coverage.holes.map(StoredHole.init)
        try db.cachedStatement(
            sql: """
                INSERT INTO coverage (epoch_id, seq, device_id, from_at, to_at, until_at, received_at, source, holes)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            epoch, seq, device, coverage.from.milliseconds, coverage.to.milliseconds, until.milliseconds, receivedAt,
            coverage.source.rawValue, try SQLiteCentralStore.encode(holes),
        ])
        guard followsWorkdays else { return }
        try ClockFaults.note(holes, device: device, in: db)
    }

    /// Of alarms with one code about one device, the last in the journal is kept: also where a gap is filled later.
    func note(_ alarm: Alarm, at moment: Date, seq: Int64) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO alarms (node_id, code, serial, epoch_id, seq, at, received_at, text)
                SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
                WHERE (SELECT count(*) FROM alarms WHERE node_id = ?1) < \(Self.mostAlarms)
                    OR EXISTS (SELECT 1 FROM alarms WHERE node_id = ?1 AND code = ?2 AND serial = ?3)
                ON CONFLICT (node_id, code, serial) DO UPDATE SET epoch_id = excluded.epoch_id, seq = excluded.seq,
                    at = excluded.at, received_at = excluded.received_at, text = excluded.text
                WHERE (excluded.epoch_id, excluded.seq) > (epoch_id, seq)
                """
        ).execute(arguments: [
            node, alarm.code, alarm.serial?.text ?? "", epoch, seq, moment.milliseconds, receivedAt, alarm.text,
        ])
    }
}

/// A hole as it stands in a row of `coverage`.
struct StoredHole: Codable {
    let from: Int64
    let to: Int64
    let why: String

    init(_ hole: Coverage.Hole) {
        from = hole.from.milliseconds
        to = hole.to.milliseconds
        why = hole.why
    }

    var hole: Coverage.Hole { .init(from: Date(milliseconds: from), to: Date(milliseconds: to), why: why) }
}

extension Schema {
    /// What can be made again from `entries` and `punches`; here so that pages need not read all of them.
    static let derived = """
        CREATE TABLE coverage (
            epoch_id INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            device_id INTEGER NOT NULL REFERENCES devices (id),
            from_at INTEGER NOT NULL,
            to_at INTEGER NOT NULL,
            until_at INTEGER NOT NULL,
            received_at INTEGER NOT NULL,
            source TEXT NOT NULL,
            holes TEXT NOT NULL,
            PRIMARY KEY (epoch_id, seq),
            FOREIGN KEY (epoch_id, seq) REFERENCES entries (epoch_id, seq)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX coverage_by_device ON coverage (device_id, until_at);
        CREATE TABLE alarms (
            node_id INTEGER NOT NULL REFERENCES nodes (id),
            code TEXT NOT NULL,
            serial TEXT NOT NULL,
            epoch_id INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            at INTEGER NOT NULL,
            received_at INTEGER NOT NULL,
            text TEXT NOT NULL,
            PRIMARY KEY (node_id, code, serial),
            FOREIGN KEY (epoch_id, seq) REFERENCES entries (epoch_id, seq)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE scan_hours (
            date TEXT NOT NULL,
            hour INTEGER NOT NULL,
            device_id INTEGER NOT NULL REFERENCES devices (id),
            scans INTEGER NOT NULL,
            PRIMARY KEY (date, hour, device_id)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE counts (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            punches INTEGER NOT NULL,
            quarantined INTEGER NOT NULL
        ) STRICT;
        INSERT INTO counts (id, punches, quarantined) VALUES (1, 0, 0);
        """

    /// When an entry in quarantine came, and an index to find the newest.
    static let quarantineArrival = """
        DROP TRIGGER quarantine_no_update;
        ALTER TABLE quarantine ADD COLUMN received_at INTEGER NOT NULL DEFAULT 0;
        UPDATE quarantine SET received_at = (SELECT received_at FROM entries
            WHERE entries.epoch_id = quarantine.epoch_id AND entries.seq = quarantine.seq);
        CREATE INDEX quarantine_by_arrival ON quarantine (received_at);
        CREATE TRIGGER quarantine_no_update BEFORE UPDATE ON quarantine
        BEGIN SELECT RAISE(ABORT, 'quarantine is append-only'); END;
        """

    /// The file of a punch that nothing but files told of, and who brought it. Such punches are not counted.
    static let files = """
        ALTER TABLE punches ADD COLUMN file TEXT;
        ALTER TABLE punches ADD COLUMN file_by TEXT;
        ALTER TABLE devices ADD COLUMN claimed_by_file INTEGER NOT NULL DEFAULT 0;
        UPDATE counts SET punches = (SELECT count(*) FROM punches WHERE source <> 'stick');
        UPDATE scan_hours SET scans = scans - (SELECT count(*) FROM punches
            WHERE source = 'stick' AND punches.device_id = scan_hours.device_id AND instr(flags, 'no_user') = 0
                AND substr(device_time, 1, 11) = scan_hours.date || 'T'
                AND CAST(substr(device_time, 12, 2) AS INTEGER) = scan_hours.hour)
        WHERE EXISTS (SELECT 1 FROM punches WHERE source = 'stick');
        """

    /// Fills the derived tables from what a centre of an earlier version has.
    static func derive(_ db: Database) throws {
        try db.execute(
            sql:
                "UPDATE counts SET punches = (SELECT count(*) FROM punches), quarantined = (SELECT count(*) FROM quarantine)"
        )
        try db.execute(
            sql: """
                INSERT INTO scan_hours (date, hour, device_id, scans)
                SELECT substr(device_time, 1, 10), CAST(substr(device_time, 12, 2) AS INTEGER), device_id, count(*)
                FROM punches WHERE substr(device_time, 11, 1) = 'T' AND instr(flags, 'no_user') = 0
                GROUP BY 1, 2, 3
                """)
        // Bodies are whatever nodes sent: the two words only choose which are worth reading.
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT entries.epoch_id, entries.seq, body, entries.received_at, nodes.unit_id, nodes.id AS node_id
                FROM entries JOIN epochs ON epochs.id = entries.epoch_id JOIN nodes ON nodes.id = epochs.node_id
                WHERE (instr(body, CAST('"coverage"' AS BLOB)) > 0 OR instr(body, CAST('"alarm"' AS BLOB)) > 0)
                    AND NOT EXISTS (SELECT 1 FROM quarantine
                        WHERE quarantine.epoch_id = entries.epoch_id AND quarantine.seq = entries.seq)
                """)
        while let row = try rows.next() {
            guard let (body, at) = try? EntryBody.decode(Array(row["body"] as Data)) else { continue }
            let notes = NoteWriter(
                db: db, node: row["node_id"], epoch: row["epoch_id"], receivedAt: row["received_at"],
                followsWorkdays: false)
            switch body {
            case .alarm(let alarm): try notes.note(alarm, at: at, seq: row["seq"])
            case .coverage(let coverage):
                let device = try Int64.fetchOne(
                    db, sql: "SELECT id FROM devices WHERE serial = ? AND unit_id = ?",
                    arguments: [coverage.serial.text, row["unit_id"] as Int64])
                if let device { try notes.note(coverage, device: device, seq: row["seq"]) }
            default: continue
            }
        }
    }
}
