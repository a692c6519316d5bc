import Attendance
import Crypto
import FailPoints
import Foundation
import GRDB
import SQLiteRows
import ServiceSupport

/// The edge's journal and all it remembers of its devices: one SQLite file, one writing connection.
///
/// WAL and `synchronous=FULL`: what `append` returned from survives a power cut. One transaction holds a
/// reading's entries, its seen keys and the device's cursor (docs/decisions/0002).
package final class EdgeStore: Sendable {
    let database: DatabaseQueue

    /// Opens the file for writing, makes it if it is missing, and brings its tables up to date.
    ///
    /// - Parameter start: what a new file's first entry says.
    /// - Throws: `EdgeStoreError`.
    package convenience init(
        path: String, now: Date, start: EpochStart = EpochStart(reason: .firstStart)
    ) throws {
        try Self.makePrivate(path)
        FailPoint.reach("edge.start.file_made")
        try self.init(path: path, isReadOnly: false)
        try wrapping {
            let migrator = EdgeStoreSchema.migrator()
            guard try !database.read({ try migrator.hasBeenSuperseded($0) }) else { throw Self.otherVersion(path) }
            try migrator.migrate(database)
            FailPoint.reach("edge.start.migrated")
            try database.write { db in
                guard try Self.start(db) == nil else { return }
                guard try Int.fetchOne(db, sql: "SELECT count(*) FROM journal") == 0 else {
                    throw EdgeStoreError(.damaged, "it has entries and no epoch")
                }
                try Self.begin(start, Epoch.random(), now, db)
                FailPoint.reach("edge.start.begun")
            }
        }
    }

    /// Opens an existing file to look at; safe beside a running daemon.
    package static func readOnly(path: String) throws -> EdgeStore {
        guard FileManager.default.fileExists(atPath: path) else {
            throw EdgeStoreError(.missing, "there is no journal at \(path)")
        }
        let store = try EdgeStore(path: path, isReadOnly: true)
        let migrator = EdgeStoreSchema.migrator()
        let isKnown = try store.wrapping {
            try store.database.read { try migrator.hasCompletedMigrations($0) && !migrator.hasBeenSuperseded($0) }
        }
        guard isKnown else { throw otherVersion(path) }
        return store
    }

    private static func otherVersion(_ path: String) -> EdgeStoreError {
        EdgeStoreError(.otherVersion, "\(path) was written by another version of hadir: use that one, or a newer one")
    }

    /// Makes a missing file before SQLite does: scans are not for every user of the machine.
    private static func makePrivate(_ path: String) throws {
        let folder = (path as NSString).deletingLastPathComponent
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | FileOwner.flags(in: folder), 0o640)
        guard descriptor >= 0 else {
            throw EdgeStoreError(.io, "cannot open \(path): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        // SQLite itself sees to it that the files beside it get the same owner.
        guard FileOwner.adopt(descriptor, in: folder) else {
            throw EdgeStoreError(
                .io, "\(path) cannot be given to its folder's owner: \(String(cString: strerror(errno)))")
        }
    }

    init(path: String, isReadOnly: Bool) throws {
        var configuration = Configuration()
        configuration.readonly = isReadOnly
        configuration.busyMode = .timeout(5)
        configuration.label = "journal"
        if !isReadOnly { configuration.journalMode = .wal }
        configuration.prepareDatabase { db in
            // A full /tmp must not stop the journal.
            try db.execute(sql: "PRAGMA temp_store = MEMORY")
        }
        do {
            database = try DatabaseQueue(path: path, configuration: configuration)
            // Only now: setting up WAL, GRDB makes it NORMAL, with which a power cut takes the last commits along.
            let level = Sabotage.isOn("edge_synchronous_normal") ? "NORMAL" : "FULL"
            if !isReadOnly { try database.inDatabase { try $0.execute(sql: "PRAGMA synchronous = \(level)") } }
        } catch {
            throw EdgeStoreError(error)
        }
    }

    // MARK: Where the journal stands

    /// The journal's end, and how far the centre has acknowledged it.
    package struct Head: Equatable, Sendable {
        package let epoch: Epoch
        package let lastSeq: Int64
        package let lastHash: ChainHash
        package let ackedSeq: Int64
        /// Entries up to here are gone: acknowledged, and older than the retention. 0 while none is.
        package let prunedSeq: Int64
        /// The hash at `prunedSeq`.
        let prunedHash: ChainHash
        /// An order has us send again up to here, though the centre has it; 0 for none.
        package let resendUntil: Int64
        /// How often entries were taken back to be sent again, in this epoch.
        package let rewinds: Int64
    }

    /// Where the journal stands without its last entry.
    struct Start {
        let epoch: Epoch
        let ackedSeq: Int64
        let prunedSeq: Int64
        let prunedHash: ChainHash
        let resendUntil: Int64
        let rewinds: Int64
    }

    package func head() throws -> Head { try read { try Self.head($0) } }

    /// - Throws: `EdgeStoreError` where the last entry is damaged: nothing may be chained to it.
    static func head(_ db: Database) throws -> Head {
        let start = try needStart(db)
        let row = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT seq, body, hash, seal FROM journal ORDER BY seq DESC LIMIT 1"))
        let last = try row.map { try entry($0) }
        let lastSeq = last?.seq ?? 0
        guard start.ackedSeq <= lastSeq else {
            throw EdgeStoreError(
                .damaged, "entries up to \(start.ackedSeq) were acknowledged, the journal ends at \(lastSeq)")
        }
        return Head(
            epoch: start.epoch, lastSeq: lastSeq, lastHash: last?.hash ?? .start(of: start.epoch),
            ackedSeq: start.ackedSeq, prunedSeq: start.prunedSeq, prunedHash: start.prunedHash,
            resendUntil: start.resendUntil, rewinds: start.rewinds)
    }

    /// What stands beside the entries: the epoch, how far it is acknowledged, and pruned; `nil` in a new file.
    static func start(_ db: Database) throws -> Start? {
        let columns = "epoch, acked_seq, pruned_seq, pruned_hash, resend_until, rewinds"
        guard let row = try Row.fetchOne(db.cachedStatement(sql: "SELECT \(columns) FROM epoch")) else { return nil }
        guard let epoch = row.stored("epoch", String.self).flatMap({ Epoch($0) }),
            let ackedSeq = row.stored("acked_seq", Int64.self), ackedSeq >= 0,
            let prunedSeq = row.stored("pruned_seq", Int64.self), (0...ackedSeq).contains(prunedSeq)
        else { throw EdgeStoreError(.damaged, "the epoch is not readable") }
        let prunedHash = row.stored("pruned_hash", Data.self).flatMap { ChainHash(bytes: Array($0)) }
        guard prunedHash != nil || prunedSeq == 0 else {
            throw EdgeStoreError(.damaged, "the hash before entry \(prunedSeq + 1) is not readable")
        }
        return Start(
            epoch: epoch, ackedSeq: ackedSeq, prunedSeq: prunedSeq, prunedHash: prunedHash ?? .start(of: epoch),
            resendUntil: row.stored("resend_until", Int64.self) ?? 0, rewinds: row.stored("rewinds", Int64.self) ?? 0)
    }

    static func needStart(_ db: Database) throws -> Start {
        guard let start = try start(db) else { throw EdgeStoreError(.damaged, "it has no epoch") }
        return start
    }

    static func begin(_ start: EpochStart, _ epoch: Epoch, _ now: Date, _ db: Database) throws {
        try db.execute(sql: "INSERT INTO epoch (only, epoch) VALUES (1, ?)", arguments: [epoch.text])
        var writer = try JournalWriter(db)
        try writer.append(.epoch(start), at: now)
    }

    // MARK: Errors

    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try wrapping { try database.read(body) }
    }

    func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try wrapping {
            let value = try database.write { db in
                FailPoint.reach("edge.write.begun")
                let value = try body(db)
                FailPoint.reach("edge.write.before_commit")
                return value
            }
            FailPoint.reach("edge.write.committed")
            return value
        }
    }

    func wrapping<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as EdgeStoreError {
            throw error
        } catch {
            throw EdgeStoreError(error)
        }
    }
}

