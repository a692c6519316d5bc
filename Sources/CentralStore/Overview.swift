import Attendance
import Foundation

/// An alarm entry with where it came from.
package struct StoredAlarm: Equatable, Sendable {
    package let place: EntryPlace
    package let unit: String
    /// By the edge's clock, and by the centre's.
    package let at: Date
    package let receivedAt: Date
    package let alarm: Alarm

    package init(place: EntryPlace, unit: String, at: Date, receivedAt: Date, alarm: Alarm) {
        self.place = place
        self.unit = unit
        self.at = at
        self.receivedAt = receivedAt
        self.alarm = alarm
    }
}

/// One entry of coverage of one device.
package struct CoverageClaim: Equatable, Sendable {
    package let serial: String
    package let from: Date
    package let to: Date
    package let holes: [Coverage.Hole]

    package init(serial: String, from: Date, to: Date, holes: [Coverage.Hole]) {
        self.serial = serial
        self.from = from
        self.to = to
        self.holes = holes
    }
}

/// How many claims and holes are read at most, of one device and of all.
package struct CoverageRoom: Sendable {
    package let ofDevice: Int
    package let all: Int

    package init(ofDevice: Int, all: Int) {
        self.ofDevice = ofDevice
        self.all = all
    }
}

/// Scans by hour of the device's day, 0 to 23; always 24 of them.
package typealias ScanHours = [Int]
