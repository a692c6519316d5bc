import Attendance
import Foundation
import GRDB

extension SQLiteCentralStore {
    package func units() async throws -> [String] {
        try await database.read { db in try String.fetchAll(db, sql: "SELECT name FROM units ORDER BY name") }
    }

    package func punchCount() async throws -> Int64 {
        try await database.read { db in try Int64.fetchOne(db, sql: "SELECT punches FROM counts") ?? 0 }
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

    package func alarms(ofEachNode most: Int) async throws -> [StoredAlarm] {
        try await database.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT nodes.name AS node, epochs.epoch, seq, units.name AS unit, at, received_at, serial, alarm.code, text
                    FROM (SELECT *, row_number() OVER (PARTITION BY node_id ORDER BY received_at DESC, seq DESC) AS place
                        FROM alarms) AS alarm
                    JOIN epochs ON epochs.id = alarm.epoch_id JOIN nodes ON nodes.id = alarm.node_id
                    JOIN units ON units.id = nodes.unit_id
                    WHERE place <= ? ORDER BY received_at DESC, alarm.epoch_id DESC, seq DESC
                    """, arguments: [most]
            ).map { row in
                StoredAlarm(
                    place: EntryPlace(node: row["node"], epoch: row["epoch"], seq: row["seq"]), unit: row["unit"],
                    at: Date(milliseconds: row["at"]), receivedAt: Date(milliseconds: row["received_at"]),
                    alarm: Alarm(code: row["code"], serial: DeviceSerial(row["serial"] as String), text: row["text"]))
            }
        }
    }

    package func coverage(
        of serials: [String], in span: Range<Date>, room: CoverageRoom
    ) async throws -> [String: [CoverageClaim]] {
        try await database.read { db in
            var claims: [String: [CoverageClaim]] = [:]
            var all = room.all
            // The newest count over earlier ones, so where there are too many the oldest are left out.
            let statement = try db.cachedStatement(
                sql: """
                    SELECT from_at, to_at, holes FROM coverage
                    JOIN devices ON devices.id = device_id JOIN epochs ON epochs.id = epoch_id
                    WHERE serial = ? AND until_at >= ? AND from_at < ? AND \(Self.isPossible)
                    ORDER BY epochs.node_id DESC, epochs.number DESC, seq DESC
                    """)
            for serial in serials where all > 0 {
                var own = min(room.ofDevice, all)
                var newest: [CoverageClaim] = []
                let rows = try Row.fetchCursor(
                    statement, arguments: [serial, span.lowerBound.milliseconds, span.upperBound.milliseconds])
                while own > 0, let row = try rows.next() {
                    let claim = Self.claim(row, of: serial)
                    newest.append(claim)
                    own -= 1 + claim.holes.count
                    all -= 1 + claim.holes.count
                }
                claims[serial] = newest.reversed()
            }
            return claims
        }
    }

    private static func claim(_ row: Row, of serial: String) -> CoverageClaim {
        CoverageClaim(
            serial: serial, from: Date(milliseconds: row["from_at"]), to: Date(milliseconds: row["to_at"]),
            holes: (decode([StoredHole].self, row["holes"]) ?? []).map(\.hole))
    }

    /// Nobody can know that a record is complete up to a time that has not come: its edge's clock was ahead.
    static let isPossible = "to_at <= coverage.received_at + 300000"

    package func quarantineCount() async throws -> Int {
        try await database.read { db in try Int.fetchOne(db, sql: "SELECT quarantined FROM counts") ?? 0 }
    }
}
