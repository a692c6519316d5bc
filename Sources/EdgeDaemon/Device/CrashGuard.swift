import EdgeStore
import Foundation
import ServiceSupport
import Synchronization

/// Deaths of the process in the middle of a reading, per device, over restarts: what a device answers may kill us, and
/// the same answer must not kill us for ever while the other devices wait.
///
/// A file per device tells that a reading is under way. It is not synced: a process that dies leaves it behind, a
/// power cut, which is no device's doing, mostly does not. Where the folder cannot be used, nothing is told.
///
/// Who was being read at a death is a suspect. Suspects are read one at a time, so that the next death has one culprit
/// and the others are cleared by a reading that succeeds.
package final class CrashGuard: Sendable {
    private let folder: CrashFolder?
    private let elapsed: @Sendable () -> Duration
    private let counts: Mutex<[String: CrashCount]>
    private let isStopping = Atomic(false)
    /// The suspect that is being tried, and how long the others wait for it.
    private let trial = Mutex<(name: String, until: Duration)?>(nil)
    /// Devices that have begun to rest since the process before: one alarm each.
    let news: [String]

    static let alarm = "device_crashes_us"

    /// Looks at what the process before left behind.
    package init(state: StateDirectory, elapsed: @escaping @Sendable () -> Duration) {
        let folder = CrashFolder(state: state)
        self.folder = folder
        self.elapsed = elapsed
        var counts: [String: CrashCount] = [:]
        var news: [String] = []
        let now = elapsed()
        let left = (folder?.names ?? []).map { ($0, folder?.text(of: $0) ?? "") }
        let isShared = left.count { CrashCount.wasReading($0.1) } > 1
        for (name, text) in left {
            guard let count = CrashCount(left: text, isShared: isShared, at: now) else {
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

    /// Whether the device may be visited now. One that nothing is held against always may; a suspect only while no
    /// other one is tried: asking makes it the one, until `leave`.
    func enter(_ name: String) -> Bool {
        guard counts.withLock({ ($0[name]?.deaths ?? 0) > 0 }) else { return true }
        let now = elapsed()
        return trial.withLock { trial in
            if let trial, trial.name != name, trial.until > now { return false }
            trial = (name, now + CrashCount.turnTime)
            return true
        }
    }

    /// The next suspect may be tried.
    func leave(_ name: String) {
        trial.withLock { if $0?.name == name { $0 = nil } }
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
        leave(name)
    }

    /// The process ends by its own will, maybe in the middle of readings.
    package func stops() {
        isStopping.store(true, ordering: .relaxed)
        for name in counts.withLock({ Array($0.keys) }) { ends(name, succeeded: false) }
    }
}

/// How often in a row the process died while it read one device. Pure.
struct CrashCount: Equatable, Sendable {
    private(set) var deaths = 0
    private(set) var isReading = false
    /// Others were being read when the process died last: which of them it was, nobody knows.
    private(set) var isShared = false
    /// The process before died of it once too often; told by the file that it left.
    private(set) var beginsToRest = false
    /// When the next try is allowed.
    private var restsUntil: Duration?

    static let mostDeaths = 2
    /// So many in a row are no chance, whoever else was there.
    static let mostSharedDeaths = 3
    static let restTime = Duration.seconds(15 * 60)
    /// A large log over a slow line takes so long.
    static let turnTime = Duration.seconds(5 * 60)

    init() {}

    /// From the file of the process before.
    ///
    /// - Parameter isShared: there were files of other readings.
    init?(left text: String, isShared: Bool, at now: Duration) {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard (2...3).contains(words.count), let before = Int(words[0]), (0..<1_000_000).contains(before),
            words[1] == "reading" || words[1] == "idle", words.count == 2 || words[2] == "shared"
        else { return nil }
        deaths = before
        self.isShared = words.count == 3
        if words[1] == "reading" {
            let rested = mustRest
            deaths += 1
            self.isShared = isShared
            beginsToRest = !rested && mustRest
        }
        restAfterDeaths(now)
    }

    /// Whether the file tells of a reading that was the last thing the process did.
    static func wasReading(_ text: String) -> Bool {
        text.split(whereSeparator: \.isWhitespace).dropFirst().first == "reading"
    }

    private var mustRest: Bool { deaths >= (isShared ? Self.mostSharedDeaths : Self.mostDeaths) }

    /// As it stands in the file.
    var text: String { "\(deaths) \(isReading ? "reading" : "idle")\(isShared ? " shared" : "")\n" }

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
        if mustRest { restsUntil = now + Self.restTime }
    }

    mutating func end(succeeded: Bool) {
        isReading = false
        guard succeeded else { return }
        deaths = 0
        isShared = false
        restsUntil = nil
    }
}

/// A device that waits for another one to be tried.
struct CrashTurn: Error, Equatable, CustomStringConvertible {
    let description =
        "this program ended during a reading, and the devices that were then being read are tried one after the other; "
        + "this one's turn comes at once"
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
