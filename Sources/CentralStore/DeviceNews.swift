import Attendance
import AttendanceRules
import Foundation
import GRDB
import SQLiteRows

/// What a whole run of entries tells of user ids and devices, written once at its end: whom devices know, since when
/// they are covered, and which days may be something else because of it.
///
/// New punches need no row of the queue: whoever computes follows their ids.
struct DeviceNews {
    private struct User: Hashable {
        let device: Int64
        let userID: UserID
    }

    /// Of new punches; times are device times that are dates, their texts in the order of time.
    private struct Scans {
        var first: String?
        var last: String?
        var count = 0
    }

    private var scans: [User: Scans] = [:]
    /// The last of the run: entries come in the order of the journal.
    private var names: [User: (name: String?, seq: Int64)] = [:]
    private var coveredFrom: [Int64: Int64] = [:]
    private var queue = RecomputeQueue()
    private var isPeopleChanged = false

    mutating func add(_ punch: Punch, _ outcome: PunchWriter.Outcome, device: Int64) {
        let date = punch.deviceTime.isCalendarDate ? punch.deviceTime.text : nil
        if outcome == .confirmed, let day = date.flatMap({ CivilDate(text: $0.prefix(10)) })?.dayNumber {
            // A night shift has it on the day before, too, and zones may be wrong by less than a day.
            queue.add(.userID(device: device, punch.userID.bytes), from: day - 1, to: day + 1, .scan)
        }
        guard outcome.isNew, !punch.userID.isNobody else { return }
        let user = User(device: device, userID: punch.userID)
        var known = scans[user] ?? Scans()
        known.count += 1
        if let date {
            known.first = known.first.map { min($0, date) } ?? date
            known.last = known.last.map { max($0, date) } ?? date
        }
        scans[user] = known
    }

    mutating func add(_ user: DeviceUser, device: Int64, seq: Int64) {
        // A name outlives its user: it may still say whose the old scans are.
        guard !user.userID.isNobody, !user.isRemoved else { return }
        // SQLite gives a text back up to its first NUL.
        let name = String(decoding: user.name.utf8.prefix { $0 != 0 }, as: UTF8.self)
        names[User(device: device, userID: user.userID)] = (name.isEmpty ? nil : name, seq)
    }

    mutating func add(_ coverage: Coverage, device: Int64, receivedAt: Int64) {
        // As `SQLiteCentralStore.isPossible` has it: a claim of the future covers nothing.
        guard coverage.to.milliseconds <= receivedAt + 300_000 else { return }
        let from = coverage.holes.map(\.from).reduce(coverage.from, min)
        let to = coverage.holes.map(\.to).reduce(coverage.to, max)
        let days = AttestationEditor.days(from, to)
        queue.add(.device(device), from: days.from, to: days.to, .coverage)
        coveredFrom[device] = min(coveredFrom[device] ?? .max, coverage.from.milliseconds)
    }

    /// A unit has a device now that it did not have: its people may be expected there.
    mutating func addClaim(device: Int64, at moment: Int64) {
        isPeopleChanged = true
        let day = Moment(seconds: moment / 1000).date(offset: 0).dayNumber
        queue.add(.device(device), from: day - 1, to: nil, .coverage)
    }

    /// - Parameter moment: from when the zone is another one; `nil` where that holds for all that was before, too.
    mutating func addZone(device: Int64, from moment: Int64?) {
        isPeopleChanged = true
        let first = moment.map { Moment(seconds: $0 / 1000).date(offset: 0).dayNumber - 1 }
        queue.add(.device(device), from: first ?? CivilDate.first.dayNumber, to: nil, .zone)
    }

