import Attendance
import EdgeStore
import Foundation
import Synchronization

/// Scans that the centre may not have although nothing waits here: it holds them in quarantine, or the device lost
/// them before they were read. Told for a week after the last of them; in memory, and after a start from what the
/// journal still tells.
package final class MissingScans: Sendable {
    /// What is to be told, at one moment.
    struct News: Equatable, Sendable {
        /// By serial and reason.
        var held: [Held] = []
        /// By serial and reason; of each the last time.
        var lost: [Lost] = []
    }

    struct Held: Equatable, Sendable {
        let serial: String
        /// The centre's word for it, such as `not_your_device`.
        let reason: String
        /// Different scans.
        let count: Int
        /// There are more, which were not counted.
        let isMore: Bool
    }

    struct Lost: Equatable, Sendable {
        let serial: String
        let why: LogContinuity.Break
        /// When it was found.
        let at: Date
    }

    private struct Place: Hashable {
        let serial: String
        let reason: String
    }

    private struct State {
        var held: [Place: (keys: Set<PunchKey>, isMore: Bool, until: Duration)] = [:]
        var lost: [Place: (lost: Lost, until: Duration)] = [:]
        var keys = 0
    }

    static let shownFor = Duration.seconds(7 * 86_400)
    /// So many scans are told apart; beyond it they are "more".
    static let mostKeys = 10_000
    /// Devices and reasons told; a node with so many has others to tell it.
    static let mostPlaces = 256
    /// At the start, so many of the journal's last entries are looked through.
    private static let mostLookedAt = 50_000
    private static let foreign = "not_your_device"

    private let elapsed: @Sendable () -> Duration
    private let state = Mutex(State())

    init(elapsed: @escaping @Sendable () -> Duration) { self.elapsed = elapsed }

    /// What was found before this process began; where the journal cannot be read, others say so.
    func fill(from store: EdgeStore, now: Date) {
        for (scan, at) in (try? store.heldScans(most: Self.mostKeys)) ?? [] {
            held([scan], for: Self.left(at ?? now, now))
        }
        let codes = Set(LogContinuity.Break.allCases.map(\.rawValue))
        for (alarm, at) in ((try? store.newestAlarms(codes, within: Self.mostLookedAt)) ?? []).reversed() {
            guard let why = LogContinuity.Break(rawValue: alarm.code), let serial = alarm.serial else { continue }
            lost(serial, why, at: at, for: Self.left(at, now))
        }
    }

    /// How much longer something is told; the whole time where the wall clock stands before it.
    private static func left(_ at: Date, _ now: Date) -> Duration {
        let age = max(0, now.timeIntervalSince(at))
        return age < Double(shownFor.components.seconds) ? shownFor - .seconds(Int64(age)) : .zero
    }

    /// A receipt says that the centre holds them.
    func held(_ scans: [HeldScan]) { held(scans, for: Self.shownFor) }

    /// Scans may have been lost on the device.
    func lost(_ serial: DeviceSerial, _ why: LogContinuity.Break, at moment: Date) {
        lost(serial, why, at: moment, for: Self.shownFor)
    }

    private func held(_ scans: [HeldScan], for time: Duration) {
        guard time > .zero else { return }
        let until = elapsed() + time
        state.withLock { state in
            for scan in scans {
                // One sentence for all that is not about whose device it is: others' words are many.
                let reason = scan.reason == Self.foreign ? Self.foreign : ""
                let place = Place(serial: scan.punch.serial.text, reason: reason)
                guard state.held[place] != nil || state.held.count < Self.mostPlaces else { continue }
                var held = state.held[place] ?? ([], false, .zero)
                state.held[place] = nil
                if state.keys < Self.mostKeys {
                    if held.keys.insert(scan.punch.key).inserted { state.keys += 1 }
                } else if !held.keys.contains(scan.punch.key) {
                    held.isMore = true
                }
                held.until = max(held.until, until)
                state.held[place] = held
            }
        }
    }

    private func lost(_ serial: DeviceSerial, _ why: LogContinuity.Break, at moment: Date, for time: Duration) {
        guard time > .zero else { return }
        let until = elapsed() + time
        state.withLock { state in
            let place = Place(serial: serial.text, reason: why.rawValue)
            guard state.lost[place] != nil || state.lost.count < Self.mostPlaces else { return }
            state.lost[place] = (Lost(serial: serial.text, why: why, at: moment), until)
        }
    }

    /// What is not a week old.
    var news: News {
        let now = elapsed()
        return state.withLock { state in
            state.held = state.held.filter { $0.value.until > now }
            state.lost = state.lost.filter { $0.value.until > now }
            state.keys = state.held.values.reduce(0) { $0 + $1.keys.count }
            return News(
                held: state.held.map { place, held in
                    Held(serial: place.serial, reason: place.reason, count: held.keys.count, isMore: held.isMore)
                }.sorted { ($0.serial, $0.reason) < ($1.serial, $1.reason) },
                lost: state.lost.values.map(\.lost).sorted {
                    ($0.serial, $0.why.rawValue) < ($1.serial, $1.why.rawValue)
                })
        }
    }
}
