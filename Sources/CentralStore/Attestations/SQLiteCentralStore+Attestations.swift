import AttendanceRules
import Foundation
import GRDB

extension SQLiteCentralStore {
    package func add(_ attestations: [NewAttestation], by actor: Actor, at moment: Date) async throws -> [Int64] {
        try await write { db in
            var editor = AttestationEditor(db, by: actor, at: moment.milliseconds)
            var ids: [Int64] = []
            try Self.each(attestations) { new in ids.append(try editor.add(new)) }
            try editor.queue.write(db)
            return ids
        }
    }

    package func withdraw(attestation id: Int64, reason: String, by actor: Actor, at moment: Date) async throws -> Bool
    {
        try await write { db in
            var editor = AttestationEditor(db, by: actor, at: moment.milliseconds)
            var isWithdrawn = false
            try Self.each([id]) { id in isWithdrawn = try editor.withdraw(id, reason: reason) }
            try editor.queue.write(db)
            return isWithdrawn
        }
    }

    package func attestations(_ query: AttestationQuery) async throws -> [Attestation] {
        try await database.read { db in
            var conditions = ["kind IN (SELECT value FROM json_each(?))"]
            var arguments: StatementArguments = [try Self.encode(query.kinds.map(\.rawValue).sorted())]
            if !query.withWithdrawn { conditions.append("withdrawn_at IS NULL") }
            if let id = query.id {
                conditions.append("id = ?")
                arguments += [id]
            }
            if let employees = query.employees {
                conditions.append(
                    """
                    id IN (SELECT attestation_id FROM attestation_employees
                        WHERE employee_id IN (SELECT value FROM json_each(?)))
                    """)
                arguments += [try Self.encode(employees.sorted())]
            }
            if let dates = query.dates {
                conditions.append(
                    "(from_day IS NULL OR (from_day <= ? AND (to_day IS NULL OR to_day >= ?)))")
                arguments += [dates.upperBound.dayNumber, dates.lowerBound.dayNumber]
            }
            arguments += [max(0, query.limit)]
            return try Row.fetchAll(
                db,
                sql: """
                    SELECT id, content, document, reason, by_name, by_role, at, withdrawn_at, withdrawn_by_name,
                        withdrawn_by_role, withdrawn_reason
                    FROM attestations WHERE \(conditions.joined(separator: " AND ")) ORDER BY id LIMIT ?
                    """, arguments: arguments
            ).map(Self.attestation)
        }
    }

    /// - Parameter row: id, content, document, reason, by_name, by_role, at, and the four columns of its withdrawal.
    static func attestation(_ row: Row) throws -> Attestation {
        guard let content = decode(Attestation.Content.self, row[1]) else {
            throw DatabaseError(
                resultCode: .SQLITE_CORRUPT, message: "attestation \(row[0] as Int64) cannot be read")
        }
        let withdrawn = (row[7] as Int64?).map { at in
            Attestation.Withdrawal(
                reason: row[10] ?? "", by: Actor(name: row[8] ?? "", role: row[9] ?? ""), at: Date(milliseconds: at))
        }
        return Attestation(
            id: row[0], content: content, document: row[2], reason: row[3], by: Actor(name: row[4], role: row[5]),
            at: Date(milliseconds: row[6]), withdrawn: withdrawn)
    }
}
