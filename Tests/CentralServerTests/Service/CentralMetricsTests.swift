import Attendance
import CentralStore
import Crypto
import Foundation
import FoundationNetworking
import Hummingbird
import HummingbirdTesting
import ServiceLifecycleTestKit
import ServiceSupport
import Synchronization
import Testing

@testable import CentralServer

/// Everything that can be known is known.
private func fullFacts() -> CentralFacts {
    var status = NodeStatus(version: "1", backlog: 7, backlogAge: 40, diskFree: 1 << 30)
    status.devices = [
        .init(serial: "A", name: "lobby", count: 90, capacity: 100, clockOffset: -12),
        .init(serial: "B", name: "gudang", count: 1, capacity: 0, clockOffset: 3, problem: "no answer"),
    ]
    let node = NodeSummary(
        node: "n1", unit: "Dinas Contoh", enrolledAt: monday, revokedFrom: nil,
        contactAt: monday.addingTimeInterval(-60), status: status, missing: 4, forks: 1)
    let gone = NodeSummary(node: "n2", unit: "Dinas Contoh", enrolledAt: monday, revokedFrom: monday, missing: 1)
    var counts = CentralTallies.Counts()
    counts.batches = [.ok: 5]
    counts.ingests = 5
    counts.ingesting = .milliseconds(50)
    return CentralFacts(
        at: monday,
        stored: .init(
            nodes: [node, gone], punches: 100, quarantined: 2,
            waiting: RecomputeWaiting(items: 3, punches: 4, oldestItem: 1, punch: 96),
            audit: AuditCheck(at: monday, head: AuditHead(seq: 1, hash: .of([1])), firstBad: nil)),
        files: .init(
            diskFree: 1 << 40, databaseBytes: 4096, logBytes: 0,
            backup: BackupMark(at: monday, drilledAt: monday, bytes: 1234, seconds: 4.2),
            check: EntriesCheck(at: UTC.text(monday), entries: 9, punches: 8, problems: 0)),
        stalled: 12, counts: counts, certificateUntil: monday, isConfigurationTaken: true)
}

@Suite("/metrics of the centre")
struct CentralMetricsTests {
    @Test("Where all is known every metric is written, each has a line in docs/metrics.md, and that has no other")
    func documented() throws {
        let written = CentralMetrics.text(fullFacts(), form: .prometheus).split(separator: "\n")
            .filter { $0.hasPrefix("# TYPE ") }.map { String($0.split(separator: " ")[2]) }
        #expect(written == CentralMetrics.families.map { CentralMetrics.prefix + $0.name })
        let page = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../docs/metrics.md")
        let rows = try String(contentsOf: page.standardizedFileURL, encoding: .utf8).split(separator: "\n")
            .filter { $0.hasPrefix("| `\(CentralMetrics.prefix)") }.map(String.init)
        #expect(rows == CentralMetrics.families.map { $0.tableRow(prefix: CentralMetrics.prefix) })
    }

    @Test("Offices by node: those that are revoked have no lines; what a device says of itself cannot break a number")
    func nodes() {
        let text = CentralMetrics.text(fullFacts(), form: .prometheus)
        #expect(text.contains("\nhadir_central_node_lag_seconds{node=\"n1\"} 100\n"))
        #expect(text.contains("\nhadir_central_node_devices_failing{node=\"n1\"} 1\n"))
        #expect(text.contains("\nhadir_central_node_device_log_used_ratio{node=\"n1\"} 0.9\n"))
        #expect(text.contains("\nhadir_central_node_device_clock_offset_seconds{node=\"n1\"} 12\n"))
        #expect(text.contains("\nhadir_central_nodes{state=\"active\"} 1\nhadir_central_nodes{state=\"revoked\"} 1\n"))
        #expect(text.contains("\nhadir_central_chain_missing_entries 5\n"))
        #expect(text.contains("\nhadir_central_chain_forks 1\n"))
        #expect(!text.contains("n2") && !text.contains("Dinas") && !text.contains("lobby"))
    }

    @Test("Thousands of nodes have at most so many lines")
    func bounded() {
        var facts = fullFacts()
        facts.stored?.nodes = (0..<3000).map {
            NodeSummary(node: "n\($0)", unit: "U", enrolledAt: monday, revokedFrom: nil)
        }
        let text = CentralMetrics.text(facts, form: .prometheus)
        let lags = text.split(separator: "\n").filter { $0.hasPrefix("hadir_central_node_lag_seconds{") }
        #expect(lags.count == CentralMetrics.mostNodes)
        #expect(text.contains("\nhadir_central_nodes{state=\"active\"} 3000\n"))
    }

    @Test("What never happened is 0, what is not known is left out")
    func unknown() {
        var facts = fullFacts()
        facts.stored = nil
        facts.files = nil
        facts.stalled = nil
        let text = CentralMetrics.text(facts, form: .openMetrics)
        #expect(text.contains("\nhadir_central_database_readable 0\n"))
        #expect(text.contains("\nhadir_central_batches_total{answer=\"fork\"} 0\n"))
        #expect(text.contains("# TYPE hadir_central_batches counter\n") && text.hasSuffix("# EOF\n"))
        for name in ["punches", "backup", "audit", "node_lag", "recompute"] {
            #expect(!text.contains("\nhadir_central_\(name)"), "\(name)")
        }
    }

