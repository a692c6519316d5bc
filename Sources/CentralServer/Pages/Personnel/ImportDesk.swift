import AttendanceRules
import CentralAttendance
import Crypto
import Foundation
import TableFiles

/// Files that somebody looks at before they are written: the very bytes that were shown are what is written, and only
/// where they would still do the same.
///
/// In memory only: few, small and not for long.
actor ImportDesk {
    struct Draft: Sendable {
        let kind: ImportKind
        let name: String
        let bytes: [UInt8]
        let options: ImportOptions
        /// Of everything the plan would write, with the revision of the people it was made on.
        let digest: String
    }

    struct Full: Error {}

    static let lifetime: TimeInterval = 15 * 60
    static let mostBytes = 64 << 20
    static let mostDrafts = 32

    /// Less than the command takes: the process has pages and ingest to serve.
    static var limits: TableLimits {
        var limits = TableLimits()
        limits.fileBytes = MultipartForm.mostFileBytes
        limits.rows = 50_000
        limits.columns = 60
        limits.cells = 600_000
        limits.textBytes = 16 << 20
        limits.unpackedBytes = 64 << 20
        return limits
    }

    private struct Entry {
        let draft: Draft
        let session: [UInt8]
        let at: Date
    }

    private let now: @Sendable () -> Date
    /// By the name that the form carries.
    private var entries: [String: Entry] = [:]

    init(now: @escaping @Sendable () -> Date) { self.now = now }

    var count: Int { entries.count }

    /// Keeps a draft in place of any other of the session.
    ///
    /// - Returns: the name to take it by.
    /// - Throws: `Full`
    func put(_ draft: Draft, of session: [UInt8]) throws(Full) -> String {
        let moment = now()
        entries = entries.filter { $0.value.session != session && isFresh($0.value, moment) }
        let held = entries.values.reduce(0) { $0 + $1.draft.bytes.count }
        guard entries.count < Self.mostDrafts, held + draft.bytes.count <= Self.mostBytes else { throw Full() }
        let name = SecretToken().text
        entries[name] = Entry(draft: draft, session: session, at: moment)
        return name
    }

    /// Takes it away, so that it is written once.
    ///
    /// - Returns: `nil` where there is none, it is another session's, or too old.
    func take(_ name: String, of session: [UInt8]) -> Draft? {
        guard let entry = entries[name], entry.session == session else { return nil }
        entries[name] = nil
        return isFresh(entry, now()) ? entry.draft : nil
    }

    private func isFresh(_ entry: Entry, _ moment: Date) -> Bool {
        (0..<Self.lifetime).contains(moment.timeIntervalSince(entry.at))
    }

    static func digest(_ plan: ImportPlan) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let bytes = try encoder.encode(ImportWork.request(plan.work))
        return SHA256.hash(data: bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
