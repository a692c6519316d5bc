import Testing

@testable import ZKWire

@Suite("Session state machine")
struct SessionStateMachineTests {
    typealias Machine = SessionStateMachine

    private static let id: UInt16 = 0x45CF

    private func answer(_ command: Command, to request: Frame, session: UInt16 = id, data: [UInt8] = []) -> Frame {
        Frame(command, session: session, reply: request.reply, data: data)
    }

    /// The frame an action sends; recorded as an issue where it sends none.
    private func sent(
        _ action: Machine.Action, _ command: Command, location: SourceLocation = #_sourceLocation
    ) throws -> Frame {
        guard case .send(let frame) = action else {
            Issue.record("\(action) sends nothing", sourceLocation: location)
            throw Missing()
        }
        #expect(frame.command == command, sourceLocation: location)
        return frame
    }

    private struct Missing: Error {}

    private func open(_ configuration: Machine.Configuration = .init(), mustEnable: Bool = false) throws -> Machine {
        var machine = Machine(configuration)
        let connect = try sent(machine.connect(mustEnable: mustEnable), .connect)
        #expect(connect.session == 0 && connect.reply == 0 && connect.data.isEmpty)
        #expect(machine.received(answer(.ackOK, to: connect)) == .opened)
        #expect(machine.phase == .open && machine.session == Self.id)
        return machine
    }

    // MARK: Connecting

    @Test("An open device opens at once")
    func connects() throws {
        let machine = try open()
        #expect(!machine.mustEnable)
    }

