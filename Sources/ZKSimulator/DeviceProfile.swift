import ZKWire

/// What makes one family of devices differ from another on the wire (zk-protocol, sections 17 and 19).
package struct DeviceProfile: Hashable, Sendable {
    /// How a live scan is told: zk-protocol, section 14.2.
    package enum EventLayout: Hashable, Sendable {
        /// 10 bytes, u16 user index.
        case index16
        /// 12 bytes, u32 user id.
        case number32
        /// 32 bytes, text user id.
        case text24
    }

    /// What stands in the first two bytes of a record that has a text user id; clients must not trust either.
    package enum IndexField: Hashable, Sendable {
        case userIndex, recordNumber
    }

    /// What `--profile` takes.
    package let name: String
    package var attendance: AttendanceLayout
    package var users: UserLayout
    package var event: EventLayout
    /// Bytes behind the event that nobody explains: 4 behind 10, and 4, 5 or 20 behind 32 were seen.
    package var eventTail = 0
    package var indexField = IndexField.userIndex
    package var hasTCP = true
    /// Answers 1503 and 1504. Old firmware knows only the direct commands 13 and 9.
    package var hasBuffer = true
    /// Tells scans unasked to who registered for them.
    package var hasEvents = true
    /// `getFreeSizes` answers one number for an index, and nothing without one.
    package var countersOneByOne = false
    /// A deleted user leaves a record of zeros in the table, which the counter does not count.
    package var keepsDeletedUsers = false
    /// Enrolls a finger on a client's request; newer firmware does not (zk-protocol, section 13.5).
    package var canEnrol = true
    /// Longest data of one 1501 frame on TCP. On UDP it is always 1024.
    package var packetLimit: Int
    /// Bytes of the answer to `getFreeSizes`: 80, 92 or 112.
    package var sizesLength: Int
    package var pinWidth: UInt8
    /// The answer to a command this firmware does not have.
    package var unknownCommand: Command = .ackUnknown
    /// The answer to an option it does not have.
    package var unknownOption: Command = .ackError
    package var userCapacity: Int
    package var fingerCapacity: Int
    /// 0 where there is no face sensor.
    package var faceCapacity = 0
    package var recordCapacity: Int
    package var deviceName: String
    package var platform: String
    package var version: String
    /// What a scan is recorded as when nothing else is asked for: 1 finger, 15 face.
    package var usualVerify: UInt8

    package static let udpPacketLimit = 1024
    /// The most one 1504 may ask for; more is refused (zk-protocol, section 9.1).
    package static let longestChunkTCP = 0xFFC0
    package static let longestChunkUDP = 16_384
    /// Datasets up to this many bytes come inline. The largest seen inline had 508, the smallest announced 1011;
    /// public clients read the answer into 1024 bytes.
    package static let inlineLimit = 1008

    /// Colour-screen device: 40-byte records, 72-byte users.
    package static let tft = DeviceProfile(
        name: "tft", attendance: .a40, users: .u72, event: .text24, packetLimit: 65_536,
        sizesLength: FreeSizes.faceSize, pinWidth: 9, userCapacity: 10_000, fingerCapacity: 6000,
        recordCapacity: 100_000, deviceName: "F18/ID", platform: "ZMM210_TFT", version: "Ver 6.60 Apr 26 2016",
        usualVerify: 1)

    /// Face device: 49-byte records that begin with a running number, 72-byte users.
    package static let tft49 = DeviceProfile(
        name: "tft49", attendance: .a49, users: .u72, event: .text24, indexField: .recordNumber,
        canEnrol: false, packetLimit: 65_536, sizesLength: FreeSizes.longSize, pinWidth: 14, unknownOption: .ackUnknown,
        userCapacity: 10_000, fingerCapacity: 6000, faceCapacity: 6000, recordCapacity: 200_000,
        deviceName: "SpeedFace-V5L", platform: "ZAM170-NF-Ver1.0", version: "Ver 6.60 Sep 27 2019", usualVerify: 15)

    /// Black-and-white device with the buffer commands: 16-byte records, 28-byte users.
    package static let legacy = DeviceProfile(
        name: "legacy", attendance: .a16, users: .u28, event: .number32, packetLimit: 1008,
        sizesLength: FreeSizes.shortSize, pinWidth: 9, userCapacity: 3000, fingerCapacity: 3000,
        recordCapacity: 100_000, deviceName: "iClock260", platform: "ZEM600_TFT", version: "Ver 6.60 Mar 18 2011",
        usualVerify: 1)

    /// The oldest: UDP only, direct commands only, 8-byte records that name the user's index.
    package static let old = DeviceProfile(
        name: "old", attendance: .a8, users: .u28, event: .index16, hasTCP: false, hasBuffer: false,
        packetLimit: udpPacketLimit, sizesLength: FreeSizes.shortSize, pinWidth: 9, unknownOption: .ackUnknown,
        userCapacity: 1500, fingerCapacity: 1500, recordCapacity: 50_000, deviceName: "U580", platform: "ZEM500",
        version: "Ver 6.21 Nov 19 2008", usualVerify: 1)

    /// What is known of an LX50 on a USB cable: 22-byte records and a protocol with gaps (zk-usb, section 3; one
    /// witness). A packet on USB is a datagram of UDP, so this is served over UDP, and rigs carry it to USB.
    package static let usb: DeviceProfile = {
        var profile = DeviceProfile(
            name: "usb", attendance: .a22, users: .u72, event: .text24, hasTCP: false, packetLimit: udpPacketLimit,
            sizesLength: FreeSizes.shortSize, pinWidth: 9, userCapacity: 1000, fingerCapacity: 1000,
            recordCapacity: 50_000, deviceName: "LX50", platform: "AK3750WIFI_TFT",
            version: "Ver 6.60 May 19 2023", usualVerify: 1)
        profile.hasEvents = false
        profile.canEnrol = false
        profile.countersOneByOne = true
        profile.keepsDeletedUsers = true
        return profile
    }()

    /// Devices on a network.
    package static let all = [tft, tft49, legacy, old]
    /// What `--profile` takes.
    package static let known = all + [usb]

    package init?(named name: String) {
        guard let profile = Self.known.first(where: { $0.name == name }) else { return nil }
        self = profile
    }

    package init(
        name: String, attendance: AttendanceLayout, users: UserLayout, event: EventLayout,
        indexField: IndexField = .userIndex, hasTCP: Bool = true, hasBuffer: Bool = true,
        canEnrol: Bool = true, packetLimit: Int,
        sizesLength: Int, pinWidth: UInt8, unknownOption: Command = .ackError, userCapacity: Int,
        fingerCapacity: Int, faceCapacity: Int = 0, recordCapacity: Int, deviceName: String, platform: String,
        version: String, usualVerify: UInt8
    ) {
        self.name = name
        self.attendance = attendance
        self.users = users
        self.event = event
        self.indexField = indexField
        self.hasTCP = hasTCP
        self.hasBuffer = hasBuffer
        self.canEnrol = canEnrol
        self.packetLimit = packetLimit
        self.sizesLength = sizesLength
        self.pinWidth = pinWidth
        self.unknownOption = unknownOption
        self.userCapacity = userCapacity
        self.fingerCapacity = fingerCapacity
        self.faceCapacity = faceCapacity
        self.recordCapacity = recordCapacity
        self.deviceName = deviceName
        self.platform = platform
        self.version = version
        self.usualVerify = usualVerify
    }
}
