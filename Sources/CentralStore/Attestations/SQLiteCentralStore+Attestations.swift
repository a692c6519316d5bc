import AttendanceRules
import Foundation
import GRDB

extension SQLiteCentralStore {
    package func add(_ attestations: [NewAttestation], by actor: Actor, at moment: Date) async throws -> [Int64] {
        throw CentralStoreError.laterVersion
    }
    package func withdraw(attestation id: Int64, reason: String, by actor: Actor, at moment: Date) async throws -> Bool
    {
        throw CentralStoreError.laterVersion
    }
    package func attestations(_ query: AttestationQuery) async throws -> [Attestation] {
        throw CentralStoreError.laterVersion
    }
    package func acts(limit: Int) async throws -> [Act] {
        try await database.read { db in
            try Row.fetchAll(
                db, sql: "SELECT id, at, by_name, by_role, what, detail FROM acts ORDER BY id DESC LIMIT ?",
                arguments: [limit]
            ).map { row in
                Act(
                    id: row[0], at: Date(milliseconds: row[1]), by: Actor(name: row[2], role: row[3]), what: row[4],
                    detail: row[5])
            }
        }
    }
}
