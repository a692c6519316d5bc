import Synchronization
import ZKClientUSB
import ZKWire

/// The terminal's end of a USB cable: moves packets as zk-usb, section 3.2 has it, and is as touchy as a real one.
///
/// Whatever the host does wrong is written down, and then it is silent for good.
package final class ScriptedTerminal: ScriptedBus.Behind {
    /// What it does instead of what it should, once, at its next reply.
    package enum Whim: Hashable, Sendable {
        case stall, babble, silence
        /// It leaves the bus; what follows is up to `onVanish`.
        case vanish
        /// The length it announces.
        case announce(UInt32)
        /// It says it has nothing, for ever.
        case nothing
        /// So many bytes of the reply, then silence.
        case halfAReply(Int)
        case wrongChecksum
    }

    package let interface: USBInterface
    /// What the host did that no terminal forgives.
    package var violations: [String] { state.withLock { $0.violations } }
    /// Frames that arrived, in order; ends never.
    package let arrived: AsyncStream<Frame>
    private let arrivedSink: AsyncStream<Frame>.Continuation
    private let elapsed: @Sendable () -> Duration
    private let answers: @Sendable (Frame) -> [Frame]
    private let onVanish: @Sendable () -> Void
    private let state = Mutex(State())

    private enum Step {
        case free
        /// So many bytes of a packet were announced by the host.
        case taking(Int)
        /// The host asked for a length.
        case telling
        /// The host asked for so many bytes of the first packet waiting.
        case giving(Int)
    }

    private struct State {
        var step = Step.free
        /// A length was told, and its packet not fetched yet.
        var told: Int?
        var packets: [[UInt8]] = []
        var sentAt: Duration?
        var violations: [String] = []
        var whims: [(after: Int, whim: Whim)] = []
        var replies = 0
        var isDead = false
        var saysNothing = false
        var shortest = Duration.seconds(Int64.max / 4)
        var silent = false
    }

    /// Bytes of one transfer in; longer replies come in several.
    private let transferSize: Int

    /// - Parameters:
    ///   - elapsed: the time, by the clock the transport has.
    ///   - answers: what it says to a frame.
    package init(
        interface: USBInterface = .expected, transferSize: Int = 4096, elapsed: @escaping @Sendable () -> Duration,
        onVanish: @escaping @Sendable () -> Void = {}, answers: @escaping @Sendable (Frame) -> [Frame] = { _ in [] }
    ) {
        self.interface = interface
        self.transferSize = transferSize
        self.elapsed = elapsed
        self.onVanish = onVanish
        self.answers = answers
        (arrived, arrivedSink) = AsyncStream.makeStream()
    }

    /// At the reply after `replies` more of them.
    package func whim(_ whim: Whim, after replies: Int = 0) {
        state.withLock { $0.whims.append((after: $0.replies + replies, whim: whim)) }
    }

    /// Something to say, asked or not.
    package func put(_ frame: Frame, isIntact: Bool = true) {
        var packet = frame.payload()
        if !isIntact { packet[2] ^= 0x5A }
        put(packet)
    }

    package func put(_ packet: [UInt8]) { state.withLock { $0.packets.append(packet) } }

    /// How many packets nobody fetched yet.
    package var waiting: Int { state.withLock { $0.packets.count } }
    /// The least time that passed between a packet taken and the next thing the host did.
    package var shortestSettle: Duration { state.withLock { $0.shortest } }

    /// Power off and on: all is as at the beginning.
    package func restart() {
        state.withLock { state in
            let violations = state.violations
            state = State()
            state.violations = violations
        }
    }

    private func wrong(_ state: inout State, _ text: String) -> USBFault {
        state.violations.append(text)
        state.isDead = true
        return USBFault(.timedOut)
    }

    private func run<Value>(_ body: (inout State) -> Result<Value, USBFault>) throws(USBFault) -> Value {
        let now = elapsed()
        let result: Result<Value, USBFault> = state.withLock { state in
            guard !state.isDead else { return .failure(USBFault(.timedOut)) }
            if let sentAt = state.sentAt {
                state.shortest = min(state.shortest, now - sentAt)
                if now - sentAt < .milliseconds(200) {
                    return .failure(wrong(&state, "disturbed \(now - sentAt) after a packet"))
                }
            }
            return body(&state)
        }
        return try result.get()
    }

    package func controlOut(_ request: UInt8, _ value: UInt16) throws(USBFault) {
        try run { state -> Result<Void, USBFault> in
            guard case .free = state.step else { return .failure(wrong(&state, "request \(request) in a transfer")) }
            switch request {
            case 0xF3 where value >= 8: state.step = .taking(Int(value))
            case 0xF4 where state.told == nil && value == 4: state.step = .telling
            case 0xF4 where state.told == Int(value): state.step = .giving(Int(value))
            default: return .failure(wrong(&state, "request \(request) of \(value), told \(state.told ?? -1)"))
            }
            return .success(())
        }
    }

    package func bulkOut(_ endpoint: UInt8, _ bytes: [UInt8]) throws(USBFault) -> Int {
        try run { state in
            guard case .taking(let length) = state.step, bytes.count == length, endpoint == interface.bulkOut else {
                return .failure(wrong(&state, "\(bytes.count) bytes to \(endpoint), not announced"))
            }
            state.step = .free
            guard let received = try? ReceivedFrame(payload: bytes), received.isIntact else {
                return .failure(wrong(&state, "a packet that is no frame"))
            }
            state.sentAt = elapsed()
            state.packets += answers(received.frame).map { $0.payload() }
            arrivedSink.yield(received.frame)
            return .success(bytes.count)
        }
    }

    package func bulkIn(_ endpoint: UInt8, _ count: Int) throws(USBFault) -> [UInt8] {
        var vanishes = false
        defer { if vanishes { onVanish() } }
        return try run { state in
            guard endpoint == interface.bulkIn else { return .failure(wrong(&state, "read from \(endpoint)")) }
            if state.silent { return .failure(USBFault(.timedOut)) }
            switch state.step {
            case .telling:
                guard count <= 4 else { return .failure(wrong(&state, "\(count) bytes wanted of a length")) }
                state.step = .free
                return tell(&state, &vanishes)
            case .giving(let left):
                guard count == left else { return .failure(wrong(&state, "\(count) bytes wanted of \(left)")) }
                return give(&state, left)
            default: return .failure(wrong(&state, "\(count) bytes wanted, none asked for"))
            }
        }
    }

    private func tell(_ state: inout State, _ vanishes: inout Bool) -> Result<[UInt8], USBFault> {
        guard let first = state.packets.first, !state.saysNothing else { return .success([0, 0, 0, 0]) }
        defer { state.replies += 1 }
        var length = UInt32(first.count)
        if let position = state.whims.firstIndex(where: { $0.after == state.replies }) {
            let whim = state.whims.remove(at: position).whim
            switch whim {
            case .stall:
                state.isDead = true
                return .failure(USBFault(.stalled))
            case .babble: return .failure(USBFault(.overflow))
            case .silence:
                state.silent = true
                return .failure(USBFault(.timedOut))
            case .vanish:
                vanishes = true
                return .failure(USBFault(.gone))
            case .announce(let number): length = number
            case .nothing:
                state.saysNothing = true
                return .success([0, 0, 0, 0])
            case .halfAReply(let bytes): state.packets[0] = Array(first.prefix(bytes))
            case .wrongChecksum: state.packets[0][2] ^= 0x5A
            }
        }
        state.told = Int(length)
        return .success((0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) })
    }

    private func give(_ state: inout State, _ left: Int) -> Result<[UInt8], USBFault> {
        guard !state.packets.isEmpty, !state.packets[0].isEmpty else { return .failure(USBFault(.timedOut)) }
        let piece = Array(state.packets[0].prefix(min(left, transferSize)))
        state.packets[0].removeFirst(piece.count)
        if left > piece.count {
            state.step = .giving(left - piece.count)
        } else {
            state.step = .free
            state.told = nil
            state.packets.removeFirst()
        }
        return .success(piece)
    }
}
