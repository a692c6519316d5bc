import Attendance
import EdgeStore
import Foundation
import Logging
import Synchronization
import Testing
import ZKClient
import ZKClientUSB
import ZKSimulator
import ZKWire

@testable import EdgeDaemon

/// One office in a test: a journal in a folder of its own, staged time, and whatever the daemon says.
final class Office: Sendable {
    let time = StagedTime()
    let changes = Changes()
    let state: StateDirectory
    let store: EdgeStore
    private let folder: ScratchDirectory
    let said = Mutex<[Said]>([])

    struct Said: Sendable {
        let event: String
        let metadata: [String: String]
    }

    /// What is plugged into the office's computer.
    let usb: USBConnector?

    init(usb: ((StagedTime) throws -> USBConnector)? = nil) throws {
        self.usb = try usb?(time)
        folder = try ScratchDirectory()
        state = StateDirectory(path: folder.path("state"))
        try state.create()
        store = try EdgeStore(path: state.journal, now: StagedTime.start)
    }

    /// Jitter is a constant: waits of a back-off are 1.5, 3, 6, 12 … seconds.
    var environment: EdgeEnvironment {
        var listening = Logger(label: "office") { _ in Listener(office: self) }
        listening.logLevel = .trace
        let logger = listening
        var environment = EdgeEnvironment(
            now: { self.time.date }, clock: time, monotonic: { 1000 }, bootID: "b0071d", random: { 0.75 },
            connect: { [usb] in try await connectDevice(to: $0, configuration: $1, logger: logger, usb: usb) },
            logger: logger)
        if let usb {
            environment.arrivals = { address in
                address.usb.map { usb.arrivals(at: $0) } ?? AsyncStream { $0.finish() }
            }
        }
        return environment
    }

    func reader(
        _ configuration: DeviceConfiguration, store: EdgeStore? = nil, board: DeviceBoard? = nil
    ) -> DeviceReader {
        DeviceReader(configuration: configuration, store: store ?? self.store, environment: environment, board: board)
    }

    /// Runs a worker for the length of `body`, and waits for its end.
    func working<Result>(
        _ configuration: DeviceConfiguration, store: EdgeStore? = nil, board: DeviceBoard? = nil,
        _ body: (DeviceWorker) async throws -> Result
    ) async throws -> Result {
        let worker = worker(reader(configuration, store: store, board: board))
        return try await working([worker]) { try await body(worker) }
    }

    func worker(_ reader: DeviceReader) -> DeviceWorker {
        DeviceWorker(reader: reader, appended: { self.changes.notify() })
    }

    func working<Result>(_ workers: [DeviceWorker], _ body: () async throws -> Result) async throws -> Result {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in workers { group.addTask { await worker.run() } }
            let result: Swift.Result<Result, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            group.cancelAll()
            // Saying goodbye to a silent device takes its time, which must be let pass.
            time.hurry(.seconds(10))
            try await group.waitForAll()
            time.hurry(nil)
            return try result.get()
        }
    }

    /// Waits for what comes a moment after something was told, such as the board after a reading.
    func soon(_ condition: () -> Bool) async {
        var left = 100_000
        while left > 0, !condition() {
            left -= 1
            await Task.yield()
        }
    }

    // MARK: What was said and journaled

    /// Every word that was logged.
    var everythingSaid: String {
        said.withLock { $0.map { "\($0.event) \($0.metadata)" }.joined(separator: "\n") }
    }

    func heard(_ event: String) -> [Said] { said.withLock { $0.filter { $0.event == event } } }

    /// Waits until `event` was logged `count` times.
    func hears(
        _ event: String, _ count: Int = 1, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await changes.until(
            "\(count) × \(event)",
            detail: "heard: \(self.said.withLock { $0.map { "\($0.event) \($0.metadata)" } })",
            sourceLocation
        ) { self.heard(event).count >= count }
    }

    fileprivate func hear(_ said: Said) {
        self.said.withLock { $0.append(said) }
        changes.notify()
    }

    var entries: [EntryBody] {
        get throws { try store.tail(200_000).map { try EntryBody.decode($0.body).body } }
    }

    var punches: [Punch] {
        get throws { try entries.compactMap { if case .punch(let punch) = $0 { punch } else { nil } } }
    }

    var alarms: [String] {
        get throws { try entries.compactMap { if case .alarm(let alarm) = $0 { alarm.code } else { nil } } }
    }

    var coverage: [Coverage] {
        get throws { try entries.compactMap { if case .coverage(let coverage) = $0 { coverage } else { nil } } }
    }

    /// What was journaled, as the device would have it: user id and device time, each key once, sorted.
    var scans: [String] {
        get throws {
            Dictionary(try punches.map { ($0.key, "\($0.userID.text) \($0.deviceTime.text)") }) { first, _ in first }
                .values.sorted()
        }
    }

    /// Waits until the journal has the scans of `device`, and nothing else.
    func has(
        everyScanOf device: SimulatorServer, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await changes.until("every scan", detail: "\((try? self.scans.count) ?? -1) scans", sourceLocation) {
            (try? self.scans) == device.journalled
        }
    }
}

/// Hands what is logged to the office.
private struct Listener: LogHandler {
    let office: Office
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let words = event.metadata?.mapValues { "\($0)" } ?? [:]
        office.hear(Office.Said(event: event.message.description, metadata: words))
    }
}

extension SimulatorServer {
    /// Its scans as the journal has them.
    var journalled: [String] {
        scans().map { scan in
            let time = scan.time.parts.isCalendarDate ? scan.deviceTime : DeviceTime(scan.time).text
            return "\(UserID(field: scan.userID).text) \(time)"
        }.sorted()
    }

    func stanza(
        _ name: String = "lobby", serial: String? = "SIM0000000001", poll: Duration = .seconds(60), live: Bool = true,
        udp: Bool = false, _ change: (inout DeviceConfiguration) -> Void = { _ in }
    ) throws -> DeviceConfiguration {
        let port = try #require(udp ? udpPort : tcpPort)
        var configuration = DeviceConfiguration(
            name: name, address: DeviceAddress(link: udp ? .udp : .tcp, host: "127.0.0.1", port: port),
            serial: serial.flatMap { DeviceSerial($0) }, poll: poll, live: live, timezone: "Asia/Jakarta")
        change(&configuration)
        return configuration
    }
}
