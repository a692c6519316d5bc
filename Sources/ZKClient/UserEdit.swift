import ZKWire

/// A device's whole user list, and what bounds it.
package struct DeviceUserList: Hashable, Sendable {
    package var users: [UserRecord]
    /// How users lie there; `nil` where the list is empty and nothing tells.
    package var layout: UserLayout?
    /// Longest user id, where the device says.
    package var pinWidth: Int?
    /// Most users, where the device says.
    package var capacity: Int?

    package init(users: [UserRecord], layout: UserLayout?, pinWidth: Int? = nil, capacity: Int? = nil) {
        self.users = users
        self.layout = layout
        self.pinWidth = pinWidth
        self.capacity = capacity
    }

    package func user(_ userID: [UInt8]) -> UserRecord? { users.first { $0.userID == userID } }

    /// Longest user id in bytes that can be written: the smaller of the field and the device's own setting.
    package func longestUserID(_ layout: UserLayout) -> Int {
        let field =
            switch layout {
            case .u16: 5
            case .u28: 9
            case .u72: 24
            }
        return min(field, pinWidth.flatMap { $0 > 0 ? $0 : nil } ?? field)
    }
}

/// One user as they are, and as they are to be.
package struct UserEdit: Hashable, Sendable {
    /// As the device has them; `nil` for a user to be added.
    package let before: UserRecord?
    /// `nil` for a user to be deleted. Its index counts only where there was none before: 0 takes the next free one.
    package let after: UserRecord?

    package static func add(_ user: UserRecord) -> UserEdit { UserEdit(before: nil, after: user) }
    package static func change(_ before: UserRecord, to after: UserRecord) -> UserEdit {
        UserEdit(before: before, after: after)
    }
    package static func delete(_ user: UserRecord) -> UserEdit { UserEdit(before: user, after: nil) }

    package var userID: [UInt8] { after?.userID ?? before?.userID ?? [] }
}

/// Why a user is not written: what, and what to do next. It names a user id and never a card, name or password.
package struct UserEditError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        case idEmpty = "id_empty"
        case idTaken = "id_taken"
        case idTooLong = "id_too_long"
        case idNotNumeric = "id_not_numeric"
        case indexTaken = "index_taken"
        case cardTaken = "card_taken"
        case passwordUnfit = "password_unfit"
        case nameTooLong = "name_too_long"
        case noSuchUser = "no_such_user"
        case changedMeanwhile = "changed_meanwhile"
        case deviceFull = "device_full"
        case refused
    }

    package let code: Code
    package let userID: [UInt8]
    package let detail: String

    package init(_ code: Code, _ userID: [UInt8], _ detail: String = "") {
        self.code = code
        self.userID = userID
        self.detail = detail
    }

    package var description: String {
        "user \(userID.textBeforeNUL): \(what)\(detail.isEmpty ? "" : " (\(detail))"). \(hint)"
    }

    private var what: String {
        switch code {
        case .idEmpty: "a user id is empty or 0"
        case .idTaken: "this user id is on the device already"
        case .idTooLong: "the user id is longer than the device takes"
        case .idNotNumeric: "this device takes digits only, without leading zeros"
        case .indexTaken: "the device's place for this user belongs to somebody else"
        case .cardTaken: "somebody else on the device has this card"
        case .passwordUnfit: "the password is not one this device takes"
        case .nameTooLong: "the name does not fit"
        case .noSuchUser: "this user id is not on the device"
        case .changedMeanwhile: "the user was changed at the device meanwhile"
        case .deviceFull: "the device has no room for another user"
        case .refused: "the device refused to write"
        }
    }

    private var hint: String {
        switch code {
        case .idEmpty: "Give the user an id."
        case .idTaken: "To change that user: hadir user set."
        case .idTooLong: "Shorten it, or raise the length of user ids in the device's menu."
        case .idNotNumeric: "Use another id for this device."
        case .indexTaken, .changedMeanwhile: "Nothing was written; look at the list and try again."
        case .cardTaken: "A card belongs to one person: take it from the other first."
        case .passwordUnfit: "Digits only: 5 on old devices, 8 on others."
        case .nameTooLong: "Shorten it."
        case .noSuchUser: "To add one: hadir user add."
        case .deviceFull: "Delete users who have left."
        case .refused: "Nothing was changed; look at the list and try again."
        }
    }
}

