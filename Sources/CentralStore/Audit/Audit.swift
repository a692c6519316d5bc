import Attendance
import Foundation

/// What the audit log tells of: docs/names.md, "Acts".
package enum AuditWord: String, Sendable, CaseIterable {
    // Looking, and coming and going.
    case viewPerson = "view_person"
    case export
    case signIn = "sign_in"
    case signInRefused = "sign_in_refused"
    case signOut = "sign_out"

    // Accounts and tokens.
    case passwordChanged = "password_changed"
    case accountAdded = "account_added"
    case accountChanged = "account_changed"
    case accountDisabled = "account_disabled"
    case accountEnabled = "account_enabled"
    case accountSlips = "account_slips"
    case sessionsEnded = "sessions_ended"
    case tokenAdded = "token_added"
    case tokenRevoked = "token_revoked"

    // Nodes, devices, keys.
    case nodeInvited = "node_invited"
    case nodeEnrolled = "node_enrolled"
    case nodeRevoked = "node_revoked"
    case deviceMoved = "device_moved"
    case orderAdded = "order_added"
    case orderCancelled = "order_cancelled"
    case keyAnnounced = "key_announced"
    case keyChanged = "key_changed"
    case centreRestored = "centre_restored"

    // The log itself.
    case witnessAccepted = "witness_accepted"

    // Months and days.
    case `import`
    case monthClosed = "month_closed"
    case recompute

    // People, hours, attestations.
    case unitChanged = "unit_changed"
    case headChanged = "head_changed"
    case employeeAdded = "employee_added"
    case employeeRenamed = "employee_renamed"
    case employmentChanged = "employment_changed"
    case employeeLeft = "employee_left"
    case placementChanged = "placement_changed"
    case linkMade = "link_made"
    case linkEnded = "link_ended"
    case serviceChanged = "service_changed"
    case textAdded = "text_added"
    case groupChanged = "group_changed"
    case calendarChanged = "calendar_changed"
    case rosterChanged = "roster_changed"
    case attestationAdded = "attestation_added"
    case attestationWithdrawn = "attestation_withdrawn"

    /// Whether something is another after it. The others are kept once in ten minutes where all else is the same.
    package var isChange: Bool {
        switch self {
        case .viewPerson, .export, .signIn, .signInRefused, .signOut: false
        default: true
        }
    }
}

/// One note of the audit log.
package struct AuditNote: Equatable, Sendable {
    package let seq: Int64
    package let at: Date
    /// With the address it came from, as far as it is believed; empty for this machine.
    package let by: Actor
    /// A word of `AuditWord`, or one of a later version.
    package let what: String
    /// Kind and id, such as `employee:12`, `unit:3`, `account:siti`, `node:n1`; empty where it is about nothing.
    package let object: String
    /// One line of JSON, without reasons and secrets; empty where there is no more to say.
    package let detail: String
    package let hash: ChainHash

    package init(
        seq: Int64, at: Date, by actor: Actor, what: String, object: String, detail: String, hash: ChainHash
    ) {
        self.seq = seq
        self.at = at
        by = actor
        self.what = what
        self.object = object
        self.detail = detail
        self.hash = hash
    }
}

extension AuditNote {
    /// The hash that it must have behind `previous`.
    package func expectedHash(after previous: ChainHash) -> ChainHash {
        AuditChain.next(
            previous, seq: seq,
            fields: [String(at.milliseconds), by.name, by.role, by.address, what, object, detail])
    }
}

/// Which notes are asked for; `nil` for any.
package struct AuditQuery: Equatable, Sendable {
    /// The account, label or user as it is written in the log.
    package var by: String?
    package var what: Set<String>?
    /// Kind and id, or a kind with its colon alone.
    package var object: String?
    package var from: Date?
    /// Not this moment any more.
    package var until: Date?
    /// Notes with a smaller seq only.
    package var before: Int64?
    package var limit = 100

    package init() {}
}

/// A head that a node gave back and that is not in the log.
package struct AuditDoubt: Equatable, Sendable {
    package let node: String
    package let unit: String
    package let witness: AuditHead
    /// The log ended there when the node said it.
    package let ownSeq: Int64
    package let notedAt: Date
    /// Whether an operator has looked at it: `hadir-central audit accept`.
    package let isAccepted: Bool

    /// Whether the log is shorter than the witness knew it; otherwise it says something else.
    package var isCut: Bool { witness.seq > ownSeq }
}

/// What the last look at the whole chain found.
package struct AuditCheck: Equatable, Sendable {
    package let at: Date
    /// Looked at up to here.
    package let head: AuditHead
    /// The first note that is not what it was, or is missing; `nil` where all is well.
    package let firstBad: Int64?

    package init(at moment: Date, head: AuditHead, firstBad: Int64?) {
        at = moment
        self.head = head
        self.firstBad = firstBad
    }
}

/// Who did, saw and took what, in a chain of hashes; a part of `CentralStore`.
///
/// Operations that change something write their note themselves, in the same transaction, by the store's actor.
package protocol AuditStore: Sendable {
    /// The same store for what this actor does.
    func acting(_ actor: Actor) -> Self

    /// Keeps what is no change of the store, or one that stands elsewhere.
    ///
    /// A view of the same person and an export of the same thing, by the same account from the same address, is kept
    /// once in ten minutes; of refused sign-ins there are at most 120 in an hour.
    ///
    /// - Parameters:
    ///   - object: kind and id, such as `employee:12`; at most 200 bytes are kept.
    ///   - detail: one line of JSON, or empty; without reasons and secrets. At most 4,096 bytes.
    ///   - address: of the sender, as far as it is believed; empty for this machine.
    /// - Throws: where it could not be kept. What it tells of must not be done then.
    func note(
        _ what: AuditWord, object: String, detail: String, by actor: Actor, from address: String, at moment: Date
    ) async throws

    /// The end of the log.
    func auditHead() async throws -> AuditHead

    /// Newest first.
    func auditNotes(_ query: AuditQuery) async throws -> [AuditNote]

    /// For a look at the chain: in their order, as they are stored.
    func auditNotes(after seq: Int64, limit: Int) async throws -> [AuditNote]

    /// The hash that stands at this seq; `nil` where there is none.
    func auditHash(at seq: Int64) async throws -> ChainHash?

    /// Compares what a node knows with the log, and keeps what does not fit as a doubt.
    ///
    /// - Returns: the doubt, where this node says this for the first time.
    func compare(witness: AuditHead, ofNode name: String, at moment: Date) async throws -> AuditDoubt?

    /// Newest first.
    func auditDoubts(limit: Int) async throws -> [AuditDoubt]

    /// An operator has looked at the doubts there are: they are shown as such from now on.
    ///
    /// - Returns: how many there were.
    func acceptAuditDoubts(because text: String, at moment: Date) async throws -> Int

    func keep(_ check: AuditCheck) async throws

    /// `nil` before the first.
    func lastAuditCheck() async throws -> AuditCheck?
}
