import FailPoints
import Synchronization

/// Whether the daemon's parts get on, for the watchdog: each part says when it will be heard of again at the latest.
///
/// Pure. A part that waits says for how long, so a dead network or a silent device, which are waited for, are
/// progress; a write that never returns, or a task that is never resumed, is not.
struct Progress: Equatable, Sendable {
    enum Part: Hashable, Sendable, CustomStringConvertible {
        case forwarder
        case device(String)

        var description: String {
            switch self {
            case .forwarder: "forwarder"
            case .device(let name): "device \(name)"
            }
        }
    }

    private var due: [Part: Duration] = [:]
    private var writes = 0
    /// Of the longest write that is under way or waits.
    private var writeBound = Duration.zero
    private var writeDue = Duration.zero

    /// A commit beyond it is a disk that hangs.
    static let writeBound = Duration.seconds(30)
    /// Large readings take longer, on the slowest of disks.
    static let perEntry = Duration.milliseconds(1)

    /// `part` will be heard of again within `bound`.
    mutating func report(_ part: Part, within bound: Duration, at now: Duration) { due[part] = now + bound }

    /// `part` is no more.
    mutating func end(_ part: Part) { due[part] = nil }

    /// A write to the journal begins, behind those that wait: one of them must end within the bound.
    mutating func writeBegins(_ entries: Int, at now: Duration) {
        let bound = Self.writeBound + Self.perEntry * entries
        writeBound = writes == 0 ? bound : max(writeBound, bound)
        writes += 1
        if writes == 1 { writeDue = now + writeBound }
    }

    mutating func writeEnds(at now: Duration) {
        writes = max(0, writes - 1)
        writeDue = now + writeBound
    }

    /// The whole process stood still for `gap`: nobody could report.
    mutating func stoodStill(for gap: Duration) {
        for part in due.keys { due[part]? += gap }
        writeDue += gap
    }

    /// What should have been heard of; empty while all get on.
    func stuck(at now: Duration) -> [String] {
        guard !Sabotage.isOn("watchdog_by_timer") else { return [] }
        let parts = due.filter { $0.value < now }.map { "\($0.key)" }.sorted()
        return (writes > 0 && writeDue < now ? ["journal"] : []) + parts
    }
}

/// The progress of one daemon, reported by its tasks.
final class Heartbeats: Sendable {
    private let elapsed: @Sendable () -> Duration
    private let progress = Mutex(Progress())

    init(elapsed: @escaping @Sendable () -> Duration) { self.elapsed = elapsed }

    var stuck: [String] {
        let now = elapsed()
        return progress.withLock { $0.stuck(at: now) }
    }

    func report(_ part: Progress.Part, within bound: Duration) {
        let now = elapsed()
        progress.withLock { $0.report(part, within: bound, at: now) }
    }

    func end(_ part: Progress.Part) { progress.withLock { $0.end(part) } }

    func writeBegins(_ entries: Int) {
        let now = elapsed()
        progress.withLock { $0.writeBegins(entries, at: now) }
    }

    func writeEnds() {
        let now = elapsed()
        progress.withLock { $0.writeEnds(at: now) }
    }

    func stoodStill(for gap: Duration) { progress.withLock { $0.stoodStill(for: gap) } }
}

/// A clock whose sleeper is heard of: who waits says for how long.
struct ReportingClock<Base: Clock>: Clock where Base.Duration == Duration {
    let base: Base
    let heartbeats: Heartbeats
    let part: Progress.Part
    /// For what the part does between two waits.
    let bound: Duration

    var now: Base.Instant { base.now }
    var minimumResolution: Duration { base.minimumResolution }

    func sleep(until deadline: Base.Instant, tolerance: Duration?) async throws {
        heartbeats.report(part, within: base.now.duration(to: deadline) + bound)
        // A sleep that is cut short reports nothing: who cut it does.
        try await base.sleep(until: deadline, tolerance: tolerance)
        heartbeats.report(part, within: bound)
    }
}

extension Heartbeats {
    func clock(_ clock: any Clock<Duration>, for part: Progress.Part, within bound: Duration) -> any Clock<Duration> {
        wrap(clock, part, bound)
    }

    private func wrap<C: Clock>(
        _ clock: C, _ part: Progress.Part, _ bound: Duration
    ) -> any Clock<Duration> where C.Duration == Duration {
        ReportingClock(base: clock, heartbeats: self, part: part, bound: bound)
    }
}
