import Attendance
import EdgeStore
import Foundation
import Logging

/// Sends what the journal holds and the centre has not acknowledged, in order, until it has.
package actor Forwarder {
    package struct Configuration: Sendable {
        /// An empty batch goes up at least this often.
        package var heartbeat = Duration.seconds(60)
        package var mostEntries = Batch.mostEntries
        /// Of a whole batch.
        package var mostBytes = Batch.mostBytes
        /// Back-off: up to a minute in the first ten minutes, then up to five.
        package var firstWait = Duration.seconds(1)
        package var mostWait = Duration.seconds(60)
        package var mostWaitLater = Duration.seconds(300)

        package init() {}
    }

    /// What one attempt led to.
    package enum Step: Equatable, Sendable {
        /// Acknowledged up to this seq.
        case acknowledged(Int64)
        /// The centre needs entries from behind this seq.
        case rewound(Int64)
        case halved
        case retry(after: Duration, why: String)
    }

    private let store: EdgeStore
    private let identity: NodeIdentity
    private let link: any CentreLink
    private let environment: EdgeEnvironment
    private var configuration: Configuration
    /// Since the forwarder was made.
    package nonisolated let elapsed: @Sendable () -> Duration
    private let status: @Sendable () -> NodeStatus
    private let wait = WakeableWait()
    /// Sent and not clearly answered: these very bytes go again.
    private var unanswered: Batch?
    /// How often `unanswered` ran into the time-out.
    private var timeouts = 0
    private var entryLimit: Int
    /// Batches acknowledged since `entryLimit` was last changed.
    private var easyBatches = 0
    /// The furthest entry the centre has acknowledged to us, and how often it has asked for earlier ones since.
    private var furthest: Int64 = 0
    private var rewinds = 0
    /// A new epoch was begun and nothing of it is acknowledged yet.
    private var isForked = false
    private var isMended = false
    private var failures = 0
    /// Codes of the alarms raised since a batch was last acknowledged: one alarm each, not one per attempt.
    private var alarmed: Set<String> = []
    /// The last words of a problem; `nil` while batches are acknowledged.
    package private(set) var currentProblem: String?
    /// When the centre last acknowledged a batch, in `elapsed`.
    package private(set) var receivedAt: Duration?
    /// The wait was begun with another heartbeat.
    private var isReconfigured = false

    /// More would be a centre that never gets what it asks for.
    private static let mostRewinds = 3
    /// A line too slow for this many tries gets smaller batches.
    private static let mostTimeouts = 2
    private static let batchesBeforeGrowing = 16

    package init(
        store: EdgeStore, identity: NodeIdentity, link: any CentreLink, environment: EdgeEnvironment,
        configuration: Configuration = Configuration(), status: @escaping @Sendable () -> NodeStatus
    ) {
        self.store = store
        self.identity = identity
        self.link = link
        self.environment = environment
        self.configuration = configuration
        self.status = status
        entryLimit = configuration.mostEntries
        elapsed = environment.stopwatch()
    }

    package func setHeartbeat(_ heartbeat: Duration) {
        configuration.heartbeat = heartbeat
        isReconfigured = true
        wait.wake()
    }

    /// Something was journaled: do not wait for the next heartbeat.
    package nonisolated func wake() { wait.wake() }

    /// Runs until cancelled, once in a forwarder's life.
    package func run() async {
        while !Task.isCancelled {
            var pause = configuration.heartbeat
            var mayBeWoken = true
            isReconfigured = false
            do {
                switch try await sendNext() {
                case .acknowledged: if try hasBacklog() { continue }
                case .rewound, .halved: continue
                case .retry(let after, _): (pause, mayBeWoken) = (after, false)
                }
            } catch is CancellationError {
                break
            } catch {
                pause = failed("\(error)", code: "journal_failed")
                mayBeWoken = false
            }
            let isOver = await wait.wait(for: pause, environment.clock) {
                // A reading without new punches journals nothing: no reason to send.
                mayBeWoken && (isReconfigured || ((try? hasBacklog()) ?? true))
            }
            guard isOver else { break }
        }
        await link.close()
    }

    /// Sends until everything is acknowledged or something stands in the way.
    ///
    /// - Returns: what stands in the way; `nil` where nothing waits any more.
    package func drain() async throws -> String? {
        while true {
            switch try await sendNext() {
            case .acknowledged: if try !hasBacklog() { return nil }
            case .rewound, .halved: continue
            case .retry(_, let why): return why
            }
        }
    }

    private func hasBacklog() throws -> Bool {
        let head = try store.head()
        return head.ackedSeq < head.lastSeq
    }

    /// One batch, or a heartbeat where nothing waits.
    package func sendNext() async throws -> Step {
        let batch = try unanswered ?? nextBatch()
        unanswered = batch
        let answer: CentreAnswer
        do {
            answer = try await link.post("/v1/batches", body: batch.text, contentType: "text/plain; charset=utf-8")
        } catch let error as CentreLinkError {
            if error.code == .timedOut { shrinkAfterTimeouts(batch) }
            return .retry(after: failed("\(error)", code: "centre_\(error.code.rawValue)"), why: "\(error)")
        }
        switch AnswerJudgement.judge(answer, to: batch.header, centreKey: identity.centreKey) {
        case .receipt(let receipt): return try apply(receipt, to: batch)
        case .wait(let seconds):
            let why = "the centre asks to wait \(seconds) s"
            currentProblem = why
            environment.logger.info("centre.busy", metadata: ["seconds": "\(seconds)"])
            return .retry(after: .seconds(seconds), why: why)
        case .tooLarge: return halve(batch)
        case .unclear(let why): return .retry(after: failed(why, code: "unclear_answer"), why: why)
        }
    }

    private func nextBatch() throws -> Batch {
        do {
            return try makeBatch()
        } catch let error as EdgeStoreError where error.code == .damaged && !isMended {
            // What the disk has altered is never sent. What is whole goes on in a new epoch, and every device is
            // read again; once, because a disk that goes on failing needs a person.
            isMended = true
            environment.logger.error("journal.damaged", metadata: ["problem": "\(error)"])
            try store.beginEpoch(.corruptFile, at: environment.now())
            try store.append([.alarm(Alarm(code: "journal_damaged", text: "\(error)"))], at: environment.now())
            return try makeBatch()
        }
    }

    private func makeBatch() throws -> Batch {
        let (status, statusBytes) = try status().bounded()
        let room = configuration.mostBytes - statusBytes - identity.node.utf8.count - Self.headerBytes
        let run = try store.run(after: store.head().ackedSeq, most: entryLimit, mostBytes: room)
        return try Batch(
            node: identity.node, epoch: run.epoch, after: run.after, previousHash: run.previousHash,
            entries: run.entries, status: status, key: identity.key)
    }

    /// More than a header line without node and status, and the signature line, can have.
    private static let headerBytes = 1024

    private func apply(_ receipt: Receipt, to batch: Batch) throws -> Step {
        unanswered = nil
        timeouts = 0
        switch receipt.answer {
        case .ok:
            guard try isOurs(receipt) else { return try forked() }
            try store.acknowledge(upTo: receipt.high_water, quarantined: receipt.quarantined, at: environment.now())
            guard receipt.high_water >= batch.header.last else { return try rewind(to: receipt.high_water) }
            succeeded(receipt, batch)
            return .acknowledged(receipt.high_water)
        case .gap:
            guard try isOurs(receipt) else { return try forked() }
            // Asking for what it was just sent would go on for ever: then something is wrong with one of us.
            guard receipt.high_water < batch.header.first - 1 else { return noProgress() }
            return try rewind(to: receipt.high_water)
        case .fork: return try forked()
        case .revoked:
            let text = "the centre has revoked this node; scans are kept here until it is enrolled again"
            return .retry(after: failed(text, code: "revoked"), why: text)
        case .bad:
            let text = "the centre refuses the batch: \(receipt.reason ?? "no reason given")"
            return .retry(after: failed(text, code: "refused"), why: text)
        }
    }

    private static let forkText =
        "the centre has other entries of this journal than we do: was this machine's disk copied or restored?"

    /// The journal goes on in a new epoch. Where that, too, is called a fork, it is not ours to mend.
    private func forked() throws -> Step {
        if !isForked {
            try store.beginEpoch(.fork, at: environment.now())
            isForked = true
            (furthest, rewinds) = (0, 0)
        }
        return .retry(after: failed(Self.forkText, code: "fork"), why: Self.forkText)
    }

    /// The centre has less than it had, as after a restored backup.
    private func rewind(to seq: Int64) throws -> Step {
        rewinds += 1
        guard rewinds <= Self.mostRewinds else { return noProgress() }
        try store.rewind(to: seq)
        environment.logger.warning("centre.rewound", metadata: ["high_water": "\(seq)"])
        return .rewound(seq)
    }

    private func noProgress() -> Step {
        let text = "the centre keeps asking for entries that it was sent"
        return .retry(after: failed(text, code: "no_progress"), why: text)
    }

    /// The centre's hash at its high water is ours at the same place.
    private func isOurs(_ receipt: Receipt) throws -> Bool {
        guard let hash = try store.hash(at: receipt.high_water) else { return false }
        return hash.hex == receipt.end_hash
    }

    private func halve(_ batch: Batch) -> Step {
        unanswered = nil
        guard batch.header.count > 1 else {
            let what = batch.header.count == 0 ? "an empty batch" : "entry \(batch.header.first)"
            let text = "\(what) is too large for something between here and the centre"
            return .retry(after: failed(text, code: "entry_too_large"), why: text)
        }
        shrink(to: batch.header.count / 2)
        return .halved
    }

    /// The same bytes may never get through a slow line in time; half of them may.
    private func shrinkAfterTimeouts(_ batch: Batch) {
        timeouts += 1
        guard timeouts >= Self.mostTimeouts, batch.header.count > 1 else { return }
        unanswered = nil
        timeouts = 0
        shrink(to: batch.header.count / 2)
    }

    private func shrink(to entries: Int) {
        entryLimit = max(1, entries)
        easyBatches = 0
        environment.logger.info("batch.halved", metadata: ["entries": "\(entryLimit)"])
    }

    private func succeeded(_ receipt: Receipt, _ batch: Batch) {
        failures = 0
        receivedAt = elapsed()
        if currentProblem != nil { environment.logger.info("centre.recovered") }
        currentProblem = nil
        alarmed.removeAll()
        isForked = false
        if receipt.high_water > furthest {
            furthest = receipt.high_water
            rewinds = 0
        }
        // Larger again, a step at a time: the limit may have been of one path only.
        if batch.header.count > 0 { easyBatches += 1 }
        if easyBatches >= Self.batchesBeforeGrowing, entryLimit < configuration.mostEntries {
            entryLimit = min(configuration.mostEntries, entryLimit * 2)
            easyBatches = 0
        }
        if receipt.accepted > 0 || !receipt.quarantined.isEmpty {
            environment.logger.info(
                "batch.acknowledged",
                metadata: [
                    "high_water": "\(receipt.high_water)", "accepted": "\(receipt.accepted)",
                    "duplicate": "\(receipt.duplicate)", "quarantined": "\(receipt.quarantined.count)",
                ])
        }
    }

    /// Notes a failure, alarms where its kind is new, and tells how long to wait.
    private func failed(_ text: String, code: String) -> Duration {
        failures += 1
        currentProblem = text
        environment.logger.warning("centre.failed", metadata: ["code": "\(code)", "problem": "\(text)"])
        if alarmed.insert(code).inserted {
            do {
                try store.append([.alarm(Alarm(code: code, text: text))], at: environment.now())
            } catch {
                environment.logger.error("journal.failed", metadata: ["problem": "\(error)"])
            }
        }
        // Full jitter; about ten minutes of waits up to a minute, then up to five.
        let most = failures > 24 ? configuration.mostWaitLater : configuration.mostWait
        let doubled = configuration.firstWait * (1 << min(failures - 1, 10))
        return max(min(doubled, most) * environment.random(), .milliseconds(200))
    }
}
