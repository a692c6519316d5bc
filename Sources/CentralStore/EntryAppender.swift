import Attendance
import FailPoints
import Foundation
import GRDB
import SQLiteRows

/// An entry and what it says; reading it costs more than storing it, so it is done before the transaction.
struct DecodedEntry: Sendable {
    let entry: Entry
    let content: Result<Content, EntryError>

    struct Content: Sendable {
        let body: EntryBody
        let at: Date
        /// Of a punch.
        let key: PunchKey?
    }

    init(_ entry: Entry) {
        self.entry = entry
        do {
            let (body, at) = try EntryBody.decode(entry.body)
            let key: PunchKey? = if case .punch(let punch) = body { punch.key } else { nil }
            content = .success(Content(body: body, at: at, key: key))
        } catch let error as EntryError {
            content = .failure(error)
        } catch {
            content = .failure(EntryError("body cannot be read"))
        }
    }
}

/// Stores one run of entries within one transaction.
struct EntryAppender {
    private let db: Database
    private let node: (id: Int64, unit: Int64)
    private let epoch: Int64
    private let receivedAt: Int64
    private let insertEntry: RowStatement
    private let insertQuarantine: Statement
    private var punches: PunchWriter
    private var devices: DeviceRegister
    private var scans = ScanTally()
    private var news = DeviceNews()
    private let notes: NoteWriter

    static func append(
        _ run: EntryRun, _ entries: [DecodedEntry], receivedAt moment: Date, in db: Database
    ) throws -> AppendOutcome {
        let start = ChainHash.start(of: run.epoch)
        let receivedAt = moment.milliseconds
        guard
            let row = try Row.fetchOne(
                db, sql: "SELECT id, unit_id, revoked_from, revocation_met_at FROM nodes WHERE name = ?",
                arguments: [run.node])
        else { return AppendOutcome(.unknownNode, highWater: 0, endHash: start) }
        let node = (id: row["id"] as Int64, unit: row["unit_id"] as Int64)
        let chain = try StoredChain(db, node: node.id, epoch: run.epoch)
        if try Revocation(row).isInForce(at: receivedAt, node: node.id, db), !Sabotage.isOn("revoked_node_taken") {
            return AppendOutcome(.revoked, highWater: chain.highWater, endHash: chain.endHash)
        }
        let last = run.entries.last?.seq ?? run.first - 1
        let isBehindGap = run.first - 1 > chain.highWater
        // Only entries close a line: a heartbeat of a node that has entries to send is told what is missing.
        guard !isBehindGap || (run.first == run.status?.oldest && !run.entries.isEmpty) else {
            if !run.isCarried { try noteContact(of: node, run, taken: 0, chain, at: receivedAt, in: db) }
            return AppendOutcome(.gap, highWater: chain.highWater, endHash: chain.endHash)
        }
        let gaps = try chain.openGaps(touching: run.first - 1, last)
        guard try isBehindGap || chain.agrees(with: run, gaps) || Sabotage.isOn("fork_taken") else {
            try chain.noteFork(run, at: receivedAt)
            return AppendOutcome(.fork, highWater: chain.highWater, endHash: chain.endHash)
        }
        let new = entries.filter { decoded in
            decoded.entry.seq > chain.highWater || gaps.contains { $0.seqs.contains(decoded.entry.seq) }
        }
        if !new.isEmpty {
            let epoch = try chain.id ?? beginEpoch(run.epoch, node: node.id, at: receivedAt, in: db)
            let notes = isBehindGap ? [chain.gap(before: run)] : gaps.flatMap { $0.left(by: run) }
            for gap in notes where !Sabotage.isOn("gaps_untold") {
                try gap.insert(epoch: epoch, at: receivedAt, in: db)
            }
            var appender = try EntryAppender(db, node: node, epoch: epoch, receivedAt: receivedAt)
            for entry in Sabotage.isOn("order_by_clock") ? byClock(new) : new { try appender.store(entry) }
            FailPoint.reach("centre.append.entries_kept")
            try appender.scans.write(db)
            FailPoint.reach("centre.append.scans_counted")
            for device in appender.devices.claimed { appender.news.addClaim(device: device, at: appender.receivedAt) }
            try appender.news.write(db, epoch: epoch)
            let orders = OrderRegister(db: db, node: node.id, epoch: epoch)
            for entry in new { try orders.note(entry) }
            FailPoint.reach("centre.append.orders_settled")
        }
        // Behind the entries, which may claim a device that the status speaks of.
        if !run.isCarried || !new.isEmpty {
            try noteContact(of: node, run, taken: entries.count, chain, at: receivedAt, in: db)
        }
        FailPoint.reach("centre.append.contact_noted")
        let after = try StoredChain(db, node: node.id, epoch: run.epoch)
        return AppendOutcome(
            .ok, highWater: after.highWater, endHash: after.endHash, accepted: new.count,
            duplicate: entries.count - new.count, quarantined: try after.quarantined(run.first, last),
            missing: isBehindGap ? run.first - 1 - chain.highWater : 0)
    }

    private init(_ db: Database, node: (id: Int64, unit: Int64), epoch: Int64, receivedAt: Int64) throws {
        self.db = db
        self.node = node
        self.epoch = epoch
        self.receivedAt = receivedAt
        insertEntry = try RowStatement(
            db, "INSERT INTO entries (epoch_id, seq, hash, body, received_at) VALUES (?, ?, ?, ?, ?)")
        try insertEntry.bind(epoch, at: 1)
        try insertEntry.bind(receivedAt, at: 5)
        insertQuarantine = try db.cachedStatement(
            sql: "INSERT INTO quarantine (epoch_id, seq, reason, received_at) VALUES (?, ?, ?, ?)")
        punches = try PunchWriter(db, node: node.id, receivedAt: receivedAt)
        devices = DeviceRegister(db: db, unit: node.unit, claimedAt: receivedAt)
        notes = NoteWriter(db: db, node: node.id, epoch: epoch, receivedAt: receivedAt)
    }

