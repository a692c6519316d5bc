import Attendance
import Crypto
import EdgeStore
import FailPoints
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

    let store: EdgeStore
    var identity: NodeIdentity
    private let link: any CentreLink
    let environment: EdgeEnvironment
    private var configuration: Configuration
    /// Since the forwarder was made.
    package nonisolated let elapsed: @Sendable () -> Duration
    private let status: @Sendable () -> NodeStatus
    let orders: OrderDesk?
    private let keep: @Sendable (NodeIdentity) throws -> Void
    let learn: @Sendable (Date) -> Void
    private let damaged: @Sendable (any Error) -> Void
    let held: @Sendable ([HeldScan]) -> Void
    private let wait = WakeableWait()
    /// Sent and not clearly answered: these very bytes go again.
    var unanswered: Batch?
    private var limit: BatchLimit
    /// The furthest entry the centre has acknowledged to us, and how often it has asked for earlier ones since.
    private var furthest: Int64 = 0
    private var rewinds = 0
    /// A new epoch was begun and nothing of it is acknowledged yet.
    var isForked = false
    private var isMended = false
    private var problems = ForwardingProblems()
    private var prunedAt: Duration?
    private var livedFrom: (serverTime: Date, elapsed: Duration)?
    /// The last words of a problem; `nil` while batches are acknowledged.
    package var currentProblem: String? { problems.current }
    var currentCode: String? { problems.currentCode }
    /// When the centre last acknowledged a batch, in `elapsed`.
    package private(set) var receivedAt: Duration?
    /// The wait was begun with another heartbeat.
    private var isReconfigured = false

    /// More would be a centre that never gets what it asks for.
    private static let mostRewinds = 3
    /// How often entries beyond their retention are looked for.
    private static let pruneInterval = Duration.seconds(3600)

    /// - Parameters:
    ///   - orders: takes what the centre asks for; without it, orders are ignored.
    ///   - keep: stores an identity that trusts another signing key of the centre.
    ///   - learn: told the centre's time with each receipt.
    ///   - damaged: told of errors of the journal that cannot be mended here.
    ///   - held: told of the scans that a receipt says the centre keeps and does not count.
    package init(
        store: EdgeStore, identity: NodeIdentity, link: any CentreLink, environment: EdgeEnvironment,
        configuration: Configuration = Configuration(), orders: OrderDesk? = nil,
        keep: @escaping @Sendable (NodeIdentity) throws -> Void = { _ in },
        learn: @escaping @Sendable (Date) -> Void = { _ in },
        damaged: @escaping @Sendable (any Error) -> Void = { _ in },
        held: @escaping @Sendable ([HeldScan]) -> Void = { _ in },
        status: @escaping @Sendable () -> NodeStatus
    ) {
        self.store = store
        self.identity = identity
        self.link = link
        self.environment = environment
        self.configuration = configuration
        self.orders = orders
        self.keep = keep
        self.learn = learn
        self.damaged = damaged
        self.held = held
        self.status = status
        limit = BatchLimit(most: configuration.mostEntries)
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
                // Mending was tried where it could be: now the file must be mended as a whole.
                damaged(error)
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
        if Sabotage.isOn("acknowledged_before_sent") {
            try store.acknowledge(upTo: batch.header.last, quarantined: [], at: environment.now())
        }
        FailPoint.reach("edge.forward.batch_made")
        let answer: CentreAnswer
        do {
            answer = try await link.post("/v1/batches", body: batch.text, contentType: "text/plain; charset=utf-8")
        } catch let error as CentreLinkError {
            // The same bytes may never get through a slow line in time; half of them may.
            if error.code == .timedOut, limit.timedOut(batch.header.count) { shrunk() }
            return .retry(after: failed("\(error)", code: "centre_\(error.code.rawValue)"), why: "\(error)")
        }
        FailPoint.reach("edge.forward.answered")
        switch AnswerJudgement.judge(answer, to: batch.header, centreKeys: identity.centreKeys) {
        case .receipt(let receipt): return try apply(receipt, to: batch)
        case .wait(let seconds):
            let why = "the centre asks to wait \(seconds) s"
            if problems.busy(why, seconds: seconds) { alarm("centre_busy", why) }
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
        let head = try store.head()
        var status = status()
        status.oldest = head.prunedSeq + 1
        status.centreKey = identity.newestCentreKey
        status.audit = lastWitness()
        let bounded = try status.bounded()
        let room = configuration.mostBytes - bounded.bytes - identity.node.utf8.count - Self.headerBytes
        let run = try store.run(after: head.ackedSeq, most: limit.entries, mostBytes: room)
        return try Batch(
            node: identity.node, epoch: run.epoch, after: run.after, previousHash: run.previousHash,
            entries: run.entries, status: bounded.status, key: identity.key)
    }

    /// More than a header line without node and status, and the signature line, can have.
    private static let headerBytes = 1024

    private func apply(_ receipt: Receipt, to batch: Batch) throws -> Step {
        unanswered = nil
        limit.answered()
        // A receipt that was carried here had us begin anew while this batch was under way.
        guard batch.epoch == (try store.head().epoch) else { return .rewound(0) }
        trust(receipt.nextKey)
        witness(receipt)
        switch receipt.answer {
        case .ok:
            guard try isOurs(receipt) else { return try forked() }
            let serverTime = UTC.date(receipt.server_time) ?? environment.now()
            learn(serverTime)
            let head = try store.head()
            // An order rewound us while this batch was under way: its receipt must not undo that.
            guard batch.header.first - 1 <= head.ackedSeq else { return .rewound(head.ackedSeq) }
            let isResending = batch.header.last < min(head.resendUntil, receipt.high_water)
            let upTo = isResending ? batch.header.last : receipt.high_water
            FailPoint.reach("edge.forward.before_acknowledge")
            let moment = lived(serverTime)
            try store.acknowledge(upTo: upTo, quarantined: receipt.quarantined, at: moment)
            FailPoint.reach("edge.forward.acknowledged")
            held(HeldScan.all(in: batch, receipt.quarantined))
            orders?.take(receipt.orders, serverTime: serverTime)
            FailPoint.reach("edge.forward.orders_taken")
            guard receipt.high_water >= batch.header.last else { return try rewind(to: receipt.high_water) }
            succeeded(receipt, batch)
            prune(moment)
            return .acknowledged(upTo)
        case .gap:
            guard try isOurs(receipt) else { return try forked() }
            // Asking for what it was just sent, or told that we no longer have, would go on for ever: then something
            // is wrong with one of us.
            let oldest = batch.header.status?.oldest ?? 1
            guard receipt.high_water < batch.header.first - 1, batch.header.first != oldest else { return noProgress() }
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

    /// The centre announces the key it will sign with. It is trusted when it is stored.
    func trust(_ key: Curve25519.Signing.PublicKey?) {
        guard let key, let trusting = identity.trusting(key) else { return }
        do {
            try keep(trusting)
            FailPoint.reach("edge.forward.key_kept")
            identity = trusting
            environment.logger.notice(
                "centre.key_announced", metadata: ["fingerprint": "\(identity.newestCentreKey)"])
        } catch {
            environment.logger.error("centre.key_not_kept", metadata: ["problem": "\(error)"])
        }
    }

    /// The centre's time as of the first receipt, and what was lived through since: retention counts by it, so that no
    /// jump of the centre's clock makes an entry older, however many there are.
    private func lived(_ serverTime: Date) -> Date {
        let now = elapsed()
        let start = livedFrom ?? (serverTime, now)
        livedFrom = start
        let seconds = (now - start.elapsed).components.seconds
        return start.serverTime.addingTimeInterval(TimeInterval(seconds))
    }

    /// Entries the centre has had for weeks go, a few at a time.
    func prune(_ now: Date) {
        if let prunedAt, elapsed() - prunedAt < Self.pruneInterval { return }
        do {
            let count = try store.prune(now: now)
            guard count == 0 else {
                return environment.logger.info("journal.pruned", metadata: ["entries": "\(count)"])
            }
        } catch {
            // What was acknowledged stays acknowledged; disk is all that it costs.
            environment.logger.error("journal.failed", metadata: ["problem": "\(error)"])
            damaged(error)
        }
        prunedAt = elapsed()
    }

    /// Sends entries again from `seq` on, or from the oldest that is still here: an order of the centre.
    ///
    /// - Returns: from which entry on.
    package func resend(from seq: Int64) throws -> Int64 {
        unanswered = nil
        let after = try store.rewind(to: max(0, seq - 1), isOrder: true, at: environment.now())
        wake()
        return after + 1
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
        let after = try store.rewind(to: seq, at: environment.now())
        environment.logger.warning("centre.rewound", metadata: ["high_water": "\(seq)", "after": "\(after)"])
        return .rewound(after)
    }

    private func noProgress() -> Step {
        let text = "the centre keeps asking for entries that it was sent"
        return .retry(after: failed(text, code: "no_progress"), why: text)
    }

    /// The centre's hash at its high water is ours at the same place, or ours is forgotten by now.
    private func isOurs(_ receipt: Receipt) throws -> Bool {
        switch try store.place(receipt.high_water) {
        case .known(let hash): hash.hex == receipt.end_hash
        case .pruned: true
        case .beyond: false
        }
    }

    private func halve(_ batch: Batch) -> Step {
        unanswered = nil
        guard batch.header.count > 1 else {
            let what = batch.header.count == 0 ? "an empty batch" : "entry \(batch.header.first)"
            let text = "\(what) is too large for something between here and the centre"
            return .retry(after: failed(text, code: "entry_too_large"), why: text)
        }
        limit.refused(batch.header.count)
        shrunk()
        return .halved
    }

    private func shrunk() {
        unanswered = nil
        environment.logger.info("batch.halved", metadata: ["entries": "\(limit.entries)"])
    }

    private func succeeded(_ receipt: Receipt, _ batch: Batch) {
        receivedAt = elapsed()
        if problems.succeeded() { environment.logger.info("centre.recovered") }
        isForked = false
        if receipt.high_water > furthest {
            furthest = receipt.high_water
            rewinds = 0
        }
        limit.acknowledged(batch.header.count)
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
        environment.logger.warning("centre.failed", metadata: ["code": "\(code)", "problem": "\(text)"])
        if problems.failed(text, code: code) { alarm(code, text) }
        return problems.wait(configuration, random: environment.random())
    }

    func alarm(_ code: String, _ text: String) {
        do {
            try store.append([.alarm(Alarm(code: code, text: text))], at: environment.now())
        } catch {
            environment.logger.error("journal.failed", metadata: ["problem": "\(error)"])
        }
    }
}
