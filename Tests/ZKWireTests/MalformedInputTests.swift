import NIOCore
import Testing

@testable import ZKWire

/// Every parser over bytes that are wrong. A trap would end the whole test run; an error must say what and where.
@Suite("Malformed input")
struct MalformedInputTests {
    private static let seed: UInt64 = 0x50_50_82_7D

    private typealias Parser = (name: String, parse: @Sendable ([UInt8]) throws -> Int)

    /// All parsers that take bytes, by name; each returns how many bytes its value holds on to.
    private static let parsers: [Parser] = messages + attendance + users + [("detection", detect)]

    private static let messages: [Parser] = [
        ("frame", { try ReceivedFrame(payload: $0).frame.data.count }),
        ("event", { (try? ReceivedFrame(payload: $0)).flatMap { RealtimeEvent($0.frame) }.map { held($0) } ?? 0 }),
        ("events", { AttendanceEvent.all(in: $0).reduce(0) { $0 + $1.raw.count } }),
        ("dataset", { try Dataset($0).body.count }),
        ("operations", { try OperationRecord.all(in: $0).count * OperationRecord.size }),
        ("operation", { try OperationRecord($0).parameters.count }),
        ("templates", { try TemplateEntry.all(in: $0).reduce(0) { $0 + $1.template.bytes.count } }),
        ("sizes", { FreeSizes($0) == nil ? 0 : 80 }),
        ("option", { DeviceOption($0).map { _ in 0 } ?? 0 }),
        ("bufferRequest", { Int(try BufferRequest($0).ext & 1) }),
        ("announcement", { try BufferAnnouncement($0).size & 1 }),
        ("bufferRange", { try BufferRange($0).size & 1 }),
        ("transfer", { try TransferAnnouncement($0).size & 1 }),
        ("key", { CommKey(12).accepts($0, session: 1) ? 4 : 0 }),
    ]

    private static let attendance: [Parser] = AttendanceLayout.allCases.flatMap { layout -> [Parser] in
        [
            ("attendance \(layout)", { try AttendanceRecord($0, layout: layout).raw.count }),
            ("log \(layout)", { try AttendanceRecord.all(in: $0, layout: layout).count * layout.size }),
        ]
    }

    private static let users: [Parser] = UserLayout.allCases.map { layout -> Parser in
        ("user \(layout)", { try UserRecord($0, layout: layout).userID.count })
    }

    private static let detect: @Sendable ([UInt8]) throws -> Int = { bytes in
        let latest = PackedTime(rawValue: 840_000_000)
        for count in [nil, 0, bytes.count / 40] {
            _ = try? LayoutDetection.attendance(total: bytes.count, sample: bytes, count: count, latest: latest)
            _ = try? LayoutDetection.users(total: bytes.count, sample: bytes, count: count)
        }
        return 0
    }

    private static func held(_ event: RealtimeEvent) -> Int {
        switch event.content {
        case .attendance(let events): events.reduce(0) { $0 + $1.raw.count }
        case .other(let data): data.count
        case .enrolFinger(_, _, let userID, _): userID.count
        case .verify, .fingerScore, .alarm: 0
        }
    }

    /// Runs every parser: a value no larger than its input, or a `WireError` that names field and offset.
    private func feed(_ bytes: [UInt8], _ what: @autoclosure () -> String) {
        for (name, parse) in Self.parsers {
            do {
                let held = try parse(bytes)
                // `user` makes text of a number: at most ten digits of two or four bytes.
                #expect(held <= bytes.count + 10, "\(name) holds \(held) of \(bytes.count) bytes: \(what())")
            } catch let error as WireError {
                #expect(
                    !error.field.isEmpty && (0...bytes.count).contains(error.offset), "\(name): \(error), \(what())")
                if case .tooShort(let needed, let got) = error.problem { #expect(got < needed) }
            } catch {
                Issue.record("\(name) threw \(error): \(what())")
            }
        }
    }

    @Test("Every vector cut at every byte")
    func truncated() {
        for vector in Vector.all {
            let bytes = vector.payload
            for length in 0...min(bytes.count, 600) {
                feed(Array(bytes.prefix(length)), "\(vector.id) cut to \(length)")
            }
        }
    }

    @Test("Every vector with each of its first 64 bytes' bits flipped")
    func flipped() {
        for vector in Vector.all where vector.bytes.count < 600 {
            for position in 0..<min(64, vector.payload.count) {
                for bit in [0, 3, 7] {
                    var bytes = vector.payload
                    bytes[position] ^= 1 << UInt8(bit)
                    feed(bytes, "\(vector.id), bit \(bit) of byte \(position)")
                }
            }
        }
    }

    @Test("Vectors glued to each other")
    func glued() {
        let short = Vector.all.filter { $0.bytes.count < 200 }
        for (first, second) in zip(short, short.dropFirst()) {
            feed(first.payload + second.payload, "\(first.id) + \(second.id)")
        }
    }

    @Test("Random bytes by a printed seed")
    func random() {
        var generator = SeededGenerator(seed: Self.seed)
        for round in 0..<2000 {
            let length = Int.random(in: 0...300, using: &generator)
            let bytes = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            feed(bytes, "seed \(Self.seed), round \(round)")
        }
    }

