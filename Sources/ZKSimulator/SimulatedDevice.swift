import Foundation
import ZKWire

/// A device without sockets: a frame and the time go in, frames come out. All its randomness is seeded.
///
/// Commands it answers, and how, follow zk-protocol, section 19. What this type does not know of is the line:
/// envelopes, lost datagrams and split writes are `SimulatorServer`'s.
package struct SimulatedDevice: Sendable {
    package let profile: DeviceProfile
    package internal(set) var serial: String
    package internal(set) var clock: DeviceClock
    package internal(set) var log: AttendanceLog
    package internal(set) var users: UserTable
    package internal(set) var operations: [OperationRecord] = []
    package internal(set) var statistics = SimulatorStatistics()
    var faults: FaultPlan
    var options: [String: String]
    var templates: [TemplateSlot: [UInt8]] = [:]
    var sessions: [Peer: DeviceSession] = [:]
    /// Peers in the order they got their sessions: the oldest UDP session is forgotten when there are too many.
    var order: [Peer] = []
    var writesWaiting: [UserRecord] = []
    /// A finger being enrolled on a client's request.
    var enrolment: Enrolment?
    var commKey: CommKey
    /// Answers CONNECT with 2005 even where the key is 0, as many firmwares do.
    let alwaysAsksKey: Bool
    var disabledUntil: Date?
    var silentUntil: Date?
    var isOff = false
    /// Set by a command that is acknowledged first.
    var afterAnswer: PowerChange?
    var random: SeededRandom

    enum PowerChange {
        case restart, powerOff
    }

    struct TemplateSlot: Hashable, Sendable {
        let index: UInt16
        let finger: UInt8
    }

    static let mostUDPSessions = 16
    static let mostOperations = 10_000
    static let mostOptions = 256

    package init(_ configuration: SimulatorConfiguration, at now: Date) {
        profile = configuration.profile
        serial = configuration.serial
        clock = DeviceClock(
            zone: configuration.timeZone, offset: configuration.clockOffset, drift: configuration.drift,
            startingAt: now)
        let people = InventedPeople.users(configuration.users, seed: configuration.seed)
        users = UserTable(
            people, layout: configuration.profile.users, keepsDeleted: configuration.profile.keepsDeletedUsers)
        let end = configuration.logEnd.map { CivilTime.second(of: $0.parts) } ?? clock.second(at: now)
        let seeded = SeededLog(profile: configuration.profile, users: people, seed: configuration.seed, end: end)
        log = AttendanceLog(
            layout: configuration.profile.attendance, capacity: configuration.capacity,
            whenFull: configuration.whenFull,
            bytes: seeded.bytes(records: min(configuration.records, configuration.capacity)))
        faults = FaultPlan(configuration.faults, seed: configuration.seed, startingAt: now)
        options = Self.options(configuration)
        commKey = configuration.commKey
        alwaysAsksKey = configuration.alwaysAsksKey
        random = SeededRandom(seed: configuration.seed ^ 0x7365_7373)
        note(.switchedOn, at: now)
    }

    /// Takes in one frame whose checksum was right.
    package mutating func receive(_ frame: Frame, from peer: Peer, at now: Date) -> DeviceOutput {
        statistics.commands[frame.command.name, default: 0] += 1
        if frame.command == .ackOK {
            // A client acknowledges events with reply number 0; nothing is answered.
            statistics.eventsAcknowledged += 1
            return DeviceOutput()
        }
        if frame.command.isDestructive { statistics.destructive += 1 }
        faults.commandReceived()
        var output = due(at: now)
        guard !output.closesAll, !isSilent(at: now) else { return output }
        if sessions[peer] != nil, frame.command != .connect, fire(.unauthorised, at: now) { forget(peer) }
        output.add(disturbed(answer(frame, from: peer, at: now), request: frame, peer: peer, at: now))
        if let change = afterAnswer {
            afterAnswer = nil
            output.add(reboot(at: now))
            isOff = change == .powerOff
        }
        return output
    }

    /// Carries out what falls due by time alone.
    package mutating func tick(at now: Date) -> DeviceOutput { due(at: now) }

    /// A TCP connection is gone. What it disabled stays disabled.
    package mutating func disconnected(_ peer: Peer) { forget(peer) }

    /// Whether a peer has a session: the one TCP client a device serves.
    package func hasSession(_ peer: Peer) -> Bool { sessions[peer] != nil }

    package func isDisabled(at now: Date) -> Bool { disabledUntil.map { now < $0 } ?? false }

    package func isSilent(at now: Date) -> Bool {
        isOff || silentUntil.map { now < $0 } ?? false || faults.active(.silent, at: now) != nil
    }

    /// The statistics with the counts of this moment.
    package func report(at now: Date) -> SimulatorStatistics {
        var report = statistics
        report.isDisabled = isDisabled(at: now)
        report.records = log.count
        report.users = users.count
        report.listeners = sessions.values.count { $0.eventMask != 0 }
        return report
    }

    mutating func forget(_ peer: Peer) {
        sessions[peer] = nil
        order.removeAll { $0 == peer }
    }

    /// Uses up one happening of a fault and counts it.
    mutating func fire(_ name: Fault.Name, at now: Date) -> Bool {
        guard faults.fire(name, at: now) != nil else { return false }
        statistics.faults[name.rawValue, default: 0] += 1
        return true
    }

    private mutating func due(at now: Date) -> DeviceOutput {
        if fire(.clear, at: now) { clearLog(at: now) }
        if fire(.rollover, at: now) {
            log.setCapacity(log.count)
            log.whenFull = .drop
        }
        if let jump = faults.active(.clockJump, at: now), fire(.clockJump, at: now) {
            clock.jump(by: Int(jump.value))
        }
        return fire(.reboot, at: now) ? reboot(at: now) : DeviceOutput()
    }
}

extension SimulatedDevice {
    /// Every connection and session goes; log, users and clock stay. The device notes that it was switched on.
    package mutating func reboot(at now: Date) -> DeviceOutput {
        note(.switchedOn, at: now)
        sessions = [:]
        order = []
        disabledUntil = nil
        silentUntil = nil
        writesWaiting = []
        enrolment = nil
        isOff = false
        return DeviceOutput(closesAll: true)
    }

    package mutating func clearLog(at now: Date) {
        log.clear()
        note(.attendanceCleared, at: now)
    }

    /// Operations of the log that a device keeps of itself (zk-protocol, section 15.6).
    enum Operation: UInt8 {
        case switchedOn = 0
        case optionChanged = 5
        case fingerEnrolled = 6
        case userDeleted = 9
        case dataCleared = 13
        case clockSet = 21
        case attendanceCleared = 23
        case adminsCleared = 24
        case userEnrolled = 30
    }

    mutating func note(_ operation: Operation, user: UInt16 = 0, at now: Date) {
        if operations.count >= Self.mostOperations { operations.removeFirst() }
        operations.append(
            OperationRecord(
                admin: 0, operation: operation.rawValue, time: clock.time(at: now), parameters: [user, 1, 0, 0]))
    }
}
