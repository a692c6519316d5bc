import Attendance
import AttendanceRules
import CentralAttendance
import CentralPages
import CentralStore
import Foundation
import Hummingbird

/// Devices, the computers that read them, and what stands in quarantine, at one moment.
struct DeviceFacts: Sendable {
    let devices: [String: DeviceSummary]
    let nodes: [String: [NodeSummary]]
    let quarantined: [(punch: Punch, reason: String)]

    /// Of those kept back the newest: what a person asks for is of these days.
    private static let mostQuarantined = 300

    init(_ store: any CentralStore) async throws {
        devices = Dictionary(try await store.devices().map { ($0.serial, $0) }) { first, _ in first }
        nodes = Dictionary(grouping: try await store.nodes(), by: \.unit)
        quarantined = try await store.quarantined(limit: Self.mostQuarantined).compactMap { entry in
            guard case .punch(let punch)? = try? EntryBody.decode(entry.body).body else { return nil }
            return (punch, entry.reason)
        }
    }

    /// Of the unit's computers the one heard last.
    func office(of unit: String, at moment: Date) -> TracedDevice.Office? {
        let own = (nodes[unit] ?? []).map { node in
            TracedDevice.Office(
                contactAt: node.contactAt, isRevoked: node.state(at: moment) == "revoked",
                backlog: node.status?.backlog ?? 0, backlogAge: node.status?.backlogAge)
        }
        let best = own.filter { !$0.isRevoked }
            .max { $0.contactAt ?? .distantPast < $1.contactAt ?? .distantPast }
        return best ?? own.first
    }
}

/// One date of one person, judged.
struct TracedDay: Sendable {
    let date: CivilDate
    let account: DayAccount?
    let devices: [TracedDevice]
    let judgement: TraceJudgement
    let answer: TraceWords.Answer
    let words: TraceWords
    let scans: [(journey: ScanJourney, scan: TracedScan)]
}

extension PersonPages {
    func trace(_ subject: PersonSubject, _ call: PageCall) async throws -> Response {
        let chosen = try call.date()
        let asked = chosen.map { [$0] } ?? [call.today, call.today.adding(days: -1)]
        let dates = asked.filter(subject.isSeen)
        guard !dates.isEmpty else { throw PageCall.absent }
        let facts = try await DeviceFacts(parts.store)
        var blocks: [PersonPage.Block] = []
        // safe: not empty
        if !subject.isOwn { blocks.append(.who(subject.who(on: dates[0], links: links(subject, call)))) }
        for date in dates {
            let day = try await traced(subject, date, call, facts: facts)
            let title = date == call.today ? "Hari ini, \(PersonWords.long(date))" : PersonWords.long(date)
            let hasPage = subject.isOwn || call.may(.readWorkdays, in: subject.unit(on: date))
            blocks.append(
                .answer(
                    .init(
                        tone: PersonWords.tone(day.answer.tone), title: title, text: day.answer.text,
                        advice: day.answer.advice,
                        link: hasPage ? .init("Rincian hitungan", subject.path(of: date)) : nil)))
            blocks.append(.journeys(try await journeys(day, subject, call)))
            blocks.append(.devices(Self.devices(day)))
        }
        blocks.append(.stepper(stepper(dates[0], subject, call)))  // safe: not empty
        let place = PagePlace(
            area: subject.area, path: subject.path + "/jejak",
            title: subject.isOwn ? "Di mana absen saya?" : "Di mana absennya?", style: "jejak",
            neighbours: subject.neighbours(call))
        return PageAnswers.html(parts.pages.person(PersonPage(place, blocks), call.frame))
    }

    private func stepper(_ date: CivilDate, _ subject: PersonSubject, _ call: PageCall) -> PersonPage.Stepper {
        let (before, after) = (date.adding(days: -1), date.adding(days: 1))
        return PersonPage.Stepper(
            earlier: subject.isSeen(before) ? .init(PersonWords.text(before), subject.trace(on: before)) : nil,
            later: after <= call.today && subject.isSeen(after)
                ? .init(PersonWords.text(after), subject.trace(on: after)) : nil,
            path: subject.path + "/jejak", field: "date", value: date.text, isMonth: false)
    }

    // MARK: What is known

