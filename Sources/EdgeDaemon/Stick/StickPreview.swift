import Attendance
import DeviceFormats

/// What importing a file would do, for a person to say yes or no to.
package struct StickPreview: Codable, Equatable, Sendable {
    package var sha256: String
    /// The file's, as it was chosen.
    package var name: String
    /// From `devices.conf`; `nil` for a serial no stanza has.
    package var device: String?
    package var serial: String
    /// The configuration has the device, or the journal has seen it.
    package var isKnownDevice: Bool
    package var records: Int
    /// Earliest and latest device time that is a date: `2026-03-02T07:01:05`.
    package var first: String?
    package var last: String?
    /// Records that are here already.
    package var known: Int
    /// Records that importing would journal.
    package var new: Int { records - known }
    package var users: Int
    /// User ids the device's list does not have: at most `mostUsers`, in order.
    package var unknownUsers: [String]
    package var unknownUserCount: Int
    /// The device's user list was read; without it nobody is unknown.
    package var isUserListKnown: Bool
    /// Records without a user id, or with 0: kept, never counted.
    package var nobody: Int
    /// Records whose date does not exist, and where they stand: kept, never counted.
    package var undated: Int
    package var undatedLines: [Int]
    /// Records of a day that has not come: the device's clock was wrong.
    package var future: Int
    /// Lines that are no records, the first of them by number.
    package var unreadable: Int
    package var unreadableLines: [Int]
    /// First and last lines about the file itself.
    package var annotations: [String]

    package static let mostUsers = 100

    enum CodingKeys: String, CodingKey {
        case sha256, name, device, serial, records, first, last, known, users, nobody, undated, future, unreadable
        case annotations
        case isKnownDevice = "known_device"
        case unknownUsers = "unknown_users"
        case unknownUserCount = "unknown_user_count"
        case isUserListKnown = "user_list_known"
        case undatedLines = "undated_lines"
        case unreadableLines = "unreadable_lines"
    }
}

extension StickPreview {
    mutating func add(_ punch: Punch, number: Int, tomorrow: String) {
        if punch.flags.contains(.noUser) { nobody += 1 }
        guard punch.deviceTime.isCalendarDate else {
            undated += 1
            if undatedLines.count < StickLog.mostNumbers { undatedLines.append(number) }
            return
        }
        let time = punch.deviceTime.text
        first = min(first ?? time, time)
        last = max(last ?? time, time)
        if time > tomorrow { future += 1 }
    }
}

/// What importing a file did.
package struct StickResult: Codable, Equatable, Sendable {
    package var sha256: String
    package var serial: String
    package var records: Int
    /// Punches journaled: the centre lists them as unconfirmed until the device shows them too.
    package var new: Int

    package init(sha256: String, serial: String, records: Int, new: Int) {
        self.sha256 = sha256
        self.serial = serial
        self.records = records
        self.new = new
    }
}
