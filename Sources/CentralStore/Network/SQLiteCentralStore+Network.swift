import Foundation
import GRDB

extension SQLiteCentralStore {
    package func openCodes(at moment: Date) async throws -> [OpenEnrolmentCode] {
        try await database.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT code.id, units.name AS unit, code.created_at, code.expires_at
                    FROM enrolment_codes AS code JOIN units ON units.id = code.unit_id
                    WHERE code.key IS NOT NULL AND code.expires_at > ? ORDER BY code.expires_at, code.id
                    """, arguments: [moment.milliseconds]
            ).map { row in
                OpenEnrolmentCode(
                    id: row["id"], unit: row["unit"], createdAt: Date(milliseconds: row["created_at"]),
                    expiresAt: Date(milliseconds: row["expires_at"]))
            }
        }
    }

    package func stickFiles(limit: Int) async throws -> [StickFile] {
        try await database.read { db in
            // A punch that its device has shown has no file any more: `PunchAttributes.isBetter`.
            try Row.fetchAll(
                db,
                sql: """
                    SELECT file, devices.serial, devices.name AS device, units.name AS unit, min(file_by) AS file_by,
                        min(punches.received_at) AS arrived, count(*) AS scans, count(DISTINCT user_id) AS people,
                        min(CASE WHEN length(device_time) = 19 THEN device_time END) AS first,
                        max(CASE WHEN length(device_time) = 19 THEN device_time END) AS last
                    FROM punches JOIN devices ON devices.id = device_id JOIN units ON units.id = devices.unit_id
                    WHERE file IS NOT NULL AND NOT EXISTS (SELECT 1 FROM attestations
                        WHERE attestations.file = punches.file AND attestations.file IS NOT NULL
                            AND withdrawn_at IS NULL)
                    GROUP BY file, device_id ORDER BY arrived DESC, file, devices.serial LIMIT ?
                    """, arguments: [limit]
            ).map { row in
                StickFile(
                    sha256: row["file"], serial: row["serial"], device: row["device"], unit: row["unit"],
                    by: row["file_by"] ?? "", arrivedAt: Date(milliseconds: row["arrived"]), scans: row["scans"],
                    people: row["people"], first: row["first"], last: row["last"])
            }
        }
    }

    package func clockOffSince(ofDevices serials: [String]) async throws -> [String: Date] {
        try await database.read { db in
            var since: [String: Date] = [:]
            let isGood = "clock_offset IS NOT NULL AND abs(clock_offset) <= \(ClockFaults.largestOffset)"
            let statement = try db.cachedStatement(
                sql: """
                    SELECT min(at) FROM clock_readings WHERE device_id IN (SELECT id FROM devices WHERE serial = ?1)
                        AND at > coalesce((SELECT max(at) FROM clock_readings
                            WHERE device_id IN (SELECT id FROM devices WHERE serial = ?1) AND \(isGood)), -1)
                    """)
            for serial in serials {
                guard let at = try Int64.fetchOne(statement, arguments: [serial]) else { continue }
                since[serial] = Date(milliseconds: at)
            }
            return since
        }
    }
}
