import CentralStore
import Foundation

/// One try to sign in, as it came.
struct SignInRequest: Sendable {
    let account: String
    let password: String
    let address: String
    /// Of the browser, where it has been given one.
    let browser: SecretToken?
}

enum SignInOutcome: Sendable {
    /// - browser: goes back to the browser; the same one where it was known.
    case signedIn(session: SecretToken, browser: SecretToken)
    /// No such account, disabled, or another password: whoever asks is not told which.
    case refused
    /// The right first password, too late: whoever has the slip may know it.
    case ended
    /// Not tried; whole seconds until the next try is.
    case wait(Int)
    /// Not tried; too many are signing in.
    case busy
}

extension SessionService {
    /// - Throws: what the store throws.
    func signIn(_ request: SignInRequest) async throws -> SignInOutcome {
        let outcome = try await attempt(request)
        tallies.noteSignIn(outcome)
        return outcome
    }

    private func attempt(_ request: SignInRequest) async throws -> SignInOutcome {
        let moment = now()
        let isKnown = try await isKnownBrowser(request.browser, of: request.account, at: moment)
        let answer = guesses.begin(
            account: request.account, address: request.address, browser: isKnown ? request.browser?.hash : nil)
        switch answer {
        case .wait(let seconds):
            logger.notice("login.put_off", metadata: ["address": "\(request.address)", "wait": "\(seconds)"])
            return .wait(seconds)
        case .go(let attempt):
            do {
                return try await judge(request, attempt, isKnown: isKnown, at: moment)
            } catch is Admission.Busy {
                guesses.withdraw(attempt)
                return .busy
            } catch {
                guesses.withdraw(attempt)
                throw error
            }
        }
    }

    private func judge(
        _ request: SignInRequest, _ attempt: GuessGuard.Try, isKnown: Bool, at moment: Date
    ) async throws -> SignInOutcome {
        let isName = AccountName.isValid(request.account)
        let account = try await store.account(named: isName ? request.account : "")
        // Nobody is told by the time it takes whether there is such an account: a hash is made either way.
        let matches = try await matches(request.password, account, isKnown: isKnown)
        if matches, let account, !account.isDisabled, let ends = account.firstPasswordEnds, ends <= moment {
            guesses.succeeded(attempt)
            logger.notice(
                "login.too_late", metadata: ["address": "\(request.address)", "account": "\(account.name)"])
            return .ended
        }
        guard matches, let account, !account.isDisabled,
            let session = try await open(account, from: request.address, at: moment)
        else {
            // What was typed may be a password in the wrong field; only a name that exists is told.
            logger.notice(
                "login.refused",
                metadata: ["address": "\(request.address)", "account": "\(account?.name ?? "unknown")"])
            try await noteRefusal(of: account?.name, from: request.address, at: moment)
            return .refused
        }
        guesses.succeeded(attempt)
        let browser = try await noteBrowser(request.browser, of: account.name, at: moment)
        logger.info("session.begun", metadata: ["address": "\(request.address)", "account": "\(account.name)"])
        return .signedIn(session: session, browser: browser)
    }

    private func noteRefusal(of account: String?, from address: String, at moment: Date) async throws {
        try await store.note(
            .signInRefused, object: account.map { "account:\($0)" } ?? "", detail: "", by: Actor(name: "", role: ""),
            from: address, at: moment)
    }

    /// `nil` where the account has been changed since it was read.
    private func open(_ account: Account, from address: String, at moment: Date) async throws -> SecretToken? {
        let token = SecretToken()
        let person = Actor(name: account.name, role: account.role.rawValue, address: address)
        let isOpened = try await store.acting(person).addSession(
            NewSession(token: token.hash, account: account.name, password: account.password, createdAt: moment))
        return isOpened ? token : nil
    }

    func isKnownBrowser(_ token: SecretToken?, of account: String, at moment: Date) async throws -> Bool {
        guard let token, AccountName.isValid(account) else { return false }
        return try await store.isKnownBrowser(token.hash, ofAccount: account, at: moment)
    }

    /// Several people may use one browser, so a token that the centre knows stays; one that it does not know, and that
    /// somebody may have planted, is replaced.
    private func noteBrowser(_ token: SecretToken?, of account: String, at moment: Date) async throws -> SecretToken {
        var kept = SecretToken()
        if let token, try await store.isKnownBrowser(token.hash, ofAccount: nil, at: moment) { kept = token }
        try await store.noteBrowser(kept.hash, ofAccount: account, at: moment)
        return kept
    }
}
