import Attendance
import AttendanceRules
import CentralAttendance
import CentralStore
import Crypto
import Foundation
import Logging
import Synchronization

/// What `demo-data` made, as it is printed.
package struct SampleReport: Codable, Equatable, Sendable {
    package var seed: UInt64
    package var from: String
    package var until: String
    package var units = 0
    package var employees = 0
    package var nodes = 0
    package var devices = 0
    package var links = 0
    package var leave = 0
    package var corrections = 0
    package var sheets = 0
    /// Files of a stick that a person accepted, each with a statement that it is complete.
    package var files = 0
    package var batches = 0
    package var entries = 0
    /// Scans that reached the centre; those of them that a stick carried.
    package var scans = 0
    package var carried = 0
    /// Made by people, and in no device's log.
    package var lost = 0
    package var outages: [String: Int] = [:]
    /// SHA-256, hex, of all entries: of each node in the order of units, its last hash.
    package var digest = ""

    enum CodingKeys: String, CodingKey {
        case seed, from, until, units, employees, nodes, devices, links, leave, corrections, sheets, files, batches
        case entries, scans, carried, lost, outages, digest
    }
}

/// Fills an empty centre with an invented government, as its nodes and operators would have.
///
/// What devices tell goes through enrolment, signature, chain and receipt like everything else; nothing is put into a
/// table. The clock stands where the story is.
struct SampleCentre {
    private let government: SampleGovernment
    private let store: any CentralStore
    private let keys: KeyRing
    private let clock: StoryClock
    private let ingest: IngestService
    private let progress: @Sendable (String) -> Void
    private let person = Actor(name: "demo-data", role: "operator")
    private var report: SampleReport
    private var unitIDs: [Int64] = []
    private var employeeIDs: [Int64] = []
    private var journals: [SampleJournal] = []
    private var nodes: [(name: String, key: Curve25519.Signing.PrivateKey)] = []

    /// Changes in one transaction.
    private static let chunk = 5000

    init(
        _ options: SampleOptions, store: any CentralStore, keys: KeyRing, logger: Logger,
        progress: @escaping @Sendable (String) -> Void
    ) {
        government = SampleGovernment(options)
        self.store = store
        self.keys = keys
        self.progress = progress
        let clock = StoryClock(options.dates.lowerBound)
        self.clock = clock
        ingest = IngestService(
            store: store, keys: keys, batchesOfOneNode: 1, bell: ChangeBell(), now: { clock.now }, logger: logger)
        report = SampleReport(
            seed: options.seed, from: options.dates.lowerBound.text, until: options.dates.upperBound.text)
    }

    /// - Throws: `CentralError.configuration` where anything is in the centre already.
    static func requireEmpty(_ store: any CentralStore) async throws {
        let people = try await store.people()
        let nodes = try await store.nodes()
        guard nodes.isEmpty, people.units.isEmpty, people.employees.isEmpty, try await store.totals().entries == 0
        else {
            throw CentralError(
                .configuration,
                "this centre has \(nodes.count) nodes, \(people.units.count) units and \(people.employees.count) employees: "
                    + "invented scans go into an empty centre only; make one with `hadir-central init --state OTHER`")
        }
    }

    mutating func fill() async throws -> SampleReport {
        try await addPeople()
        try await enrolNodes()
        try await addLinks()
        try await addHours()
        try await tellTheStory()
        report.digest = Hex.encode(
            Array(SHA256.hash(data: Data(journals.flatMap { $0.end.hash.bytes }))))
        return report
    }

    // MARK: People

    private mutating func addPeople() async throws {
        try await change(government.unitChanges)
        try await change(government.employeeChanges) { done, all in
            "people: \(done) of \(all) changes"
        }
        try await change(government.headChanges)
        let people = try await store.people()
        let units = Dictionary(people.units.map { ($0.name, $0.id) }) { first, _ in first }
        unitIDs = government.units.compactMap { units[$0.name] }
        var numbers: [String: Int64] = [:]
        for employee in people.employees {
            for employment in employee.employments { numbers[employment.number] = employee.id }
        }
        employeeIDs = government.employees.compactMap { numbers[$0.number] }
        guard unitIDs.count == government.units.count, employeeIDs.count == government.employees.count else {
            throw CentralError(.io, "the centre does not have the people it was given")
        }
        report.units = people.units.count
        report.employees = people.employees.count
    }

