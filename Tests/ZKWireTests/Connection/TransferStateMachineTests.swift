import Testing

@testable import ZKWire

@Suite("Transfer state machine")
struct TransferStateMachineTests {
    typealias Machine = TransferStateMachine

    private static let content: [UInt8] = (0..<10).map { UInt8($0) }

    private func ack(_ data: [UInt8] = []) -> Frame { Frame(.ackOK, session: 9, reply: 1, data: data) }
    private func head(_ size: Int, packet: Int = 4) -> Frame {
        Frame(.prepareData, reply: 1, data: TransferAnnouncement(size: size, packet: packet).bytes)
    }
    private func data(_ index: UInt16, _ bytes: some Sequence<UInt8>) -> Frame {
        Frame(.data, session: index, reply: 1, data: Array(bytes))
    }

    /// PREPARE, three fragments of 4, 4 and 2 bytes, ACK.
    private var burst: [Frame] {
        [head(10), data(0, Self.content[0..<4]), data(1, Self.content[4..<8]), data(2, Self.content[8...]), ack()]
    }

    private func feed(_ machine: inout Machine, _ frames: [Frame]) -> Machine.Action {
        var last = Machine.Action.wait
        for frame in frames {
            last = machine.received(frame)
            if last != .wait, last != .waitBriefly { return last }
        }
        return last
    }

    // MARK: Asking to prepare

