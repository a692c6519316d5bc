import Attendance
import EdgeDaemon
import EdgeStore
import Foundation

/// Journals what a command did to a device: through a running daemon, which is the one writer, or else here.
enum CommandJournal {
    /// Of one line to the daemon, which reads up to a MiB.
    private static let mostPerRequest = 500

    /// - Throws: `CommandFailure`, `ControlError`, `EdgeStoreError`: the device was changed and the journal does not
    ///   say so, which the caller must tell.
    static func append(_ operations: [Attendance.Operation], state: StateDirectory, now: Date = Date()) async throws {
        for start in stride(from: 0, to: operations.count, by: mostPerRequest) {
            let piece = Array(operations[start..<min(start + mostPerRequest, operations.count)])
            try await appendPiece(piece, state: state, now: now)
        }
    }

    private static func appendPiece(
        _ operations: [Attendance.Operation], state: StateDirectory, now: Date
    ) async throws {
        var request = ControlRequest(command: .note)
        request.entries = CommandNote.bodies(operations, at: now)
        request.account = Account.sudoUser
        if let answer = try await ControlClient.ask(request, socket: state.controlSocket, timeout: .seconds(30)) {
            if let error = answer.error { throw CommandFailure(.io, error) }
            return
        }
        try here(state, now) { try $0.append(operations.map { .operation($0.done(by: Account.own)) }, at: now) }
    }

    /// Journals a user list that was read from a device after a change: the daemon reads it itself.
    ///
    /// - Parameter device: the name in devices.conf.
    static func noteUsers(
        _ users: [DeviceUser], of serial: DeviceSerial, device: String, state: StateDirectory, now: Date = Date()
    ) async throws {
        var request = ControlRequest(command: .sync, devices: [device])
        request.errand = .readUsers
        if let answer = try await ControlClient.ask(request, socket: state.controlSocket, timeout: .seconds(300)) {
            if let problem = answer.error ?? answer.synced?.first?.problem { throw CommandFailure(.io, problem) }
            return
        }
        try here(state, now) { _ = try $0.append(users: users, of: serial, at: now) }
    }

    private static func here(_ state: StateDirectory, _ now: Date, _ body: (EdgeStore) throws -> Void) throws {
        try state.create()
        guard let lock = try state.lock() else { throw EdgeDaemonError.alreadyRunning(state.path) }
        defer { withExtendedLifetime(lock) {} }
        let (store, _) = try EdgeStore.opening(path: state.journal, now: now)
        try body(store)
    }
}
