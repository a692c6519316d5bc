import CentralStore
import Foundation
import Logging
import NIOPosix
import ServiceLifecycle
import ServiceSupport
import Synchronization

/// Tells the service manager how the centre gets on: in plain words, and that it is alive while its database takes
/// writes and its event loops turn.
package struct CentralReport<Time: Clock>: Service where Time.Duration == Duration {
    /// Calls `look` again and again, and returns what ends that.
    typealias Timer =
        @Sendable (_ interval: Duration, _ look: @escaping @Sendable () -> Void) -> @Sendable () -> Void

    let service: ServiceManager
    let words: @Sendable () async -> String
    let signs: [VitalSign]
    let clock: Time
    var timer: Timer = Self.ownThread
    let logger: Logger

    private static var wordsInterval: Duration { .seconds(10) }

    package func run() async {
        let stop = service.watchdog.map { prove($0) }
        defer { stop?() }
        await withGracefulShutdownHandler {
            await cancelWhenGracefulShutdown { await say() }
        } onGracefulShutdown: {
            service.tell(ServiceManager.stopping)
        }
    }

    private func say() async {
        while !Task.isCancelled {
            service.tell(ServiceManager.status(await words()))
            do { try await clock.sleep(for: Self.wordsInterval) } catch { return }
        }
    }

    /// Asks every part again and again, and pings at each answer unless another part has been silent for a third of
    /// the watchdog's time: a part may be late by that and by all of the watchdog's time before this is killed.
    ///
    /// - Returns: what ends it. Nobody waits for a part that hangs.
    private func prove(_ watchdog: Duration) -> @Sendable () -> Void {
        let interval = watchdog / 15
        let start = clock.now
        let vitals = Vitals(signs, bound: watchdog / 3, elapsed: { [clock] in start.duration(to: clock.now) })
        let look = { @Sendable in
            let (stuck, isNew) = vitals.look()
            if stuck.isEmpty {
                service.tell(ServiceManager.ping)
            } else if isNew {
                logger.critical("watchdog.withheld", metadata: ["stuck": "\(stuck.joined(separator: ", "))"])
            }
        }
        let tasks = signs.map { sign in
            Task {
                while !Task.isCancelled {
                    await sign.ask()
                    guard !Task.isCancelled else { return }
                    vitals.noteAnswer(of: sign.name)
                    look()
                    do { try await clock.sleep(for: interval) } catch { return }
                }
            }
        }
        let stop = timer(interval, look)
        return {
            stop()
            for task in tasks { task.cancel() }
        }
    }

    /// A thread that no task shares: it says what is stuck even where all of theirs are.
    private static func ownThread(_ interval: Duration, _ look: @escaping @Sendable () -> Void) -> @Sendable () -> Void
    {
        let end = DispatchSemaphore(value: 0)
        let seconds = interval / .seconds(1)
        Thread.detachNewThread {
            while end.wait(timeout: .now() + seconds) == .timedOut { look() }
        }
        return { end.signal() }
    }
}

/// A question that a part answers while it gets on. An answer is an answer: a full disk is said elsewhere, and no
/// restart mends it.
struct VitalSign: Sendable {
    let name: String
    /// A number that changes while the part gets on, though the question may still be waiting its turn.
    var progress: @Sendable () -> Int = { 0 }
    let ask: @Sendable () async -> Void

    /// Batches that are stored before the question's turn comes are signs of life, too.
    static func database(_ store: any CentralStore) -> VitalSign {
        VitalSign(name: "database", progress: { store.commits }) { try? await store.checkWritable() }
    }

    /// Of the threads that all connections share. Not a connection to our own port: whoever holds all connections
    /// could have the centre killed.
    static var eventLoops: VitalSign {
        VitalSign(name: "event loops") {
            for loop in MultiThreadedEventLoopGroup.singleton.makeIterator() { try? await loop.submit {}.get() }
        }
    }
}

/// When each part was last seen to get on.
private final class Vitals: Sendable {
    private struct State {
        var seenAt: [String: Duration] = [:]
        var progress: [String: Int] = [:]
        var stuck: [String] = []
    }

    private let signs: [VitalSign]
    private let bound: Duration
    /// Since these were made.
    private let elapsed: @Sendable () -> Duration
    private let state: Mutex<State>

    init(_ signs: [VitalSign], bound: Duration, elapsed: @escaping @Sendable () -> Duration) {
        self.signs = signs
        self.bound = bound
        self.elapsed = elapsed
        state = Mutex(State(progress: Dictionary(signs.map { ($0.name, $0.progress()) }) { $1 }))
    }

    func noteAnswer(of name: String) {
        let now = elapsed()
        state.withLock { $0.seenAt[name] = now }
    }

    /// Names of the parts that were not seen within the bound, and whether they are others than at the last look.
    func look() -> (stuck: [String], isNew: Bool) {
        let progress = signs.map { ($0.name, $0.progress()) }
        let now = elapsed()
        return state.withLock { state in
            for (name, number) in progress where state.progress[name] != number {
                state.progress[name] = number
                state.seenAt[name] = now
            }
            let stuck = signs.map(\.name).filter { now - (state.seenAt[$0] ?? .zero) > bound }.sorted()
            defer { state.stuck = stuck }
            return (stuck, stuck != state.stuck)
        }
    }
}

/// The centre's state in one line for people.
enum CentralWords {
    static let silentAfter: TimeInterval = 3600
    static let certificateWarning: TimeInterval = 30 * 86_400

    static func text(
        nodes: [NodeSummary]?, certificateUntil: Date?, configurationProblem: String?, at now: Date
    ) -> String {
        var words: [String] = []
        if let nodes {
            let active = nodes.filter { $0.state(at: now) == "active" }
            words.append(active.count == 1 ? "1 node" : "\(active.count) nodes")
            let silent = active.count { now.timeIntervalSince($0.contactAt ?? .distantPast) > silentAfter }
            if silent > 0 { words.append("\(silent) silent for an hour") }
            if let last = active.compactMap(\.contactAt).max() {
                words.append("last batch \(max(0, Int(now.timeIntervalSince(last)))) s ago")
            }
        } else {
            words.append("the database cannot be read")
        }
        if let certificateUntil {
            let left = certificateUntil.timeIntervalSince(now)
            if left <= 0 {
                words.append("the TLS certificate has expired")
            } else if left < certificateWarning {
                words.append("the TLS certificate ends in \(Int(left / 86_400)) days")
            }
        }
        if let configurationProblem { words.append("configuration refused: \(configurationProblem)") }
        return words.joined(separator: ", ")
    }
}
