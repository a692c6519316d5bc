import Foundation
import HadirTestSupport
import Synchronization
import Testing
import ZKClient
import ZKClientUSB
import ZKWire

/// A file of the reference's sample data.
func zkUSBVector(_ name: String) throws -> [UInt8] {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    return Array(try Data(contentsOf: tests.appending(path: "DeviceFormatsTests/Vectors/zk-usb/\(name)")))
}

private func bytes(_ hex: String) -> [UInt8] {
    let digits = hex.compactMap { $0.hexDigitValue }
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

/// One transfer of a transcript.
private struct Step: Decodable, Sendable {
    let op: String
    let setup, ep, data: String?
    let want: Int?
    let not_before_ms_after_last_bulk_out: Int?
}

private struct Transcript: Decodable, Sendable {
    let steps: [Step]

    static func load(_ name: String) throws -> Transcript {
        try JSONDecoder().decode(Transcript.self, from: Data(zkUSBVector(name)))
    }
}

/// A terminal that follows a transcript to the letter.
private final class TranscriptTerminal: ScriptedBus.Behind {
    let interface = USBInterface.expected
    private let steps: [Step]
    private let clock: LeapingClock
    private let state = Mutex(State())

    private struct State {
        var next = 0
        var outAt: Duration?
        var wrong: [String] = []
    }

    init(_ transcript: Transcript, clock: LeapingClock) {
        steps = transcript.steps
        self.clock = clock
    }

    var wrong: [String] { state.withLock { $0.wrong } }
    var isDone: Bool { state.withLock { $0.next == steps.count } }

    private func step(_ did: String, _ matches: (Step) -> Bool) throws(USBFault) -> Step {
        let now = clock.elapsed
        let step: Step? = state.withLock { state in
            guard state.next < steps.count, matches(steps[state.next]) else {
                state.wrong.append("\(did) at step \(state.next)")
                return nil
            }
            let step = steps[state.next]
            if let least = step.not_before_ms_after_last_bulk_out, let outAt = state.outAt,
                now - outAt < .milliseconds(least)
            {
                state.wrong.append("\(did) after \(now - outAt)")
            }
            if step.op == "bulk-out" { state.outAt = now }
            state.next += 1
            return step
        }
        guard let step else { throw USBFault(.stalled, did) }
        return step
    }

    func controlOut(_ request: UInt8, _ value: UInt16) throws(USBFault) {
        let setup = [0x40, request, UInt8(truncatingIfNeeded: value), UInt8(value >> 8), 0, 0, 0, 0]
        _ = try step("setup \(setup)") { $0.op == "control-out" && $0.setup.map(bytes) == setup }
    }

    func bulkOut(_ endpoint: UInt8, _ data: [UInt8]) throws(USBFault) -> Int {
        _ = try step("out \(data)") {
            $0.op == "bulk-out" && $0.ep.map(bytes) == [endpoint] && $0.data.map(bytes) == data
        }
        return data.count
    }

    func bulkIn(_ endpoint: UInt8, _ count: Int) throws(USBFault) -> [UInt8] {
        let step = try step("in \(count)") { $0.op == "bulk-in" && $0.ep.map(bytes) == [endpoint] && $0.want == count }
        return bytes(step.data ?? "")
    }
}

@Suite("USB: the reference's sample data", .timeLimit(.minutes(1)))
struct USBVectorTests {
    /// Plays the host's packets of a transcript; the frames that came back.
    private func play(_ name: String) async throws -> [Frame] {
        let transcript = try Transcript.load(name)
        let clock = LeapingClock()
        let bus = ScriptedBus()
        let terminal = TranscriptTerminal(transcript, clock: clock)
        bus.plug(terminal)
        let transport = try await USBConnector(bus: bus, clock: clock).connect(
            to: USBPlace(vendor: 0x1B55, product: 0x0A01), settings: .init(), logger: quiet)
        var inbound = transport.inbound.makeAsyncIterator()
        var frames: [Frame] = []
        let outs = transcript.steps.indices.filter { transcript.steps[$0].op == "bulk-out" }
        for (position, out) in outs.enumerated() {
            let sent = try ReceivedFrame(payload: bytes(transcript.steps[out].data ?? ""))
            #expect(sent.isIntact)
            try await transport.send(sent.frame)
            let end = position + 1 < outs.count ? outs[position + 1] : transcript.steps.count
            let replies = transcript.steps[out..<end].count { $0.op == "bulk-in" } / 2
            for _ in 0..<replies { frames.append(try #require(try await inbound.next())) }
        }
        await transport.close()
        #expect(terminal.wrong == [])
        #expect(terminal.isDone)
        return frames
    }

    @Test("Connect and exit, byte for byte")
    func connectAndExit() async throws {
        let frames = try await play("connect-exit.json")
        #expect(frames.map(\.command) == [.ackOK, .ackOK])
        #expect(frames.first?.session == 4660)
    }

    @Test("A session says connect and exit as the transcript has it")
    func sessionConnects() async throws {
        let clock = LeapingClock()
        let bus = ScriptedBus()
        let terminal = TranscriptTerminal(try Transcript.load("connect-exit.json"), clock: clock)
        bus.plug(terminal)
        let transport = try await USBConnector(bus: bus, clock: clock).connect(
            to: USBPlace(vendor: 0x1B55, product: 0x0A01), settings: .init(), logger: quiet)
        let session = DeviceSession(transport: transport, configuration: .brisk, logger: quiet)
        try await session.open()
        await session.close()
        #expect(terminal.wrong == [] && terminal.isDone)
    }

    @Test("Two records read, byte for byte, and what they say")
    func twoRecords() async throws {
        let frames = try await play("read-two-records.json")
        #expect(DeviceOption(frames[1].data)?.value == "NPT0000000001")
        #expect(frames[2].data == [2, 0, 0, 0])
        let data = try #require(frames.first { $0.command == .data }).data
        let expected = try zkUSBVector("attlog22-two.bin")
        #expect(data == expected)
        let dataset = try Dataset(data)
        let latest = PackedTime(.init(year: 2027, month: 1, day: 1, hour: 0, minute: 0, second: 0))
        let verdict = try LayoutDetection.attendance(
            total: dataset.body.count, sample: dataset.body, count: 2, latest: try #require(latest))
        #expect(verdict.layout == .a22)
        let records = try AttendanceRecord.all(in: dataset.body, layout: .a22)
        #expect(records.map(\.who) == [.text(Array("1".utf8)), .text(Array("5".utf8))])
        #expect(records.map(\.time.parts.text) == ["2026-09-28 08:52:51", "2026-09-29 09:55:34"])
        #expect(records.map(\.index) == [1, 5] && records.map(\.verify) == [1, 1] && records.map(\.state) == [0, 0])
    }

    @Test("The capture holds the same transfers as the transcript")
    func capture() throws {
        let file = try zkUSBVector("connect-exit.pcap")
        func word(_ at: Int, _ size: Int) -> Int { (0..<size).reduce(0) { $0 | Int(file[at + $1]) << (8 * $1) } }
        #expect(word(20, 4) == 220, "usbmon with 64-byte headers")
        var outs: [[UInt8]] = []
        var ins: [[UInt8]] = []
        var setups: [[UInt8]] = []
        var at = 24
        while at + 16 + 64 <= file.count {
            let length = word(at + 8, 4)
            let head = at + 16
            let (type, transfer, endpoint) = (file[head + 8], file[head + 9], file[head + 10])
            let data = Array(file[(head + 64)..<(head + length)])
            switch (type, transfer, endpoint) {
            case (UInt8(ascii: "S"), 2, _): setups.append(Array(file[(head + 40)..<(head + 48)]))
            case (UInt8(ascii: "S"), 3, 0x03): outs.append(data)
            case (UInt8(ascii: "C"), 3, 0x82): ins.append(data)
            default: break
            }
            at = head + length
        }
        let steps = try Transcript.load("connect-exit.json").steps
        #expect(setups == steps.compactMap { $0.setup.map(bytes) })
        #expect(outs == steps.filter { $0.op == "bulk-out" }.compactMap { $0.data.map(bytes) })
        #expect(ins == steps.filter { $0.op == "bulk-in" }.compactMap { $0.data.map(bytes) })
    }

    @Test("A terminal that answers anything at all costs an error, never more")
    func anything() async throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let seed = random.next()
            let clock = LeapingClock()
            let bus = ScriptedBus()
            let terminal = NoiseTerminal(seed: seed)
            bus.plug(terminal)
            let transport = try await USBConnector(bus: bus, clock: clock).connect(
                to: USBPlace(vendor: 0x1B55, product: 0x0A01), settings: .init(), logger: quiet)
            try await transport.send(Frame(.connect))
            do {
                for try await frame in transport.inbound {
                    transport.received(frame)
                    if terminal.calls > 2000 { break }
                }
            } catch {
                #expect(error is TransportError, "seed \(seed)")
            }
            await transport.close()
            #expect(bus.claimed == 0, "seed \(seed)")
        }
    }
}

/// Says anything: small and large lengths, short transfers, faults.
private final class NoiseTerminal: ScriptedBus.Behind {
    let interface = USBInterface.expected
    private let state: Mutex<(seed: UInt64, calls: Int)>

    init(seed: UInt64) { state = Mutex((seed | 1, 0)) }

    var calls: Int { state.withLock { $0.calls } }

    private func next() -> UInt64 {
        state.withLock { state in
            state.calls += 1
            state.seed = state.seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state.seed >> 33
        }
    }

    func controlOut(_ request: UInt8, _ value: UInt16) throws(USBFault) { _ = next() }

    func bulkOut(_ endpoint: UInt8, _ bytes: [UInt8]) throws(USBFault) -> Int { bytes.count }

    func bulkIn(_ endpoint: UInt8, _ count: Int) throws(USBFault) -> [UInt8] {
        switch next() % 40 {
        case 0: throw USBFault(.stalled)
        case 1...3: throw USBFault(.timedOut)
        case 4...8: return []
        case 9: return [UInt8](repeating: 1, count: count + 1)
        case 10...25 where count == 4: return [UInt8(next() % 40), 0, 0, 0]
        default: return (0..<Int(next() % UInt64(count)) + 1).map { _ in UInt8(truncatingIfNeeded: next() % 3) }
        }
    }
}
