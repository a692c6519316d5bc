import Attendance
import EdgeDaemon
import EdgeStore
import Foundation

/// Journals what a command did to a device: through a running daemon, which is the one writer, or else here.
enum CommandJournal {
    /// - Throws: `CommandFailure`, `ControlError`, `EdgeStoreError`: the device was changed and the journal does not
    ///   say so, which the caller must tell.
    static func append(_ operations: [Attendance.Operation], state: StateDirectory, now: Date = Date()) async throws {
        guard !operations.isEmpty else { return }
        var request = ControlRequest(command: .note)
        request.entries = CommandNote.bodies(operations, at: now)
        request.account = Account.sudoUser
        if let answer = try await ControlClient.ask(request, socket: state.controlSocket, timeout: .seconds(30)) {
            if let error = answer.error { throw CommandFailure(.io, error) }
            return
        }
        try state.create()
        guard let lock = try state.lock() else { throw EdgeDaemonError.alreadyRunning(state.path) }
        defer { withExtendedLifetime(lock) {} }
        let (store, _) = try EdgeStore.opening(path: state.journal, now: now)
        try store.append(operations.map { .operation($0.done(by: Account.own)) }, at: now)
    }
}
