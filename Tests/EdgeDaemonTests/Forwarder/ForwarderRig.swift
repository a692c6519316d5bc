import Attendance
import Crypto
import EdgeDaemon
import EdgeStore
import Foundation
import HadirTestSupport
import Logging
import Synchronization

/// 2026-03-02 00:00 UTC, a Monday.
let monday = Date(timeIntervalSince1970: 1_772_409_600)

struct FixtureError: Error { let what: String }

func withTemporaryDirectory<Value>(_ work: (String) async throws -> Value) async throws -> Value {
    let path = FileManager.default.temporaryDirectory.appending(path: "hadir-\(RandomText.hex(bytes: 8))").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await work(path)
}

/// A journal, a node that is enrolled at a scripted centre, and a clock that stands still.
struct ForwarderRig {
    let store: EdgeStore
    /// The journal's file.
    let path: String
    let identity: NodeIdentity
    let centre: ScriptedCentre
    let clock = ManualClock()
    let status: Mutexed<NodeStatus>
    let random: Mutexed<Double>
    let kept = Mutexed<NodeIdentity?>(nil)
    /// How often the daemon was told of a damaged journal.
    let damages = Mutexed(0)
    let held = Mutexed<[HeldScan]>([])

    init(directory: String) throws {
        path = directory + "/journal.db"
        store = try EdgeStore(path: path, now: monday)
        let nodeKey = Curve25519.Signing.PrivateKey()
        centre = ScriptedCentre(nodeKey: nodeKey.publicKey)
        let code = EnrolmentCode(
            url: "http://127.0.0.1", id: "0011223344556677", secret: [UInt8](repeating: 1, count: 16),
            centreFingerprint: [UInt8](repeating: 2, count: 32), tlsPin: nil)
        identity = try NodeIdentity(
            answer: EnrolmentAnswer(
                code: code.id, publicKey: "", node: "dinkes-1", unit: "Dinas Kesehatan",
                signingKey: centre.key.publicKey, sealingKey: Curve25519.KeyAgreement.PrivateKey().publicKey),
            code: code, key: NodeKey(nodeKey))
        status = Mutexed(NodeStatus(version: "1", backlog: 0))
        random = Mutexed(0.5)
    }

    var environment: EdgeEnvironment {
        let (clock, random) = (clock, random)
        var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        return EdgeEnvironment(
            now: { monday }, clock: clock, monotonic: { 0 }, bootID: "test", random: { random.value },
            connect: { address, _ in throw FixtureError(what: "no device at \(address)") }, logger: logger)
    }

    /// - Parameter identity: another than that of the enrolment.
    func forwarder(
        orders: OrderDesk? = nil, identity: NodeIdentity? = nil, link: (any CentreLink)? = nil,
        _ change: (inout Forwarder.Configuration) -> Void = { _ in }
    ) -> Forwarder {
        var configuration = Forwarder.Configuration()
        change(&configuration)
        let (status, kept, damages, held) = (status, kept, damages, held)
        return Forwarder(
            store: store, identity: identity ?? self.identity, link: link ?? centre, environment: environment,
            configuration: configuration, orders: orders, keep: { kept.value = $0 },
            damaged: { _ in damages.value += 1 }, held: { held.value += $0 },
            status: { status.value })
    }

    /// Journals `count` alarms of about `bytes` bytes.
    func journal(_ count: Int, bytes: Int = 100) throws {
        let text = String(repeating: "x", count: bytes)
        try store.append((0..<count).map { .alarm(Alarm(code: "test", text: "\($0) \(text)")) }, at: monday)
    }

    /// All that is journaled has arrived, in order, and is acknowledged.
    func everythingArrived() async throws -> Bool {
        let head = try store.head()
        let all = try store.run(after: 0, most: .max, mostBytes: .max).entries
        return await centre.stored(head.epoch) == all && head.ackedSeq == head.lastSeq
    }

    func alarmCodes(after seq: Int64 = 0) throws -> [String] {
        try store.run(after: seq, most: .max, mostBytes: .max).entries.compactMap {
            guard case .alarm(let alarm) = try EntryBody.decode($0.body).body, alarm.code != "test" else { return nil }
            return alarm.code
        }
    }

    static func with<Value>(_ work: (ForwarderRig) async throws -> Value) async throws -> Value {
        try await withTemporaryDirectory { try await work(try ForwarderRig(directory: $0)) }
    }
}

/// A value that a test changes while others read it.
final class Mutexed<Value: Sendable>: Sendable {
    private let mutex: Mutex<Value>

    init(_ value: Value) { mutex = Mutex(value) }

    var value: Value {
        get { mutex.withLock { $0 } }
        set { mutex.withLock { $0 = newValue } }
    }
}
