import Attendance
import CentralStore
import Crypto
import EdgeStore
import Foundation
import Testing

/// Any mix and order of poll, tail, live and full readings of one log, cut into any batches, leaves the centre with
/// the rows that one full reading leaves, byte for byte, attributes included.
@Suite("Occurrences from device to centre", .timeLimit(.minutes(3)))
struct OccurrenceTests {
    @Test(
        "D10 C10 Any mix of readings gives the centre the rows of one full reading",
        arguments: [1, 20_260_302, 1_509_165_604_604_773_915, UInt64.random(in: 1...UInt64.max)])
    func anyMix(seed: UInt64) async throws {
        print("occurrence property: seed \(seed)")
        for round in 0..<8 {
            var random = SeededGenerator(seed: seed &+ UInt64(round) &* 7919)
            let log = RandomLog(&random)
            let one = try await rows { store in try store.take(log.punches(), .complete, .poll) }
            let many = try await rows(batches: true, &random) { store, random in
                try mixed(log, store, &random)
            }
            #expect(one.count == log.records.count, "seed \(seed), round \(round)")
            // Not the lists: a failure would fill the screen with what is right.
            let difference = Set(many).symmetricDifference(one).sorted()
            #expect(
                difference.isEmpty && many.count == one.count, "seed \(seed), round \(round): \(difference.first ?? "")"
            )
        }
    }

    /// Reads `log` as it grows, in every way.
    private func mixed(_ log: RandomLog, _ store: EdgeStore, _ random: inout SeededGenerator) throws {
        var length = 0
        var cursor: Int?
        var told: Set<Int> = []
        while length < log.records.count {
            length = min(log.records.count, length + Int.random(in: 1...6, using: &random))
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                switch Int.random(in: 0..<4, using: &random) {
                case 0:
                    // Events come late, twice, or not at all; each counts on its own.
                    let position = Int.random(in: 0..<length, using: &random)
                    told.insert(position)
                    try store.take(log.live(position), .some, .live)
                case 1:
                    try store.take(log.punches(upTo: length), .complete, .poll)
                    cursor = length
                default:
                    try poll(log, length, &cursor, store)
                }
            }
        }
        // Not a full reading: nothing may rest on one that comes at last.
        try poll(log, length, &cursor, store)
        // What was told before and is told again changes nothing.
        for position in told { try store.take(log.live(position), .some, .live) }
    }

    /// As a device is polled: its tail from the start of a second, and everything where that is ambiguous, or at first.
    private func poll(_ log: RandomLog, _ length: Int, _ cursor: inout Int?, _ store: EdgeStore) throws {
        defer { cursor = length }
        if let known = cursor {
            let tail = log.punches(from: log.secondStart(known, length), upTo: length)
            guard try store.take(tail, .tail(new: length - known), .poll).ambiguous > 0 else { return }
        }
        try store.take(log.punches(upTo: length), .complete, .poll)
    }

    private func rows(_ read: (EdgeStore) throws -> Void) async throws -> [String] {
        var random = SeededGenerator(seed: 1)
        return try await rows(batches: false, &random) { store, _ in try read(store) }
    }

    /// What the centre has after the journal was sent, in runs of any length, some of them twice.
    private func rows(
        batches: Bool, _ random: inout SeededGenerator,
        _ read: (EdgeStore, inout SeededGenerator) throws -> Void
    ) async throws -> [String] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hadir-\(RandomText.hex(bytes: 8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let edge = try EdgeStore(path: folder.appending(path: "journal.db").path, now: monday)
        try read(edge, &random)
        let centre = try SQLiteCentralStore(path: folder.appending(path: "central.db").path)
        let node = try await enrolled(centre)
        let head = try edge.head()
        var sent: Int64 = 0
        while sent < head.lastSeq {
            let most = batches ? Int.random(in: 1...40, using: &random) : 5000
            let from = batches && sent > 0 && Bool.random(using: &random) ? sent - 1 : sent
            let run = try edge.run(after: from, most: most + 1, mostBytes: 900_000)
            let batch = try Batch(
                node: node, epoch: run.epoch, after: run.after, previousHash: run.previousHash, entries: run.entries,
                status: nil, key: Curve25519.Signing.PrivateKey())
            let outcome = try await centre.append(EntryRun(Batch(parsing: batch.text)), receivedAt: monday)
            #expect(outcome.answer == .ok)
            sent = from + Int64(run.entries.count)
        }
        let punches = try await centre.punches(after: 0, limit: 100_000)
        try centre.close()
        return punches.map { Self.row($0) }.sorted()
    }

    /// Every column but the row's own number.
    private static func row(_ stored: StoredPunch) -> String {
        Mirror(reflecting: stored).children
            .filter { $0.label != "id" }
            .map { "\($0.label ?? "")=\($0.value)" }.joined(separator: " ")
    }

    private func enrolled(_ centre: SQLiteCentralStore) async throws -> String {
        let fingerprint = [UInt8](repeating: 7, count: 32)
        let code = EnrolmentCode(
            url: "http://127.0.0.1", id: RandomText.hex(bytes: 8), secret: [UInt8](repeating: 3, count: 16),
            centreFingerprint: fingerprint, tlsPin: nil)
        try await centre.addEnrolmentCode(
            NewEnrolmentCode(
                id: code.id, unit: "Dinas Contoh", key: EnrolmentKey(secret: code.secret, codeID: code.id),
                createdAt: monday, expiresAt: monday.addingTimeInterval(86_400)))
        let request = EnrolmentRequest(code: code, nodeKey: Curve25519.Signing.PrivateKey().publicKey)
        let node = try #require(
            try await centre.enrol(request, nodeName: "node-1", centreFingerprint: fingerprint, at: monday))
        return node.node
    }
}