    func traced(
        _ subject: PersonSubject, _ date: CivilDate, _ call: PageCall, facts: DeviceFacts
    ) async throws -> TracedDay {
        let account = try await parts.attendance.account(subject.employee.id, date)
        let now = Moment(seconds: Int64(call.moment.timeIntervalSince1970.rounded(.down)))
        let devices = (account?.evidence.records ?? []).map { device($0, subject, date, facts, call.moment) }
        let scans = try await scans(subject, date, account, devices)
        let evidence = TraceEvidence(
            date: date, now: now, account: account, devices: devices, scans: scans.map(\.scan))
        let judgement = TraceJudgement(evidence)
        let words = TraceWords(
            date: date, offset: account?.evidence.offset ?? subject.offset(on: date), devices: devices, now: now)
        return TracedDay(
            date: date, account: account, devices: devices, judgement: judgement, answer: words.answer(judgement),
            words: words, scans: scans)
    }

    private func device(
        _ record: DeviceRecord, _ subject: PersonSubject, _ date: CivilDate, _ facts: DeviceFacts, _ moment: Date
    ) -> TracedDevice {
        let summary = facts.devices[record.serial]
        let users = Self.userIDs(subject, on: record.serial, date)
        let kept = facts.quarantined.filter { item in
            item.punch.serial.text == record.serial && users.contains(item.punch.userID)
                && item.punch.deviceTime.text.hasPrefix(date.text)
        }
        return TracedDevice(
            serial: record.serial, name: summary?.name ?? "", unit: summary?.unit ?? "",
            userIDs: users.map(\.text).sorted(),
            // What is known to be complete up to a moment was read then, whatever is told of it now.
            readAt: [summary?.readAt, summary?.coveredTo].compactMap(\.self).max(), problem: summary?.status?.problem,
            clockOffset: summary?.status?.clockOffset,
            office: facts.office(of: summary?.unit ?? "", at: moment), record: record, quarantined: kept.map(\.reason))
    }

    /// What the person is called on a device on a date: nobody's scans of another time are shown.
    private static func userIDs(_ subject: PersonSubject, on serial: String, _ date: CivilDate) -> Set<UserID> {
        let unit = subject.source.people.devices.first { $0.serial == serial }?.unit
        return Set(
            subject.source.people.links.filter { link in
                guard link.span.contains(date) else { return false }
                switch link.scope {
                case .device(let own): return own == serial
                case .unit(let id): return id == unit
                }
            }.map(\.userID))
    }

    private func scans(
        _ subject: PersonSubject, _ date: CivilDate, _ account: DayAccount?, _ devices: [TracedDevice]
    ) async throws -> [(journey: ScanJourney, scan: TracedScan)] {
        var uses: [PunchKey: (scan: Scan, use: Explanation.Use)] = [:]
        for case .scan(let scan, let use) in account?.explanation ?? [] where use != .otherDay {
            uses[scan.key] = (scan, use)
        }
        var users: Set<JourneyQuery.User> = []
        for device in devices {
            guard let serial = DeviceSerial(device.serial) else { continue }
            for user in Self.userIDs(subject, on: device.serial, date) {
                users.insert(JourneyQuery.User(serial: serial, userID: user))
            }
        }
        let query = JourneyQuery(users: users, dates: date...date, keys: Set(uses.keys))
        let others = Set((account?.evidence.scans ?? []).map(\.key)).subtracting(uses.keys)
        let asked = try await subject.closing(of: date.month, on: date)
        return try await parts.store.journeys(query).filter { !others.contains($0.punch.key) }.map { journey in
            let known = uses[journey.punch.key]
            let disputed = devices.contains { device in
                device.serial == journey.punch.punch.serial.text
                    && device.record.gaps.contains { $0.why == DeviceRecord.Gap.disputed }
            }
            let at = known?.scan.at ?? journey.punch.utc.map { Moment(seconds: Int64($0.timeIntervalSince1970)) }
            return (
                journey,
                TracedScan(
                    key: journey.punch.key, at: at, serial: journey.punch.punch.serial.text,
                    fate: Self.fate(known?.use, at: at, disputed, account),
                    isAfterClosing: asked.map { journey.punch.receivedAt > $0.at } ?? false)
            )
        }
    }

    private static func fate(
        _ use: Explanation.Use?, at: Moment?, _ isDisputed: Bool, _ account: DayAccount?
    ) -> TracedScan.Fate {
        guard let use else {
            if at == nil { return .undated }
            if isDisputed { return .disputed }
            return account == nil ? .notAsked : .waiting
        }
        guard use == .arrival || use == .departure || use == .between || use == .check else { return .used(use) }
        guard case .work = account?.evidence.plan else { return .notAsked }
        let isLeave = account?.explanation.contains { if case .leave = $0 { true } else { false } } ?? false
        return isLeave ? .onLeave : .used(use)
    }

    // MARK: As it is shown