    private func change(
        _ changes: [PeopleChange], say: ((_ done: Int, _ all: Int) -> String)? = nil
    ) async throws {
        for start in stride(from: 0, to: changes.count, by: Self.chunk) {
            let part = Array(changes[start..<min(start + Self.chunk, changes.count)])
            try await refusing { try await store.change(people: part, revision: nil, by: person, at: clock.now) }
            if let say { progress(say(start + part.count, changes.count)) }
        }
    }

    private func refusing<Value>(_ work: () async throws -> Value) async throws -> Value {
        do {
            return try await work()
        } catch let refusal as ChangeRefusal {
            throw CentralError(.io, "the centre refuses its sample: change \(refusal.index ?? -1): \(refusal.reason)")
        }
    }

    private mutating func addLinks() async throws {
        let links = government.linkChanges(units: unitIDs)
        try await change(links) { done, all in "user ids: \(done) of \(all) linked" }
        report.links = links.count
    }

    private func addHours() async throws {
        let changes = government.hoursChanges
        try await refusing { try await store.change(hours: changes, by: person, at: clock.now) }
    }

    private func addRoster(_ month: CivilMonth) async throws {
        let changes = government.roster(month)
        for start in stride(from: 0, to: changes.count, by: Self.chunk) {
            let part = Array(changes[start..<min(start + Self.chunk, changes.count)])
            try await refusing { try await store.change(hours: part, by: person, at: clock.now) }
        }
    }

    // MARK: Nodes

    private mutating func enrolNodes() async throws {
        for place in government.places {
            var journal = try SampleJournal(government, place: place)
            let key = try government.nodeKey(place)
            let node = try await enrol(place, key)
            nodes.append((node, key))
            let first = journal.begin()
            journals.append(journal)
            try await send(first, of: nodes.count - 1)
        }
        report.nodes = nodes.count
        report.devices = government.devices.count
        progress("nodes: \(nodes.count) enrolled, with \(government.devices.count) devices")
    }

    private func enrol(_ place: Int, _ key: Curve25519.Signing.PrivateKey) async throws -> String {
        var random = SampleRandom(seed: government.options.seed, .code, place)
        let code = EnrolmentCode(
            url: "https://contoh.invalid", id: Hex.encode(random.bytes(8)), secret: random.bytes(16),
            centreFingerprint: keys.keys.fingerprint, tlsPin: nil)
        let moment = clock.now
        try await store.addEnrolmentCode(
            NewEnrolmentCode(
                id: code.id, unit: government.units[place].name,
                key: EnrolmentKey(secret: code.secret, codeID: code.id), createdAt: moment,
                expiresAt: moment.addingTimeInterval(Administration.codeLifetime),
                centreFingerprint: code.centreFingerprint))
        let enrolled = try await store.enrol(
            EnrolmentRequest(code: code, nodeKey: key.publicKey), nodeName: government.nodeName(place),
            centreFingerprint: code.centreFingerprint, at: moment)
        guard let enrolled else { throw CentralError(.io, "the centre refuses the enrolment of a sample node") }
        return enrolled.node
    }

    // MARK: The story

    private mutating func tellTheStory() async throws {
        let begun = ContinuousClock.now
        var months = government.options.months[...]
        for period in government.options.periods {
            while let month = months.first, month <= period.upperBound.month {
                try await addRoster(month)
                months.removeFirst()
            }
            try await tell(period)
            if period.upperBound == period.upperBound.month.dates.upperBound
                || period.upperBound == government.options.dates.upperBound
            {
                let seconds = max(0.001, Double((ContinuousClock.now - begun).components.seconds))
                progress(
                    "\(period.upperBound.month.text): \(report.scans) scans, \(Int(Double(report.scans) / seconds)) a second"
                )
            }
        }
    }

