import Attendance
import FailPoints
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

    /// What became of one more observation.
    enum Outcome {
        /// Never seen before, and counts.
        case new
        /// Never seen before, and only a file tells of it.
        case unconfirmed
        /// Only files told of it, and counts from now on.
        case confirmed
        /// Seen before, and counts no more than it did.
        case again

        var isNew: Bool { self == .new || self == .unconfirmed }
        /// Whether it counts from now on: it was never seen before, or only in files.
        var counts: Bool { self == .new || self == .confirmed }
    }

    func store(_ punch: Punch, _ punchKey: PunchKey, device: Int64, epoch: Int64, seq: Int64) throws -> Outcome {
        let isUnique = !Sabotage.isOn("no_unique_key")
        let key = isUnique ? punchKey.bytes : ChainHash.of(Array(RandomText.hex(bytes: 32).utf8)).bytes
        let attributes = PunchAttributes(punch)
        let outcome: Outcome
        let id: Int64
        if let new = try insert(punch, key, attributes, device) {
            id = new
            outcome = attributes.isUnconfirmed ? .unconfirmed : .new
        } else {
            let before = try known(key)
            id = before.id
            outcome = before.attributes.isUnconfirmed && !attributes.isUnconfirmed ? .confirmed : .again
            if attributes.isBetter(than: before.attributes) { try improve(id, attributes) }
        }
        FailPoint.reach("centre.append.punch_written")
        try observe.bind(epoch, at: 1)
        try observe.bind(seq, at: 2)
        try observe.bind(id, at: 3)
        try observe.run()
        return outcome
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
    /// Devices that the unit has now and did not have before this batch.
    private(set) var claimed: [Int64] = []

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
        var isNew = !isFile && db.changesCount > 0
        if !isFile {
            try db.execute(
                sql: """
                    UPDATE devices SET unit_id = ?, claimed_at = ?, claimed_by_file = 0
                    WHERE serial = ? AND claimed_by_file = 1
                    """, arguments: [unit, claimedAt, serial.text])
            isNew = isNew || db.changesCount > 0
        }
        let isAny = Sabotage.isOn("not_your_device_taken")
        let device = try Int64.fetchOne(
            db, sql: "SELECT id FROM devices WHERE serial = ? AND (unit_id = ? OR ?)",
            arguments: [serial.text, unit, isAny])
        if isNew, let device { claimed.append(device) }
        known[asked] = .some(device)
        return device
    }

    /// Keeps what the device says of itself where nothing later has said it, and its zone from this moment on.
    ///
    /// Entries come late where a gap is filled, so neither may hang on the order of arrival: of facts the latest
    /// counts, and a zone that was in force already is noted once more, because an earlier one may still come between.
    ///
    /// - Returns: `nil` where times read as they did.
    func learn(_ facts: DeviceFacts, device: Int64, at moment: Int64) throws -> ZoneChange? {
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
        try db.execute(
            sql: """
                INSERT INTO device_zones (device_id, timezone, from_at) SELECT ?1, ?2, ?3 WHERE NOT EXISTS
                    (SELECT 1 FROM device_zones WHERE device_id = ?1 AND timezone = ?2 AND from_at = ?3)
                """, arguments: [device, facts.timezone, moment])
        return db.changesCount > 0 ? try zoneChange(device, facts.timezone, moment, row: db.lastInsertedRowID) : nil
    }

    /// What the times of a device read otherwise because of a row that is new.
    struct ZoneChange {
        /// `nil` where the row is the first one: it counts for all before it, too.
        let from: Int64?
    }

    private func zoneChange(_ device: Int64, _ timezone: String, _ moment: Int64, row: Int64) throws -> ZoneChange? {
        func zone(_ condition: String) throws -> String? {
            try String.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT timezone FROM device_zones WHERE device_id = ?1 AND id <> ?3 AND from_at \(condition), id
                        DESC LIMIT 1
                        """), arguments: [device, moment, row])
        }
        // Of rows of one moment the last that came is in force.
        let before = try zone("<= ?2 ORDER BY from_at DESC")
        let after = try zone("> ?2 ORDER BY from_at")
        guard let was = before ?? after, was == timezone else { return ZoneChange(from: before == nil ? nil : moment) }
        return nil
    }
}
