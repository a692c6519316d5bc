import Attendance
import FailPoints
import Foundation
import GRDB

extension EdgeStore {
    /// Forgets entries whose acknowledgement is older than the retention, oldest first, at most `most` of them; what
    /// follows them keeps its chain, because the hash before it is kept.
    ///
    /// The newest entry always stays. What the devices gave stays known in `seen`, so nothing old is journaled again.
    ///
    /// - Parameter now: by the centre's clock, from a signed receipt.
    /// - Returns: how many entries went.
    @discardableResult
    package func prune(now: Date, most: Int = 5000) throws -> Int {
        try write { db in
            let head = try Self.head(db)
            let rows = try Row.fetchCursor(
                db, sql: "SELECT seq, at FROM acknowledgement WHERE seq <= ? ORDER BY seq DESC",
                arguments: [head.ackedSeq])
            var acknowledgements: [Retention.Acknowledgement] = []
            while let row = try rows.next() {
                // What cannot be read makes nothing older.
                guard let seq = row.stored("seq", Int64.self),
                    let at = row.stored("at", String.self).flatMap({ UTC.date($0) })
                else { continue }
                acknowledgements.append(.init(seq: seq, at: at))
            }
            guard let last = Retention.prunable(acknowledgements, now: now) else { return 0 }
            let upTo = min(last, head.prunedSeq + Int64(most), head.lastSeq - 1)
            guard upTo > head.prunedSeq else { return 0 }
            try Self.prune(upTo: upTo, head, db)
            return Int(upTo - head.prunedSeq)
        }
    }

    private static func prune(upTo seq: Int64, _ head: Head, _ db: Database) throws {
        guard case .known(let hash) = try place(seq, head, db) else { return }
        try db.execute(
            sql: "UPDATE epoch SET pruned_seq = ?, pruned_hash = ?", arguments: [seq, Data(hash.bytes)])
        FailPoint.reach("edge.prune.marked")
        try rememberQuarantined(upTo: seq, db)
        for table in ["journal", "quarantined"] {
            try db.execute(sql: "DELETE FROM \(table) WHERE seq <= ?", arguments: [seq])
        }
        FailPoint.reach("edge.prune.deleted")
        // The row of the last one stays: later ages are counted from it.
        try db.execute(sql: "DELETE FROM acknowledgement WHERE seq < ?", arguments: [seq])
        // Epochs before this one were put aside before this one's first entry was acknowledged.
        let asides = try String.fetchAll(
            db, sql: "SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB 'journal_[0-9a-f]*'")
        for aside in asides where Epoch(String(aside.dropFirst("journal_".count))) != nil {
            try db.execute(sql: "DROP TABLE \(aside)")
        }
    }

    /// How many scans of each device the centre did not take is known for ever: their device's log may be the last to
    /// have them.
    private static func rememberQuarantined(upTo seq: Int64, _ db: Database) throws {
        let rows = try Row.fetchCursor(
            db, sql: "SELECT body FROM quarantined JOIN journal USING (seq) WHERE seq <= ?", arguments: [seq])
        var counts: [DeviceSerial: Int] = [:]
        while let row = try rows.next() {
            guard let body = row.stored("body", Data.self),
                case .punch(let punch) = try? EntryBody.decode(Array(body)).body
            else { continue }
            counts[punch.serial, default: 0] += 1
        }
        for (serial, count) in counts {
            try db.execute(
                sql: "UPDATE device SET once_quarantined = once_quarantined + ? WHERE id = ?",
                arguments: [count, device(serial, db)])
        }
    }

    // MARK: Orders

    package enum OrderState: Equatable, Sendable {
        /// Never seen before; noted now.
        case new
        /// It was begun and what became of it is not known: the program ended in the middle.
        case begun
        /// Its result is journaled.
        case told
    }

    /// Notes an order before it is executed.
    ///
    /// - Returns: what was known of it.
    package func begin(order id: String, at now: Date) throws -> OrderState {
        try write { db in
            let isTold = try Bool.fetchOne(db, sql: "SELECT is_told FROM executed_order WHERE id = ?", arguments: [id])
            if let isTold { return Sabotage.isOn("orders_repeated") ? .new : isTold ? .told : .begun }
            try db.execute(
                sql: "INSERT INTO executed_order (id, at) VALUES (?, ?)", arguments: [id, UTC.text(now)])
            FailPoint.reach("edge.order.noted")
            return .new
        }
    }

    /// Journals what became of an order, once for each id.
    package func append(_ result: OrderResult, at now: Date) throws {
        try write { db in
            try db.execute(
                sql: """
                    INSERT INTO executed_order (id, at, is_told) VALUES (?, ?, TRUE)
                    ON CONFLICT (id) DO UPDATE SET is_told = TRUE WHERE NOT is_told
                    """, arguments: [result.id, UTC.text(now)])
            guard db.changesCount > 0 else { return }
            var writer = try JournalWriter(db)
            try writer.append(.order(result), at: now)
            FailPoint.reach("edge.order.told")
        }
    }
}
