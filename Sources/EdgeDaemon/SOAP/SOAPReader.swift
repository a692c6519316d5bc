import Attendance
import DeviceFormats
import EdgeStore
import Foundation
import Logging
import ZKClient
import ZKWire

/// Reads one device over its web service and journals what it gave: the second choice, where no session can be held
/// (docs/decisions/0023). What is journaled beside the punches is what `DeviceReader` journals.
struct SOAPReader: Sendable {
    private let base: DeviceReader
    private let client: SOAPClient

    private var environment: EdgeEnvironment { base.environment }
    private var name: String { base.configuration.name }

    init(_ base: DeviceReader, configuration: SOAPClient.Configuration = .init()) {
        self.base = base
        client = SOAPClient(
            base.configuration.address, key: base.configuration.commKey, configuration: configuration,
            clock: base.environment.clock)
    }

    /// Reads the whole log and journals what is new.
    ///
    /// - Throws: `DeviceError`, `EdgeStoreError`, `CancellationError`. Of a log that lost records, what it has is
    ///   journaled, and `logDoubtful` thrown; after any other error nothing is.
    func read(_ memory: inout DeviceReader.Memory) async throws -> DeviceReader.Outcome {
        let outcome = try await readWhole(&memory)
        if outcome.isLarge { SpareMemory.giveBack() }
        return outcome
    }

    private func readWhole(_ memory: inout DeviceReader.Memory) async throws -> DeviceReader.Outcome {
        // First the clock: it proves that the device answers and takes the key.
        let clock = try await base.lookAtClock(client)
        let serial = try await identify(&memory.soap)
        var next = memory
        var notes: [EntryBody] = []
        if next.facts == nil {
            let facts = DeviceFacts(
                serial: serial, name: name, timezone: base.configuration.timezone, model: "", platform: "",
                firmware: "", capacity: nil)
            next.facts = facts
            notes.append(.device(facts))
        }
        notes += base.clockNotes(serial, clock, &next.clock)
        let startedAt = environment.now()
        let log = try await log(of: serial)
        let appended = try journal(log, serial, clock, notes, startedAt, &next, &memory)
        let offset = try await base.correctClock(client, serial, clock.offset, &memory.clock)
        let usersRead = try await noteUsers(serial, &memory.users)
        return DeviceReader.Outcome(
            device: name, serial: serial.text, extent: "\(AttendanceRead.Extent.complete)",
            newPunches: appended.newPunches, confirmed: appended.confirmed, count: log.count,
            clockOffset: offset, usersRead: usersRead ? true : nil)
    }

    // MARK: Who is it

    /// The serial the device tells must be the enrolled one; of one that tells none, the configuration's is believed.
    private func identify(_ memory: inout SOAPMemory) async throws -> DeviceSerial {
        if let told = try await client.serialNumber() {
            memory.serial = told
            return try base.admit(told)
        }
        if memory.serial != nil { throw DeviceError(.incomplete, "identify", "it told its serial before, and not now") }
        guard let configured = base.configuration.serial else {
            throw DeviceError(
                .noSerial, "identify",
                "over SOAP this model tells none: write the one on its label as `serial` of [device.\(name)]")
        }
        return try base.admit(configured.text)
    }

    // MARK: The log

    private func log(of serial: DeviceSerial) async throws -> SOAPLog {
        var log = SOAPLog(serial)
        try await client.ask(.attendance) { log.take($0) }
        return log
    }

    private func journal(
        _ log: SOAPLog, _ serial: DeviceSerial, _ clock: ClockLook, _ notes: [EntryBody], _ startedAt: Date,
        _ next: inout DeviceReader.Memory, _ memory: inout DeviceReader.Memory
    ) throws -> EdgeStore.Appended {
        let remembered = try base.store.memory(of: serial)
        let mark = try base.store.mark(of: serial, by: .soap)
        let known = mark.flatMap { SOAPMark(text: $0.text) }
        // The log as it was: nothing to judge, and nothing to make punches of.
        let isKnown = log.count > 0 && known?.count == log.count && mark?.digest == log.digest
        let punches = isKnown ? [] : log.punches
        let judgement =
            isKnown
            ? SOAPJudgement.good(.whole)
            : SOAPJudgement(
                punches, known: known, polled: mark == nil ? KnownLog(comparing: remembered) : .nothing,
                &next.soap.doubt, at: base.elapsed())
        if isKnown { next.soap.doubt = nil }
        guard case .good(let continuity) = judgement else {
            let appended = try append(punches, serial, notes, startedAt, extent: .some)
            memory = next
            tell(log, appended, "\(judgement)")
            if case .doubtful(let text) = judgement { throw DeviceError(.logDoubtful, "read the log", text) }
            return appended
        }
        var notes = notes
        if let why = continuity.reason {
            let before = known.map { "\($0.count)" } ?? "unknown"
            notes.append(base.alarm(why.rawValue, serial, "\(why.words): \(before) records before, \(log.count) now"))
        }
        let claims = Claims(serial, remembered, continuity, clock, startedAt, source: .soap)
        let broken = claims.broken
        var appended = EdgeStore.Appended()
        if !isKnown {
            // A log that has what was known of it is all that the device has; another one is not trusted so far.
            let extent: Reading.Extent = continuity.reason == nil && next.soap == memory.soap ? .complete : .some
            let text = SOAPMark(count: log.count, last: punches.last?.slot).text
            appended = try append(
                punches, serial, notes, startedAt, extent: extent, claim: broken,
                broken: broken == nil ? continuity.reason?.rawValue : nil,
                mark: EdgeStore.LogMark(text: text, digest: log.digest))
        } else if !notes.isEmpty || broken != nil {
            try base.append(notes, claim: broken)
        }
        base.noteLoss(continuity, serial, at: startedAt)
        memory.presence.isFresh = true
        let absence = absence(log, clock, remembered.coveredTo, startedAt, memory.presence)
        next.presence = memory.presence
        try base.cover(absence, claims, alreadyClaimed: broken != nil, &next.presence)
        memory = next
        tell(log, appended, isKnown ? "as it was" : "\(continuity)")
        return appended
    }

