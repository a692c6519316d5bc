import Testing

@testable import ZKWire

/// The session machine under random calls and frames. Each seed is one life of a machine; failures name it.
@Suite("Session state machine, any order of things")
struct SessionFuzzTests {
    /// What a driver remembers, to judge the machine by.
    private struct Life {
        var machine: SessionStateMachine
        var looseReplies: Bool
        var attempts: Int
        /// Every frame sent, in order.
        var sent: [Frame] = []
        var resends: [Frame: Int] = [:]
        var disabledAt: Int?
        var enabledAt: Int?
        var isClosed = false
        var linkWasLost = false
        /// The number of the command whose answer is awaited; `nil` where nothing is.
        var awaited: UInt16?
        var generator: SeededGenerator

        mutating func note(_ frame: Frame) {
            if frame.command == .disableDevice { disabledAt = sent.count }
            if frame.command == .enableDevice { enabledAt = sent.count }
            sent.append(frame)
            awaited = frame.reply
        }
    }

    private static let commands: [Command] = [
        .getTime, .disableDevice, .enableDevice, .readBuffer, .setTime, .optionRead, .freeData, .attendanceRead,
    ]
    private static let replies: [Command] = [
        .ackOK, .ackError, .ackUnauthorised, .ackUnknown, .data, .prepareData, .newHandshake, .registerEvent, .connect,
        .enableDevice, Command(rawValue: 7777),
    ]

    private func frame(_ life: inout Life) -> Frame {
        let command = Self.replies.randomElement(using: &life.generator) ?? .ackOK
        let number: UInt16 =
            switch Int.random(in: 0..<4, using: &life.generator) {
            case 0: UInt16.random(in: .min ... .max, using: &life.generator)
            case 1: life.sent.randomElement(using: &life.generator)?.reply ?? 0
            default: life.sent.last?.reply ?? 0
            }
        return Frame(command, session: UInt16.random(in: .min ... .max, using: &life.generator), reply: number)
    }

    private func step(_ life: inout Life, _ seed: UInt64) {
        let before = life
        let action: SessionStateMachine.Action
        switch Int.random(in: 0..<20, using: &life.generator) {
        case 0: action = life.machine.connect(mustEnable: Bool.random(using: &life.generator))
        case 1...4: action = life.machine.command(Self.commands.randomElement(using: &life.generator) ?? .getTime)
        case 5...6: action = life.machine.timedOut()
        case 7...8:
            life.machine.finished()
            if life.machine.phase == .open { life.awaited = nil }
            return
        case 9 where Int.random(in: 0..<8, using: &life.generator) == 0:
            life.linkWasLost = true
            action = life.machine.linkLost()
        case 10 where Int.random(in: 0..<3, using: &life.generator) == 0: action = life.machine.leave()
        default:
            let frame = frame(&life)
            action = life.machine.received(frame)
            judge(frame, action, before, seed)
        }
        judge(action, &life, before, seed)
    }

    private func judge(_ frame: Frame, _ action: SessionStateMachine.Action, _ before: Life, _ seed: UInt64) {
        if frame.command == .registerEvent, before.machine.phase != .idle, before.machine.phase != .closed {
            guard case .event(frame, _) = action else {
                Issue.record("seed \(seed): an event became \(action)")
                return
            }
            return
        }
        if case .deliver(let delivered) = action {
            #expect(delivered == frame, "seed \(seed)")
            #expect(before.machine.phase == .open && before.awaited != nil, "seed \(seed): nobody asked")
            if !before.looseReplies { #expect(frame.reply == before.awaited, "seed \(seed): foreign number delivered") }
        }
        if before.awaited == nil { #expect(action == .skip, "seed \(seed): \(action) though nothing is awaited") }
    }

    private func judge(_ action: SessionStateMachine.Action, _ life: inout Life, _ before: Life, _ seed: UInt64) {
        switch action {
        case .send(let frame):
            #expect(!life.isClosed && !life.linkWasLost, "seed \(seed): sent after the end")
            // A second answer to CONNECT moves the same command to another session.
            if before.machine.phase == .open, before.awaited != nil, life.machine.phase == .open {
                #expect(life.machine.session != before.machine.session, "seed \(seed): a second command in flight")
                #expect(frame.command == before.sent.last?.command, "seed \(seed)")
            }
            life.note(frame)
        case .resend(let frame):
            #expect(frame == life.sent.last, "seed \(seed): resent what is not in flight")
            life.resends[frame, default: 0] += 1
            #expect((life.resends[frame] ?? 0) < life.attempts, "seed \(seed): sent too often")
        case .fail(let failure) where failure != .busy && failure != .notOpen: life.awaited = nil
        case .close where !life.isClosed:
            life.isClosed = true
            life.awaited = nil
            guard let disabled = life.disabledAt, !life.linkWasLost else { return }
            #expect((life.enabledAt ?? -1) > disabled, "seed \(seed): closed and left disabled")
        case .opened: life.awaited = nil
        case .close, .fail, .deliver, .event, .skip: break
        }
    }

    @Test("Nothing is left disabled, nothing foreign delivered, nothing sent too often, and no trap", arguments: 0..<16)
    func lives(_ block: UInt64) {
        for seed in (block * 250)..<(block * 250 + 250) {
            var generator = SeededGenerator(seed: seed)
            let attempts = Int.random(in: 1...4, using: &generator)
            let loose = seed % 5 == 0
            var life = Life(
                machine: SessionStateMachine(
                    .init(commKey: CommKey(UInt32(seed)), attempts: attempts, looseReplies: loose)),
                looseReplies: loose, attempts: attempts, generator: generator)
            for _ in 0..<120 where !life.isClosed { step(&life, seed) }
            // Whatever happened: the way out ends, and soon.
            var steps = 0
            if !life.isClosed { judge(life.machine.leave(), &life, life, seed) }
            while !life.isClosed, steps < 12 {
                let before = life
                judge(life.machine.timedOut(), &life, before, seed)
                steps += 1
            }
            #expect(life.isClosed, "seed \(seed): the way out does not end")
        }
    }
}
