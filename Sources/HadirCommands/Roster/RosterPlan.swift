import Attendance
import EdgeDaemon
import ZKClient
import ZKWire

/// What it takes to make a device's user list what a roster says: computed, shown, and only then done.
struct RosterPlan: Sendable, Equatable {
    /// How far a roster may go without being asked twice.
    struct Limits: Sendable, Equatable {
        /// Users of the device that are not in the roster: deleted, or left alone.
        var deletesOthers = false
        /// `nil`: a tenth of the device's users, and at least one.
        var maxDeletions: Int?
        /// A roster of fewer users than half of the device's is believed where it has at least so many.
        var allowShrink: Int?
        /// A device without an administrator lets everybody into its menu.
        var allowNoAdmin = false

        func mostDeletions(of users: Int) -> Int { maxDeletions ?? max(1, users / 10) }
    }

    /// Why a plan is not carried out. Nothing is, then: not even what would be harmless.
    enum Refusal: Sendable, Equatable, CustomStringConvertible {
        case empty
        case twice(String)
        case twiceOnDevice(String)
        case shrunken(roster: Int, device: Int)
        case tooManyDeletions(Int, most: Int)
        case noAdministrator
        case unfit(UserEditError)

        var description: String {
            switch self {
            case .empty: "the roster has no users; nobody is deleted for that"
            case .twice(let id): "user id \(id) stands twice in the roster"
            case .twiceOnDevice(let id):
                "the device has user id \(id) twice; delete one of them at the device, then run this again"
            case .shrunken(let roster, let device):
                "the roster has \(roster) users and the device \(device): less than half. If that is right, "
                    + "say --allow-shrink \(roster)"
            case .tooManyDeletions(let count, let most):
                "\(count) users would be deleted, and \(most) may be. If that is right, say --max-deletions \(count)"
            case .noAdministrator:
                "no administrator would be left, and everybody could open the device's menu. Keep one in the "
                    + "roster, or say --allow-no-admin"
            case .unfit(let error): error.description
            }
        }
    }

    /// One line of what a person reads before saying yes.
    struct Line: Sendable, Equatable {
        let userID: String
        let name: String
        /// `name`, `privilege`, `card`, `group`, `disabled`, `password`, with before and after where they may be shown.
        var fields: [String] = []
    }

    private(set) var edits: [UserEdit] = []
    private(set) var added: [Line] = []
    private(set) var changed: [Line] = []
    private(set) var deleted: [Line] = []
    private(set) var unchanged = 0
    private(set) var refusals: [Refusal] = []
    /// User ids that get another name while fingers are enrolled under them.
    private(set) var withFingers: [String] = []

    var isEmpty: Bool { edits.isEmpty }

    /// A user as wanted: made from the one on the device, or anew.
    struct Wanted: Sendable {
        let userID: [UInt8]
        let make: @Sendable (UserRecord?) -> Result<UserRecord, UserEditError>
    }

    static func wanted(
        _ changes: [UserChange], layout: UserLayout?, encoding: DeviceConfiguration.NameEncoding
    ) -> [Wanted] {
        changes.map { change in
            Wanted(userID: UserID(change.userID).bytes) { change.record($0, layout: layout, encoding: encoding) }
        }
    }

    /// Exactly these records, as a backup has them.
    ///
    /// - Parameters:
    ///   - layout: in which the backup was made.
    ///   - target: of the device, where it tells one. Time zones mean other things in another layout.
    static func wanted(_ records: [UserRecord], layout: UserLayout?, target: UserLayout?) -> [Wanted] {
        records.map { record in
            Wanted(userID: record.id.bytes) { there in
                var user = record
                if let target {
                    if target != layout { user.zones = [] }
                    user = user.fitted(target, userID: there?.userID ?? record.userID)
                }
                if let there { user.index = there.index }
                return .success(user)
            }
        }
    }

