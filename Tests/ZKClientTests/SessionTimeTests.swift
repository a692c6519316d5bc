import HadirTestSupport
import Synchronization
import Testing
import ZKClient
import ZKSimulator
import ZKWire

/// Time-outs, cancellation and the way out, on a clock that stands still and a link in memory: nothing here waits.
@Suite("Session, time and the way out", .timeLimit(.minutes(1)))
struct SessionTimeTests {
    /// A session with a device in memory, not yet open.
    private struct Bench {
        let device: DeviceInMemory
        let clock = ManualClock()
        let transport: LinkedTransport
        let session: DeviceSession

        init(
            isDatagram: Bool = false, _ configuration: DeviceSession.Configuration = .init(), records: Int = 200,
            faults: String = ""
        ) throws {
            device = try DeviceInMemory(records: records, faults: faults)
            transport = LinkedTransport(isDatagram: isDatagram, script: device.script)
            session = DeviceSession(
                transport: transport, configuration: configuration, clock: clock, logger: quiet)
        }

        /// Runs `body` and moves the clock whenever it waits, until it is done.
        func moving<Result: Sendable>(
            by step: Duration = .seconds(1), _ body: @escaping @Sendable () async throws -> Result
        ) async -> Swift.Result<Result, any Error> {
            let mover = Task { [clock] in
                while !Task.isCancelled {
                    if clock.sleeping > 0 { clock.advance(by: step) }
                    await Task.yield()
                }
            }
            defer { mover.cancel() }
            do { return .success(try await body()) } catch { return .failure(error) }
        }
    }

    private func code(_ result: Result<some Sendable, any Error>) -> DeviceError.Code? {
        guard case .failure(let error) = result else { return nil }
        return (error as? DeviceError)?.code
    }

    // MARK: Silence

    @Test(
        "A device that is silent at CONNECT: asked once over a stream, four times over datagrams, after exactly so long",
        arguments: [false, true])
    func silentAtConnect(_ isDatagram: Bool) async throws {
        let bench = try Bench(isDatagram: isDatagram)
        bench.device.swallow(.connect, .exit)
        let opening = Task { try await bench.session.open() }
        for attempt in 1...(isDatagram ? 4 : 1) {
            await bench.clock.sleepers(1)
            let limit: Duration = isDatagram ? .seconds(2) : .seconds(10)
            bench.clock.advance(by: limit - .milliseconds(1))
            await bench.clock.sleepers(1)
            #expect(bench.transport.counters.framesOut == attempt, "not a moment sooner")
            bench.clock.advance(by: .milliseconds(1))
        }
        let result = await opening.result
        #expect(code(result) == .noAnswer)
        let closed = await bench.moving { await bench.session.close() }
        #expect(throws: Never.self) { try closed.get() }
        #expect(bench.transport.isClosed)
    }

    @Test("A command that is never answered", arguments: [false, true])
    func silentCommand(_ isDatagram: Bool) async throws {
        let bench = try Bench(isDatagram: isDatagram)
        try await bench.session.open()
        bench.device.swallow(.getTime)
        let result = await bench.moving { try await bench.session.deviceTime() }
        #expect(code(result) == .timedOut)
        bench.device.swallow()
        let again = try await bench.session.deviceTime()
        #expect(again.parts.year == 2026, "the session goes on")
        await bench.session.close()
    }

    @Test("D3 A transfer is given up after the time for all of it, however lively the device is")
    func transferTimeout() async throws {
        var configuration = DeviceSession.Configuration()
        configuration.transferTimeout = .seconds(60)
        let clock = ManualClock()
        let request = Mutex<Frame?>(nil)
        let transport = LinkedTransport { frame in
            guard frame.command == .prepareBuffer else {
                return [Frame(.ackOK, session: 1, reply: frame.reply)]
            }
            request.withLock { $0 = frame }
            return [Frame(.prepareData, reply: frame.reply, data: TransferAnnouncement(size: 50_000, packet: 8).bytes)]
        }
        let session = DeviceSession(transport: transport, configuration: configuration, clock: clock, logger: quiet)
        try await session.open()
        let (progress, sink) = AsyncStream.makeStream(of: Int.self)
        var options = DeviceSession.AttendanceOptions.usual
        options.progress = { sink.yield($0) }
        let asked = options
        let reading = Task { try await session.readAttendance(since: nil, options: asked) }
        var steps = progress.makeAsyncIterator()
        _ = await steps.next()
        let frame = try #require(request.withLock { $0 })
        // A byte every nine seconds is never silence.
        for number in 1...6 {
            clock.advance(by: .seconds(9))
            transport.deliver(Frame(.data, session: 0, reply: frame.reply, data: [1]))
            #expect(await steps.next() == number)
            #expect(await session.mustEnable == false, "asked only so that the session has begun to wait again")
        }
        clock.advance(by: .seconds(9))
        let result = await reading.result
        #expect(throws: DeviceError(.timedOut, "read attendance", "the transfer took too long")) { try result.get() }
        await session.close()
    }

