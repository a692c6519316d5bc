import Foundation
import Logging
import ServiceSupport

/// Tells the service manager how the daemon gets on: ready, what it does in plain words, and that it is alive while
/// its parts are.
struct ServiceReport: Sendable {
    let service: ServiceManager
    let source: StatusSource
    let heartbeats: Heartbeats
    let environment: EdgeEnvironment

    private static let statusInterval = Duration.seconds(10)

    /// Runs until cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            // Two tasks: words wait for the journal, pings must not.
            group.addTask { await words() }
            if let watchdog = service.watchdog { group.addTask { await ping(every: watchdog / 2) } }
        }
    }

    private func words() async {
        while !Task.isCancelled {
            service.tell(ServiceManager.status(StatusWords.text(await source.current())))
            do { try await environment.clock.sleep(for: Self.statusInterval) } catch { return }
        }
    }

    private func ping(every interval: Duration) async {
        let elapsed = environment.stopwatch()
        var wasStuck: [String] = []
        while !Task.isCancelled {
            let stuck = heartbeats.stuck
            if stuck.isEmpty {
                service.tell(ServiceManager.ping)
            } else if stuck != wasStuck {
                environment.logger.critical(
                    "watchdog.withheld", metadata: ["stuck": "\(stuck.joined(separator: ", "))"])
            }
            wasStuck = stuck
            let begun = elapsed()
            do { try await environment.clock.sleep(for: interval) } catch { return }
            // Stopped or suspended, nobody could report; they get as long as they had.
            let gap = elapsed() - begun - interval
            if gap > interval { heartbeats.stoodStill(for: gap) }
        }
    }
}

/// The daemon's state in one line for people.
enum StatusWords {
    static func text(_ status: EdgeStatus) -> String {
        var words = [count(status.devices.count, "device", "devices")]
        let unreachable = status.devices.count { $0.status.problem != nil }
        if unreachable > 0 { words.append("\(unreachable) unreachable") }
        if let journal = status.journal.status { words.append("\(journal.pending) waiting") }
        words.append(centre(status.centre))
        if let problem = status.journal.problem { words.append(problem) }
        if let problem = status.configuration.problem { words.append("configuration refused: \(problem)") }
        if !status.stuck.isEmpty { words.append("stuck: \(status.stuck.joined(separator: ", "))") }
        return words.joined(separator: ", ")
    }

    private static func centre(_ centre: EdgeStatus.Centre?) -> String {
        guard let centre else { return "not enrolled" }
        guard let age = centre.age else { return centre.problem.map { "no receipt yet: \($0)" } ?? "no receipt yet" }
        return "last receipt \(age.components.seconds) s ago"
    }

    private static func count(_ count: Int, _ one: String, _ many: String) -> String {
        "\(count) \(count == 1 ? one : many)"
    }
}
