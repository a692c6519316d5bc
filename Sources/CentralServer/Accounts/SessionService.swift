import Attendance
import CentralStore
import Crypto
import Foundation
import Hummingbird
import Logging

/// Whether a session goes on.
enum SessionLife: Sendable {
    case alive, over
    /// The store did not say: no reason to end anything.
    case unknown
}

/// Who is signed in.
final class SessionService: Sendable {
    let store: any CentralStore
    let site: Site
    let limits: SignInLimits
    let hasher: PasswordHasher
    let guesses: GuessGuard
    let now: @Sendable () -> Date
    let logger: Logger
    let tallies: CentralTallies

    init(
        store: any CentralStore, site: Site, limits: SignInLimits, derive: PasswordHasher.Derive? = nil,
        tallies: CentralTallies = CentralTallies(), now: @escaping @Sendable () -> Date, logger: Logger
    ) {
        self.store = store
        self.site = site
        self.limits = limits
        hasher = PasswordHasher(limits: limits, derive: derive)
        guesses = GuessGuard(limits: limits, now: now)
        self.now = now
        self.logger = logger
        self.tallies = tallies
    }

    /// Whose session the request's cookie names, where that goes on; this is a use of it.
    ///
    /// - Throws: what the store throws.
    func visitor(from request: Request, _ context: CentralContext) async throws -> Visitor? {
        let jar = CookieJar(isSecure: site.isSecure(request, peer: context.address))
        guard let token = jar.token(.session, request) else { return nil }
        let hash = token.hash
        guard let session = try await store.session(hash), goesOn(session) else { return nil }
        await touch(hash, session)
        return Visitor(
            account: session.account, role: session.role, unit: session.unit, employee: session.employee,
            mustChangePassword: session.mustChangePassword, session: hash, formToken: token.formToken)
    }

    /// Whether the visitor's session goes on: asked again and again by what stays open.
    ///
    /// - Parameter touching: whether that counts as a use.
    func life(of visitor: Visitor, touching: Bool) async -> SessionLife {
        do {
            guard let session = try await store.session(visitor.session), goesOn(session),
                session.role == visitor.role, session.account == visitor.account, session.unit == visitor.unit,
                session.employee == visitor.employee
            else { return .over }
            if touching { await touch(visitor.session, session) }
            return .alive
        } catch {
            logger.warning("session.not_read", metadata: ["error": "\(error)"])
            return .unknown
        }
    }

    /// - Parameter address: of the sender, as far as it is believed.
    func signOut(_ visitor: Visitor, from address: String) async throws {
        try await store.acting(visitor.actor(at: address)).endSession(visitor.session, at: now())
        logger.info("session.ended", metadata: ["account": "\(visitor.account)"])
    }

    /// A clock that was set back far enough to call a session new ends it, too.
    private func goesOn(_ session: StoredSession) -> Bool {
        let moment = now()
        return abs(moment.timeIntervalSince(session.createdAt)) < limits.absolute
            && abs(moment.timeIntervalSince(session.seenAt)) < limits.idle
    }

    /// Once a minute is enough: each is a write. A disk that is full ends nobody's work.
    private func touch(_ token: [UInt8], _ session: StoredSession) async {
        let moment = now()
        guard abs(moment.timeIntervalSince(session.seenAt)) >= 60 else { return }
        do {
            try await store.noteUse(ofSession: token, at: moment)
        } catch {
            logger.warning("session.not_written", metadata: ["error": "\(error)"])
        }
    }
}