    /// One run of days of all nodes: the next node's is made while this one's is stored.
    private mutating func tell(_ period: ClosedRange<CivilDate>) async throws {
        var statements: [NewAttestation] = []
        var next = Self.making(journals.first, period)
        for index in journals.indices {
            guard let made = await next?.value else { continue }
            next = Self.making(journals.indices.contains(index + 1) ? journals[index + 1] : nil, period)
            let before = journals[index]
            journals[index] = made.journal
            try await send(made.made, of: index, after: before.end)
            for statement in made.made.statements {
                count(statement)
                statement.attestation(units: unitIDs, employees: employeeIDs).map { statements.append($0) }
            }
            for (kind, count) in made.made.outages { report.outages[kind.rawValue, default: 0] += count }
            report.lost += made.made.lost
        }
        clock.move(to: SampleOptions.end(of: period.upperBound))
        for start in stride(from: 0, to: statements.count, by: 1000) {
            let part = Array(statements[start..<min(start + 1000, statements.count)])
            _ = try await refusing { try await store.add(part, by: person, at: clock.now) }
        }
    }

    private static func making(
        _ journal: SampleJournal?, _ period: ClosedRange<CivilDate>
    ) -> Task<(journal: SampleJournal, made: SampleJournal.Made), Never>? {
        guard let journal else { return nil }
        return Task.detached {
            var journal = journal
            let made = journal.make(period)
            return (journal, made)
        }
    }

    private mutating func count(_ statement: SampleStatement) {
        switch statement.content {
        case .leave: report.leave += 1
        case .correction: report.corrections += 1
        case .sheet: report.sheets += 1
        case .file: report.files += 1
        case .coverage: break
        }
    }

    /// As the node would: signed batches, each answered before the next.
    ///
    /// - Parameter after: the chain before the first entry; `nil` for the beginning of the journal.
    private mutating func send(
        _ made: SampleJournal.Made, of index: Int, after: (seq: Int64, hash: ChainHash)? = nil
    ) async throws {
        let journal = journals[index]
        var previous = after ?? (0, ChainHash.start(of: journal.epoch))
        var rest = made.entries[...]
        while !rest.isEmpty {
            let part = Self.room(rest)
            rest = rest.dropFirst(part.count)
            guard let last = part.last else { break }
            let moment = made.moments[made.entries.count - rest.count - 1] + 4
            clock.move(to: moment)
            var random = SampleRandom(seed: government.options.seed, .batch, journal.place, Int(last.seq))
            let batch = try Batch(
                node: nodes[index].name, epoch: journal.epoch, after: previous.seq, previousHash: previous.hash,
                entries: Array(part), status: journal.status(at: moment), key: nodes[index].key,
                name: Hex.encode(random.bytes(16)))
            let receipt = try await ingest.take(batch.text).receipt
            guard receipt.answer == .ok, receipt.accepted == part.count, receipt.quarantined.isEmpty else {
                throw CentralError(
                    .io,
                    "the centre did not take a batch of its sample: \(receipt.answer), \(receipt.accepted) of "
                        + "\(part.count) entries, \(receipt.quarantined.count) in quarantine")
            }
            previous = (last.seq, last.hash)
            report.batches += 1
        }
        report.entries += made.entries.count
        report.scans += made.scans
        report.carried += made.carried
    }

    /// As many of the first entries as fit into a batch, with room for its header.
    private static func room(_ entries: ArraySlice<Entry>) -> [Entry] {
        var part: [Entry] = []
        var bytes = 64 * 1024
        for entry in entries.prefix(Batch.mostEntries) {
            bytes += entry.body.count + 1
            if bytes > Batch.mostBytes, !part.isEmpty { break }
            part.append(entry)
        }
        return part
    }
}

/// Where the story is: the centre's clock while it is told.
private final class StoryClock: Sendable {
    private let second: Mutex<Int64>

    init(_ first: CivilDate) { second = Mutex(SampleOptions.end(of: first.adding(days: -1)) - 7190) }

    var now: Date { Date(timeIntervalSince1970: Double(second.withLock { $0 })) }

    /// Nodes tell the same days one after the other, so it goes back as well.
    func move(to moment: Int64) { second.withLock { $0 = moment } }
}
