import Crypto

/// What makes a punch the same punch wherever it is seen again: 32 bytes.
///
/// `SHA-256("hadir-punch-1" ‖ fields)`, each field as u32 big-endian length and bytes: device serial,
/// user id, device time, occurrence in decimal. Source: docs/contract.md, section 2.
package struct PunchKey: Hashable, Sendable {
    package let bytes: [UInt8]

    package init(serial: DeviceSerial, userID: UserID, deviceTime: DeviceTime, occurrence: Int) {
        var message = Self.tag
        message.reserveCapacity(128)
        Self.field(serial.text.utf8, into: &message)
        Self.field(userID.bytes, into: &message)
        Self.field(deviceTime.text.utf8, into: &message)
        Self.field(String(occurrence).utf8, into: &message)
        bytes = Array(SHA256.hash(data: message))
    }

    /// 32 stored bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == SHA256.byteCount else { return nil }
        self.bytes = bytes
    }

    package var hex: String { Hex.encode(bytes) }

    private static let tag = Array("hadir-punch-1".utf8)

    private static func field(_ bytes: some Collection<UInt8>, into message: inout [UInt8]) {
        withUnsafeBytes(of: UInt32(truncatingIfNeeded: bytes.count).bigEndian) { message.append(contentsOf: $0) }
        message.append(contentsOf: bytes)
    }
}

extension SHA256 {
    package mutating func update(bigEndian value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { update(bufferPointer: $0) }
    }

    package mutating func update(bytes: [UInt8]) {
        bytes.withUnsafeBytes { update(bufferPointer: $0) }
    }
}

/// The serial number a device reports, spaces trimmed: its only stable identity.
///
/// Two serials are one where their bytes are, as in the key of a punch and in the database. Swift holds texts equal
/// that only look alike: `K` and U+212A, the Kelvin sign.
package struct DeviceSerial: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let text: String

    /// Longest serial accepted, in bytes; real ones have 8 to 20.
    package static let longest = 64

    /// `nil` where nothing is left, where it is longer than `longest`, or where it has control characters.
    package init?(_ text: String) {
        let trimmed = text.utf8.drop { $0 == 0x20 }.reversed().drop { $0 == 0x20 }.reversed()
        guard !trimmed.isEmpty, trimmed.count <= Self.longest, trimmed.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            return nil
        }
        self.text = String(decoding: Array(trimmed), as: UTF8.self)
    }

    /// The serial under which a device is journaled that shares its own with another one: `SERIAL+tag`.
    package func tagged(_ tag: String) -> DeviceSerial? { DeviceSerial("\(text)+\(tag)") }

    package var description: String { text }

    package static func == (left: Self, right: Self) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    package func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(0xFF as UInt8)
    }

    package static func < (left: Self, right: Self) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }
}
