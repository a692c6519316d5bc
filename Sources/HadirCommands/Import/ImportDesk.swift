import Attendance
import DeviceFormats
import EdgeDaemon
import EdgeStore
import Foundation

/// Who imports: a running daemon, which is the one writer, or else this command.
struct ImportDesk {
    private enum Place {
        case daemon(socket: String)
        case here(StickDesk, bytes: [UInt8], StateLock?)
    }

    private let place: Place
    private let request: StickRequest

    /// Reads the file, refuses what is none, and hands it to a running daemon.
    ///
    /// - Throws: `CommandFailure`, `ImportError`, `ControlError`, `EdgeStoreError`, `StateDirectoryError`.
    static func open(_ command: ImportCommand, _ path: String) async throws -> ImportDesk {
        let bytes: [UInt8]
        do {
            bytes = try BoundedFile.read(path, upTo: StickFile.largest)
            // Before anything of it leaves this process: fingerprints are copied nowhere.
            _ = try StickFile.attendance(bytes, name: path)
        } catch let error as StickRefusal {
            throw CommandFailure(.data, "\(path): \(error)")
        }
        let name = String((path.split(separator: "/").last ?? "").prefix(255))
        let request = StickRequest(
            sha256: ImportFolder.sha256(of: bytes), name: name, device: command.device)
        let socket = command.state.directory.controlSocket
        if try await hand(bytes, request, to: socket) {
            return ImportDesk(place: .daemon(socket: socket), request: request)
        }
        return ImportDesk(place: try here(command, bytes), request: request)
    }

    /// - Returns: false where no daemon runs.
    private static func hand(_ bytes: [UInt8], _ request: StickRequest, to socket: String) async throws -> Bool {
        for start in stride(from: 0, to: bytes.count, by: ImportFolder.chunk) {
            var part = request
            part.part = Data(bytes[start..<min(bytes.count, start + ImportFolder.chunk)]).base64EncodedString()
            part.offset = start
            part.length = bytes.count
            guard try await ask(.importPart, part, socket) != nil else { return false }
        }
        return true
    }

    private static func here(_ command: ImportCommand, _ bytes: [UInt8]) throws -> Place {
        let state = command.state.directory
        let devices =
            FileManager.default.fileExists(atPath: command.file.config)
            ? try DevicesFile.load(path: command.file.config).devices : []
        let store: EdgeStore
        var lock: StateLock?
        if command.dryRun {
            store = try EdgeStore.readOnly(path: state.journal)
        } else {
            try state.create()
            lock = try state.lock()
            guard lock != nil else { throw EdgeDaemonError.alreadyRunning(state.path) }
            store = try EdgeStore.opening(path: state.journal, now: Date()).0
        }
        return .here(StickDesk(store: store, state: state, devices: { devices }, now: { Date() }), bytes: bytes, lock)
    }

    func preview() async throws -> StickPreview {
        switch place {
        case .daemon(let socket):
            do {
                guard let preview = try await Self.ask(.importPreview, request, socket)?.preview else {
                    throw Self.gone
                }
                return preview
            } catch {
                // Nobody will say yes to it.
                await discard()
                throw error
            }
        case .here(let desk, let bytes, _):
            return try Self.explained { try desk.preview(bytes: bytes, name: request.name, device: request.device) }
        }
    }

    func commit() async throws -> StickResult {
        switch place {
        case .daemon(let socket):
            guard let result = try await Self.ask(.importCommit, request, socket)?.imported else { throw Self.gone }
            return result
        case .here(let desk, let bytes, _):
            return try Self.explained {
                try desk.folder.spool(bytes, name: request.name)
                return try desk.commit(
                    request.sha256, name: request.name, device: request.device, by: Account.own)
            }
        }
    }

    /// A daemon forgets the file; nothing of it was stored here.
    func discard() async {
        guard case .daemon(let socket) = place else { return }
        _ = try? await Self.ask(.importDiscard, request, socket)
    }

    private static var gone: CommandFailure { CommandFailure(.unavailable, "hadird stopped meanwhile: try again") }

    /// - Returns: `nil` where no daemon runs.
    private static func ask(
        _ command: ControlRequest.Command, _ file: StickRequest, _ socket: String
    ) async throws -> ControlAnswer? {
        var request = ControlRequest(command: command)
        request.file = file
        request.account = Account.sudoUser
        guard let answer = try await ControlClient.ask(request, socket: socket) else { return nil }
        guard let error = answer.error else { return answer }
        throw CommandFailure(
            answer.refusal == nil ? .io : answer.refusal == ControlAnswer.unknownDevice ? .usage : .data, error)
    }

    private static func explained<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as ImportError {
            throw CommandFailure(
                error.isUnknownDevice ? .usage : error.isOtherDevice ? .data : .io, error.description)
        } catch let error as StickRefusal {
            throw CommandFailure(.data, error.description)
        }
    }
}
