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
        /// Of entry bodies; the header and its status come on top.
        package var mostBytes = Batch.mostBytes - 128 * 1024
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
    private let configuration: Configuration
    private let status: @Sendable () -> NodeStatus
    private let wakes: AsyncStream<Void>
    private let wakeSink: AsyncStream<Void>.Continuation
    /// Sent and not clearly answered: these very bytes go again.
    private var unanswered: Batch?
    private var entryLimit: Int
    private var failures = 0
    private var problem: String?
    /// The last words of a problem; `nil` while batches are acknowledged.
    package private(set) var currentProblem: String?

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
        (wakes, wakeSink) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Something was journaled: do not wait for the next heartbeat.
    package nonisolated func wake() { wakeSink.yield() }

    /// Runs until cancelled.
    package func run() async {
        let clock = environment.clock
        while !Task.isCancelled {
            var wait = configuration.heartbeat
            var mayBeWoken = true
            do {
                switch try await sendNext() {
                case .acknowledged(let seq):
                    if try seq < store.head().lastSeq { continue }
                case .rewound, .halved: continue
                case .retry(let pause, _): (wait, mayBeWoken) = (pause, false)
                }
            } catch is CancellationError {
                break
            } catch {
                wait = failed("\(error)", code: "journal_failed")
                mayBeWoken = false
            }
            await pause(wait, mayBeWoken: mayBeWoken, clock)
        }
        await link.close()
    }

    /// Sends until everything is acknowledged or something stands in the way.
    ///
    /// - Returns: what stands in the way; `nil` where nothing waits any more.
    package func drain() async throws -> String? {
        while true {
            switch try await sendNext() {
            case .acknowledged(let seq): if try seq >= store.head().lastSeq { return nil }
            case .rewound, .halved: continue
            case .retry(_, let why): return why
            }
        }
    }

    private func pause(_ wait: Duration, mayBeWoken: Bool, _ clock: any Clock<Duration>) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await clock.sleep(for: wait) }
            if mayBeWoken {
                group.addTask { [wakes] in
                    for await _ in wakes { return }
                }
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// One batch, or a heartbeat where nothing waits.
    package func sendNext() async throws -> Step {
        let batch = try unanswered ?? nextBatch()
        unanswered = batch
        let answer: CentreAnswer
        do {
            answer = try await link.post("/v1/batches", body: batch.text, contentType: "text/plain; charset=utf-8")
        } catch let error as CentreLinkError {
            return .retry(after: failed("\(error)", code: "centre_\(error.code.rawValue)"), why: "\(error)")
        }
        switch AnswerJudgement.judge(answer, to: batch.header, centreKey: identity.centreKey) {
        case .receipt(let receipt): return try apply(receipt, to: batch)
        case .wait(let seconds):
            return .retry(after: .seconds(seconds), why: "the centre asks to wait \(seconds) s")
        case .tooLarge: return halve(batch)
        case .unclear(let why): return .retry(after: failed(why, code: "unclear_answer"), why: why)
        }
    }

    private func nextBatch() throws -> Batch {
        let head = try store.head()
        let run = try store.run(after: head.ackedSeq, most: entryLimit, mostBytes: configuration.mostBytes)
        return try Batch(
            node: identity.node, epoch: run.epoch, after: run.after, previousHash: run.previousHash,
            entries: run.entries, status: status(), key: identity.key)
    }

    private func apply(_ receipt: Receipt, to batch: Batch) throws -> Step {
        unanswered = nil
        switch receipt.answer {
        case .ok:
            guard try isOurs(receipt) else {
                return .retry(after: failed(Self.forkText, code: "fork"), why: Self.forkText)
            }
            let head = try store.head()
            try store.acknowledge(upTo: receipt.high_water, quarantined: receipt.quarantined, at: environment.now())
            if receipt.high_water < head.ackedSeq { try store.rewind(to: receipt.high_water) }
            succeeded(receipt)
            return receipt.high_water < batch.header.last ? .rewound(receipt.high_water) : .acknowledged(receipt.high_water)
        case .gap:
            // Asking for what it was just sent would go on for ever: then something is wrong with one of us.
            guard try isOurs(receipt), receipt.high_water != batch.header.first - 1 else {
                return .retry(after: failed(Self.forkText, code: "fork"), why: Self.forkText)
            }
            try store.rewind(to: receipt.high_water)
            return .rewound(receipt.high_water)
        case .fork:
            return .retry(after: failed(Self.forkText, code: "fork"), why: Self.forkText)
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

    /// The centre's hash at its high water is ours at the same place.
    private func isOurs(_ receipt: Receipt) throws -> Bool {
        guard let hash = try store.hash(at: receipt.high_water) else { return false }
        return hash.hex == receipt.end_hash
    }

    private func halve(_ batch: Batch) -> Step {
        unanswered = nil
        guard batch.header.count > 1 else {
            let text = "entry \(batch.header.first) is too large for something between here and the centre"
            return .retry(after: failed(text, code: "entry_too_large"), why: text)
        }
        entryLimit = max(1, batch.header.count / 2)
        environment.logger.info("batch.halved", metadata: ["entries": "\(entryLimit)"])
        return .halved
    }

    private func succeeded(_ receipt: Receipt) {
        failures = 0
        currentProblem = nil
        if problem != nil {
            environment.logger.info("centre.recovered")
            problem = nil
        }
        // Larger again, a step at a time: the limit may have been of one path only.
        entryLimit = min(configuration.mostEntries, entryLimit * 2)
        if receipt.accepted > 0 || !receipt.quarantined.isEmpty {
            environment.logger.info(
                "batch.acknowledged",
                metadata: [
                    "high_water": "\(receipt.high_water)", "accepted": "\(receipt.accepted)",
                    "duplicate": "\(receipt.duplicate)", "quarantined": "\(receipt.quarantined.count)",
                ])
        }
    }

    /// Notes a failure, alarms when its kind changes, and tells how long to wait.
    private func failed(_ text: String, code: String) -> Duration {
        failures += 1
        currentProblem = text
        environment.logger.warning("centre.failed", metadata: ["code": "\(code)", "problem": "\(text)"])
        if problem != code {
            problem = code
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
