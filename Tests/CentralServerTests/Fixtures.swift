import Attendance
import CentralServer
import CentralStore
import Crypto
import Foundation
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOHTTPCompression
import Synchronization

/// 2026-03-02 00:00 UTC, a Monday.
let monday = Date(timeIntervalSince1970: 1_772_409_600)

func withTemporaryDirectory<Value>(_ work: (URL) async throws -> Value) async throws -> Value {
    // Short, because a socket's path must fit into 107 bytes.
    let directory = FileManager.default.temporaryDirectory.appending(path: "hc-\(RandomText.hex(bytes: 4))")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    return try await work(directory)
}

/// A clock that tests set.
final class TestClock: Sendable {
    private let moment = Mutex(monday)

    var now: @Sendable () -> Date { { [self] in moment.withLock { $0 } } }

    func pass(_ seconds: TimeInterval) { moment.withLock { $0 = $0.addingTimeInterval(seconds) } }
}

let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// A centre without a process: store, keys, application.
struct Centre {
    let store: SQLiteCentralStore
    let ring = KeyRing(CentralKeys())
    /// As they are now.
    var keys: CentralKeys { ring.keys }
    let clock = TestClock()
    let administration: Administration
    private let application: CentralApplication

    private init(_ path: String, _ limits: CentralLimits, _ attendance: AttendanceParts?) throws {
        store = try SQLiteCentralStore(path: path)
        administration = Administration(store: store, keys: ring, now: clock.now)
        application = try CentralApplication(
            listen: ListenAddress(host: "127.0.0.1", port: 0), store: store, keys: ring,
            attendance: attendance, limits: limits, now: clock.now, logger: silent)
    }

    /// Runs `work` with a centre and a client of it, over a loopback socket where `setup` is `.live`.
    static func run(
        _ setup: TestingSetup = .live, limits: CentralLimits = CentralLimits(),
        attendance: AttendanceParts? = nil,
        _ work: @Sendable @escaping (Centre, any TestClientProtocol) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            let centre = try Centre(directory.appending(path: "central.db").path, limits, attendance)
            try await centre.application.application().test(setup) { client in try await work(centre, client) }
            try centre.store.close()
        }
    }

    var apiRoutes: [APIRoute] { application.apiRoutes }
    var registeredPaths: [String] { application.registeredPaths }

    /// A new code for `unit`, as an admin would carry it.
    func code(unit: String = "Dinas Contoh", url: String = "http://127.0.0.1:8080") async throws -> EnrolmentCode {
        let answer = await administration.perform(.addNode(unit: unit, url: url, tlsPin: nil))
        guard case .code(let text, _, _) = answer else { throw FixtureError(what: "\(answer)") }
        return try EnrolmentCode(parsing: text)
    }

    func enrolledEdge(unit: String = "Dinas Contoh") async throws -> Edge {
        let key = Curve25519.Signing.PrivateKey()
        let request = EnrolmentRequest(code: try await code(unit: unit), nodeKey: key.publicKey)
        let name = RandomText.hex(bytes: 8)
        let node = try await store.enrol(
            request, nodeName: name, centreFingerprint: keys.fingerprint, at: clock.now())
        guard node != nil else { throw FixtureError(what: "enrolment was refused") }
        return Edge(node: name, key: key)
    }

    func token() async throws -> String {
        guard case .token(let text, _) = await administration.perform(.addToken(role: "reader", label: "")) else {
            throw FixtureError(what: "no token")
        }
        return text
    }

    /// The receipt in an answer, which must be signed and answer this batch.
    func receipt(_ response: TestResponse, to batch: Batch) throws -> Receipt {
        try Receipt(
            parsing: Array(response.body.readableBytesView), centreKey: keys.signing.publicKey, to: batch.header)
    }
}

struct FixtureError: Error { let what: String }

/// A node with a journal in memory.
struct Edge {
    let node: String
    let key: Curve25519.Signing.PrivateKey
    var epoch = Epoch.random()
    private(set) var entries: [Entry] = []

