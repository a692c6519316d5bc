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
    package func acts(limit: Int) async throws -> [Act] { throw CentralStoreError.laterVersion }
}
