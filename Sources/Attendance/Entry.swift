import Foundation

/// One line of the journal: its place, its bytes, and the hash that binds both to all before it.
package struct Entry: Hashable, Sendable {
    package let seq: Int64
    package let body: [UInt8]
    package let hash: ChainHash

    package init(seq: Int64, body: [UInt8], hash: ChainHash) {
        self.seq = seq
        self.body = body
        self.hash = hash
    }
}

/// What an entry says. `body` is one line of JSON, at most `longestBody` bytes, that contains `kind`.
package enum EntryBody: Equatable, Sendable {
    case epoch(EpochStart)
    case punch(Punch)
    case coverage(Coverage)
    case clock(ClockReading)
    case device(DeviceFacts)
    case user(DeviceUser)
    case operation(Operation)
    case order(OrderResult)
    case alarm(Alarm)
    /// A kind this version does not act on: kept, never refused.
    case other(kind: String)

    package static let longestBody = 64 * 1024

    package enum Kind: String, Sendable, CaseIterable {
        case epoch, punch, coverage, clock, device, user, operation, order, alarm
    }

    /// The device it speaks for: only nodes of that device's unit may. `nil` for entries of the edge itself.
    package var deviceSerial: DeviceSerial? {
        switch self {
        case .punch(let punch): punch.serial
        case .coverage(let coverage): coverage.serial
        case .clock(let clock): clock.serial
        case .device(let facts): facts.serial
        case .user(let user): user.serial
        case .operation(let operation): operation.serial
        case .epoch, .order, .alarm, .other: nil
        }
    }

    /// The device it is about, if only mentioned.
    package var mentionedSerial: DeviceSerial? {
        if case .alarm(let alarm) = self { alarm.serial } else { deviceSerial }
    }

    /// The line that is stored, hashed and sent.
    ///
    /// - Parameter at: the edge's clock when it learned this, UTC. Data for a person, never used for order.
    package func encode(at moment: Date) -> [UInt8] {
        var line = JSONLine()
        switch self {
        case .epoch(let start): start.write(to: &line, at: moment)
        case .punch(let punch): punch.write(to: &line, at: moment)
        case .coverage(let coverage): coverage.write(to: &line, at: moment)
        case .clock(let clock): clock.write(to: &line, at: moment)
        case .device(let facts): facts.write(to: &line, at: moment)
        case .user(let user): user.write(to: &line, at: moment)
        case .operation(let operation): operation.write(to: &line, at: moment)
        case .order(let result): result.write(to: &line, at: moment)
        case .alarm(let alarm): alarm.write(to: &line, at: moment)
        case .other(let kind): line.begin(kind, at: moment)
        }
        return line.finish()
    }
}

/// Why a new epoch was begun.
package struct EpochStart: Equatable, Sendable {
    package enum Reason: String, Sendable, Codable {
        case firstStart = "first_start"
        case corruptFile = "corrupt_file"
        case restoredCopy = "restored_copy"
        case fork
    }

    package let reason: Reason
    package let previous: Epoch?
    package let previousSeq: Int64?
    package let previousHash: ChainHash?

    package init(reason: Reason, previous: Epoch? = nil, previousSeq: Int64? = nil, previousHash: ChainHash? = nil) {
        self.reason = reason
        self.previous = previous
        self.previousSeq = previousSeq
        self.previousHash = previousHash
    }
}

/// From when to when a device's record is known to be complete, in edge UTC, and why not elsewhere.
package struct Coverage: Equatable, Sendable {
    package struct Hole: Equatable, Sendable, Codable {
        package let from: Date
        package let to: Date
        package let why: String

        package init(from: Date, to: Date, why: String) {
            self.from = from
            self.to = to
            self.why = why
        }
    }

    package let serial: DeviceSerial
    package let from: Date
    package let to: Date
    package let source: Punch.Source
    package let holes: [Hole]

    package init(serial: DeviceSerial, from: Date, to: Date, source: Punch.Source, holes: [Hole] = []) {
        self.serial = serial
        self.from = from
        self.to = to
        self.source = source
        self.holes = holes
    }
}

/// A device's clock beside ours: data for a later repair, never a reason to lose or hide a scan.
package struct ClockReading: Equatable, Sendable {
    package let serial: DeviceSerial
    package let deviceTime: DeviceTime
    /// Device time minus true local time, in whole seconds; `nil` where the device's is no date.
    package let offset: Int?
    /// Seconds since the edge's machine was started.
    package let monotonic: Int64
    package let bootID: String

    package init(serial: DeviceSerial, deviceTime: DeviceTime, offset: Int?, monotonic: Int64, bootID: String) {
        self.serial = serial
        self.deviceTime = deviceTime
        self.offset = offset
        self.monotonic = monotonic
        self.bootID = bootID
    }
}

/// What a device says of itself, and the zone its office configured for it.
package struct DeviceFacts: Equatable, Sendable {
    package let serial: DeviceSerial
    package let name: String
    /// IANA name; valid for the device's times from this entry on.
    package let timezone: String
    package let model: String
    package let platform: String
    package let firmware: String
    /// Records the log can hold; `nil` where the device does not say.
    package let capacity: Int?

    package init(
        serial: DeviceSerial, name: String, timezone: String, model: String, platform: String, firmware: String,
        capacity: Int?
    ) {
        self.serial = serial
        self.name = name
        self.timezone = timezone
        self.model = model
        self.platform = platform
        self.firmware = firmware
        self.capacity = capacity
    }
}

/// One user of a device's own list, as the device has it now. Never a password, a card number or a template.
package struct DeviceUser: Equatable, Hashable, Sendable {
    package let serial: DeviceSerial
    package let userID: UserID
    /// As typed in at the device; a hint for whoever links user ids to employees.
    package let name: String
    /// As the device stores it: 0 a plain user, 14 an administrator on most firmware (zk-protocol, section 10).
    package let privilege: Int
    /// The device no longer has this user.
    package let isRemoved: Bool

    package init(serial: DeviceSerial, userID: UserID, name: String, privilege: Int, isRemoved: Bool = false) {
        self.serial = serial
        self.userID = userID
        self.name = name
        self.privilege = privilege
        self.isRemoved = isRemoved
    }
}

/// What became of one order of the centre.
package struct OrderResult: Equatable, Sendable {
    package enum Result: String, Sendable, CaseIterable {
        case done
        /// This edge's configuration does not allow the kind, or it cannot be understood.
        case refused
        case failed
        /// It came too late, by the centre's own time.
        case expired
    }

    /// As in the receipt.
    package let id: String
    /// `resend`, `time_set` or `users`.
    package let kind: String
    package let result: Result
    /// For a person: what was done, or why not.
    package let text: String

    package init(id: String, kind: String, result: Result, text: String) {
        self.id = id
        self.kind = kind
        self.result = result
        self.text = text
    }
}

/// Something a person must look at.
package struct Alarm: Equatable, Sendable {
    /// A word of a closed set: docs/names.md, "Alarms".
    package let code: String
    package let serial: DeviceSerial?
    package let text: String

    package init(code: String, serial: DeviceSerial? = nil, text: String) {
        self.code = code
        self.serial = serial
        self.text = text
    }
}
