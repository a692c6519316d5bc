import Attendance
import FailPoints
import Foundation
import GRDB

extension EdgeStore {
    /// What was done with a journal file that could not be used as it was.
    package struct Recovery: Equatable, Sendable {
        /// Where the damaged file lies now, for whoever wants to look.
        package let movedTo: String
        /// Unacknowledged entries found whole in it and journaled again.
        package let salvaged: Int
        /// What was wrong.
        package let reason: String
    }

    /// Opens the journal for writing; a damaged file is moved aside and a new epoch begun, so that collecting
    /// goes on whatever a failing disk did.
    ///
    /// What is whole in the damaged file and was not acknowledged is journaled again; devices are read whole,
    /// because no cursor survives. A file of another version is no damage: it is refused as it is.
    ///
    /// - Parameter damage: damage that was found before, of a kind that opening does not find.
    /// - Throws: `EdgeStoreError`.
    package static func opening(
        path: String, now: Date, damage: String? = nil
    ) throws -> (store: EdgeStore, recovery: Recovery?) {
        try finish(path, now)
        if let damage, FileManager.default.fileExists(atPath: path) { return try recover(path, now, damage) }
        do {
            let store = try EdgeStore(path: path, now: now)
            _ = try store.head()
            return (store, nil)
        } catch let error as EdgeStoreError
            where error.code == .damaged || error.code == .schema || error.code == .readOnly && hasForeignFormat(path)
        {
            return try recover(path, now, "\(error)")
        }
    }

    /// SQLite takes a file for read-only whose header names a format that it does not know: a flipped bit, not a disk.
    private static func hasForeignFormat(_ path: String) -> Bool {
        guard let file = FileHandle(forReadingAtPath: path), let header = try? file.read(upToCount: 20),
            header.count == 20
        else { return false }
        // Bytes 18 and 19: the versions needed to write and to read; 1 rollback journal, 2 write-ahead log.
        return !header.suffix(2).allSatisfy { (1...2).contains($0) }
    }

    /// What is whole goes into a new file beside the damaged one, in full, before either is renamed: cut short at any
    /// step, by a kill or a full disk, nothing that was there is gone, and the next start does it again or goes on.
    private static func recover(_ path: String, _ now: Date, _ reason: String) throws -> (EdgeStore, Recovery?) {
        let found = try Salvage(path: path)
        FailPoint.reach("edge.recovery.salvaged")
        let aside = freeName(path, now)
        let building = path + ".building"
        remove(building)
        do {
            let store = try EdgeStore(
                path: building, now: now,
                start: EpochStart(
                    reason: .corruptFile, previous: found.epoch, previousSeq: found.lastSeq,
                    previousHash: found.lastHash))
            try store.write { db in
                var writer = try JournalWriter(db)
                for entry in found.unacknowledged where !Sabotage.isOn("nothing_salvaged") {
                    try writer.append(line: entry.body)
                }
                for order in found.orders {
                    try db.execute(
                        sql: "INSERT OR IGNORE INTO executed_order (id, at, is_told) VALUES (?, ?, TRUE)",
                        arguments: [order, UTC.text(now)])
                }
                let text = "\(reason); it lies at \(aside), \(found.unacknowledged.count) entries were taken over"
                try writer.append(.alarm(Alarm(code: "journal_damaged", text: text)), at: now)
            }
            FailPoint.reach("edge.recovery.filled")
            // Closed, it is one file.
            try store.wrapping { try store.database.close() }
        } catch {
            remove(building)
            throw error
        }
        FailPoint.reach("edge.recovery.built")
        try rename(building, mended(path))
        FailPoint.reach("edge.recovery.mended")
        try finish(path, now, aside)
        return (
            try EdgeStore(path: path, now: now),
            Recovery(movedTo: aside, salvaged: found.unacknowledged.count, reason: reason)
        )
    }

    private static func mended(_ path: String) -> String { path + ".mended" }

    /// Puts a mended file in the place of the damaged one, which is moved aside; does nothing where there is none.
    private static func finish(_ path: String, _ now: Date, _ aside: String? = nil) throws {
        let files = FileManager.default
        guard files.fileExists(atPath: mended(path)) else { return }
        let aside = aside ?? freeName(path, now)
        // The file itself last: its log must never lie beside another file.
        for suffix in ["-shm", "-wal", ""] where files.fileExists(atPath: path + suffix) {
            try rename(path + suffix, aside + suffix)
            FailPoint.reach("edge.recovery.moved_aside")
        }
        try rename(mended(path), path)
        FailPoint.reach("edge.recovery.in_place")
    }

    private static func rename(_ from: String, _ to: String) throws {
        guard Foundation.rename(from, to) == 0 else {
            throw EdgeStoreError(.io, "\(from) cannot be renamed to \(to): \(String(cString: strerror(errno)))")
        }
    }

    private static func remove(_ path: String) { for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) } }

    /// A name for the damaged file that is not taken.
    private static func freeName(_ path: String, _ now: Date) -> String {
        let stamp = UTC.text(now).filter { $0.isNumber || $0 == "T" }.prefix(15)
        var aside = "\(path).damaged-\(stamp)"
        var number = 1
        while FileManager.default.fileExists(atPath: aside) {
            number += 1
            aside = "\(path).damaged-\(stamp)-\(number)"
        }
        return aside
    }
}

/// What can still be read of a damaged file; whatever cannot be read is left.
private struct Salvage {
    private(set) var epoch: Epoch?
    private(set) var lastSeq: Int64?
    private(set) var lastHash: ChainHash?
    /// Whole entries behind the last acknowledgement, oldest first, without the epoch's own.
    private(set) var unacknowledged: [Entry] = []
    /// Orders of the centre that were executed.
    private(set) var orders: [String] = []

    /// - Throws: `EdgeStoreError` where it is the disk that is full, or another program that holds the file: that is no
    ///   damage, and what is in it must not be given up for it.
    init(path: String) throws {
        let store: EdgeStore
        do {
            // Not read-only: SQLite may have to recover the write-ahead log beside it.
            store = try EdgeStore(path: path, isReadOnly: false)
        } catch let error as EdgeStoreError where error.code == .full || error.code == .busy {
            throw error
        } catch {
            guard let readable = try? EdgeStore(path: path, isReadOnly: true) else { return }
            store = readable
        }
        defer { try? store.database.close() }
        let start = try? store.read { try EdgeStore.start($0) }
        orders = (try? store.read { try String.fetchAll($0, sql: "SELECT id FROM executed_order") }) ?? []
        epoch = start?.epoch
        // From both ends, because a damaged page stops a scan in the middle.
        var bySeq: [Int64: Entry] = [:]
        for order in ["ASC", "DESC"] {
            _ = try? store.read { db in
                let rows = try Row.fetchCursor(
                    db, sql: "SELECT seq, body, hash, seal FROM journal WHERE seq > ? ORDER BY seq \(order)",
                    arguments: [start?.ackedSeq ?? 0])
                while let row = try rows.next() {
                    guard let entry = try? EdgeStore.entry(row) else { continue }
                    bySeq[entry.seq] = entry
                }
            }
        }
        let entries = bySeq.values.sorted { $0.seq < $1.seq }
        lastSeq = entries.last?.seq
        lastHash = entries.last?.hash
        unacknowledged = entries.filter { !$0.isEpoch }
    }
}
