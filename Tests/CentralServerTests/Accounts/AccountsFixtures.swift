import Attendance
import CentralStore
import Crypto
import Foundation
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Synchronization

@testable import CentralServer

/// Stands in for scrypt: quick, counted, and held up where a test wants it.
final class CountedHash: Sendable {
    private struct State {
        var passwords: [String] = []
        var running = 0
        var most = 0
    }

    private let state = Mutex(State())
    private let gate: NSCondition?
    private let isOpen = Mutex(false)

    /// - Parameter isHeld: no hash is done before `open()`.
    init(isHeld: Bool = false) { gate = isHeld ? NSCondition() : nil }

    /// In the order in which their hashes began.
    var passwords: [String] { state.withLock { $0.passwords } }
    var calls: Int { passwords.count }
    var most: Int { state.withLock { $0.most } }

    func open() {
        gate?.lock()
        isOpen.withLock { $0 = true }
        gate?.broadcast()
        gate?.unlock()
    }

    var derive: PasswordHasher.Derive {
        { [self] password, salt, _ in
            state.withLock { state in
                state.passwords.append(String(decoding: password, as: UTF8.self))
                state.running += 1
                state.most = max(state.most, state.running)
            }
            if let gate {
                gate.lock()
                while !isOpen.withLock({ $0 }) { gate.wait() }
                gate.unlock()
            }
            state.withLock { $0.running -= 1 }
            return Array(SHA256.hash(data: Data(password + salt)))
        }
    }
}

/// A centre with pages, whose people sign in with counted hashes.
struct PagesRig: Sendable {
    static let right = "kuda makan rumput hijau"

    let path: String
    let store: SQLiteCentralStore
    let clock = TestClock()
    let hash: CountedHash
    let log = LogLines()
    let administration: Administration
    private let application: CentralApplication

    private init(
        _ path: String, _ configuration: PagesConfiguration, _ limits: CentralLimits, _ hash: CountedHash
    ) throws {
        self.path = path
        store = try SQLiteCentralStore(path: path)
        self.hash = hash
        let ring = KeyRing(CentralKeys())
        administration = Administration(store: store, keys: ring, now: clock.now)
        application = try CentralApplication(
            listen: ListenAddress(host: "127.0.0.1", port: 0), store: store, keys: ring, limits: limits,
            pages: PagesSettings(configuration), derive: hash.derive, now: clock.now, logger: log.logger)
    }

    static func run(
        _ configuration: PagesConfiguration = PagesConfiguration(), limits: CentralLimits = CentralLimits(),
        hash: CountedHash = CountedHash(),
        _ work: @Sendable @escaping (PagesRig, any TestClientProtocol) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            let rig = try PagesRig(directory.appending(path: "central.db").path, configuration, limits, hash)
            try await rig.application.application().test(.live) { client in try await work(rig, client) }
            try rig.store.close()
        }
    }

    func add(_ name: String, role: AccountRole = .viewer, password: String = right) async throws {
        let hash = try PasswordHasher.make(password, cost: .standard, derive: CountedHash().derive)
        let answer = await administration.perform(
            .account(.add(name: name, role: role.rawValue, password: hash)))
        guard case .account = answer else { throw FixtureError(what: "\(answer)") }
    }

    func enrolledEdge(unit: String = "Dinas Contoh") async throws -> Edge {
        let answer = await administration.perform(.addNode(unit: unit, url: "http://127.0.0.1", tlsPin: nil))
        guard case .code(let text, _, _) = answer else { throw FixtureError(what: "\(answer)") }
        let key = Curve25519.Signing.PrivateKey()
        let code = try EnrolmentCode(parsing: text)
        let node = try await store.enrol(
            EnrolmentRequest(code: code, nodeKey: key.publicKey), nodeName: RandomText.hex(bytes: 8),
            centreFingerprint: code.centreFingerprint, at: clock.now())
        guard let node else { throw FixtureError(what: "enrolment was refused") }
        return Edge(node: node.node, key: key)
    }

    /// A service of its own beside the server's, over the same store.
    func sessions(
        limits: SignInLimits = SignInLimits(), store other: (any CentralStore)? = nil
    ) -> SessionService {
        SessionService(
            store: other ?? store,
            site: Site(settings: PagesSettings(), isTLS: false, listensOnLoopback: true), limits: limits,
            derive: hash.derive, now: clock.now, logger: log.logger)
    }
}

/// What was logged, as text.
final class LogLines: Sendable {
    private let held = Mutex<[String]>([])

    var text: String { held.withLock { $0.joined(separator: "\n") } }

    var logger: Logger { Logger(label: "test") { _ in Handler(lines: self) } }

    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            lines.held.withLock { $0.append("\(event.message) \(event.metadata ?? [:])") }
        }
    }
}

/// A browser: keeps cookies, and sends with its requests what browsers send.
struct Browser {
    let client: any TestClientProtocol
    var cookies: [String: String] = [:]
    /// Sent with every request.
    var headers: HTTPFields = [:]

    init(_ client: any TestClientProtocol, from address: String? = nil) {
        self.client = client
        if let address { headers[.forwardedFor] = address }
    }

    mutating func get(_ path: String) async throws -> TestResponse { try await send(path, .get) }

    mutating func post(
        _ path: String, _ fields: [String: String], origin: String? = "http://localhost", site: String? = nil
    ) async throws -> TestResponse {
        var headers: HTTPFields = [.contentType: "application/x-www-form-urlencoded"]
        headers[.origin] = origin
        headers[.secFetchSite] = site
        let body = fields.map { "\($0)=\(Self.escaped($1))" }.joined(separator: "&")
        return try await send(path, .post, headers, ByteBuffer(string: body))
    }

    mutating func send(
        _ path: String, _ method: HTTPRequest.Method, _ more: HTTPFields = [:], _ body: ByteBuffer? = nil
    ) async throws -> TestResponse {
        var headers = headers
        for field in more { headers[field.name] = field.value }
        if !cookies.isEmpty {
            headers[.cookie] = cookies.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }.joined(separator: "; ")
        }
        let response = try await client.execute(uri: path, method: method, headers: headers, body: body)
        for cookie in response.headers[values: .setCookie] {
            let parts = cookie.split(separator: ";").first?.split(separator: "=", omittingEmptySubsequences: false)
            guard let parts, parts.count == 2 else { continue }
            cookies[String(parts[0])] = cookie.contains("Max-Age=0") ? nil : String(parts[1])
        }
        return response
    }

    /// Opens the login and sends it.
    @discardableResult
    mutating func signIn(
        _ account: String = "siti", _ password: String = PagesRig.right, next: String = "/"
    ) async throws -> TestResponse {
        let token = try await formToken("/masuk")
        return try await post(
            "/masuk", ["account": account, "password": password, "next": next, "token": token])
    }

    /// The token in the form of a page.
    mutating func formToken(_ path: String) async throws -> String {
        let page = try await get(path).text
        guard let match = page.firstMatch(of: /name="token" value="([0-9a-f]{64})"/) else {
            throw FixtureError(what: "no form: \(page)")
        }
        return String(match.1)
    }

    private static func escaped(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }
}

extension TestResponse {
    var location: String? { headers[.location] }

    /// What the page says of a failed login, or of a form that was not taken; the frame's own place for it is empty.
    var alert: String { text.firstMatch(of: /role="alert"[^>]*>([^<]+)</).map { String($0.1) } ?? "" }
}

/// Takes what a test learns inside of another task.
final class LockedList: Sendable {
    private let held = Mutex<[String]>([])

    var all: [String] { held.withLock { $0 } }

    func add(_ texts: [String]) { held.withLock { $0 += texts } }
}
