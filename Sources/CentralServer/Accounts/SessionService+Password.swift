import CentralStore
import Foundation

enum PasswordOutcome: Sendable {
    /// - session: a new one takes the place of the visitor's; all others are over.
    case changed(session: SecretToken)
    /// The old password is another.
    case refused
    case unfit(PasswordRules.Problem)
    /// Not tried; whole seconds until the next try is.
    case wait(Int)
    case busy
}

extension SessionService {
    /// Another password for the visitor's own account. The old one is asked for: a session that somebody left open
    /// must not become an account that somebody took. Guessing it here is slowed as at the login.
    ///
    /// - Throws: what the store throws.
    func changePassword(
        of visitor: Visitor, from old: String, to new: String, address: String, browser: SecretToken?
    ) async throws -> PasswordOutcome {
        let moment = now()
        if let problem = PasswordRules.flaw(new, account: visitor.account) { return .unfit(problem) }
        guard let account = try await store.account(named: visitor.account), !account.isDisabled else {
            return .refused
        }
        if PasswordRules.bytes(old) == PasswordRules.bytes(new)
            || account.firstPasswordEnds != nil && FirstPassword.typed(old) == FirstPassword.typed(new)
        {
            return .unfit(.same)
        }
        let isKnown = try await isKnownBrowser(browser, of: account.name, at: moment)
        let answer = guesses.begin(
            account: account.name, address: address, browser: isKnown ? browser?.hash : nil)
        guard case .go(let attempt) = answer else {
            if case .wait(let seconds) = answer { return .wait(seconds) }
            return .busy
        }
        do {
            guard try await matches(old, account, isKnown: true) else {
                logger.notice(
                    "password.refused", metadata: ["address": "\(address)", "account": "\(account.name)"])
                return .refused
            }
            guesses.succeeded(attempt)
            let hash = try await hasher.hash(new, isKnown: true)
            let store = store.acting(visitor.actor(at: address))
            _ = try await store.change(account: account.name, .password(hash, firstEnds: nil), at: moment)
            let token = SecretToken()
            let isOpened = try await store.addSession(
                NewSession(token: token.hash, account: account.name, password: hash, createdAt: moment))
            guard isOpened else { return .refused }
            logger.notice("password.changed", metadata: ["address": "\(address)", "account": "\(account.name)"])
            return .changed(session: token)
        } catch is Admission.Busy {
            guesses.withdraw(attempt)
            return .busy
        } catch {
            guesses.withdraw(attempt)
            throw error
        }
    }

    /// Whether it is the account's password; `nil` takes as long as somebody's would.
    ///
    /// - Throws: `Admission.Busy`.
    func matches(_ password: String, _ account: Account?, isKnown: Bool) async throws -> Bool {
        let kept = account?.password ?? nobody
        let typed = account?.firstPasswordEnds == nil ? password : FirstPassword.typed(password)
        let matches = try await hasher.matches(typed, kept, isKnown: isKnown)
        // A first password costs less to hash: the time must not tell whose account has one.
        if kept.cost.work < limits.cost.work { _ = try await hasher.matches(password, nobody, isKnown: isKnown) }
        return matches
    }

    /// No password makes this hash.
    private var nobody: PasswordHash {
        PasswordHash(hash: [UInt8](repeating: 0, count: 32), salt: [UInt8](repeating: 0, count: 16), cost: limits.cost)
    }
}

extension PasswordCost {
    fileprivate var work: Int { n * r * p }
}
