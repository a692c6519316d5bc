/// One session with one device: connect, authorise, one command at a time, and a way out that always
/// gives the device back to the people in front of it.
///
/// Pure: frames and time-outs in, actions out. What it enforces (zk-protocol, sections 3–5 and 18):
/// - at most one command is in flight; a reply counts only if its number is the awaited one, and only until the
///   driver says that the answer is whole;
/// - events are told apart by command before replies are matched;
/// - once `disableDevice` was sent, no path to `closed` skips `enableDevice`.
package struct SessionStateMachine: Sendable {
    package enum Phase: Hashable, Sendable {
        case idle, connecting, authorising, open
        /// Leaving: giving the device back, then saying goodbye. Neither waits for success.
        case enabling, exiting
        case closed
    }

    package enum Action: Hashable, Sendable {
        case send(Frame)
        /// The same bytes once more.
        case resend(Frame)
        case opened
        /// A reply to the command in flight; transfers get several.
        case deliver(Frame)
        /// A live event and the acknowledgement to send for it.
        case event(Frame, acknowledgement: Frame)
        /// A late or foreign reply: skipped, the wait goes on.
        case skip
        case close
        case fail(SessionFailure)
    }

    package struct Configuration: Hashable, Sendable {
        package var commKey: CommKey
        /// How often one command is sent in all before it has failed; 1 on streams, where nothing gets lost.
        package var attempts: Int
        /// Accept a plausible reply whose number is wrong: a switch for the few firmwares that do not echo it. All
        /// frames of one answer must still carry one number, so that the rest of an earlier answer is not mixed in.
        package var looseReplies: Bool

        package init(commKey: CommKey = .none, attempts: Int = 1, looseReplies: Bool = false) {
            self.commKey = commKey
            self.attempts = attempts
            self.looseReplies = looseReplies
        }
    }

    package private(set) var phase = Phase.idle
    /// Given by the device; 0 before.
    package private(set) var session: UInt16 = 0
    /// `disableDevice` was sent and not yet undone.
    package private(set) var mustEnable = false

    private let configuration: Configuration
    private var counter = ReplyCounter()
    private var inFlight: Frame?
    /// The number the first accepted frame of the answer carried.
    private var answerNumber: UInt16?
    private var sent = 0
    /// CONNECT was sent more than once and no command has been answered yet: its answers may name several sessions.
    private var isUnsettled = false
    private var connectNumber: UInt16 = 0
    /// To be sent once more when the session was lost before anything was answered in it; that is tried once.
    private var pending: Frame?
    private var hasReconnected = false

    package init(_ configuration: Configuration) {
        self.configuration = configuration
    }

    /// - Parameter mustEnable: an earlier session with this device may have left it disabled.
    package mutating func connect(mustEnable: Bool = false) -> Action {
        guard phase == .idle else { return .fail(.notOpen) }
        phase = .connecting
        self.mustEnable = mustEnable
        return transmit(.connect, [])
    }

    package mutating func command(_ command: Command, data: [UInt8] = []) -> Action {
        guard phase == .open else { return .fail(.notOpen) }
        guard inFlight == nil else { return .fail(.busy) }
        if command == .disableDevice { mustEnable = true }
        return transmit(command, data)
    }

    /// The answer to the command in flight is whole, or nobody waits for it any more: what still comes of it is late.
    package mutating func finished() {
        if phase == .open { inFlight = nil }
    }

    /// Begins the way out; safe in every phase and more than once.
    package mutating func leave() -> Action {
        switch phase {
        case .idle, .closed:
            phase = .closed
            return .close
        case .enabling, .exiting:
            return .skip
        case .connecting, .authorising:
            phase = .exiting
            return transmit(.exit, [])
        case .open:
            return leaveFromOpen()
        }
    }

    /// The link is gone: nothing can be sent any more.
    package mutating func linkLost() -> Action {
        let wasLeaving = phase == .enabling || phase == .exiting || phase == .closed
        phase = .closed
        inFlight = nil
        return wasLeaving ? .close : .fail(.linkLost)
    }

    package mutating func received(_ frame: Frame) -> Action {
        if frame.command == .registerEvent, phase != .idle, phase != .closed {
            return .event(frame, acknowledgement: Frame(.ackOK, session: session, reply: 0))
        }
        if isUnsettled, frame.reply == connectNumber, inFlight?.command != .connect, frame.session != session {
            return connectedAgain(frame)
        }
        guard let inFlight, answers(frame, inFlight) else { return .skip }
        answerNumber = frame.reply
        switch phase {
        case .connecting: return connected(frame)
        case .authorising: return authorised(frame)
        case .open: return replied(frame, to: inFlight)
        case .enabling:
            if frame.command == .ackOK { mustEnable = false }
            phase = .exiting
            return transmit(.exit, [])
        case .exiting:
            phase = .closed
            return .close
        case .idle, .closed: return .skip
        }
    }

    /// No reply came in time.
    package mutating func timedOut() -> Action {
        guard let inFlight else { return phase == .closed || phase == .idle ? .close : .skip }
        switch phase {
        case .idle, .closed: return .close
        case .enabling:
            if let frame = retry() { return .resend(frame) }
            phase = .exiting
            return transmit(.exit, [])
        case .exiting:
            phase = .closed
            return .close
        case .connecting:
            return retry().map { .resend($0) } ?? fail(.noAnswerToConnect)
        case .authorising, .open:
            return retry().map { .resend($0) } ?? fail(.timedOut(inFlight.command))
        }
    }

    private mutating func leaveFromOpen() -> Action {
        if mustEnable {
            phase = .enabling
            return transmit(.enableDevice, [])
        }
        phase = .exiting
        return transmit(.exit, [])
    }

    private mutating func transmit(_ command: Command, _ data: [UInt8]) -> Action {
        let frame = Frame(command, session: session, reply: counter.take(), data: data)
        inFlight = frame
        answerNumber = nil
        sent = 1
        return .send(frame)
    }

    /// Whether a frame belongs to the answer that is awaited.
    private func answers(_ frame: Frame, _ command: Frame) -> Bool {
        guard configuration.looseReplies else { return frame.reply == command.reply }
        guard frame.command.canAnswer else { return false }
        return answerNumber.map { frame.reply == $0 } ?? (frame.reply == command.reply || frame.reply != 0)
    }

    /// The frame to send again; `nil` where it was sent often enough or may not be repeated blindly.
    private mutating func retry() -> Frame? {
        guard let inFlight, sent < configuration.attempts, inFlight.command.mayBeRepeated else { return nil }
        sent += 1
        return inFlight
    }

    /// A device that was slow answers each CONNECT it got, over datagrams with a session of its own; the last counts.
    private mutating func connectedAgain(_ frame: Frame) -> Action {
        switch (phase, frame.command) {
        case (.authorising, .ackUnauthorised) where inFlight != nil:
            session = frame.session
            return transmit(.auth, configuration.commKey.scrambled(session: session))
        case (.open, .ackOK):
            session = frame.session
            guard let inFlight else { return .skip }
            return inFlight.command.mayBeRepeated ? transmit(inFlight.command, inFlight.data) : fail(.sessionTaken)
        default: return .skip
        }
    }

    private mutating func connected(_ frame: Frame) -> Action {
        isUnsettled = sent > 1
        connectNumber = frame.reply
        switch frame.command {
        case .ackOK:
            session = frame.session
            return opened()
        case .ackUnauthorised:
            session = frame.session
            phase = .authorising
            return transmit(.auth, configuration.commKey.scrambled(session: session))
        case .newHandshake: return fail(.newHandshake)
        default: return fail(.refused(.connect, frame.command))
        }
    }

    private mutating func authorised(_ frame: Frame) -> Action {
        switch frame.command {
        case .ackOK: return opened()
        case .ackUnauthorised: return fail(.keyRefused)
        default: return fail(.refused(.auth, frame.command))
        }
    }

    private mutating func opened() -> Action {
        phase = .open
        finished()
        guard let command = pending else { return .opened }
        pending = nil
        return transmit(command.command, command.data)
    }

    /// Another answer to CONNECT got lost, and with it the session that counts: connect again, then ask again.
    private mutating func reconnect(for command: Frame) -> Action {
        isUnsettled = false
        hasReconnected = true
        pending = command
        phase = .connecting
        session = 0
        return transmit(.connect, [])
    }

    /// Whatever still answers this command says nothing new.
    private mutating func fail(_ failure: SessionFailure) -> Action {
        inFlight = nil
        return .fail(failure)
    }

    private mutating func replied(_ frame: Frame, to command: Frame) -> Action {
        if frame.command == .ackUnauthorised {
            // Not while the device may be disabled: the way out from there is to enable it.
            guard isUnsettled, !hasReconnected, !mustEnable, command.command.mayBeRepeated else {
                return fail(.sessionTaken)
            }
            return reconnect(for: command)
        }
        isUnsettled = false
        if command.command == .enableDevice, frame.command == .ackOK { mustEnable = false }
        return .deliver(frame)
    }
}

