import Foundation
import HadirTestSupport
import Logging
import Testing
import ZKClient
import ZKClientUSB
import ZKWire

private let place = USBPlace(vendor: 0x1B55, product: 0x0A01)
private let question = Frame(.getTime, session: 7, reply: 3)
private let answer = Frame(.ackOK, session: 7, reply: 3, data: [1, 2, 3, 4])

/// What the one who asks hears.
private func told(_ transport: any Transport) async -> TransportError.Code? {
    do {
        for try await frame in transport.inbound { transport.received(frame) }
        return nil
    } catch {
        return (error as? TransportError)?.code
    }
}

@Suite("USB: announce, then move", .timeLimit(.minutes(1)))
struct USBTransportTests {
    private let clock = LeapingClock()
    private let bus = ScriptedBus()

    private func terminal(_ answers: @escaping @Sendable (Frame) -> [Frame] = { _ in [answer] }) -> ScriptedTerminal {
        ScriptedTerminal(elapsed: { [clock] in clock.elapsed }, answers: answers)
    }

    private func connect(
        _ place: USBPlace = place, _ settings: USBSettings = USBSettings(), clock: LeapingClock? = nil
    ) async throws -> USBTransport {
        try await USBConnector(bus: bus, clock: clock ?? self.clock).connect(
            to: place, settings: settings, logger: quiet)
    }

    private func code(_ place: USBPlace = place) async -> TransportError.Code? {
        do {
            await (try await connect(place)).close()
            return nil
        } catch {
            return (error as? TransportError)?.code
        }
    }

    @Test("A terminal is left alone for 200 ms after each packet, also by a clock that wakes early")
    func settle() async throws {
        let clock = LeapingClock(wakesEarly: .milliseconds(30))
        let terminal = ScriptedTerminal(elapsed: { clock.elapsed }, answers: { _ in [answer] })
        bus.plug(terminal)
        let transport = try await connect(place, USBSettings(), clock: clock)
        var inbound = transport.inbound.makeAsyncIterator()
        for _ in 0..<20 {
            try await transport.send(question)
            #expect(try await inbound.next() == answer)
        }
        await transport.close()
        #expect(terminal.violations == [])
        #expect(terminal.shortestSettle >= .milliseconds(200))
        #expect(terminal.shortestSettle < .milliseconds(260), "and not much longer")
    }

    @Test("No setting lets it be asked sooner; a longer wait is kept")
    func settleIsNotLowered() {
        var settings = USBSettings()
        settings.settle = .milliseconds(199)
        #expect(settings.settle == .milliseconds(200))
        settings.settle = .zero
        #expect(settings.settle == .milliseconds(200))
        settings.settle = .seconds(1)
        #expect(settings.settle == .seconds(1))
    }