    @Test(
        "2005 is answered with the key, scrambled for this session, also where the key is 0",
        arguments: [CommKey.none, CommKey(12), CommKey(131_071), CommKey(.max)])
    func authorises(_ key: CommKey) throws {
        var machine = Machine(.init(commKey: key))
        let connect = try sent(machine.connect(), .connect)
        let auth = try sent(machine.received(answer(.ackUnauthorised, to: connect)), .auth)
        #expect(auth.session == Self.id && auth.reply == 1)
        // The worked example of zk-protocol, section 5.1.
        if key == CommKey(12) { #expect(auth.data == [0x61, 0x4D, 0x32, 0x3C]) }
        #expect(key.accepts(auth.data, session: Self.id))
        #expect(machine.phase == .authorising)
        #expect(machine.received(answer(.ackOK, to: auth)) == .opened)
    }

    @Test("A refused key fails once, and what else comes for it is skipped")
    func keyRefused() throws {
        var machine = Machine(.init(commKey: CommKey(1)))
        let connect = try sent(machine.connect(), .connect)
        let auth = try sent(machine.received(answer(.ackUnauthorised, to: connect)), .auth)
        #expect(machine.received(answer(.ackUnauthorised, to: auth)) == .fail(.keyRefused))
        #expect(machine.received(answer(.ackUnauthorised, to: auth)) == .skip)
        #expect(try sent(machine.leave(), .exit).session == Self.id)
    }

    @Test(
        "What CONNECT and AUTH may be answered with",
        arguments: [
            (Command.newHandshake, SessionFailure.newHandshake), (.ackError, .refused(.connect, .ackError)),
            (.ackUnknown, .refused(.connect, .ackUnknown)),
        ])
    func refused(_ command: Command, _ failure: SessionFailure) throws {
        var machine = Machine(.init())
        let connect = try sent(machine.connect(), .connect)
        #expect(machine.received(answer(command, to: connect)) == .fail(failure))
        var other = Machine(.init())
        let again = try sent(other.connect(), .connect)
        let auth = try sent(other.received(answer(.ackUnauthorised, to: again)), .auth)
        #expect(other.received(answer(.ackError, to: auth)) == .fail(.refused(.auth, .ackError)))
    }

    @Test("A machine connects once, and takes no command before it is open")
    func order() throws {
        var machine = Machine(.init())
        #expect(machine.command(.getTime) == .fail(.notOpen))
        _ = machine.connect()
        #expect(machine.connect() == .fail(.notOpen))
        #expect(machine.command(.getTime) == .fail(.notOpen))
    }

    // MARK: Commands

    @Test("One command at a time; the next number for each; a finished answer is over")
    func commands() throws {
        var machine = try open()
        let time = try sent(machine.command(.getTime), .getTime)
        #expect(time.session == Self.id && time.reply == 1)
        #expect(machine.command(.getVersion) == .fail(.busy))
        let first = answer(.ackOK, to: time, data: [1])
        #expect(machine.received(first) == .deliver(first))
        #expect(machine.received(first) == .deliver(first), "an answer may have several frames")
        machine.finished()
        #expect(machine.received(first) == .skip)
        #expect(try sent(machine.command(.getVersion), .getVersion).reply == 2)
        #expect(machine.received(first) == .skip, "a late reply to the one before")
    }

    @Test("The session field of a reply is not looked at")
    func sessionField() throws {
        var machine = try open()
        let read = try sent(machine.command(.readBuffer), .readBuffer)
        let data = answer(.data, to: read, session: 3)
        #expect(machine.received(data) == .deliver(data))
        #expect(machine.session == Self.id)
    }

    @Test("Numbers go from 65534 to 0 and stay ours")
    func numbers() throws {
        var machine = try open()
        for expected in 1...65_534 {
            guard case .send(let frame) = machine.command(.getTime) else { throw Missing() }
            guard frame.reply == UInt16(expected) else { throw Missing() }
            _ = machine.received(answer(.ackOK, to: frame))
            machine.finished()
        }
        #expect(try sent(machine.command(.getTime), .getTime).reply == 0)
        #expect(machine.received(Frame(.ackOK, session: 0, reply: 400)) == .skip)
        machine.finished()
        #expect(try sent(machine.command(.getTime), .getTime).reply == 1)
    }

    @Test("Events are told before replies are matched, in every phase of a session")
    func events() throws {
        let event = Frame(.registerEvent, session: 1, reply: 0, data: Array(repeating: 0, count: 32))
        var machine = Machine(.init())
        #expect(machine.received(event) == .skip)
        let connect = try sent(machine.connect(), .connect)
        #expect(connect.reply == event.reply, "the number alone would make the event a reply")
        #expect(machine.received(event) == .event(event, acknowledgement: Frame(.ackOK, session: 0, reply: 0)))
        _ = machine.received(answer(.ackOK, to: connect))
        #expect(machine.received(event) == .event(event, acknowledgement: Frame(.ackOK, session: Self.id, reply: 0)))
        _ = machine.leave()
        #expect(machine.received(event) == .event(event, acknowledgement: Frame(.ackOK, session: Self.id, reply: 0)))
        _ = machine.linkLost()
        #expect(machine.received(event) == .skip)
    }

    @Test("2005 in the middle of a session ends it")
    func sessionTaken() throws {
        var machine = try open()
        let time = try sent(machine.command(.getTime), .getTime)
        #expect(machine.received(answer(.ackUnauthorised, to: time)) == .fail(.sessionTaken))
    }

    @Test("Other numbers are accepted only where that is switched on, only from replies, one number an answer")
    func looseReplies() throws {
        var strict = try open()
        let asked = try sent(strict.command(.getTime), .getTime)
        var foreign = answer(.ackOK, to: asked)
        foreign.reply = 900
        #expect(strict.received(foreign) == .skip)

        var loose = try open(.init(looseReplies: true))
        _ = loose.command(.readBuffer)
        #expect(loose.received(Frame(.ackOK, session: 0, reply: 0)) == .skip)
        #expect(loose.received(Frame(.getTime, session: 0, reply: 900)) == .skip, "no reply at all")
        #expect(loose.received(foreign) == .deliver(foreign))
        var other = foreign
        other.reply = 901
        #expect(loose.received(other) == .skip, "the rest of another answer")
        loose.finished()
        _ = loose.command(.getTime)
        #expect(loose.received(other) == .deliver(other))
    }

    // MARK: Time-outs

    @Test("Reads are sent again, the same bytes, so many times and no more", arguments: 1...5)
    func retries(_ attempts: Int) throws {
        var machine = try open(.init(attempts: attempts))
        let frame = try sent(machine.command(.getTime), .getTime)
        for _ in 1..<attempts { #expect(machine.timedOut() == .resend(frame)) }
        #expect(machine.timedOut() == .fail(.timedOut(.getTime)))
        #expect(machine.timedOut() == .skip)
        #expect(machine.received(answer(.ackOK, to: frame)) == .skip, "nobody waits any more")
    }

    @Test("CONNECT that nobody answers fails as such", arguments: 1...3)
    func noAnswer(_ attempts: Int) throws {
        var machine = Machine(.init(attempts: attempts))
        let connect = try sent(machine.connect(), .connect)
        for _ in 1..<attempts { #expect(machine.timedOut() == .resend(connect)) }
        #expect(machine.timedOut() == .fail(.noAnswerToConnect))
    }

    @Test(
        "What must not happen twice is never sent again",
        arguments: [
            Command.disableDevice, .setTime, .userWrite, .deleteUser, .optionWrite, .clearAttendance, .restart, .data,
            .attendanceRead, .userTemplateRead, .operationsRead, .unlock,
        ])
    func noRetry(_ command: Command) throws {
        var machine = try open(.init(attempts: 4))
        _ = machine.command(command)
        #expect(machine.timedOut() == .fail(.timedOut(command)))
    }

    @Test("No destructive command may ever be repeated")
    func destructive() {
        for number in UInt16.min ... .max where Command(rawValue: number).isDestructive {
            #expect(!Command(rawValue: number).mayBeRepeated)
        }
    }

    @Test("A slow device answers CONNECT twice, each with a session: the last one counts")
    func connectedTwice() throws {
        var machine = Machine(.init(commKey: CommKey(12), attempts: 3))
        let connect = try sent(machine.connect(), .connect)
        #expect(machine.timedOut() == .resend(connect))
        let first = try sent(machine.received(answer(.ackUnauthorised, to: connect)), .auth)
        let second = try sent(machine.received(answer(.ackUnauthorised, to: connect, session: 77)), .auth)
        #expect(second.session == 77 && second.reply == 2 && CommKey(12).accepts(second.data, session: 77))
        #expect(machine.received(answer(.ackUnauthorised, to: first)) == .skip, "the key is not refused")
        #expect(machine.received(answer(.ackOK, to: second, session: 77)) == .opened)

        var open = Machine(.init(attempts: 3))
        let again = try sent(open.connect(), .connect)
        _ = open.timedOut()
        #expect(open.received(answer(.ackOK, to: again)) == .opened)
        let time = try sent(open.command(.getTime), .getTime)
        let repeated = try sent(open.received(answer(.ackOK, to: again, session: 77)), .getTime)
        #expect(repeated.session == 77)
        #expect(open.received(answer(.ackUnauthorised, to: time)) == .skip)
        #expect(open.received(answer(.ackOK, to: repeated)) == .deliver(answer(.ackOK, to: repeated)))
        open.finished()
        #expect(open.received(answer(.ackOK, to: again, session: 99)) == .skip, "settled")
        #expect(open.session == 77)
    }

    @Test("Where the last answer to CONNECT got lost, the first command connects again, once")
    func reconnects() throws {
        var machine = Machine(.init(attempts: 3))
        let connect = try sent(machine.connect(), .connect)
        _ = machine.timedOut()
        #expect(machine.received(answer(.ackOK, to: connect)) == .opened)
        let time = try sent(machine.command(.getTime), .getTime)
        let again = try sent(machine.received(answer(.ackUnauthorised, to: time)), .connect)
        #expect(again.session == 0 && again.reply == 2)
        let repeated = try sent(machine.received(answer(.ackOK, to: again, session: 88)), .getTime)
        #expect(repeated.session == 88 && repeated.reply == 3)
        #expect(machine.received(answer(.ackUnauthorised, to: repeated)) == .fail(.sessionTaken))

        var writing = Machine(.init(attempts: 3))
        let second = try sent(writing.connect(), .connect)
        _ = writing.timedOut()
        _ = writing.received(answer(.ackOK, to: second))
        let write = try sent(writing.command(.setTime), .setTime)
        #expect(writing.received(answer(.ackUnauthorised, to: write)) == .fail(.sessionTaken))
    }

    @Test("A device that may be disabled is not connected to again, but enabled")
    func noReconnectWhileDisabled() throws {
        var machine = Machine(.init(attempts: 3))
        let connect = try sent(machine.connect(), .connect)
        _ = machine.timedOut()
        _ = machine.received(answer(.ackOK, to: connect))
        _ = machine.command(.disableDevice)
        #expect(machine.timedOut() == .fail(.timedOut(.disableDevice)))
        let time = try sent(machine.command(.getTime), .getTime)
        #expect(machine.received(answer(.ackUnauthorised, to: time)) == .fail(.sessionTaken))
        _ = try sent(machine.leave(), .enableDevice)
    }

    @Test("A second answer to a CONNECT that was sent once is skipped")
    func connectedOnce() throws {
        var machine = try open()
        #expect(machine.received(Frame(.ackOK, session: 77, reply: 0)) == .skip)
        #expect(machine.session == Self.id)
    }

    // MARK: The way out

    @Test("Leaving says goodbye and closes, whatever that is answered or not")
    func leaves() throws {
        for reply in [Command.ackOK, .ackError, .ackUnauthorised] {
            var machine = try open()
            let exit = try sent(machine.leave(), .exit)
            #expect(machine.leave() == .skip)
            #expect(machine.received(answer(reply, to: exit)) == .close)
            #expect(machine.phase == .closed && machine.leave() == .close)
        }
        var silent = try open()
        _ = silent.leave()
        #expect(silent.timedOut() == .close)
        var unopened = Machine(.init())
        #expect(unopened.leave() == .close)
    }

    @Test("Leaving in the middle of CONNECT or AUTH says goodbye too")
    func leavesEarly() throws {
        var machine = Machine(.init())
        let connect = try sent(machine.connect(), .connect)
        _ = try sent(machine.leave(), .exit)
        #expect(machine.received(answer(.ackOK, to: connect)) == .skip)
        #expect(machine.phase == .exiting)
    }

    @Test("A disabled device is enabled before goodbye, also when the disabling was never answered")
    func enables() throws {
        for isAnswered in [true, false] {
            var machine = try open()
            let disable = try sent(machine.command(.disableDevice), .disableDevice)
            #expect(machine.mustEnable)
            if isAnswered {
                _ = machine.received(answer(.ackOK, to: disable))
                machine.finished()
            } else {
                #expect(machine.timedOut() == .fail(.timedOut(.disableDevice)))
            }
            let enable = try sent(machine.leave(), .enableDevice)
            let exit = try sent(machine.received(answer(.ackOK, to: enable)), .exit)
            #expect(!machine.mustEnable)
            #expect(machine.received(answer(.ackOK, to: exit)) == .close)
        }
    }

    @Test("An unconfirmed enabling is tried as often as allowed, and stays owed")
    func unconfirmed() throws {
        var machine = try open(.init(attempts: 3))
        _ = machine.command(.disableDevice)
        let enable = try sent(machine.leave(), .enableDevice)
        #expect(machine.timedOut() == .resend(enable))
        #expect(machine.timedOut() == .resend(enable))
        _ = try sent(machine.timedOut(), .exit)
        #expect(machine.timedOut() == .close)
        #expect(machine.mustEnable, "the next session must do it")

        var refused = try open()
        _ = refused.command(.disableDevice)
        let asked = try sent(refused.leave(), .enableDevice)
        _ = try sent(refused.received(answer(.ackUnauthorised, to: asked)), .exit)
        #expect(refused.mustEnable)
    }

    @Test("What an earlier session owes is owed until the device confirms")
    func owed() throws {
        var machine = try open(mustEnable: true)
        #expect(machine.mustEnable)
        let enable = try sent(machine.command(.enableDevice), .enableDevice)
        _ = machine.received(answer(.ackError, to: enable))
        machine.finished()
        #expect(machine.mustEnable)
        let again = try sent(machine.command(.enableDevice), .enableDevice)
        _ = machine.received(answer(.ackOK, to: again))
        machine.finished()
        #expect(!machine.mustEnable)
        _ = try sent(machine.leave(), .exit)
    }

    @Test("A lost link fails an open session and ends a leaving one")
    func linkLost() throws {
        var machine = try open()
        #expect(machine.linkLost() == .fail(.linkLost))
        #expect(machine.linkLost() == .close)
        #expect(machine.command(.getTime) == .fail(.notOpen))
        #expect(machine.timedOut() == .close)
        var leaving = try open()
        _ = leaving.leave()
        #expect(leaving.linkLost() == .close)
    }
}
