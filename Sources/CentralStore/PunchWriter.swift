import Attendance
import AttendanceRules
import Foundation
import GRDB
import SQLiteRows

/// Stores observations and keeps each punch's attributes those of the best of them.
struct PunchWriter {
    private let db: Database
    private let find: Statement
    private let insert: RowStatement
    private let improve: Statement
    private let observe: RowStatement

    init(_ db: Database, node: Int64, receivedAt: Int64) throws {
        self.db = db
        find = try db.cachedStatement(
            sql: "SELECT id, verify, state, work_code, source, raw, flags, file, file_by FROM punches WHERE key = ?")
        insert = try RowStatement(
            db,
            """
            INSERT INTO punches (key, device_id, user_id, device_time, occurrence, verify, state, work_code, source,
                raw, flags, node_id, received_at, file, file_by)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (key) DO NOTHING
            """)
        improve = try db.cachedStatement(
            sql: """
                UPDATE punches SET verify = ?, state = ?, work_code = ?, source = ?, raw = ?, flags = ?, file = ?,
                    file_by = ? WHERE id = ?
                """)
        observe = try RowStatement(db, "INSERT INTO observations (epoch_id, seq, punch_id) VALUES (?, ?, ?)")
        try insert.bind(node, at: 12)
        try insert.bind(receivedAt, at: 13)
    }

    /// - Returns: whether it counts from now on: it was never seen before, or only in files.
    func store(_ punch: Punch, _ punchKey: PunchKey, device: Int64, epoch: Int64, seq: Int64) throws -> Bool {
        let key = punchKey.bytes
        let attributes = PunchAttributes(punch)
        let counts: Bool
        let id: Int64
        if let new = try insert(punch, key, attributes, device) {
            id = new
            counts = !attributes.isUnconfirmed
        } else {
            let before = try known(key)
            id = before.id
            counts = before.attributes.isUnconfirmed && !attributes.isUnconfirmed
            if attributes.isBetter(than: before.attributes) { try improve(id, attributes) }
            if counts, let (day, _) = DeviceMoments.parts(punch.deviceTime.text) {
                // It keeps its id, which workdays have been computed up to.
                let date = CivilDate(dayNumber: day)
                try WorkQueue.add(
                    device: device, user: punch.userID, DateSpan(from: date, to: date), .scan, in: db)
            }
        }
        try observe.bind(epoch, at: 1)
        try observe.bind(seq, at: 2)
        try observe.bind(id, at: 3)
        try observe.run()
        return counts
    }

    /// - Returns: the row of a punch never seen before; `nil` for one that is here.
    private func insert(
        _ punch: Punch, _ key: [UInt8], _ attributes: PunchAttributes, _ device: Int64
    ) throws -> Int64? {
        try insert.bind(key, at: 1)
        try insert.bind(device, at: 2)
        try insert.bind(punch.userID.bytes, at: 3)
        try insert.bind(punch.deviceTime.text, at: 4)
        try insert.bind(punch.occurrence, at: 5)
        try insert.bind(attributes.verify, at: 6)
        try insert.bind(attributes.state, at: 7)
        try insert.bind(attributes.workCode, at: 8)
        try insert.bind(attributes.source.rawValue, at: 9)
        try insert.bind(attributes.raw, at: 10)
        try insert.bind(attributes.flagText, at: 11)
        try insert.bind(attributes.file?.sha256, at: 14)
        try insert.bind(attributes.file?.by, at: 15)
        return try insert.run() ? db.lastInsertedRowID : nil
    }

    /// The row of a punch that is here.
    private func known(_ key: [UInt8]) throws -> (id: Int64, attributes: PunchAttributes) {
        guard let row = try Row.fetchOne(find, arguments: [Data(key)]) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the index of punches is not that of its rows")
        }
        return (row["id"], try PunchAttributes(row))
    }

    private func improve(_ id: Int64, _ attributes: PunchAttributes) throws {
        try improve.execute(arguments: [
            attributes.verify, attributes.state, attributes.workCode, attributes.source.rawValue,
            Data(attributes.raw), attributes.flagText, attributes.file?.sha256, attributes.file?.by, id,
        ])
    }
}

