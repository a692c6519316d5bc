import Attendance
import AttendanceRules
import Foundation
import GRDB

/// Which scans are asked for: of these user ids on these devices, by the date their device showed, and those with these
/// keys besides, whatever date they show.
package struct JourneyQuery: Sendable {
    package struct User: Hashable, Sendable {
        package let serial: DeviceSerial
        package let userID: UserID

        package init(serial: DeviceSerial, userID: UserID) {
            self.serial = serial
            self.userID = userID
        }
    }

    package var users: Set<User>
    package var dates: ClosedRange<CivilDate>
    package var keys: Set<PunchKey>
    package var limit: Int

    package init(users: Set<User>, dates: ClosedRange<CivilDate>, keys: Set<PunchKey> = [], limit: Int = 200) {
        self.users = users
        self.dates = dates
        self.keys = keys
        self.limit = limit
    }
}

/// One punch and how it came: by the journals that told of it.
package struct ScanJourney: Equatable, Sendable {
    package struct Stop: Equatable, Sendable {
        package let place: EntryPlace
        /// When the office's computer wrote it into its journal, by that computer's clock; `nil` where the entry cannot be
        /// read again.
        package let journaledAt: Date?
        /// When the centre stored it.
        package let receivedAt: Date

        package init(place: EntryPlace, journaledAt: Date?, receivedAt: Date) {
            self.place = place
            self.journaledAt = journaledAt
            self.receivedAt = receivedAt
        }
    }

    package let punch: StoredPunch
    /// In the order of arrival; at most `mostStops`.
    package let stops: [Stop]

    package static let mostStops = 8

    package init(punch: StoredPunch, stops: [Stop]) {
        self.punch = punch
        self.stops = stops
    }
}

extension SQLiteCentralStore {
    package func journeys(_ query: JourneyQuery) async throws -> [ScanJourney] {
        try await database.read { db in
            var ids: Set<Int64> = []
            // One device's day is an index's range; of these rows few are the person's.
            for user in query.users where ids.count < query.limit {
                ids.formUnion(
                    try Int64.fetchAll(
                        db.cachedStatement(
                            sql: """
                                SELECT id FROM punches
                                WHERE device_id = (SELECT id FROM devices WHERE serial = ?)
                                    AND device_time BETWEEN ? AND ? AND user_id = ? ORDER BY device_time LIMIT ?
                                """),
                        arguments: [
                            user.serial.text, query.dates.lowerBound.text, query.dates.upperBound.text + "T99",
                            Data(user.userID.bytes), query.limit,
                        ]))
            }
            for key in query.keys where ids.count < query.limit {
                let id = try Int64.fetchOne(
                    db.cachedStatement(sql: "SELECT id FROM punches WHERE key = ?"), arguments: [Data(key.bytes)])
                if let id { ids.insert(id) }
            }
            return try Self.punches(withIDs: ids.sorted().prefix(query.limit), db)
                .map { punch in ScanJourney(punch: punch, stops: try Self.stops(of: punch.id, db)) }
                .sorted { ($0.punch.punch.deviceTime, $0.punch.id) < ($1.punch.punch.deviceTime, $1.punch.id) }
        }
    }

    private static func stops(of punch: Int64, _ db: Database) throws -> [ScanJourney.Stop] {
        try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT nodes.name, epochs.epoch, observations.seq, entries.body, entries.received_at
                    FROM observations JOIN epochs ON epochs.id = observations.epoch_id
                    JOIN nodes ON nodes.id = epochs.node_id
                    JOIN entries ON entries.epoch_id = epochs.id AND entries.seq = observations.seq
                    WHERE punch_id = ? ORDER BY entries.received_at, epochs.id, observations.seq LIMIT ?
                    """), arguments: [punch, ScanJourney.mostStops]
        ).map { row in
            ScanJourney.Stop(
                place: EntryPlace(node: row[0], epoch: row[1], seq: row[2]),
                journaledAt: try? EntryBody.decode(Array(row[3] as Data)).at,
                receivedAt: Date(milliseconds: row[4]))
        }
    }
}
