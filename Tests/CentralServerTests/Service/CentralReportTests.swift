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

        /// How many questions are not answered.
        var waiting: Int { state.withLock { $0.waiting.count } }

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

    /// What a report with a watchdog of 300 s does by a clock that stands still until it is moved.
    private final class Stage: Sendable {
        let (clock, ear, part, other) = (ManualClock(), Ear(), Part(), Part())
        let commits = Mutex(0)
        let log = Mutex<[String]>([])
        private let tick = Mutex<(@Sendable () -> Void)?>(nil)

        var pings: Int { ear.count("WATCHDOG=1") }

        func report() -> CentralReport<ManualClock> {
            CentralReport(
                service: ear.service(watchdog: .seconds(300)), words: { "well" },
                signs: [
                    VitalSign(name: "database", progress: { [self] in commits.withLock { $0 } }) { [part] in
                        await part.ask()
                    },
                    VitalSign(name: "event loops") { [other] in await other.ask() },
                ], clock: clock,
                timer: { [self] _, look in
                    tick.withLock { $0 = look }
                    return { [self] in tick.withLock { $0 = nil } }
                },
                logger: Logger(label: "test") { [self] _ in
                    Lines(lines: { [self] line in log.withLock { $0.append(line) } })
                })
        }

        /// Words and both parts are at rest: asleep until the next time, or a question that hangs.
        func settle() async {
            while clock.sleeping + part.waiting + other.waiting < 3 { await Task.yield() }
        }

        func look() { tick.withLock { $0 }?() }

        /// Lets seconds pass, ten at a time, as long as `isOver` says no.
        /// - Returns: the longest time without a ping.
        func pass(_ seconds: Int) async -> Int {
            var (longest, gap, before) = (0, 0, pings)
            for _ in 0..<seconds / 10 {
                clock.advance(by: .seconds(10))
                await settle()
                gap = pings > before ? 0 : gap + 10
                (longest, before) = (max(longest, gap), pings)
            }
            return longest
        }

        func run(_ work: @Sendable @escaping (Stage) async -> Void) async {
            await testGracefulShutdown { trigger in
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { [self] in await report().run() }
                    await settle()
                    await work(self)
                    trigger.triggerGracefulShutdown()
                }
            }
        }
    }

    @Test("A13 pings come while every part answers, stop while one hangs, and come with its late answer")
    func pings() async throws {
        let stage = Stage()
        await stage.run { stage in
            #expect(await stage.pass(200) <= 20)
            stage.part.hang()
            _ = await stage.pass(20)
            _ = await stage.pass(120)
            let pings = stage.pings
            stage.look()
            #expect(await stage.pass(200) == 200, "no ping while a part hangs")
            stage.look()
            #expect(stage.pings == pings)
            #expect(stage.log.withLock { $0 } == ["critical watchdog.withheld database"], "told once")
            stage.part.letGo()
            await stage.settle()
            #expect(stage.pings > pings, "at once, not at the next look")
            #expect(stage.ear.count("STOPPING=1") == 0 && stage.ear.count("STATUS=well") >= 1)
        }
        #expect(stage.ear.count("STOPPING=1") == 1)
    }

    @Test("H5 a disk that stalls for 50 s, in whichever phase, costs no ping", arguments: [0, 10, 20, 30])
    func stall(phase: Int) async throws {
        let stage = Stage()
        await stage.run { stage in
            #expect(await stage.pass(100 + phase) <= 20)
            stage.part.hang()
            var longest = 0
            while stage.part.waiting == 0 { longest = max(longest, await stage.pass(10)) }
            longest = max(longest, await stage.pass(50))
            stage.part.letGo()
            await stage.settle()
            longest = max(longest, await stage.pass(100))
            #expect(longest <= 20 && stage.log.withLock { $0.isEmpty })
        }
    }

    @Test("a question that waits behind batches for ten minutes: each that is stored is a sign of life")
    func queue() async throws {
        let stage = Stage()
        await stage.run { stage in
            stage.part.hang()
            while stage.part.waiting == 0 { _ = await stage.pass(10) }
            for _ in 0..<10 {
                stage.commits.withLock { $0 += 1 }
                #expect(await stage.pass(60) <= 20)
            }
            #expect(stage.log.withLock { $0.isEmpty })
            stage.part.letGo()
        }
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

    @Test("a database that refuses writes has answered; one that takes them has changed its file and nothing else")
    func signs() async throws {
        await VitalSign.database(BrokenStore(key: Curve25519.Signing.PrivateKey().publicKey)).ask()
        await VitalSign.eventLoops.ask()
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "central.db").path
            let store = try SQLiteCentralStore(path: path)
            try await store.setTLSPin([1, 2, 3])
            let wal = URL(fileURLWithPath: path + "-wal")
            let before = try Data(contentsOf: wal)
            let sign = VitalSign.database(store)
            let progress = sign.progress()
            await sign.ask()
            #expect(try Data(contentsOf: wal) != before && sign.progress() == progress + 1)
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
