import AttendanceRules
import CentralStore

/// Who looks at a page, as the session cookie says.
struct Visitor: Equatable, Sendable {
    let account: String
    let role: AccountRole
    /// The role holds for this unit and all below it; `nil` for the whole government.
    var unit: Int64?
    /// Who it is in the records; `nil` where nobody.
    var employee: Int64?
    /// Others know the password: nothing is opened before it is changed.
    var mustChangePassword = false
    /// SHA-256 of the session's token: what the store knows it by.
    let session: [UInt8]
    /// Goes into every form of this session; what comes back must be equal.
    let formToken: String

    var actor: Actor { Actor(name: account, role: role.rawValue) }

    /// For what the person does: the audit log has the address.
    func actor(at address: String) -> Actor { Actor(name: account, role: role.rawValue, address: address) }
}

/// What a visitor may, at one moment: the account's role, and every unit that the person leads today by the records.
struct Authority: Equatable, Sendable {
    let duties: [Duty]
    let employee: Int64?

    init(_ visitor: Visitor, _ people: People, today: CivilDate) {
        // A unit of the role that is gone leaves the role nothing, not everything: no unit has such an id.
        var duties = [Duty(visitor.role, unit: visitor.unit)]
        if let employee = visitor.employee {
            for head in people.heads where head.employee == employee && head.span.contains(today) {
                duties.append(Duty(.head, unit: head.unit))
            }
        }
        self.duties = duties
        employee = visitor.employee
    }

    func may(_ permission: Permission) -> Bool {
        if permission == .readSelf { return employee != nil }
        return duties.contains { permission.isAllowed(to: $0) }
    }

    /// Where it may: `nil` for the whole government; without a unit in it, nowhere. The own pages are about no unit.
    func roots(for permission: Permission) -> Set<Int64>? {
        if permission == .readSelf || permission == .ownAccount { return [] }
        let allowed = duties.filter { permission.isAllowed(to: $0) }
        guard !allowed.contains(where: { $0.unit == nil }) else { return nil }
        return Set(allowed.compactMap(\.unit))
    }
}
