import Attendance
import Foundation
import GRDB

/// How many records a device's log had, and what a person is about to do to it.
extension EdgeStore {
    package struct LogCount: Equatable, Sendable {
        /// `YYYY-MM-DD`, UTC.
        package let day: String
        package let count: Int

        package init(day: String, count: Int) {
            self.day = day
            self.count = count
        }
    }

    private static let mostDays = 60

    /// One a day, oldest first.
    package func logCounts(of serial: DeviceSerial) throws -> [LogCount] {
        try read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT day, count FROM log_count JOIN device ON device.id = log_count.device
                    WHERE serial = ? ORDER BY day
                    """, arguments: [serial.text])
            return rows.compactMap { row in
                guard let day = row.stored("day", String.self), let count = row.stored("count", Int.self) else {
                    return nil
                }
                return LogCount(day: day, count: count)
            }
        }
    }

    /// Puts the last of them in the place of what is kept.
    package func keep(logCounts: [LogCount], of serial: DeviceSerial) throws {
        try write { db in
            let device = try Self.device(serial, db)
            try db.execute(sql: "DELETE FROM log_count WHERE device = ?", arguments: [device])
            for count in logCounts.suffix(Self.mostDays) {
                try db.execute(
                    sql: "INSERT OR REPLACE INTO log_count (device, day, count) VALUES (?, ?, ?)",
                    arguments: [device, count.day, count.count])
            }
        }
    }

    // MARK: Clearing a log

    /// What the centre has of a device's scans.
    package struct Receipted: Equatable, Sendable, Codable {
        /// The journal's last entry.
        package let lastSeq: Int64
        package let ackedSeq: Int64
        /// Scans of this device that the centre keeps and does not count.
        package let quarantined: Int
        /// The centre was asked, or asks, to be sent again what it has: its word does not count until then.
        package let isResending: Bool

        package init(lastSeq: Int64, ackedSeq: Int64, quarantined: Int, isResending: Bool) {
            self.lastSeq = lastSeq
            self.ackedSeq = ackedSeq
            self.quarantined = quarantined
            self.isResending = isResending
        }

        enum CodingKeys: String, CodingKey {
            case lastSeq = "last_seq"
            case ackedSeq = "acked_seq"
            case quarantined
            case isResending = "is_resending"
        }
    }

    package func receipted(of serial: DeviceSerial) throws -> Receipted {
        try read { db in
            let head = try Self.head(db)
            let rows = try Row.fetchCursor(db, sql: "SELECT body FROM quarantined JOIN journal USING (seq)")
            var quarantined =
                try Int.fetchOne(
                    db, sql: "SELECT once_quarantined FROM device WHERE serial = ?", arguments: [serial.text]) ?? 0
            while let row = try rows.next() {
                // What cannot be read may be of this device.
                guard let body = row.stored("body", Data.self), let entry = try? EntryBody.decode(Array(body)) else {
                    quarantined += 1
                    continue
                }
                if case .punch(let punch) = entry.body, punch.serial == serial { quarantined += 1 }
            }
            return Receipted(
                lastSeq: head.lastSeq, ackedSeq: head.ackedSeq, quarantined: quarantined,
                isResending: head.resendUntil > head.ackedSeq)
        }
    }

    /// How many of these punches were never journaled.
    package func unknown(_ punches: [Punch], of serial: DeviceSerial) throws -> Int {
        try read { db in
            guard
                let device = try Int64.fetchOne(
                    db, sql: "SELECT id FROM device WHERE serial = ?", arguments: [serial.text])
            else { return punches.count }
            let seen = try db.cachedStatement(sql: "SELECT 1 FROM seen WHERE device = ? AND key = ? AND rank = 0")
            return try punches.count { punch in
                try Int.fetchOne(seen, arguments: [device, Data(punch.key.bytes)]) == nil
            }
        }
    }

    /// A person is about to clear the log of `count` records, all of them read and receipted: the next reading finds it
    /// short, and nothing is missing for that. Its cursor ends it.
    ///
    /// The device's own operation log will tell of it, too.
    ///
    /// - Parameter count: `nil` takes it back.
    package func clearing(_ count: Int?, of serial: DeviceSerial, at now: Date) throws {
        try write { db in
            let device = try Self.device(serial, db)
            try db.execute(sql: "UPDATE device SET clearing = ? WHERE id = ?", arguments: [count, device])
            guard count != nil else { return }
            try db.execute(
                sql: "INSERT INTO own_operation (device, what, object, at) VALUES (?, 'log_cleared', '', ?)",
                arguments: [device, UTC.text(now)])
        }
    }

    // MARK: Names

    /// The serial that first answered for the stanza `old`, which had none, is that of `new`, too.
    package func copyFirstSerial(of old: String, to new: String) throws {
        try write { db in
            try db.execute(
                sql: """
                    INSERT OR REPLACE INTO first_serial (name, serial)
                    SELECT ?, serial FROM first_serial WHERE name = ?
                    """, arguments: [new, old])
        }
    }

    /// The next device of this name may be another one.
    package func forgetFirstSerial(of name: String) throws {
        try write { db in try db.execute(sql: "DELETE FROM first_serial WHERE name = ?", arguments: [name]) }
    }
}