    private mutating func store(_ decoded: DecodedEntry) throws {
        let entry = decoded.entry
        try insertEntry.bind(entry.seq, at: 2)
        try insertEntry.bind(entry.hash.bytes, at: 3)
        try insertEntry.bind(entry.body, at: 4)
        try insertEntry.run()
        FailPoint.reach("centre.append.entry_written")
        let content: DecodedEntry.Content
        switch decoded.content {
        case .success(let readable): content = readable
        case .failure(let error): return try quarantine(entry, "undecodable: \(error.reason.prefix(200))")
        }
        if case .alarm(let alarm) = content.body { try notes.note(alarm, at: content.at, seq: entry.seq) }
        guard let serial = content.body.deviceSerial else { return }
        guard let device = try devices.claim(serial, byFile: content.body.isOfFile) else {
            return try quarantine(entry, "not_your_device")
        }
        switch content.body {
        case .punch(let punch):
            let outcome = try punches.store(
                punch, content.key ?? punch.key, device: device, epoch: epoch, seq: entry.seq)
            if outcome.counts { scans.add(punch, device: device) }
            news.add(punch, outcome, device: device)
        case .device(let facts):
            let change = try devices.learn(facts, device: device, at: content.at.milliseconds)
            if let change { news.addZone(device: device, from: change.from) }
        case .coverage(let coverage):
            try notes.note(coverage, device: device, seq: entry.seq)
            news.add(coverage, device: device, receivedAt: receivedAt)
        case .user(let user): news.add(user, device: device, seq: entry.seq)
        case .clock(let reading):
            try ClockFaults.note(
                reading, device: device, epoch: epoch, seq: entry.seq, at: content.at.milliseconds, in: db)
        case .operation, .order, .epoch, .alarm, .other: break
        }
    }

    private mutating func quarantine(_ entry: Entry, _ reason: String) throws {
        guard !Sabotage.isOn("quarantine_untold") else { return }
        try insertQuarantine.execute(arguments: [epoch, entry.seq, reason, receivedAt])
        scans.addQuarantined()
    }

    private static func byClock(_ entries: [DecodedEntry]) -> [DecodedEntry] {
        func moment(_ decoded: DecodedEntry) -> Date { (try? decoded.content.get().at) ?? .distantPast }
        return entries.sorted { moment($0) < moment($1) }
    }

    /// Epochs are numbered by arrival: no clock of a node decides which one is newer.
    private static func beginEpoch(_ epoch: Epoch, node: Int64, at moment: Int64, in db: Database) throws -> Int64 {
        try db.execute(
            sql: """
                INSERT INTO epochs (node_id, epoch, number, created_at)
                SELECT ?1, ?2, coalesce(max(number), 0) + 1, ?3 FROM epochs WHERE node_id = ?1
                """, arguments: [node, epoch.text, moment])
        return db.lastInsertedRowID
    }

    /// A batch that ends before what is known already was carried here late, and so was one of an epoch that the
    /// node has left; the batch that was noted last comes again from whoever kept it. Neither is news.
    private static func noteContact(
        of node: (id: Int64, unit: Int64), _ run: EntryRun, taken: Int, _ chain: StoredChain, at moment: Int64,
        in db: Database
    ) throws {
        guard (run.entries.last?.seq ?? run.first - 1) >= chain.highWater else { return }
        let isOld = try Bool.fetchOne(
            db,
            sql: """
                SELECT EXISTS (SELECT 1 FROM node_status WHERE node_id = ?1 AND last_batch = ?2)
                    OR EXISTS (SELECT 1 FROM epochs AS own JOIN epochs AS newer
                        ON newer.node_id = own.node_id AND newer.number > own.number WHERE own.id = ?3)
                """, arguments: [node.id, run.batch, chain.id])
        guard isOld != true else { return }
        try db.execute(
            sql: """
                INSERT INTO node_status (node_id, contact_at, status, last_batch) VALUES (?, ?, ?, ?)
                ON CONFLICT (node_id) DO UPDATE SET contact_at = excluded.contact_at,
                    status = coalesce(excluded.status, status), last_batch = excluded.last_batch
                """,
            arguments: [
                node.id, moment, try run.status.map { try SQLiteCentralStore.encode($0.after(taken)) },
                run.batch,
            ])
        for device in run.status?.devices.prefix(NodeStatus.mostDevices) ?? [] {
            try db.cachedStatement(sql: "UPDATE devices SET status = ?, status_at = ? WHERE serial = ? AND unit_id = ?")
                .execute(arguments: [try SQLiteCentralStore.encode(device), moment, device.serial, node.unit])
        }
    }
}

extension EntryBody {
    /// Whether it says what a file said, and not what a device did.
    fileprivate var isOfFile: Bool {
        if case .punch(let punch) = self { punch.source.isUnconfirmed } else { false }
    }
}

extension NodeStatus {
    /// Twice what an edge is made for; each is read again for every page.
    fileprivate static let mostDevices = 2000

    /// As it is once the batch that carried it is taken: its node counted the batch's own entries as waiting.
    fileprivate func after(_ taken: Int) -> NodeStatus {
        var status = self
        status.backlog = max(0, backlog - Int64(taken))
        if status.backlog == 0 { status.backlogAge = nil }
        status.devices = Array(devices.prefix(Self.mostDevices))
        return status
    }
}
