import Attendance
import Foundation
import GRDB

extension EdgeStore {
    /// What the journal remembers of one device between readings.
    package struct DeviceMemory: Equatable, Sendable {
        package var cursor: String?
        /// Until when its record is known to be complete.
        package var coveredTo: Date?

        package init() {}
    }

    package func memory(of serial: DeviceSerial) throws -> DeviceMemory {
        try read { db in
            let row = try Row.fetchOne(
                db, sql: "SELECT cursor, covered_to FROM device WHERE serial = ?", arguments: [serial.text]
            )
            guard let row else { return DeviceMemory() }
            // What cannot be read is as if it were not known: the log is then read whole.
            var memory = DeviceMemory()
            memory.cursor = row.stored("cursor", String.self)
            memory.coveredTo = row.stored("covered_to", String.self).flatMap { UTC.date($0) }
            return memory
        }
    }

    /// The serial to accept for the stanza `name`, which has none in the configuration: the first that answered.
    package func firstSerial(for name: String, answering serial: DeviceSerial) throws -> DeviceSerial {
        try write { db in
            try db.execute(
                sql: "INSERT OR IGNORE INTO first_serial (name, serial) VALUES (?, ?)", arguments: [name, serial.text])
            let kept = try String.fetchOne(db, sql: "SELECT serial FROM first_serial WHERE name = ?", arguments: [name])
            guard let kept = kept.flatMap({ DeviceSerial($0) }) else {
                throw EdgeStoreError(.damaged, "the serial of \(name) is not readable")
            }
            return kept
        }
    }

    /// Journals that the device's record is complete up to `coverage.to`, and remembers it.
    package func append(_ coverage: Coverage, at now: Date) throws {
        try write { db in
            var writer = try JournalWriter(db)
            try writer.append(.coverage(coverage), at: now)
            let device = try Self.device(coverage.serial, db)
            try db.execute(
                sql: "UPDATE device SET covered_to = ? WHERE id = ?", arguments: [UTC.text(coverage.to), device])
        }
    }

    /// Records of the device that named an index, and the user ids they were joined with.
    package func joins(of serial: DeviceSerial) throws -> [IndexJoin] {
        try read { db in
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT user_index, time, user_id FROM index_join
                    JOIN device ON device.id = index_join.device WHERE serial = ?
                    """, arguments: [serial.text])
            var joins: [IndexJoin] = []
            while let row = try rows.next() {
                guard let index = row.stored("user_index", Int64.self).flatMap({ UInt16(exactly: $0) }),
                    let time = row.stored("time", Int64.self).flatMap({ UInt32(exactly: $0) }),
                    let userID = row.stored("user_id", Data.self)
                else { throw EdgeStoreError(.damaged, "a user id kept for \(serial) is not readable") }
                joins.append(IndexJoin(index: index, time: time, userID: UserID(field: Array(userID))))
            }
            return joins
        }
    }
}
