import Attendance
import CentralStore
import Foundation

extension BrokenStore {
    func acting(_ actor: Actor) -> BrokenStore { self }
    func note(
        _ what: AuditWord, object: String, detail: String, by actor: Actor, from address: String, at moment: Date
    ) async throws { throw Gone() }
    func auditHead() async throws -> AuditHead { throw Gone() }
    func auditNotes(_ query: AuditQuery) async throws -> [AuditNote] { throw Gone() }
    func auditNotes(after seq: Int64, limit: Int) async throws -> [AuditNote] { throw Gone() }
    func auditHash(at seq: Int64) async throws -> ChainHash? { throw Gone() }
    func compare(witness: AuditHead, ofNode name: String, at moment: Date) async throws -> AuditDoubt? { throw Gone() }
    func auditDoubts(limit: Int) async throws -> [AuditDoubt] { throw Gone() }
    func acceptAuditDoubts(because text: String, at moment: Date) async throws -> Int { throw Gone() }
    func keep(_ check: AuditCheck) async throws { throw Gone() }
    func lastAuditCheck() async throws -> AuditCheck? { throw Gone() }
    func acts(limit: Int) async throws -> [Act] { throw Gone() }
}
