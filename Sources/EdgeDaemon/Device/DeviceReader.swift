import Attendance
import DeviceFormats
import EdgeStore
import Foundation
import Logging
import ZKClient
import ZKWire

/// Reads one device in an open session and journals what it gave. Used by the daemon's workers, by `--once`
/// and, without a daemon, by `hadir device sync`.
package struct DeviceReader: Sendable {
    package let configuration: DeviceConfiguration
    package let store: EdgeStore
    package let environment: EdgeEnvironment
    private let localClock: LocalClock

    /// A clock that is off by less than this is left alone and not journaled again.
    static let clockStep = 2
    /// A clock is corrected only beyond this many seconds.
    static let clockTolerance = 5
    private static let clockInterval: TimeInterval = 86_400
    private static let coverageInterval: TimeInterval = 15 * 60

    /// What a worker remembers of its device while it runs.
    package struct Memory: Sendable {
        var serial: DeviceSerial?
        var facts: DeviceFacts?
        var clockOffset: Int?
        var clockAt: Date?
        var lastCount: Int?
    }

    /// What one reading gave, for the log, the control socket and the status.
    package struct Outcome: Sendable, Codable, Equatable {
        package var device: String
        package var serial: String
        package var extent: String
        package var newPunches: Int
        package var confirmed: Int
        package var count: Int?
        package var clockOffset: Int?

        enum CodingKeys: String, CodingKey {
            case device, serial, extent, confirmed, count
            case newPunches = "new_punches"
            case clockOffset = "clock_offset"
        }
    }

    package init(configuration: DeviceConfiguration, store: EdgeStore, environment: EdgeEnvironment) {
        self.configuration = configuration
        self.store = store
        self.environment = environment
        localClock = LocalClock(timezone: configuration.timezone)
    }

    /// One reading in a session of its own.
    package func readInNewSession() async throws -> Outcome {
        let session = DeviceSession(
            transport: try await environment.connect(configuration.address, sessionConfiguration),
            configuration: sessionConfiguration, clock: environment.clock, logger: environment.logger)
        do {
            try await open(session)
            var memory = Memory()
            let serial = try await identify(session, &memory)
            let outcome = try await read(session, serial, &memory)
            await session.close()
            return outcome
        } catch {
            await session.close()
            throw error
        }
    }

    /// Connects, and enables the device where an earlier session may have left it disabled.
    func open(_ session: DeviceSession) async throws {
        let mustEnable = try configuration.serial.map { try store.memory(of: $0).mustEnable } ?? false
        try await session.open(mustEnable: mustEnable)
        if mustEnable, let serial = configuration.serial { try store.setMustEnable(false, for: serial) }
    }

    var sessionConfiguration: DeviceSession.Configuration {
        var settings = DeviceSession.Configuration()
        settings.commKey = configuration.commKey
        settings.looseReplies = configuration.looseReplies
        return settings
    }

    // MARK: Who is it

    /// Asks for the serial number and refuses any but the enrolled one, before a byte of data is taken.
    package func identify(_ session: DeviceSession, _ memory: inout Memory) async throws -> DeviceSerial {
        let text = try await session.serialNumber()
        guard let serial = DeviceSerial(text) else { throw DeviceError(.noSerial, "identify", "it tells \"\(text)\"") }
        let expected = try configuration.serial ?? store.firstSerial(for: configuration.name, answering: serial)
        guard serial == expected else {
            throw DeviceError(.otherDevice, "identify", "serial \(serial) instead of \(expected)")
        }
        memory.serial = serial
        return serial
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
    /// - Parameter distrustCounters: look at the log's end even where the counters say nothing is new.
    /// - Throws: `DeviceError`, `EdgeStoreError`, `CancellationError`; nothing is then half-journaled.
    package func read(
        _ session: DeviceSession, _ serial: DeviceSerial, _ memory: inout Memory, distrustCounters: Bool = false
    ) async throws -> Outcome {
        var notes: [EntryBody] = []
        if memory.facts == nil {
            let facts = try await facts(session, serial)
            memory.facts = facts
            notes.append(.device(facts))
        }
        notes += try await clockNotes(session, serial, &memory)
        let remembered = try store.memory(of: serial)
        let startedAt = environment.now()
        var options = DeviceSession.AttendanceOptions(
            latest: localClock.packed(startedAt.addingTimeInterval(86_400)) ?? PackedTime(rawValue: .max))
        options.sixteenVerifyFirst = configuration.attendanceOrder16VerifyFirst
        options.distrustCounters = distrustCounters
        let cursor = remembered.cursor.flatMap { AttendanceCursor(text: $0) }
        var read = try await session.readAttendance(since: cursor, options: options)
        notes += alarms(read, cursor: cursor, serial)
        var appended = try await journal(read, serial, startedAt, notes, session)
        if appended.ambiguous > 0 {
            options.everything = true
            read = try await session.readAttendance(since: cursor, options: options)
            let again = try await journal(read, serial, startedAt, [], session)
            appended.newPunches += again.newPunches
            appended.confirmed += again.confirmed
        }
        try journalCoverage(read, remembered, serial, startedAt)
        let count = read.sizes.map { Int($0.attendance) }
        memory.lastCount = count
        log(read, appended)
        return Outcome(
            device: configuration.name, serial: serial.text, extent: "\(read.extent)", newPunches: appended.newPunches,
            confirmed: appended.confirmed, count: count, clockOffset: memory.clockOffset)
    }

    /// Journals one live event.
    ///
    /// - Returns: whether it could be; an event that names only an index needs the log instead.
    package func journal(_ event: AttendanceEvent, _ serial: DeviceSerial) throws -> Bool {
        let normaliser = PunchNormaliser(serial: serial, source: .live)
        guard let punch = normaliser.punch(from: event) else { return false }
        let now = environment.now()
        try store.append(
            Reading(serial: serial, source: .live, extent: .some, startedAt: now, punches: [punch]), at: now)
        return true
    }

    private func journal(
        _ read: AttendanceRead, _ serial: DeviceSerial, _ startedAt: Date, _ notes: [EntryBody],
        _ session: DeviceSession
    ) async throws -> EdgeStore.Appended {
        guard read.extent != .nothingNew else {
            try store.append(notes, at: environment.now())
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
        return try store.append(
            Reading(
                serial: serial, source: .poll, extent: extent, startedAt: startedAt, punches: punches, notes: notes,
                cursor: cursor, joins: normaliser.newJoins), at: environment.now())
    }

    private func log(_ read: AttendanceRead, _ appended: EdgeStore.Appended) {
        environment.logger.info(
            "device.read",
            metadata: [
                "device": "\(configuration.name)", "extent": "\(read.extent)", "records": "\(read.records.count)",
                "new": "\(appended.newPunches)", "reason": "\(read.reason)",
            ])
    }

    // MARK: Notes

    /// The log is shorter than it was, or nearly full: a person should know.
    private func alarms(_ read: AttendanceRead, cursor: AttendanceCursor?, _ serial: DeviceSerial) -> [EntryBody] {
        var alarms: [EntryBody] = []
        if let cursor, let sizes = read.sizes, Int(sizes.attendance) < cursor.count {
            alarms.append(
                .alarm(
                    Alarm(
                        code: "log_cleared", serial: serial,
                        text: "the log went from \(cursor.count) to \(sizes.attendance) records")))
        }
        if let sizes = read.sizes, read.extent != .nothingNew, sizes.attendanceCapacity > 0,
            Double(sizes.attendance) >= 0.8 * Double(sizes.attendanceCapacity)
        {
            alarms.append(
                .alarm(
                    Alarm(
                        code: "log_nearly_full", serial: serial,
                        text: "\(sizes.attendance) of \(sizes.attendanceCapacity) records")))
        }
        return alarms
    }

    /// The device's clock beside ours: on a change of two seconds, and daily.
    private func clockNotes(
        _ session: DeviceSession, _ serial: DeviceSerial, _ memory: inout Memory
    ) async throws -> [EntryBody] {
        let time = try await session.deviceTime()
        let now = environment.now()
        let offset = localClock.offset(of: time, at: now)
        let changed =
            switch (memory.clockOffset, offset) {
            case (let old?, let new?): abs(old - new) >= Self.clockStep
            case (nil, nil): false
            default: true
            }
        let isDue = memory.clockAt.map { abs(now.timeIntervalSince($0)) >= Self.clockInterval } ?? true
        guard changed || isDue else { return [] }
        memory.clockOffset = offset
        memory.clockAt = now
        var notes: [EntryBody] = [clockNote(serial, time, offset)]
        if let correction = try await correctClock(session, serial, offset) {
            memory.clockOffset = correction.offset
            notes += correction.notes
        }
        return notes
    }

    private func clockNote(_ serial: DeviceSerial, _ time: PackedTime, _ offset: Int?) -> EntryBody {
        .clock(
            ClockReading(
                serial: serial, deviceTime: DeviceTime(time), offset: offset, monotonic: environment.monotonic(),
                bootID: environment.bootID))
    }

    /// Sets the clock where the configuration allows it: off by more than the tolerance and by no more than
    /// the limit. What it showed and shows is journaled.
    private func correctClock(
        _ session: DeviceSession, _ serial: DeviceSerial, _ offset: Int?
    ) async throws -> (offset: Int?, notes: [EntryBody])? {
        guard let limit = configuration.clockCorrection, let offset, abs(offset) > Self.clockTolerance,
            Duration.seconds(abs(offset)) <= limit, let right = localClock.packed(environment.now())
        else { return nil }
        let after = try await session.setDeviceTime(right)
        let left = localClock.offset(of: after, at: environment.now())
        let text = "the clock was \(offset) s off and was set to \(right.parts.text)"
        return (
            left, [.alarm(Alarm(code: "clock_set", serial: serial, text: text)), clockNote(serial, after, left)]
        )
    }

    /// The record is complete up to the start of this reading, from where it was complete before; with a hole
    /// where the log's end was not found again.
    private func journalCoverage(
        _ read: AttendanceRead, _ remembered: EdgeStore.DeviceMemory, _ serial: DeviceSerial, _ startedAt: Date
    ) throws {
        let from = remembered.coveredTo ?? startedAt
        let wasReconciled =
            read.extent != .complete || remembered.cursor == nil || remembered.coveredTo == nil
            || read.reason.hasPrefix("this firmware") || read.reason.hasPrefix("it came at once")
        guard
            !wasReconciled || startedAt.timeIntervalSince(from) >= Self.coverageInterval || remembered.coveredTo == nil
        else { return }
        let holes =
            wasReconciled || startedAt <= from
            ? [] : [Coverage.Hole(from: from, to: startedAt, why: "log_not_reconciled")]
        try store.append(
            Coverage(serial: serial, from: min(from, startedAt), to: startedAt, source: .poll, holes: holes),
            at: environment.now())
    }
}
