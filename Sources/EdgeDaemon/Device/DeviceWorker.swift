import Attendance
import Crypto
import EdgeStore
import Foundation
import Logging
import ZKClient
import ZKWire

/// Keeps one device read: one task, one session at a time, its own time-outs. A silent device delays nobody.
package struct DeviceWorker: SourceWorker {
    let reader: DeviceReader
    /// For a device that is asked over its web service, where no session is held; `nil` for all others.
    private let soap: SOAPReader?
    private let board: DeviceBoard
    private let crashes: CrashGuard?
    private let appended: @Sendable () -> Void
    let mailbox = DeviceMailbox()

    /// In an open session the device is asked something at least this often, so that a dead link is noticed.
    private static let liveness = Duration.seconds(45)
    /// After this many refused keys in a row, hadir stops hammering: the key must be mended by a person.
    private static let mostKeyRefusals = 3
    private static let keyRefusalWait = Duration.seconds(900)
    /// Live events may ask for a reading no sooner than this after the device was last asked something.
    private static let hintWait = Duration.seconds(2)
    /// Whoever waits for other devices to be tried looks again this often.
    private static let turnWait = Duration.seconds(1)
    /// A session that held so long was a good one: the next failure is a new one.
    private static let steadySession = Duration.seconds(30)
    /// For connecting, opening and asking who it is; each step has a time-out of its own, far below.
    private static let openingBound = Duration.seconds(180)
    /// For what follows a reading that took as long as it may, or a wait.
    static let slack = Duration.seconds(120)
    private static let stopping = DeviceError(.linkLost, "sync", "the daemon is stopping")

    private var name: String { reader.configuration.name }
    var environment: EdgeEnvironment { reader.environment }

    /// - Parameter appended: called after something was journaled, so that it is forwarded soon.
    package init(
        reader: DeviceReader, crashes: CrashGuard? = nil, appended: @escaping @Sendable () -> Void
    ) {
        self.reader = reader
        soap = reader.configuration.address.link == .soap ? SOAPReader(reader) : nil
        self.crashes = crashes
        board = reader.board
        self.appended = appended
        board.expect(
            reader.configuration.name, serial: reader.configuration.journalSerial, every: reader.configuration.poll)
    }

    /// Reads the device now, in the open session or in a new one. Waits until that succeeded or failed, and fails
    /// where the worker ends before.
    ///
    /// - Parameter errand: what is to be done besides.
    package func sync(_ errand: DeviceMailbox.Errand?) async throws -> DeviceReader.Outcome {
        try await withCheckedThrowingContinuation { continuation in
            if !mailbox.ask(errand, { continuation.resume(with: $0) }) { continuation.resume(throwing: Self.stopping) }
        }
    }

    /// Asks for the device itself: the session here is closed, and opened again when the loan is over.
    ///
    /// - Returns: who has it already; `nil` where the loan will be granted.
    package func lend(_ loan: DeviceLoan) -> String? { mailbox.ask(for: loan) }

    /// Runs until cancelled.
    package func run() async {
        var state = State(backOff: BackOff(first: .seconds(2), most: mostWait))
        let plugs = Task { [mailbox, arrivals = environment.arrivals(reader.configuration.address)] in
            for await _ in arrivals { mailbox.arrived() }
        }
        defer {
            plugs.cancel()
            board.heartbeats.end(.device(name))
        }
        while !Task.isCancelled {
            if let rest = crashes?.rest(of: name) {
                failed(rest, &state)
                guard await pause(for: rest.left, answering: rest, &state) else { break }
                continue
            }
            if crashes?.enter(name) == false {
                guard await pause(for: Self.turnWait, answering: CrashTurn(), &state) else { break }
                continue
            }
            let begun = reader.elapsed()
            expect(within: Self.openingBound)
            do {
                defer { crashes?.leave(name) }
                try await visit(&state)
            } catch let lent as Lent {
                state.backOff.reset()
                await hold(lent.loan, &state)
            } catch {
                // Whatever a part below calls its end: only our own cancellation is one.
                if Task.isCancelled { break }
                if soap == nil, reader.elapsed() - begun >= Self.steadySession { state.backOff.reset() }
                failed(error, &state)
                guard await pause(for: wait(after: error, &state), &state) else { break }
            }
        }
        // Whoever still waits for a reading must hear that none comes.
        state.answer(.failure(Self.stopping))
        for reply in mailbox.close() { reply(.failure(Self.stopping)) }
    }

    /// Ends a session because somebody borrows the device.
    struct Lent: Error {
        let loan: DeviceLoan
    }

    /// The watchdog hears of this worker again within `bound`.
    func expect(within bound: Duration) { board.heartbeats.report(.device(name), within: bound) }

    struct State {
        var memory = DeviceReader.Memory()
        var backOff: BackOff
        var keyRefusals = 0
        var problems = ProblemLog()
        /// Alarms that could not be journaled when they arose.
        var unsaid: [Alarm] = []
        /// Known since the first session of this run.
        var serial: DeviceSerial?
        /// Somebody had the device and may have died with it blocked, before this run too: people must be able to scan.
        var mustEnable = true
        /// Who waits for a reading.
        var waiting: [DeviceMailbox.Reply] = []

        mutating func take(_ post: DeviceMailbox.Post) {
            waiting += post.replies
            if post.errands.contains(.readUsers) { memory.users = UserListMemory() }
            if post.errands.contains(.setClock) { memory.clock.isOrdered = true }
        }

        mutating func answer(_ result: Result<DeviceReader.Outcome, any Error>) {
            let replies = waiting
            waiting = []
            // Who asked for it hears how it went: it is not done later, behind his back.
            memory.clock.isOrdered = false
            for reply in replies { reply(result) }
        }
    }

    private var mostWait: Duration {
        max(.seconds(30), min(.seconds(300), reader.configuration.poll * 5))
    }

    // MARK: One session

    private func visit(_ state: inout State) async throws {
        if let soap { try await visit(soap, &state) }
        let transport = try await environment.connect(reader.configuration.address, reader.sessionConfiguration)
        let session = DeviceSession(
            transport: transport, configuration: reader.sessionConfiguration, clock: environment.clock,
            logger: environment.logger)
        let number = mailbox.beginSession()
        let pump = Task { [mailbox] in
            for await event in session.events { mailbox.put(event, session: number) }
            mailbox.linkEnded(session: number)
        }
        defer {
            pump.cancel()
            mailbox.endSession()
        }
        do {
            try await serve(session, &state)
        } catch {
            await session.close()
            throw error
        }
    }

    /// Never returns but by an error.
    private func serve(_ session: DeviceSession, _ state: inout State) async throws {
        try await session.open(mustEnable: state.mustEnable)
        state.mustEnable = false
        let serial = try await reader.identify(session)
        state.serial = serial
        state.memory.sessionBegan()
        state.keyRefusals = 0
        if reader.configuration.live, session.traits.tellsEvents { try await askForEvents(session) }
        // Read after asking for events: a scan between the two is then in one of them.
        var pollAt = try await poll(session, serial, &state)
        recovered(&state)
        var askedAt = reader.elapsed()
        while true {
            try Task.checkCancellation()
            let now = reader.elapsed()
            if now >= pollAt {
                pollAt = try await poll(session, serial, &state)
                askedAt = reader.elapsed()
            } else if now >= askedAt + Self.liveness {
                _ = try await session.deviceTime()
                state.memory.seen(at: environment.now())
                askedAt = reader.elapsed()
            } else {
                let wait = min(pollAt, askedAt + Self.liveness) - now
                expect(within: wait + Self.slack)
                await mailbox.wait(upTo: wait, clock: environment.clock)
                expect(within: Self.slack)
                pollAt = min(pollAt, try handle(mailbox.take(), serial, askedAt, &state))
            }
        }
    }

    /// A device that tells no events is still polled.
    private func askForEvents(_ session: DeviceSession) async throws {
        do {
            try await session.registerEvents()
        } catch let error as DeviceError where error.code == .commandRefused {
            environment.logger.notice("device.not_live", metadata: ["device": "\(name)", "problem": "\(error)"])
        }
    }

    /// - Returns: when the log must be read because of what came.
    private func handle(
        _ post: DeviceMailbox.Post, _ serial: DeviceSerial, _ askedAt: Duration, _ state: inout State
    ) throws -> Duration {
        state.take(post)
        var wantsReading = post.wantsReading
        if !post.scans.isEmpty {
            let journaled = try reader.journal(post.scans, serial)
            board.journaled(journaled.newPunches, of: name)
            if journaled.newPunches > 0 { appended() }
            wantsReading = wantsReading || !journaled.isComplete
        }
        // Who waited too long has gone: no reason to close the session.
        if let loan = post.loan, !loan.isOver { throw Lent(loan: loan) }
        if post.linkIsGone { throw DeviceError(.linkLost, "wait for scans") }
        if !state.waiting.isEmpty { return .zero }
        return wantsReading ? askedAt + Self.hintWait : .seconds(Int64.max / 2)
    }

    /// - Returns: when the next one is due.
    private func poll(
        _ session: DeviceSession, _ serial: DeviceSerial, _ state: inout State
    ) async throws -> Duration {
        try await poll(&state) { try await reader.read(session, serial, &$0) }
    }

    /// - Parameter read: one reading, however it is done.
    func poll(
        _ state: inout State, _ read: (inout DeviceReader.Memory) async throws -> DeviceReader.Outcome
    ) async throws -> Duration {
        expect(within: DeviceReader.longestReading + Self.slack)
        crashes?.begins(name)
        var isRead = false
        defer { crashes?.ends(name, succeeded: isRead) }
        let outcome = try await read(&state.memory)
        isRead = true
        expect(within: Self.slack)
        board.read(outcome, at: environment.now())
        appended()
        state.answer(.success(outcome))
        return reader.elapsed() + (outcome.grew ? .zero : reader.configuration.poll)
    }

    // MARK: Between sessions

    /// Waits, or until somebody asks for a reading, or has had the device.
    ///
    /// - Parameter refusal: what those hear who ask for a reading, where none is to be tried.
    /// - Returns: false where the daemon stops.
    private func pause(
        for wait: Duration, answering refusal: (any Error)? = nil, _ state: inout State
    ) async -> Bool {
        let end = reader.elapsed() + wait
        while !Task.isCancelled {
            let post = mailbox.take()
            state.take(post)
            if let refusal { state.answer(.failure(refusal)) }
            if let loan = post.loan {
                await hold(loan, &state)
                if refusal == nil { return !Task.isCancelled }
            }
            let left = end - reader.elapsed()
            guard left > .zero, state.waiting.isEmpty else { return true }
            // Plugged in again: it is not to wait for what was a wait for it.
            if post.hasArrived, refusal == nil { return true }
            expect(within: left + Self.slack)
            await mailbox.wait(upTo: left, clock: environment.clock)
        }
        return false
    }

    /// Leaves the device to somebody else until it comes back.
    private func hold(_ loan: DeviceLoan, _ state: inout State) async {
        guard loan.grant() else { return }
        state.mustEnable = true
        let begun = reader.elapsed()
        expect(within: loan.limit + Self.slack)
        environment.logger.notice("device.lent", metadata: ["device": "\(name)", "to": "\(loan.holder)"])
        board.lent(name, to: loan.holder)
        await loan.wait(environment.clock)
        environment.logger.notice(
            "device.returned",
            metadata: ["device": "\(name)", "seconds": "\((reader.elapsed() - begun).components.seconds)"])
    }

    private func wait(after error: any Error, _ state: inout State) -> Duration {
        if let error = error as? DeviceError, error.code == .keyRefused {
            state.keyRefusals += 1
            if state.keyRefusals >= Self.mostKeyRefusals { return Self.keyRefusalWait }
        }
        // Devices free their only session slowly: never sooner than a second (field note 1.11).
        return max(.seconds(1), state.backOff.next(random: environment.random()))
    }

    /// A dataset nobody can read may hold fingerprints: its size and hash are kept, not its bytes (design, section 4).
    private static func evidence(_ error: any Error) -> String {
        guard let dataset = (error as? DeviceError)?.dataset?.bytes else { return "" }
        return " \(dataset.count) bytes, SHA-256 \(Hex.encode(SHA256.hash(data: dataset)))"
    }

    private func failed(_ error: any Error, _ state: inout State) {
        board.failed(name, error)
        board.noteDamage(error)
        // Of a rest, an alarm was raised when the process began.
        if let code = state.problems.failed(error, at: reader.elapsed()), !(error is CrashRest) {
            let serial = state.serial ?? reader.configuration.journalSerial
            state.unsaid.append(Alarm(code: code, serial: serial, text: "\(name): \(error)\(Self.evidence(error))"))
        }
        say(&state)
        environment.logger.warning(
            "device.failed",
            metadata: ["device": "\(name)", "code": "\(ProblemLog.code(error))", "problem": "\(error)"])
        state.answer(.failure(error))
    }

    func recovered(_ state: inout State) {
        say(&state)
        guard state.problems.recovered() else { return }
        environment.logger.info("device.recovered", metadata: ["device": "\(name)"])
    }

    /// Journals the alarms that arose. On a full disk they wait here; there are few, because each is told once.
    private func say(_ state: inout State) {
        guard !state.unsaid.isEmpty else { return }
        do {
            try reader.append(state.unsaid.map { .alarm($0) })
            state.unsaid = []
            appended()
        } catch {
            environment.logger.error("journal.failed", metadata: ["problem": "\(error)"])
        }
    }
}
