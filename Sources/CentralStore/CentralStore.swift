import Attendance
import Foundation

/// What the centre keeps, as named operations: entries as sent, punches, devices, nodes, tokens, accounts.
///
/// Each operation is one transaction, and what it returns is on disk. Times come in as arguments. One
/// conformance suite (`Tests/CentralStoreTests`) says what an implementation must do; SQLite is the first.
package protocol CentralStore: AccountStore, PeopleStore, HoursStore, AttestationStore, WorkdayStore, UnitDayStore,
    NetworkStore, AuditStore
{
    // MARK: The centre itself

    /// Throws where the store cannot be read, or took no write when it was last asked and still takes none.
    func checkReady() async throws

    /// Writes a number that means nothing, and returns when it is on disk; throws where the store takes no writes.
    func checkWritable() async throws

    /// Transactions that came to an end since it was opened.
    var commits: Int { get }

    /// SHA-256 of the public key info of the certificate last served; `nil` where TLS is not ours.
    func tlsPin() async throws -> [UInt8]?

    func setTLSPin(_ pin: [UInt8]?) async throws

    /// Counts every row: for checks, not for pages.
    func totals() async throws -> CentralTotals

    /// Compares every entry with the hashes its node sent, and every punch with its entries.
    ///
    /// - Parameter piece: entries of one reading.
    func verifyEntries(piece: Int) async throws -> EntryVerdict

    // MARK: Enrolment and nodes

    /// Keeps a code until it is used or expires; makes its unit where that is new.
    func addEnrolmentCode(_ code: NewEnrolmentCode) async throws

    /// Turns a code into a node, once. The same request gets the same node again.
    ///
    /// - Parameters:
    ///   - nodeName: the name of the node this makes, where it makes one.
    ///   - centreFingerprint: counts for codes that were kept without one.
    /// - Returns: `nil` where the code is unknown, used by another key or expired, or the proof is wrong.
    func enrol(
        _ request: EnrolmentRequest, nodeName: String, centreFingerprint: [UInt8], at moment: Date
    ) async throws -> EnrolledNode?

    /// Forgets the keys of codes that can no longer be used.
    func forgetExpiredCodes(at moment: Date) async throws

    func identity(ofNode name: String) async throws -> NodeIdentity?

    /// Nothing that arrives at or after `from` is taken from the node. An earlier moment already set stays, and
    /// once the moment has come the node stays revoked, whatever the clock says later.
    ///
    /// - Returns: the moment in force; `nil` where there is no such node.
    func revoke(node name: String, from: Date, at moment: Date) async throws -> Date?

    /// Notes each revocation whose moment has come: it is in force then even if its node was silent just now.
    func noteRevocations(at moment: Date) async throws

    func nodes() async throws -> [NodeSummary]

    /// Up to where each epoch of each node is held, by node and in the order of the epochs' arrival.
    func journalHeads() async throws -> [JournalHead]

    // MARK: Entries and punches

    /// Stores a run of entries whose signature and chain have been checked; all of it or nothing.
    ///
    /// A run that begins behind what is stored is taken where it begins with the oldest entry its node has;
    /// what is between is noted as a gap. Entries that belong into a gap are taken whenever they come, as long
    /// as their hashes fit the ends of it that they reach.
    func append(_ run: EntryRun, receivedAt: Date) async throws -> AppendOutcome

    /// Punches in the order of their first arrival.
    ///
    /// - Parameter after: the id of the last punch already seen; 0 for none.
    func punches(after: Int64, limit: Int) async throws -> [StoredPunch]

    /// Where a punch was seen, in the order of arrival.
    func observations(of key: PunchKey) async throws -> [EntryPlace]

    /// How scans came, by the time their devices showed; at most `limit` of them.
    func journeys(_ query: JourneyQuery) async throws -> [ScanJourney]

    func devices() async throws -> [DeviceSummary]

    func quarantined(limit: Int) async throws -> [QuarantinedEntry]

    /// What nodes said where another hash stands, newest first.
    func forks(limit: Int) async throws -> [ForkSummary]

    /// What is missing from the chains, newest first.
    func gaps(limit: Int) async throws -> [GapSummary]

    // MARK: For pages

    /// Names of all units, in order.
    func units() async throws -> [String]

    /// Newest arrival first.
    func newestPunches(limit: Int) async throws -> [StoredPunch]

    /// All there are. Not the newest id: a punch seen again takes one, too.
    func punchCount() async throws -> Int64

    /// Punches with a user, by the date of their device time, `YYYY-MM-DD`; dates without any are left out.
    func scanHours(ofDates dates: [String]) async throws -> [String: ScanHours]

    /// Of alarms with one code about one device the last; of each node the newest, newest first.
    func alarms(ofEachNode most: Int) async throws -> [StoredAlarm]

    /// Claims that touch the span, by device, in the order of each node's journal: a later one counts over an earlier
    /// one where both speak of the same time. Where there is no room for all, the oldest of a device are left out.
    func coverage(
        of serials: [String], in span: Range<Date>, room: CoverageRoom
    ) async throws -> [String: [CoverageClaim]]

    func quarantineCount() async throws -> Int

    // MARK: For who watches

    func recomputeWaiting() async throws -> RecomputeWaiting

    // MARK: Orders

    /// Keeps an order until its node's entry says what became of it.
    ///
    /// - Returns: why it was not kept; `nil` where it was.
    func addOrder(_ order: NewOrder) async throws -> OrderRefusal?

    /// What a receipt to the node carries now, oldest first; at most `OrderSummary.mostOpen`.
    func openOrders(ofNode name: String, at moment: Date) async throws -> [Receipt.Order]

    /// - Returns: the order as it is then: one that is done or expired stays that; `nil` where there is none.
    func cancelOrder(_ id: String, at moment: Date) async throws -> OrderSummary?

    /// Newest first.
    func orders(limit: Int) async throws -> [OrderSummary]

    // MARK: Tokens

    /// - Parameters:
    ///   - hash: SHA-256 of the token; the token itself is never stored.
    ///   - end: from then on it opens nothing; `nil` for one without an end.
    func addToken(hash: [UInt8], _ grant: TokenGrant, endsAt end: Date?, at moment: Date) async throws

    /// - Returns: `nil` where there is none, and where it is over or revoked at the moment.
    func grant(ofTokenHash hash: [UInt8], at moment: Date) async throws -> TokenGrant?

    /// Newest first, those that are over too.
    func tokens() async throws -> [TokenSummary]

    /// From the moment on, for good; one that was revoked before stays revoked from then.
    ///
    /// - Returns: whether there is such a token.
    func revokeToken(_ id: Int64, at moment: Date) async throws -> Bool
}

