import Attendance
import Crypto
import EdgeDaemon
import EdgeStore
import Foundation
import Logging

/// An office whose journal goes by network, by hand, or both.
final class CarriedOffice {
    let state: StateDirectory
    private let post: @Sendable (String, [UInt8]) async throws -> (status: Int, body: [UInt8])
    private(set) var store: EdgeStore
    private(set) var identity: NodeIdentity
    private var forwarder: Forwarder
    let line = Line()
    private var scans = 0
    private static let start = Date(timeIntervalSince1970: 1_795_221_000)

    /// What the network does to the next answer.
    final class Line: CentreLink, @unchecked Sendable {  // safe: used by one test, one step after the other
        enum Weather { case fine, down, answerLost }

        var weather = Weather.fine
        var post: @Sendable (String, [UInt8]) async throws -> (status: Int, body: [UInt8]) = { _, _ in (503, []) }

        func post(_ path: String, body: [UInt8], contentType: String) async throws -> CentreAnswer {
            if weather == .down { return CentreAnswer(status: 503, body: []) }
            let answer = try await post(path, body)
            return weather == .fine
                ? CentreAnswer(status: answer.status, body: answer.body) : CentreAnswer(status: 200, body: [])
        }

        func close() async {}
    }

    init(
        in folder: URL, code: EnrolmentCode,
        post: @escaping @Sendable (String, [UInt8]) async throws -> (status: Int, body: [UInt8])
    ) async throws {
        state = StateDirectory(path: folder.appending(path: "edge").path)
        self.post = post
        line.post = post
        identity = try await NodeEnrolment.enroll(with: code, in: state) { [line] in line }
        store = try EdgeStore(path: state.journal, now: Self.start)
        forwarder = Self.forwarder(store, identity, line)
    }

    private static func forwarder(_ store: EdgeStore, _ identity: NodeIdentity, _ line: Line) -> Forwarder {
        let environment = EdgeEnvironment(
            now: { start }, clock: ContinuousClock(), monotonic: { 1 }, bootID: "b", random: { 0.5 },
            connect: { _, _ in throw CancellationError() },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        var configuration = Forwarder.Configuration()
        configuration.mostEntries = 7
        return Forwarder(
            store: store, identity: identity, link: line, environment: environment, configuration: configuration,
            status: { NodeStatus(version: "test", backlog: 0) })
    }

    /// hadird stops and starts; what it had in memory is gone.
    func restart() { forwarder = Self.forwarder(store, identity, line) }

    func scan(_ count: Int) throws {
        guard let serial = DeviceSerial("CJ9L170560001") else { return }
        let punches = (0..<count).compactMap { index -> Punch? in
            scans += 1
            return DeviceTime(
                year: 2026, month: 1 + scans / 20_000, day: 1 + scans / 1000 % 20, hour: scans / 60 % 24,
                minute: scans % 60, second: index % 60
            ).map {
                Punch(
                    serial: serial, userID: UserID("\(scans % 97)"), deviceTime: $0, occurrence: 0, verify: 1, state: 0,
                    source: .poll, raw: [])
            }
        }
        let reading = Reading(
            serial: serial, source: .poll, extent: .some, startedAt: Self.start, punches: punches)
        _ = try store.append(reading, at: Self.start)
    }

    func send() async throws -> Forwarder.Step { try await forwarder.sendNext() }

    func resend(from seq: Int64) async throws { _ = try await forwarder.resend(from: seq) }

    func export(from first: Int64? = nil) throws -> [[UInt8]] {
        var export = try BundleExport(store, identity, from: first, mostFileBytes: 1)
        var files: [[UInt8]] = []
        while let file = try export.next() { files.append(file.bytes) }
        return files
    }

    /// Through the running daemon, or by the command where none runs.
    func take(_ receipts: [UInt8], isRunning: Bool) async throws -> [CarriedReceipts.Outcome] {
        var outcomes: [CarriedReceipts.Outcome] = []
        var desk = CarriedDesk(store: store, state: state, identity: identity)
        for text in try CarriedReceipts.split(receipts) {
            outcomes.append(
                isRunning
                    ? try await forwarder.take(carried: text) : try desk.take(text, at: Self.start))
        }
        if !isRunning { restart() }
        return outcomes
    }

    var acked: Int64 { get throws { try store.head().ackedSeq } }
    var last: Int64 { get throws { try store.head().lastSeq } }
    var epoch: String { get throws { try store.head().epoch.text } }
    var isWhole: Bool { get throws { try store.verify().problems.isEmpty } }

    /// The whole journal as plain batches, to feed to another centre in order.
    func everything() throws -> [[UInt8]] {
        var batches: [[UInt8]] = []
        var after: Int64 = 0
        while after < (try last) {
            let run = try store.run(after: after, most: 50, mostBytes: 500_000)
            let batch = try Batch(
                node: identity.node, epoch: run.epoch, after: after, previousHash: run.previousHash,
                entries: run.entries, status: nil, key: identity.key)
            batches.append(batch.text)
            after = batch.header.last
        }
        return batches
    }
}
