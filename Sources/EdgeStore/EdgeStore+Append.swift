import Attendance
import FailPoints
import Foundation
import GRDB
import SQLiteRows

extension EdgeStore {
    /// What one reading added.
    package struct Appended: Equatable, Sendable {
        /// Punches never journaled before.
        package var newPunches = 0
        /// Punches journaled again because this source is better than the one they came from.
        package var confirmed = 0
        /// Records behind the cursor whose key the log already gave: only a complete reading can count them.
        package var ambiguous = 0
        /// The last of the new punches, in the order they were journaled: at most `mostNewest`.
        package var newest: [Punch] = []
        package var lastSeq: Int64 = 0

        package static let mostNewest = 10

        package init() {}
    }

    /// Journals a reading: its new punches, its notes, and the device's cursor, in one transaction.
    ///
    /// Returns after the commit has reached the disk. Nothing is left out because of its content.
    ///
    /// - Parameters:
    ///   - claim: where the log does not join on to what was known: behind the new cursor nobody can tell any more.
    ///   - broken: why it does not, where nothing can be claimed yet; the next claim has it.
    ///   - mark: how far the log was seen, for sources that have no cursor; `nil` leaves the old one.
    /// - Throws: `EdgeStoreError`; the journal is then as it was.
    @discardableResult
    package func append(
        _ reading: Reading, claim: Claim? = nil, broken: String? = nil, mark: LogMark? = nil, at now: Date
    ) throws -> Appended {
        if Sabotage.isOn("cursor_before_entries") {
            try write { db in try Self.advance(reading, Self.device(reading.serial, db), db) }
        }
        return try write { db in
            var writer = try JournalWriter(db)
            let device = try Self.device(reading.serial, db)
            var appended = Appended()
            for note in reading.notes { try writer.append(note, at: now) }
            FailPoint.reach("edge.append.noted")
            try Self.append(reading, device, &writer, &appended, now, db)
            FailPoint.reach("edge.append.punches_kept")
            if reading.extent == .complete { try Self.forgetGone(reading, device, db) }
            try Self.keep(reading.joins, device, db)
            FailPoint.reach("edge.append.joins_kept")
            if appended.ambiguous == 0 { try Self.advance(reading, device, db) }
            FailPoint.reach("edge.append.cursor_kept")
            if let broken {
                try db.execute(sql: "UPDATE device SET broken = ? WHERE id = ?", arguments: [broken, device])
            }
            if let mark { try Self.keep(mark, reading.source, device, db) }
            if let claim { try Self.append(claim, &writer, now, db) }
            appended.lastSeq = writer.seq
            return appended
        }
    }

    /// Journals entries that belong to no reading.
    package func append(_ notes: [EntryBody], claim: Claim? = nil, at now: Date) throws {
        guard !notes.isEmpty || claim != nil else { return }
        try write { db in
            var writer = try JournalWriter(db)
            for note in notes {
                try writer.append(note, at: now)
                try Self.keepOwn(note, now, db)
            }
            if let claim { try Self.append(claim, &writer, now, db) }
        }
    }

    static func append(
        _ reading: Reading, _ device: Int64, _ writer: inout JournalWriter, _ appended: inout Appended, _ now: Date,
        _ db: Database
    ) throws {
        let doubtful = try doubtful(reading, device, &appended, db)
        var punches = doubtful.isEmpty ? reading.punches : reading.punches.filter { !doubtful.contains($0.slot) }
        if Sabotage.isOn("occurrences_summed") { punches = try punches.map { try summed($0, device, db) } }
        let marks = try mark(punches.map(\.key.bytes), of: device, rank: reading.source.rank, db)
        FailPoint.reach("edge.append.seen_kept")
        let lines = PunchLines(at: now)
        for (punch, mark) in zip(punches, marks) where !isDropped(punch) {
            switch mark {
            case .known: continue
            case .new: appended.newPunches += 1
            case .better: appended.confirmed += 1
            }
            try writer.append(punch, by: lines, at: now)
            FailPoint.reach("edge.append.punch_written")
        }
        let newest = marks.indices.reversed().lazy.filter { marks[$0] == .new }.prefix(Appended.mostNewest)
        appended.newest = newest.map { punches[$0] }.reversed()
    }

    private static func isDropped(_ punch: Punch) -> Bool {
        Sabotage.isOn("one_scan_a_second") && punch.occurrence > 0
            || Sabotage.isOn("odd_dates_dropped") && !punch.deviceTime.isCalendarDate
            || Sabotage.isOn("nobody_dropped") && punch.userID.isNobody
    }

    /// For a sabotage: behind those of its second that were read before.
    private static func summed(_ punch: Punch, _ device: Int64, _ db: Database) throws -> Punch {
        let seen = "SELECT 1 FROM seen WHERE device = ? AND key = ?"
        guard try Int.fetchOne(db, sql: seen, arguments: [device, Data(punch.key.bytes)]) != nil else { return punch }
        return try summed(
            Punch(
                serial: punch.serial, userID: punch.userID, deviceTime: punch.deviceTime,
                occurrence: punch.occurrence + 1, verify: punch.verify, state: punch.state, source: punch.source,
                raw: punch.raw, flags: punch.flags), device, db)
    }

