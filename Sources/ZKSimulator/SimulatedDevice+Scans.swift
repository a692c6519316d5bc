import Foundation
import ZKWire

/// One scan as it stands in the log and was told to listeners.
package struct Scan: Hashable, Sendable {
    /// As the record holds it: an id that is no number becomes 0 where the layout has only numbers.
    package let userID: [UInt8]
    package let time: PackedTime
    package let verify: UInt8
    package let state: UInt8

    package var userText: String { String(decoding: userID, as: UTF8.self) }
    /// `YYYY-MM-DDThh:mm:ss`, also for dates that do not exist.
    package var deviceTime: String { time.deviceText }
}

package enum ScanRefused: Error, Hashable, Sendable, CustomStringConvertible {
    case disabled, off, full
    case wrongSize(needed: Int, got: Int)
    case nobody

    package var description: String {
        switch self {
        case .disabled: "the device is disabled and accepts no scan; enable it first"
        case .off: "the device is off; reboot it first"
        case .full: "the log is full and this device does not roll over"
        case .wrongSize(let needed, let got): "a record of this device has \(needed) bytes, not \(got)"
        case .nobody: "the device has no users"
        }
    }
}

extension SimulatedDevice {
    /// Somebody scans: the record is appended and told to every registered listener.
    ///
    /// - Parameters:
    ///   - time: what the record shall say; `nil`: what the device's clock shows.
    ///   - verify: `nil`: the profile's usual method.
    package mutating func scan(
        userID: [UInt8], time: PackedTime? = nil, verify: UInt8? = nil, state: UInt8 = 0, at now: Date
    ) throws(ScanRefused) -> (Scan, DeviceOutput) {
        let (scan, event) = try record(userID: userID, time: time, verify: verify, state: state, at: now)
        var output = DeviceOutput()
        guard !isSilent(at: now) else { return (scan, output) }
        for peer in order where (sessions[peer]?.eventMask ?? 0) & RealtimeEvent.attendanceOnly != 0 {
            output.send(event, to: peer)
            statistics.eventsSent += 1
        }
        return (scan, output)
    }

    /// A random user scans now.
    package mutating func scanOfSomebody(at now: Date) throws(ScanRefused) -> (Scan, DeviceOutput) {
        guard let user = somebody() else { throw .nobody }
        let hour = clock.time(at: now).parts.hour
        return try scan(userID: user, state: hour < 12 ? 0 : 1, at: now)
    }

    /// Appends a record's bytes as they are, whatever they say; nobody is told.
    package mutating func insert(record: [UInt8]) throws(ScanRefused) {
        let size = profile.attendance.size
        guard record.count == size else { throw .wrongSize(needed: size, got: record.count) }
        guard log.append(record) else { throw .full }
    }

    /// The log in the words of the person who scanned: user id, time, verify, state.
    package func scans() -> [Scan] {
        log.records().map { record in
            let id: [UInt8]
            switch record.who {
            case .text(let text): id = text
            case .number(let number): id = Array(String(number).utf8)
            case .index(let index): id = users.user(index: index)?.userID ?? Array("#\(index)".utf8)
            }
            return Scan(userID: id, time: record.time, verify: record.verify, state: record.state)
        }
    }

    mutating func somebody() -> [UInt8]? {
        users.users.isEmpty ? nil : users.users[random.below(users.count)].userID
    }

    /// Appends one record and makes the event that tells of it.
    private mutating func record(
        userID: [UInt8], time: PackedTime?, verify: UInt8?, state: UInt8, at now: Date
    ) throws(ScanRefused) -> (Scan, Frame) {
        if isOff || isDisabled(at: now) { statistics.scansRefused += 1 }
        guard !isOff else { throw .off }
        guard !isDisabled(at: now) else { throw .disabled }
        let user = users.user(id: userID)
        let index = user?.index ?? UInt16(userID.textBeforeNUL) ?? 0
        let running = UInt16(truncatingIfNeeded: log.appended + 1)
        let record = AttendanceRecord(
            who: profile.who(userID: userID, index: index),
            index: profile.indexField == .recordNumber ? running : index,
            verify: verify ?? profile.usualVerify, time: time ?? clock.time(at: now), state: state)
        guard log.append(record.bytes(profile.attendance)) else { throw .full }
        statistics.scans += 1
        let scan = Scan(
            userID: profile.attendance == .a16 ? Array(String(UInt32(userID.textBeforeNUL) ?? 0).utf8) : userID,
            time: record.time, verify: record.verify, state: record.state)
        return (scan, event(scan, index: index))
    }

    private func event(_ scan: Scan, index: UInt16) -> Frame {
        let who: AttendanceRecord.Who =
            switch profile.event {
            case .index16: .index(index)
            case .number32: .number(UInt32(scan.userID.textBeforeNUL) ?? 0)
            case .text24: .text(scan.userID)
            }
        let data = EventTime(scan.time.parts).map {
            AttendanceEvent(who: who, verify: scan.verify, state: scan.state, time: $0).bytes
        }
        let tail = [UInt8](repeating: 0, count: max(0, profile.eventTail))
        return Frame(
            .registerEvent, session: RealtimeEvent.Code.attendance.rawValue, data: data.map { $0 + tail } ?? [])
    }

    /// For `event-inside`: a scan that is sent to `peer` whether it listens or not.
    mutating func eventOfSomebody(at now: Date) -> Frame? {
        guard let user = somebody() else { return nil }
        return try? record(userID: user, time: nil, verify: nil, state: 0, at: now).1
    }
}
