import Attendance
import DeviceFormats
import EdgeStore
import FailPoints
import Foundation
import Logging
import Synchronization
import ZKClient
import ZKWire

/// Reads one device in an open session and journals what it gave. Used by the daemon's workers, by `--once`
/// and, without a daemon, by `hadir device sync`.
package struct DeviceReader: Sendable {
    package let configuration: DeviceConfiguration
    package let store: EdgeStore
    package let environment: EdgeEnvironment
    let board: DeviceBoard
    /// `nil` where nobody doubts this computer's clock.
    let clockTrust: ClockTrust?
    let localClock: LocalClock
    /// Unlike the wall clock it never jumps; only differences count.
    var elapsed: @Sendable () -> Duration { board.elapsed }

    /// For one reading in all, however large: a device that answers just often enough must not hold us for ever.
    static let longestReading = Duration.seconds(30 * 60)
    /// Counters are believed for so long; then the end of the log is looked at, whatever they say.
    static let countersBelieved = Duration.seconds(3600)
    /// A firmware that ignores offsets may be replaced by one that does not.
    static let offsetsRetried = Duration.seconds(7 * 86_400)

    /// What is remembered of a device from reading to reading; not kept over a restart.
    package struct Memory: Sendable, Equatable {
        var facts: DeviceFacts?
        var clock = ClockMemory()
        var fullness = LogFullness.roomy
        /// When the log's end was last looked at.
        var verifiedAt: Duration?
        /// When an offset was last tried on a firmware that ignores them.
        var offsetsTriedAt: Duration?
        var presence = PresenceMemory()
        var users = UserListMemory()
        var operations = OperationLogMemory()
        var fill = FillRate()
        var soap = SOAPMemory()

        package init() {}

        /// A new session: whatever happened between is not known yet.
        package mutating func sessionBegan() { presence.isFresh = true }

        /// The device answered.
        package mutating func seen(at now: Date) {
            if !presence.isFresh { presence.seenAt = now }
        }
    }

    /// How full something on a device is.
    package struct DeviceRoom: Sendable, Codable, Equatable {
        package let used: Int
        package let capacity: Int
    }

    /// What one reading gave, for the log, the control socket and the status.
    package struct Outcome: Sendable, Codable, Equatable {
        package var device: String
        package var serial: String
        package var extent: String
        package var newPunches: Int
        package var confirmed: Int
        package var count: Int?
        package var capacity: Int?
        package var clockOffset: Int?
        /// The device's user list was read, too.
        package var usersRead: Bool?
        /// Until the log is full at the present rate.
        package var daysLeft: Int?
        package var users: DeviceRoom?
        package var fingers: DeviceRoom?
        /// There are more records by now than when it began: not every firmware tells events while it is read.
        var grew = false

        /// Whether many records were held at once.
        var isLarge: Bool {
            extent == "\(AttendanceRead.Extent.complete)" && (count ?? newPunches) > SpareMemory.manyRecords
        }

        enum CodingKeys: String, CodingKey {
            case device, serial, extent, confirmed, count, capacity, users, fingers
            case daysLeft = "days_left"
            case newPunches = "new_punches"
            case clockOffset = "clock_offset"
            case usersRead = "users_read"
        }
    }

    init(
        configuration: DeviceConfiguration, store: EdgeStore, environment: EdgeEnvironment,
        board: DeviceBoard? = nil, clockTrust: ClockTrust? = nil
    ) {
        self.configuration = configuration
        self.store = store
        self.environment = environment
        self.board = board ?? DeviceBoard(elapsed: environment.stopwatch())
        self.clockTrust = clockTrust
        localClock = LocalClock(timezone: configuration.timezone)
    }

    /// One reading in a session of its own.
    package func readInNewSession() async throws -> Outcome {
        if configuration.address.link == .soap {
            var memory = Memory()
            return try await SOAPReader(self).read(&memory)
        }
        let session = DeviceSession(
            transport: try await environment.connect(configuration.address, sessionConfiguration),
            configuration: sessionConfiguration, clock: environment.clock, logger: environment.logger)
        do {
            try await session.open()
            var memory = Memory()
            let outcome = try await read(session, try await identify(session), &memory)
            await session.close()
            return outcome
        } catch {
            await session.close()
            throw error
        }
    }

    var sessionConfiguration: DeviceSession.Configuration {
        var settings = DeviceSession.Configuration()
        settings.commKey = configuration.commKey
        settings.looseReplies = configuration.looseReplies
        settings.usb = configuration.usb
        return settings
    }

    // MARK: Who is it

    /// Asks for the serial number and refuses any but the enrolled one, before a byte of data is taken.
    ///
    /// - Returns: the serial its entries carry: with its `serial_tag`, where it has one.
    package func identify(_ session: DeviceSession) async throws -> DeviceSerial {
        try admit(try await session.serialNumber())
    }

    /// - Parameter text: as the device tells it.
    func admit(_ text: String) throws -> DeviceSerial {
        guard let serial = DeviceSerial(text) else { throw DeviceError(.noSerial, "identify", "it tells \"\(text)\"") }
        guard let journaled = configuration.journalSerial(of: serial) else {
            throw DeviceError(.noSerial, "identify", "\(serial) and its serial_tag are too long together")
        }
        try board.checkHolder(of: journaled, for: configuration.name)
        let expected = try configuration.serial ?? store.firstSerial(for: configuration.name, answering: serial)
        guard serial == expected || Sabotage.isOn("any_device_read") else {
            throw DeviceError(.otherDevice, "identify", "serial \(serial) instead of \(expected)")
        }
        try board.claim(journaled, for: configuration.name)
        return journaled
    }

    private func facts(_ session: DeviceSession, _ serial: DeviceSerial) async throws -> DeviceFacts {
        let identity = try await session.identity()
        let sizes = try await session.freeSizes()
        return DeviceFacts(
            serial: serial, name: configuration.name, timezone: configuration.timezone, model: identity.model,
            platform: identity.platform, firmware: identity.firmware, capacity: sizes.map { Int($0.attendanceCapacity) }
        )
    }

    // MARK: Read

    /// Reads what is new and journals it with the device's cursor.
    ///
    /// - Throws: `DeviceError`, `EdgeStoreError`, `CancellationError`; nothing is then half-journaled, `memory` is as
    ///   it was or as journaled, and the device's log is read from the same place again.
    package func read(
        _ session: DeviceSession, _ serial: DeviceSerial, _ memory: inout Memory
    ) async throws -> Outcome {
        let isOverdue = Flag()
        let watchdog = watchdog(session, isOverdue)
        defer { watchdog.cancel() }
        do {
            let outcome = try await readUnlimited(session, serial, &memory)
            if outcome.isLarge { SpareMemory.giveBack() }
            return outcome
        } catch  where isOverdue.isRaised {
            throw DeviceError(.timedOut, "read", "not done within \(Self.longestReading)")
        }
    }

    private func readUnlimited(
        _ session: DeviceSession, _ serial: DeviceSerial, _ memory: inout Memory
    ) async throws -> Outcome {
        // Only what was journaled is remembered.
        var next = memory
        let isFirst = memory.presence.isFresh
        var notes: [EntryBody] = []
        if next.facts == nil {
            let facts = try await facts(session, serial)
            next.facts = facts
            notes.append(.device(facts))
        }
        let clock = try await lookAtClock(session)
        notes += clockNotes(serial, clock, &next.clock)
        let remembered = try store.memory(of: serial)
        let known = KnownLog(stored: remembered.cursor)
        let compared = KnownLog(comparing: remembered, soap: try store.mark(of: serial, by: .soap))
        let startedAt = environment.now()
        var options = options(clock, next)
        var read = try await session.readAttendance(since: known.cursor, options: options)
        FailPoint.reach("edge.read.received")
        let continuity = LogContinuity(read, since: compared, clearing: remembered.clearing)
        next.fill = try fillRate(read, serial, clock.offset, memory.fill)
        notes += logNotes(read, continuity, compared, serial, next.fill, &next.fullness)
        let claims = Claims(serial, remembered, continuity, clock, startedAt)
        let broken = claims.broken
        var appended = try await journal(read, startedAt, notes, session, claims, broken)
        FailPoint.reach("edge.read.journaled")
        noteLoss(continuity, serial, at: startedAt)
        if read.extent != .nothingNew { next.verifiedAt = elapsed() }
        if options.retryOffsets, read.extent != .nothingNew { next.offsetsTriedAt = elapsed() }
        if appended.ambiguous > 0 {
            options.everything = true
            read = try await session.readAttendance(since: known.cursor, options: options)
            let again = try await journal(read, startedAt, [], session, claims, nil)
            appended.newPunches += again.newPunches
            appended.confirmed += again.confirmed
        }
        let absence = try await holes(
            session, serial, read, clock, coveredTo: remembered.coveredTo, startedAt: startedAt, &memory.presence)
        next.presence = memory.presence
        try cover(absence, claims, alreadyClaimed: broken != nil, &next.presence)
        try keep(next.fill, of: serial, before: memory.fill)
        memory = next
        // Last: scans made by the wrong clock are journaled before the entries that tell of the right one.
        let offset = try await correctClock(session, serial, clock.offset, &memory.clock)
        try await noteOperations(session, serial, read.sizes, clock.offset, absence?.operations, &memory)
        let usersRead = try await noteUsers(session, serial, read.sizes, &memory.users)
        let grew = isFirst ? try await hasGrown(session, read) : false
        log(read, appended)
        return Outcome(
            device: configuration.name, serial: serial.text, extent: "\(read.extent)", newPunches: appended.newPunches,
            confirmed: appended.confirmed, count: read.sizes.map { Int($0.attendance) },
            capacity: read.sizes.map { Int($0.attendanceCapacity) }, clockOffset: offset,
            usersRead: usersRead ? true : nil, daysLeft: memory.fill.daysLeft(read.sizes),
            users: read.sizes.map { DeviceRoom(used: Int($0.users), capacity: Int($0.userCapacity)) },
            fingers: read.sizes.map { DeviceRoom(used: Int($0.fingers), capacity: Int($0.fingerCapacity)) },
            grew: grew)
    }

    /// Asked once a session, and only where the worker rests on events until the next poll.
    private func hasGrown(_ session: DeviceSession, _ read: AttendanceRead) async throws -> Bool {
        guard configuration.live, let before = read.sizes, let now = try await session.freeSizes() else { return false }
        return now.attendance != before.attendance
    }

    private func options(_ clock: ClockLook, _ memory: Memory) -> DeviceSession.AttendanceOptions {
        // The later of two clocks, and a day: the edge's own may stand in the past after a power cut.
        let tomorrow = localClock.packed(environment.now().addingTimeInterval(86_400)) ?? PackedTime(rawValue: .max)
        let latest = max(tomorrow.rawValue, clock.offset == nil ? 0 : clock.time.rawValue)
        var options = DeviceSession.AttendanceOptions(latest: PackedTime(rawValue: latest))
        options.sixteenVerifyFirst = configuration.attendanceOrder16VerifyFirst
        options.distrustCounters =
            memory.presence.isFresh || memory.verifiedAt.map { elapsed() - $0 >= Self.countersBelieved } ?? true
        options.retryOffsets = memory.offsetsTriedAt.map { elapsed() - $0 >= Self.offsetsRetried } ?? true
        return options
    }

    /// Journals live events, all in one transaction.
    ///
    /// - Returns: how many were new, and whether all could be journaled: one that names only an index needs the log.
    package func journal(
        _ events: [AttendanceEvent], _ serial: DeviceSerial
    ) throws -> (newPunches: Int, isComplete: Bool) {
        let normaliser = PunchNormaliser(serial: serial, source: .live)
        let punches = events.compactMap { normaliser.punch(from: $0) }
        let isComplete = punches.count == events.count
        guard !punches.isEmpty else { return (0, isComplete) }
        let now = environment.now()
        let reading = Reading(serial: serial, source: .live, extent: .some, startedAt: now, punches: punches)
        FailPoint.reach("edge.live.received")
        let appended = try commit { try store.append(reading, at: now) }
        FailPoint.reach("edge.live.journaled")
        board.lastScans.add(appended.newest)
        return (appended.newPunches, isComplete)
    }

    private func journal(
        _ read: AttendanceRead, _ startedAt: Date, _ notes: [EntryBody], _ session: DeviceSession, _ claims: Claims,
        _ claim: EdgeStore.Claim?
    ) async throws -> EdgeStore.Appended {
        let serial = claims.serial
        guard read.extent != .nothingNew else {
            if !notes.isEmpty || claim != nil { try append(notes, claim: claim) }
            return EdgeStore.Appended()
        }
        let needsUsers = read.cursor?.layout.namesIndex ?? false
        let users = needsUsers ? try await session.users(count: read.sizes.map { Int($0.users) }).users : []
        let joins = needsUsers ? try store.joins(of: serial) : []
        var normaliser = PunchNormaliser(serial: serial, source: .poll, users: users, joins: joins)
        let punches = normaliser.punches(from: read.records)
        let extent: Reading.Extent = read.extent == .complete ? .complete : .tail(new: read.newCount)
        // An empty log forgets the cursor: whatever comes next is read whole.
        let cursor = read.cursor?.text ?? ""
        let reading = Reading(
            serial: serial, source: .poll, extent: extent, startedAt: startedAt, punches: punches, notes: notes,
            cursor: cursor, joins: normaliser.newJoins)
        let broken = claim == nil ? claims.continuity.reason?.rawValue : nil
        let appended = try commit(punches.count) {
            try store.append(reading, claim: claim, broken: broken, at: environment.now())
        }
        board.lastScans.add(appended.newest)
        return appended
    }

    /// Journals entries that belong to no reading.
    func append(_ notes: [EntryBody], claim: EdgeStore.Claim? = nil) throws {
        try commit { try store.append(notes, claim: claim, at: environment.now()) }
    }

    /// Every write to the journal: timed, and its failure shown.
    func commit<Value>(_ entries: Int = 1, _ body: () throws -> Value) throws -> Value {
        let begun = elapsed()
        board.commitBegins(entries)
        do {
            let value = try body()
            board.committed(in: elapsed() - begun)
            return value
        } catch {
            board.commitFailed(error)
            throw error
        }
    }

    private func log(_ read: AttendanceRead, _ appended: EdgeStore.Appended) {
        environment.logger.info(
            "device.read",
            metadata: [
                "device": "\(configuration.name)", "extent": "\(read.extent)", "records": "\(read.records.count)",
                "new": "\(appended.newPunches)", "reason": "\(read.reason)",
            ])
    }

    /// Ends the session where a reading takes longer than it may; what waits in it then ends with an error.
    private func watchdog(_ session: DeviceSession, _ isOverdue: Flag) -> Task<Void, Never> {
        Task { [clock = environment.clock] in
            do { try await clock.sleep(for: Self.longestReading) } catch { return }
            isOverdue.raise()
            await session.close()
        }
    }
}

/// Something that happened, told from one task to another.
private final class Flag: Sendable {
    private let value = Atomic(false)

    var isRaised: Bool { value.load(ordering: .acquiring) }

    func raise() { value.store(true, ordering: .releasing) }
}
