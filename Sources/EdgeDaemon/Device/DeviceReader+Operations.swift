import Attendance
import DeviceFormats
import EdgeStore
import Foundation
import ZKClient
import ZKWire

/// When a device's operation log was journaled, so that it is read seldom.
package struct OperationLogMemory: Sendable, Equatable {
    /// Since some start; `nil` before the first time in this run.
    var readAt: Duration?
    /// The device's counter of operations then.
    var count: UInt32?
    /// How many there were then.
    var size = 0
    /// Not before this: it could not be read.
    var notBefore: Duration?

    fileprivate static let interval = Duration.seconds(86_400)
    /// A log of more is not read again at every step of its counter.
    private static let large = 4096
    fileprivate static let largeInterval = Duration.seconds(600)

    func isDue(_ sizes: FreeSizes?, at now: Duration) -> Bool {
        if let notBefore, now < notBefore { return false }
        guard let readAt else { return true }
        if now - readAt >= Self.interval { return true }
        guard let counted = sizes?.operations, counted != count else { return false }
        return size <= Self.large || now - readAt >= Self.largeInterval
    }
}

extension DeviceReader {
    /// Journals what the device's own operation log has that was never journaled: at first, where its counter changed,
    /// and daily. Never stands in the way of scans: they are journaled before, and a log that cannot be read is left for
    /// a day.
    ///
    /// - Parameter read: the log, where this reading has it already.
    func noteOperations(
        _ session: DeviceSession, _ serial: DeviceSerial, _ sizes: FreeSizes?, _ offset: Int?,
        _ read: [OperationRecord]?, _ memory: inout Memory
    ) async throws {
        guard let records = try await operations(session, sizes, read, &memory) else { return }
        var log = OperationLog(serial)
        let operations = records.suffix(Self.mostOperations).map { log.operation($0) }
        let new = try note(operations, serial, complete: true, offset: offset)
        // The counter may have come back to where it stood: the end of the log tells.
        if new > 0, operations.suffix(new).contains(where: { $0.what == "log_cleared" }) { memory.verifiedAt = nil }
        memory.operations = OperationLogMemory(readAt: elapsed(), count: sizes?.operations, size: records.count)
        if new > 0 {
            environment.logger.info(
                "device.operations", metadata: ["device": "\(configuration.name)", "new": "\(new)"])
        }
    }

    /// - Returns: `nil` where it is not due, or the device does not show it.
    private func operations(
        _ session: DeviceSession, _ sizes: FreeSizes?, _ read: [OperationRecord]?, _ memory: inout Memory
    ) async throws -> [OperationRecord]? {
        if let read { return read }
        guard memory.operations.isDue(sizes, at: elapsed()) else { return nil }
        // A new session has just failed to get it: once may have been the line, twice is this firmware.
        let isFirmware = memory.presence.failures >= PresenceMemory.mostFailures
        if isFirmware, memory.operations.notBefore == nil {
            memory.operations.notBefore = elapsed() + OperationLogMemory.interval
            return nil
        }
        do {
            let records = try await session.operations(count: sizes.map { Int($0.operations) })
            memory.presence.failures = 0
            return records
        } catch let error as DeviceError {
            memory.presence.failures += 1
            let isLine = memory.presence.failures < PresenceMemory.mostFailures
            memory.operations.notBefore =
                elapsed() + (isLine ? OperationLogMemory.largeInterval : OperationLogMemory.interval)
            environment.logger.debug(
                "device.operations", metadata: ["device": "\(configuration.name)", "problem": "\(error)"])
            return nil
        }
    }

    /// Journals operations that a device told, each once, with the alarms of what was done by hand.
    ///
    /// - Parameters:
    ///   - complete: they are all the device has.
    ///   - offset: of the device's clock, in seconds; `nil` where it shows no date.
    /// - Returns: how many were new.
    func note(
        _ operations: [Attendance.Operation], _ serial: DeviceSerial, complete: Bool, offset: Int?
    ) throws -> Int {
        let own = try store.ownOperations(of: serial)
        let now = environment.now()
        return try commit(operations.count) {
            try store.append(operations: operations, of: serial, complete: complete, at: now) { news in
                operationAlarms.of(news, serial, offset: offset, own: own, at: now)
            }
        }
    }

    var operationAlarms: OperationAlarms { OperationAlarms(name: configuration.name, localClock: localClock) }

    /// A device keeps thousands to tens of thousands.
    private static let mostOperations = 65_536
}

/// Records of one reading of a device's operation log, as entries have them.
package struct OperationLog {
    private let serial: DeviceSerial
    private var counts: [OperationRecord: Int] = [:]

    package init(_ serial: DeviceSerial) { self.serial = serial }

    package mutating func operation(_ record: OperationRecord) -> Attendance.Operation {
        let occurrence = counts[record, default: 0]
        counts[record] = occurrence + 1
        let code = Int(record.operation)
        return Attendance.Operation(
            serial: serial, source: .log, what: OperationNames.word(code), code: code,
            deviceTime: DeviceTime(record.time), by: "\(record.admin)",
            object: Self.namesUser.contains(record.operation) ? "\(record.parameters.first ?? 0)" : "",
            parameters: record.parameters.map { Int($0) }, occurrence: occurrence)
    }

    /// Operations whose first number is the user concerned (zk-protocol, section 15.6).
    private static let namesUser: Set<UInt8> = [6, 7, 8, 9, 10, 11, 12, 30]
}

extension LocalClock {
    /// The true time when a clock that is `offset` seconds fast shows `time`; `nil` where that is no date.
    func date(of time: DeviceTime, offset: Int) -> Date? {
        let parts = time.text.split { !$0.isNumber }.compactMap { Int($0) }
        guard time.isCalendarDate, parts.count == 6,
            let packed = PackedTime(
                PackedTime.Parts(
                    year: parts[0], month: parts[1], day: parts[2], hour: parts[3], minute: parts[4], second: parts[5]))
        else { return nil }
        return date(of: packed, offset: offset)
    }
}