    private func journeys(
        _ day: TracedDay, _ subject: PersonSubject, _ call: PageCall
    ) async throws -> [PersonPage.Journey] {
        guard !day.scans.isEmpty else { return [] }
        let changes = try await parts.attendance.store.changes(of: subject.employee.id, on: day.date)
        let names = Dictionary(day.devices.map { ($0.serial, $0) }) { first, _ in first }
        return day.scans.map { journey, scan in
            let punch = journey.punch.punch
            let device = names[punch.serial.text]
            let name = device.map { $0.name.isEmpty ? $0.serial : $0.name } ?? punch.serial.text
            let clock =
                punch.deviceTime.isCalendarDate
                ? punch.deviceTime.text.suffix(8).replacing(":", with: ".") : "tanpa tanggal"
            let isOther = punch.deviceTime.isCalendarDate && !punch.deviceTime.text.hasPrefix(day.date.text)
            let shown = isOther ? "\(punch.deviceTime.text.prefix(10)) \(clock)" : String(clock)
            let isCounted = !scan.fate.isBlamed
            return PersonPage.Journey(
                title: shown, tone: scan.fate.tone, fate: PersonWords.capital(day.words.fate(scan)),
                steps: [
                    .init("Perangkat", time: shown, note: "\(name), PIN \(punch.userID.text)"),
                    office(journey, call), centre(journey, scan, call),
                    counted(scan, changes, day, isCounted, call),
                ])
        }
    }

    private func time(_ moment: Date, _ call: PageCall) -> String {
        let words = call.frame.words
        return words.isSameDay(moment, call.moment) ? words.time(moment) : "\(words.day(moment)) \(words.time(moment))"
    }

    private func office(_ journey: ScanJourney, _ call: PageCall) -> PersonPage.Journey.Step {
        guard let stop = journey.stops.first else {
            return .init("Komputer absen", time: "", note: "tidak diketahui", isDone: false)
        }
        let place = "\(journey.punch.unit), catatan \(stop.place.epoch.prefix(8))/\(stop.place.seq)"
        let isFile = journey.punch.punch.source.isUnconfirmed
        return .init(
            isFile ? "Flash disk" : "Komputer absen", time: stop.journaledAt.map { time($0, call) } ?? "", note: place)
    }

    private func centre(_ journey: ScanJourney, _ scan: TracedScan, _ call: PageCall) -> PersonPage.Journey.Step {
        let received = journey.punch.receivedAt
        let delay = scan.at.map { received.timeIntervalSince1970 - Double($0.seconds) }
        let note = delay.map { $0 < 0 ? "" : "\(TraceWords.span(Int($0))) sesudah absen" } ?? ""
        return .init("Pusat", time: time(received, call), note: note)
    }

    private func counted(
        _ scan: TracedScan, _ changes: [WorkdayChange], _ day: TracedDay, _ isCounted: Bool, _ call: PageCall
    ) -> PersonPage.Journey.Step {
        let proof = Workday.Side.Proof.scan(scan.key)
        let change = changes.first { $0.after.arrival.proof == proof || $0.after.departure.proof == proof }
        return .init(
            isCounted ? "Dihitung" : "Belum dihitung", time: change.map { time($0.at, call) } ?? "",
            note: "\(PersonWords.text(day.date)): \(day.words.fate(scan))", isDone: isCounted)
    }

    static func devices(_ day: TracedDay) -> [PersonPage.Device] {
        let byserial = Dictionary(day.devices.map { ($0.serial, $0) }) { first, _ in first }
        return day.judgement.devices.compactMap { judged in
            guard let device = byserial[judged.serial], let first = judged.findings.first else { return nil }
            let isComplete = if case .complete = first { true } else { false }
            let hasScan = day.scans.contains { $0.scan.serial == judged.serial }
            return PersonPage.Device(
                name: device.name.isEmpty ? device.serial : device.name, unit: device.unit,
                tone: PersonWords.tone(day.words.tone(first)), word: isComplete ? "lengkap" : "belum lengkap",
                sentences: judged.findings.prefix(5).map { finding in
                    if case .complete(let until) = finding, hasScan {
                        return day.words.complete(until: until, on: judged.serial)
                    }
                    return day.words.text(finding, on: judged.serial)
                }, advice: isComplete && hasScan ? "" : day.words.advice(first))
        }
    }
}

extension TracedScan.Fate {
    fileprivate var tone: PersonPage.Tone {
        switch self {
        case .used(.arrival), .used(.departure), .used(.check): .ok
        case .used(.between), .notAsked, .onLeave, .used(.otherDay): .idle
        default: .warn
        }
    }
}
