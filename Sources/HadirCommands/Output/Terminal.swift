import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Standard output for data, standard error for words.
enum Terminal {
    /// Where both go. Tests put something else here.
    @TaskLocal static var output: any TerminalOutput = StandardOutput()

    /// Who answers questions; `nil` where nobody is there. Tests answer themselves.
    @TaskLocal static var input: @Sendable () -> String? = { isatty(0) == 1 ? readLine() : nil }

    /// Asks a person.
    ///
    /// - Returns: `nil` where nobody is at the terminal.
    static func ask(_ question: String) -> String? {
        if isatty(0) == 1 { write(toStandardError: TableText.harmless(question)) }
        return input()?.trimmingCharacters(in: .whitespaces)
    }

    /// - Parameter line: as it is: what came from a device goes through `TableText.harmless` or JSON first.
    static func print(_ line: String) { output.print(line) }

    /// Lines for a person; nothing in them can move the cursor.
    static func say(_ text: String) {
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            output.say(TableText.harmless(String(line)))
        }
    }

    /// Not `write(_:)`, which traps on a full disk.
    static func write(toStandardError text: String) {
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
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
    /// Ends the process with code 74 where the line cannot be written, as on a full disk: output that is cut short
    /// must not look like success. A reader that went away (`| head`) wants no more words either.
    func print(_ line: String) {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
        } catch {
            if errno != EPIPE { say("hadir: standard output cannot be written; what follows is lost") }
            Foundation.exit(CommandFailure.Code.io.rawValue)
        }
    }

    /// Words go where they can; nobody is left to be told where they cannot.
    func say(_ line: String) { Terminal.write(toStandardError: line + "\n") }
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

    func update(_ bytes: Int) { show("\(bytes / 1024) KiB") }

    func update(_ done: Int, of all: Int) { show("\(done) of \(all)") }

    private func show(_ text: String) {
        guard isWatched else { return }
        let isDue = state.withLock { state in
            let now = ContinuousClock.now
            if let last = state.shownAt, now - last < .milliseconds(100) { return false }
            state.shownAt = now
            state.isShown = true
            return true
        }
        if isDue { Terminal.write(toStandardError: "\r\(label): \(text) ") }
    }

    func finish() {
        guard state.withLock({ $0.isShown }) else { return }
        Terminal.write(toStandardError: "\r\u{1B}[K")
    }
}
