import Attendance
import FailPoints
import Foundation
import GRDB

extension EdgeStore {
    /// Journals what changed in a device's user list since it was journaled last: users that are new, have another
    /// name or privilege, or are gone. A list that stayed as it was journals nothing.
    ///
    /// - Parameters:
    ///   - users: the whole list; where a user id stands there twice, the first is taken.
    ///   - notes: what a person should know of those who have a privilege and had none when the list was journaled
    ///     last; not asked at first, when all are new.
    /// - Returns: how many users' entries it took.
    @discardableResult
    package func append(
        users: [DeviceUser], of serial: DeviceSerial, at now: Date,
        notes: ([DeviceUser]) throws -> [EntryBody] = { _ in [] }
    ) throws -> Int {
        try write { db in
            let device = try Self.device(serial, db)
            var known = try Self.users(of: device, serial, db)
            let isFirst = known.isEmpty
            var promoted: [DeviceUser] = []
            var changes: [DeviceUser] = []
            var told: Set<UserID> = []
            for user in users where told.insert(user.userID).inserted {
                let before = known.removeValue(forKey: user.userID)
                if before != user.asKept { changes.append(user.asKept) }
                if user.hasPrivilege, !isFirst, !(before?.hasPrivilege ?? false) { promoted.append(user.asKept) }
            }
            let gone = known.values.sorted { $0.userID.bytes.lexicographicallyPrecedes($1.userID.bytes) }
            changes += gone.map {
                DeviceUser(
                    serial: serial, userID: $0.userID, name: $0.name, privilege: $0.privilege, isRemoved: true)
            }
            guard !changes.isEmpty else { return 0 }
            var writer = try JournalWriter(db)
            for user in changes {
                try writer.append(.user(user), at: now)
                FailPoint.reach("edge.users.told")
                try Self.keep(user, device, db)
            }
            if !promoted.isEmpty { for note in try notes(promoted) { try writer.append(note, at: now) } }
            return changes.count
        }
    }

    static func users(
        of device: Int64, _ serial: DeviceSerial, _ db: Database
    ) throws -> [UserID: DeviceUser] {
        var users: [UserID: DeviceUser] = [:]
        let rows = try Row.fetchCursor(
            db, sql: "SELECT user_id, name, privilege FROM device_user WHERE device = ?", arguments: [device])
        while let row = try rows.next() {
            // A row that cannot be read is as if it were not known: its user is told once more.
            guard let id = row.stored("user_id", Data.self), let name = row.stored("name", String.self),
                let privilege = row.stored("privilege", Int.self)
            else { continue }
            let userID = UserID(field: id)
            users[userID] = DeviceUser(serial: serial, userID: userID, name: name, privilege: privilege)
        }
        return users
    }

    static func keep(_ user: DeviceUser, _ device: Int64, _ db: Database) throws {
        let id = Data(user.userID.bytes)
        if user.isRemoved {
            try db.cachedStatement(sql: "DELETE FROM device_user WHERE device = ? AND user_id = ?")
                .execute(arguments: [device, id])
        } else {
            try db.cachedStatement(
                sql: "INSERT OR REPLACE INTO device_user (device, user_id, name, privilege) VALUES (?, ?, ?, ?)"
            ).execute(arguments: [device, id, user.name, user.privilege])
        }
    }

    // MARK: Starts

    /// What a device's own operation log last told of its being switched on.
    package struct DeviceStart: Equatable, Sendable {
        /// How often the log said so.
        package let starts: Int
        /// The last such record, as read.
        package let last: [UInt8]

        package init(starts: Int, last: [UInt8]) {
            self.starts = starts
            self.last = last
        }
    }

    /// `nil` where it was never read, or told of none.
    package func lastStart(of serial: DeviceSerial) throws -> DeviceStart? {
        try read { db in
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT starts, last FROM device_start JOIN device ON device.id = device_start.device
                    WHERE serial = ?
                    """, arguments: [serial.text])
            guard let row, let starts = row.stored("starts", Int.self), let last = row.stored("last", Data.self) else {
                return nil
            }
            return DeviceStart(starts: starts, last: Array(last))
        }
    }

    static func keep(_ start: DeviceStart, _ device: Int64, _ db: Database) throws {
        try db.execute(
            sql: "INSERT OR REPLACE INTO device_start (device, starts, last) VALUES (?, ?, ?)",
            arguments: [device, start.starts, Data(start.last)])
    }
}

extension DeviceUser {
    /// Bit 0 only says that the user is disabled (zk-protocol, section 13.3).
    fileprivate var hasPrivilege: Bool { privilege & ~1 != 0 }

    /// As an entry can carry it, so that it is compared with what was journaled.
    var asKept: DeviceUser {
        DeviceUser(
            serial: serial, userID: userID, name: name.cut(to: EntryBody.longestName), privilege: privilege,
            isRemoved: isRemoved)
    }
}