    @Test("The database is read once a second however often it is asked; one that fails is told, and nothing hangs")
    func source() async throws {
        try await withTemporaryDirectory { directory in
            let elapsed = Mutex(Duration.zero)
            let source = CentralFactSource(
                store: BrokenStore(key: Curve25519.Signing.PrivateKey().publicKey),
                state: StateDirectory(directory.path), tallies: CentralTallies(), certificate: nil,
                settings: try CentralSettings {
                    CentralConfiguration(listen: ListenAddress(host: "127.0.0.1", port: 0))
                }, now: { monday }, elapsed: { elapsed.withLock { $0 } })
            for _ in 0..<20 { #expect(await source.current().stored == nil) }
            #expect(await source.asked == 1)
            elapsed.withLock { $0 = .seconds(1) }
            #expect(await source.current().files?.diskFree ?? 0 > 0)
            #expect(await source.asked == 2)
        }
    }

    @Test("What waits to be computed is told with how long no step was done")
    func stalled() async throws {
        try await Centre.run { centre, client in
            let elapsed = Mutex(Duration.zero)
            let source = CentralFactSource(
                store: centre.store, state: StateDirectory("/nowhere"), tallies: CentralTallies(), certificate: nil,
                settings: try CentralSettings {
                    CentralConfiguration(listen: ListenAddress(host: "127.0.0.1", port: 0))
                }, now: { monday }, elapsed: { elapsed.withLock { $0 } })
            let quiet = await source.current()
            #expect(quiet.stored?.waiting.isEmpty == true && quiet.stalled == 0)
            var edge = try await centre.enrolledEdge()
            edge.write(try punch())
            #expect(try await client.send(try edge.batch()).status == .ok)
            elapsed.withLock { $0 = .seconds(10) }
            let begun = await source.current()
            #expect(begun.stored?.waiting.isEmpty == false && begun.stalled == 0)
            elapsed.withLock { $0 = .seconds(70) }
            #expect(await source.current().stalled == 60)
        }
    }

    @Test("Entries are counted by what became of them, batches by their answer, sign-ins by why they failed")
    func tallies() throws {
        let tallies = CentralTallies()
        func receipt(_ answer: Receipt.Answer, accepted: Int, duplicate: Int, quarantined: Int) throws -> Receipt {
            var edge = Edge(node: "n1", key: Curve25519.Signing.PrivateKey())
            edge.write(try punch())
            let header = try edge.batch().header
            return Receipt(
                to: header, answer: answer, highWater: 1, endHash: .of([1]), accepted: accepted, duplicate: duplicate,
                quarantined: (0..<quarantined).map { .init(seq: Int64($0 + 1), reason: "not_your_device") },
                serverTime: monday)
        }
        tallies.note(try receipt(.ok, accepted: 10, duplicate: 2, quarantined: 3), rows: 12, took: .seconds(1))
        tallies.note(try receipt(.ok, accepted: 0, duplicate: 12, quarantined: 3), rows: 12, took: .seconds(1))
        tallies.note(try receipt(.fork, accepted: 0, duplicate: 0, quarantined: 0), rows: 5, took: .seconds(1))
        tallies.noteBatch(.busy)
        tallies.noteSignIn(.refused)
        tallies.noteSignIn(.wait(3))
        let counts = tallies.counts
        #expect(counts.rows == [.stored: 7, .quarantined: 3, .duplicate: 14, .refused: 5])
        #expect(counts.batches == [.ok: 2, .fork: 1, .busy: 1])
        #expect(counts.logins == [.refused: 1, .wait: 1])
        #expect(counts.ingests == 3 && counts.ingesting == .seconds(3))
    }
}

@Suite("What a backup leaves for who watches")
struct BackupMarkTests {
    private func read(_ text: String) async throws -> BackupMark? {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "backup.json").path
            try Data(text.utf8).write(to: URL(filePath: path))
            return BackupMark(path: path)
        }
    }

    @Test("It is read with and without a drill")
    func drill() async throws {
        let full = try await read(
            #"{"at":"2026-11-22T20:30:00Z","bytes":1234,"drilled_at":"2026-11-22T20:30:05.500Z","entries":12,"path":"/b/x","seconds":4.2}"#
        )
        #expect(full?.at == UTC.date("2026-11-22T20:30:00.000Z"))
        #expect(full?.drilledAt == UTC.date("2026-11-22T20:30:05.500Z"))
        #expect(full?.bytes == 1234 && full?.seconds == 4.2)
        let bare = try await read(#"{"at":"2026-11-22T20:30:00Z"}"#)
        #expect(bare != nil && bare?.drilledAt == nil && bare?.bytes == nil)
    }

    @Test(
        "What is no such file is none",
        arguments: [
            "", "{}", "[]", "null", #"{"at":5}"#, #"{"at":"yesterday"}"#, #"{"at":"2026-13-22T20:30:00Z"}"#,
            #"{"at":"2026-11-22T20:30:00Z","bytes":"many"}"#, String(repeating: "[", count: 10_000),
            #"{"at":"2026-11-22T20:30:00Z","path":""# + String(repeating: "x", count: 20_000) + #""}"#,
        ])
    func hostile(text: String) async throws { #expect(try await read(text) == nil) }

    @Test("Numbers that cannot be are left out")
    func numbers() async throws {
        let mark = try await read(#"{"at":"2026-11-22T20:30:00Z","bytes":-1,"seconds":-2}"#)
        #expect(mark != nil && mark?.bytes == nil && mark?.seconds == nil)
    }

    @Test("A link, a pipe and a folder in its place are not read, and nobody waits for them")
    func otherFiles() async throws {
        try await withTemporaryDirectory { directory in
            let good = directory.appending(path: "good").path
            try Data(#"{"at":"2026-11-22T20:30:00Z"}"#.utf8).write(to: URL(filePath: good))
            #expect(BackupMark(path: good) != nil)
            let (link, pipe) = (directory.appending(path: "link").path, directory.appending(path: "pipe").path)
            #expect(symlink(good, link) == 0 && mkfifo(pipe, 0o600) == 0)
            for path in [link, pipe, directory.path, directory.appending(path: "none").path] {
                #expect(BackupMark(path: path) == nil, "\(path)")
            }
        }
    }

    @Test("The look at all entries leaves a file that is read again")
    func check() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "entries-check.json").path
            let check = EntriesCheck(at: UTC.text(monday), entries: 9, punches: 8, problems: 1)
            try check.write(to: path)
            #expect(StateNote.read(EntriesCheck.self, at: path) == check)
            #expect(check.moment == monday)
        }
    }
}