    @Test("Commands that are sent without waiting still keep the distance")
    func noHaste() async throws {
        let terminal = terminal()
        bus.plug(terminal)
        let transport = try await connect()
        for _ in 0..<5 { try await transport.send(question) }
        var arrived = terminal.arrived.makeAsyncIterator()
        for _ in 0..<5 { #expect(await arrived.next() == question) }
        await transport.close()
        #expect(terminal.violations == [])
    }

    @Test("A series ends with its last frame, and nothing more is asked")
    func series() async throws {
        let terminal = terminal { frame in
            [
                Frame(.prepareData, session: 7, reply: frame.reply, data: [8, 0, 0, 0]),
                Frame(.data, session: 7, reply: 9, data: [9]),
                Frame(.data, session: 7, reply: frame.reply, data: Array(0..<8)),
                Frame(.ackOK, session: 7, reply: frame.reply),
            ]
        }
        bus.plug(terminal)
        let transport = try await connect()
        try await transport.send(question)
        var commands: [Command] = []
        for try await frame in transport.inbound {
            commands.append(frame.command)
            if commands.count == 4 { break }
        }
        #expect(commands == [.prepareData, .data, .data, .ackOK])
        let asked = clock.elapsed
        terminal.put(answer)
        await transport.close()
        #expect(terminal.waiting == 1, "what nobody asked for stays there")
        #expect(clock.elapsed == asked)
    }

    @Test("A late reply of an earlier command does not end the wait for this one")
    func lateReply() async throws {
        let terminal = terminal { _ in [Frame(.ackOK, session: 7, reply: 2), answer] }
        bus.plug(terminal)
        let transport = try await connect()
        try await transport.send(question)
        var inbound = transport.inbound.makeAsyncIterator()
        #expect(try await inbound.next()?.reply == 2)
        #expect(try await inbound.next() == answer)
        await transport.close()
    }

    @Test("What was read before the cable was pulled is delivered, then the end is told; nothing hangs")
    func vanishes() async throws {
        let device = try DeviceOnUSB(now: { noon })
        device.plug()
        let transport = try await device.connector.connect(to: place, settings: .init(), logger: quiet)
        try await transport.send(Frame(.connect))
        var inbound = transport.inbound.makeAsyncIterator()
        let session = try #require(try await inbound.next()).session
        device.terminal.whim(.vanish)
        try await transport.send(Frame(.getTime, session: session, reply: 1))
        let error = await #expect(throws: TransportError.self) { _ = try await inbound.next() }
        #expect(error?.code == .closedByDevice)
        await #expect(throws: TransportError.self) { try await transport.send(question) }
        await transport.close()
        #expect(device.bus.claimed == 0)
    }

    @Test(
        "Each way a terminal fails has its error, and the interface is given back",
        arguments: [
            (ScriptedTerminal.Whim.stall, TransportError.Code.stalled), (.babble, .framingLost),
            (.silence, .timedOut), (.nothing, .timedOut), (.announce(65_536), .framingLost),
            (.announce(UInt32.max), .framingLost), (.halfAReply(5), .timedOut), (.announce(4000), .timedOut),
        ])
    func failures(_ whim: ScriptedTerminal.Whim, _ expected: TransportError.Code) async throws {
        let terminal = terminal()
        bus.plug(terminal)
        terminal.whim(whim)
        let transport = try await connect()
        try await transport.send(question)
        #expect(await told(transport) == expected)
        await transport.close()
        #expect(bus.claimed == 0)
        #expect(clock.elapsed < .seconds(12))
    }

    @Test("A wrong checksum, and packets too short for a frame, are dropped and counted")
    func badPackets() async throws {
        let terminal = terminal { _ in [] }
        bus.plug(terminal)
        let transport = try await connect()
        for length in 1..<8 { terminal.put([UInt8](repeating: 1, count: length)) }
        terminal.put(answer, isIntact: false)
        terminal.put(answer)
        try await transport.send(question)
        var inbound = transport.inbound.makeAsyncIterator()
        #expect(try await inbound.next() == answer)
        #expect(transport.counters.badChecksums == 8)
        await transport.close()
        #expect(terminal.violations == [])
    }

    @Test("A frame too long to be announced is refused before it is sent")
    func tooLong() async throws {
        bus.plug(terminal())
        let transport = try await connect()
        await #expect(throws: TransportError.self) {
            try await transport.send(Frame(.data, data: [UInt8](repeating: 0, count: 65_528)))
        }
        await transport.close()
    }

    // MARK: Finding and opening

    @Test("Absent, forbidden, held by another, without any USB: four errors that say what to do")
    func opening() async throws {
        #expect(await code() == .notPluggedIn)
        let device = bus.plug(terminal())
        bus.refuse(device, 1, .notPermitted)
        #expect(await code() == .notPermitted)
        bus.refuse(device, 1000, .busy)
        #expect(await code() == .heldByOther)
        bus.refuse(device, 5, .busy)
        #expect(await code() == nil, "a helper that only looks at new devices")
        bus.breakDown()
        #expect(await code() == .notPermitted)
        for code in [DeviceError.Code.notPluggedIn, .notPermitted, .heldByOther, .stalled, .unstable, .unsupported] {
            #expect(DeviceError(code, "connect").description.count > 60)
        }
        #expect(DeviceError(.notPermitted, "connect").description.contains("60-hadir-usb.rules"))
        #expect(DeviceError(.unstable, "connect").description.contains("power adapter"))
    }

