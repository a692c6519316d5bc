import Attendance
import CentralStore
import Crypto
import Foundation

/// A store whose disk is gone: it still knows who is asking, and fails at everything else.
struct BrokenStore: CentralStore {
    struct Gone: Error {}

    let key: Curve25519.Signing.PublicKey

    func identity(ofNode name: String) async throws -> NodeIdentity? {
        NodeIdentity(node: name, unit: "Dinas Contoh", publicKey: key, revokedFrom: nil)
    }

    func checkReady() async throws { throw Gone() }
    func checkWritable() async throws { throw Gone() }
    var commits: Int { 0 }
    func tlsPin() async throws -> [UInt8]? { throw Gone() }
    func setTLSPin(_ pin: [UInt8]?) async throws { throw Gone() }
    func totals() async throws -> CentralTotals { throw Gone() }
    func verifyEntries(piece: Int) async throws -> EntryVerdict { throw Gone() }
    func addEnrolmentCode(_ code: NewEnrolmentCode) async throws { throw Gone() }
    func forgetExpiredCodes(at moment: Date) async throws { throw Gone() }
    func revoke(node name: String, from: Date, at moment: Date) async throws -> Date? { throw Gone() }
    func noteRevocations(at moment: Date) async throws { throw Gone() }
    func nodes() async throws -> [NodeSummary] { throw Gone() }
    func journalHeads() async throws -> [JournalHead] { throw Gone() }
    func append(_ run: EntryRun, receivedAt: Date) async throws -> AppendOutcome { throw Gone() }
    func punches(after: Int64, limit: Int) async throws -> [StoredPunch] { throw Gone() }
    func observations(of key: PunchKey) async throws -> [EntryPlace] { throw Gone() }
    func journeys(_ query: JourneyQuery) async throws -> [ScanJourney] { throw Gone() }
    func devices() async throws -> [DeviceSummary] { throw Gone() }
    func quarantined(limit: Int) async throws -> [QuarantinedEntry] { throw Gone() }
    func forks(limit: Int) async throws -> [ForkSummary] { throw Gone() }
    func gaps(limit: Int) async throws -> [GapSummary] { throw Gone() }
    func units() async throws -> [String] { throw Gone() }
    func newestPunches(limit: Int) async throws -> [StoredPunch] { throw Gone() }
    func recomputeWaiting() async throws -> RecomputeWaiting { throw Gone() }
    func punchCount() async throws -> Int64 { throw Gone() }
    func scanHours(ofDates dates: [String]) async throws -> [String: ScanHours] { throw Gone() }
    func alarms(ofEachNode most: Int) async throws -> [StoredAlarm] { throw Gone() }
    func coverage(
        of serials: [String], in span: Range<Date>, room: CoverageRoom
    ) async throws -> [String: [CoverageClaim]] { throw Gone() }
    func quarantineCount() async throws -> Int { throw Gone() }
    func addOrder(_ order: NewOrder) async throws -> OrderRefusal? { throw Gone() }
    func openOrders(ofNode name: String, at moment: Date) async throws -> [Receipt.Order] { throw Gone() }
    func cancelOrder(_ id: String, at moment: Date) async throws -> OrderSummary? { throw Gone() }
    func orders(limit: Int) async throws -> [OrderSummary] { throw Gone() }
    func grant(ofTokenHash hash: [UInt8], at moment: Date) async throws -> TokenGrant? { throw Gone() }
    func addToken(hash: [UInt8], _ grant: TokenGrant, endsAt end: Date?, at moment: Date) async throws { throw Gone() }
    func tokens() async throws -> [TokenSummary] { throw Gone() }
    func revokeToken(_ id: Int64, at moment: Date) async throws -> Bool { throw Gone() }

    func enrol(
        _ request: EnrolmentRequest, nodeName: String, centreFingerprint: [UInt8], at moment: Date
    ) async throws -> EnrolledNode? { throw Gone() }
}
