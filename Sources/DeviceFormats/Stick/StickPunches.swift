import Attendance

/// The punches of one file, some thousands at a time: occurrences are counted over the whole of it.
package struct StickPunches {
    /// So many are in memory at once.
    package static let atOnce = 10_000

    private let log: StickLog
    private let serial: DeviceSerial
    private let file: FileOrigin?
    private var position = 0
    /// How many records of a person and second there were so far. By the first eight bytes of the key, a SHA-256: the
    /// slots themselves would take ten times the memory.
    private var counts: [UInt64: Int32] = [:]

    package init(_ log: StickLog, serial: DeviceSerial, file: FileOrigin? = nil) {
        self.log = log
        self.serial = serial
        self.file = file
    }

    /// - Parameter numbers: of the records' lines.
    /// - Returns: `nil` behind the last.
    package mutating func next() -> (punches: [Punch], numbers: [Int])? {
        guard position < log.count else { return nil }
        let records = log.records(in: position..<min(log.count, position + Self.atOnce))
        position += Self.atOnce
        let punches = PunchNormaliser.punches(
            from: records.map(\.scan), serial: serial, source: .stick, file: file
        ).map { counted($0) }
        return (punches, records.map(\.number))
    }

    private mutating func counted(_ punch: Punch) -> Punch {
        let first = PunchKey(serial: serial, userID: punch.userID, deviceTime: punch.deviceTime, occurrence: 0)
        let slot = first.bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let occurrence = Int(counts[slot, default: 0])
        counts[slot, default: 0] += 1
        guard occurrence != punch.occurrence else { return punch }
        return Punch(
            serial: serial, userID: punch.userID, deviceTime: punch.deviceTime, occurrence: occurrence,
            verify: punch.verify, state: punch.state, workCode: punch.workCode, source: punch.source, raw: punch.raw,
            flags: punch.flags, file: file)
    }
}
