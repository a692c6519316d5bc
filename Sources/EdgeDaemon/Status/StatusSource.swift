import Attendance
import EdgeStore
import Foundation
import ServiceSupport

/// Collects the status, at most once a second however often it is asked for.
actor StatusSource {
    private let configuration: CurrentConfiguration
    private let store: EdgeStore
    private let state: StateDirectory
    private let board: DeviceBoard
    private let environment: EdgeEnvironment
    private let forwarder: Forwarder?
    private let link: ObservedLink?
    /// Why an enrolled node does not send at all.
    private let nodeProblem: String?
    private let clockTrust: ClockTrust
    private var kept: (status: EdgeStatus, at: Duration)?
    /// What the journal's disk has not answered yet.
    private var asking: Task<Answer, Never>?

    /// What waits for the journal's disk.
    private struct Answer: Sendable {
        var journal: JournalStatus?
        var journalProblem: String?
        var journalCode: String?
        var receiptAge: Duration?
        var centreProblem: String?
        var centreCode: String?
    }

    /// What is shown may be this old.
    static let freshness = Duration.seconds(1)
    /// Who asks for the status waits for a slow disk no longer.
    static let patience = Duration.seconds(2)

    init(
        configuration: CurrentConfiguration, store: EdgeStore, state: StateDirectory, board: DeviceBoard,
        environment: EdgeEnvironment, clockTrust: ClockTrust, forwarder: Forwarder?, link: ObservedLink?,
        nodeProblem: String? = nil
    ) {
        self.configuration = configuration
        self.store = store
        self.state = state
        self.board = board
        self.environment = environment
        self.clockTrust = clockTrust
        self.forwarder = forwarder
        self.link = link
        self.nodeProblem = nodeProblem
    }

    func current() async -> EdgeStatus {
        let now = board.elapsed()
        if let kept, now - kept.at < Self.freshness { return kept.status }
        let answer = await answer()
        let status = EdgeStatus(
            configuration: configuration.reload, uptime: now, devices: board.all, journal: journal(answer),
            centre: centre(answer), heartbeat: configuration.value.heartbeat, diskFree: state.freeBytes,
            clockTrusted: clockTrust.trusts(environment.now()), clockOffset: clockTrust.secondsAheadOfCentre,
            stuck: board.heartbeats.stuck,
            missing: board.missing.news)
        kept = (status, now)
        return status
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
        Task(executorPreference: JournalThreads.shared) { [store, forwarder, board] in
            var answer = Answer()
            if let forwarder {
                answer.centreProblem = await forwarder.currentProblem
                answer.centreCode = await forwarder.currentCode
                answer.receiptAge = await forwarder.receivedAt.map { forwarder.elapsed() - $0 }
            }
            do {
                answer.journal = try store.status()
                // Only this looks at the last entry, which everything new is chained to.
                _ = try store.head()
            } catch {
                board.noteDamage(error)
                answer.journalProblem = "\(error)"
                answer.journalCode = ProblemLog.code(error)
            }
            return answer
        }
    }

    private func journal(_ answer: Answer?) -> EdgeStatus.Journal {
        var journal = EdgeStatus.Journal(commits: board.commits)
        journal.status = answer?.journal
        journal.waiting = answer?.journal.map { status in
            let oldest = status.oldestPending.flatMap { UTC.date($0) }
            return oldest.map { max(0, environment.now().timeIntervalSince($0)) } ?? 0
        }
        journal.problem = journal.commits.problem ?? answer?.journalProblem
        journal.code = journal.commits.code ?? answer?.journalCode
        if answer == nil {
            journal.problem = "the journal's disk does not answer"
            journal.code = "journal_hangs"
        }
        // The next write would say so too; it may be long in coming.
        if access(state.journal, W_OK) != 0 {
            journal.problem = "the journal may not be written: \(String(cString: strerror(errno)))"
            journal.code = "journal_\(EdgeStoreError.Code.readOnly.rawValue)"
        }
        journal.bytes = Self.size(state.journal)
        journal.logBytes = Self.size(state.journal + "-wal")
        return journal
    }

    private func centre(_ answer: Answer?) -> EdgeStatus.Centre? {
        if let nodeProblem {
            return EdgeStatus.Centre(counts: .init(), problem: nodeProblem, code: "node_key", cannotSend: true)
        }
        guard let link else { return nil }
        // Without an answer nothing is known of receipts: what was seen last grows old.
        let age =
            if let answer { answer.receiptAge } else {
                kept?.status.centre?.age.map { $0 + board.elapsed() - (kept?.at ?? .zero) }
            }
        return EdgeStatus.Centre(
            counts: link.counts, age: age,
            receivedAt: age.map { environment.now().addingTimeInterval(-Double($0.components.seconds)) },
            problem: answer?.centreProblem, code: answer?.centreCode)
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
