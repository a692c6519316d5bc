import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Standard output for data, standard error for words.
enum Terminal {
    /// Where both go. Tests put something else here.
    @TaskLocal static var output: any TerminalOutput = StandardOutput()

    /// - Parameter line: as it is: what came from a device goes through `TableText.harmless` or JSON first.
    static func print(_ line: String) { output.print(line) }

    /// Lines for a person; nothing in them can move the cursor.
    static func say(_ text: String) {
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            output.say(TableText.harmless(String(line)))
        }
    }

    static func print(json value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        print(String(decoding: try encoder.encode(value), as: UTF8.self))
    }
}

/// Takes whole lines.
protocol TerminalOutput: Sendable {
    func print(_ line: String)
    func say(_ line: String)
}

struct StandardOutput: TerminalOutput {
    func print(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
    func say(_ line: String) { FileHandle.standardError.write(Data((line + "\n").utf8)) }
}

/// How far a long read has come; only where a person watches standard error.
final class ProgressBar: Sendable {
    private struct State {
        var shownAt: ContinuousClock.Instant?
        var isShown = false
    }

    private let label: String
    private let isWatched = isatty(2) == 1
    private let state = Mutex(State())

    init(_ label: String) { self.label = label }

    func update(_ bytes: Int) {
        guard isWatched else { return }
        let isDue = state.withLock { state in
            let now = ContinuousClock.now
            if let last = state.shownAt, now - last < .milliseconds(100) { return false }
            state.shownAt = now
            state.isShown = true
            return true
        }
        if isDue { FileHandle.standardError.write(Data("\r\(label): \(bytes / 1024) KiB ".utf8)) }
    }

    func finish() {
        guard state.withLock({ $0.isShown }) else { return }
        FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
    }
}
