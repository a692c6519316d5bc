import Attendance
import FailPoints
import Foundation
import GRDB

/// What one body of a push device holds, to be journaled in one transaction before it is answered.
package struct PushReading: Sendable {
    package let serial: DeviceSerial
    package var punches: [Punch]
    /// As the body has them, those journaled before too.
    package var operations: [Attendance.Operation]
    /// As the body has them; says nothing of others.
    package var users: [DeviceUser]
    package var notes: [EntryBody]
    /// The table in lower case and what the device said of it.
    package var stamp: (table: String, text: String)?
    package let startedAt: Date

    package init(
        serial: DeviceSerial, startedAt: Date, punches: [Punch] = [], operations: [Attendance.Operation] = [],
        users: [DeviceUser] = [], notes: [EntryBody] = [], stamp: (table: String, text: String)? = nil
    ) {
        self.serial = serial
        self.startedAt = startedAt
        self.punches = punches
        self.operations = operations
        self.users = users
        self.notes = notes
        self.stamp = stamp
    }
}

extension EdgeStore {
    /// Journals what is new of a push body and keeps its stamp, in one transaction.
    ///
    /// - Parameter alarms: raised with the operations that were not journaled before.
    /// - Throws: `EdgeStoreError`; nothing is then kept, and the device must not hear that it was.
    package func append(
        _ push: PushReading, at now: Date, alarms: (OperationNews) throws -> [EntryBody] = { _ in [] }
    ) throws -> Appended {
        try write { db in
            var writer = try JournalWriter(db)
            let device = try Self.device(push.serial, db)
            var appended = Appended()
            for note in push.notes { try writer.append(note, at: now) }
            let reading = Reading(
                serial: push.serial, source: .push, extent: .some, startedAt: push.startedAt, punches: push.punches)
            try Self.append(reading, device, &writer, &appended, now, db)
            if !push.operations.isEmpty {
                _ = try Self.append(push.operations, device, false, &writer, now, db, alarms)
            }
            if !push.users.isEmpty { try Self.append(push.users, push.serial, device, &writer, now, db) }
            FailPoint.reach("edge.push.told")
            if let stamp = push.stamp {
                try db.execute(
                    sql: "INSERT OR REPLACE INTO push_stamp (device, body, stamp) VALUES (?, ?, ?)",
                    arguments: [device, stamp.table, stamp.text])
            }
            appended.lastSeq = writer.seq
            return appended
        }
    }

    private static func append(
        _ users: [DeviceUser], _ serial: DeviceSerial, _ device: Int64, _ writer: inout JournalWriter, _ now: Date,
        _ db: Database
    ) throws {
        var known = try Self.users(of: device, serial, db)
        for user in users.map(\.asKept) where known[user.userID] != user {
            known[user.userID] = user
            try writer.append(.user(user), at: now)
            try keep(user, device, db)
        }
    }

    // MARK: Stamps

    /// By table, in lower case.
    package func pushStamps(of serial: DeviceSerial) throws -> [String: String] {
        try read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT body, stamp FROM push_stamp JOIN device ON device.id = push_stamp.device WHERE serial = ?
                    """, arguments: [serial.text])
            return Dictionary(
                rows.compactMap { row in
                    guard let body: String = row["body"], let stamp: String = row["stamp"] else { return nil }
                    return (body, stamp)
                }, uniquingKeysWith: { first, _ in first })
        }
    }

    /// The next handshake asks the device for everything again, and it is told to shake hands, which many do otherwise
    /// only when they are switched on: both, or neither.
    ///
    /// - Parameter reusing: what makes one more CHECK needless.
    /// - Returns: the CHECK that brings it about.
    @discardableResult
    package func wantEverything(
        of serial: DeviceSerial, by account: String, reusing: OpenCheck = .untold, at now: Date
    ) throws -> PushOrder? {
        try write { db in
            let device = try Self.device(serial, db)
            return try Self.wantEverything(device, account, reusing, now, db)
        }
    }

    /// Which CHECK that is open already brings a device to shake hands.
    package enum OpenCheck: Sendable {
        /// Only one the device has not been told: it may have shaken hands for another before the wish.
        case untold
        /// Also one it will be told again.
        case unanswered
    }

    /// A device may be out of reach for months and come back without being switched off.
    private static let wishLifetime: TimeInterval = 365 * 86_400

    static func wantEverything(
        _ device: Int64, _ account: String, _ reusing: OpenCheck, _ now: Date, _ db: Database
    ) throws -> PushOrder? {
        try db.execute(sql: "INSERT OR IGNORE INTO push_resend (device) VALUES (?)", arguments: [device])
        try expirePush(device, now, db)
        let open = try pushOrders("device = ? AND kind = 'check' AND state IN ('queued', 'sent')", [device], db)
        let helps = open.first { order in
            order.state == .queued || reusing == .unanswered && order.sends < mostPushSends
        }
        // Beside the bound of open commands: there is one of these at most.
        return try helps ?? queue("check", nil, device, account, wishLifetime, now, db)
    }

    package func wantsEverything(of serial: DeviceSerial) throws -> Bool {
        try read { db in
            try Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM push_resend JOIN device ON id = device WHERE serial = ?)",
                arguments: [serial.text]) ?? false
        }
    }

    /// The device was told so.
    package func askedForEverything(of serial: DeviceSerial) throws {
        try write { db in
            try db.execute(sql: "DELETE FROM push_resend WHERE device = ?", arguments: [Self.device(serial, db)])
        }
    }
}
