import Attendance
import FailPoints
import Foundation
import GRDB

extension EdgeStore {
    /// What the journal remembers of one device between readings.
    package struct DeviceMemory: Equatable, Sendable {
        package var cursor: String?
        /// Until when its record is known to be complete.
        package var coveredTo: Date?
        /// The cursor as it was, also where a new epoch took it away.
        package var lastCursor: String?
        /// Why scans could not be dated when coverage was journaled last, as its `Claim` had it.
        package var undated: String?
        /// Why scans may be missing, where no coverage told of it yet.
        package var broken: String?
        /// How many records the log had that a person was about to clear, all of them read and receipted.
        package var clearing: Int?

        package init() {}
    }

    package func memory(of serial: DeviceSerial) throws -> DeviceMemory {
        try read { db in
            let row = try Row.fetchOne(
                db,
                sql: "SELECT cursor, covered_to, last_cursor, undated, broken, clearing FROM device WHERE serial = ?",
                arguments: [serial.text])
            guard let row else { return DeviceMemory() }
            // What cannot be read is as if it were not known: the log is then read whole.
            var memory = DeviceMemory()
            memory.cursor = row.stored("cursor", String.self)
            memory.coveredTo = row.stored("covered_to", String.self).flatMap { UTC.date($0) }
            memory.lastCursor = row.stored("last_cursor", String.self)
            memory.undated = row.stored("undated", String.self)
            memory.broken = row.stored("broken", String.self)
            memory.clearing = row.stored("clearing", Int.self)
            return memory
        }
    }

    /// The serial to accept for the stanza `name`, which has none in the configuration: the first that answered.
    package func firstSerial(for name: String, answering serial: DeviceSerial) throws -> DeviceSerial {
        try write { db in
            try db.execute(
                sql: "INSERT OR IGNORE INTO first_serial (name, serial) VALUES (?, ?)", arguments: [name, serial.text])
            let kept = try String.fetchOne(db, sql: "SELECT serial FROM first_serial WHERE name = ?", arguments: [name])
            FailPoint.reach("edge.first_serial.kept")
            guard let kept = kept.flatMap({ DeviceSerial($0) }) else {
                throw EdgeStoreError(.damaged, "the serial of \(name) is not readable")
            }
            return kept
        }
    }

    /// Coverage, and what it used up: remembered apart, a kill between the two would lose a hole.
    package struct Claim: Equatable, Sendable {
        package let coverage: Coverage
        /// Why scans cannot be dated at its end; `nil` where they can.
        package var undated: String?
        /// The device's last start, which its holes tell of.
        package var start: DeviceStart?

        package init(_ coverage: Coverage, undated: String? = nil, start: DeviceStart? = nil) {
            self.coverage = coverage
            self.undated = undated
            self.start = start
        }
    }

    /// Journals that the device's record is complete up to the coverage's end, and remembers it.
    package func append(_ claim: Claim, at now: Date) throws {
        try append([], claim: claim, at: now)
    }

    static func append(_ claim: Claim, _ writer: inout JournalWriter, _ now: Date, _ db: Database) throws {
        try writer.append(.coverage(claim.coverage), at: now)
        FailPoint.reach("edge.claim.written")
        let device = try Self.device(claim.coverage.serial, db)
        try db.execute(
            sql: "UPDATE device SET covered_to = ?, undated = ?, broken = NULL WHERE id = ?",
            arguments: [UTC.text(claim.coverage.to), claim.undated, device])
        if let start = claim.start { try keep(start, device, db) }
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
