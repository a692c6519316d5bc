import Attendance
import Foundation
import GRDB

/// Stores observations and keeps each punch's attributes those of the best of them.
struct PunchWriter {
    private let db: Database
    private let node: Int64
    private let receivedAt: Int64
    private let find: Statement
    private let insert: Statement
    private let improve: Statement
    private let observe: Statement

    init(_ db: Database, node: Int64, receivedAt: Int64) throws {
        self.db = db
        self.node = node
        self.receivedAt = receivedAt
        find = try db.cachedStatement(
            sql: "SELECT id, verify, state, work_code, source, raw, flags FROM punches WHERE key = ?")
        insert = try db.cachedStatement(
            sql: """
                INSERT INTO punches (key, device_id, user_id, device_time, occurrence, node_id, received_at,
                    verify, state, work_code, source, raw, flags) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        improve = try db.cachedStatement(
            sql: """
                UPDATE punches SET verify = ?, state = ?, work_code = ?, source = ?, raw = ?, flags = ? WHERE id = ?
                """)
        observe = try db.cachedStatement(sql: "INSERT INTO observations (epoch_id, seq, punch_id) VALUES (?, ?, ?)")
    }

    func store(_ punch: Punch, device: Int64, epoch: Int64, seq: Int64) throws {
        let key = Data(punch.key.bytes)
        let attributes = PunchAttributes(punch)
        let id: Int64
        if let row = try Row.fetchOne(find, arguments: [key]) {
            id = row["id"]
            if try attributes.isBetter(than: PunchAttributes(row)) { try improve(id, with: attributes) }
        } else {
            try insert.execute(arguments: [
                key, device, Data(punch.userID.bytes), punch.deviceTime.text, punch.occurrence, node, receivedAt,
                attributes.verify, attributes.state, attributes.workCode, attributes.source.rawValue,
                Data(attributes.raw), attributes.flagText,
            ])
            id = db.lastInsertedRowID
        }
        try observe.execute(arguments: [epoch, seq, id])
    }

    private func improve(_ id: Int64, with attributes: PunchAttributes) throws {
        try improve.execute(arguments: [
            attributes.verify, attributes.state, attributes.workCode, attributes.source.rawValue,
            Data(attributes.raw), attributes.flagText, id,
        ])
    }
}

/// Which unit may speak for a device, and what is known of it.
struct DeviceRegister {
    let db: Database
    let unit: Int64
    let claimedAt: Int64
    private var known: [DeviceSerial: Int64?] = [:]

    init(db: Database, unit: Int64, claimedAt: Int64) {
        self.db = db
        self.unit = unit
        self.claimedAt = claimedAt
    }

    /// The device's row, claimed for the unit where no unit has it; `nil` where it is another unit's.
    mutating func claim(_ serial: DeviceSerial) throws -> Int64? {
        if let known = known[serial] { return known }
        try db.execute(
            sql: "INSERT INTO devices (serial, unit_id, claimed_at) VALUES (?, ?, ?) ON CONFLICT (serial) DO NOTHING",
            arguments: [serial.text, unit, claimedAt])
        let device = try Int64.fetchOne(
            db, sql: "SELECT id FROM devices WHERE serial = ? AND unit_id = ?", arguments: [serial.text, unit])
        known[serial] = .some(device)
        return device
    }

    /// Keeps what the device says of itself, and its zone where that is news at this moment.
    func learn(_ facts: DeviceFacts, device: Int64, at moment: Int64) throws {
        try db.execute(
            sql: "UPDATE devices SET name = ?, model = ?, platform = ?, firmware = ?, capacity = ? WHERE id = ?",
            arguments: [facts.name, facts.model, facts.platform, facts.firmware, facts.capacity, device])
        let inForce = try String.fetchOne(
            db,
            sql: """
                SELECT timezone FROM device_zones WHERE device_id = ? AND from_at <= ?
                ORDER BY from_at DESC, id DESC LIMIT 1
                """, arguments: [device, moment])
        guard inForce != facts.timezone else { return }
        try db.execute(
            sql: "INSERT INTO device_zones (device_id, timezone, from_at) VALUES (?, ?, ?)",
            arguments: [device, facts.timezone, moment])
    }
}
