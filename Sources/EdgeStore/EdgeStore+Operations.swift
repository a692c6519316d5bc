import Attendance
import Crypto
import FailPoints
import Foundation
import GRDB

/// What was done to devices: each operation is journaled once, by whichever way it came (docs/decisions/0028).
extension EdgeStore {
    /// What of a device's operations is news.
    package struct OperationNews: Equatable, Sendable {
        /// Never journaled before, in their order.
        package var new: [Attendance.Operation] = []
        /// None was known before: its log is read for the first time, or again after a new epoch.
        package var isFirst = false
        /// They are of a reading of the whole log: what is new in it was not there at the reading before.
        package var isComplete = false
        /// When operations of the device were journaled last; `nil` where never.
        package var lastAt: Date?

        package init() {}
    }

    /// What this computer did to a device itself, so that it is not taken for somebody's hand.
    package struct OwnOperation: Equatable, Sendable {
        package let what: String
        /// What was changed, such as a user id; empty where nothing is named.
        package let object: String
        /// Of a clock that was set: what it showed and shows.
        package let before: String?
        package let after: String?
        package let at: Date
    }

    /// Journals those operations of `serial` that were not journaled before, and what a person should know of them, in
    /// one transaction.
    ///
    /// - Parameters:
    ///   - operations: told by the device (source `log` or `push`), occurrences counted within one reading.
    ///   - complete: they are the device's whole operation log: keys it has no longer are forgotten.
    ///   - notes: alarms about what is news; not asked where nothing is.
    /// - Returns: how many were new.
    @discardableResult
    package func append(
        operations: [Attendance.Operation], of serial: DeviceSerial, complete: Bool, at now: Date,
        notes: (OperationNews) throws -> [EntryBody] = { _ in [] }
    ) throws -> Int {
        try write { db in
            var writer = try JournalWriter(db)
            let device = try Self.device(serial, db)
            return try Self.append(operations, device, complete, &writer, now, db, notes)
        }
    }

    /// - Returns: how many were new.
    static func append(
        _ operations: [Attendance.Operation], _ device: Int64, _ complete: Bool, _ writer: inout JournalWriter,
        _ now: Date, _ db: Database, _ notes: (OperationNews) throws -> [EntryBody]
    ) throws -> Int {
        var news = try Self.news(of: device, db)
        news.isComplete = complete
        let keys = operations.map { Data(OperationKey.of($0)) }
        let remember = try db.cachedStatement(sql: "INSERT OR IGNORE INTO seen_operation (device, key) VALUES (?, ?)")
        for (operation, key) in zip(operations, keys) {
            try remember.execute(arguments: [device, key])
            if db.changesCount > 0 { news.new.append(operation) }
        }
        if complete { try Self.forgetOperations(of: device, but: keys, db) }
        for operation in news.new { try writer.append(.operation(operation), at: now) }
        FailPoint.reach("edge.operations.told")
        if !news.new.isEmpty { for note in try notes(news) { try writer.append(note, at: now) } }
        try db.execute(
            sql: "UPDATE device SET operations_at = ?, operations_anew = 0 WHERE id = ?",
            arguments: [UTC.text(now), device])
        return news.new.count
    }

    private static func news(of device: Int64, _ db: Database) throws -> OperationNews {
        var news = OperationNews()
        let row = try Row.fetchOne(
            db, sql: "SELECT operations_at, operations_anew FROM device WHERE id = ?", arguments: [device])
        news.isFirst = row?.stored("operations_anew", Int.self) != 0
        news.lastAt = row?.stored("operations_at", String.self).flatMap { UTC.date($0) }
        return news
    }

    private static func forgetOperations(of device: Int64, but keys: [Data], _ db: Database) throws {
        let known =
            try Int.fetchOne(db, sql: "SELECT count(*) FROM seen_operation WHERE device = ?", arguments: [device]) ?? 0
        // Every key of this reading is remembered by now, so an equal count means that nothing else is.
        guard known > Set(keys).count else { return }
        try db.execute(sql: "CREATE TEMP TABLE operation_still_there (key BLOB PRIMARY KEY) WITHOUT ROWID")
        let insert = try db.makeStatement(sql: "INSERT OR IGNORE INTO operation_still_there (key) VALUES (?)")
        for key in keys { try insert.execute(arguments: [key]) }
        try db.execute(
            sql: """
                DELETE FROM seen_operation WHERE device = ? AND key NOT IN (SELECT key FROM operation_still_there)
                """, arguments: [device])
        try db.execute(sql: "DROP TABLE operation_still_there")
    }