    @Test("One timer serves a transfer of thousands of frames")
    func oneTimer() async throws {
        let bench = try Bench(records: 20_000)
        try await bench.session.open()
        let read = try await bench.session.readAttendance(since: nil, options: .usual)
        #expect(read.raw == bench.device.raw)
        #expect(bench.clock.sleeping <= 1)
        await bench.session.close()
        #expect(bench.transport.heldBytes == 0)
    }

    @Test("Frames nobody waits for are not kept")
    func unasked() async throws {
        let bench = try Bench()
        try await bench.session.open()
        _ = try await bench.session.deviceTime()
        // The number of the command that was just answered, again and again: 60 MB in all.
        for _ in 0..<10 {
            for _ in 0..<200 {
                bench.transport.deliver(Frame(.ackOK, session: 0, reply: 1, data: Array(repeating: 1, count: 30_000)))
                bench.transport.deliver(Frame(.ackOK, session: 0, reply: 60_000))
            }
            while bench.transport.heldBytes > 0 { await Task.yield() }
        }
        _ = try await bench.session.deviceTime()
        #expect(await bench.session.skipped == 4000)
        #expect(bench.transport.heldBytes == 0)
        await bench.session.close()
    }

    // MARK: One command at a time

    @Test("A second command while one waits is refused and disturbs nothing")
    func busy() async throws {
        let bench = try Bench()
        try await bench.session.open()
        bench.device.swallow(.getTime)
        let first = Task { try await bench.session.deviceTime() }
        await bench.clock.sleepers(1)
        let second = await ZKClientTests.code { try await bench.session.firmware() }
        #expect(second == .busy)
        bench.transport.deliver(Frame(.ackOK, session: 0, reply: 1, data: [1, 2, 3, 4]))
        #expect(try await first.value.rawValue == 0x0403_0201)
        _ = try await bench.session.firmware()
        await bench.session.close()
    }

    @Test("A session opens once, and a closed one takes no command")
    func afterClose() async throws {
        let bench = try Bench()
        try await bench.session.open()
        let again = await ZKClientTests.code { try await bench.session.open() }
        #expect(again == .linkLost)
        await bench.session.close()
        await bench.session.close()
        let late = await ZKClientTests.code { try await bench.session.deviceTime() }
        #expect(late == .linkLost)
        #expect(bench.device.statistics.count(.exit) == 1)
        for await event in bench.session.events { Issue.record("\(event) after the end") }
    }

    @Test("Closing from another task ends the command that waits, and says goodbye all the same")
    func closeWhileWaiting() async throws {
        let bench = try Bench()
        try await bench.session.open()
        bench.device.swallow(.getTime)
        let waiting = Task { try await bench.session.deviceTime() }
        await bench.clock.sleepers(1)
        async let one: Void = bench.session.close()
        async let two: Void = bench.session.close()
        _ = await (one, two)
        #expect(code(await waiting.result) == .linkLost)
        #expect(bench.device.statistics.count(.exit) == 1)
    }

    // MARK: Enabling

    @Test(
        "T2 Disabled by us, enabled again: after success, an error, a lost answer",
        arguments: ["success", "error", "lost"])
    func enables(_ how: String) async throws {
        let bench = try Bench()
        try await bench.session.open()
        if how == "lost" {
            // The device did it, its answer never came.
            bench.device.swallow(.disableDevice)
            let result = await bench.moving { try await bench.session.disable(seconds: 30) }
            #expect(code(result) == .timedOut)
        } else {
            try await bench.session.disable(seconds: 30)
            #expect(bench.device.statistics.isDisabled)
        }
        #expect(await bench.session.mustEnable)
        if how == "error" {
            let option = await ZKClientTests.code { try await bench.session.confirm(.optionWrite, operation: "write") }
            #expect(option == .commandRefused)
        }
        await bench.session.close()
        #expect(!bench.device.statistics.isDisabled)
        #expect(bench.device.statistics.enables == 1 && bench.device.statistics.count(.exit) == 1)
        #expect(await bench.session.mustEnable == false)
    }

