import Foundation
import ZKWire

/// What a simulated device is when it is switched on. Everything has a default; the same values and seed give the
/// same device.
package struct SimulatorConfiguration: Sendable {
    /// Where a server listens. Port 0: any free one.
    package struct Address: Hashable, Sendable, CustomStringConvertible {
        package let host: String
        package let port: Int

        package init(host: String = "127.0.0.1", port: Int = 0) {
            self.host = host
            self.port = port
        }

        /// `HOST:PORT` or `[IPV6]:PORT`; `nil` for anything else.
        package init?(parsing text: String) {
            guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
                (0...65_535).contains(port)
            else { return nil }
            var host = text[..<colon]
            if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
            guard !host.isEmpty, host.utf8.count <= 255 else { return nil }
            self.init(host: String(host), port: port)
        }

        package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    }

    package var profile: DeviceProfile
    package var serial: String
    /// `nil`: this transport is not offered. A profile without TCP offers none whatever stands here.
    package var tcp: Address?
    package var udp: Address?
    /// The web service that some devices have beside the protocol; `nil`: not offered.
    package var soap: Address?
    package var users: Int
    package var records: Int
    /// Records the log can hold; the profile's own where nothing else is said.
    package var capacity: Int
    package var whenFull: AttendanceLog.WhenFull = .drop
    package var seed: UInt64
    /// 0: no key is asked for, unless `alwaysAsksKey`.
    package var commKey: CommKey
    package var alwaysAsksKey = false
    package var timeZone: TimeZone
    /// Seconds the clock is ahead of true time.
    package var clockOffset = 0
    /// Parts per million.
    package var drift = 0.0
    /// Device time before which the seeded log ends; `nil`: when the device is started.
    package var logEnd: PackedTime?
    package var faults: [Fault]
    /// A Unix socket to listen on for commands; `nil`: none.
    package var controlPath: String?
    /// A random user scans this often; `nil`: nobody does.
    package var scanEvery: Duration?

    package init(
        profile: DeviceProfile = .tft, serial: String = "SIM0000000001", tcp: Address? = Address(),
        udp: Address? = Address(), users: Int = 10, records: Int = 0, capacity: Int? = nil, seed: UInt64 = 1,
        commKey: CommKey = .none, timeZone: TimeZone? = nil, faults: [Fault] = []
    ) {
        self.profile = profile
        self.serial = serial
        self.tcp = tcp
        self.udp = udp
        self.users = users
        self.records = records
        self.capacity = capacity ?? max(profile.recordCapacity, records)
        self.seed = seed
        self.commKey = commKey
        self.timeZone = timeZone ?? DeviceClock.zone(named: "WIB") ?? .gmt
        self.faults = faults
    }
}
