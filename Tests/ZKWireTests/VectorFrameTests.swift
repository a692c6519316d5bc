import NIOCore
import Testing

@testable import ZKWire

@Suite("Published vectors: frames, streams and datagrams")
struct VectorFrameTests {
    @Test("The file holds all 142 vectors, each id once")
    func complete() {
        #expect(Vector.all.count == 142)
        #expect(Set(Vector.all.map(\.id)).count == 142)
    }

    @Test(
        "A frame decodes to its header numbers, name, data and checksum verdict",
        arguments: Vector.all.filter { $0.kind == .frame })
    func header(_ vector: Vector) throws {
        let header = try #require(vector.header)
        let received = try ReceivedFrame(payload: vector.payload)
        expect(received, is: header)
        #expect(hexText(received.frame.data) == header.dataHex)
        #expect(received.isIntact == vector.checksumOK)
        if vector.transport == "tcp" {
            #expect(vector.payload.count == header.tcpLength)
            #expect(Array(vector.bytes.prefix(4)) == Envelope.mark)
        }
    }

    @Test("A frame encodes to the bytes that were published", arguments: Vector.all.filter { $0.kind == .frame })
    func reencode(_ vector: Vector) throws {
        let frame = try ReceivedFrame(payload: vector.payload).frame
        if vector.checksumOK == true {
            #expect(hexText(frame.payload()) == hexText(vector.payload))
            if vector.transport == "tcp" { #expect(frame.enveloped() == vector.bytes) }
        } else {
            // The one wrong vector: everything but the checksum comes back, and the checksum comes back right.
            #expect(frame.payload() != vector.payload)
            #expect(frame.payload().dropFirst(4) == vector.payload.dropFirst(4))
            #expect(try ReceivedFrame(payload: frame.payload()).isIntact)
        }
    }

    @Test(
        "TCP bytes give the same frames in the published pieces, byte by byte and at once",
        arguments: Vector.all.filter { $0.transport == "tcp" })
    func segments(_ vector: Vector) throws {
        #expect(vector.segments.flatMap { $0 } == vector.bytes)
        let headers = vector.header.map { [$0] } ?? vector.headers
        #expect(!headers.isEmpty)
        for pieces in [vector.segments, vector.bytes.map { [$0] }, [vector.bytes]] {
            let frames = try decode(pieces)
            try #require(frames.count == headers.count, "in \(pieces.count) pieces")
            for (frame, header) in zip(frames, headers) { expect(frame, is: header) }
            #expect(frames.flatMap { Envelope.wrap(payload($0)) } == vector.bytes)
        }
    }

    @Test("Each datagram is one frame", arguments: Vector.all.filter { $0.kind == .datagrams })
    func datagrams(_ vector: Vector) throws {
        try #require(vector.segments.count == vector.headers.count)
        for (datagram, header) in zip(vector.segments, vector.headers) {
            let received = try ReceivedFrame(payload: datagram)
            expect(received, is: header)
            #expect(received.frame.payload() == datagram)
        }
    }

    /// What was received, with the checksum that stood in it.
    private func payload(_ received: ReceivedFrame) -> [UInt8] {
        var bytes = received.frame.payload()
        bytes[2] = UInt8(truncatingIfNeeded: received.checksum)
        bytes[3] = UInt8(truncatingIfNeeded: received.checksum >> 8)
        return bytes
    }

    private func decode(_ pieces: [[UInt8]]) throws -> [ReceivedFrame] {
        var decoder = EnvelopeDecoder()
        var frames: [ReceivedFrame] = []
        for piece in pieces {
            decoder.append(ByteBuffer(bytes: piece))
            while let payload = try decoder.next() { frames.append(try ReceivedFrame(payload: payload)) }
        }
        #expect(decoder.pending == 0)
        return frames
    }

    private func expect(_ received: ReceivedFrame, is header: Vector.Header) {
        #expect(received.frame.command.rawValue == header.command)
        #expect(received.frame.command.name == header.commandName)
        #expect(received.checksum == header.checksum)
        #expect(received.frame.session == header.session)
        #expect(received.frame.reply == header.reply)
        #expect(received.frame.data.count == header.dataLength)
        if let intact = header.checksumOK { #expect(received.isIntact == intact) }
    }
}
