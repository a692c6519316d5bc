import Attendance
import EdgeStore
import Foundation
import ServiceSupport
import Synchronization
import ZKClient
import ZKSimulator

@testable import EdgeDaemon

/// What a test's daemon reads when it is told to read its configuration again.
final class ConfigurationFile: Sendable {
    private let state: Mutex<Result<EdgeConfiguration, DevicesFileError>>

    init(_ configuration: EdgeConfiguration) { state = Mutex(.success(configuration)) }

    func set(_ change: (inout EdgeConfiguration) -> Void) {
        state.withLock { state in
            guard var configuration = try? state.get() else { return }
            change(&configuration)
            state = .success(configuration)
        }
    }

    func breakIt(_ error: DevicesFileError) { state.withLock { $0 = .failure(error) } }

    func mend(_ configuration: EdgeConfiguration) { state.withLock { $0 = .success(configuration) } }

    func read() throws -> EdgeConfiguration { try state.withLock { try $0.get() } }
}

/// What a service manager is told.
final class Manager: Sendable {
    private let messages = Mutex<[String]>([])
    private let changes: Changes

    init(_ changes: Changes) { self.changes = changes }

    func service(watchdog: Duration? = nil) -> ServiceManager {
        ServiceManager(watchdog: watchdog) { message in
            self.messages.withLock { $0.append(message) }
            self.changes.notify()
        }
    }

    var heard: [String] { messages.withLock { $0 } }

    func count(_ message: String) -> Int { heard.count { $0 == message } }
}

/// A whole daemon in a state directory of its own beside the office's.
struct RunningDaemon: Sendable {
    let daemon: EdgeDaemon
    let state: StateDirectory
    let file: ConfigurationFile
    let statusPorts: AsyncStream<Int>
    /// Finishes when the daemon has ended by itself.
    fileprivate let end: AsyncStream<Void>

    func ends() async { for await _ in end {} }

    func ask(_ command: ControlRequest.Command, _ devices: [String] = []) async throws -> ControlAnswer? {
        try await ControlClient.ask(ControlRequest(command: command, devices: devices), socket: state.controlSocket)
    }

    func statusPort() async throws -> Int {
        for await port in statusPorts { return port }
        throw CancellationError()
    }

    /// Every body in its journal.
    func entries() throws -> [EntryBody] {
        try EdgeStore.readOnly(path: state.journal).tail(200_000).map { try EntryBody.decode($0.body).body }
    }

    func alarms() throws -> [String] {
        try entries().compactMap { if case .alarm(let alarm) = $0 { alarm.code } else { nil } }
    }

    /// Punches in its journal, each once however many sources it came from.
    func punches() throws -> Int {
        Set(try entries().compactMap { if case .punch(let punch) = $0 { punch.key } else { nil } }).count
    }
}

extension Office {
    /// Where the daemons of this office keep their state.
    var daemonState: StateDirectory { StateDirectory(path: state.path + "/d") }

    /// Runs a daemon for the length of `body`.
    ///
    /// - Parameter prepare: changes its state directory before it starts.
    func runningDaemon<Result>(
        _ devices: [DeviceConfiguration], centre: StubCentre? = nil,
        statusListen: EdgeConfiguration.ListenAddress? = nil, service: ServiceManager? = nil,
        prepare: (StateDirectory) throws -> Void = { _ in }, _ body: (RunningDaemon) async throws -> Result
    ) async throws -> Result {
        let state = daemonState
        try state.create()
        try centre?.enroll(state)
        try prepare(state)
        let configuration = EdgeConfiguration(
            unit: "Dinas Contoh", timezone: "Asia/Jakarta", statusListen: statusListen, devices: devices)
        let file = ConfigurationFile(configuration)
        var environment = environment
        environment.service = service
        let daemon = try EdgeDaemon(
            configuration: configuration, state: state, environment: environment, link: centre,
            reread: { try file.read() })
        let (ready, isReady) = AsyncStream<Void>.makeStream()
        let (ports, port) = AsyncStream<Int>.makeStream()
        let (end, isEnded) = AsyncStream<Void>.makeStream()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { isEnded.finish() }
                try await daemon.run(ready: { isReady.yield() }, statusReady: { port.yield($0) })
            }
            for await _ in ready { break }
            let result: Swift.Result<Result, any Error>
            do {
                result = .success(
                    try await body(
                        RunningDaemon(daemon: daemon, state: state, file: file, statusPorts: ports, end: end)))
            } catch {
                result = .failure(error)
            }
            group.cancelAll()
            time.hurry(.seconds(10))
            let outcome: Swift.Result<Void, any Error>
            do { outcome = .success(try await group.waitForAll()) } catch { outcome = .failure(error) }
            time.hurry(nil)
            try outcome.get()
            return try result.get()
        }
    }

    func device(_ serial: String = "SIM0000000001", records: Int = 20) -> SimulatorServer {
        SimulatorServer(
            SimulatorConfiguration(serial: serial, users: 9, records: records), clock: { [time] in time.date })
    }
}
