import Attendance
import EdgeStore
import Foundation
import ZKWire

/// Whether a device was switched off while nobody saw it: people cannot scan then, and must not be called absent.
///
/// Its own operation log tells (zk-protocol, section 15.6: operation 0, switched on). Where a firmware keeps none, each
/// scan proves that it was on at that moment, and the quiet between may have been a power cut. See
/// docs/decisions/0015. Pure.
struct PresenceRule: Equatable, Sendable {
    /// What the operation log says of the time nobody saw the device.
    enum Power: Equatable, Sendable {
        /// It was not switched on since: it was never off.
        case on
        /// It was switched on; when, by its own clock, where that can be believed.
        case restarted(PackedTime?)
        /// It keeps no such log, or does not show it.
        case unknown
    }

    /// When it was last seen, and when the reading began that found it again.
    let seen: Date
    let found: Date
    /// `seen` is the end of coverage as journaled: it was really seen up to a quarter of an hour later.
    var isRough = false

    static let off = "device_off"
    static let outOfReach = "out_of_reach"
    /// A restart within so short a time costs nobody more than a second try.
    static let shortest: TimeInterval = 300
    /// Between two proofs so far apart it is taken as on where its log does not tell.
    static let quiet: TimeInterval = 3600
    private static let shortestUnproven: TimeInterval = 900

    /// Whether it was away long enough to ask what happened.
    var isWorthAsking: Bool { found.timeIntervalSince(seen) > Self.shortest }

    /// - Parameters:
    ///   - start: when it was last switched on, in true time, of `Power.restarted`; `nil` where its clock is no help.
    ///   - proofs: true times of scans.
    func holes(_ power: Power, start: Date?, proofs: [Date]) -> [Coverage.Hole] {
        guard isWorthAsking else { return [] }
        switch power {
        case .on: return []
        case .restarted:
            guard let start, start <= found else { return [Coverage.Hole(from: seen, to: found, why: Self.off)] }
            // Switched on before it was last seen: that time was asked about then.
            return start > seen ? [Coverage.Hole(from: seen, to: start, why: Self.off)] : []
        case .unknown:
            let least = Self.shortestUnproven + (isRough ? CoverageRule.interval : 0)
            guard found.timeIntervalSince(seen) > least else { return [] }
            let moments = [seen] + proofs.filter { $0 > seen && $0 < found }.sorted() + [found]
            let longest = moments.count == 2 ? least : Self.quiet
            return zip(moments, moments.dropFirst()).compactMap { from, to in
                to.timeIntervalSince(from) > longest
                    ? Coverage.Hole(from: from, to: to, why: Self.outOfReach) : nil
            }
        }
    }
}

extension EdgeStore.DeviceStart {
    /// What an operation log tells of starts; `nil` where it tells of none.
    init?(_ operations: [OperationRecord]) {
        let starts = operations.filter { $0.operation == OperationRecord.switchedOn }
        guard let last = starts.last else { return nil }
        self.init(starts: starts.count, last: last.bytes)
    }
}

extension PresenceRule.Power {
    /// - Parameter before: what the log told when it was read last.
    init(_ operations: [OperationRecord], before: EdgeStore.DeviceStart?) {
        guard let before, let now = EdgeStore.DeviceStart(operations),
            let position = operations.lastIndex(where: { $0.operation == OperationRecord.switchedOn })
        else {
            self = .unknown
            return
        }
        // An operation log rolls over too: fewer starts and the same last one is no start.
        guard now.last != before.last || now.starts > before.starts else {
            self = .on
            return
        }
        let wasSetSince = operations[position...].contains {
            $0.operation == OperationRecord.Telling.clockSet.rawValue
        }
        self = .restarted(wasSetSince ? nil : operations[position].time)
    }
}