    init(
        wanted: [Wanted], list: DeviceUserList, limits: Limits, encoding: DeviceConfiguration.NameEncoding
    ) {
        let there = Dictionary(
            list.users.map { ($0.id.bytes, $0) }, uniquingKeysWith: { first, second in second })
        if there.count < list.users.count { refuseTwice(list.users) }
        var told: Set<[UInt8]> = []
        var sorted = Sorted()
        for user in wanted {
            if told.insert(user.userID).inserted {
                take(user, there[user.userID], encoding, &sorted)
            } else {
                refusals.append(.twice(String(decoding: user.userID, as: UTF8.self)))
            }
        }
        if wanted.isEmpty { refusals.append(.empty) }
        if limits.deletesOthers {
            for user in list.users where !told.contains(user.id.bytes) {
                sorted.deletions.append(.delete(user))
                deleted.append(Line(userID: user.id.text, name: encoding.text(user.name.bytes)))
            }
            bound(wanted.count, list, limits)
        }
        edits = sorted.inOrder
        guard refusals.isEmpty else { return }
        rehearse(list, limits)
    }

    /// What is to be done, by kind.
    private struct Sorted {
        var additions: [UserEdit] = []
        var changes: [UserEdit] = []
        var deletions: [UserEdit] = []

        /// Deletions make room and free cards; a card is taken from one before it is given to another.
        var inOrder: [UserEdit] {
            deletions + changes.filter(Self.freesCard) + changes.filter { !Self.freesCard($0) } + additions
        }

        private static func freesCard(_ edit: UserEdit) -> Bool {
            let (held, wanted) = (edit.before?.card ?? 0, edit.after?.card ?? 0)
            return held != 0 && held != wanted
        }
    }

    private mutating func refuseTwice(_ users: [UserRecord]) {
        var ids: Set<[UInt8]> = []
        for user in users where !ids.insert(user.id.bytes).inserted { refusals.append(.twiceOnDevice(user.id.text)) }
    }

    /// One line of the roster, beside who has its user id on the device.
    private mutating func take(
        _ user: Wanted, _ there: UserRecord?, _ encoding: DeviceConfiguration.NameEncoding, _ sorted: inout Sorted
    ) {
        let record: UserRecord
        switch user.make(there) {
        case .failure(let error):
            refusals.append(.unfit(error))
            return
        case .success(let made): record = made
        }
        let name = { (user: UserRecord) in encoding.text(user.name.bytes) }
        guard let there else {
            sorted.additions.append(.add(record))
            added.append(
                Line(userID: record.id.text, name: name(record), fields: [PrivilegeWord.word(record.privilege)]))
            return
        }
        guard record != there else {
            unchanged += 1
            return
        }
        sorted.changes.append(.change(there, to: record))
        changed.append(Line(userID: there.id.text, name: name(there), fields: Self.fields(there, record, name)))
    }

    /// Only these are deleted, because a person named them.
    init(
        deleting ids: [UserID], list: DeviceUserList, limits: Limits, encoding: DeviceConfiguration.NameEncoding
    ) {
        for id in ids {
            let found = list.users.filter { $0.id == id }
            if found.count > 1 { refusals.append(.twiceOnDevice(id.text)) }
            guard let user = found.first else {
                refusals.append(.unfit(UserEditError(.noSuchUser, id.bytes)))
                continue
            }
            edits.append(.delete(user))
            deleted.append(Line(userID: id.text, name: encoding.text(user.name.bytes)))
        }
        unchanged = list.users.count - deleted.count
        if refusals.isEmpty { rehearse(list, limits) }
    }

    /// A roster that shrank has more likely lost its lines than the office its people.
    private mutating func bound(_ roster: Int, _ list: DeviceUserList, _ limits: Limits) {
        guard roster > 0 else { return }
        if roster * 2 < list.users.count, roster < limits.allowShrink ?? .max {
            refusals.append(.shrunken(roster: roster, device: list.users.count))
        }
        let most = limits.mostDeletions(of: list.users.count)
        if deleted.count > most { refusals.append(.tooManyDeletions(deleted.count, most: most)) }
    }