    @Test("A template entry of size 0 to 5 ends with an error that names it", arguments: 0...5)
    func templateSize(_ size: UInt8) {
        let expected = WireError("template.size", at: 7, .outOfRange(value: Int(size), allowed: "6 or more"))
        #expect(throws: expected) {
            _ = try TemplateEntry.all(in: [7, 0, 1, 0, 0, 1, 0xAA] + [size, 0, 1, 0, 0, 1])
        }
    }

    @Test("D4 A dataset's promise of four thousand million bytes costs nothing")
    func hugePromise() throws {
        let dataset = try Dataset([0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3])
        #expect(dataset.promised == Int(UInt32.max))
        #expect(dataset.body == [1, 2, 3])
        #expect(!dataset.isComplete)
    }
}

@Suite("TCP framing against hostile bytes")
struct EnvelopeDecoderTests {
    private let frames = Vector.all.filter { $0.transport == "tcp" && $0.bytes.count < 600 }

    @Test("Any segmenting gives the same payloads", arguments: 0..<40)
    func randomSegments(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let stream = frames.flatMap(\.bytes)
        var decoder = EnvelopeDecoder()
        var joined: [UInt8] = []
        var position = 0
        while position < stream.count {
            let length = min(stream.count - position, Int.random(in: 0...97, using: &generator))
            decoder.append(ByteBuffer(bytes: stream[position..<(position + length)]))
            position += length
            #expect(decoder.pending <= position, "seed \(seed)")
            while let payload = try decoder.next() { joined += Envelope.wrap(payload) }
        }
        #expect(joined == stream, "seed \(seed)")
        #expect(decoder.pending == 0)
    }

    @Test("Lengths below a header end the connection with the field's name", arguments: 0...7)
    func tooShort(_ length: UInt32) {
        expectRefused(length)
    }

    @Test(
        "Lengths beyond the limit end the connection before a byte of them is awaited",
        arguments: [UInt32(1 << 20) + 1, 1 << 24, 0x7FFF_FFFF, 0x8000_0000, .max])
    func tooLong(_ length: UInt32) {
        expectRefused(length)
    }

    private func expectRefused(_ length: UInt32) {
        var bytes = Envelope.mark
        bytes.append(littleEndian: length)
        var decoder = EnvelopeDecoder()
        decoder.append(bytes)
        let expected = WireError("envelope.length", at: 4, .outOfRange(value: Int(length), allowed: "8 to 1048576"))
        #expect(throws: expected) { _ = try decoder.next() }
        // The framing is lost for good, and what still comes is not kept.
        decoder.append(frames[0].bytes)
        decoder.append(ByteBuffer(bytes: frames[0].bytes))
        #expect(decoder.pending == 0)
        #expect(throws: expected) { _ = try decoder.next() }
    }

    @Test("The longest payload allowed is read, over 65535 bytes and all")
    func longest() throws {
        for count in [65_536 + 8, Frame.longestPayload] {
            let payload = Frame(.data, data: Array(repeating: 0x50, count: count - 8)).payload()
            var decoder = EnvelopeDecoder()
            decoder.append(Envelope.wrap(payload))
            #expect(try decoder.next() == payload)
        }
    }

    @Test("A wrong mark is told at its first wrong byte, a panel's by name")
    func wrongMark() {
        for position in 0..<4 {
            for length in (position + 1)...4 {
                var bytes = Array(Envelope.mark.prefix(length))
                bytes[position] ^= 0x40
                var decoder = EnvelopeDecoder()
                decoder.append(bytes)
                #expect {
                    _ = try decoder.next()
                } throws: { error in
                    (error as? WireError)?.field == "envelope.mark"
                }
            }
        }
        var decoder = EnvelopeDecoder()
        decoder.append([0xAA, 0x01])
        #expect {
            _ = try decoder.next()
        } throws: { error in
            "\(error)".contains("access panel")
        }
    }

    @Test("Random bytes never give a payload without its mark and length")
    func random() {
        for seed in UInt64(0)..<500 {
            var generator = SeededGenerator(seed: seed)
            var decoder = EnvelopeDecoder()
            var stream = frames[Int(seed) % frames.count].bytes
            let at = Int.random(in: 0..<stream.count, using: &generator)
            stream[at] = UInt8.random(in: .min ... .max, using: &generator)
            decoder.append(stream + stream)
            var taken = 0
            do {
                while let payload = try decoder.next() {
                    #expect(payload.count >= Frame.headerSize)
                    taken += payload.count + Envelope.size
                }
                #expect(taken + decoder.pending == stream.count * 2, "seed \(seed)")
            } catch {
                #expect(error.field.hasPrefix("envelope."), "seed \(seed)")
            }
        }
    }

    @Test("A burst of many frames is not kept once read")
    func memory() throws {
        var decoder = EnvelopeDecoder()
        let frame = Frame(.data, session: 1, data: Array(repeating: 7, count: 1000)).enveloped()
        for _ in 0..<3000 {
            decoder.append(frame)
            #expect(try decoder.next()?.count == 1008)
            #expect(decoder.pending == 0)
        }
    }
}