    init(node: String, key: Curve25519.Signing.PrivateKey) {
        self.node = node
        self.key = key
    }

    mutating func write(_ bodies: EntryBody...) {
        for body in bodies { write(raw: body.encode(at: monday)) }
    }

    mutating func write(raw body: [UInt8]) {
        let seq = Int64(entries.count) + 1
        let hash = (entries.last?.hash ?? ChainHash.start(of: epoch)).next(seq: seq, body: body)
        entries.append(Entry(seq: seq, body: body, hash: hash))
    }

    /// Entries after `seq`, up to `last`.
    func batch(
        after seq: Int = 0, to last: Int? = nil, status: NodeStatus? = nil,
        signedBy other: Curve25519.Signing.PrivateKey? = nil, name: String = RandomText.hex(bytes: 16)
    ) throws -> Batch {
        try Batch(
            node: node, epoch: epoch, after: Int64(seq),
            previousHash: seq == 0 ? ChainHash.start(of: epoch) : entries[seq - 1].hash,
            entries: Array(entries[seq..<(last ?? entries.count)]), status: status, key: other ?? key, name: name)
    }
}

func punch(
    _ userID: UserID = UserID("7"), _ time: String = "2026-03-02T07:30:00", occurrence: Int = 0,
    serial: String = "CJ9L170560001"
) throws -> EntryBody {
    guard let serial = DeviceSerial(serial), let time = DeviceTime(text: time) else { throw FixtureError(what: time) }
    return .punch(
        Punch(
            serial: serial, userID: userID, deviceTime: time, occurrence: occurrence, verify: 1, state: 0,
            source: .poll, raw: [1, 2, 3]))
}

func device(timezone: String = "Asia/Jakarta", serial: String = "CJ9L170560001") throws -> EntryBody {
    guard let serial = DeviceSerial(serial) else { throw FixtureError(what: "serial") }
    return .device(
        DeviceFacts(
            serial: serial, name: "lobby", timezone: timezone, model: "X100-C", platform: "ZEM560_TFT",
            firmware: "Ver 6.60", capacity: 100_000))
}

extension TestClientProtocol {
    func send(_ bytes: [UInt8], encoding: String? = nil, type: String = "text/plain; charset=utf-8") async throws
        -> TestResponse
    {
        var headers: HTTPFields = [.contentType: type]
        headers[.contentEncoding] = encoding
        return try await execute(
            uri: "/v1/batches", method: .post, headers: headers, body: ByteBuffer(bytes: bytes))
    }

    func send(_ batch: Batch) async throws -> TestResponse { try await send(batch.text) }

    func get(_ uri: String, token: String? = nil) async throws -> TestResponse {
        try await execute(uri: uri, method: .get, headers: token.map { [.authorization: "Bearer \($0)"] } ?? [:])
    }
}

extension TestResponse {
    var text: String { String(buffer: body) }
}

extension String {
    var sha256: [UInt8] { Array(SHA256.hash(data: Data(utf8))) }
}

func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
    let channel = EmbeddedChannel(handler: NIOHTTPRequestCompressor(encoding: .gzip))
    try channel.writeOutbound(
        HTTPClientRequestPart.head(HTTPRequestHead(version: .http1_1, method: .POST, uri: "/")))
    try channel.writeOutbound(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: bytes))))
    try channel.writeOutbound(HTTPClientRequestPart.end(nil))
    var packed: [UInt8] = []
    while let part = try channel.readOutbound(as: HTTPClientRequestPart.self) {
        if case .body(.byteBuffer(let piece)) = part { packed += piece.readableBytesView }
    }
    _ = try channel.finish()
    return packed
}

extension Administration {
    /// As somebody at the machine does it, where it does not matter who.
    func perform(_ request: ControlRequest) async -> ControlAnswer {
        await perform(request, by: Actor(name: "siti", role: "operator"))
    }
}
