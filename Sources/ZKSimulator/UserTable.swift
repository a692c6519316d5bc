import ZKWire

/// The users of a device, in the order they were written.
package struct UserTable: Sendable {
    package private(set) var users: [UserRecord]
    private var positionByIndex: [UInt16: Int] = [:]
    private var positionByID: [[UInt8]: Int] = [:]
    private let layout: UserLayout
    private let keepsDeleted: Bool
    /// Where records of zeros stand before a user, by the user's position; at the end for the last ones.
    private var blanks: [Int: Int] = [:]
    /// The table as it is read; made anew after a change.
    private var encoded: [UInt8]?

    init(_ users: [UserRecord], layout: UserLayout, keepsDeleted: Bool = false) {
        self.layout = layout
        self.keepsDeleted = keepsDeleted
        self.users = users.map { Self.fitted($0, layout) }
        rebuild()
    }

    var count: Int { users.count }
    var admins: Int { users.count { $0.privilege & 0x0E != 0 } }
    var passwords: Int { users.count { !$0.password.bytes.isEmpty } }

    func user(index: UInt16) -> UserRecord? { positionByIndex[index].map { users[$0] } }

    func user(id: [UInt8]) -> UserRecord? { positionByID[id].map { users[$0] } }

    /// Creates the user or overwrites the one with the same index, as devices do.
    mutating func write(_ user: UserRecord) {
        let user = Self.fitted(user, layout)
        if let position = positionByIndex[user.index] {
            users[position] = user
        } else {
            users.append(user)
        }
        rebuild()
    }

    /// Whether there was one.
    mutating func delete(index: UInt16) -> Bool {
        guard let position = positionByIndex[index] else { return false }
        users.remove(at: position)
        if keepsDeleted {
            let later = blanks.filter { $0.key > position }
            for key in later.keys { blanks[key] = nil }
            for (key, count) in later { blanks[key - 1, default: 0] += count }
            blanks[position, default: 0] += 1
        }
        rebuild()
        return true
    }

    mutating func removeAll() {
        users = []
        blanks = [:]
        rebuild()
    }

    mutating func clearAdmins() {
        for position in users.indices { users[position].privilege &= 1 }
        rebuild()
    }

    /// The records of the users dataset, without its first word.
    mutating func records() -> [UInt8] {
        if let encoded { return encoded }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(users.count * layout.size)
        for (position, user) in users.enumerated() {
            bytes += [UInt8](repeating: 0, count: layout.size * (blanks[position] ?? 0)) + user.bytes(layout)
        }
        bytes += [UInt8](repeating: 0, count: layout.size * (blanks[users.count] ?? 0))
        encoded = bytes
        return bytes
    }

    /// What of a user there is room for: eight bytes of the name on old devices.
    private static func fitted(_ user: UserRecord, _ layout: UserLayout) -> UserRecord {
        (try? UserRecord(user.bytes(layout), layout: layout)) ?? user
    }

    private mutating func rebuild() {
        encoded = nil
        positionByIndex = [:]
        positionByID = [:]
        for (position, user) in users.enumerated() {
            positionByIndex[user.index] = position
            positionByID[user.userID] = position
        }
    }
}
