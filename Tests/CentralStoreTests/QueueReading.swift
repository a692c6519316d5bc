import AttendanceRules
import CentralStore
import Foundation
import GRDB

@testable import CentralStore

extension CentralStore {
    /// What waits to be computed, a line each: `employee 1 2026-01-01… people`.
    func queueRows() async throws -> [String] {
        guard let store = self as? SQLiteCentralStore else { return [] }
        return try await store.database.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT recompute_queue.*, serial, units.name AS unit FROM recompute_queue
                    LEFT JOIN devices ON devices.id = device_id
                    LEFT JOIN units ON units.id = recompute_queue.unit_id ORDER BY recompute_queue.id
                    """
            ).map { row in
                let user = (row["user_id"] as Data?).map { String(decoding: $0, as: UTF8.self) }
                let who: [String] = [
                    (row["employee_id"] as Int64?).map(String.init), row["serial"], user, row["unit"],
                    row["schedule_group"],
                ].compactMap { $0 }
                let from = CivilDate(dayNumber: row["from_day"])
                let to = (row["to_day"] as Int?).map { CivilDate(dayNumber: $0).text } ?? ""
                return ([row["scope"]] + who + ["\(from)…\(to)", row["why"]]).joined(separator: " ")
            }
        }
    }

    /// What is queued by `work`.
    func queued(_ work: () async throws -> Void) async throws -> [String] {
        let before = try await queueRows().count
        try await work()
        return Array(try await queueRows().dropFirst(before))
    }
}