    /// The persons and seconds of a tail whose occurrences cannot be told.
    ///
    /// The log itself gave this key before, and gives it again behind the cursor: the same person in the same second
    /// of a clock that was set back, or a cursor that is wrong. A complete reading tells, because there occurrences
    /// are counted over the whole log; until then none of them is journaled, or attributes would stand with the wrong
    /// one.
    private static func doubtful(
        _ reading: Reading, _ device: Int64, _ appended: inout Appended, _ db: Database
    ) throws -> Set<Punch.Slot> {
        guard case .tail(let new) = reading.extent else { return [] }
        let seen = try db.cachedStatement(sql: "SELECT rank FROM seen WHERE device = ? AND key = ?")
        var slots: Set<Punch.Slot> = []
        for punch in reading.punches.suffix(new) {
            let rank = try Int.fetchOne(seen, arguments: [device, Data(punch.key.bytes)])
            guard let rank, rank <= reading.source.rank else { continue }
            appended.ambiguous += 1
            slots.insert(punch.slot)
        }
        return slots
    }

    /// What `seen` said of a punch's key before this reading.
    private enum Mark {
        case known, new
        /// Known from a worse source only.
        case better
    }

    /// Remembers the keys, and tells which were known.
    ///
    /// In the order of the keys: they are hashes, and a log of a hundred thousand written in its own order would
    /// write each page of `seen` many times over. Equal keys keep their order, the first one is the news.
    private static func mark(_ keys: [[UInt8]], of device: Int64, rank: Int, _ db: Database) throws -> [Mark] {
        let remember = try RowStatement(
            db, "INSERT INTO seen (device, key, rank) VALUES (?, ?, ?) ON CONFLICT (device, key) DO NOTHING")
        let improve = try RowStatement(db, "UPDATE seen SET rank = ?3 WHERE device = ?1 AND key = ?2 AND rank > ?3")
        var marks = [Mark](repeating: .known, count: keys.count)
        for statement in [remember, improve] {
            try statement.bind(device, at: 1)
            try statement.bind(rank, at: 3)
        }
        for position in inKeyOrder(keys) {
            try remember.bind(keys[position], at: 2)
            if try remember.run() {
                marks[position] = .new
            } else {
                try improve.bind(keys[position], at: 2)
                if try improve.run() { marks[position] = .better }
            }
        }
        return marks
    }

    private static func inKeyOrder(_ keys: [[UInt8]]) -> [Int] {
        let heads = keys.map { key in key.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
        return keys.indices.sorted { left, right in
            guard heads[left] == heads[right] else { return heads[left] < heads[right] }
            return keys[left] == keys[right] ? left < right : keys[left].lexicographicallyPrecedes(keys[right])
        }
    }

    /// A complete reading shows what the device still has; keys it no longer has need not be remembered. Those known
    /// from files alone stay: the device never showed them, and a file may come again at any time.
    private static func forgetGone(_ reading: Reading, _ device: Int64, _ db: Database) throws {
        let known =
            try Int.fetchOne(
                db, sql: "SELECT count(*) FROM seen WHERE device = ? AND rank < ?",
                arguments: [device, Punch.Source.stick.rank]) ?? 0
        // Every key of this reading is in `seen` now, so an equal count means that nothing else is.
        guard known > reading.punches.count else { return }
        try db.execute(sql: "CREATE TEMP TABLE still_there (key BLOB PRIMARY KEY) WITHOUT ROWID")
        let insert = try db.makeStatement(sql: "INSERT OR IGNORE INTO still_there (key) VALUES (?)")
        for punch in reading.punches { try insert.execute(arguments: [Data(punch.key.bytes)]) }
        try db.execute(
            sql: "DELETE FROM seen WHERE device = ? AND rank < ? AND key NOT IN (SELECT key FROM still_there)",
            arguments: [device, Punch.Source.stick.rank])
        FailPoint.reach("edge.append.gone_forgotten")
        try db.execute(sql: "DROP TABLE still_there")
    }

    /// A tail continues the cursor it was read from: where that was taken away meanwhile, as by a new epoch,
    /// the next reading must be a complete one.
    private static func advance(_ reading: Reading, _ device: Int64, _ db: Database) throws {
        guard let cursor = reading.cursor else { return }
        let isTail = if case .tail = reading.extent { true } else { false }
        try db.execute(
            sql: """
                UPDATE device SET cursor = ?1, last_cursor = ?1, clearing = NULL
                WHERE id = ?2 AND NOT (?3 AND cursor IS NULL)
                """,
            arguments: [cursor, device, isTail])
    }

    private static func keep(_ joins: [IndexJoin], _ device: Int64, _ db: Database) throws {
        let insert = try db.cachedStatement(
            sql: "INSERT OR IGNORE INTO index_join (device, user_index, time, user_id) VALUES (?, ?, ?, ?)")
        for join in joins {
            try insert.execute(arguments: [device, Int(join.index), Int64(join.time), Data(join.userID.bytes)])
        }
    }

    static func device(_ serial: DeviceSerial, _ db: Database) throws -> Int64 {
        if let id = try Int64.fetchOne(db, sql: "SELECT id FROM device WHERE serial = ?", arguments: [serial.text]) {
            return id
        }
        try db.execute(sql: "INSERT INTO device (serial) VALUES (?)", arguments: [serial.text])
        return db.lastInsertedRowID
    }
}
