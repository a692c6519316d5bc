import Foundation

/// What a person signed in at the pages is: `CentralServer/API/Permissions.swift` says what each may.
package enum AccountRole: String, Sendable, Codable, CaseIterable {
    /// Diskominfo: nodes, devices, accounts.
    case admin
    /// Sees nodes and devices, and totals.
    case viewer
    /// Bupati, Sekda: sees totals and people, changes nothing.
    case executive
    /// BKPSDM: people, leave, corrections, sheets, months.
    case personnel
    /// Inspektorat: reads everything, what others did too.
    case auditor
    /// Enters leave, corrections and sheets for a unit.
    case clerk
    /// Leads a unit. Whoever is head of one by the records (Plt and Plh in their days) is it without having the role.
    case head
    /// Sees the own days.
    case employee
}

/// scrypt's work factor (RFC 7914): 128 · n · r bytes for one hash.
package struct PasswordCost: Codable, Equatable, Sendable {
    /// A power of two.
    package let n: Int
    package let r: Int
    package let p: Int

    package init(n: Int, r: Int, p: Int) {
        self.n = n
        self.r = r
        self.p = p
    }

    /// 128 MiB and some tenths of a second: OWASP's choice where Argon2 is not at hand.
    package static let standard = PasswordCost(n: 1 << 17, r: 8, p: 1)

    /// What the centre is ready to compute at a login.
    package var isSane: Bool {
        (2...1 << 18).contains(n) && n.nonzeroBitCount == 1 && (1...16).contains(r) && (1...4).contains(p)
    }
}

/// A password as it is kept.
package struct PasswordHash: Codable, Equatable, Sendable {
    /// 32 bytes.
    package let hash: [UInt8]
    /// 16 random bytes.
    package let salt: [UInt8]
    package let cost: PasswordCost

    package init(hash: [UInt8], salt: [UInt8], cost: PasswordCost) {
        self.hash = hash
        self.salt = salt
        self.cost = cost
    }

    package var isSane: Bool { hash.count == 32 && (16...64).contains(salt.count) && cost.isSane }
}

package struct NewAccount: Sendable {
    package let name: String
    package let role: AccountRole
    /// The role holds for this unit and all below it; `nil` for the whole government.
    package let unit: Int64?
    /// Who the person is; `nil` where that is nobody of the records.
    package let employee: Int64?
    package let password: PasswordHash
    /// Where others know the password: it must be changed, and opens nothing from this moment on.
    package let firstPasswordEnds: Date?
    package let createdAt: Date

    package init(
        name: String, role: AccountRole, unit: Int64? = nil, employee: Int64? = nil, password: PasswordHash,
        firstPasswordEnds: Date? = nil, createdAt: Date
    ) {
        self.name = name
        self.role = role
        self.unit = unit
        self.employee = employee
        self.password = password
        self.firstPasswordEnds = firstPasswordEnds
        self.createdAt = createdAt
    }
}

package struct Account: Equatable, Sendable {
    /// As it was written when it was added.
    package let name: String
    package let role: AccountRole
    package let unit: Int64?
    package let employee: Int64?
    package let password: PasswordHash
    /// `nil` where the person has chosen the password.
    package let firstPasswordEnds: Date?
    package let isDisabled: Bool
}

package struct AccountSummary: Equatable, Sendable {
    package let name: String
    package let role: AccountRole
    package let unit: Int64?
    package let employee: Int64?
    package let createdAt: Date
    package let passwordChangedAt: Date
    package let firstPasswordEnds: Date?
    package let disabledAt: Date?
    /// Kept ones; some may be over by now.
    package let sessions: Int
    /// The newest use of a kept session, or the last login.
    package let seenAt: Date?

    package enum State: String, Sendable, CaseIterable {
        case active
        /// Nobody has signed in and chosen a password yet.
        case first
        /// Nobody did in time: the first password is over.
        case over
        case disabled
    }

    package func state(at moment: Date) -> State {
        if disabledAt != nil { return .disabled }
        return firstPasswordEnds.map { $0 > moment ? .first : .over } ?? .active
    }
}

/// Which accounts are asked for; `nil` for any.
package struct AccountQuery: Sendable {
    /// Part of a name; empty for any.
    package var text = ""
    /// Accounts of these people, besides those whose name has the text.
    package var employees: [Int64] = []
    package var role: AccountRole?
    package var state: AccountSummary.State?
    package var offset = 0
    package var limit = 50

    package init() {}
}

package struct AccountPage: Equatable, Sendable {
    /// By name.
    package let accounts: [AccountSummary]
    /// Of all that were asked for, shown or not.
    package let count: Int
}