/// 2026-03-02 00:00 UTC, a Monday.
private let monday = Date(timeIntervalSince1970: 1_772_409_600)

/// A device's log: people who repeat within a second, clocks that go back, nobody's and undated records, attributes
/// that differ from record to record.
private struct RandomLog {
    struct Record {
        let user: UserID
        let time: DeviceTime
        let verify: Int
        let state: Int
        let raw: [UInt8]
    }

    let serial: DeviceSerial
    private(set) var records: [Record] = []

    init(_ random: inout SeededGenerator) {
        serial = DeviceSerial("CJ9L170560001") ?? DeviceSerial.fallback
        var clock = 0
        let users = ["7", "0007", "12", "nb-3", "0", ""].map { UserID($0) } + [UserID(field: [0xFF, 0x31])]
        for number in 0..<Int.random(in: 20...90, using: &random) {
            clock += Int.random(in: 0...2, using: &random)
            if Int.random(in: 0..<20, using: &random) == 0 {
                clock = max(0, clock - Int.random(in: 1...15, using: &random))
            }
            let time =
                Int.random(in: 0..<25, using: &random) == 0
                ? DeviceTime(rawField: [0xFF, UInt8(clock % 3), 0xFF, 0xFF])
                : DeviceTime(
                    year: 2026, month: 3, day: 2, hour: 7, minute: clock / 60 % 60, second: clock % 60)
            guard let time else { continue }
            records.append(
                Record(
                    user: users.randomElement(using: &random) ?? UserID("1"), time: time,
                    verify: Int.random(in: 0...15, using: &random), state: Int.random(in: 0...5, using: &random),
                    raw: [UInt8(number), UInt8(clock & 0xFF)]))
        }
    }

    /// A reading of records `from` ..< `upTo`: occurrences are counted within it.
    func punches(from: Int = 0, upTo: Int? = nil) -> [Punch] {
        var counts: [String: Int] = [:]
        return records[from..<(upTo ?? records.count)].map { record in
            let slot = "\(record.user.bytes) \(record.time.text)"
            defer { counts[slot, default: 0] += 1 }
            return punch(record, counts[slot, default: 0], .poll)
        }
    }

    /// A live event: its attributes are poorer than the log's.
    func live(_ position: Int) -> [Punch] {
        let record = records[position]
        let poor = Record(user: record.user, time: record.time, verify: 1, state: 0, raw: [9])
        return [punch(poor, 0, .live)]
    }

    private func punch(_ record: Record, _ occurrence: Int, _ source: Punch.Source) -> Punch {
        Punch(
            serial: serial, userID: record.user, deviceTime: record.time, occurrence: occurrence,
            verify: record.verify, state: record.state, source: source, raw: record.raw,
            flags: record.user.isNobody ? [.noUser] : [])
    }

    /// Where the second begins in which the first new record lies.
    func secondStart(_ known: Int, _ length: Int) -> Int {
        var start = known
        guard start < length else { return start }
        while start > 0, records[start - 1].time == records[start].time { start -= 1 }
        return start
    }
}

extension DeviceSerial {
    fileprivate static var fallback: DeviceSerial { fatalError("not a serial") }
}

extension EdgeStore {
    @discardableResult
    fileprivate func take(_ punches: [Punch], _ extent: Reading.Extent, _ source: Punch.Source) throws -> Appended {
        try append(
            Reading(
                serial: DeviceSerial("CJ9L170560001") ?? .fallback, source: source, extent: extent, startedAt: monday,
                punches: punches, cursor: extent == .some ? nil : "c"), at: monday)
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
