/// What the centre shows about a node; travels in every batch header. Times are UTC text.
package struct NodeStatus: Codable, Equatable, Sendable {
    package struct Device: Codable, Equatable, Sendable {
        package var serial: String
        package var name: String
        /// When a reading last succeeded.
        package var lastRead: String?
        /// Records in the log, and how many fit.
        package var count: Int?
        package var capacity: Int?
        /// Device time minus true local time, in seconds.
        package var clockOffset: Int?
        /// Why the device could not be read, in words; absent while all is well.
        package var problem: String?

        package init(
            serial: String, name: String, lastRead: String? = nil, count: Int? = nil, capacity: Int? = nil,
            clockOffset: Int? = nil, problem: String? = nil
        ) {
            self.serial = serial
            self.name = name
            self.lastRead = lastRead
            self.count = count
            self.capacity = capacity
            self.clockOffset = clockOffset
            self.problem = problem
        }

        enum CodingKeys: String, CodingKey {
            case serial, name, count, capacity, problem
            case lastRead = "last_read"
            case clockOffset = "clock_offset"
        }
    }

    package var version: String
    /// Entries not yet acknowledged, and the age of the oldest in seconds.
    package var backlog: Int64
    package var backlogAge: Int64?
    /// Free bytes on the journal's disk.
    package var diskFree: Int64?
    /// False while the edge has reason to doubt its own clock.
    package var clockTrusted: Bool
    package var devices: [Device]
    /// Seq of the oldest entry of this epoch that the node still has: where it goes on when the centre asks for
    /// earlier ones.
    package var oldest: Int64?
    /// SHA-256, in hex, of the newest of the centre's signing keys that the node trusts.
    package var centreKey: String?
    /// The end of the centre's audit log as a receipt last told it.
    package var audit: AuditHead?

    package init(
        version: String, backlog: Int64, backlogAge: Int64? = nil, diskFree: Int64? = nil, clockTrusted: Bool = true,
        devices: [Device] = [], oldest: Int64? = nil, centreKey: String? = nil,
        audit: AuditHead? = nil
    ) {
        self.version = version
        self.backlog = backlog
        self.backlogAge = backlogAge
        self.diskFree = diskFree
        self.clockTrusted = clockTrusted
        self.devices = devices
        self.oldest = oldest
        self.centreKey = centreKey
        self.audit = audit
    }

    /// Whether its numbers can be what they stand for. What devices say of themselves is not judged: a device with
    /// a damaged counter must not stop its office.
    var isPlausible: Bool {
        backlog >= 0 && backlogAge ?? 0 >= 0 && diskFree ?? 0 >= 0 && oldest ?? 1 >= 1
            && (centreKey.map { Hex.decode($0)?.count == 32 } ?? true)
    }

    enum CodingKeys: String, CodingKey {
        case version, backlog, devices, oldest, audit
        case centreKey = "centre_key"
        case backlogAge = "backlog_age"
        case diskFree = "disk_free"
        case clockTrusted = "clock_trusted"
    }
}

extension NodeStatus {
    /// Devices that cannot be read are left out: what one device's line says must not stop its office.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        version = try container.decode(String.self, forKey: .version)
        backlog = try container.decode(Int64.self, forKey: .backlog)
        backlogAge = try container.decodeIfPresent(Int64.self, forKey: .backlogAge)
        diskFree = try container.decodeIfPresent(Int64.self, forKey: .diskFree)
        clockTrusted = try container.decode(Bool.self, forKey: .clockTrusted)
        devices = (try? container.decode([ReadableDevice].self, forKey: .devices))?.compactMap(\.device) ?? []
        oldest = try container.decodeIfPresent(Int64.self, forKey: .oldest)
        centreKey = try container.decodeIfPresent(String.self, forKey: .centreKey)
        // For show, as devices are: what cannot be read is no witness, and stops no office.
        audit = (try? container.decodeIfPresent(AuditHead.self, forKey: .audit)) ?? nil
    }

    private struct ReadableDevice: Decodable {
        let device: Device?

        init(from decoder: any Decoder) { device = try? Device(from: decoder) }
    }
}