/// An account of a person of the records.
package struct PersonAccount: Equatable, Sendable {
    package let name: String
    package let role: AccountRole
    package let employee: Int64
    /// Whether the person has not chosen a password yet.
    package let hasFirstPassword: Bool
    package let isDisabled: Bool
}

/// One session of an account, as its owner sees it.
package struct SessionSummary: Equatable, Sendable {
    /// SHA-256 of its token.
    package let token: [UInt8]
    package let createdAt: Date
    package let seenAt: Date
}

/// What an operator changes of an account. Each ends its sessions.
package enum AccountChange: Equatable, Sendable {
    /// - firstEnds: where others know it, too; `nil` where the person chose it.
    case password(PasswordHash, firstEnds: Date?)
    case role(AccountRole, unit: Int64?)
    case employee(Int64?)
    case disabled
    case enabled
    /// Only its sessions end.
    case signedOut
}

package struct NewSession: Sendable {
    /// SHA-256 of its token.
    package let token: [UInt8]
    package let account: String
    /// The password it was opened with: where that is no longer the account's, no session is made.
    package let password: PasswordHash
    package let createdAt: Date

    package init(token: [UInt8], account: String, password: PasswordHash, createdAt: Date) {
        self.token = token
        self.account = account
        self.password = password
        self.createdAt = createdAt
    }

    /// Of one account; where there are more, the oldest end.
    package static let mostOfOneAccount = 50
}

package struct StoredSession: Equatable, Sendable {
    package let account: String
    package let role: AccountRole
    package let unit: Int64?
    package let employee: Int64?
    package let mustChangePassword: Bool
    package let createdAt: Date
    package let seenAt: Date

    package init(
        account: String, role: AccountRole, unit: Int64? = nil, employee: Int64? = nil,
        mustChangePassword: Bool = false, createdAt: Date, seenAt: Date
    ) {
        self.account = account
        self.role = role
        self.unit = unit
        self.employee = employee
        self.mustChangePassword = mustChangePassword
        self.createdAt = createdAt
        self.seenAt = seenAt
    }
}

/// A browser in which somebody has signed in to an account before.
package enum KnownBrowser {
    /// Of one account; where there are more, those not seen for longest are forgotten.
    package static let mostOfOneAccount = 20
    package static let lifetime: TimeInterval = 400 * 86_400
}

/// Accounts, their sessions, and the browsers they are used in; a part of `CentralStore`.
///
/// Tokens are known by their SHA-256 only. Names are told apart without regard to case.
package protocol AccountStore: Sendable {
    /// - Returns: whether it was added; `false` where the name is taken.
    func addAccount(_ account: NewAccount) async throws -> Bool

    /// In one commit. A name that is taken, here or earlier in the list, is not added.
    ///
    /// - Returns: of each, in order, whether it was added.
    func addAccounts(_ accounts: [NewAccount]) async throws -> [Bool]

    /// Also where it is disabled.
    func account(named name: String) async throws -> Account?

    /// By name.
    func accounts() async throws -> [AccountSummary]

    /// Some of them, a page at a time.
    func accounts(_ query: AccountQuery, at moment: Date) async throws -> AccountPage

    /// As it is listed.
    func summary(ofAccount name: String) async throws -> AccountSummary?

    /// All accounts that are somebody's of the records.
    func personAccounts() async throws -> [PersonAccount]

    /// Newest use first; some may be over by now.
    func sessions(ofAccount name: String) async throws -> [SessionSummary]

    /// Changes an account and ends all its sessions.
    ///
    /// - Returns: whether there is such an account.
    func change(account name: String, _ change: AccountChange, at moment: Date) async throws -> Bool

    /// - Returns: whether it was opened; `false` where the account is gone, disabled or has another password by now.
    func addSession(_ session: NewSession) async throws -> Bool

    /// - Returns: `nil` where there is none, or its account is disabled. How old it may be is for the caller to say.
    func session(_ token: [UInt8]) async throws -> StoredSession?

    func noteUse(ofSession token: [UInt8], at moment: Date) async throws

    func endSession(_ token: [UInt8], at moment: Date) async throws

    /// Forgets sessions not used or older than these, and known browsers not seen for their lifetime.
    func forgetSessions(unusedSince: Date, olderThan: Date, at moment: Date) async throws

    /// Remembers that the account was signed in to in the browser with this token.
    func noteBrowser(_ token: [UInt8], ofAccount name: String, at moment: Date) async throws

    /// - Parameter name: `nil` asks whether any account has been signed in to there.
    func isKnownBrowser(_ token: [UInt8], ofAccount name: String?, at moment: Date) async throws -> Bool
}
