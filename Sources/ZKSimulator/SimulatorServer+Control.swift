import Foundation
import ZKWire

/// What a test or the control socket does to a device.
extension SimulatorServer {
    /// Somebody scans.
    /// - Parameters:
    ///   - time: `YYYY-MM-DDThh:mm:ss` for the record, also where that is no date; `nil`: the device's clock.
    ///     Text of another form is taken as the device's clock.
    /// - Throws: `ScanRefused` where the device is disabled, off, or full.
    @discardableResult
    package func scan(
        userID: String, at time: String? = nil, verify: UInt8? = nil, state: UInt8 = 0
    ) throws(ScanRefused) -> Scan {
        try scan(
            userID: Array(userID.utf8), at: time.flatMap { PackedTime(deviceText: $0) }, verify: verify, state: state)
    }

    @discardableResult
    package func scan(
        userID: [UInt8], at time: PackedTime?, verify: UInt8? = nil, state: UInt8 = 0
    ) throws(ScanRefused) -> Scan {
        let (scan, output, line) = try change { device, now throws(ScanRefused) in
            let (scan, output) = try device.scan(userID: userID, time: time, verify: verify, state: state, at: now)
            return (scan, output, device.line(at: now))
        }
        dispatch(output, line)
        return scan
    }

    /// A random user scans now.
    @discardableResult
    package func scanSomebody() throws(ScanRefused) -> Scan {
        let (scan, output, line) = try change { device, now throws(ScanRefused) in
            let (scan, output) = try device.scanOfSomebody(at: now)
            return (scan, output, device.line(at: now))
        }
        dispatch(output, line)
        return scan
    }

    /// Appends a record's bytes as they are: 2099, empty and non-UTF-8 user ids, duplicates. Nobody is told.
    package func insertRaw(_ record: [UInt8]) throws(ScanRefused) {
        try change { device, _ throws(ScanRefused) in try device.insert(record: record) }
    }

    /// The same, encoded in the device's layout.
    package func insert(_ record: AttendanceRecord) throws(ScanRefused) {
        try insertRaw(record.bytes(profile.attendance))
    }

    package func clearLog() { change { device, now in device.clearLog(at: now) } }

    package func jumpClock(by seconds: Int) { change { device, _ in device.clock.jump(by: seconds) } }

    /// The device answers nothing, connections stay open, until `silence(false)`.
    package func silence(_ on: Bool = true) {
        change { device, _ in device.silentUntil = on ? .distantFuture : nil }
    }

    /// Silent for a while, by the clock given to `init`.
    package func silence(for duration: Duration) {
        let seconds = Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
        change { device, now in device.silentUntil = now.addingTimeInterval(seconds) }
    }

    /// Closes every TCP connection; the sessions go with them.
    package func dropConnections() { closeConnections() }

    /// Connections, sessions and registrations are gone; log, users and clock stay.
    package func reboot() { act { device, now in device.reboot(at: now) } }

    /// A smaller capacity drops the oldest records at once; at capacity the device rolls over or stops.
    package func setCapacity(_ records: Int, whenFull: AttendanceLog.WhenFull = .drop) {
        change { device, _ in
            device.log.whenFull = whenFull
            device.log.setCapacity(records)
        }
    }

    /// Another device has taken the address.
    package func setSerial(_ serial: String) { change { device, _ in device.serial = serial } }

    package func setCommKey(_ key: CommKey) { change { device, _ in device.commKey = key } }

    /// Replaces the faults; numbers of commands behind `@` count from here.
    package func setFaults(_ faults: [Fault]) {
        change { device, _ in device.faults.replace(with: faults) }
    }

    /// Writes a user at the device's own menu; false where the device would refuse it.
    @discardableResult
    package func writeUser(_ user: UserRecord) -> Bool {
        change { device, now in device.write(user, at: now) }
    }

    @discardableResult
    package func deleteUser(id: String) -> Bool {
        change { device, _ in
            device.users.user(id: Array(id.utf8)).map { device.users.delete(index: $0.index) } ?? false
        }
    }

    /// Somebody touches the sensor while a finger is being enrolled; false where none is.
    @discardableResult
    package func touch(_ touch: Touch) -> Bool {
        let (output, line) = change { device, now in (device.touch(touch, at: now), device.line(at: now)) }
        guard let output else { return false }
        dispatch(output, line)
        return true
    }

    /// A finger is being enrolled.
    package var isEnrolling: Bool { change { device, _ in device.enrolment != nil } }

    /// Fingers per user index, without their templates.
    package var fingers: [UInt16: [UInt8]] {
        change { device, _ in
            Dictionary(grouping: device.templates.keys, by: \.index).mapValues { $0.map(\.finger).sorted() }
        }
    }

    // MARK: Looking

    package var profile: DeviceProfile { change { device, _ in device.profile } }
    package var serial: String { change { device, _ in device.serial } }
    package var statistics: SimulatorStatistics { change { device, now in device.report(at: now) } }
    package var isDisabled: Bool { statistics.isDisabled }
    package var users: [UserRecord] { change { device, _ in device.users.users } }
    package var recordCount: Int { change { device, _ in device.log.count } }

    /// What the device's clock shows.
    package var deviceTime: PackedTime { change { device, now in device.clock.time(at: now) } }

    /// The whole log, oldest first, in the words of the person who scanned.
    package func scans() -> [Scan] { change { device, _ in device.scans() } }

    /// The log's bytes as they lie on the device.
    package var logBytes: [UInt8] { change { device, _ in device.log.bytes } }
}
