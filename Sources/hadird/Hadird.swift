import ArgumentParser
import EdgeDaemon
import EdgeStore
import Foundation
import Logging
import ServiceSupport
import UnixSignals

#if canImport(Glibc)
    import Glibc
#endif

@main
struct Hadird: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hadird",
        abstract: "Reads this office's fingerprint devices, keeps every scan, and sends it to the centre.",
        discussion: """
            Runs until SIGTERM or SIGINT, then gives every device back and stops within ten seconds. When it is
            ready, one line goes to standard output; logs go to standard error.

            SIGHUP reads the configuration again. A file with a mistake is refused and changes nothing; of a good
            one, only what differs is begun anew. Under systemd it says how it gets on, and proves that it does.

            With --once it reads every device once, sends what it has, and ends: exit code 0 where all was read
            and acknowledged, 1 where something stood in the way or it was stopped before.

            EXIT CODES
              0   stopped in order, or --once did all
              1   --once met a problem (standard error says which)
              64  wrong use
              74  a disk failed, or damaged the journal: the next start goes on with what is whole
              75  another process holds the state directory
              78  wrong configuration (standard error says file and line)

            EXAMPLE
              hadird --config /etc/hadir/devices.conf --state /var/lib/hadird
            """,
        version: HadirVersion.text)

    @Option(help: ArgumentHelp("The configuration.", valueName: "file"))
    var config = "/etc/hadir/devices.conf"

    @Option(help: ArgumentHelp("Where the journal and the node's key are kept.", valueName: "dir"))
    var state = "/var/lib/hadird"

    @Flag(help: "Read every device once, send what waits, and end.")
    var once = false

    enum LogLevel: String, ExpressibleByArgument, CaseIterable {
        case trace, debug, info, notice, warning, error
    }

    @Option(help: "How much is logged.")
    var logLevel = LogLevel.info

    func run() async throws {
        // A reader of our output that went away must not end the daemon.
        signal(SIGPIPE, SIG_IGN)
        Self.occupyStandardDescriptors()
        Handles.allowMany()
        SpareMemory.keepLittle()
        LoggingSystem.bootstrap { _ in ServiceLog(output: Self.log) }
        defer { Self.log.flush() }
        var logger = Logger(label: "hadird")
        logger.logLevel = Logger.Level(rawValue: logLevel.rawValue) ?? .info
        do {
            try await serve(logger)
        } catch let error as DevicesFileError {
            fail("\(error)", 78)
        } catch let error as EdgeDaemonError {
            if case .alreadyRunning = error { fail("\(error)", 75) }
            fail("\(error)", 74)
        } catch let error as ExitCode {
            throw error
        } catch {
            fail("\(error)", 74)
        }
    }

    private static let log = ServiceLog.Output(
        isJournal: ProcessInfo.processInfo.environment["JOURNAL_STREAM"] != nil)

    /// Where one of them is closed, the next file that is opened would get its number, and our words with it.
    private static func occupyStandardDescriptors() {
        for descriptor in 0...2 where fcntl(Int32(descriptor), F_GETFD) < 0 { _ = open("/dev/null", O_RDWR) }
    }

    private func serve(_ logger: Logger) async throws {
        let configuration = try DevicesFile.load(path: config)
        let directory = StateDirectory(path: state)
        var environment = EdgeEnvironment.real(logger: logger)
        if !once {
            environment.service = ServiceManager(
                variables: ProcessInfo.processInfo.environment, process: getpid())
        }
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let reloads = once ? nil : await UnixSignalsSequence(trapping: .sighup)
        let daemon = try EdgeDaemon(
            configuration: configuration, state: directory, environment: environment,
            reread: { [config] in try DevicesFile.load(path: config) })
        let problems = try await withThrowingTaskGroup(of: End.self) { group in
            group.addTask { [once, state] in
                if once { return .finished(try await daemon.once()) }
                try await daemon.run {
                    print("hadird: ready, \(configuration.devices.count) devices, state \(state)")
                    fflush(nil)
                }
                return .finished([])
            }
            group.addTask {
                for await _ in signals { break }
                return .signalled
            }
            let reloading = Task {
                guard let reloads else { return }
                for await _ in reloads { await daemon.reload() }
            }
            defer { reloading.cancel() }
            let end = try await group.next()
            group.cancelAll()
            guard case .finished(let problems) = end else {
                let limit = exitLater()
                defer { limit.cancel() }
                // What the work ends with now is our own doing.
                while await group.nextResult() != nil {}
                return once ? ["stopped before everything was read and sent"] : []
            }
            return problems
        }
        for problem in problems { say(problem) }
        if !problems.isEmpty { throw ExitCode(1) }
    }

    private enum End: Sendable {
        case finished([String])
        case signalled
    }

    /// A commit in progress cannot be interrupted, and a slow disk may take long for a large one. The journal
    /// survives a process that ends in the middle of it, and the device still has the scans.
    private func exitLater() -> DispatchWorkItem {
        let code: Int32 = once ? 1 : 0
        let item = DispatchWorkItem {
            say("stopped in the middle of a write; it is read again")
            Self.log.flush()
            _exit(code)
        }
        // Not a task: the threads of tasks may be the ones that wait for the disk.
        DispatchQueue.global().asyncAfter(deadline: .now() + Self.longestStop, execute: item)
        return item
    }

    /// Sessions are closed in four seconds; the unit allows ten.
    private static let longestStop = DispatchTimeInterval.seconds(9)

    private func say(_ text: String) {
        // Not `write(_:)`, which traps on a full disk.
        try? FileHandle.standardError.write(contentsOf: Data("hadird: \(text)\n".utf8))
    }

    private func fail(_ text: String, _ code: Int32) -> Never {
        Self.log.flush()
        say(text)
        Foundation.exit(code)
    }
}
