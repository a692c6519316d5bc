import Logging
import NIOCore
import ZKWire

/// One session with one device: drives the state machines of ZKWire over a transport.
///
/// One command at a time; callers are one task per device. However it ends, `close()` gives the device back
/// (enables it if we disabled it) and says goodbye: use `withDeviceSession`, which never forgets.
package actor DeviceSession {
    package struct Configuration: Sendable {
        package var commKey = CommKey.none
        package var looseReplies = false
        package var connectTimeout = Duration.seconds(5)
        /// For a reply, and for silence in the middle of a transfer. Large logs take minutes in all.
        package var replyTimeout = Duration.seconds(10)
        /// Over UDP a lost datagram is noticed sooner, and the command repeated.
        package var datagramTimeout = Duration.seconds(2)
        package var datagramAttempts = 4
        /// How long late fragments are waited for after a transfer's end overtook them.
        package var grace = Duration.seconds(1)
        /// For the whole of one transfer: a device that sends a byte now and then must not hold us for ever.
        package var transferTimeout = Duration.seconds(900)
        package var exitTimeout = Duration.seconds(2)
        /// Largest TCP segment to offer; `nil` leaves it to the system.
        package var segment: Int?
        package var usb = USBSettings()

        package init() {}
    }

    /// What the reader task tells the waiting caller.
    enum Delivery: Sendable {
        case opened, closed, cancelled, expired
        case frame(Frame)
        case failure(any Error)
    }

    nonisolated let transport: any Transport
    nonisolated let configuration: Configuration
    nonisolated let clock: any Clock<Duration>
    nonisolated let logger: Logger
    /// What the device tells unasked; ends when the link is gone. A hint only: polls are the truth.
    package nonisolated let events: AsyncStream<RealtimeEvent>

    let eventSink: AsyncStream<RealtimeEvent>.Continuation
    var machine: SessionStateMachine
    /// Since the session was made, by the clock it was given.
    let elapsed: @Sendable () -> Duration
    private var reader: Task<Void, Never>?
    private var closing: Task<Void, Never>?
    var mailbox = CircularBuffer<Delivery>()
    var waiter: Waiter?
    var waits = 0
    var alarm: Alarm?
    var alarms = 0
    var isLeaving = false
    var linkError: (any Error)?
    var linkIsGone = false
    /// What a device on USB was asked once in this session.
    var roomOnUSB: USBRoom?
    /// Late or foreign replies that were skipped.
    package internal(set) var skipped = 0

    package init(
        transport: any Transport, configuration: Configuration, clock: any Clock<Duration> = ContinuousClock(),
        logger: Logger
    ) {
        self.transport = transport
        self.configuration = configuration
        self.clock = clock
        self.logger = logger
        elapsed = Self.stopwatch(clock)
        machine = SessionStateMachine(
            .init(
                commKey: configuration.commKey,
                attempts: transport.isDatagram ? configuration.datagramAttempts : 1,
                looseReplies: configuration.looseReplies))
        // Events nobody takes in time are not lost: the next poll reads them from the log.
        (events, eventSink) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(4096))
    }

    /// A session that was never closed leaves no task and no socket behind.
    deinit {
        alarm?.task.cancel()
        reader?.cancel()
        eventSink.finish()
    }

    private static func stopwatch<C: Clock>(_ clock: C) -> @Sendable () -> Duration where C.Duration == Duration {
        let start = clock.now
        return { start.duration(to: clock.now) }
    }

    package nonisolated var counters: TransportCounters { transport.counters }
    package nonisolated var traits: TransportTraits { transport.traits }

    /// `disableDevice` was sent and not yet undone. Still true after `close` where the device did not confirm:
    /// then the next session must enable it.
    package var mustEnable: Bool { machine.mustEnable }

    /// Connects and authorises.
    ///
    /// - Parameter mustEnable: an earlier session may have left the device disabled; it is enabled first.
    /// - Throws: `DeviceError`, `CancellationError`.
    package func open(mustEnable: Bool = false) async throws {
        guard reader == nil, closing == nil else { throw DeviceError(.linkLost, "connect", "a session opens once") }
        reader = Task { [transport, weak self] in
            do {
                for try await frame in transport.inbound {
                    guard let session = self else { break }
                    await session.handle(frame)
                }
                await self?.linkEnded(nil)
            } catch {
                await self?.linkEnded(error)
            }
            await transport.close()
        }
        defer { stopAlarm() }
        let delivery = try await perform(machine.connect(mustEnable: mustEnable), "connect")
        guard case .opened = delivery else { throw DeviceError(.noAnswer, "connect") }
        if mustEnable { _ = try await request(.enableDevice, operation: "enable") }
    }

    /// Enables the device if we disabled it, says goodbye, closes the link. Never fails, and is not cut short
    /// by cancellation: the people in front of the device come first. A command still waiting ends with an error.
    package func close() async {
        let task = closing ?? Task { await self.leave() }
        closing = task
        await task.value
    }

    private func leave() async {
        isLeaving = true
        interruptWaiter(.closed)
        discardMail()
        var action = machine.leave()
        steps: while !linkIsGone {
            switch action {
            case .send(let frame), .resend(let frame):
                do { try await transport.send(frame) } catch { break steps }
            case .close: break steps
            default: break
            }
            switch await nextDelivery(within: configuration.exitTimeout, leaving: true) {
            case .closed, .failure: break steps
            case .expired: action = machine.timedOut()
            case .frame, .opened, .cancelled: action = .skip
            }
        }
        await transport.close()
        reader?.cancel()
        await reader?.value
        stopAlarm()
        discardMail()
        eventSink.finish()
    }

    // MARK: One command

    /// Sends one command and waits for its reply, whatever it says.
    ///
    /// - Parameter word: whose word it is, where the command cannot be undone.
    /// - Throws: `DeviceError`, `CancellationError`.
    package func request(
        _ command: Command, data: [UInt8] = [], operation: String, word: OperatorWord? = nil
    ) async throws -> Frame {
        // What is gone from a device is gone (field notes, must 12).
        guard !command.isDestructive || (word?.allows(command) ?? false) else {
            throw DeviceError(.commandRefused, operation, "hadir never sends \(command) by itself")
        }
        guard transport.traits.enrolsRemotely || command != .startEnroll else {
            throw DeviceError(.commandRefused, operation, "no finger is enrolled over USB: do it at the device")
        }
        let action = machine.command(command, data: data)
        guard action != .fail(.busy) else { throw DeviceError.from(.busy, operation) }
        discardMail()
        defer { commandIsDone() }
        guard case .frame(let reply) = try await perform(action, operation) else {
            throw DeviceError(.linkLost, operation)
        }
        return reply
    }

    /// Sends one command that must be answered with `ackOK`.
    package func confirm(
        _ command: Command, data: [UInt8] = [], operation: String, word: OperatorWord? = nil
    ) async throws -> [UInt8] {
        let reply = try await request(command, data: data, operation: operation, word: word)
        guard reply.command == .ackOK else {
            throw DeviceError(.commandRefused, operation, "\(command) answered \(reply.command)")
        }
        return reply.data
    }

    /// Whatever still comes of it is late, and no timer runs on.
    private func commandIsDone() {
        guard !isLeaving else { return }
        machine.finished()
        stopAlarm()
    }

    enum TransferOutcome: Sendable {
        case bytes([UInt8])
        case announced(Int)
        case refused(Command)
    }

    /// Sends one bulk command and collects its answer.
    func transfer(
        _ command: Command, data: [UInt8], purpose: TransferStateMachine.Purpose, operation: String,
        progress: (@Sendable (Int) -> Void)? = nil
    ) async throws -> TransferOutcome {
        var transfer = TransferStateMachine(purpose, isDatagram: transport.isDatagram)
        let end = elapsed() + configuration.transferTimeout
        let action = machine.command(command, data: data)
        guard action != .fail(.busy) else { throw DeviceError.from(.busy, operation) }
        discardMail()
        defer { commandIsDone() }
        var delivery = try await perform(action, operation)
        while true {
            guard case .frame(let frame) = delivery else { throw DeviceError(.linkLost, operation) }
            var wait = replyTimeout
            switch transfer.received(frame) {
            case .wait: break
            case .waitBriefly: wait = configuration.grace
            case .finished(let bytes): return .bytes(bytes)
            case .announced(let size): return .announced(size)
            case .refused(let code): return .refused(code)
            case .fail(let failure): throw DeviceError.from(failure, operation)
            }
            progress?(transfer.count)
            let left = end - elapsed()
            delivery = left > .zero ? await nextDelivery(within: min(wait, left)) : .expired
            if case .expired = delivery {
                guard elapsed() < end else { throw DeviceError(.timedOut, operation, "the transfer took too long") }
                throw transport.isDatagram
                    ? DeviceError.from(transfer.fragmentsMissing, operation) : DeviceError(.timedOut, operation)
            }
            try check(delivery, operation)
        }
    }

    private var replyTimeout: Duration {
        transport.isDatagram ? configuration.datagramTimeout : configuration.replyTimeout
    }

    /// Carries out what the machine decided and waits for the first answer, repeating where that is allowed.
    private func perform(_ first: SessionStateMachine.Action, _ operation: String) async throws -> Delivery {
        var action = first
        while true {
            switch action {
            case .send(let frame), .resend(let frame): try await transmit(frame, operation)
            case .fail(let failure): throw failed(failure, operation)
            case .close: throw DeviceError(.linkLost, operation)
            case .opened, .deliver, .event, .skip: break
            }
            let delivery = await nextDelivery(within: replyTimeout)
            guard case .expired = delivery else {
                try check(delivery, operation)
                return delivery
            }
            action = machine.timedOut()
        }
    }

    private func transmit(_ frame: Frame, _ operation: String) async throws {
        try Task.checkCancellation()
        do {
            try await transport.send(frame)
        } catch let error as TransportError {
            // What ended the link comes by way of `inbound` and says more than that it is closed.
            if error.code == .closed, !linkIsGone,
                case .failure(let cause as TransportError) = await nextDelivery(
                    within: configuration.grace)
            {
                throw DeviceError.from(cause, operation)
            }
            throw failed(.linkLost, operation, error)
        }
    }

    private func check(_ delivery: Delivery, _ operation: String) throws {
        switch delivery {
        case .frame, .opened, .expired: break
        case .cancelled: throw CancellationError()
        case .closed: throw DeviceError(.linkLost, operation)
        case .failure(let failure as SessionFailure): throw failed(failure, operation)
        case .failure(let error as TransportError): throw DeviceError.from(error, operation)
        case .failure(let error): throw DeviceError(.linkLost, operation, "\(error)")
        }
    }

    /// A lost link is explained by what the transport said, which is more than the machine knows.
    private func failed(_ failure: SessionFailure, _ operation: String, _ cause: TransportError? = nil) -> DeviceError {
        if failure == .linkLost || failure == .notOpen, let error = linkError as? TransportError ?? cause {
            return DeviceError.from(error, operation)
        }
        return DeviceError.from(failure, operation)
    }
}
