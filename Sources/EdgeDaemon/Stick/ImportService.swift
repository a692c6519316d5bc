import Attendance
import DeviceFormats
import EdgeStore
import Foundation
import Logging

/// A file from a flash disk, on its way through the control socket.
package struct StickRequest: Codable, Equatable, Sendable {
    package var sha256: String
    /// Of the file, without folders.
    package var name: String
    /// A name from `devices.conf`, or a serial.
    package var device: String
    /// Base64 of a part of the file, at most `ImportFolder.chunk` bytes, where it begins, and the whole's length.
    package var part: String?
    package var offset: Int?
    package var length: Int?

    package init(sha256: String, name: String, device: String) {
        self.sha256 = sha256
        self.name = name
        self.device = device
    }
}

/// Imports for commands and for the clerk's page, one after the other.
package final class ImportService: Sendable {
    let sticks: StickDesk
    private let queue = ImportQueue()
    private let logger: Logger
    private let journaled: @Sendable () -> Void

    init(_ sticks: StickDesk, logger: Logger, journaled: @escaping @Sendable () -> Void) {
        self.sticks = sticks
        self.logger = logger
        self.journaled = journaled
    }

    /// - Throws: `ImportError`, `StickRefusal`, `EdgeStoreError`, `StateDirectoryError`.
    func run<Value: Sendable>(_ body: @escaping @Sendable (StickDesk) throws -> Value) async throws -> Value {
        try await queue.run { [sticks] in
            defer { SpareMemory.giveBack() }
            return try await Task(executorPreference: JournalThreads.shared) { try body(sticks) }.value
        }
    }

    /// Journals a file that waits, and tells the log and the forwarder.
    func commit(_ file: StickRequest, by account: String) async throws -> StickResult {
        let result = try await run { try $0.commit(file.sha256, name: file.name, device: file.device, by: account) }
        logger.notice(
            "stick.imported",
            metadata: [
                "serial": "\(result.serial)", "records": "\(result.records)", "new": "\(result.new)",
                "sha256": "\(result.sha256)",
            ])
        journaled()
        return result
    }

    /// What a command asks: parts of a file, a look at it, and yes or no.
    func answer(_ request: ControlRequest, by account: String) async -> ControlAnswer {
        guard let file = request.file else { return ControlAnswer(error: "the request has no file") }
        var answer = ControlAnswer()
        do {
            switch request.command {
            case .importPart:
                guard let part = file.part.flatMap({ Data(base64Encoded: $0) }), let offset = file.offset,
                    let length = file.length
                else { throw ImportError("the request has no part of a file") }
                try await run {
                    try $0.folder.add(Array(part), at: offset, of: length, to: file.sha256, name: file.name)
                }
            case .importPreview:
                answer.preview = try await run {
                    try $0.preview(file.sha256, name: file.name, device: file.device)
                }
            case .importDiscard: try await run { $0.folder.discard(file.sha256) }
            default: answer.imported = try await commit(file, by: account)
            }
        } catch {
            answer.error = "\(error)"
            answer.refusal = Self.refusal(error)
        }
        return answer
    }

    private static func refusal(_ error: any Error) -> String? {
        switch error {
        case let error as StickRefusal: error.code.rawValue
        case let error as ImportError where error.isOtherDevice: ControlAnswer.otherDevice
        case let error as ImportError where error.isUnknownDevice: ControlAnswer.unknownDevice
        default: nil
        }
    }
}

/// Parts of a file come in order, and two imports do not fill the memory at once.
private actor ImportQueue {
    private var last: Task<Void, Never>?

    func run<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let before = last
        let task = Task {
            await before?.value
            return try await body()
        }
        last = Task { _ = try? await task.value }
        return try await task.value
    }
}
