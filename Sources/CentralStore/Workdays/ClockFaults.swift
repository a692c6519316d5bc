import Attendance
import AttendanceRules
import Foundation
import GRDB

/// Where a device's clock was known to be wrong, as its own times show it.
///
/// A hole about the clock says when, in true time; a reading of the clock says by how much. A clock that stood in the
/// year 2000 wrote times of the year 2000, where no hole is: so both are put together here, whichever came first.
enum ClockFaults {
    /// In seconds; as the edge has it (`CoverageRule.Undated.largestOffset`).
    static let largestOffset = 300
    /// A clock is read at least once a day, and at the reading that ends a hole.
    private static let before: Int64 = 25 * 3_600_000
    private static let after: Int64 = 15 * 60_000
    /// Kept of one device: years of a clock nobody sets.
    private static let mostFaults = 50_000

    struct Fault {
        /// What the clock showed during the hole, as if it had been right: milliseconds.
        let shown: Range<Int64>
        /// In seconds.
        let offset: Int64

        /// In true time; `nil` where there is none.
        var hole: Range<Int64>? {
            let moved = offset.multipliedReportingOverflow(by: 1000)
            let from = shown.lowerBound.subtractingReportingOverflow(moved.partialValue)
            let to = shown.upperBound.subtractingReportingOverflow(moved.partialValue)
            guard !moved.overflow, !from.overflow, !to.overflow else { return nil }
            return from.partialValue..<to.partialValue
        }
    }

    private struct Reading {
        let at: Int64
        /// `nil` where the clock showed no date.
        let offset: Int64?
    }

