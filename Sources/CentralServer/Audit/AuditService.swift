import Attendance
import AttendanceRules
import CentralStore
import Foundation
import Logging
import ServiceLifecycle

/// Looks at the whole audit log, and at all entries and punches, once a night, and at once where it never was.
struct AuditService: Service {
    let store: any CentralStore
    let settings: PagesSettings
    let now: @Sendable () -> Date
    let logger: Logger
    /// Where what it found of entries is kept, for who watches; `nil` for nowhere.
    var entriesCheck: String?

    /// From this hour of the government's day on: when nobody waits for a page.
    static let hour = 2
    /// Between two looks at the clock.
    static let pause = Duration.seconds(600)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await look()
                } catch is CancellationError {
                    return
                } catch {
                    logger.error("audit.not_verified", metadata: ["error": "\(error)"])
                }
                try? await Task.sleep(for: Self.pause)
            }
        }
    }

    /// - Returns: what it found; `nil` where it is not time.
    @discardableResult
    func look() async throws -> AuditVerdict? {
        let moment = now()
        guard isDue(try await store.lastAuditCheck(), moment) else { return nil }
        try await lookAtEntries(moment)
        let verdict = try await AuditVerification(store).run()
        try await store.keep(AuditCheck(at: moment, head: verdict.head, firstBad: verdict.firstDoubtful))
        let metadata: Logger.Metadata = [
            "notes": "\(verdict.head.seq)", "witnesses": "\(verdict.witnesses)", "vouched": "\(verdict.vouchedUpTo)",
            "seconds": "\(Int(now().timeIntervalSince(moment)))",
        ]
        guard let first = verdict.firstDoubtful else {
            logger.notice("audit.verified", metadata: metadata)
            return verdict
        }
        logger.critical(
            "audit.altered",
            metadata: metadata.merging(["first_bad": "\(first)", "mismatches": "\(verdict.mismatches.count)"]) { $1 })
        return verdict
    }

    private func lookAtEntries(_ moment: Date) async throws {
        let verdict = try await store.verifyEntries(piece: 2000)
        // Told first: a disk that is full must not keep it quiet.
        tell(verdict)
        guard let entriesCheck else { return }
        try EntriesCheck(
            at: UTC.text(moment), entries: verdict.entries, punches: verdict.punches, problems: verdict.problems.count
        ).write(to: entriesCheck)
    }

    private func tell(_ verdict: EntryVerdict) {
        let metadata: Logger.Metadata = ["entries": "\(verdict.entries)", "punches": "\(verdict.punches)"]
        guard let first = verdict.problems.first else {
            logger.notice("entry.verified", metadata: metadata)
            return
        }
        logger.critical(
            "entry.altered",
            metadata: metadata.merging(["problems": "\(verdict.problems.count)", "first": "\(first)"]) { $1 })
    }

    private func isDue(_ last: AuditCheck?, _ moment: Date) -> Bool {
        guard let last else { return true }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = settings.value.zone
        // A clock that was set back must not put it off for years.
        guard last.at <= moment else { return true }
        return !calendar.isDate(last.at, inSameDayAs: moment) && calendar.component(.hour, from: moment) >= Self.hour
            || moment.timeIntervalSince(last.at) > 2 * 86_400
    }
}
