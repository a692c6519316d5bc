import Attendance
import Foundation
import GRDB

/// What a preview of a file asks the journal.
extension EdgeStore {
    /// Keys asked for in one go; a write waits no longer than for these.
    private static let keysAtOnce = 20_000

    /// How many of `keys` the device's journal has, or had and the device still shows.
    package func known(_ keys: [PunchKey], of serial: DeviceSerial) throws -> Int {
        var known = 0
        for start in stride(from: 0, to: keys.count, by: Self.keysAtOnce) {
            let part = keys[start..<min(keys.count, start + Self.keysAtOnce)]
            known += try read { db in
                let device = try Int64.fetchOne(
                    db, sql: "SELECT id FROM device WHERE serial = ?", arguments: [serial.text])
                guard let device else { return 0 }
                let find = try db.cachedStatement(sql: "SELECT 1 FROM seen WHERE device = ? AND key = ?")
                var found = 0
                for key in part where try Int.fetchOne(find, arguments: [device, Data(key.bytes)]) != nil { found += 1 }
                return found
            }
        }
        return known
    }

    /// The serial under which this journal knows a device, whatever its case; `nil` for one it never saw.
    package func knownSerial(_ text: String) throws -> DeviceSerial? {
        try read { db in
            try String.fetchOne(
                db, sql: "SELECT serial FROM device WHERE serial = ? COLLATE NOCASE ORDER BY serial = ? DESC LIMIT 1",
                arguments: [text, text])
        }.flatMap { DeviceSerial($0) }
    }

    /// Serials of all devices this journal has anything of.
    package func knownSerials() throws -> [DeviceSerial] {
        try read { db in try String.fetchAll(db, sql: "SELECT serial FROM device ORDER BY serial") }
            .compactMap { DeviceSerial($0) }
    }

    /// The serial that first answered for the stanza `name`; `nil` where none has.
    package func firstSerial(of name: String) throws -> DeviceSerial? {
        try read { db in
            try String.fetchOne(db, sql: "SELECT serial FROM first_serial WHERE name = ?", arguments: [name])
        }.flatMap { DeviceSerial($0) }
    }

    /// User ids of the device's list as journaled last; empty where it was never read.
    package func userIDs(of serial: DeviceSerial) throws -> Set<UserID> {
        try read { db in
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT user_id FROM device_user JOIN device ON device.id = device_user.device WHERE serial = ?
                    """, arguments: [serial.text])
            var users: Set<UserID> = []
            while let row = try rows.next() {
                if let id = row.stored("user_id", Data.self) { users.insert(UserID(field: id)) }
            }
            return users
        }
    }
}