    @Test("The three answers to a request to prepare, on both kinds of link", arguments: [false, true])
    func prepare(_ isDatagram: Bool) {
        func outcome(_ frame: Frame) -> Machine.Action {
            var machine = Machine(.prepare, isDatagram: isDatagram)
            return machine.received(frame)
        }
        #expect(outcome(data(77, Self.content)) == .finished(Self.content))
        #expect(outcome(Frame(.ackData, data: Self.content)) == .finished(Self.content))
        #expect(outcome(ack(BufferAnnouncement(size: 4_000_004).bytes)) == .announced(4_000_004))
        for code in [Command.ackError, .ackUnknown, .noSessionBuffer, Command(rawValue: 12_345)] {
            #expect(outcome(Frame(code)) == .refused(code))
        }
        #expect(outcome(ack()) == .finished([]))
        #expect(outcome(ack([0, 1, 2])) == .fail(.malformed))
        #expect(outcome(Frame(.ackUnauthorised)) == .fail(.unauthorised))
        #expect(
            outcome(ack(BufferAnnouncement(size: Machine.mostBytes + 1).bytes))
                == .fail(.tooLarge(Machine.mostBytes + 1)))
        #expect(outcome(ack(BufferAnnouncement(size: Int(UInt32.max)).bytes)) == .fail(.tooLarge(Int(UInt32.max))))
    }

    @Test("A burst in answer to a request to prepare is taken too", arguments: [false, true])
    func prepareBurst(_ isDatagram: Bool) {
        var machine = Machine(.prepare, isDatagram: isDatagram)
        #expect(feed(&machine, burst) == .finished(Self.content))
    }

    // MARK: Streams

    @Test("A burst over a stream is whole at its closing ACK, not before")
    func stream() {
        for purpose in [Machine.Purpose.chunk(10), .burst] {
            var machine = Machine(purpose, isDatagram: false)
            for (position, frame) in burst.dropLast().enumerated() {
                #expect(machine.received(frame) == .wait)
                #expect(machine.count == min(10, position * 4))
            }
            #expect(machine.received(ack()) == .finished(Self.content))
        }
    }

    @Test("An ACK before all bytes, and bytes beyond those announced, are errors on a stream")
    func streamErrors() {
        for missing in 1...3 {
            var frames = burst
            frames.remove(at: missing)
            var machine = Machine(.chunk(10), isDatagram: false)
            #expect(feed(&machine, frames) == .fail(.short(got: missing == 3 ? 8 : 6, expected: 10)))
        }
        var long = Machine(.chunk(10), isDatagram: false)
        #expect(feed(&long, [head(10)] + (0..<3).map { data($0, Self.content[0..<4]) }) == .fail(.tooLarge(12)))
        var bare = Machine(.chunk(10), isDatagram: false)
        #expect(bare.received(ack()) == .fail(.malformed))
    }

    @Test(
        "More is announced than was asked for, or than any dataset has: refused before a byte is kept",
        arguments: [false, true])
    func announcedTooMuch(_ isDatagram: Bool) {
        var chunk = Machine(.chunk(10), isDatagram: isDatagram)
        #expect(chunk.received(head(11)) == .fail(.tooLarge(11)))
        var burst = Machine(.burst, isDatagram: isDatagram)
        #expect(burst.received(head(Machine.mostBytes + 1)) == .fail(.tooLarge(Machine.mostBytes + 1)))
        var short = Machine(.burst, isDatagram: isDatagram)
        #expect(short.received(Frame(.prepareData, data: [1, 2, 3])) == .fail(.malformed))
    }

    @Test("Less is announced than was asked for: given as it is, for the caller to compare", arguments: [false, true])
    func announcedLess(_ isDatagram: Bool) {
        var machine = Machine(.chunk(20), isDatagram: isDatagram)
        #expect(feed(&machine, burst) == .finished(Self.content))
    }

    @Test(
        "A small chunk may come alone, whatever its session field says; a wrong size is an error",
        arguments: [false, true])
    func bareChunk(_ isDatagram: Bool) {
        for index in [UInt16(0), 5, 0x45CF] {
            var machine = Machine(.chunk(10), isDatagram: isDatagram)
            #expect(machine.received(data(index, Self.content)) == .finished(Self.content))
        }
        var short = Machine(.chunk(11), isDatagram: false)
        #expect(short.received(data(0, Self.content)) == .fail(.short(got: 10, expected: 11)))
    }

    @Test("An empty burst is empty", arguments: [false, true])
    func emptyBurst(_ isDatagram: Bool) {
        var machine = Machine(.burst, isDatagram: isDatagram)
        #expect(feed(&machine, [head(0), ack()]) == .finished([]))
    }

    // MARK: Datagrams

    @Test("Every order of the datagrams of a burst gives the same bytes")
    func permutations() {
        for order in Self.orders(of: Array(burst.indices)) {
            var machine = Machine(.chunk(10), isDatagram: true)
            let action = feed(&machine, order.map { burst[$0] })
            #expect(action == .finished(Self.content), "\(order)")
        }
    }

    @Test("Any one datagram doubled, in every order")
    func doubled() {
        for twice in burst.indices {
            for order in Self.orders(of: Array(burst.indices) + [twice]) {
                var machine = Machine(.chunk(10), isDatagram: true)
                #expect(feed(&machine, order.map { burst[$0] }) == .finished(Self.content), "\(order)")
            }
        }
    }

    @Test("With data or announcement lost there is never a result, in every order")
    func lost() {
        for missing in 0...3 {
            for order in Self.orders(of: burst.indices.filter { $0 != missing }) {
                var machine = Machine(.chunk(10), isDatagram: true)
                let action = feed(&machine, order.map { burst[$0] })
                #expect(action == .waitBriefly || action == .wait, "\(order) gave \(action)")
                let ended = order.map { burst[$0] }.last?.command == .ackOK
                if ended { #expect(action == .waitBriefly, "\(order)") }
                guard case .short(let got, _) = machine.fragmentsMissing else {
                    Issue.record("\(order): \(machine.fragmentsMissing)")
                    continue
                }
                #expect(got < 10 || missing == 0)
            }
        }
    }

    @Test("A lost ACK does not matter once every byte is there")
    func lostAck() {
        for order in Self.orders(of: Array(burst.indices.dropLast())) {
            var machine = Machine(.burst, isDatagram: true)
            #expect(feed(&machine, order.map { burst[$0] }) == .finished(Self.content), "\(order)")
        }
    }

    @Test("An ACK that overtakes data asks for a short wait, and the late data completes it")
    func ackEarly() {
        var machine = Machine(.chunk(10), isDatagram: true)
        #expect(feed(&machine, [burst[0], burst[1], burst[2], burst[4]]) == .waitBriefly)
        #expect(machine.received(burst[3]) == .finished(Self.content))
    }

    @Test("A gap in the fragments' numbers is never closed up")
    func gap() {
        var machine = Machine(.chunk(8), isDatagram: true)
        let action = feed(&machine, [head(8, packet: 0), data(0, [1, 2, 3, 4]), data(2, [5, 6, 7, 8])])
        #expect(action == .fail(.misplaced(2)))
    }

    @Test("A packet size that is stated wrongly does no harm", arguments: [0, 1, 1024, 65_536])
    func wrongPacket(_ packet: Int) {
        var machine = Machine(.chunk(10), isDatagram: true)
        #expect(feed(&machine, [head(10, packet: packet)] + burst.dropFirst()) == .finished(Self.content))
    }

    // MARK: Hostile devices

    @Test("Frames that bring nothing end the transfer", arguments: [false, true])
    func endless(_ isDatagram: Bool) {
        for useless in [head(10), data(0, [])] {
            var machine = Machine(.chunk(10), isDatagram: isDatagram)
            _ = machine.received(head(10))
            var count = 0
            while machine.received(useless) == .wait, count < 100_000 { count += 1 }
            #expect(count == Machine.mostUselessFrames)
        }
    }

    @Test("Datagrams without an announcement are kept up to what was asked for")
    func unannounced() {
        var machine = Machine(.chunk(16_384), isDatagram: true)
        var kept = 0
        for index in UInt16(0)..<100 {
            guard machine.received(data(index, Array(repeating: 1, count: 1000))) == .wait else { break }
            kept += 1000
        }
        #expect(kept == 16_000)
    }

    @Test(
        "Random frames: no trap, never more bytes than allowed, a result only of the announced size", arguments: 0..<8)
    func random(_ block: UInt64) {
        for seed in (block * 250)..<(block * 250 + 250) {
            var generator = SeededGenerator(seed: seed)
            let size = Int.random(in: 0...40, using: &generator)
            let purpose: Machine.Purpose = [.prepare, .chunk(size), .burst].randomElement(using: &generator) ?? .burst
            var machine = Machine(purpose, isDatagram: seed.isMultiple(of: 2))
            var announced: Int?
            for _ in 0..<60 {
                let length = Int.random(in: 0...14, using: &generator)
                var frame = Frame(
                    [Command.data, .data, .ackData, .ackOK, .prepareData, .ackError].randomElement(using: &generator)
                        ?? .data,
                    session: UInt16.random(in: 0...9, using: &generator),
                    data: (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
                if frame.command == .prepareData, Bool.random(using: &generator) {
                    let claimed = Int.random(in: 0...60, using: &generator)
                    frame.data = TransferAnnouncement(size: claimed, packet: 8).bytes
                }
                let first = announced == nil && frame.command == .prepareData
                let action = machine.received(frame)
                if first, let head = try? TransferAnnouncement(frame.data) { announced = head.size }
                if case .chunk(let size) = purpose { #expect(machine.count <= size + 14, "seed \(seed)") }
                guard action != .wait, action != .waitBriefly else { continue }
                if case .finished(let bytes) = action, let announced {
                    #expect(bytes.count == announced, "seed \(seed)")
                }
                if case .finished(let bytes) = action, case .chunk(let size) = purpose {
                    #expect(bytes.count <= size, "seed \(seed)")
                }
                break
            }
        }
    }

    /// Every order of `items`.
    private static func orders<Item>(of items: [Item]) -> [[Item]] {
        guard let first = items.first else { return [[]] }
        return orders(of: Array(items.dropFirst())).flatMap { rest in
            (0...rest.count).map { Array(rest[..<$0]) + [first] + Array(rest[$0...]) }
        }
    }
}
