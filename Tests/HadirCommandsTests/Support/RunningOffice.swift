import Attendance
import EdgeDaemon
import EdgeStore
import Foundation
import Logging
import ZKSimulator

@testable import HadirCommands

/// A daemon beside the commands under test, with one enrolled device called lobby.
struct RunningOffice: Sendable {
    let folder: OfficeFolder
    let here: [String]

    static func with(
        _ device: SimulatorServer, _ body: (RunningOffice) async throws -> Void
    ) async throws {
        let folder = try OfficeFolder()
        let office = RunningOffice(folder: folder, here: ["--config", folder.config, "--state", folder.state])
        let url = device.url
        _ = await Shell.run("device", "enroll", url, "--name", "lobby", "--config", folder.config)
        let daemon = try EdgeDaemon(
            configuration: try DevicesFile.load(path: folder.config), state: StateDirectory(path: folder.state),
            environment: .real(logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() }),
            reread: { try DevicesFile.load(path: folder.config) })
        let (ready, isReady) = AsyncStream<Void>.makeStream()
        let running = Task { try await daemon.run { isReady.yield() } }
        for await _ in ready { break }
        let result: Result<Void, any Error>
        do { result = .success(try await body(office)) } catch { result = .failure(error) }
        running.cancel()
        _ = try? await running.value
        try result.get()
    }

    var state: StateDirectory { StateDirectory(path: folder.state) }

    func run(_ arguments: String...) async -> Shell.Done { await Shell.run(arguments + here) }

    func ask(_ request: ControlRequest) async throws -> ControlAnswer? {
        try await ControlClient.ask(request, socket: state.controlSocket)
    }

    var entries: [EntryBody] {
        get throws {
            try EdgeStore.readOnly(path: state.journal).tail(100_000).map { try EntryBody.decode($0.body).body }
        }
    }

    var alarms: [String] {
        get throws { try entries.compactMap { if case .alarm(let alarm) = $0 { alarm.code } else { nil } } }
    }

    var holes: [String] {
        get throws {
            try entries.flatMap { entry -> [String] in
                if case .coverage(let coverage) = entry { coverage.holes.map(\.why) } else { [] }
            }
        }
    }

    /// What commands and the daemon did.
    var done: [Attendance.Operation] {
        get throws {
            try entries.compactMap { entry -> Attendance.Operation? in
                guard case .operation(let operation) = entry, operation.source != .log else { return nil }
                return operation
            }
        }
    }

    var whatWasDone: [String] {
        get throws { try done.map(\.what) }
    }
}
