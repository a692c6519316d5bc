import EdgeStore
import Foundation
import ServiceSupport
import Synchronization

/// Deaths of the process in the middle of a reading, per device, over restarts: what a device answers may kill us, and
/// the same answer must not kill us for ever while the other devices wait.
///
/// A file per device tells that a reading is under way. It is not synced: a process that dies leaves it behind, a
/// power cut, which is no device's doing, mostly does not. Where the folder cannot be used, nothing is told.
package final class CrashGuard: Sendable {
    private let folder: CrashFolder?
    private let elapsed: @Sendable () -> Duration
    private let counts: Mutex<[String: CrashCount]>
    private let isStopping = Atomic(false)
    /// Devices that have begun to rest since the process before: one alarm each.
    let news: [String]

    static let alarm = "device_crashes_us"

    /// Looks at what the process before left behind.
    package init(state: StateDirectory, elapsed: @escaping @Sendable () -> Duration) {
        folder = CrashFolder(state: state)
        self.elapsed = elapsed
        var counts: [String: CrashCount] = [:]
        var news: [String] = []
        let now = elapsed()
        for name in folder?.names ?? [] {
            guard let text = folder?.text(of: name), let count = CrashCount(left: text, at: now) else {
                folder?.remove(name)
                continue
            }
            // One after the other: the guilty one must not take those along who need longer than it.
            let turn = counts.values.count { $0.rest(at: now) != nil }
            counts[name] = count.waiting(turn)
            if count.beginsToRest { news.append(name) }
        }
        self.counts = Mutex(counts)
        self.news = news
        for (name, count) in counts { folder?.write(count.text, name) }
    }

    /// How long the device is left alone now; `nil` where it may be read.
    func rest(of name: String) -> CrashRest? {
        let now = elapsed()
        return counts.withLock { counts in
            guard let count = counts[name], let left = count.rest(at: now) else { return nil }
            return CrashRest(deaths: count.deaths, left: left)
        }
    }

    func begins(_ name: String) {
        guard !isStopping.load(ordering: .relaxed) else { return }
        let now = elapsed()
        let text = counts.withLock { counts in
            counts[name, default: CrashCount()].begin(at: now)
            return counts[name]?.text ?? ""
        }
        folder?.write(text, name)
    }

    /// - Parameter succeeded: false where the reading failed in order: that proves nothing about the next.
    func ends(_ name: String, succeeded: Bool) {
        let left = counts.withLock { counts in
            counts[name]?.end(succeeded: succeeded)
            if counts[name]?.deaths == 0 { counts[name] = nil }
            return counts[name]?.text
        }
        if let left { folder?.write(left, name) } else { folder?.remove(name) }
    }

    /// The process ends by its own will, maybe in the middle of readings.
    package func stops() {
        isStopping.store(true, ordering: .relaxed)
        for name in counts.withLock({ Array($0.keys) }) { ends(name, succeeded: false) }
    }
}

/// How often in a row reading one device was the last thing the process did. Pure.
struct CrashCount: Equatable, Sendable {
    private(set) var deaths = 0
    private(set) var isReading = false
    /// The process before died of it once too often; told by the file that it left.
    private(set) var beginsToRest = false
    /// When the next try is allowed.
    private var restsUntil: Duration?

    static let mostDeaths = 2
    static let restTime = Duration.seconds(15 * 60)
    /// A large log over a slow line takes so long.
    static let turnTime = Duration.seconds(5 * 60)

    init() {}

    /// From the file of the process before.
    init?(left text: String, at now: Duration) {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 2, let before = Int(words[0]), (0..<1_000_000).contains(before),
            words[1] == "reading" || words[1] == "idle"
        else { return nil }
        deaths = before + (words[1] == "reading" ? 1 : 0)
        beginsToRest = deaths == Self.mostDeaths && words[1] == "reading"
        restAfterDeaths(now)
    }

    /// As it stands in the file.
    var text: String { "\(deaths) \(isReading ? "reading" : "idle")\n" }

    func rest(at now: Duration) -> Duration? {
        guard let restsUntil, restsUntil > now else { return nil }
        return restsUntil - now
    }

    /// The same, resting longer by so many turns.
    func waiting(_ turns: Int) -> CrashCount {
        var count = self
        if let restsUntil { count.restsUntil = restsUntil + Self.turnTime * turns }
        return count
    }

    mutating func begin(at now: Duration) {
        isReading = true
        restAfterDeaths(now)
    }

    private mutating func restAfterDeaths(_ now: Duration) {
        if deaths >= Self.mostDeaths { restsUntil = now + Self.restTime }
    }

    mutating func end(succeeded: Bool) {
        isReading = false
        guard succeeded else { return }
        deaths = 0
        restsUntil = nil
    }
}

/// A device that is left alone for a while.
struct CrashRest: Error, Equatable, CustomStringConvertible {
    let deaths: Int
    let left: Duration

    var description: String {
        "reading it ended this program \(deaths) times in a row, so it rests for "
            + "\((left.components.seconds + 59) / 60) minutes; its scans stay on it. Send the log to whoever looks after hadir"
    }
}
