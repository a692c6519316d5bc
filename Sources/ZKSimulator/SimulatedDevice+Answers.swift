import Foundation
import ZKWire

/// Which command is answered by what.
extension SimulatedDevice {
    /// The frames that answer one command.
    mutating func answer(_ frame: Frame, from peer: Peer, at now: Date) -> [Frame] {
        switch frame.command {
        case .connect: return connect(frame, from: peer, at: now)
        case .auth: return authorise(frame, from: peer)
        default: break
        }
        guard let session = sessions[peer], session.id == frame.session else {
            // After a restart, or of another client: what it says means nothing here.
            statistics.framesRejected += 1
            return [Frame(.ackUnauthorised, session: frame.session, reply: frame.reply)]
        }
        if frame.command == .exit {
            forget(peer)
            return [Frame(.ackOK, session: session.id, reply: frame.reply)]
        }
        guard session.isAuthorised else {
            return [Frame(.ackUnauthorised, session: session.id, reply: frame.reply)]
        }
        return answerAuthorised(frame, session, peer, now)
    }

    private mutating func answerAuthorised(
        _ frame: Frame, _ session: DeviceSession, _ peer: Peer, _ now: Date
    ) -> [Frame] {
        if isUnknownHere(frame.command) { return [reply(profile.unknownCommand, to: frame)] }
        switch frame.command {
        case .prepareBuffer: return prepare(frame, session, peer, now)
        case .readBuffer: return readBuffer(frame, session, peer, now)
        case .attendanceRead, .userTemplateRead, .operationsRead, .databaseRead:
            return readDirectly(frame, session, peer, now)
        case .templateRead: return readTemplate(frame, peer)
        case .freeData:
            sessions[peer]?.prepared = nil
            sessions[peer]?.upload = nil
            return [ok(frame)]
        case .prepareData, .data, .checksumBuffer, .templateWrite, .saveUserTemplates:
            return takeUpload(frame, session, peer, now)
        case .userWrite, .deleteUser, .clearAdmins, .refreshData, .deleteTemplate, .deleteUserTemplate,
            .userGroupRead, .userGroupWrite:
            return [changeUsers(frame, now)]
        case .clearData, .clearAttendance, .clearOperations: return [clear(frame, now)]
        case .enableDevice, .disableDevice, .restart, .powerOff, .registerEvent: return [control(frame, peer, now)]
        case .optionRead, .optionWrite, .getVersion, .getPinWidth, .getFreeSizes, .stateRead, .getTime, .setTime,
            .doorStateRead:
            return [describe(frame, session, now)]
        case .startEnroll: return [startEnrolment(frame)]
        case .cancelCapture:
            enrolment = nil
            return [ok(frame)]
        case .refreshOption, .sleep, .resume, .testVoice, .changeSpeed, .enableClock, .startVerify,
            .unlock, .writeLCD, .clearLCD:
            return [ok(frame)]
        default:
            return [reply(profile.unknownCommand, to: frame)]
        }
    }

    /// Terminals on USB know no remote enrolment, and tell nothing unasked.
    private func isUnknownHere(_ command: Command) -> Bool {
        switch command {
        case .registerEvent: !profile.hasEvents
        case .startEnroll, .cancelCapture: profile.countersOneByOne
        default: false
        }
    }

    /// A reply to an authorised command; the session field holds the session.
    func reply(_ command: Command, to frame: Frame, data: [UInt8] = []) -> Frame {
        Frame(command, session: frame.session, reply: frame.reply, data: data)
    }

    func ok(_ frame: Frame, data: [UInt8] = []) -> Frame { reply(.ackOK, to: frame, data: data) }

    func refused(_ frame: Frame) -> Frame { reply(.ackError, to: frame) }

    // MARK: Session

    private mutating func connect(_ frame: Frame, from peer: Peer, at now: Date) -> [Frame] {
        if fire(.refuse6001, at: now) { return [Frame(.newHandshake, session: 0, reply: frame.reply)] }
        let session: DeviceSession
        // Connecting again on one TCP connection keeps the session (zk-protocol, section 4).
        if let known = sessions[peer], peer.link == .tcp {
            session = known
        } else {
            session = newSession(for: peer)
        }
        let answer: Command = session.isAuthorised ? .ackOK : .ackUnauthorised
        return [Frame(answer, session: session.id, reply: frame.reply)]
    }

    private mutating func newSession(for peer: Peer) -> DeviceSession {
        forget(peer)
        let udp = order.filter { $0.link == .udp }
        if peer.link == .udp, udp.count >= Self.mostUDPSessions, let oldest = udp.first { forget(oldest) }
        let taken = Set(sessions.values.map(\.id))
        var id: UInt16 = 0
        repeat { id = UInt16(truncatingIfNeeded: random.next()) } while id == 0 || taken.contains(id)
        let session = DeviceSession(id: id, isAuthorised: commKey == .none && !alwaysAsksKey)
        sessions[peer] = session
        order.append(peer)
        statistics.sessions += 1
        return session
    }

    private mutating func authorise(_ frame: Frame, from peer: Peer) -> [Frame] {
        guard let session = sessions[peer], session.id == frame.session,
            commKey.accepts(frame.data, session: session.id)
        else {
            statistics.keysRefused += 1
            return [Frame(.ackUnauthorised, session: frame.session, reply: frame.reply)]
        }
        sessions[peer]?.isAuthorised = true
        return [ok(frame)]
    }

    // MARK: Control

    private mutating func control(_ frame: Frame, _ peer: Peer, _ now: Date) -> Frame {
        switch frame.command {
        case .enableDevice:
            statistics.enables += 1
            disabledUntil = nil
        case .disableDevice:
            statistics.disables += 1
            // With seconds the device enables itself again; without, it stays disabled.
            let seconds = frame.data.leadingU32 ?? 0
            if !fire(.disableIgnored, at: now) {
                disabledUntil = seconds == 0 ? .distantFuture : now.addingTimeInterval(Double(seconds))
            }
        case .registerEvent:
            guard let mask = Self.mask(frame.data) else { return refused(frame) }
            sessions[peer]?.eventMask = mask
        case .restart: afterAnswer = .restart
        case .powerOff: afterAnswer = .powerOff
        default: break
        }
        return ok(frame)
    }

    private static func mask(_ data: [UInt8]) -> UInt32? {
        guard (1...4).contains(data.count) else { return data.leadingU32 }
        return data.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
}
