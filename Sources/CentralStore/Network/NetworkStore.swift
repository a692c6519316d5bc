import Foundation

/// A code that nobody has used yet; its secret is in no database.
package struct OpenEnrolmentCode: Equatable, Sendable {
    package let id: String
    package let unit: String
    package let createdAt: Date
    package let expiresAt: Date

    package init(id: String, unit: String, createdAt: Date, expiresAt: Date) {
        self.id = id
        self.unit = unit
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }
}

/// What one file from a stick tells of one device and nothing better has shown yet.
package struct StickFile: Equatable, Sendable {
    /// Of its bytes, in hex, as the edge says.
    package let sha256: String
    package let serial: String
    /// As the device is called; may be empty.
    package let device: String
    package let unit: String
    /// Who imported it, as the edge says.
    package let by: String
    /// When its first scan came to the centre.
    package let arrivedAt: Date
    package let scans: Int
    /// User ids.
    package let people: Int
    /// Device times of the first and the last scan, as the device writes them; `nil` where none has a date.
    package let first: String?
    package let last: String?

    package init(
        sha256: String, serial: String, device: String, unit: String, by: String, arrivedAt: Date, scans: Int,
        people: Int, first: String?, last: String?
    ) {
        self.sha256 = sha256
        self.serial = serial
        self.device = device
        self.unit = unit
        self.by = by
        self.arrivedAt = arrivedAt
        self.scans = scans
        self.people = people
        self.first = first
        self.last = last
    }
}

/// What those who look after nodes and devices ask; a part of `CentralStore`.
package protocol NetworkStore: Sendable {
    /// Those that make a node still, the one that ends first at the beginning.
    func openCodes(at moment: Date) async throws -> [OpenEnrolmentCode]

    /// By file and device, newest arrival first; files that somebody has accepted are left out.
    func stickFiles(limit: Int) async throws -> [StickFile]

    /// Since when a device's clock is off by more than 300 s or shows no date: the first such reading after the last
    /// good one. Devices whose newest reading is good, or that have none, are left out.
    func clockOffSince(ofDevices serials: [String]) async throws -> [String: Date]
}
