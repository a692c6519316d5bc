import Foundation
import Logging
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// The daemon's log on standard error: one line per event, its fields as `key=value`.
///
/// It never holds up whoever logs: one thread writes, and while nobody takes its lines, a bounded number waits and
/// further ones are dropped and counted.
package struct ServiceLog: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var logLevel = Logger.Level.info
    private let output: Output

    package init(output: Output) { self.output = output }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }.mapValues { "\($0)" }
        output.write(Self.line(event.message.description, event.level, fields, at: output.isJournal ? nil : Date()))
    }

    /// - Parameter now: `nil` for the system's journal, which dates lines itself and takes the level as a prefix.
    static func line(_ event: String, _ level: Logger.Level, _ fields: [String: String], at now: Date?) -> String {
        let start = now.map { "\($0.formatted(.iso8601)) \(level) " } ?? "<\(level.priority)>"
        let rest = fields.sorted { $0.key < $1.key }.map { " \($0.key)=\(quoted($0.value))" }.joined()
        return start + event + rest + "\n"
    }

    /// What came from outside must not end the line, nor turn or hide what follows it.
    private static func quoted(_ value: String) -> String {
        var text = ""
        var isPlain = !value.isEmpty
        for scalar in value.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
                text += "\\u{\(String(scalar.value, radix: 16))}"
                isPlain = false
            default:
                if scalar == "\"" || scalar == "\\" { text += "\\" }
                text.unicodeScalars.append(scalar)
                if scalar == " " || scalar == "\"" || scalar == "\\" || scalar == "=" { isPlain = false }
            }
        }
        return isPlain ? text : "\"\(text)\""
    }

    /// Where lines go.
    package final class Output: Sendable {
        private struct State {
            var waiting = 0
            var dropped = 0
        }

        private static let mostWaiting = 1000
        private let descriptor: Int32
        let isJournal: Bool
        private let state = Mutex(State())
        private let queue = DispatchQueue(label: "log")

        /// - Parameter isJournal: lines go to the system's journal.
        package init(descriptor: Int32 = STDERR_FILENO, isJournal: Bool) {
            self.descriptor = descriptor
            self.isJournal = isJournal
        }

        func write(_ line: String) {
            let isTaken = state.withLock { state in
                guard state.waiting < Self.mostWaiting else {
                    state.dropped += 1
                    return false
                }
                state.waiting += 1
                return true
            }
            if isTaken { queue.async { self.writeNow(line) } }
        }

        private func writeNow(_ line: String) {
            put(line)
            let dropped = state.withLock { state in
                state.waiting -= 1
                guard state.waiting == 0 else { return 0 }
                defer { state.dropped = 0 }
                return state.dropped
            }
            guard dropped > 0 else { return }
            put(ServiceLog.line("log.dropped", .warning, ["lines": "\(dropped)"], at: isJournal ? nil : Date()))
        }

        private func put(_ line: String) {
            var rest = Array(line.utf8)[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                // Closed, or its disk is full: there is nobody to tell.
                guard count > 0 else { return }
                rest = rest.dropFirst(count)
            }
        }

        /// Waits until what was logged is written, but not for long: the process is about to end.
        package func flush() {
            let isDone = DispatchSemaphore(value: 0)
            queue.async { isDone.signal() }
            _ = isDone.wait(timeout: .now() + 0.5)
        }
    }
}

extension Logger.Level {
    /// Of syslog.
    fileprivate var priority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
