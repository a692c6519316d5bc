import FailPoints

/// One scan, wherever it is seen again.
package struct Punch: Hashable, Sendable {
    /// How a reading got at its records, best first: where two sources tell different attributes of one
    /// punch, the better one's are believed.
    package enum Source: String, Sendable, Codable, CaseIterable, Comparable {
        case poll, soap, push, live, stick

        package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

        /// Whether a punch whose best source this is waits for the device itself to show it: a file is only text.
        package var isUnconfirmed: Bool { self == .stick && !Sabotage.isOn("stick_counts") }

        /// 0 is the best.
        package var rank: Int { Self.allCases.firstIndex(of: self) ?? Self.allCases.count }
    }

    /// What a person should know before counting this punch.
    package enum Flag: String, Sendable, Codable, CaseIterable {
        /// The user id is empty or 0.
        case noUser = "no_user"
        /// The device time is no calendar date.
        case noDate = "no_date"
        /// The device knew only an internal index, and its user list did not have it.
        case unresolvedIndex = "unresolved_index"
    }

    package let serial: DeviceSerial
    package let userID: UserID
    package let deviceTime: DeviceTime
    /// 0 for the first record of this user and second in one reading, 1 for the second one …
    package let occurrence: Int
    package let verify: Int
    package let state: Int
    package let workCode: String?
    package let source: Source
    /// The record as read, at most `longestRaw` bytes.
    package let raw: [UInt8]
    package let flags: [Flag]
    /// Which file it came from, and who brought it; `nil` for what a device gave itself.
    package let file: FileOrigin?

    package static let longestRaw = 64

    package init(
        serial: DeviceSerial, userID: UserID, deviceTime: DeviceTime, occurrence: Int, verify: Int, state: Int,
        workCode: String? = nil, source: Source, raw: [UInt8], flags: [Flag] = [],
        file: FileOrigin? = nil
    ) {
        self.serial = serial
        self.userID = userID
        self.deviceTime = deviceTime
        self.occurrence = occurrence
        self.verify = verify
        self.state = state
        self.workCode = workCode
        self.source = source
        self.raw = raw.count <= Self.longestRaw ? raw : Array(raw.prefix(Self.longestRaw))
        self.flags = flags
        self.file = file
    }

    /// Whose scan of which second it is: within one reading, punches of one slot are told apart by their occurrence.
    package struct Slot: Hashable, Sendable {
        package let userID: UserID
        package let deviceTime: DeviceTime

        package init(userID: UserID, deviceTime: DeviceTime) {
            self.userID = userID
            self.deviceTime = deviceTime
        }
    }

    package var slot: Slot { Slot(userID: userID, deviceTime: deviceTime) }

    package var key: PunchKey {
        PunchKey(serial: serial, userID: userID, deviceTime: deviceTime, occurrence: occurrence)
    }
}

/// A file carried by hand, which is only text: anybody can write one.
package struct FileOrigin: Hashable, Sendable {
    /// SHA-256 of the whole file, hex.
    package let sha256: String
    /// The account on the edge's computer that brought it.
    package let by: String

    package static let longestAccount = 100

    package init(sha256: String, by: String) {
        self.sha256 = sha256
        self.by = String(decoding: by.utf8.prefix(Self.longestAccount), as: UTF8.self)
    }
}