    // MARK: Our own

    /// So many of a device are remembered.
    private static let mostOwn = 200

    /// Remembers what a command or the daemon did, with the entry that tells of it.
    static func keepOwn(_ note: EntryBody, _ now: Date, _ db: Database) throws {
        guard case .operation(let operation) = note, operation.source == .command || operation.source == .daemon
        else { return }
        let device = try device(operation.serial, db)
        try db.execute(
            sql: "INSERT INTO own_operation (device, what, object, before, after, at) VALUES (?, ?, ?, ?, ?, ?)",
            arguments: [
                device, operation.what, operation.object, operation.before, operation.after, UTC.text(now),
            ])
        try db.execute(
            sql: """
                DELETE FROM own_operation WHERE device = ?1 AND id NOT IN
                (SELECT id FROM own_operation WHERE device = ?1 ORDER BY id DESC LIMIT ?2)
                """, arguments: [device, mostOwn])
    }

    /// The last operations that a command or the daemon did to a device, oldest first.
    package func ownOperations(of serial: DeviceSerial) throws -> [OwnOperation] {
        try read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT what, object, before, after, at FROM own_operation
                    JOIN device ON device.id = own_operation.device WHERE serial = ? ORDER BY own_operation.id
                    """, arguments: [serial.text])
            // A row that cannot be read is as if it were not known.
            return rows.compactMap { row in
                guard let what = row.stored("what", String.self), let object = row.stored("object", String.self),
                    let at = row.stored("at", String.self).flatMap({ UTC.date($0) })
                else { return nil }
                return OwnOperation(
                    what: what, object: object, before: row.stored("before", String.self),
                    after: row.stored("after", String.self), at: at)
            }
        }
    }

    /// The operations of a device journaled last, oldest first; for people to look at.
    ///
    /// - Parameter within: how many of the last entries are looked at.
    /// - Throws: `EdgeStoreError`; a damaged entry is left out and is no error here.
    package func newestOperations(
        of serial: DeviceSerial, _ count: Int, within: Int
    ) throws -> [(operation: Attendance.Operation, at: Date)] {
        try read { db in
            let rows = try Row.fetchCursor(
                db, sql: "SELECT seq, body, hash, seal FROM journal ORDER BY seq DESC LIMIT ?", arguments: [within])
            var found: [(operation: Attendance.Operation, at: Date)] = []
            while found.count < count, let row = try rows.next() {
                guard let body = row.stored("body", Data.self), body.starts(with: Self.operationMark),
                    let entry = try? Self.entry(row), let decoded = try? EntryBody.decode(entry.body),
                    case .operation(let operation) = decoded.body, operation.serial == serial
                else { continue }
                found.append((operation, decoded.at))
            }
            return found.reversed()
        }
    }

    /// How the body of an operation begins.
    private static let operationMark = Array("{\"kind\":\"operation\",".utf8)
}

/// What makes an operation the same operation, by whichever way it came.
enum OperationKey {
    /// SHA-256 over "hadir-operation-1" and, each as u32 big-endian length and bytes: serial, code, device time, who,
    /// numbers with commas between, occurrence.
    static func of(_ operation: Attendance.Operation) -> [UInt8] {
        let fields = [
            operation.serial.text, operation.code.map { "\($0)" } ?? operation.what, operation.deviceTime?.text ?? "",
            operation.by, operation.parameters.map { "\($0)" }.joined(separator: ","), "\(operation.occurrence)",
        ]
        var digest = SHA256()
        digest.update(bytes: Array("hadir-operation-1".utf8))
        for field in fields {
            digest.update(bigEndian: UInt32(clamping: field.utf8.count))
            digest.update(bytes: Array(field.utf8))
        }
        return Array(digest.finalize())
    }
}
