import Attendance
import EdgeStore
import Foundation
import GRDB

/// 2026-03-02 00:00 UTC, a Monday.
let monday = Date(timeIntervalSince1970: 1_772_409_600)

struct FixtureError: Error { let what: String }

func withTemporaryDirectory<Value>(_ work: (String) throws -> Value) throws -> Value {
    let path = FileManager.default.temporaryDirectory.appending(path: "hadir-\(RandomText.hex(bytes: 8))").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try work(path)
}

/// A new journal, removed afterwards, and where its file is.
func withStore<Value>(_ work: (EdgeStore, String) throws -> Value) throws -> Value {
    try withTemporaryDirectory { directory in
        let path = directory + "/journal.db"
        return try work(try EdgeStore(path: path, now: monday), path)
    }
}

/// A connection of the test's own, to look into the file and to hurt it.
func withConnection<Value>(_ path: String, _ work: (Database) throws -> Value) throws -> Value {
    let queue = try DatabaseQueue(path: path)
    defer { try? queue.close() }
    return try queue.writeWithoutTransaction(work)
}

let lobby = fixtureSerial("CJ9L170560001")
let hall = fixtureSerial("CJ9L170560002")

private func fixtureSerial(_ text: String) -> DeviceSerial {
    guard let serial = DeviceSerial(text) else { fatalError("\(text) is no serial") }
    return serial
}

/// A record as a device's log has it.
struct Scan: Hashable {
    var user: String
    var time: String

    init(_ user: String, _ time: String) {
        self.user = user
        self.time = time
    }

    var deviceTime: DeviceTime { DeviceTime(text: time) ?? DeviceTime(rawField: time.utf8) }
}

extension [Scan] {
    /// Punches of one reading: occurrences are counted within it.
    func punches(_ serial: DeviceSerial = lobby, _ source: Punch.Source = .poll) -> [Punch] {
        var counts: [Scan: Int] = [:]
        return map { scan in
            let occurrence = counts[scan, default: 0]
            counts[scan] = occurrence + 1
            return Punch(
                serial: serial, userID: UserID(scan.user), deviceTime: scan.deviceTime, occurrence: occurrence,
                verify: 1, state: 0, source: source, raw: [UInt8](scan.user.utf8))
        }
    }

    var keys: Set<PunchKey> { Set(punches().map(\.key)) }
}

extension EdgeStore {
    @discardableResult
    func read(
        _ scans: [Scan], _ extent: Reading.Extent = .complete, from source: Punch.Source = .poll,
        of serial: DeviceSerial = lobby, cursor: String? = nil, notes: [EntryBody] = []
    ) throws -> Appended {
        try append(
            Reading(
                serial: serial, source: source, extent: extent, startedAt: monday,
                punches: scans.punches(serial, source), notes: notes, cursor: cursor), at: monday)
    }

    /// Every entry, read through the queue as the forwarder reads it.
    func everything() throws -> [Entry] {
        try run(after: 0, most: .max, mostBytes: .max).entries
    }

    func punches() throws -> [Punch] {
        try everything().compactMap {
            guard case .punch(let punch) = try EntryBody.decode($0.body).body else { return nil }
            return punch
        }
    }

    func alarms() throws -> [Alarm] {
        try everything().compactMap {
            guard case .alarm(let alarm) = try EntryBody.decode($0.body).body else { return nil }
            return alarm
        }
    }
}

/// xorshift64*: the same numbers for the same seed, everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed | 1 }

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 2_685_821_657_736_338_717
    }
}