    func write(_ db: Database, epoch: Int64) throws {
        try writeScans(db)
        try writeNames(db, epoch: epoch)
        var isPeopleChanged = isPeopleChanged
        for (device, from) in coveredFrom {
            try db.cachedStatement(
                sql: "UPDATE devices SET covered_from = ?1 WHERE id = ?2 AND coalesce(covered_from, ?1 + 1) > ?1"
            ).execute(arguments: [from, device])
            if db.changesCount > 0 { isPeopleChanged = true }
        }
        if isPeopleChanged { try SQLiteCentralStore.raisePeopleRevision(db) }
        try queue.write(db)
    }

    private func writeScans(_ db: Database) throws {
        guard !scans.isEmpty else { return }
        let add = try RowStatement(
            db,
            """
            INSERT INTO device_users (device_id, user_id, first_time, last_time, scans) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (device_id, user_id) DO UPDATE SET scans = scans + excluded.scans,
                first_time = min(coalesce(first_time, excluded.first_time), coalesce(excluded.first_time, first_time)),
                last_time = max(coalesce(last_time, excluded.last_time), coalesce(excluded.last_time, last_time))
            """)
        for (user, scans) in scans {
            try add.bind(user.device, at: 1)
            try add.bind(user.userID.bytes, at: 2)
            try add.bind(scans.first, at: 3)
            try add.bind(scans.last, at: 4)
            try add.bind(scans.count, at: 5)
            try add.run()
        }
    }

    fileprivate func writeNames(_ db: Database, epoch: Int64) throws {
        for (user, told) in names {
            try Self.write(name: told.name, of: user.userID, device: user.device, epoch: epoch, seq: told.seq, db)
        }
    }

    /// The last in the journal counts, also where a gap is filled later.
    static func write(
        name: String?, of userID: UserID, device: Int64, epoch: Int64, seq: Int64, _ db: Database
    ) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO device_users (device_id, user_id, name, named_epoch, named_seq) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (device_id, user_id) DO UPDATE SET name = excluded.name,
                    named_epoch = excluded.named_epoch, named_seq = excluded.named_seq
                WHERE named_epoch IS NULL OR (excluded.named_epoch, excluded.named_seq) > (named_epoch, named_seq)
                """
        ).execute(arguments: [device, Data(userID.bytes), name, epoch, seq])
    }
}

extension Schema {
    /// Fills what is new of people from what a centre of an earlier version has.
    static func fillPeople(_ db: Database) throws {
        try db.execute(
            sql: """
                UPDATE devices SET covered_from = (SELECT min(from_at) FROM coverage
                    WHERE device_id = devices.id AND \(SQLiteCentralStore.isPossible));
                INSERT INTO device_users (device_id, user_id, first_time, last_time, scans)
                SELECT device_id, user_id, min(CASE length(device_time) WHEN 19 THEN device_time END),
                    max(CASE length(device_time) WHEN 19 THEN device_time END), count(*)
                FROM punches WHERE ltrim(CAST(user_id AS TEXT), '0') <> '' GROUP BY device_id, user_id;
                """)
        // Bodies are whatever nodes sent: the word only chooses which are worth reading.
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT entries.epoch_id, entries.seq, body, nodes.unit_id
                FROM entries JOIN epochs ON epochs.id = entries.epoch_id JOIN nodes ON nodes.id = epochs.node_id
                WHERE instr(body, CAST('"user"' AS BLOB)) > 0
                    AND NOT EXISTS (SELECT 1 FROM quarantine
                        WHERE quarantine.epoch_id = entries.epoch_id AND quarantine.seq = entries.seq)
                """)
        while let row = try rows.next() {
            guard case .user(let user)? = try? EntryBody.decode(Array(row["body"] as Data)).0 else { continue }
            let device = try Int64.fetchOne(
                db.cachedStatement(sql: "SELECT id FROM devices WHERE serial = ? AND unit_id = ?"),
                arguments: [user.serial.text, row["unit_id"] as Int64])
            guard let device else { continue }
            var news = DeviceNews()
            news.add(user, device: device, seq: row["seq"])
            try news.writeNames(db, epoch: row["epoch_id"])
        }
    }
}
