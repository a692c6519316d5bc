import CentralStore
import Crypto
import Foundation
import HadirTestSupport
import Logging
import ServiceLifecycle
import ServiceLifecycleTestKit
import ServiceSupport
import Synchronization
import Testing

@testable import CentralServer

/// The service manager's end of the line.
final class Ear: Sendable {
    private let heard = Mutex<[String]>([])

    func service(watchdog: Duration? = nil) -> ServiceManager {
        ServiceManager(watchdog: watchdog) { [self] message in heard.withLock { $0.append(message) } }
    }

    var all: [String] { heard.withLock { $0 } }
    func count(_ message: String) -> Int { all.count { $0 == message } }
    var status: String? { all.last { $0.hasPrefix("STATUS=") } }
}

@Suite("What the centre tells its service manager", .timeLimit(.minutes(1)))
struct CentralReportTests {
    /// A part that answers, or hangs until it is let go.
    private final class Part: Sendable {
        private let state = Mutex<(hangs: Bool, waiting: [CheckedContinuation<Void, Never>])>((false, []))

        func hang() { state.withLock { $0.hangs = true } }

        func letGo() {
            let waiting = state.withLock { state in
                defer { state = (false, []) }
                return state.waiting
            }
            for continuation in waiting { continuation.resume() }
        }

        func ask() async {
            await withCheckedContinuation { continuation in
                let hangs = state.withLock { state in
                    if state.hangs { state.waiting.append(continuation) }
                    return state.hangs
                }
                if !hangs { continuation.resume() }
            }
        }
    }

    private struct Lines: LogHandler {
        let lines: @Sendable (String) -> Void
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) { lines("\(event.level) \(event.message) \(event.metadata?["stuck"] ?? "")") }
    }

    @Test("A13 pings come while every part answers, stop while one hangs, and come again; STOPPING at the end")
    func pings() async throws {
        let (clock, ear, part) = (ManualClock(), Ear(), Part())
        let log = Mutex<[String]>([])
        let logger = Logger(label: "test") { _ in Lines(lines: { line in log.withLock { $0.append(line) } }) }
        // Two seconds between two rounds, three for the answers of one.
        let report = CentralReport(
            service: ear.service(watchdog: .seconds(6)), words: { "well" },
            signs: [VitalSign("database") { await part.ask() }], clock: clock, logger: logger)
        await testGracefulShutdown { trigger in
            await withTaskGroup(of: Void.self) { group in
                var sleeps = clock.sleeps.makeAsyncIterator()
                func drive(hanging: Bool = false, until isMet: () -> Bool) async {
                    while !isMet() {
                        let sleep = await sleeps.next() ?? .zero
                        if sleep == .seconds(2) || hanging && sleep == .seconds(3) { clock.advance(by: sleep) }
                    }
                }
                group.addTask { await report.run() }
                await drive { ear.count("WATCHDOG=1") >= 3 }
                part.hang()
                await drive(hanging: true) { !log.withLock { $0 }.isEmpty }
                let pings = ear.count("WATCHDOG=1")
                var steps = 0
                await drive(hanging: true) {
                    steps += 1
                    return steps > 20
                }
                #expect(ear.count("WATCHDOG=1") == pings, "no ping while a part hangs")
                #expect(log.withLock { $0 } == ["critical watchdog ping withheld database"], "told once")
                part.letGo()
                await drive { ear.count("WATCHDOG=1") > pings }
                #expect(ear.count("STOPPING=1") == 0 && ear.count("STATUS=well") >= 1)
                trigger.triggerGracefulShutdown()
            }
        }
        #expect(ear.count("STOPPING=1") == 1)
    }

    @Test("nobody waits for pings: none are sent")
    func noWatchdog() async throws {
        let (clock, ear) = (ManualClock(), Ear())
        let report = CentralReport(
            service: ear.service(), words: { "well" }, signs: [], clock: clock, logger: silent)
        await testGracefulShutdown { trigger in
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await report.run() }
                while ear.count("STATUS=well") < 3 {
                    clock.advance(by: .seconds(1))
                    await Task.yield()
                }
                trigger.triggerGracefulShutdown()
            }
        }
        #expect(ear.count("WATCHDOG=1") == 0)
    }

    @Test("a database that refuses writes has answered; one that takes them changes nothing")
    func signs() async throws {
        let broken = BrokenStore(key: Curve25519.Signing.PrivateKey().publicKey)
        #expect(await VitalSign.database(broken).answers(within: .seconds(30), by: ContinuousClock()))
        #expect(await VitalSign.eventLoops.answers(within: .seconds(30), by: ContinuousClock()))
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "central.db").path
            let store = try SQLiteCentralStore(path: path)
            try await store.setTLSPin([1, 2, 3])
            try await store.checkWritable()
            #expect(try await store.tlsPin() == [1, 2, 3])
            let reader = try SQLiteCentralStore(readingPath: path)
            await #expect(throws: (any Error).self) { try await reader.checkWritable() }
            try reader.close()
            try store.close()
        }
    }

    @Test("the state in plain words")
    func words() {
        func node(_ contact: TimeInterval?, revoked: Bool = false) -> NodeSummary {
            NodeSummary(
                node: "n", unit: "Dinas", enrolledAt: monday, revokedFrom: revoked ? monday : nil,
                contactAt: contact.map { monday.addingTimeInterval($0) })
        }
        func text(_ nodes: [NodeSummary]?, until: TimeInterval? = nil, problem: String? = nil) -> String {
            CentralWords.text(
                nodes: nodes, certificateUntil: until.map { monday.addingTimeInterval($0) },
                configurationProblem: problem, at: monday)
        }
        #expect(text([]) == "0 nodes")
        #expect(text([node(-12)]) == "1 node, last batch 12 s ago")
        #expect(
            text([node(-12), node(-3601), node(nil), node(-1, revoked: true)])
                == "3 nodes, 2 silent for an hour, last batch 12 s ago")
        #expect(text([node(60)]) == "1 node, last batch 0 s ago", "a clock that was set back")
        #expect(text(nil) == "the database cannot be read")
        #expect(text([], until: 31 * 86_400) == "0 nodes")
        #expect(text([], until: 29.5 * 86_400) == "0 nodes, the TLS certificate ends in 29 days")
        #expect(
            text([], until: -1, problem: "c:1: no")
                == "0 nodes, the TLS certificate has expired, configuration refused: c:1: no")
    }
}
