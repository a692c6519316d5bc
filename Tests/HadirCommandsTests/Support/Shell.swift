import Foundation
import Synchronization
import ZKSimulator

@testable import HadirCommands

/// Runs `hadir` in this process and keeps what it wrote.
struct Shell {
    struct Done {
        let code: Int32
        /// Standard output.
        let out: String
        /// Standard error.
        let err: String

        var json: Any? { try? JSONSerialization.jsonObject(with: Data(out.utf8)) }
        var object: [String: Any] { json as? [String: Any] ?? [:] }
    }

    private final class Kept: TerminalOutput {
        private let lines = Mutex<(out: [String], err: [String])>(([], []))

        func print(_ line: String) { lines.withLock { $0.out.append(line) } }
        func say(_ line: String) { lines.withLock { $0.err.append(line) } }

        var done: (out: String, err: String) {
            lines.withLock { ($0.out.joined(separator: "\n"), $0.err.joined(separator: "\n")) }
        }
    }

    static func run(_ arguments: String...) async -> Done { await run(arguments) }

    static func run(_ arguments: [String]) async -> Done {
        let kept = Kept()
        let code = await Terminal.$output.withValue(kept) { await HadirCommand.run(arguments) }
        return Done(code: code, out: kept.done.out, err: kept.done.err)
    }
}

/// An office's files, gone with the test.
final class OfficeFolder: Sendable {
    let path: String
    var config: String { path + "/devices.conf" }
    var state: String { path + "/state" }

    init(_ configuration: String = "[edge]\nunit = \"Dinas Contoh\"\ntimezone = \"WIB\"\n") throws {
        path = FileManager.default.temporaryDirectory.appending(path: "hadir-cli-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Data(configuration.utf8).write(to: URL(filePath: config))
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var text: String { (try? String(contentsOfFile: config, encoding: .utf8)) ?? "" }
}

extension SimulatorServer {
    var url: String { "tcp://127.0.0.1:\(tcpPort ?? 0)" }
}

/// Lines from any task.
final class LockedLines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    func add(_ line: String) { lines.withLock { $0.append(line) } }
}
