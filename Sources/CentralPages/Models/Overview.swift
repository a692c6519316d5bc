import Foundation

/// Everything the live pages show, at one moment: plain values, as the centre has them.
///
/// Names, versions and problems are as nodes sent them; pages clean them when they are shown.
package struct Overview: Equatable, Sendable {
    package var moment: Date
    /// Scans whose device time is of this day, in the government's zone; without those only files told of.
    package var scansToday: Int
    /// Scans by hour of the device's day, 0 to 23: of today, and the mean of the last four same weekdays that have any.
    package var hoursToday: [Int]
    package var hoursUsual: [Double]
    /// All there are.
    package var scansEver: Int64
    package var nodes: [NodeLine]
    /// Units with an enrolment code or a node or a device; by name.
    package var units: [String]
    package var devices: [DeviceLine]
    /// Newest first.
    package var scans: [ScanLine]
    /// Newest first.
    package var alarms: [AlarmLine]
    package var quarantine: QuarantineSummary

    package init(
        moment: Date, scansToday: Int = 0, hoursToday: [Int] = [], hoursUsual: [Double] = [], scansEver: Int64 = 0,
        nodes: [NodeLine] = [], units: [String] = [], devices: [DeviceLine] = [], scans: [ScanLine] = [],
        alarms: [AlarmLine] = [], quarantine: QuarantineSummary = QuarantineSummary()
    ) {
        self.moment = moment
        self.scansToday = scansToday
        self.hoursToday = hoursToday
        self.hoursUsual = hoursUsual
        self.scansEver = scansEver
        self.nodes = nodes
        self.units = units
        self.devices = devices
        self.scans = scans
        self.alarms = alarms
        self.quarantine = quarantine
    }
}

/// Whether a node is heard of.
package enum Contact: String, Sendable {
    /// Within three heartbeats.
    case connected = "terhubung"
    case disconnected = "terputus"
    case never = "belum pernah"
    /// The operator has shut it out.
    case revoked = "dicabut"
}

package struct NodeLine: Equatable, Sendable {
    package var name: String
    package var unit: String
    package var contact: Contact
    package var lastContact: Date?
    package var version: String?
    /// Entries not yet at the centre, and how old the oldest is.
    package var backlog: Int64?
    package var backlogAge: TimeInterval?
    package var diskFree: Int64?
    package var clockTrusted: Bool?
    /// Entries that the node no longer has and the centre never got.
    package var missing: Int64
    package var forks: Int

    package init(
        name: String, unit: String, contact: Contact, lastContact: Date? = nil, version: String? = nil,
        backlog: Int64? = nil, backlogAge: TimeInterval? = nil, diskFree: Int64? = nil, clockTrusted: Bool? = nil,
        missing: Int64 = 0, forks: Int = 0
    ) {
        self.name = name
        self.unit = unit
        self.contact = contact
        self.lastContact = lastContact
        self.version = version
        self.backlog = backlog
        self.backlogAge = backlogAge
        self.diskFree = diskFree
        self.clockTrusted = clockTrusted
        self.missing = missing
        self.forks = forks
    }
}

package struct DeviceLine: Equatable, Sendable {
    package var serial: String
    package var unit: String
    package var name: String
    package var model: String
    package var firmware: String
    package var lastRead: Date?
    package var count: Int?
    package var capacity: Int?
    /// Device time minus true local time, in seconds.
    package var clockOffset: Int?
    /// Since when the clock is off by more than five minutes, as readings of it show; `nil` while it is not.
    package var clockSince: Date?
    /// Why it cannot be read, as its node says; `nil` while all is well.
    package var problem: String?
    /// When its node last spoke of it.
    package var statusAt: Date?
    /// Up to when its record is known to be complete.
    package var coveredTo: Date?

    package init(
        serial: String, unit: String, name: String, model: String = "", firmware: String = "", lastRead: Date? = nil,
        count: Int? = nil, capacity: Int? = nil, clockOffset: Int? = nil, clockSince: Date? = nil,
        problem: String? = nil, statusAt: Date? = nil, coveredTo: Date? = nil
    ) {
        self.serial = serial
        self.unit = unit
        self.name = name
        self.model = model
        self.firmware = firmware
        self.lastRead = lastRead
        self.count = count
        self.capacity = capacity
        self.clockOffset = clockOffset
        self.clockSince = clockSince
        self.problem = problem
        self.statusAt = statusAt
        self.coveredTo = coveredTo
    }
}

package struct ScanLine: Equatable, Sendable {
    package var id: Int64
    package var unit: String
    /// The device's name, or its serial where it has none.
    package var device: String
    /// "PIN" on pages.
    package var userID: String
    /// As the device wrote it: `2026-11-22T07:31:05`, or hex where it is no date.
    package var deviceTime: String
    /// `nil` where the device's zone is not known.
    package var utc: Date?
    package var receivedAt: Date
    /// As the device stores them; `docs/protocol.md` has the words.
    package var verify: Int
    package var state: Int
    package var source: String
    /// Nothing but files told of it, and no device has shown it yet: it is not counted.
    package var isUnconfirmed: Bool

    package init(
        id: Int64, unit: String, device: String, userID: String, deviceTime: String, utc: Date?, receivedAt: Date,
        verify: Int, state: Int, source: String, isUnconfirmed: Bool = false
    ) {
        self.id = id
        self.unit = unit
        self.device = device
        self.userID = userID
        self.deviceTime = deviceTime
        self.utc = utc
        self.receivedAt = receivedAt
        self.verify = verify
        self.state = state
        self.source = source
        self.isUnconfirmed = isUnconfirmed
    }
}

package struct AlarmLine: Equatable, Sendable {
    package var at: Date
    package var unit: String
    package var node: String
    /// `nil` where it is about no device.
    package var device: String?
    /// docs/names.md, "Alarms".
    package var code: String
    /// As the node said it, in English.
    package var text: String
    /// What it tells of is known to be over.
    package var isOver: Bool

    package init(
        at: Date, unit: String, node: String, device: String?, code: String, text: String, isOver: Bool
    ) {
        self.at = at
        self.unit = unit
        self.node = node
        self.device = device
        self.code = code
        self.text = text
        self.isOver = isOver
    }
}

package struct QuarantineSummary: Equatable, Sendable {
    package struct Line: Equatable, Sendable {
        package var at: Date
        package var unit: String
        package var node: String
        package var seq: Int64
        package var reason: String
        /// The entry as it came.
        package var body: String

        package init(at: Date, unit: String, node: String, seq: Int64, reason: String, body: String) {
            self.at = at
            self.unit = unit
            self.node = node
            self.seq = seq
            self.reason = reason
            self.body = body
        }
    }

    package var count: Int
    /// Newest first.
    package var newest: [Line]

    package init(count: Int = 0, newest: [Line] = []) {
        self.count = count
        self.newest = newest
    }
}
