import Attendance
import Crypto
import ZKWire

/// One scan as a source that writes text tells it: SOAP, push, a file. Normalised into a punch by `punches`.
package struct TextScan: Hashable, Sendable {
    /// As written, not yet trimmed.
    package var userID: [UInt8]
    /// As written, such as `2026-11-20 07:29:58`.
    package var time: [UInt8]
    package var verify: Int
    package var state: Int
    /// `nil` where the line has none.
    package var workCode: String?
    /// The line as it came, for evidence.
    package var raw: [UInt8]

    package init(
        userID: some Sequence<UInt8>, time: some Sequence<UInt8>, verify: Int, state: Int, workCode: String? = nil,
        raw: some Sequence<UInt8> = []
    ) {
        self.userID = Array(userID)
        self.time = Array(time)
        self.verify = verify
        self.state = state
        self.workCode = workCode
        self.raw = Array(raw)
    }

    /// The time as the key of a punch has it.
    ///
    /// A date that does not exist is packed where it can be, so that the same record read from the device's log gives
    /// the same key; else it is the digits as written; of another form, the text itself, or a hash of one that is longer.
    package var deviceTime: DeviceTime {
        if let parts = Self.parts(time) {
            if let date = DeviceTime(
                year: parts.year, month: parts.month, day: parts.day, hour: parts.hour, minute: parts.minute,
                second: parts.second)
            {
                return date
            }
            if let packed = PackedTime(parts) { return DeviceTime(rawField: packed.bytes) }
        }
        let digits = time.filter { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        // Of another form, 2026-11-2 11:31 and 2026-11-21 1:31 have the same digits and are two scans.
        if Self.parts(time) == nil, digits.count != time.count {
            return DeviceTime(
                rawField: time.count <= Self.longestRawTime && !time.isEmpty
                    ? time : Array(SHA256.hash(data: time).prefix(Self.longestRawTime)))
        }
        if (1...Self.longestRawTime).contains(digits.count) { return DeviceTime(rawField: digits) }
        return DeviceTime(rawField: SHA256.hash(data: time).prefix(Self.longestRawTime))
    }

    /// `nil` where it is not written as a date, or no device could store it.
    package var packedTime: PackedTime? { Self.parts(time).flatMap { PackedTime($0) } }

    /// Bytes that a key can hold of a time that is no date.
    private static let longestRawTime = 16

    /// `YYYY-MM-DD hh:mm:ss`, or with a `T` between; the numbers need not be a date.
    static func parts(_ text: [UInt8]) -> PackedTime.Parts? {
        let marks: [(Int, [UInt8])] = [
            (4, [UInt8(ascii: "-")]), (7, [UInt8(ascii: "-")]), (10, [UInt8(ascii: " "), UInt8(ascii: "T")]),
            (13, [UInt8(ascii: ":")]), (16, [UInt8(ascii: ":")]),
        ]
        guard text.count == 19, marks.allSatisfy({ mark in mark.1.contains(text[mark.0]) }),
            let year = number(text[0..<4]), let month = number(text[5..<7]), let day = number(text[8..<10]),
            let hour = number(text[11..<13]), let minute = number(text[14..<16]), let second = number(text[17..<19])
        else { return nil }
        return PackedTime.Parts(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        var value = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return value
    }
}

/// Makes punches of the scans of one reading as they come, in its order. Occurrences are counted within it.
///
/// Nothing is dropped: a user id longer than an entry takes is cut to a hash, an impossible date is flagged.
package struct TextPunches: Sendable {
    private let serial: DeviceSerial
    private let source: Punch.Source
    private let file: FileOrigin?
    private var counts: [Punch.Slot: Int] = [:]

    package init(serial: DeviceSerial, source: Punch.Source, file: FileOrigin? = nil) {
        self.serial = serial
        self.source = source
        self.file = file
    }

    package mutating func punch(_ scan: TextScan) -> Punch {
        let slot = Punch.Slot(userID: Self.userID(scan.userID), deviceTime: scan.deviceTime)
        let occurrence = counts[slot, default: 0]
        counts[slot] = occurrence + 1
        return Punch(
            serial: serial, userID: slot.userID, deviceTime: slot.deviceTime, occurrence: occurrence,
            verify: scan.verify, state: scan.state,
            workCode: scan.workCode.flatMap { $0.isEmpty || $0 == "0" ? nil : String($0.prefix(64)) },
            source: source, raw: scan.raw, flags: PunchNormaliser.flags(slot.userID, slot.deviceTime, true), file: file)
    }

    private static func userID(_ text: [UInt8]) -> UserID {
        let id = UserID(field: text)
        guard id.bytes.count > UserID.longest else { return id }
        return UserID("long-" + Hex.encode(SHA256.hash(data: id.bytes).prefix(16)))
    }
}

extension PunchNormaliser {
    /// The punches of one reading of a text source, all at once: `TextPunches`.
    package static func punches(
        from scans: [TextScan], serial: DeviceSerial, source: Punch.Source, file: FileOrigin? = nil
    ) -> [Punch] {
        var punches = TextPunches(serial: serial, source: source, file: file)
        return scans.map { punches.punch($0) }
    }
}