@Suite("The listener of the centre's /metrics")
struct MetricsServerTests {
    @Test("Only this machine's own names are answered")
    func hosts() {
        for name in ["127.0.0.1:9471", "localhost", "LOCALHOST:1", "[::1]:9471", "127.0.0.9"] {
            #expect(MetricsServer.isOurs(name), "\(name)")
        }
        for name in [nil, "", "hadir.example", "hadir.example:9471", "10.0.0.1:9471", "127.evil.example", "[::2]:1"] {
            #expect(!MetricsServer.isOurs(name), "\(name ?? "none")")
        }
    }

    @Test("metrics_listen takes addresses of this machine only; without it there is no listener")
    func configuration() throws {
        func parse(_ address: String) throws -> CentralConfiguration {
            try CentralConfiguration.parse(
                "listen = \"127.0.0.1:8080\"\ntimezone = \"WIB\"\n\(address)\n", path: "centre.conf")
        }
        #expect(try parse("").metricsListen == nil)
        #expect(
            try parse("metrics_listen = \"[::1]:9471\"").metricsListen == ListenAddress(host: "::1", port: 9471))
        for wrong in ["0.0.0.0:9471", "[::]:9471", "10.0.0.1:9471", "9471", "hadir.example:9471", "127.0.0.1:99999"] {
            #expect(throws: ConfigurationFileError.self, "\(wrong)") { try parse("metrics_listen = \"\(wrong)\"") }
        }
    }

    @Test("It answers /metrics and nothing else, in both forms, and stops when the centre does")
    func serves() async throws {
        try await withTemporaryDirectory { directory in
            let source = CentralFactSource(
                store: BrokenStore(key: Curve25519.Signing.PrivateKey().publicKey),
                state: StateDirectory(directory.path), tallies: CentralTallies(), certificate: nil,
                settings: try CentralSettings {
                    CentralConfiguration(listen: ListenAddress(host: "127.0.0.1", port: 0))
                }, now: { monday })
            let (ports, announce) = AsyncStream.makeStream(of: Int.self)
            let server = MetricsServer(
                listen: ListenAddress(host: "127.0.0.1", port: 0), source: source, logger: silent,
                onListening: { announce.yield($0) })
            try await testGracefulShutdown { trigger in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await server.run() }
                    var iterator = ports.makeAsyncIterator()
                    let port = try #require(await iterator.next())
                    func get(_ path: String, _ headers: [String: String] = [:]) async throws -> (Int, String) {
                        let url = try #require(URL(string: "http://127.0.0.1:\(port)\(path)"))
                        var request = URLRequest(url: url)
                        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
                        let (data, response) = try await URLSession.shared.data(for: request)
                        return ((response as? HTTPURLResponse)?.statusCode ?? 0, String(decoding: data, as: UTF8.self))
                    }
                    let plain = try await get("/metrics")
                    #expect(plain.0 == 200 && plain.1.contains("\nhadir_central_database_readable 0\n"))
                    #expect(!plain.1.contains("# EOF"))
                    let open = try await get("/metrics", ["Accept": "application/openmetrics-text;version=1.0.0"])
                    #expect(open.1.hasSuffix("# EOF\n"))
                    #expect(try await get("/").0 == 404)
                    #expect(try await get("/v1/batches").0 == 404)
                    trigger.triggerGracefulShutdown()
                    try await group.waitForAll()
                }
            }
        }
    }
}