    @Test("T2 Cancelled in the middle of a read while disabled: prompt, enabled, goodbye said")
    func cancelled() async throws {
        let bench = try Bench()
        let task = Task {
            try await bench.session.open()
            do {
                try await bench.session.disable(seconds: 60)
                bench.device.swallow(.readBuffer)
                let read = try await bench.session.readAttendance(since: nil, options: .usual)
                await bench.session.close()
                return read
            } catch {
                await bench.session.close()
                throw error
            }
        }
        // Until the read waits for the chunk that never comes.
        while bench.device.statistics.count(.prepareBuffer) == 0 || bench.transport.counters.framesOut < 5 {
            await Task.yield()
        }
        task.cancel()
        let result = await task.result
        #expect { try result.get() } throws: { $0 is CancellationError }
        let statistics = bench.device.statistics
        #expect(!statistics.isDisabled && statistics.enables == 1 && statistics.count(.exit) == 1)
        #expect(bench.clock.sleeping == 0, "no timer is left")
    }

    @Test("T2 A link lost while disabled: owed to the next session, which pays first")
    func owed() async throws {
        let device = try DeviceInMemory()
        let lost = LinkedTransport(script: device.script)
        let first = DeviceSession(transport: lost, configuration: .init(), clock: ManualClock(), logger: quiet)
        try await first.open()
        try await first.disable(seconds: 0)
        lost.end()
        await first.close()
        #expect(await first.mustEnable)
        #expect(device.statistics.isDisabled)

        let next = DeviceSession(
            transport: LinkedTransport(script: device.script), configuration: .init(), clock: ManualClock(),
            logger: quiet)
        try await next.open(mustEnable: true)
        #expect(!device.statistics.isDisabled)
        #expect(await next.mustEnable == false)
        await next.close()
        #expect(device.statistics.enables == 1, "once is enough")
    }

    @Test("Nothing is left behind by a session that was never closed")
    func dropped() async throws {
        let transport: LinkedTransport
        do {
            let bench = try Bench()
            transport = bench.transport
            try await bench.session.open()
        }
        // `outbound` ends when the link does; the test's time limit is the failure.
        for await _ in transport.outbound {}
        #expect(transport.isClosed)
    }
}

/// The same on real sockets, where a device can be looked at.
@Suite("Session, cancellation on sockets", .timeLimit(.minutes(1)))
struct SessionCancellationTests {
    @Test(
        "A cancelled read returns at once with CancellationError, and the device is told goodbye",
        arguments: ConnectTests.links)
    func cancelled(_ link: DeviceAddress.Link) async throws {
        try await withDevice(records: 500) { device in
            let address = device.address(link)
            let reading = Task {
                try await withDeviceSession(to: address, configuration: .brisk, logger: quiet) { session in
                    try await session.disable(seconds: 600)
                    // From here on the device says nothing to 1504.
                    return try await session.readAttendance(since: nil, options: .usual)
                }
            }
            device.setFaults([Fault(.delay, 600_000, after: .commands(3))])
            _ = await device.wait { $0.count(.getFreeSizes) == 1 || $0.count(.readBuffer) == 1 }
            reading.cancel()
            // The delay is for what was asked; goodbye comes through.
            device.setFaults([])
            let result = await reading.result
            #expect { try result.get() } throws: { $0 is CancellationError }
            let isTold = await device.wait { $0.count(.exit) == 1 && $0.enables >= 1 && !$0.isDisabled }
            #expect(isTold)
        }
    }

    @Test("A cancelled connect does not wait for the time-out")
    func cancelledConnect() async throws {
        // TEST-NET-1: nobody answers there; where the system refuses at once, that is an error too.
        let address = DeviceAddress(link: .tcp, host: "192.0.2.1")
        let connecting = Task {
            try await withDeviceSession(to: address, configuration: .brisk, logger: quiet) { _ in }
        }
        connecting.cancel()
        let result = await connecting.result
        #expect { try result.get() } throws: { $0 is CancellationError || $0 is DeviceError }
    }
}
