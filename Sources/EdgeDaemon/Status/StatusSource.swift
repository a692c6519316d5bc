import Attendance
import EdgeStore
import Foundation

/// Collects the status, at most once a second however often it is asked for.
actor StatusSource {
    private let configuration: EdgeConfiguration
    private let store: EdgeStore
    private let state: StateDirectory
    private let board: DeviceBoard
    private let environment: EdgeEnvironment
    private let forwarder: Forwarder?
    private let link: ObservedLink?
    private let startedAt: Date
    private let clockTrust: ClockTrust
    private var kept: (status: EdgeStatus, at: Duration)?
    /// When the last batch was acknowledged, as far as it was seen here.
    private var acknowledged: (elapsed: Duration, date: Date)?

    /// What is shown may be this old.
    static let freshness = Duration.seconds(1)

    init(
        configuration: EdgeConfiguration, store: EdgeStore, state: StateDirectory, board: DeviceBoard,
        environment: EdgeEnvironment, clockTrust: ClockTrust, forwarder: Forwarder?, link: ObservedLink?
    ) {
        self.configuration = configuration
        self.store = store
        self.state = state
        self.board = board
        self.environment = environment
        self.clockTrust = clockTrust
        self.forwarder = forwarder
        self.link = link
        startedAt = environment.now()
    }

    func current() async -> EdgeStatus {
        let now = board.elapsed()
        if let kept, now - kept.at < Self.freshness { return kept.status }
        let status = EdgeStatus(
            startedAt: startedAt, uptime: now, devices: board.all, journal: journal(), centre: await centre(now),
            heartbeat: configuration.heartbeat, diskFree: state.freeBytes,
            clockTrusted: clockTrust.trusts(environment.now()))
        kept = (status, now)
        return status
    }

    private func journal() -> EdgeStatus.Journal {
        var journal = EdgeStatus.Journal(commits: board.commits)
        journal.problem = journal.commits.problem
        do {
            journal.status = try store.status()
        } catch {
            journal.problem = "\(error)"
        }
        journal.bytes = Self.size(state.journal)
        journal.logBytes = Self.size(state.journal + "-wal")
        return journal
    }

    private func centre(_ now: Duration) async -> EdgeStatus.Centre? {
        guard let forwarder, let link else { return nil }
        let counts = link.counts
        let problem = await forwarder.currentProblem
        // An answer is a receipt where the forwarder found nothing wrong with it.
        if problem == nil, let at = counts.answeredAt {
            let ago = now - at
            acknowledged = (at, environment.now().addingTimeInterval(-Double(ago.components.seconds)))
        }
        return EdgeStatus.Centre(
            counts: counts, age: acknowledged.map { now - $0.elapsed }, receivedAt: acknowledged?.date,
            problem: problem)
    }

    private static func size(_ path: String) -> Int64? {
        (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int64
    }
}

extension StateDirectory {
    /// Bytes left on its disk; `nil` where the system does not say.
    var freeBytes: Int64? {
        (try? FileManager.default.attributesOfFileSystem(forPath: path))?[.systemFreeSize] as? Int64
    }
}