/// Which unit may speak for a device, and what is known of it.
struct DeviceRegister {
    let db: Database
    let unit: Int64
    /// When this batch came.
    let claimedAt: Int64
    private struct Asked: Hashable {
        let serial: DeviceSerial
        let isFile: Bool
    }

    private var known: [Asked: Int64?] = [:]

    init(db: Database, unit: Int64, claimedAt: Int64) {
        self.db = db
        self.unit = unit
        self.claimedAt = claimedAt
    }

    /// The device's row, claimed for the unit where no unit has it; `nil` where it is another unit's.
    ///
    /// A file proves nothing: what only files claimed belongs to the first unit whose node has read the device itself,
    /// or a serial mistyped in one office would put the scans of another into quarantine.
    ///
    /// - Parameter isFile: what claims it came from a file.
    mutating func claim(_ serial: DeviceSerial, byFile isFile: Bool) throws -> Int64? {
        let asked = Asked(serial: serial, isFile: isFile)
        if let known = known[asked] { return known }
        try db.execute(
            sql: """
                INSERT INTO devices (serial, unit_id, claimed_at, claimed_by_file) VALUES (?, ?, ?, ?)
                ON CONFLICT (serial) DO NOTHING
                """, arguments: [serial.text, unit, claimedAt, isFile])
        if !isFile {
            try db.execute(
                sql: """
                    UPDATE devices SET unit_id = ?, claimed_at = ?, claimed_by_file = 0
                    WHERE serial = ? AND claimed_by_file = 1
                    """, arguments: [unit, claimedAt, serial.text])
        }
        let device = try Int64.fetchOne(
            db, sql: "SELECT id FROM devices WHERE serial = ? AND unit_id = ?", arguments: [serial.text, unit])
        known[asked] = .some(device)
        return device
    }

    /// Keeps what the device says of itself where nothing later has said it, and its zone from this moment on.
    ///
    /// Entries come late where a gap is filled, so neither may hang on the order of arrival: of facts the latest
    /// counts, and a zone that was in force already is noted once more, because an earlier one may still come between.
    func learn(_ facts: DeviceFacts, device: Int64, at moment: Int64) throws {
        // An edge whose clock ran ahead must not have the last word until that day comes.
        let told = min(moment, claimedAt)
        try db.execute(
            sql: """
                UPDATE devices SET name = ?, model = ?, platform = ?, firmware = ?, capacity = ?, facts_at = ?
                WHERE id = ? AND facts_at <= ?
                """,
            arguments: [
                facts.name, facts.model, facts.platform, facts.firmware, facts.capacity, told, device, told,
            ])
        let before = try String.fetchOne(db, sql: Self.zoneInForce, arguments: [device, moment])
        let isFirst =
            try Bool.fetchOne(
                db, sql: "SELECT NOT EXISTS (SELECT 1 FROM device_zones WHERE device_id = ? AND from_at <= ?)",
                arguments: [device, moment]) ?? true
        try db.execute(
            sql: """
                INSERT INTO device_zones (device_id, timezone, from_at) SELECT ?1, ?2, ?3 WHERE NOT EXISTS
                    (SELECT 1 FROM device_zones WHERE device_id = ?1 AND timezone = ?2 AND from_at = ?3)
                """, arguments: [device, facts.timezone, moment])
        guard before != facts.timezone else { return }
        // The first row is in force before its moment, too.
        let from = isFirst ? CivilDate.first : DateSpan.date(moment, hours: -15)
        try WorkQueue.add(device: device, DateSpan(from: from), .zone, in: db)
    }

    /// At a moment: the last that began before it; before the first row, the first.
    private static let zoneInForce = """
        SELECT timezone FROM (
            SELECT timezone, 0 AS rank, -from_at AS place, -id AS tie FROM device_zones
                WHERE device_id = ?1 AND from_at <= ?2
            UNION ALL
            SELECT timezone, 1, from_at, id FROM device_zones WHERE device_id = ?1 AND from_at > ?2
        ) ORDER BY rank, place, tie LIMIT 1
        """
}
