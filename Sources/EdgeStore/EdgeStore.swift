import Attendance
import Crypto
import Foundation
import GRDB

/// The edge's journal and all it remembers of its devices: one SQLite file, one writing connection.
///
/// WAL and `synchronous=FULL`: what `append` returned from survives a power cut. One transaction holds a
/// reading's entries, its seen keys and the device's cursor (docs/decisions/0002).
package final class EdgeStore: Sendable {
    let database: DatabaseQueue

    /// Opens the file for writing, makes it if it is missing, and brings its tables up to date.
    ///
    /// - Throws: `EdgeStoreError`.
    package convenience init(path: String, now: Date) throws {
        try self.init(path: path, isReadOnly: false)
        try wrapping {
            try EdgeStoreSchema.migrator().migrate(database)
            try database.write { db in
                guard try Self.head(db) == nil else { return }
                try Self.begin(EpochStart(reason: .firstStart), Epoch.random(), now, db)
            }
        }
    }

    /// Opens an existing file to look at; safe beside a running daemon.
    package static func readOnly(path: String) throws -> EdgeStore {
        guard FileManager.default.fileExists(atPath: path) else {
            throw EdgeStoreError(.missing, "there is no journal at \(path)")
        }
        let store = try EdgeStore(path: path, isReadOnly: true)
        let isKnown = try store.wrapping {
            try store.database.read { try EdgeStoreSchema.migrator().hasCompletedMigrations($0) }
        }
        guard isKnown else { throw EdgeStoreError(.otherVersion, "\(path) was written by another version of hadir") }
        return store
    }

    private init(path: String, isReadOnly: Bool) throws {
        var configuration = Configuration()
        configuration.readonly = isReadOnly
        configuration.busyMode = .timeout(5)
        configuration.label = "journal"
        if !isReadOnly { configuration.journalMode = .wal }
        configuration.prepareDatabase { db in
            if !isReadOnly { try db.execute(sql: "PRAGMA synchronous = FULL") }
        }
        do {
            database = try DatabaseQueue(path: path, configuration: configuration)
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
    }

    package func head() throws -> Head {
        try read { db in
            guard let head = try Self.head(db) else { throw EdgeStoreError(.damaged, "the journal has no epoch") }
            return head
        }
    }

    static func head(_ db: Database) throws -> Head? {
        guard let row = try Row.fetchOne(db, sql: "SELECT epoch, acked_seq FROM epoch") else { return nil }
        guard let epoch = Epoch(row["epoch"]) else { throw EdgeStoreError(.damaged, "the epoch is not 32 hex digits") }
        let last = try Row.fetchOne(db.cachedStatement(sql: "SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1"))
        guard let last else {
            return Head(epoch: epoch, lastSeq: 0, lastHash: .start(of: epoch), ackedSeq: row["acked_seq"])
        }
        guard let hash = ChainHash(bytes: Array(last["hash"] as Data)) else {
            throw EdgeStoreError(.damaged, "the hash of entry \(last["seq"] as Int64) has a wrong length")
        }
        return Head(epoch: epoch, lastSeq: last["seq"], lastHash: hash, ackedSeq: row["acked_seq"])
    }

    static func begin(_ start: EpochStart, _ epoch: Epoch, _ now: Date, _ db: Database) throws {
        try db.execute(sql: "INSERT INTO epoch (only, epoch) VALUES (1, ?)", arguments: [epoch.text])
        guard var writer = try JournalWriter(db) else { throw EdgeStoreError(.damaged, "the epoch was not kept") }
        try writer.append(.epoch(start), at: now)
    }

    // MARK: Errors

    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try wrapping { try database.read(body) }
    }

    func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try wrapping { try database.write(body) }
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
    private let statement: Statement

    /// `nil` where the file has no epoch yet.
    init?(_ db: Database) throws {
        guard let head = try EdgeStore.head(db) else { return nil }
        seq = head.lastSeq
        hash = head.lastHash
        statement = try db.cachedStatement(sql: "INSERT INTO journal (seq, body, hash, seal) VALUES (?, ?, ?, ?)")
    }

    mutating func append(_ body: EntryBody, at now: Date) throws {
        let bytes = body.encode(at: now)
        seq += 1
        hash = hash.next(seq: seq, body: bytes)
        try statement.execute(arguments: [
            seq, Data(bytes), Data(hash.bytes), Seal.of(seq: seq, hash: hash.bytes, body: bytes),
        ])
    }
}

/// A row's own checksum. It covers the seq, so that a flipped row id is noticed too.
enum Seal {
    static func of(seq: Int64, hash: [UInt8], body: [UInt8]) -> Int64 {
        var digest = SHA256()
        digest.update(bigEndian: UInt64(bitPattern: seq))
        digest.update(data: hash)
        digest.update(data: body)
        return digest.finalize().prefix(8).reduce(0) { $0 << 8 | Int64($1) }
    }
}

/// What went wrong with the journal file, and what to do next.
package struct EdgeStoreError: Error, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case missing, otherVersion, damaged, full, readOnly, busy, io
    }

    package let code: Code
    package let detail: String

    init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    init(_ error: any Error) {
        guard let error = error as? DatabaseError else {
            self.init(.io, "\(error)")
            return
        }
        let code: Code =
            switch error.resultCode {
            case .SQLITE_FULL: .full
            case .SQLITE_READONLY: .readOnly
            case .SQLITE_BUSY, .SQLITE_LOCKED: .busy
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: .damaged
            default: .io
            }
        self.init(code, error.message ?? error.resultCode.description)
    }

    package var description: String {
        switch code {
        case .missing: detail
        case .otherVersion: detail
        case .damaged: "the journal is damaged: \(detail)"
        case .full: "the journal's disk is full: free some space; devices keep their scans meanwhile"
        case .readOnly: "the journal cannot be written: \(detail)"
        case .busy: "another program holds the journal: \(detail)"
        case .io: "the journal's disk failed: \(detail)"
        }
    }
}