    /// Those that readings bear out, in the order of `shown.lowerBound`.
    ///
    /// A hole goes with the readings inside it, the one that ends it, and the last one before: that one holds until
    /// the next, because an unchanged clock is noted once a day only. An earlier one says nothing. Asked when all is
    /// known, so that the order in which entries come decides nothing.
    static func known(of device: Int64, in db: Database) throws -> [Fault] {
        let faults = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT shown_from, shown_to, clock_offset FROM clock_faults WHERE device_id = ?
                    ORDER BY shown_from, shown_to, clock_offset LIMIT \(mostFaults)
                    """), arguments: [device]
        ).map { row in Fault(shown: (row[0] as Int64)..<(row[1] as Int64), offset: row[2]) }
        if faults.isEmpty { return [] }
        let readings = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT at, clock_offset FROM clock_readings JOIN epochs ON epochs.id = epoch_id
                    WHERE device_id = ? ORDER BY at, node_id, number, seq
                    """), arguments: [device]
        ).map { row in Reading(at: row[0], offset: row[1]) }
        return faults.filter { fault in fault.hole.map { goes($0, with: fault.offset, readings) } ?? false }
    }

    private static func goes(_ hole: Range<Int64>, with offset: Int64, _ readings: [Reading]) -> Bool {
        var low = 0
        var high = readings.count
        while low < high {
            let middle = (low + high) / 2
            if readings[middle].at <= hole.lowerBound { low = middle + 1 } else { high = middle }
        }
        if low > 0, readings[low - 1].offset == offset { return true }
        return readings[low...].prefix { $0.at <= hole.upperBound + after }.contains { $0.offset == offset }
    }

    static func note(_ reading: ClockReading, device: Int64, epoch: Int64, seq: Int64, at: Int64, in db: Database)
        throws
    {
        try db.cachedStatement(
            sql: """
                INSERT INTO clock_readings (device_id, epoch_id, seq, at, clock_offset) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT DO NOTHING
                """
        ).execute(arguments: [device, epoch, seq, at, reading.offset])
        guard db.changesCount > 0 else { return }
        try follow(device, at, in: db)
        guard let offset = reading.offset, offset.magnitude > largestOffset else { return }
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT holes FROM coverage
                    WHERE device_id = ?1 AND until_at >= ?2 AND from_at <= ?3 AND \(SQLiteCentralStore.isPossible)
                        AND holes <> '[]'
                    """), arguments: [device, at - after, at + before])
        for row in rows {
            for hole in SQLiteCentralStore.decode([StoredHole].self, row["holes"]) ?? []
            where DeviceRecord.Gap.isAboutClock(hole.why) && hole.from - before <= at && at <= hole.to + after {
                try insert(hole, offset: Int64(offset), device: device, in: db)
            }
        }
    }

    static func note(_ holes: [StoredHole], device: Int64, in db: Database) throws {
        for hole in holes where DeviceRecord.Gap.isAboutClock(hole.why) {
            let offsets = try Int64.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT DISTINCT clock_offset FROM clock_readings
                        WHERE device_id = ? AND at BETWEEN ? AND ? AND abs(clock_offset) > \(largestOffset)
                        """), arguments: [device, hole.from - before, hole.to + after])
            for offset in offsets { try insert(hole, offset: offset, device: device, in: db) }
        }
    }

    /// Days that a new reading may decide otherwise, by what it says of holes that are known already.
    private static func follow(_ device: Int64, _ at: Int64, in db: Database) throws {
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT min(shown_from), max(shown_to), clock_offset FROM clock_faults
                    WHERE device_id = ?1 AND shown_from - clock_offset * 1000 <= ?2
                        AND shown_to - clock_offset * 1000 >= ?3
                    GROUP BY clock_offset
                    """), arguments: [device, at + before, at - after])
        var queue = RecomputeQueue()
        for row in rows {
            let fault = Fault(shown: (row[0] as Int64)..<(row[1] as Int64), offset: row[2])
            for span in [fault.shown, fault.hole].compactMap(\.self) {
                queue.add(.device(device), .dates(from: span.lowerBound, to: span.upperBound), .coverage)
            }
        }
        try queue.write(db)
    }

    private static func insert(_ hole: StoredHole, offset: Int64, device: Int64, in db: Database) throws {
        let moved = offset.multipliedReportingOverflow(by: 1000)
        guard !moved.overflow else { return }
        let from = hole.from.addingReportingOverflow(moved.partialValue)
        let to = hole.to.addingReportingOverflow(moved.partialValue)
        guard !from.overflow, !to.overflow, from.partialValue < to.partialValue else { return }
        try db.cachedStatement(
            sql: """
                INSERT INTO clock_faults (device_id, shown_to, shown_from, clock_offset) VALUES (?, ?, ?, ?)
                ON CONFLICT DO NOTHING
                """
        ).execute(arguments: [device, to.partialValue, from.partialValue, offset])
        guard db.changesCount > 0 else { return }
        // Scans move from the dates they show to the dates they were made on.
        var queue = RecomputeQueue()
        queue.add(.device(device), .dates(from: from.partialValue, to: to.partialValue), .coverage)
        queue.add(.device(device), .dates(from: hole.from, to: hole.to), .coverage)
        try queue.write(db)
    }

    /// Fills the tables from what a centre of an earlier version has.
    static func derive(_ db: Database) throws {
        let claims = try Row.fetchCursor(db, sql: "SELECT device_id, holes FROM coverage WHERE holes <> '[]'")
        var holes: [(device: Int64, holes: [StoredHole])] = []
        while let row = try claims.next() {
            let told = SQLiteCentralStore.decode([StoredHole].self, row["holes"]) ?? []
            let about = told.filter { DeviceRecord.Gap.isAboutClock($0.why) }
            if !about.isEmpty { holes.append((row["device_id"], about)) }
        }
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT entries.epoch_id, entries.seq, body, nodes.unit_id
                FROM entries JOIN epochs ON epochs.id = entries.epoch_id JOIN nodes ON nodes.id = epochs.node_id
                WHERE instr(body, CAST('"clock"' AS BLOB)) > 0
                    AND NOT EXISTS (SELECT 1 FROM quarantine
                        WHERE quarantine.epoch_id = entries.epoch_id AND quarantine.seq = entries.seq)
                """)
        while let row = try rows.next() {
            guard let (body, at) = try? EntryBody.decode(Array(row["body"] as Data)), case .clock(let reading) = body,
                let device = try Int64.fetchOne(
                    db, sql: "SELECT id FROM devices WHERE serial = ? AND unit_id = ?",
                    arguments: [reading.serial.text, row["unit_id"] as Int64])
            else { continue }
            try note(
                reading, device: device, epoch: row["epoch_id"], seq: row["seq"], at: at.milliseconds, in: db)
        }
        for claim in holes { try note(claim.holes, device: claim.device, in: db) }
    }
}
