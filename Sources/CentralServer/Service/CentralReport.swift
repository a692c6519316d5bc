import CentralStore
import Foundation
import Logging
import NIOPosix
import ServiceLifecycle
import ServiceSupport
import Synchronization

/// Tells the service manager how the centre gets on: in plain words, and that it is alive while its database takes
/// writes and its event loops turn.
package struct CentralReport: Service {
    let service: ServiceManager
    let words: @Sendable () async -> String
    let signs: [VitalSign]
    let clock: any Clock<Duration>
    let logger: Logger

    static let wordsInterval = Duration.seconds(10)

    package func run() async {
        await withGracefulShutdownHandler {
            await cancelWhenGracefulShutdown {
                await withTaskGroup(of: Void.self) { group in
                    // Two tasks: words wait for the database, pings must not.
                    group.addTask { await say() }
                    if let watchdog = service.watchdog { group.addTask { await ping(watchdog) } }
                }
            }
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

    /// A third to wait and half to answer leaves time between the latest ping and the end.
    private func ping(_ watchdog: Duration) async {
        var wasStuck: [String] = []
        while !Task.isCancelled {
            let stuck = await stuck(within: watchdog / 2)
            guard !Task.isCancelled else { return }
            if stuck.isEmpty {
                service.tell(ServiceManager.ping)
            } else if stuck != wasStuck {
                logger.critical("watchdog ping withheld", metadata: ["stuck": "\(stuck.joined(separator: ", "))"])
            }
            wasStuck = stuck
            do { try await clock.sleep(for: watchdog / 3) } catch { return }
        }
    }

    /// Names of the parts that do not answer; all are asked at once.
    private func stuck(within limit: Duration) async -> [String] {
        await withTaskGroup(of: String?.self) { group in
            for sign in signs {
                group.addTask { await sign.answers(within: limit, by: clock) ? nil : sign.name }
            }
            return await group.reduce(into: []) { names, name in if let name { names.append(name) } }.sorted()
        }
    }
}

/// A question that a part answers while it gets on. An answer is an answer: a full disk is said elsewhere, and no
/// restart mends it.
final class VitalSign: Sendable {
    let name: String
    private let ask: @Sendable () async -> Void
    /// Asked and not answered yet: a part that hangs is not asked again and again.
    private let open = Mutex<Task<Void, Never>?>(nil)

    init(_ name: String, _ ask: @escaping @Sendable () async -> Void) {
        self.name = name
        self.ask = ask
    }

    static func database(_ store: any CentralStore) -> VitalSign {
        VitalSign("database") { try? await store.checkWritable() }
    }

    /// Of the threads that all connections share. Not a connection to our own port: whoever holds all connections
    /// could have the centre killed.
    static var eventLoops: VitalSign {
        VitalSign("event loops") {
            for loop in MultiThreadedEventLoopGroup.singleton.makeIterator() { try? await loop.submit {}.get() }
        }
    }

    func answers(within limit: Duration, by clock: any Clock<Duration>) async -> Bool {
        let task = open.withLock { open in
            if let open { return open }
            let task = Task { [ask] in await ask() }
            open = task
            return task
        }
        guard await value(of: task, within: limit, by: clock) != nil else { return false }
        open.withLock { $0 = nil }
        return true
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
