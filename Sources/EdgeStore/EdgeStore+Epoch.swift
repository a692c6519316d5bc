import Attendance
import FailPoints
import Foundation
import GRDB

extension EdgeStore {
    /// Begins a new epoch, because the centre has other entries of this one than we do (a copied or restored disk).
    ///
    /// Everything that was not acknowledged is journaled again behind the new epoch's first entry, and every
    /// device will be read whole: its punches have the keys they had, so nothing is counted twice. Joins of
    /// indexes and the devices' serials stay, because those keys hang from them. The old entries stay in the
    /// file, under their epoch's name.
    package func beginEpoch(_ reason: EpochStart.Reason, at now: Date) throws {
        try write { db in
            let old = try Self.head(db)
            try EdgeStoreSchema.putJournalAside(of: old.epoch, db)
            FailPoint.reach("edge.epoch.aside")
            for table in ["quarantined", "acknowledgement"] { try db.execute(sql: "DELETE FROM \(table)") }
            try Self.readEverythingAgain(now, db)
            FailPoint.reach("edge.epoch.forgotten")
            try db.execute(sql: "DELETE FROM epoch")
            let start = EpochStart(
                reason: reason, previous: old.epoch, previousSeq: old.lastSeq, previousHash: old.lastHash)
            try Self.begin(start, Epoch.random(), now, db)
            FailPoint.reach("edge.epoch.begun")
            var writer = try JournalWriter(db)
            let rows = try Row.fetchCursor(
                db, sql: "SELECT seq, body, hash, seal FROM journal_\(old.epoch.text) WHERE seq > ? ORDER BY seq",
                arguments: [old.ackedSeq])
            while let row = try rows.next() {
                // What is damaged cannot be sent in any epoch; the devices still have their scans.
                guard let entry = try? Self.entry(row), !entry.isEpoch else { continue }
                try writer.append(line: entry.body)
                FailPoint.reach("edge.epoch.taken_over")
            }
        }
    }

    /// Every device is read whole, and what it has is journaled again.
    static func readEverythingAgain(_ now: Date, _ db: Database) throws {
        guard !Sabotage.isOn("nothing_read_again") else { return }
        for table in ["seen", "device_user", "seen_operation"] { try db.execute(sql: "DELETE FROM \(table)") }
        try db.execute(sql: "UPDATE device SET cursor = NULL, operations_anew = 1")
        try db.execute(sql: "UPDATE log_mark SET digest = NULL")
        // Devices that report by themselves are read whole by asking them to send it all.
        for device in try Int64.fetchAll(db, sql: "SELECT DISTINCT device FROM push_stamp") {
            _ = try wantEverything(device, "hadird", .untold, now, db)
        }
    }
}

extension Entry {
    /// Each epoch has one of its own.
    var isEpoch: Bool {
        if case .epoch = try? EntryBody.decode(body).body { true } else { false }
    }
}
