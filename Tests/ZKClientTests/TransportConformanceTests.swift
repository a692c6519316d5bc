import Testing
import ZKClient
import ZKWire

/// What every transport must do; one list for all.
@Suite("Transport conformance", .timeLimit(.minutes(1)))
struct TransportConformanceTests {
    private func frame(_ number: Int, size: Int = 40) -> Frame {
        Frame(
            .data, session: UInt16(truncatingIfNeeded: number), reply: UInt16(truncatingIfNeeded: number * 7),
            data: (0..<size).map { UInt8(truncatingIfNeeded: $0 &+ number) })
    }

    @Test("Frames arrive whole and in order, both ways", arguments: LinkKind.allCases)
    func order(_ kind: LinkKind) async throws {
        try await Rig.with(kind) { rig in
            let frames = (0..<200).map { frame($0, size: $0 * 5) }
            // Ten at a time: a socket's buffer may drop datagrams that nobody took yet.
            let runs = stride(from: 0, to: frames.count, by: 10).map { frames[$0..<($0 + 10)] }
            var arrived = rig.arrived.makeAsyncIterator()
            for run in runs {
                for frame in run { try await rig.transport.send(frame) }
                for expected in run { #expect(await arrived.next() == expected) }
            }
            let before = rig.transport.counters
            var inbound = rig.transport.inbound.makeAsyncIterator()
            for run in runs {
                for frame in run { try await rig.send(frame) }
                for expected in run {
                    #expect(try await inbound.next() == expected)
                    rig.transport.received(expected)
                }
            }
            let after = rig.transport.counters
            #expect(after.framesIn - before.framesIn == 200 && after.badChecksums == 0)
            let payload = frames.reduce(0) { $0 + Frame.headerSize + $1.data.count }
            #expect(after.bytesIn - before.bytesIn == payload + (kind == .tcp ? 200 * Envelope.size : 0))
            #expect(before.framesOut >= 200 && before.bytesOut >= payload)
        }
    }

    @Test("A frame with a wrong checksum is dropped and counted, and the next one comes", arguments: LinkKind.allCases)
    func corrupt(_ kind: LinkKind) async throws {
        try await Rig.with(kind) { rig in
            try await rig.send(frame(1), false)
            try await rig.send(frame(2))
            var inbound = rig.transport.inbound.makeAsyncIterator()
            #expect(try await inbound.next() == frame(2))
            #expect(rig.transport.counters.badChecksums == 1)
        }
    }

    @Test(
        "Frames that came before the device closed are all delivered, then the end is told",
        arguments: [LinkKind.tcp, .linked])
    func deviceCloses(_ kind: LinkKind) async throws {
        try await Rig.with(kind) { rig in
            for number in 0..<50 { try await rig.send(frame(number)) }
            await rig.closeDevice()
            var count = 0
            let error = await #expect(throws: TransportError.self) {
                for try await received in rig.transport.inbound {
                    #expect(received == frame(count))
                    count += 1
                }
            }
            #expect(count == 50)
            #expect(error?.code == .closedByDevice)
        }
    }