extension CentralStore {
    /// A token for the whole government.
    package func addToken(hash: [UInt8], role: TokenRole, label: String, at moment: Date) async throws {
        try await addToken(hash: hash, TokenGrant(role: role, unit: nil, label: label), at: moment)
    }

    /// A token without an end.
    package func addToken(hash: [UInt8], _ grant: TokenGrant, at moment: Date) async throws {
        try await addToken(hash: hash, grant, endsAt: nil, at: moment)
    }

    package func role(ofTokenHash hash: [UInt8], at moment: Date) async throws -> TokenRole? {
        try await grant(ofTokenHash: hash, at: moment)?.role
    }
}

/// What a bearer of a token may do: `CentralServer/API/Permissions.swift` is the table.
package enum TokenRole: String, Sendable, CaseIterable {
    /// Raw punches, devices, nodes and gaps.
    case reader
    /// Recaps, workdays and people of its unit.
    case viewer
    /// What a viewer may, and enters leave, corrections and sheets.
    case clerk
    /// BKPSDM: all of it.
    case personnel
    /// Reads all there is, acts and reasons too, and writes nothing.
    case auditor
}

/// A token's role, where it holds, and what it is called.
package struct TokenGrant: Equatable, Sendable {
    package let role: TokenRole
    /// It holds for this unit and all below it; `nil` for the whole government.
    package let unit: Int64?
    package let label: String

    package init(role: TokenRole, unit: Int64?, label: String) {
        self.role = role
        self.unit = unit
        self.label = label
    }
}

/// A token as it is listed: never itself.
package struct TokenSummary: Equatable, Sendable {
    package let id: Int64
    package let grant: TokenGrant
    package let createdAt: Date
    /// `nil` for one without an end.
    package let endsAt: Date?
    package let revokedAt: Date?
}

/// The centre's store cannot be used; the message says what to do.
package enum CentralStoreError: Error, Equatable, CustomStringConvertible {
    /// The file was written by a later version.
    case laterVersion
    /// The file is not there.
    case missing(String)

    package var description: String {
        switch self {
        case .laterVersion:
            "the database was written by a later version of hadir-central; install that version, nothing was changed"
        case .missing(let path): "there is no database at \(path); run `hadir-central init` first"
        }
    }
}