    @Test("Which of several alike must be said, and then that one is opened")
    func several() async throws {
        bus.plug(terminal(), bus: 1, port: "1")
        let other = bus.plug(terminal(), bus: 1, port: "2.3")
        #expect(await code() == .unsupported)
        #expect(await code(USBPlace(vendor: 0x1B55, product: 0x0A01, bus: 1, port: "2.3")) == nil)
        #expect(await code(USBPlace(vendor: 0x1B55, product: 0x0A01, bus: 2)) == .notPluggedIn)
        #expect(bus.opened == [other])
    }

    @Test("Scanners, serial lines and what has no bulk endpoints are never claimed, whatever an address says")
    func strangers() async throws {
        struct Known: Decodable { let id, what, action: String }
        let list = try JSONDecoder().decode([Known].self, from: Data(zkUSBVector("device-list.json")))
        #expect(list.count == 6)
        for known in list {
            let ids = known.id.split(separator: ":").map { UInt16($0, radix: 16) ?? 0 }
            bus.plug(terminal(), ids[0], ids[1], port: known.id)
        }
        for known in list where known.action != "claim" && known.what != "root hub" {
            let address = try DeviceAddress(parsing: "usb://\(known.id)")
            #expect(await code(try #require(address.usb)) == .unsupported, "\(known)")
        }
        #expect(bus.opened == [])
        #expect(await code() == nil)
        #expect(bus.opened.map(\.pair) == ["1b55:0a01"])
        let mouse = ScriptedTerminal(
            interface: USBInterface(deviceClass: 3, bulkOut: nil, bulkIn: nil), elapsed: { .zero })
        bus.plug(mouse, 0x046D, 0xC077)
        #expect(await code(USBPlace(vendor: 0x046D, product: 0xC077)) == .unsupported)
        #expect(bus.claimed == 0)
    }

    @Test("Where only others are plugged in, the error names them")
    func hint() async throws {
        bus.plug(terminal(), 0x1B55, 0xB400)
        let error = await #expect(throws: TransportError.self) { try await connect() }
        #expect(error?.code == .notPluggedIn)
        #expect(error?.detail.contains("1b55:b400") == true, "\(error.map { "\($0)" } ?? "")")
    }

    @Test("A terminal that leaves three times in three minutes is called unstable; later losses are single ones again")
    func unstable() async throws {
        let device = try DeviceOnUSB(now: { noon })
        var codes: [TransportError.Code?] = []
        for round in 0..<5 {
            if round == 4 { device.clock.advance(by: .seconds(600)) }
            device.plug()
            device.terminal.whim(.vanish)
            let transport = try await device.connector.connect(to: place, settings: .init(), logger: quiet)
            try await transport.send(Frame(.connect))
            codes.append(await told(transport))
            await transport.close()
        }
        #expect(codes == [.closedByDevice, .closedByDevice, .unstable, .unstable, .closedByDevice])
    }

    @Test("Closing while the terminal is waited for ends at once, twice if need be")
    func closes() async throws {
        bus.plug(terminal { _ in [] })
        var settings = USBSettings()
        settings.answerLimit = .seconds(1 << 40)
        let transport = try await connect(place, settings)
        try await transport.send(question)
        async let one: Void = transport.close()
        async let two: Void = transport.close()
        _ = await (one, two)
        #expect(bus.claimed == 0)
        #expect(await code() == nil, "and it can be opened again")
    }
}
