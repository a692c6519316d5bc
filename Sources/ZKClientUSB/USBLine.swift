import ZKClient
import ZKWire

/// Talks to one terminal on a thread of its own: announces each packet, then moves it (zk-usb, section 3.2).
///
/// Nothing goes to the terminal within `settle` of the last packet sent. That rule is kept here and nowhere above.
actor USBLine {
    private let bus: any USBBus
    private let settings: USBSettings
    private let clock: any Clock<Duration>
    /// By `clock`.
    private let elapsed: @Sendable () -> Duration
    private nonisolated let mail: USBMail
    private nonisolated let thread: DeviceThread
    private var handle: (any USBHandle)?
    private var endpoints: (out: UInt8, in: UInt8) = (0, 0)
    private var sentAt: Duration?
    private var answer: AnswerWatch?
    private var answerDue = Duration.zero

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(bus: any USBBus, name: String, settings: USBSettings, clock: any Clock<Duration>, mail: USBMail) {
        self.bus = bus
        self.settings = settings
        self.clock = clock
        self.mail = mail
        elapsed = Self.stopwatch(clock)
        thread = DeviceThread(name)
    }

    private static func stopwatch<C: Clock>(_ clock: C) -> @Sendable () -> Duration where C.Duration == Duration {
        let start = clock.now
        return { start.duration(to: clock.now) }
    }

    // MARK: Opening

    func devices() throws(TransportError) -> [USBDevice] {
        do { return try bus.list() } catch { throw TransportError(error, while: "looking for it") }
    }

    /// Opens and claims; waits a little for a program that only looks at new devices.
    func open(_ device: USBDevice) async throws -> USBInterface {
        var left = settings.busyTries
        while true {
            left -= 1
            do throws(USBFault) {
                return try take(device)
            } catch {
                guard error.code == .busy, left > 0 else { throw TransportError(error, while: "opening \(device)") }
            }
            try await clock.sleep(for: settings.busyPause)
        }
    }

    private func take(_ device: USBDevice) throws(USBFault) -> USBInterface {
        let handle = try bus.open(device)
        let interface = handle.interface
        guard interface.deviceClass == USBInterface.vendorClass, let out = interface.bulkOut,
            let input = interface.bulkIn
        else {
            // Not ours to claim; the caller says why.
            handle.close()
            return interface
        }
        do throws(USBFault) {
            try handle.claim()
        } catch {
            handle.close()
            throw error
        }
        self.handle = handle
        endpoints = (out, input)
        return interface
    }

    // MARK: Running

    /// Moves frames until the link is closed, then gives the device back.
    ///
    /// - Parameter ended: told why, before anybody else hears of it; what it returns is what they hear.
    func run(_ ended: @Sendable (TransportError) -> TransportError) async {
        var end: TransportError?
        do {
            try await serve()
        } catch let error as TransportError {
            if !mail.isClosed { end = ended(error) }
        } catch {
            // Cancelled: it was closed from our side.
        }
        mail.finish(end)
        giveBack()
    }

    func giveBack() {
        handle?.release()
        handle?.close()
        handle = nil
        mail.over()
    }

    private func serve() async throws {
        var bell = mail.bell.makeAsyncIterator()
        while !mail.isClosed {
            try Task.checkCancellation()
            if let frame = mail.next() {
                try await say(frame)
            } else if let answer, !answer.isWhole {
                try await hear(answer)
            } else if let idle = settings.idlePoll {
                try await settled()
                if try !collect() { try await clock.sleep(for: idle) }
            } else if await bell.next(isolation: self) == nil {
                return
            }
        }
    }

    /// S1 and S2.
    private func say(_ frame: Frame) async throws {
        try await settled()
        let packet = frame.payload()
        guard let length = UInt16(exactly: packet.count) else {
            throw TransportError(.framingLost, "\(packet.count) bytes are too many for USB")
        }
        try announce(settings.announceOut, length, "announcing a packet")
        // Counted from the last attempt, whatever became of it.
        sentAt = elapsed()
        let sent = try call("sending a packet") { handle throws(USBFault) in
            try handle.bulkOut(endpoints.out, packet, timeout: settings.slice * settings.mostQuiet)
        }
        sentAt = elapsed()
        guard sent == packet.count else {
            throw TransportError(.stalled, "\(sent) of \(packet.count) bytes of a packet went out")
        }
        answer = AnswerWatch(to: frame)
        answerDue = elapsed() + settings.answerLimit
    }

    /// R0.
    private func settled() async throws {
        // In a loop: a clock may wake early, and a terminal that is asked early is dead until its power is cut.
        while let sentAt, elapsed() - sentAt < settings.settle {
            try await clock.sleep(for: settings.settle - (elapsed() - sentAt))
        }
    }

    private func hear(_ watch: AnswerWatch) async throws {
        try await settled()
        let isThere = try collect()
        guard let answer, !answer.isWhole else { return }
        guard elapsed() < answerDue else {
            // It answered under another number; who waits for more has a time-out of his own.
            if answer.hasHeard {
                self.answer = nil
                return
            }
            throw TransportError(.timedOut, "no reply within \(settings.answerLimit)")
        }
        if isThere {
            answerDue = elapsed() + settings.answerLimit
        } else {
            try await clock.sleep(for: settings.pause)
        }
    }

    /// R1 to R5: one reply, where one is waiting.
    ///
    /// - Returns: whether there was one.
    private func collect() throws -> Bool {
        try announce(settings.announceIn, UInt16(Self.lengthSize), "asking for the length of a reply")
        let head = try read(Self.lengthSize, "reading the length of a reply")
        let length = head.leadingU32 ?? 0
        guard length > 0 else { return false }
        guard let announced = UInt16(exactly: length) else {
            throw TransportError(.framingLost, "it announces a reply of \(length) bytes; at most 65535 can be")
        }
        try announce(settings.announceIn, announced, "asking for a reply")
        let packet = try read(Int(announced), "reading a reply")
        if let frame = try mail.received(packet) { answer?.saw(frame) }
        return true
    }

    private static let lengthSize = 4

    // MARK: Transfers

    private func announce(_ request: UInt8, _ length: UInt16, _ what: String) throws {
        try call(what) { handle throws(USBFault) in
            try handle.controlOut(request: request, value: length, timeout: settings.slice * settings.mostQuiet)
        }
    }

    /// Exactly so many bytes, in however many transfers.
    private func read(_ count: Int, _ what: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        var quiet = 0
        while bytes.count < count {
            // Closing need not wait for a terminal that says nothing.
            guard !mail.isClosed else { throw TransportError(.closed, "") }
            let part = try call(what) { handle throws(USBFault) -> [UInt8] in
                do throws(USBFault) {
                    return try handle.bulkIn(endpoints.in, count - bytes.count, timeout: settings.slice)
                } catch  where error.code == .timedOut {
                    return []
                }
            }
            guard part.count <= count - bytes.count else {
                throw TransportError(USBFault(.overflow), while: what)
            }
            quiet = part.isEmpty ? quiet + 1 : 0
            bytes += part
            guard quiet < settings.mostQuiet else {
                throw TransportError(.timedOut, "\(what): \(bytes.count) of \(count) bytes came")
            }
        }
        return bytes
    }

    private func call<Value>(_ what: String, _ body: (any USBHandle) throws(USBFault) -> Value) throws -> Value {
        guard let handle else { throw TransportError(.closed, "") }
        do throws(USBFault) {
            return try body(handle)
        } catch {
            throw TransportError(error, while: what)
        }
    }
}