    private func append(
        _ punches: [Punch], _ serial: DeviceSerial, _ notes: [EntryBody], _ startedAt: Date, extent: Reading.Extent,
        claim: EdgeStore.Claim? = nil, broken: String? = nil, mark: EdgeStore.LogMark? = nil
    ) throws -> EdgeStore.Appended {
        let reading = Reading(
            serial: serial, source: .soap, extent: extent, startedAt: startedAt, punches: punches, notes: notes)
        let appended = try base.commit(punches.count) {
            try base.store.append(reading, claim: claim, broken: broken, mark: mark, at: environment.now())
        }
        base.board.lastScans.add(appended.newest)
        return appended
    }

    private func tell(_ log: SOAPLog, _ appended: EdgeStore.Appended, _ reason: String) {
        environment.logger.info(
            "device.read",
            metadata: [
                "device": "\(name)", "extent": "\(AttendanceRead.Extent.complete)",
                "records": "\(log.count)", "new": "\(appended.newPunches)", "reason": "\(reason)",
            ])
    }

    // MARK: Where it may have been off

    /// There is no operation log over SOAP: what nobody saw for a quarter of an hour, and no scan proves, is a hole.
    ///
    /// - Returns: `nil` where this computer's clock stands before what it saw already.
    private func absence(
        _ log: SOAPLog, _ clock: ClockLook, _ coveredTo: Date?, _ startedAt: Date, _ memory: PresenceMemory
    ) -> DeviceReader.Absence? {
        let known = [CoverageRule.earliest, coveredTo, memory.seenAt].compactMap { $0 }
        guard known.allSatisfy({ startedAt >= $0 }) else { return nil }
        guard let seen = memory.seenAt ?? coveredTo else { return DeviceReader.Absence() }
        let rule = PresenceRule(seen: seen, found: startedAt, isRough: memory.seenAt == nil)
        guard rule.isWorthAsking else { return DeviceReader.Absence() }
        var proofs: [Date] = []
        if let offset = clock.offset {
            // Only the newest can lie behind what was seen; logs are long.
            for punch in log.punches.suffix(SpareMemory.manyRecords) {
                guard let time = punch.deviceTime.packed else { continue }
                if let date = base.localClock.date(of: time, offset: offset) { proofs.append(date) }
            }
        }
        return DeviceReader.Absence(holes: rule.holes(.unknown, start: nil, proofs: proofs))
    }

    // MARK: Users

    private func noteUsers(_ serial: DeviceSerial, _ memory: inout UserListMemory) async throws -> Bool {
        guard memory.isDue(nil, at: base.elapsed()) else { return false }
        let found: [SOAPUser]
        do {
            found = try await client.users()
        } catch let error as DeviceError {
            memory.failed(at: base.elapsed())
            environment.logger.debug("device.users", metadata: ["device": "\(name)", "problem": "\(error)"])
            return false
        }
        // A list without anybody proves nothing: everybody would be called removed.
        guard !found.isEmpty else {
            memory.failed(at: base.elapsed())
            return false
        }
        let users = found.map { user in
            DeviceUser(
                serial: serial, userID: UserID(field: user.userID), name: text(user.name.bytes),
                privilege: user.privilege)
        }
        try base.journal(users, serial)
        memory = UserListMemory(readAt: base.elapsed())
        return true
    }

    private func text(_ name: [UInt8]) -> String {
        let encoding = base.configuration.nameEncoding
        return encoding == .utf8 ? SOAPText.text(name) : encoding.text(name)
    }
}

extension DeviceTime {
    /// `nil` where it is no date.
    fileprivate var packed: PackedTime? {
        isCalendarDate ? TextScan(userID: [], time: text.utf8, verify: 0, state: 0).packedTime : nil
    }
}
