import Attendance
import CentralStore
import Crypto
import Foundation

/// Implementations that must pass the conformance suite; a second one is a second case.
enum StoreKind: CaseIterable {
    case sqlite

    /// Runs `work` with an empty store, which is removed afterwards.
    func withStore<Value>(_ work: (any CentralStore) async throws -> Value) async throws -> Value {
        try await withTemporaryDirectory { directory in
            let store = try SQLiteCentralStore(path: directory.appending(path: "central.db").path)
            let value = try await work(store)
            try store.close()
            return value
        }
    }
}

func withTemporaryDirectory<Value>(_ work: (URL) async throws -> Value) async throws -> Value {
    let directory = FileManager.default.temporaryDirectory.appending(path: "hadir-\(RandomText.hex(bytes: 8))")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    return try await work(directory)
}

/// 2026-03-02 00:00 UTC, a Monday.
let monday = Date(timeIntervalSince1970: 1_772_409_600)
let centreFingerprint = [UInt8](repeating: 7, count: 32)

extension CentralStore {
    /// Makes a code for `unit` and enrols a new node with it.
    func enrolNode(_ name: String, unit: String, at moment: Date = monday) async throws {
        let code = EnrolmentCode(
            url: "http://127.0.0.1", id: RandomText.hex(bytes: 8), secret: [UInt8](repeating: 3, count: 16),
            centreFingerprint: centreFingerprint, tlsPin: nil)
        try await addEnrolmentCode(code.kept(unit: unit, at: moment))
        let request = EnrolmentRequest(code: code, nodeKey: Curve25519.Signing.PrivateKey().publicKey)
        let node = try await enrol(request, nodeName: name, centreFingerprint: centreFingerprint, at: moment)
        guard node == EnrolledNode(node: name, unit: unit) else { throw FixtureError(what: "enrolment was refused") }
    }
}

struct FixtureError: Error { let what: String }

extension EnrolmentCode {
    func kept(unit: String, at moment: Date) -> NewEnrolmentCode {
        NewEnrolmentCode(
            id: id, unit: unit, key: EnrolmentKey(secret: secret, codeID: id), createdAt: moment,
            expiresAt: moment.addingTimeInterval(86_400))
    }
}

/// A journal in memory: what an edge would send.
struct Journal {
    let node: String
    let epoch: Epoch
    private(set) var entries: [Entry] = []

    init(node: String, epoch: Epoch = .random()) {
        self.node = node
        self.epoch = epoch
    }

    var endHash: ChainHash { entries.last?.hash ?? ChainHash.start(of: epoch) }

    mutating func write(_ bodies: EntryBody..., at moment: Date = monday) { write(bodies, at: moment) }

    mutating func write(_ bodies: [EntryBody], at moment: Date = monday) {
        for body in bodies { write(raw: body.encode(at: moment)) }
    }

    mutating func write(raw body: [UInt8]) {
        let seq = Int64(entries.count) + 1
        entries.append(Entry(seq: seq, body: body, hash: endHash.next(seq: seq, body: body)))
    }

    /// Entries `first` … `last`, or to the end.
    func run(from first: Int64 = 1, to last: Int64? = nil, status: NodeStatus? = nil) -> EntryRun {
        let chosen = entries.filter { $0.seq >= first && $0.seq <= last ?? .max }
        let before = first > 1 ? entries[Int(first) - 2].hash : ChainHash.start(of: epoch)
        return EntryRun(node: node, epoch: epoch, first: first, previousHash: before, entries: chosen, status: status)
    }

    func heartbeat(status: NodeStatus? = nil) -> EntryRun { run(from: Int64(entries.count) + 1, status: status) }
}

func punch(
    _ userID: String = "7", _ time: String = "2026-03-02T07:30:00", serial: String = "CJ9L170560001",
    occurrence: Int = 0, verify: Int = 1, state: Int = 0, workCode: String? = nil, source: Punch.Source = .poll,
    raw: [UInt8] = [], flags: [Punch.Flag] = [], file: FileOrigin? = nil
) throws -> Punch {
    try punch(
        id: UserID(userID), time, serial: serial, occurrence: occurrence, verify: verify, state: state,
        workCode: workCode, source: source, raw: raw, flags: flags, file: file)
}

func punch(
    id: UserID, _ time: String = "2026-03-02T07:30:00", serial: String = "CJ9L170560001", occurrence: Int = 0,
    verify: Int = 1, state: Int = 0, workCode: String? = nil, source: Punch.Source = .poll, raw: [UInt8] = [],
    flags: [Punch.Flag] = [], file: FileOrigin? = nil
) throws -> Punch {
    guard let serial = DeviceSerial(serial), let time = DeviceTime(text: time) else { throw FixtureError(what: time) }
    return Punch(
        serial: serial, userID: id, deviceTime: time, occurrence: occurrence, verify: verify, state: state,
        workCode: workCode, source: source, raw: raw, flags: flags, file: file)
}

func device(
    _ serial: String = "CJ9L170560001", name: String = "lobby", timezone: String = "Asia/Jakarta"
) throws -> EntryBody {
    guard let serial = DeviceSerial(serial) else { throw FixtureError(what: serial) }
    return .device(
        DeviceFacts(
            serial: serial, name: name, timezone: timezone, model: "X100-C", platform: "ZEM560_TFT",
            firmware: "Ver 6.60", capacity: 100_000))
}
