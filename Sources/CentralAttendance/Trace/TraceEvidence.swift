import Attendance
import AttendanceRules
import Foundation

/// A device on which the person could have scanned, as the centre knows it at one moment.
package struct TracedDevice: Sendable, Equatable {
    /// The computer of the office that reads it.
    package struct Office: Sendable, Equatable {
        /// When its last batch came; `nil` for never.
        package var contactAt: Date?
        /// The operator has shut it out.
        package var isRevoked: Bool
        /// Entries it still had to send when it was last heard.
        package var backlog: Int64
        package var backlogAge: Int64?

        package init(contactAt: Date?, isRevoked: Bool = false, backlog: Int64 = 0, backlogAge: Int64? = nil) {
            self.contactAt = contactAt
            self.isRevoked = isRevoked
            self.backlog = backlog
            self.backlogAge = backlogAge
        }
    }

    package var serial: String
    package var name: String
    package var unit: String
    /// What the person is called on it that day; empty where nobody has said.
    package var userIDs: [String]
    /// When it was last read, as far as the centre knows.
    package var readAt: Date?
    /// Why it could not be read, as its computer says.
    package var problem: String?
    /// Its clock minus true time, in seconds.
    package var clockOffset: Int?
    /// The best connected computer of its unit; `nil` where there is none.
    package var office: Office?
    /// For when its record is known to be complete.
    package var record: DeviceRecord
    /// Scans of the person that the centre keeps and does not count, and why.
    package var quarantined: [String]

    package init(
        serial: String, name: String, unit: String, userIDs: [String], readAt: Date? = nil, problem: String? = nil,
        clockOffset: Int? = nil, office: Office? = nil, record: DeviceRecord, quarantined: [String] = []
    ) {
        self.serial = serial
        self.name = name
        self.unit = unit
        self.userIDs = userIDs
        self.readAt = readAt
        self.problem = problem
        self.clockOffset = clockOffset
        self.office = office
        self.record = record
        self.quarantined = quarantined
    }
}

/// One scan of the person that the centre has.
package struct TracedScan: Sendable, Equatable {
    /// What became of it.
    package enum Fate: Hashable, Sendable {
        case used(Explanation.Use)
        /// Two people have the user id on the device: it is nobody's.
        case disputed
        /// The person has no link there on the date.
        case notLinked
        /// The device's time has no date, or nobody knows its zone.
        case undated
        /// The hours ask for no scan: a free day, or no schedule.
        case notAsked
        /// The day is one of leave.
        case onLeave
        /// Not yet part of a computed day.
        case waiting
    }

    package var key: PunchKey
    /// `nil` where it cannot be dated.
    package var at: Moment?
    package var serial: String
    package var fate: Fate
    /// It came after the month was closed: the closed figures are without it.
    package var isAfterClosing: Bool

    package init(key: PunchKey, at: Moment?, serial: String, fate: Fate, isAfterClosing: Bool = false) {
        self.key = key
        self.at = at
        self.serial = serial
        self.fate = fate
        self.isAfterClosing = isAfterClosing
    }
}

/// Everything that answers "where is my scan?" for one person and date.
package struct TraceEvidence: Sendable {
    package var date: CivilDate
    package var now: Moment
    /// `nil` where the person is not employed on the date.
    package var account: DayAccount?
    package var devices: [TracedDevice]
    package var scans: [TracedScan]

    package init(
        date: CivilDate, now: Moment, account: DayAccount?, devices: [TracedDevice], scans: [TracedScan]
    ) {
        self.date = date
        self.now = now
        self.account = account
        self.devices = devices
        self.scans = scans
    }
}
