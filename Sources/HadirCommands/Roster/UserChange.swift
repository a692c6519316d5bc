import Attendance
import EdgeDaemon
import ZKClient
import ZKWire

/// What is wanted of one user; what is `nil` stays as it is, or gets the usual value where the user is new.
struct UserChange: Sendable, Equatable {
    var userID: String
    var name: String?
    /// Without the bit for disabled.
    var privilege: UInt8?
    var isDisabled: Bool?
    /// 0 takes the card away.
    var card: UInt32?
    var group: UInt8?
    /// Digits; empty takes the password away.
    var password: Redacted?

    init(userID: String) { self.userID = userID }

    /// The user as they are to be, or what cannot be written.
    ///
    /// - Parameters:
    ///   - there: as the device has them; `nil` for a new one.
    ///   - layout: `nil` where an empty device tells none; then the shorter name of all layouts is not forced on it.
    func record(
        _ there: UserRecord?, layout: UserLayout?, encoding: DeviceConfiguration.NameEncoding
    ) -> Result<UserRecord, UserEditError> {
        let id = there?.userID ?? UserID(userID).bytes
        var user = there ?? UserRecord(index: 0, userID: id)
        if let name {
            guard let bytes = encoding.bytes(name, longest: (layout ?? .u72).nameLength) else {
                return .failure(
                    UserEditError(.nameTooLong, id, "it has characters that \(encoding.rawValue) does not have"))
            }
            // Where the device uses its field to the last byte, the same name is no change.
            let long = encoding.bytes(name, longest: layout == .u72 ? 24 : 8)
            if user.name.bytes != bytes, user.name.bytes != long { user.name = Redacted(bytes) }
        }
        if let privilege, PrivilegeWord.word(user.privilege) != PrivilegeWord.word(privilege) {
            user.privilege = privilege | user.privilege & 1
        }
        if let isDisabled { user.privilege = user.privilege & ~1 | (isDisabled ? 1 : 0) }
        if let card { user.card = card }
        if let group { user.group = group }
        if let password { user.password = password }
        if let layout {
            if user.card != 0, !layout.hasCard { return .failure(unfit(id, "this device keeps no cards")) }
            if there == nil { user = user.fitted(layout, userID: id) }
        }
        return .success(user)
    }

    private func unfit(_ id: [UInt8], _ detail: String) -> UserEditError { UserEditError(.refused, id, detail) }
}

extension UserRecord {
    /// As `layout` gives it back, but for what must not be lost silently: an id or a password that does not fit is
    /// refused later, by its own name.
    func fitted(_ layout: UserLayout, userID: [UInt8]) -> UserRecord {
        var user = layout.fitted(self)
        user.index = index
        user.userID = userID
        user.password = password
        return user
    }

    /// The id as entries and people have it.
    var id: UserID { UserID(field: userID) }
}
