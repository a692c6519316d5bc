import CentralStore
import Foundation
import PageSupport

/// What an operator asks about an account. Passwords are hashed before they come here, by the command: the one process
/// that serves never sees them, and its line for logins is not held up. Whoever may write to the control socket may
/// write the database as well, so nothing is lost by trusting its hash.
package enum AccountRequest: Codable, Equatable, Sendable {
    case add(name: String, role: String, password: PasswordHash)
    case password(name: String, password: PasswordHash)
    case role(name: String, role: String)
    case disable(name: String)
    case enable(name: String)

    /// For the log: never a hash.
    var words: (what: String, name: String) {
        switch self {
        case .add(let name, _, _): ("added", name)
        case .password(let name, _): ("password", name)
        case .role(let name, _): ("role", name)
        case .disable(let name): ("disabled", name)
        case .enable(let name): ("enabled", name)
        }
    }
}

extension Administration {
    func perform(_ request: AccountRequest) async throws -> ControlAnswer {
        let moment = now()
        let name = request.words.name
        guard AccountName.isValid(name) else {
            throw CentralError(
                .usage, "\(PageText.shown(name)): not a name of 1 to 64 letters, digits and . _ - @")
        }
        switch request {
        case .add(_, let role, let password):
            let account = NewAccount(
                name: name, role: try Self.role(role), password: try Self.checked(password), createdAt: moment)
            guard try await store.addAccount(account) else {
                throw CentralError(.usage, "there is an account \(name) already; `hadir-central user list` shows it")
            }
        case .password(_, let password):
            try await change(name, .password(Self.checked(password), firstEnds: nil), moment)
        case .role(_, let role): try await change(name, .role(Self.role(role), unit: nil), moment)
        case .disable: try await change(name, .disabled, moment)
        case .enable: try await change(name, .enabled, moment)
        }
        return .account(name: try await store.account(named: name)?.name ?? name)
    }

    private func change(_ name: String, _ change: AccountChange, _ moment: Date) async throws {
        guard try await store.change(account: name, change, at: moment) else {
            throw CentralError(.usage, "there is no account \(name); `hadir-central user list` shows them")
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
    package static func accounts(in state: StateDirectory) async throws -> [AccountSummary] {
        try await read(state) { store in try await store.accounts() }
    }
}
