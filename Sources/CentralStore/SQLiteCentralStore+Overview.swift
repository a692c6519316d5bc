import Attendance
import Foundation
import GRDB

extension SQLiteCentralStore {
    package func units() async throws -> [String] {
        try await database.read { db in try String.fetchAll(db, sql: "SELECT name FROM units ORDER BY name") }
    }

    package func punchCount() async throws -> Int64 {
        try await database.read { db in try Int64.fetchOne(db, sql: "SELECT punches FROM punch_count") ?? 0 }
    }

    package func scanHours(ofDates dates: [String]) async throws -> [String: ScanHours] {
        try await database.read { db in
            var days: [String: ScanHours] = [:]
            for date in dates {
                let rows = try Row.fetchAll(
                    db, sql: "SELECT hour, sum(scans) AS scans FROM scan_hours WHERE date = ? GROUP BY hour",
                    arguments: [date])
                var hours = ScanHours(repeating: 0, count: 24)
                for row in rows {
                    let hour: Int = row["hour"]
                    if hours.indices.contains(hour) { hours[hour] = row["scans"] }
                }
                if !rows.isEmpty { days[date] = hours }
            }
            return days
        }
    }

    package func alarms(since moment: Date, limit: Int) async throws -> [StoredAlarm] {
        try await database.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT nodes.name AS node, epochs.epoch, seq, units.name AS unit, at, received_at, serial, code, text
                    FROM alarms JOIN epochs ON epochs.id = alarms.epoch_id JOIN nodes ON nodes.id = epochs.node_id
                    JOIN units ON units.id = nodes.unit_id
                    WHERE received_at >= ? ORDER BY received_at DESC, alarms.epoch_id DESC, seq DESC LIMIT ?
                    """, arguments: [moment.milliseconds, limit]
            ).map { row in
                StoredAlarm(
                    place: EntryPlace(node: row["node"], epoch: row["epoch"], seq: row["seq"]), unit: row["unit"],
                    at: Date(milliseconds: row["at"]), receivedAt: Date(milliseconds: row["received_at"]),
                    alarm: Alarm(
                        code: row["code"], serial: (row["serial"] as String?).flatMap { DeviceSerial($0) },
                        text: row["text"]))
            }
        }
    }

    package func coverage(
        of serial: String, in span: Range<Date>, limit: Int
    ) async throws -> [CoverageClaim] {
        try await database.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT from_at, to_at, holes FROM coverage
                    JOIN devices ON devices.id = device_id JOIN epochs ON epochs.id = epoch_id
                    WHERE serial = ? AND until_at >= ? AND from_at < ?
                    ORDER BY epochs.node_id, epochs.number, seq LIMIT ?
                    """,
                arguments: [serial, span.lowerBound.milliseconds, span.upperBound.milliseconds, limit]
            ).map { row in
                CoverageClaim(
                    serial: serial, from: Date(milliseconds: row["from_at"]), to: Date(milliseconds: row["to_at"]),
                    holes: (Self.decode([StoredHole].self, row["holes"]) ?? []).map(\.hole))
            }
        }
    }

    package func quarantineCount() async throws -> Int {
        try await database.read { db in try Table("quarantine").fetchCount(db) }
    }
}