extension DeviceUserList {
    /// What is to be written for `edit`, or why it may not be.
    ///
    /// The list must have been read just now: an index that an old list calls free may be an administrator's by now
    /// (field note 7.5).
    ///
    /// - Returns: the record with its index; `nil` where the edit deletes.
    /// - Throws: `UserEditError`.
    package func checked(_ edit: UserEdit, layout: UserLayout) throws(UserEditError) -> UserRecord? {
        let there = user(edit.userID)
        if let before = edit.before {
            guard let there else { throw UserEditError(.noSuchUser, edit.userID) }
            guard there == before else { throw UserEditError(.changedMeanwhile, edit.userID) }
        } else if there != nil {
            throw UserEditError(.idTaken, edit.userID)
        }
        guard var user = edit.after else { return nil }
        try checkID(user.userID, layout)
        if let before = edit.before {
            user.index = before.index
        } else {
            if let capacity, capacity > 0, users.count >= capacity {
                throw UserEditError(.deviceFull, user.userID, "\(users.count) of \(capacity)")
            }
            user.index = try index(for: user, layout)
        }
        if let holder = users.first(where: { $0.index == user.index }), holder.userID != user.userID {
            throw UserEditError(.indexTaken, user.userID)
        }
        if user.card != 0, user.card != edit.before?.card,
            let other = users.first(where: { $0.card == user.card && $0.userID != user.userID })
        {
            throw UserEditError(.cardTaken, user.userID, "user \(other.userID.textBeforeNUL)")
        }
        guard user.password == edit.before?.password || Self.isPassword(user.password.bytes, layout) else {
            throw UserEditError(.passwordUnfit, user.userID)
        }
        return user
    }

    private func checkID(_ userID: [UInt8], _ layout: UserLayout) throws(UserEditError) {
        guard !userID.allSatisfy({ $0 == UInt8(ascii: "0") }) else { throw UserEditError(.idEmpty, userID) }
        let longest = longestUserID(layout)
        guard userID.count <= longest else {
            throw UserEditError(.idTooLong, userID, "\(userID.count) characters, the device takes \(longest)")
        }
        guard layout != .u72 else { return }
        // Stored as a number: a leading zero would be lost, and with it the person (field notes, must 8).
        guard let number = UInt32(userID.textBeforeNUL), Array(String(number).utf8) == userID,
            layout == .u28 || number <= UInt32(UInt16.max)
        else { throw UserEditError(.idNotNumeric, userID) }
    }

    /// The place a new user gets: the one asked for, or the lowest free one.
    private func index(for user: UserRecord, _ layout: UserLayout) throws(UserEditError) -> UInt16 {
        if layout == .u16 { return UInt16(user.userID.textBeforeNUL) ?? 0 }
        let taken = Set(users.map(\.index))
        if user.index > 0 {
            guard !taken.contains(user.index) else { throw UserEditError(.indexTaken, user.userID) }
            return user.index
        }
        guard let free = (1...UInt16.max).first(where: { !taken.contains($0) }) else {
            throw UserEditError(.deviceFull, user.userID)
        }
        return free
    }

    /// Digits, as the keypad has them, up to the field's length.
    package static func isPassword(_ bytes: [UInt8], _ layout: UserLayout) -> Bool {
        bytes.count <= layout.passwordLength && bytes.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// The list as it will be.
    mutating func put(_ user: UserRecord) {
        if let position = users.firstIndex(where: { $0.index == user.index }) {
            users[position] = user
        } else {
            users.append(user)
        }
    }

    mutating func remove(_ userID: [UInt8]) { users.removeAll { $0.userID == userID } }
}

extension UserLayout {
    /// Bytes of a password.
    package var passwordLength: Int { self == .u72 ? 8 : 5 }

    /// Bytes of a name that every firmware of the layout can show. Classic firmware needs the NUL behind 23.
    package var nameLength: Int { self == .u72 ? 23 : 8 }

    package var hasCard: Bool { self != .u16 }
    package var hasGroup: Bool { self != .u16 }

    /// `user` as this layout gives it back: what has no field is gone.
    package func fitted(_ user: UserRecord) -> UserRecord {
        (try? UserRecord(user.bytes(self), layout: self)) ?? user
    }
}
