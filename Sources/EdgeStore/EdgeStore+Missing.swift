import Attendance
import Foundation
import GRDB

/// A scan that the centre keeps and does not count.
package struct HeldScan: Equatable, Sendable {
    package let punch: Punch
    /// From the receipt, such as `not_your_device`.
    package let reason: String

    package init(punch: Punch, reason: String) {
        self.punch = punch
        self.reason = reason
    }

    /// The punches of `batch` among what a receipt quarantined.
    package static func all(in batch: Batch, _ quarantined: [Receipt.Quarantined]) -> [HeldScan] {
        guard !quarantined.isEmpty, let entries = try? batch.entries() else { return [] }
        let reasons = Dictionary(quarantined.map { ($0.seq, $0.reason) }, uniquingKeysWith: { first, _ in first })
        return entries.compactMap { entry in
            guard let reason = reasons[entry.seq], case .punch(let punch)? = (try? EntryBody.decode(entry.body))?.body
            else { return nil }
            return HeldScan(punch: punch, reason: reason)
        }
    }
}

extension EdgeStore {
    /// The scans quarantined last, each with the time of its receipt (`nil` where that is not known), newest first.
    ///
    /// - Parameter most: how many quarantined entries are looked at.
    /// - Throws: `EdgeStoreError`; a damaged entry is left out and is no error here.
    package func heldScans(most: Int) throws -> [(scan: HeldScan, at: Date?)] {
        try read { db in
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT body, reason,
                        (SELECT at FROM acknowledgement WHERE seq >= quarantined.seq ORDER BY seq LIMIT 1) AS at
                    FROM quarantined JOIN journal USING (seq) ORDER BY seq DESC LIMIT ?
                    """, arguments: [most])
            var held: [(scan: HeldScan, at: Date?)] = []
            while let row = try rows.next() {
                guard let body = row.stored("body", Data.self), let reason = row.stored("reason", String.self),
                    case .punch(let punch)? = (try? EntryBody.decode(Array(body)))?.body
                else { continue }
                held.append(
                    (HeldScan(punch: punch, reason: reason), row.stored("at", String.self).flatMap { UTC.date($0) }))
            }
            return held
        }
    }

    /// The punches among quarantined entries, by seq; a damaged entry, or one that is here no longer, is left out.
    package func heldScans(of reasons: [Int64: String]) throws -> [HeldScan] {
        guard !reasons.isEmpty else { return [] }
        return try read { db in
            let find = try db.cachedStatement(sql: "SELECT seq, body, hash, seal FROM journal WHERE seq = ?")
            return try reasons.sorted { $0.key < $1.key }.compactMap { seq, reason in
                guard let row = try Row.fetchOne(find, arguments: [seq]), let entry = try? Self.entry(row),
                    case .punch(let punch)? = (try? EntryBody.decode(entry.body))?.body
                else { return nil }
                return HeldScan(punch: punch, reason: reason)
            }
        }
    }

    /// Alarms with one of these codes, and when they were journaled, newest first.
    ///
    /// - Parameter within: how many of the last entries are looked at.
    /// - Throws: `EdgeStoreError`; a damaged entry is left out and is no error here.
    package func newestAlarms(_ codes: Set<String>, within: Int) throws -> [(alarm: Alarm, at: Date)] {
        try read { db in
            let rows = try Row.fetchCursor(
                db, sql: "SELECT body FROM journal ORDER BY seq DESC LIMIT ?", arguments: [within])
            var alarms: [(alarm: Alarm, at: Date)] = []
            while let row = try rows.next() {
                guard let body = row.stored("body", Data.self), body.starts(with: Self.alarmMark),
                    let entry = try? EntryBody.decode(Array(body)), case .alarm(let alarm) = entry.body,
                    codes.contains(alarm.code)
                else { continue }
                alarms.append((alarm, entry.at))
            }
            return alarms
        }
    }

    /// How the body of an alarm begins.
    private static let alarmMark = Array("{\"kind\":\"alarm\",".utf8)
}
