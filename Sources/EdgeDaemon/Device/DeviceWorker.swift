import Attendance
import EdgeStore
import Foundation
import Logging
import ZKClient
import ZKWire

/// Keeps one device read: one task, one session at a time, its own time-outs. A silent device delays nobody.
package struct DeviceWorker: Sendable {
    /// What a worker is woken by.
    enum Wake: Sendable {
        /// A wait is over; only the one with the latest number counts.
        case tick(Int)
        case event(RealtimeEvent)
        /// The session with this number lost its link.
        case linkGone(Int)
        /// Somebody asks for a reading now.
        case sync(@Sendable (Result<DeviceReader.Outcome, any Error>) -> Void)
    }

    private let reader: DeviceReader
    private let board: DeviceBoard
    private let appended: @Sendable () -> Void
    private let wakes: AsyncStream<Wake>
    private let sink: AsyncStream<Wake>.Continuation

    /// In an open session the device is asked something at least this often, so that a dead link is noticed.
    private static let liveness = Duration.seconds(45)
    /// After this many refused keys in a row, hadir stops hammering: the key must be mended by a person.
    private static let mostKeyRefusals = 3
    private static let keyRefusalWait = Duration.seconds(900)

    private var name: String { reader.configuration.name }
    private var environment: EdgeEnvironment { reader.environment }

    /// - Parameter appended: called after something was journaled, so that it is forwarded soon.
    package init(reader: DeviceReader, board: DeviceBoard, appended: @escaping @Sendable () -> Void) {
        self.reader = reader
        self.board = board
        self.appended = appended
        // Bounded: events that do not fit are in the log all the same.
        (wakes, sink) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(8192))
    }

    /// Reads the device now, in the open session or in a new one.
    package func sync() async throws -> DeviceReader.Outcome {
        try await withCheckedThrowingContinuation { continuation in
            let result = sink.yield(.sync { continuation.resume(with: $0) })
            if case .enqueued = result { return }
            continuation.resume(throwing: DeviceError(.linkLost, "sync", "the daemon is stopping"))
        }
    }

    /// Runs until cancelled.
    package func run() async {
        var state = State(backOff: BackOff(first: .seconds(2), most: mostWait))
        var iterator = wakes.makeAsyncIterator()
        board.update(name) { $0.serial = reader.configuration.serial?.text ?? "" }
        while !Task.isCancelled {
            do {
                try await visit(&state, &iterator)
            } catch is CancellationError {
                break
            } catch {
                failed(error, &state)
                guard await pause(for: wait(after: error, &state), &state, &iterator) else { break }
            }
        }
        sink.finish()
        // Whoever still waits for a reading must hear that none comes.
        state.answer(.failure(DeviceError(.linkLost, "sync", "the daemon is stopping")))
        while let wake = await iterator.next() {
            if case .sync(let reply) = wake {
                reply(.failure(DeviceError(.linkLost, "sync", "the daemon is stopping")))
            }
        }
    }

    private struct State {
        var memory = DeviceReader.Memory()
        var backOff: BackOff
        var sessions = 0
        var ticks = 0
        var keyRefusals = 0
        var problem: String?
        /// Who waits for a reading.
        var waiting: [@Sendable (Result<DeviceReader.Outcome, any Error>) -> Void] = []

        mutating func answer(_ result: Result<DeviceReader.Outcome, any Error>) {
            for reply in waiting { reply(result) }
            waiting.removeAll()
        }
    }

    private var mostWait: Duration {
        max(.seconds(30), min(.seconds(300), reader.configuration.poll * 5))
    }

    // MARK: One session

    private func visit(_ state: inout State, _ iterator: inout AsyncStream<Wake>.Iterator) async throws {
        state.sessions += 1
        let transport = try await environment.connect(reader.configuration.address, reader.sessionConfiguration)
        let session = DeviceSession(
            transport: transport, configuration: reader.sessionConfiguration, clock: environment.clock,
            logger: environment.logger)
        let number = state.sessions
        let pump = Task { [sink] in
            for await event in session.events { sink.yield(.event(event)) }
            sink.yield(.linkGone(number))
        }
        defer { pump.cancel() }
        do {
            try await serve(session, &state, &iterator)
            await session.close()
        } catch {
            await session.close()
            throw error
        }
    }

    private func serve(
        _ session: DeviceSession, _ state: inout State, _ iterator: inout AsyncStream<Wake>.Iterator
    ) async throws {
        try await reader.open(session)
        let serial = try await reader.identify(session, &state.memory)
        state.keyRefusals = 0
        if reader.configuration.live { try await session.registerEvents() }
        // Read after asking for events: a scan between the two is then in one of them.
        try await poll(session, serial, &state)
        recovered(&state)
        while !Task.isCancelled {
            try await waitAndServe(session, serial, &state, &iterator)
        }
        throw CancellationError()
    }

    /// One turn: whatever wakes us first, until the next poll is done.
    private func waitAndServe(
        _ session: DeviceSession, _ serial: DeviceSerial, _ state: inout State,
        _ iterator: inout AsyncStream<Wake>.Iterator
    ) async throws {
        var left = reader.configuration.poll
        while true {
            let step = min(left, Self.liveness)
            let timer = tick(after: step, &state)
            defer { timer.cancel() }
            turn: while true {
                guard let wake = await iterator.next() else { throw CancellationError() }
                switch wake {
                case .tick(let number) where number == state.ticks: break turn
                case .linkGone(let number) where number == state.sessions:
                    throw DeviceError(.linkLost, "wait for scans")
                case .event(let event):
                    if try handle(event, serial) == false { return try await poll(session, serial, &state) }
                case .sync(let reply):
                    state.waiting.append(reply)
                    return try await poll(session, serial, &state)
                case .tick, .linkGone: continue turn
                }
            }
            left -= step
            if left <= .zero { return try await poll(session, serial, &state) }
            _ = try await session.deviceTime()
        }
    }

    /// - Returns: false where the log must be read to know what happened.
    private func handle(_ event: RealtimeEvent, _ serial: DeviceSerial) throws -> Bool {
        guard case .attendance(let scans) = event.content else { return true }
        var isKnown = true
        for scan in scans where try !reader.journal(scan, serial) { isKnown = false }
        appended()
        return isKnown
    }

    private func poll(_ session: DeviceSession, _ serial: DeviceSerial, _ state: inout State) async throws {
        let outcome = try await reader.read(session, serial, &state.memory)
        appended()
        let now = environment.now()
        board.update(name) {
            $0.serial = serial.text
            $0.lastRead = UTC.text(now)
            $0.count = outcome.count
            $0.capacity = state.memory.facts?.capacity
            $0.clockOffset = outcome.clockOffset
        }
        state.answer(.success(outcome))
    }

    // MARK: Between sessions

    private func tick(after wait: Duration, _ state: inout State) -> Task<Void, Never> {
        state.ticks += 1
        let number = state.ticks
        return Task { [sink, clock = environment.clock] in
            do { try await clock.sleep(for: wait) } catch { return }
            sink.yield(.tick(number))
        }
    }

    /// Waits, or until somebody asks for a reading.
    ///
    /// - Returns: false where the daemon stops.
    private func pause(
        for wait: Duration, _ state: inout State, _ iterator: inout AsyncStream<Wake>.Iterator
    ) async -> Bool {
        let timer = tick(after: wait, &state)
        defer { timer.cancel() }
        while let wake = await iterator.next() {
            switch wake {
            case .tick(let number) where number == state.ticks: return true
            case .sync(let reply):
                state.waiting.append(reply)
                return true
            case .tick, .event, .linkGone: continue
            }
        }
        return false
    }

    private func wait(after error: any Error, _ state: inout State) -> Duration {
        if let error = error as? DeviceError, error.code == .keyRefused {
            state.keyRefusals += 1
            if state.keyRefusals >= Self.mostKeyRefusals { return Self.keyRefusalWait }
        }
        // Devices free their only session slowly: never sooner than a second (field note 1.11).
        return max(.seconds(1), state.backOff.next(random: environment.random()))
    }

    private func failed(_ error: any Error, _ state: inout State) {
        let code = (error as? DeviceError)?.code.rawValue ?? "store"
        board.update(name) { $0.problem = "\(error)" }
        state.answer(.failure(error))
        environment.logger.warning(
            "device.failed", metadata: ["device": "\(name)", "code": "\(code)", "problem": "\(error)"])
        // One alarm when it begins, not one per attempt.
        guard state.problem != code else { return }
        state.problem = code
        let alarm = Alarm(
            code: "device_\(code)", serial: state.memory.serial ?? reader.configuration.serial,
            text: "\(name): \(error)")
        do {
            try reader.store.append([.alarm(alarm)], at: environment.now())
        } catch {
            environment.logger.error("journal.failed", metadata: ["problem": "\(error)"])
        }
    }

    private func recovered(_ state: inout State) {
        state.backOff.reset()
        board.update(name) { $0.problem = nil }
        guard state.problem != nil else { return }
        state.problem = nil
        environment.logger.info("device.recovered", metadata: ["device": "\(name)"])
    }
}
