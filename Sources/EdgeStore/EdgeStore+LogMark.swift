import Attendance
import Foundation
import GRDB

extension EdgeStore {
    /// How far a source has seen a device's log that is read whole each time: it needs no cursor to read on, only to know
    /// whether the log is still the same one.
    package struct LogMark: Equatable, Sendable {
        /// As the source understands it.
        package let text: String
        /// Of the log as it was journaled last; `nil` where it must be journaled again, as in a new epoch.
        package let digest: [UInt8]?

        package init(text: String, digest: [UInt8]?) {
            self.text = text
            self.digest = digest
        }
    }

    /// - Returns: `nil` where the source never read this device's log.
    package func mark(of serial: DeviceSerial, by source: Punch.Source) throws -> LogMark? {
        try read { db in
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT mark, digest FROM log_mark JOIN device ON device.id = log_mark.device
                    WHERE serial = ? AND source = ?
                    """, arguments: [serial.text, source.rawValue])
            guard let row, let text = row.stored("mark", String.self) else { return nil }
            return LogMark(text: text, digest: row.stored("digest", Data.self).map { Array($0) })
        }
    }

    static func keep(_ mark: LogMark, _ source: Punch.Source, _ device: Int64, _ db: Database) throws {
        try db.execute(
            sql: "INSERT OR REPLACE INTO log_mark (device, source, mark, digest) VALUES (?, ?, ?, ?)",
            arguments: [device, source.rawValue, mark.text, mark.digest.map { Data($0) }])
    }
}