    @Test("A datagram to a port where nobody listens any more ends the link as refused")
    func portUnreachable() async throws {
        try await Rig.with(.udp) { rig in
            await rig.closeDevice()
            try await rig.transport.send(frame(1))
            let error = await #expect(throws: TransportError.self) {
                for try await _ in rig.transport.inbound {}
            }
            #expect(error?.code == .refused)
        }
    }

    @Test("Closing ends `inbound`, sends nothing more, and may be done twice", arguments: LinkKind.allCases)
    func weClose(_ kind: LinkKind) async throws {
        try await Rig.with(kind) { rig in
            await rig.transport.close()
            for try await frame in rig.transport.inbound { Issue.record("\(frame) after the end") }
            let sent = rig.transport.counters.framesOut
            let error = await #expect(throws: TransportError.self) { try await rig.transport.send(frame(1)) }
            #expect(error?.code == .closed)
            #expect(rig.transport.counters.framesOut == sent)
            await rig.transport.close()
        }
    }

    @Test("D4 A device that sends more than is read loses the link before memory is full", arguments: LinkKind.allCases)
    func flood(_ kind: LinkKind) async throws {
        try await Rig.with(kind) { rig in
            let big = frame(3, size: kind == .udp ? 1400 : 60_000)
            let flood = Task {
                // Until nobody listens any more: some of it is lost over UDP.
                for _ in 0..<1_000_000 {
                    do { try await rig.send(big) } catch { return }
                    if Task.isCancelled { return }
                }
            }
            var taken = 0
            let error = await #expect(throws: TransportError.self) {
                // Taken, but never dealt with.
                for try await frame in rig.transport.inbound { taken += Frame.headerSize + frame.data.count }
            }
            flood.cancel()
            await flood.value
            #expect(error?.code == .flooded)
            #expect(taken <= 16 << 20)
            #expect(taken > 15 << 20)
        }
    }

    @Test("What was dealt with no longer counts", arguments: [LinkKind.tcp, .linked, .usb])
    func noFlood(_ kind: LinkKind) async throws {
        try await Rig.with(kind) { rig in
            let big = frame(3, size: 60_000)
            var inbound = rig.transport.inbound.makeAsyncIterator()
            for _ in 0..<400 {
                try await rig.send(big)
                #expect(try await inbound.next() == big)
                rig.transport.received(big)
            }
            #expect(rig.transport.counters.bytesIn > 20 << 20)
        }
    }

    // MARK: Streams

    @Test("Segment borders mean nothing: byte by byte, and many frames in one", arguments: [1, 3, 7, 1000])
    func segments(_ length: Int) async throws {
        try await Rig.with(.tcp) { rig in
            let sendBytes = try #require(rig.sendBytes)
            let frames = (0..<20).map { frame($0, size: $0) }
            let stream = frames.flatMap { $0.enveloped() }
            for start in stride(from: 0, to: stream.count, by: length) {
                try await sendBytes(Array(stream[start..<min(start + length, stream.count)]))
            }
            var inbound = rig.transport.inbound.makeAsyncIterator()
            for expected in frames { #expect(try await inbound.next() == expected) }
        }
    }

    @Test(
        "Bytes that are no frame end the link; a panel is known by its first byte, and only there",
        arguments: [
            ([0xAA, 0x01, 0x00], false, TransportError.Code.accessPanel), ([0x55, 0x01], false, .framingLost),
            ([0xAA, 0x01, 0x00], true, .framingLost), ([0x50, 0x50, 0x82, 0x7D, 7, 0, 0, 0], false, .framingLost),
            ([0x50, 0x50, 0x82, 0x7D, 0, 0, 0, 0x80], true, .framingLost),
        ] as [([UInt8], Bool, TransportError.Code)])
    func framingLost(_ bytes: [UInt8], _ afterFrame: Bool, _ expected: TransportError.Code) async throws {
        try await Rig.with(.tcp) { rig in
            let sendBytes = try #require(rig.sendBytes)
            if afterFrame { try await rig.send(frame(1)) }
            try await sendBytes(bytes)
            var count = 0
            let error = await #expect(throws: TransportError.self) {
                for try await _ in rig.transport.inbound { count += 1 }
            }
            #expect(error?.code == expected)
            #expect(count == (afterFrame ? 1 : 0))
            await #expect(throws: TransportError.self) { try await rig.transport.send(frame(1)) }
        }
    }

    @Test("A connection that ends in the middle of a frame says so")
    func endsInFrame() async throws {
        try await Rig.with(.tcp) { rig in
            let sendBytes = try #require(rig.sendBytes)
            try await sendBytes(Array(frame(1).enveloped().dropLast(3)))
            await rig.closeDevice()
            let error = await #expect(throws: TransportError.self) {
                for try await frame in rig.transport.inbound { Issue.record("\(frame)") }
            }
            #expect(error == TransportError(.closedByDevice, "in the middle of a frame"))
        }
    }

    // MARK: Datagrams

    @Test("Datagrams too short for a frame are passed over", arguments: 0..<8)
    func shortDatagram(_ length: Int) async throws {
        try await Rig.with(.udp) { rig in
            let sendBytes = try #require(rig.sendBytes)
            try await sendBytes(Array(repeating: 1, count: length))
            try await rig.send(frame(2))
            var inbound = rig.transport.inbound.makeAsyncIterator()
            #expect(try await inbound.next() == frame(2))
        }
    }
}