/// Appends entries within one transaction, carrying seq and hash forward.
struct JournalWriter {
    private(set) var seq: Int64
    private(set) var hash: ChainHash
    private let statement: RowStatement

    init(_ db: Database) throws {
        let head = try EdgeStore.head(db)
        seq = head.lastSeq
        hash = head.lastHash
        statement = try RowStatement(db, "INSERT INTO journal (seq, body, hash, seal) VALUES (?, ?, ?, ?)")
    }

    mutating func append(_ body: EntryBody, at now: Date) throws {
        try append(line: body.boundedLine(at: now))
    }

    /// The same as an entry of its own, for punches by the hundred thousand.
    mutating func append(_ punch: Punch, by lines: PunchLines, at now: Date) throws {
        let line = lines.line(of: punch)
        if line.count <= EntryBody.longestBody { try append(line: line) } else { try append(.punch(punch), at: now) }
    }

    /// Appends a body that was journaled before, as it stands.
    mutating func append(line bytes: [UInt8]) throws {
        seq += 1
        hash = hash.next(seq: seq, body: bytes)
        try statement.bind(seq, at: 1)
        try statement.bind(bytes, at: 2)
        try statement.bind(hash.bytes, at: 3)
        try statement.bind(Seal.of(seq: seq, hash: hash.bytes, body: bytes), at: 4)
        try statement.run()
    }
}

/// A row's own checksum. It covers the seq, so that a flipped row id is noticed too.
enum Seal {
    static func of(seq: Int64, hash: [UInt8], body: [UInt8]) -> Int64 {
        var digest = SHA256()
        digest.update(bigEndian: UInt64(bitPattern: seq))
        digest.update(bytes: hash)
        digest.update(bytes: body)
        return digest.finalize().prefix(8).reduce(0) { $0 << 8 | Int64($1) }
    }
}
