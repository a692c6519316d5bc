import Attendance
import ZKWire

/// `user.dat` (usb-disk-files, section 3): names for user ids in a preview. Nothing of it is journaled.
package struct StickUsers: Equatable, Sendable {
    package struct User: Equatable, Sendable {
        package let index: UInt16
        package let privilege: UInt8
        /// As typed in at the device, characters that were cut shown as U+FFFD.
        package let name: String
        package let card: UInt32
        package let group: UInt8
        package let userID: UserID
    }

    /// 72 bytes of colour devices, 28 of black-and-white ones.
    package let recordSize: Int
    package let users: [User]

    /// Decides by the content: both sizes divide 504.
    ///
    /// - Returns: `nil` where neither size fits, or both do: nobody is to be given another's name.
    package init?(_ bytes: [UInt8]) {
        let fitting = [UserLayout.u72, .u28].compactMap { layout in
            Self.users(bytes, layout).map { (layout.size, $0) }
        }
        guard fitting.count == 1, let (size, users) = fitting.first else { return nil }
        recordSize = size
        self.users = users
    }

    package func name(of user: UserID) -> String? {
        users.first { $0.userID == user }.flatMap { $0.name.isEmpty ? nil : $0.name }
    }

    /// - Returns: `nil` where one record cannot be of this size.
    private static func users(_ bytes: [UInt8], _ layout: UserLayout) -> [User]? {
        let size = layout.size
        guard !bytes.isEmpty, bytes.count.isMultiple(of: size) else { return nil }
        var users: [User] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            guard let user = user(bytes[start..<(start + size)], isWide: layout == .u72) else { return nil }
            users.append(user)
        }
        return users
    }

    /// Raw privileges that devices have: user, invalid, enroller, manager, own, administrator.
    private static let privileges: Set<UInt8> = [0, 1, 2, 6, 10, 14]

    /// The password, behind the privilege, is never looked at.
    private static func user(_ record: ArraySlice<UInt8>, isWide: Bool) -> User? {
        let start = record.startIndex
        func number(_ offset: Int, _ size: Int) -> UInt32 {
            record[(start + offset)..<(start + offset + size)].reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }
        func text(_ offset: Int, _ size: Int) -> ArraySlice<UInt8> {
            record[(start + offset)..<(start + offset + size)].prefix { $0 != 0 }
        }
        let name = isWide ? text(11, 24) : text(8, 8)
        let userID = isWide ? UserID(field: text(48, 24)) : UserID(number: number(24, 4))
        let privilege = record[start + 2]
        guard number(0, 2) > 0, privileges.contains(privilege), isPrintable(name), !userID.bytes.isEmpty,
            userID.bytes.allSatisfy({ isLetterOrDigit($0) })
        else { return nil }
        return User(
            index: UInt16(truncatingIfNeeded: number(0, 2)), privilege: privilege,
            name: String(decoding: name, as: UTF8.self), card: number(isWide ? 35 : 16, 4),
            group: record[start + (isWide ? 39 : 21)], userID: userID)
    }

    private static func isPrintable(_ name: ArraySlice<UInt8>) -> Bool {
        name.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        StickLine.isDigit(byte) || (0x41...0x5A).contains(byte & 0xDF)
    }
}
