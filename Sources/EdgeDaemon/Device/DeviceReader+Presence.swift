import Attendance
import EdgeStore
import Foundation
import ZKClient
import ZKWire

/// What is remembered of when a device was seen, for the holes of coverage.
package struct PresenceMemory: Sendable, Equatable {
    /// When it last answered, by the wall clock; `nil` before the first reading of this run.
    var seenAt: Date?
    /// No reading of this session was complete yet.
    var isFresh = true
    /// Its counter of operations when they were read last.
    var operations: UInt32?
    /// How often in a row the operation log could not be read.
    var failures = 0
    /// True times of scans since it was last seen, of readings that were not finished too.
    var proofs: [Date] = []
    /// Its last start, to be kept with the next coverage.
    var start: EdgeStore.DeviceStart?

    fileprivate static let mostProofs = 100_000
    /// After so many failures the operation log is not asked for again in this run.
    static let mostFailures = 2

    mutating func found(at now: Date) {
        seenAt = now
        isFresh = false
        proofs = []
    }
}

extension DeviceReader {
    /// What became of a device while nobody saw it.
    struct Absence: Sendable {
        var holes: [Coverage.Hole] = []
        /// What its operation log told, to be kept in one transaction with the coverage that has the holes.
        var start: EdgeStore.DeviceStart?
        /// Its whole operation log, where it was read for this.
        var operations: [OperationRecord]?
    }

    /// Where the device may have been off since it was last seen. Asked once a session, after its scans are journaled.
    ///
    /// - Returns: `nil` where this computer's clock stands before what it saw already: how long the device was away
    ///   is not known, and is asked again when the clock is right.
    /// - Throws: `DeviceError` where the link broke in it, once; the next session asks again.
    func holes(
        _ session: DeviceSession, _ serial: DeviceSerial, _ read: AttendanceRead, _ clock: ClockLook,
        coveredTo: Date?, startedAt: Date, _ memory: inout PresenceMemory
    ) async throws -> Absence? {
        guard memory.isFresh else { return Absence() }
        let known = [CoverageRule.earliest, coveredTo, memory.seenAt].compactMap { $0 }
        guard known.allSatisfy({ startedAt >= $0 }) else { return nil }
        let rule = (memory.seenAt ?? coveredTo).map {
            PresenceRule(seen: $0, found: startedAt, isRough: memory.seenAt == nil)
        }
        if let rule, rule.isWorthAsking, let offset = clock.offset, memory.proofs.count < PresenceMemory.mostProofs {
            memory.proofs += proofs(read.records, offset, rule)
        }
        let counter = read.sizes?.operations
        let isNews = memory.seenAt == nil || rule?.isWorthAsking ?? false || counter != memory.operations
        guard isNews else { return Absence() }
        let operations = try await operations(session, counter, &memory)
        let (power, start, last) = try power(operations, serial, clock, startedAt, memory)
        memory.operations = counter
        return Absence(
            holes: rule?.holes(power, start: start, proofs: memory.proofs) ?? [], start: last, operations: operations)
    }

    /// - Returns: `nil` where the device does not show them.
    private func operations(
        _ session: DeviceSession, _ counter: UInt32?, _ memory: inout PresenceMemory
    ) async throws -> [OperationRecord]? {
        guard memory.failures < PresenceMemory.mostFailures else { return nil }
        do {
            let operations = try await session.operations(count: counter.map { Int($0) })
            memory.failures = 0
            return operations
        } catch let error as DeviceError {
            memory.failures += 1
            environment.logger.debug(
                "device.operations", metadata: ["device": "\(configuration.name)", "problem": "\(error)"])
            // A link that broke says nothing of the device's power: the next session asks again.
            if error.isRetryable && error.code != .incomplete, memory.failures < PresenceMemory.mostFailures {
                throw error
            }
            return nil
        }
    }

    private func power(
        _ operations: [OperationRecord]?, _ serial: DeviceSerial, _ clock: ClockLook, _ startedAt: Date,
        _ memory: PresenceMemory
    ) throws -> (PresenceRule.Power, start: Date?, last: EdgeStore.DeviceStart?) {
        guard let operations else { return (.unknown, nil, nil) }
        let before = try memory.start ?? store.lastStart(of: serial)
        let power = PresenceRule.Power(operations, before: before)
        let last = EdgeStore.DeviceStart(operations)
        guard case .restarted(let time?) = power, let offset = clock.offset,
            let start = localClock.date(of: time, offset: offset),
            // A clock that a power cut reset, and somebody set since, is no help.
            startedAt.timeIntervalSince(start) < Self.oldestStart
        else { return (power, nil, last) }
        return (power, start, last)
    }

    private static let oldestStart: TimeInterval = 400 * 86_400

    private func proofs(_ records: [AttendanceRecord], _ offset: Int, _ rule: PresenceRule) -> [Date] {
        records.compactMap { localClock.date(of: $0.time, offset: offset) }
            .filter { $0 > rule.seen && $0 < rule.found }
    }
}