    /// Does it all on paper first, so that what cannot be written is told before anything is.
    private mutating func rehearse(_ list: DeviceUserList, _ limits: Limits) {
        var paper = list
        // Whatever an empty device turns out to be, the wider layout refuses less.
        let layout = list.layout ?? .u72
        for edit in edits {
            do throws(UserEditError) {
                let user = try paper.checked(edit, layout: layout)
                paper.rehearse(edit, user)
            } catch {
                refusals.append(.unfit(error))
            }
        }
        let administrators = { (users: [UserRecord]) in
            users.contains { PrivilegeWord.isAdministrator($0.privilege) && !$0.isDisabled }
        }
        if administrators(list.users), !administrators(paper.users), !limits.allowNoAdmin {
            refusals.append(.noAdministrator)
        }
    }

    /// - Parameter user: as the device has them; they get another name.
    mutating func note(fingers count: Int, of user: UserRecord) {
        let id = user.id.text
        guard count > 0, let position = changed.firstIndex(where: { $0.userID == id }) else { return }
        let name = changed[position].name
        withFingers.append(id)
        changed[position].fields.append(
            "has \(count == 1 ? "a finger" : "\(count) fingers") of \(name.isEmpty ? "whoever had this id" : name), "
                + "kept: if this is another person, hadir finger delete --user \(id) --all-fingers")
    }

    // MARK: Words

    /// What differs. Of cards and passwords only whether there is one.
    private static func fields(
        _ before: UserRecord, _ after: UserRecord, _ name: (UserRecord) -> String
    ) -> [String] {
        func has(_ thing: Bool) -> String { thing ? "one" : "none" }
        var fields: [String] = []
        if before.name != after.name { fields.append("name: \(name(before)) → \(name(after))") }
        if before.privilege & ~1 != after.privilege & ~1 {
            fields.append(
                "privilege: \(PrivilegeWord.word(before.privilege)) → \(PrivilegeWord.word(after.privilege))")
        }
        if before.isDisabled != after.isDisabled {
            fields.append("disabled: \(before.isDisabled ? "yes → no" : "no → yes")")
        }
        if before.card != after.card {
            let isOther = before.card != 0 && after.card != 0
            fields.append("card: \(has(before.card != 0)) → \(isOther ? "another" : has(after.card != 0))")
        }
        if before.group != after.group { fields.append("group: \(before.group) → \(after.group)") }
        if before.password != after.password {
            let isOther = !before.password.bytes.isEmpty && !after.password.bytes.isEmpty
            fields.append(
                "password: \(has(!before.password.bytes.isEmpty)) → "
                    + (isOther ? "another" : has(!after.password.bytes.isEmpty)))
        }
        if before.zones != after.zones { fields.append("time zones") }
        return fields
    }

    var summary: String {
        "\(added.count) to add, \(changed.count) to change, \(deleted.count) to delete, \(unchanged) unchanged"
    }

    /// The lines of the diff, for a terminal; nothing in them is escaped yet.
    var lines: [String] {
        let label = { (line: Line) in line.name.isEmpty ? line.userID : "\(line.userID)  \(line.name)" }
        return added.map { "  + \(label($0))  \($0.fields.joined(separator: "; "))" }
            + changed.map { "  ~ \(label($0))  \($0.fields.joined(separator: "; "))" }
            + deleted.map { "  - \(label($0))" }
    }
}

extension DeviceUserList {
    /// On paper: what `edit` makes of the list.
    fileprivate mutating func rehearse(_ edit: UserEdit, _ user: UserRecord?) {
        guard let user else { return users.removeAll { $0.userID == edit.userID } }
        if let position = users.firstIndex(where: { $0.index == user.index }) {
            users[position] = user
        } else {
            users.append(user)
        }
    }
}
