import Attendance
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
        if let damage, FileManager.default.fileExists(atPath: path) { return try recover(path, now, damage) }
        do {
            let store = try EdgeStore(path: path, now: now)
            _ = try store.head()
            return (store, nil)
        } catch let error as EdgeStoreError where error.code == .damaged || error.code == .schema {
            return try recover(path, now, "\(error)")
        }
    }

    private static func recover(_ path: String, _ now: Date, _ reason: String) throws -> (EdgeStore, Recovery?) {
        let aside = try moveAside(path, now)
        let found = Salvage(path: aside)
        let store = try EdgeStore(
            path: path, now: now,
            start: EpochStart(
                reason: .corruptFile, previous: found.epoch, previousSeq: found.lastSeq, previousHash: found.lastHash))
        try store.write { db in
            var writer = try JournalWriter(db)
            for entry in found.unacknowledged { try writer.append(line: entry.body) }
            let text = "\(reason); it lies at \(aside), \(found.unacknowledged.count) entries were taken over"
            try writer.append(.alarm(Alarm(code: "journal_damaged", text: text)), at: now)
        }
        return (store, Recovery(movedTo: aside, salvaged: found.unacknowledged.count, reason: reason))
    }

    /// Renames the file and what belongs to it, to a name that is not taken.
    private static func moveAside(_ path: String, _ now: Date) throws -> String {
        let stamp = UTC.text(now).filter { $0.isNumber || $0 == "T" }.prefix(15)
        let files = FileManager.default
        var aside = "\(path).damaged-\(stamp)"
        var number = 1
        while files.fileExists(atPath: aside) {
            number += 1
            aside = "\(path).damaged-\(stamp)-\(number)"
        }
        do {
            for suffix in ["", "-wal", "-shm"] where files.fileExists(atPath: path + suffix) {
                try files.moveItem(atPath: path + suffix, toPath: aside + suffix)
            }
        } catch {
            throw EdgeStoreError(.io, "the damaged journal cannot be moved aside: \(error.localizedDescription)")
        }
        return aside
    }
}

/// What can still be read of a damaged file. Never throws: whatever cannot be read is left.
private struct Salvage {
    private(set) var epoch: Epoch?
    private(set) var lastSeq: Int64?
    private(set) var lastHash: ChainHash?
    /// Whole entries behind the last acknowledgement, oldest first, without the epoch's own.
    private(set) var unacknowledged: [Entry] = []

    init(path: String) {
        // Not read-only: SQLite may have to recover the write-ahead log that was moved along.
        guard let store = try? EdgeStore(path: path, isReadOnly: false) else { return }
        let start = try? store.read { try EdgeStore.start($0) }
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
