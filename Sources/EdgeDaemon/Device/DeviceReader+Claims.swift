import Attendance
import EdgeStore
import Foundation

/// What one reading lets us claim of a device's record, and when it is journaled.
struct Claims: Sendable {
    let serial: DeviceSerial
    /// With a break of an earlier reading, where no coverage told of it yet.
    let continuity: LogContinuity
    let startedAt: Date
    private let rule: CoverageRule
    private let undated: CoverageRule.Undated?

    init(
        _ serial: DeviceSerial, _ memory: EdgeStore.DeviceMemory, _ continuity: LogContinuity, _ clock: ClockLook,
        _ startedAt: Date, source: Punch.Source = .poll
    ) {
        self.serial = serial
        self.continuity = continuity.with(earlier: memory.broken)
        self.startedAt = startedAt
        rule = CoverageRule(memory, source: source)
        undated = CoverageRule.Undated(offset: clock.offset)
    }

    /// Of a log that does not join on: to be journaled with the reading, whose cursor hides the break from then on.
    var broken: EdgeStore.Claim? {
        continuity.reason == nil ? nil : claim([], start: nil)
    }

    /// - Parameter absence: `nil` where it is not known how long the device was away.
    /// - Returns: `nil` where there is nothing to say yet.
    func claim(_ absence: DeviceReader.Absence?, start: EdgeStore.DeviceStart?) -> EdgeStore.Claim? {
        guard let absence else {
            // Only that the clock was set back, which claims nothing.
            return rule.coveredTo.map { startedAt < $0 } ?? false ? claim([], start: nil) : nil
        }
        return claim(absence.holes, start: start)
    }

    private func claim(_ holes: [Coverage.Hole], start: EdgeStore.DeviceStart?) -> EdgeStore.Claim? {
        rule.coverage(serial, continuity, undated: undated, holes: holes, startedAt: startedAt).map {
            EdgeStore.Claim($0, undated: undated?.rawValue, start: start)
        }
    }
}

extension DeviceReader {
    /// Journals coverage, where there is something to say, with the start its holes tell of.
    func cover(
        _ absence: Absence?, _ claims: Claims, alreadyClaimed: Bool, _ presence: inout PresenceMemory
    ) throws {
        if let absence {
            presence.found(at: claims.startedAt)
            presence.start = absence.start ?? presence.start
        }
        if !alreadyClaimed {
            guard let claim = claims.claim(absence, start: presence.start) else { return }
            try commit { try store.append(claim, at: environment.now()) }
            if absence != nil { presence.start = nil }
        }
        // When it was seen last lay in a future that is none: coverage began again, and so does this.
        if absence == nil { presence.seenAt = nil }
    }
}
