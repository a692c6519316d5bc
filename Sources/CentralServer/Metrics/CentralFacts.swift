import CentralStore
import Foundation
import ServiceSupport

/// What `/metrics` of the centre tells, at one moment.
struct CentralFacts: Sendable {
    /// What only the database knows.
    struct Stored: Sendable {
        var nodes: [NodeSummary]
        var punches: Int64
        var quarantined: Int
        var waiting: RecomputeWaiting
        var audit: AuditCheck?
    }

    /// What lies in the state directory.
    struct Files: Sendable {
        var diskFree: Int64?
        var databaseBytes: Int64?
        var logBytes: Int64?
        var backup: BackupMark?
        var check: EntriesCheck?
    }

    var at: Date
    /// `nil` where the database cannot be read, or does not answer.
    var stored: Stored?
    /// `nil` where the disk does not answer.
    var files: Files?
    /// Since when something waits to be computed and no step is done; 0 where nothing waits.
    var stalled: TimeInterval?
    var counts: CentralTallies.Counts
    var certificateUntil: Date?
    var isConfigurationTaken: Bool
}

/// Collects the facts, at most once a second however often it is asked for.
actor CentralFactSource {
    private struct Answer: Sendable {
        var stored: CentralFacts.Stored?
        var files: CentralFacts.Files
    }

    /// What is shown may be this old.
    static let freshness = Duration.seconds(1)
    /// Who asks waits for a slow disk no longer.
    static let patience = Duration.seconds(2)

    private let store: any CentralStore
    private let state: StateDirectory
    private let tallies: CentralTallies
    private let certificate: ServedCertificate?
    private let settings: CentralSettings
    private let now: @Sendable () -> Date
    private let elapsed: @Sendable () -> Duration
    private var kept: (facts: CentralFacts, at: Duration)?
    /// What the disk has not answered yet.
    private var asking: Task<Answer, Never>?
    private var place: RecomputeWaiting.Place?
    private var placeSince: Duration?
    /// Readings of the database: for tests.
    private(set) var asked = 0

    init(
        store: any CentralStore, state: StateDirectory, tallies: CentralTallies, certificate: ServedCertificate?,
        settings: CentralSettings, now: @escaping @Sendable () -> Date,
        elapsed: (@Sendable () -> Duration)? = nil
    ) {
        self.store = store
        self.state = state
        self.tallies = tallies
        self.certificate = certificate
        self.settings = settings
        self.now = now
        let start = ContinuousClock.now
        self.elapsed = elapsed ?? { start.duration(to: .now) }
    }

    func current() async -> CentralFacts {
        if let kept, elapsed() - kept.at < Self.freshness { return kept.facts }
        let answer = await answer()
        let moment = elapsed()
        let facts = CentralFacts(
            at: now(), stored: answer?.stored, files: answer?.files, stalled: stalled(answer?.stored?.waiting, moment),
            counts: tallies.counts, certificateUntil: certificate?.current.until,
            isConfigurationTaken: settings.problem == nil)
        kept = (facts, moment)
        return facts
    }

    /// - Returns: `nil` while the disk hangs.
    private func answer() async -> Answer? {
        let task = asking ?? ask()
        asking = task
        let answer = await value(of: task, within: Self.patience)
        if answer != nil, asking == task { asking = nil }
        return answer
    }

    private func ask() -> Task<Answer, Never> {
        asked += 1
        return Task { [store, state] in
            var stored: CentralFacts.Stored?
            do {
                stored = CentralFacts.Stored(
                    nodes: try await store.nodes(), punches: try await store.punchCount(),
                    quarantined: try await store.quarantineCount(), waiting: try await store.recomputeWaiting(),
                    audit: try await store.lastAuditCheck())
            } catch {
                // The metric says that it cannot be read; why, the log says of what failed.
                stored = nil
            }
            return Answer(stored: stored, files: Self.files(state))
        }
    }

    private static func files(_ state: StateDirectory) -> CentralFacts.Files {
        func size(_ path: String) -> Int64? {
            (try? FileManager.default.attributesOfItem(atPath: path))?[.size].flatMap { ($0 as? NSNumber)?.int64Value }
        }
        let disk = try? FileManager.default.attributesOfFileSystem(forPath: state.path)
        return CentralFacts.Files(
            diskFree: (disk?[.systemFreeSize] as? NSNumber)?.int64Value, databaseBytes: size(state.database),
            logBytes: size(state.database + "-wal"), backup: BackupMark(path: state.backupRecord),
            check: StateNote.read(EntriesCheck.self, at: state.entriesCheck))
    }

    /// Where nothing was read, nothing is known of steps either.
    private func stalled(_ waiting: RecomputeWaiting?, _ moment: Duration) -> TimeInterval? {
        guard let waiting else { return nil }
        guard !waiting.isEmpty else {
            (place, placeSince) = (nil, nil)
            return 0
        }
        guard place == waiting.place, let placeSince else {
            (place, placeSince) = (waiting.place, moment)
            return 0
        }
        return MetricsPage.seconds(moment - placeSince)
    }
}
