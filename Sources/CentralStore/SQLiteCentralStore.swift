import Attendance
import FailPoints
import Foundation
import GRDB
import Synchronization

/// The centre's store in one SQLite file.
///
/// One connection writes and alone makes checkpoints; readers are opened read-only. SQLite before 3.51.3
/// can lose a commit where two connections write and checkpoint a WAL at once, so there is never a second
/// writer: `hadir-central`'s commands hand their writes to the running server.
package struct SQLiteCentralStore: CentralStore {
    let database: any DatabaseReader
    private let writer: DatabasePool?
    private let counter = Counter()
    /// Who does what is done with this value: the audit log says so.
    var actor = Actor.centre
    let news = WorkdayNews()

    private final class Counter: Sendable {
        let commits = Atomic(0)
        /// Whether the disk took the last write.
        let isWritable = Atomic(true)
        /// It had no room for one: a smaller one may find some, and says nothing about the next.
        let isShort = Atomic(false)
    }

    /// Free bytes of the file's disk; `nil` where they are not known.
    private let room: @Sendable () -> Int64?
    /// A disk that was full takes what comes when it has as much again: a batch of the largest kind, with its indexes.
    private static let roomForBatches: Int64 = 8 << 20

    /// Opens the file for writing, making or migrating it. The caller holds the state directory's lock.
    ///
    /// - Parameters:
    ///   - room: free bytes of the file's disk; without it, what the system says.
    ///   - onMigration: called before a file of an earlier version, or a new one, is brought up to date.
    /// - Throws: `CentralStoreError.laterVersion` before anything is changed, or `DatabaseError`.
    package init(
        path: String, room: (@Sendable () -> Int64?)? = nil, onMigration: () -> Void = {}
    ) throws {
        var configuration = Self.configuration
        configuration.label = "central.writer"
        let pool = try DatabasePool(path: path, configuration: configuration)
        // The pool sets NORMAL with its journal mode; a receipt promises what only FULL gives.
        try pool.writeWithoutTransaction { db in
            let level = Sabotage.isOn("centre_synchronous_normal") ? "NORMAL" : "FULL"
            try db.execute(sql: "PRAGMA synchronous = \(level)")
            try db.execute(sql: Self.writerRoom)
        }
        guard try !pool.read(Schema.migrator.hasBeenSuperseded) else { throw CentralStoreError.laterVersion }
        if try !pool.read(Schema.migrator.hasCompletedMigrations) { onMigration() }
        try Schema.migrator.migrate(pool)
        FailPoint.reach("centre.start.migrated")
        self.room = room ?? { Self.freeBytes(at: path) }
        database = pool
        writer = pool
    }

    /// Opens an existing file for reading only, beside a running server or without one.
    package init(readingPath path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else { throw CentralStoreError.missing(path) }
        var configuration = Self.configuration
        configuration.label = "central.reader"
        configuration.readonly = true
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        guard try !queue.read(Schema.migrator.hasBeenSuperseded) else { throw CentralStoreError.laterVersion }
        room = { Self.freeBytes(at: path) }
        database = queue
        writer = nil
    }

    private static func freeBytes(at path: String) -> Int64? {
        let facts = try? FileManager.default.attributesOfFileSystem(forPath: path)
        return (facts?[.systemFreeSize] as? NSNumber)?.int64Value
    }

    /// The keys of punches are hashes, so a batch touches pages all over their index. 64 MiB of cache keep those of
    /// a few million punches, and a checkpoint every 32 MiB of WAL writes each of them once for several batches.
    private static let writerRoom = "PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 8192"

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        configuration.maximumReaderCount = 4
        configuration.prepareDatabase { db in
            // A replaced row must meet the triggers that refuse a deletion; a forgotten key must be gone.
            try db.execute(sql: "PRAGMA recursive_triggers = ON")
            if !db.configuration.readonly { try db.execute(sql: "PRAGMA secure_delete = ON") }
        }
        return configuration
    }

    /// Ends all connections; the file is then complete without its WAL.
    package func close() throws {
        guard let writer else { return try (database as? DatabaseQueue)?.close() ?? () }
        try writer.writeWithoutTransaction(Self.emptyWAL)
        FailPoint.reach("centre.close.checkpointed")
        try writer.close()
    }

    /// Copies the WAL into the file and empties it; a forgotten key is then nowhere on disk.
    ///
    /// A command that is reading just now puts this off, and nothing is lost by that.
    static func emptyWAL(_ db: Database) throws {
        do {
            try db.checkpoint(.truncate)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            return
        }
    }

    func write<Value: Sendable>(_ work: @Sendable @escaping (Database) throws -> Value) async throws -> Value {
        guard let writer else { throw DatabaseError(resultCode: .SQLITE_READONLY, message: "opened for reading only") }
        do {
            let value = try await writer.write { db in
                FailPoint.reach("centre.write.begun")
                let value = try work(db)
                FailPoint.reach("centre.write.before_commit")
                return value
            }
            FailPoint.reach("centre.write.committed")
            counter.commits.add(1, ordering: .relaxed)
            if !counter.isShort.load(ordering: .relaxed) { counter.isWritable.store(true, ordering: .relaxed) }
            return value
        } catch {
            if let trouble = StoreTrouble(error) {
                counter.isWritable.store(false, ordering: .relaxed)
                if trouble == .full { counter.isShort.store(true, ordering: .relaxed) }
            }
            throw error
        }
    }

    func writeWithoutTransaction(_ work: @Sendable @escaping (Database) throws -> Void) async throws {
        try await writer?.writeWithoutTransaction(work)
    }

    // MARK: The centre itself

    package func checkReady() async throws {
        _ = try await database.read { db in try Int.fetchOne(db, sql: "SELECT id FROM centre") }
        guard !counter.isWritable.load(ordering: .relaxed) else { return }
        // Reading still works on a full disk. Whether it takes writes again, only a write can say.
        try await checkWritable()
        guard counter.isShort.load(ordering: .relaxed) else { return }
        if let room = room(), room < Self.roomForBatches {
            throw DatabaseError(resultCode: .SQLITE_FULL, message: "only \(room) bytes are free")
        }
        counter.isShort.store(false, ordering: .relaxed)
        counter.isWritable.store(true, ordering: .relaxed)
    }

    package func checkWritable() async throws {
        try await write { db in try db.execute(sql: "UPDATE centre SET proofs = proofs + 1") }
    }

    package var commits: Int { counter.commits.load(ordering: .relaxed) }

    package func tlsPin() async throws -> [UInt8]? {
        try await database.read { db in try Data.fetchOne(db, sql: "SELECT tls_pin FROM centre").map(Array.init) }
    }

    package func setTLSPin(_ pin: [UInt8]?) async throws {
        try await write { db in
            try db.execute(sql: "UPDATE centre SET tls_pin = ?", arguments: [pin.map { Data($0) }])
        }
    }

    package func totals() async throws -> CentralTotals {
        try await database.read { db in
            func count(_ table: String) throws -> Int { try Table(table).fetchCount(db) }
            return CentralTotals(
                entries: try count("entries"), punches: try count("punches"), observations: try count("observations"),
                quarantined: try count("quarantine"), devices: try count("devices"), nodes: try count("nodes"))
        }
    }
}