/// Why a session cannot go on, in the device's terms. Words for people: `DeviceError` in ZKClient.
package enum SessionFailure: Error, Hashable, Sendable {
    case notOpen
    /// The answer to another command is still awaited.
    case busy
    case linkLost
    case noAnswerToConnect
    case timedOut(Command)
    /// 6001: firmware of 2022 and later with another handshake.
    case newHandshake
    case keyRefused
    /// 2005 in mid-session: the device restarted, or another program took its only session.
    case sessionTaken
    case refused(Command, Command)
}

extension Command {
    /// Replies, and the frames that data comes in.
    var canAnswer: Bool {
        switch self {
        case .prepareData, .data, .ackOK, .ackData, .ackUnauthorised, .newHandshake: true
        default: isRefusal
        }
    }

    /// Reads, and commands that leave the same state however often they come. Not the direct reads of whole tables:
    /// two answers under one number could mix, and the log may have changed between them.
    var mayBeRepeated: Bool {
        switch self {
        case .connect, .auth, .exit, .enableDevice, .getTime, .getVersion, .optionRead, .getFreeSizes, .getPinWidth,
            .prepareBuffer, .readBuffer, .freeData, .stateRead, .registerEvent, .refreshData, .refreshOption,
            .cancelCapture:
            true
        default: false
        }
    }
}
