import Attendance
import Foundation
import GRDB

extension SQLiteCentralStore {
    package func append(_ run: EntryRun, receivedAt moment: Date) async throws -> AppendOutcome {
        let entries = run.entries.map(DecodedEntry.init)
        return try await write { db in
            try EntryAppender.append(run, entries, receivedAt: moment, in: db)
        }
    }

    package func punches(after id: Int64, limit: Int) async throws -> [StoredPunch] {
        try await punches("WHERE punches.id > ? ORDER BY punches.id LIMIT ?", [id, limit])
    }

    package func newestPunches(limit: Int) async throws -> [StoredPunch] {
        try await punches("ORDER BY punches.id DESC LIMIT ?", [limit])
    }

    private func punches(_ chosen: String, _ arguments: StatementArguments) async throws -> [StoredPunch] {
        try await database.read { db in try Self.punches(chosen, arguments, db) }
    }

    static func punches(withIDs ids: some Sequence<Int64>, _ db: Database) throws -> [StoredPunch] {
        let list = ids.map(String.init).joined(separator: ", ")
        return list.isEmpty ? [] : try punches("WHERE punches.id IN (\(list)) ORDER BY punches.id", [], db)
    }

    private static func punches(
        _ chosen: String, _ arguments: StatementArguments, _ db: Database
    ) throws -> [StoredPunch] {
        var zones = try Self.zones(db)
        return try Row.fetchAll(
            db,
            sql: """
                SELECT punches.*, devices.serial, nodes.name AS node, units.name AS unit
                FROM punches JOIN devices ON devices.id = device_id
                JOIN nodes ON nodes.id = node_id JOIN units ON units.id = nodes.unit_id
                """ + " " + chosen, arguments: arguments
        ).map { row in try Self.punch(row, &zones) }
    }

    private static func punch(_ row: Row, _ zones: inout DeviceZones) throws -> StoredPunch {
        let punch = try row.punch()
        return StoredPunch(
            id: row["id"], node: row["node"], unit: row["unit"],
            receivedAt: Date(milliseconds: row.stored("received_at", Int64.self) ?? 0), key: punch.key, punch: punch,
            utc: zones.utc(punch.deviceTime, device: row["device_id"]))
    }

    private static func zones(_ db: Database) throws -> DeviceZones {
        var zones = DeviceZones()
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT device_id, timezone, from_at FROM device_zones ORDER BY device_id, from_at, id
                """)
        while let row = try rows.next() {
            zones.add(
                DeviceZones.Row(timezone: row["timezone"], from: Date(milliseconds: row["from_at"])),
                device: row["device_id"])
        }
        return zones
    }

    package func observations(of key: PunchKey) async throws -> [EntryPlace] {
        try await database.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT nodes.name, epochs.epoch, observations.seq
                    FROM punches JOIN observations ON punch_id = punches.id
                    JOIN epochs ON epochs.id = observations.epoch_id
                    JOIN nodes ON nodes.id = epochs.node_id
                    JOIN entries ON entries.epoch_id = epochs.id AND entries.seq = observations.seq
                    WHERE key = ? ORDER BY entries.received_at, epochs.id, observations.seq
                    """, arguments: [Data(key.bytes)]
            ).map { row in EntryPlace(node: row["name"], epoch: row["epoch"], seq: row["seq"]) }
        }
    }

    package func devices() async throws -> [DeviceSummary] {
        try await database.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT devices.*, units.name AS unit,
                        (SELECT timezone FROM device_zones WHERE device_id = devices.id
                         ORDER BY from_at DESC, id DESC LIMIT 1) AS timezone,
                        (SELECT to_at FROM coverage WHERE device_id = devices.id AND \(Self.isPossible)
                         ORDER BY until_at DESC, epoch_id DESC, seq DESC LIMIT 1) AS covered_to
                    FROM devices JOIN units ON units.id = unit_id ORDER BY units.name, serial
                    """
            ).map(Self.device)
        }
    }

    private static func device(_ row: Row) -> DeviceSummary {
        var device = DeviceSummary(
            serial: row["serial"], unit: row["unit"], claimedAt: Date(milliseconds: row["claimed_at"]))
        device.name = row["name"]
        device.model = row["model"]
        device.platform = row["platform"]
        device.firmware = row["firmware"]
        device.capacity = row["capacity"]
        device.timezone = row["timezone"]
        device.status = decode(NodeStatus.Device.self, row["status"])
        device.statusAt = (row["status_at"] as Int64?).map { Date(milliseconds: $0) }
        device.coveredTo = (row["covered_to"] as Int64?).map { Date(milliseconds: $0) }
        return device
    }

    package func quarantined(limit: Int) async throws -> [QuarantinedEntry] {
        try await database.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT nodes.name, epochs.epoch, newest.seq, reason, body, newest.received_at
                    FROM (SELECT * FROM quarantine ORDER BY received_at DESC, epoch_id, seq LIMIT ?) AS newest
                    JOIN entries USING (epoch_id, seq)
                    JOIN epochs ON epochs.id = newest.epoch_id JOIN nodes ON nodes.id = epochs.node_id
                    ORDER BY newest.received_at DESC, newest.epoch_id, newest.seq
                    """, arguments: [limit]
            ).map { row in
                QuarantinedEntry(
                    place: EntryPlace(node: row["name"], epoch: row["epoch"], seq: row["seq"]), reason: row["reason"],
                    body: Array(row["body"] as Data), receivedAt: Date(milliseconds: row["received_at"]))
            }
        }
    }
}

extension SQLiteCentralStore {
    package func gaps(limit: Int) async throws -> [GapSummary] {
        try await database.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT nodes.name, epochs.epoch, first_seq, last_seq, noted_at
                    FROM gaps JOIN epochs ON epochs.id = gaps.epoch_id JOIN nodes ON nodes.id = epochs.node_id
                    WHERE \(StoredGap.isOpen) ORDER BY noted_at DESC, epochs.id, first_seq LIMIT ?
                    """, arguments: [limit]
            ).map { row in
                GapSummary(
                    node: row["name"], epoch: row["epoch"], first: row["first_seq"], last: row["last_seq"],
                    notedAt: Date(milliseconds: row["noted_at"]))
            }
        }
    }
}

extension PunchAttributes {
    init(_ row: Row) throws {
        guard let source = Punch.Source(rawValue: row["source"]) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "punch with an unknown source")
        }
        let file = (row["file"] as String?).map { FileOrigin(sha256: $0, by: row["file_by"] ?? "") }
        self.init(
            verify: row["verify"], state: row["state"], workCode: row["work_code"], source: source,
            raw: Array(row["raw"] as Data), flags: Self.flags(row["flags"]), file: file)
    }
}
