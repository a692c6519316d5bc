import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation
import PageSupport

/// What an operator asks about an account. Passwords are hashed before they come here, by the command: the one process
/// that serves never sees them, and its line for logins is not held up. Whoever may write to the control socket may
/// write the database as well, so nothing is lost by trusting its hash.
package enum AccountRequest: Codable, Equatable, Sendable {
    /// - unit: the role holds there and below; `nil` for the whole government.
    /// - employee: the number of the person it is of; `nil` for nobody of the records.
    case add(name: String, role: String, unit: String? = nil, employee: String? = nil, password: PasswordHash)
    case password(name: String, password: PasswordHash)
    case role(name: String, role: String, unit: String? = nil)
    case employee(name: String, number: String?)
    case disable(name: String)
    case enable(name: String)
    case signOut(name: String)
    /// A first password, made by whoever holds the database: no operator chooses what somebody else's is.
    case slip(name: String)
    case issue(IssueRequest)

    /// For the log: never a hash.
    var words: (what: String, name: String) {
        switch self {
        case .add(let name, _, _, _, _): ("added", name)
        case .password(let name, _): ("password", name)
        case .role(let name, _, _): ("role", name)
        case .employee(let name, _): ("employee", name)
        case .disable(let name): ("disabled", name)
        case .enable(let name): ("enabled", name)
        case .signOut(let name): ("signed out", name)
        case .slip(let name): ("first password", name)
        case .issue: ("issued", "")
        }
    }
}

extension Administration {
    func perform(_ request: AccountRequest) async throws -> ControlAnswer {
        if case .issue(let wish) = request { return .slips(try await issue(wish)) }
        let moment = now()
        let name = request.words.name
        guard AccountName.isValid(name) else {
            throw CentralError(
                .usage, "\(PageText.shown(name)): not a name of 1 to 64 letters, digits and . _ - @")
        }
        switch request {
        case .add(_, let role, let unit, let number, let password):
            let account = NewAccount(
                name: name, role: try Self.role(role), unit: try await unitID(unit),
                employee: try await employeeID(number), password: try Self.checked(password), createdAt: moment)
            guard try await store.addAccount(account) else {
                throw CentralError(.usage, "there is an account \(name) already; `hadir-central user list` shows it")
            }
        case .password(_, let password):
            try await change(name, .password(Self.checked(password), firstEnds: nil), moment)
        case .role(_, let role, let unit):
            try await change(name, .role(Self.role(role), unit: unitID(unit)), moment)
        case .employee(_, let number): try await change(name, .employee(employeeID(number)), moment)
        case .disable: try await change(name, .disabled, moment)
        case .enable: try await change(name, .enabled, moment)
        case .signOut: try await change(name, .signedOut, moment)
        case .slip, .issue:
            let people = try await store.people()
            let slip = try await SlipIssuer(store: store, now: now).renew(name, people, today: today)
            guard let slip else { throw Self.missing(name) }
            return .slips(SlipBatch(slips: [slip]))
        }
        return .account(name: try await store.account(named: name)?.name ?? name)
    }

    private func issue(_ wish: IssueRequest) async throws -> SlipBatch {
        let people = try await store.people()
        let unit = try await unitID(wish.unit)
        return try await SlipIssuer(store: store, now: now).issue(
            wish, people, units: unit.map { UnitTree(people.units).subtree(of: $0) }, today: today)
    }

    /// Of Jakarta: who is placed where changes with days, and no clock here is told the government's zone.
    private var today: CivilDate {
        Moment(seconds: Int64(now().timeIntervalSince1970.rounded(.down))).date(offset: 7 * 3600)
    }

    private func unitID(_ name: String?) async throws -> Int64? {
        guard let name else { return nil }
        return try await unit(named: name)
    }

    private func employeeID(_ number: String?) async throws -> Int64? {
        guard let number else { return nil }
        let employees = try await store.people().employees
        guard let employee = employees.first(where: { $0.employments.contains { $0.number == number } }) else {
            throw CentralError(
                .usage, "--employee \(PageText.shown(number)): nobody of the records has this number")
        }
        return employee.id
    }

    private static func missing(_ name: String) -> CentralError {
        CentralError(.usage, "there is no account \(name); `hadir-central user list` shows them")
    }

    private func change(_ name: String, _ change: AccountChange, _ moment: Date) async throws {
        guard try await store.change(account: name, change, at: moment) else {
            throw Self.missing(name)
        }
    }

    private static func role(_ text: String) throws -> AccountRole {
        guard let role = AccountRole(rawValue: text) else {
            let roles = AccountRole.allCases.map(\.rawValue).joined(separator: ", ")
            throw CentralError(.usage, "--role \(PageText.shown(text)): not one of \(roles)")
        }
        return role
    }

    private static func checked(_ password: PasswordHash) throws -> PasswordHash {
        guard password.isSane else { throw CentralError(.usage, "the password did not arrive as a hash") }
        return password
    }
}

extension CentralCommands {
    /// Hashes what an operator typed.
    ///
    /// - Throws: `CentralError.usage` for a password that is not taken.
    package static func hash(
        _ password: String, account: String, cost: PasswordCost = .standard
    ) throws -> PasswordHash {
        if let problem = PasswordRules.problem(password, account: account) { throw CentralError(.usage, problem) }
        return try PasswordHasher.make(password, cost: cost)
    }

    /// Reads beside a running server or without one.
    package static func accounts(in state: StateDirectory) async throws -> AccountList {
        try await read(state) { store in AccountList(try await store.accounts(), try await store.people()) }
    }
}
