import Attendance
import ZKClient
import ZKWire

/// What `devices.conf` says, checked and with every default filled in.
package struct EdgeConfiguration: Sendable, Equatable {
    /// Where the local status page and metrics are served.
    package struct ListenAddress: Sendable, Equatable {
        package var host: String
        /// 0 takes a free port.
        package var port: Int

        package init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    /// Shown in messages; the unit that binds comes with enrolment.
    package var unit: String
    /// Whom people at the office are to call; shown on the local page. `nil` for the default words.
    package var help: String?
    /// IANA name.
    package var timezone: String
    /// `nil` serves nothing.
    package var statusListen: ListenAddress?
    /// Longest silence towards the centre: an empty batch is sent after it.
    package var heartbeat: Duration
    /// On the way to the centre; `nil` where it is reached directly.
    package var proxy: HTTPProxy?
    /// What the centre may ask of this edge.
    package var orders: Set<OrderKind>
    /// Where devices report by themselves; `nil` where none may.
    package var push: PushConfiguration?
    /// In the order of the file.
    package var devices: [DeviceConfiguration]

    package init(
        unit: String, timezone: String, statusListen: ListenAddress? = nil, heartbeat: Duration = .seconds(60),
        proxy: HTTPProxy? = nil, orders: Set<OrderKind> = [.resend], devices: [DeviceConfiguration] = [],
        help: String? = nil, push: PushConfiguration? = nil
    ) {
        self.unit = unit
        self.help = help
        self.timezone = timezone
        self.statusListen = statusListen
        self.heartbeat = heartbeat
        self.proxy = proxy
        self.orders = orders
        self.push = push
        self.devices = devices
    }
}

/// `[push]` of the file: where devices report by themselves.
package struct PushConfiguration: Sendable, Equatable {
    package var listen: EdgeConfiguration.ListenAddress
    /// Files in PEM, both or none.
    package var certificate: String?
    package var key: String?
    /// What must stand before `/iclock`; empty for nothing. Known to whoever may: it is in no log and no status.
    package var path: String

    package init(
        listen: EdgeConfiguration.ListenAddress, certificate: String? = nil, key: String? = nil, path: String = ""
    ) {
        self.listen = listen
        self.certificate = certificate
        self.key = key
        self.path = path
    }
}

/// One `[device.NAME]` of the file.
package struct DeviceConfiguration: Sendable, Equatable {
    /// How names on the device are written where they are not UTF-8.
    package enum NameEncoding: String, Sendable, CaseIterable {
        case utf8 = "utf-8"
        case gbk
        case latin1 = "latin-1"
    }

    /// a–z, 0–9, `_` and `-`, up to 32.
    package var name: String
    package var address: DeviceAddress
    /// Written at enrolment; a device that tells another serial is refused. `nil` until then.
    package var serial: DeviceSerial?
    /// Tells devices apart that report one and the same serial: journaled is `SERIAL+tag`. `nil` for all others.
    package var serialTag: String?
    package var commKey: CommKey
    package var poll: Duration
    package var live: Bool
    /// IANA name of the zone the device's clock shows.
    package var timezone: String
    /// How far the clock may be off and still be set right by the daemon; `nil` never sets it.
    package var clockCorrection: Duration?
    /// 16-byte records have verify before state, as pyzk reads them.
    package var attendanceOrder16VerifyFirst: Bool
    package var nameEncoding: NameEncoding
    /// Replies with a wrong reply number are taken where their code fits (zk-protocol, section 3).
    package var looseReplies: Bool
    /// For an address on USB.
    package var usb = USBSettings()

    package init(
        name: String, address: DeviceAddress, serial: DeviceSerial? = nil, commKey: CommKey = .none,
        poll: Duration = .seconds(60), live: Bool = true, timezone: String, clockCorrection: Duration? = nil,
        attendanceOrder16VerifyFirst: Bool = false, nameEncoding: NameEncoding = .utf8, looseReplies: Bool = false,
        serialTag: String? = nil
    ) {
        self.name = name
        self.address = address
        self.serial = serial
        self.serialTag = serialTag
        self.commKey = commKey
        self.poll = poll
        self.live = live
        self.timezone = timezone
        self.clockCorrection = clockCorrection
        self.attendanceOrder16VerifyFirst = attendanceOrder16VerifyFirst
        self.nameEncoding = nameEncoding
        self.looseReplies = looseReplies
    }

    /// The serial its entries carry; `nil` until it is known.
    package var journalSerial: DeviceSerial? { serial.flatMap { journalSerial(of: $0) } }

    /// The serial the entries of a device carry that told `serial`; `nil` where the tag makes it too long.
    package func journalSerial(of serial: DeviceSerial) -> DeviceSerial? {
        if let serialTag { serial.tagged(serialTag) } else { serial }
    }

    /// Whether `tag` can be a `serial_tag`: 1 to 16 of a–z, 0–9 and `-`.
    package static func isSerialTag(_ tag: String) -> Bool {
        (1...16).contains(tag.utf8.count) && isName(tag) && !tag.contains("_")
    }

    /// Whether `name` can be a device's: 1 to 32 of a–z, 0–9, `_` and `-`.
    package static func isName(_ name: some StringProtocol) -> Bool {
        (1...32).contains(name.utf8.count)
            && name.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}

extension DeviceAddress {
    /// How often a device is read where nobody says. Over SOAP each reading is the whole log: 13 MB of a full one.
    package var usualPoll: Duration { link == .soap ? .seconds(300) : .seconds(60) }
}
