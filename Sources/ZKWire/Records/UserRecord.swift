/// How a device lays out one user. Offsets: zk-protocol, section 13.
package enum UserLayout: String, CaseIterable, Hashable, Sendable {
    /// Firmware before 5.04: the user id is the index.
    case u16
    case u28
    case u72

    package var size: Int {
        switch self {
        case .u16: 16
        case .u28: 28
        case .u72: 72
        }
    }

    struct Offsets {
        static let index = 0
        static let privilege = 2
        static let password = 3
        var passwordSize: Int
        var name: Int
        var nameSize: Int
        var card: Int?
        var group: Int?
        /// Three u16 after a flag word on 72 bytes; one bit mask on 28.
        var zones: Int?
        var userID: Int?
    }

    var offsets: Offsets {
        switch self {
        case .u16: Offsets(passwordSize: 5, name: 8, nameSize: 8)
        case .u28: Offsets(passwordSize: 5, name: 8, nameSize: 8, card: 16, group: 21, zones: 22, userID: 24)
        case .u72: Offsets(passwordSize: 8, name: 11, nameSize: 24, card: 35, group: 39, zones: 40, userID: 48)
        }
    }
}

/// One user of a device, in the device's own terms. Its description shows neither name nor password.
package struct UserRecord: Hashable, Sendable {
    /// The device's internal number for the user; never leaves these targets as an identity.
    package var index: UInt16
    package var privilege: UInt8
    package var password: Redacted
    /// In the firmware's code page; up to the first NUL.
    package var name: Redacted
    package var card: UInt32
    package var group: UInt8
    /// The zone words as they stand: flag and three zones on 72 bytes, one bit mask on 28, none on 16.
    package var zones: [UInt16]
    package var userID: [UInt8]

    package init(
        index: UInt16, privilege: UInt8 = 0, password: [UInt8] = [], name: [UInt8] = [], card: UInt32 = 0,
        group: UInt8 = 1, zones: [UInt16] = [], userID: [UInt8]
    ) {
        self.index = index
        self.privilege = privilege
        self.password = Redacted(password)
        self.name = Redacted(name)
        self.card = card
        self.group = group
        self.zones = zones
        self.userID = userID
    }

    package init(_ bytes: [UInt8], at start: Int = 0, layout: UserLayout) throws(WireError) {
        let fields = try Fields(bytes, at: start, size: layout.size, of: "user\(layout.size)")
        let offsets = layout.offsets
        index = fields.u16(UserLayout.Offsets.index)
        privilege = fields.u8(UserLayout.Offsets.privilege)
        password = Redacted(fields.text(UserLayout.Offsets.password, offsets.passwordSize))
        name = Redacted(fields.text(offsets.name, offsets.nameSize))
        card = offsets.card.map { fields.u32($0) } ?? 0
        group = offsets.group.map { fields.u8($0) } ?? 0
        let zoneWords = layout == .u72 ? 4 : layout == .u28 ? 1 : 0
        zones = offsets.zones.map { first in (0..<zoneWords).map { fields.u16(first + $0 * 2) } } ?? []
        switch (layout, offsets.userID) {
        case (.u72, let offset?): userID = fields.text(offset, 24)
        case (_, let offset?): userID = Array(String(fields.u32(offset)).utf8)
        case (_, nil): userID = Array(String(index).utf8)
        }
    }

    /// Bit 0 of the privilege: the user may not scan.
    package var isDisabled: Bool { privilege & 1 == 1 }

    /// A deleted user leaves a record of zeros on some devices.
    package var isBlank: Bool { index == 0 && userID.allSatisfy { $0 == UInt8(ascii: "0") } && name.bytes.isEmpty }

    package func bytes(_ layout: UserLayout) -> [UInt8] {
        let offsets = layout.offsets
        var bytes: [UInt8] = []
        bytes.append(littleEndian: index)
        bytes.append(privilege)
        bytes.append(text: password.bytes, size: offsets.passwordSize)
        bytes.append(text: name.bytes, size: offsets.nameSize)
        if offsets.card != nil { bytes.append(littleEndian: card) }
        if layout == .u28 { bytes.append(0) }
        if offsets.group != nil { bytes.append(group) }
        let zoneWords = layout == .u72 ? 4 : layout == .u28 ? 1 : 0
        for word in 0..<zoneWords { bytes.append(littleEndian: word < zones.count ? zones[word] : 0) }
        switch layout {
        case .u72: bytes.append(text: userID, size: 24)
        case .u28: bytes.append(littleEndian: UInt32(userID.textBeforeNUL) ?? 0)
        case .u16: break
        }
        return bytes
    }
}

/// Bytes that must not reach a log: printing shows only how many there are.
package struct Redacted: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package var description: String { "<\(bytes.count) bytes>" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
