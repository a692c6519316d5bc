import Attendance
import Foundation
import GRDB
import Testing

@testable import CentralStore

/// What somebody who may write the database could do to the log, and what finds it.
@Suite("Audit verification")
struct AuditVerificationTests {
    /// A log of eight notes, and the heads that were told on the way.
    private func withLog(
        _ work: (SQLiteCentralStore, _ heads: [AuditHead]) async throws -> Void
    ) async throws {
        try await StoreKind.sqlite.withStore { store in
            let store = try #require(store as? SQLiteCentralStore)
            var heads: [AuditHead] = []
            for number in 1...8 as ClosedRange<Int64> {
                try await store.note(
                    .viewPerson, object: "employee:\(number)", detail: "", by: Actor(name: "siti", role: "personnel"),
                    from: "10.0.0.7", at: monday)
                heads.append(try await store.auditHead())
            }
            try await work(store, heads)
        }
    }

    /// As somebody does it who has the file: triggers are no obstacle.
    private func attack(_ store: SQLiteCentralStore, _ work: @Sendable @escaping (Database) throws -> Void) async throws
    {
        try await store.write { db in
            for trigger in ["audit_log_no_update", "audit_log_no_delete", "audit_log_without_holes"] {
                try db.execute(sql: "DROP TRIGGER IF EXISTS \(trigger)")
            }
            try work(db)
        }
    }

    private func witness(_ head: AuditHead, _ source: String = "kertas") -> AuditWitness {
        AuditWitness(source: source, head: head)
    }

    @Test(
        "an untouched log is whole, in pieces of any size, and says up to where it is vouched for",
        arguments: [1, 3, 8, 50])
    func whole(piece: Int) async throws {
        try await withLog { store, heads in
            let verdict = try await AuditVerification(store, piece: piece).run([witness(heads[1]), witness(heads[5])])
            #expect(verdict.isWhole && verdict.firstDoubtful == nil)
            #expect(verdict.head == heads[7] && verdict.vouchedUpTo == 6 && verdict.witnesses == 2)
        }
    }

    @Test(
        "one changed letter is found at its note",
        arguments: [
            "by_name = 'sitI'", "by_role = 'admin'", "address = '10.0.0.8'", "at = at + 1", "what = 'export'",
            "object = 'employee:9'", "detail = '{}'", "hash = zeroblob(32)",
        ])
    func letter(change: String) async throws {
        try await withLog { store, _ in
            try await attack(store) { db in try db.execute(sql: "UPDATE audit_log SET \(change) WHERE seq = 4") }
            let verdict = try await AuditVerification(store, piece: 3).run()
            #expect(!verdict.isWhole && verdict.firstDoubtful == 4)
        }
    }

    @Test("a note taken out of the middle is found, whatever stands behind it")
    func hole() async throws {
        try await withLog { store, _ in
            try await attack(store) { db in try db.execute(sql: "DELETE FROM audit_log WHERE seq = 4") }
            #expect(try await AuditVerification(store).run().firstDoubtful == 4)
        }
    }

    @Test("a tail that was cut is not in the chain to see, and a witness shows it")
    func tail() async throws {
        try await withLog { store, heads in
            try await attack(store) { db in try db.execute(sql: "DELETE FROM audit_log WHERE seq > 5") }
            #expect(try await AuditVerification(store).run([witness(heads[4])]).isWhole, "nobody was told of more")
            let verdict = try await AuditVerification(store).run([witness(heads[2]), witness(heads[6], "node n1")])
            #expect(!verdict.isWhole && verdict.firstBad == nil && verdict.firstDoubtful == 4)
            #expect(verdict.mismatches.map(\.source) == ["node n1"] && verdict.mismatches[0].isBeyondEnd)
        }
    }

    @Test("a log that was written anew with fitting hashes is found by the witness behind the change")
    func rewritten() async throws {
        try await withLog { store, heads in
            try await attack(store) { db in
                let notes = try Row.fetchAll(db, sql: "SELECT * FROM audit_log ORDER BY seq")
                try db.execute(sql: "DELETE FROM audit_log")
                var hash = AuditChain.start
                for row in notes {
                    let seq: Int64 = row["seq"]
                    let note = AuditNote(
                        seq: seq, at: Date(milliseconds: row["at"]),
                        by: Actor(
                            name: seq == 5 ? "budi" : row["by_name"], role: row["by_role"], address: row["address"]),
                        what: row["what"], object: row["object"], detail: row["detail"], hash: hash)
                    hash = try AuditWriter.insert(note, after: hash, db)
                }
            }
            #expect(try await AuditVerification(store).run().isWhole, "a chain alone cannot show it")
            let all = heads.map { witness($0, "node n\($0.seq)") }
            let verdict = try await AuditVerification(store).run(all)
            #expect(verdict.firstBad == nil && verdict.firstDoubtful == 5 && verdict.vouchedUpTo == 4)
            #expect(verdict.mismatches.map(\.source) == ["node n5", "node n6", "node n7", "node n8"])
            #expect(verdict.mismatches.allSatisfy { !$0.isBeyondEnd })
            // Few witnesses say it less exactly, and say it.
            let few = try await AuditVerification(store).run([all[1], all[7]])
            #expect(few.firstDoubtful == 3 && few.vouchedUpTo == 2)
        }
    }

    @Test(
        "what nodes gave back with their last batch, and doubts that nobody has looked at, are asked without being given"
    )
    func echoes() async throws {
        try await withLog { store, heads in
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            var journal = Journal(node: "n1")
            journal.write(try device("D1"))
            let status = NodeStatus(version: "1", backlog: 0, audit: heads[3])
            _ = try await store.append(journal.run(status: status), receivedAt: monday)
            let verdict = try await AuditVerification(store).run()
            #expect(verdict.isWhole && verdict.witnesses == 1 && verdict.vouchedUpTo == 4)
            let other = AuditHead(seq: 6, hash: heads[0].hash)
            _ = try await store.compare(witness: other, ofNode: "n1", at: monday)
            #expect(try await AuditVerification(store).run().firstDoubtful == 5)
            _ = try await store.acceptAuditDoubts(because: "cadangan", at: monday)
            #expect(try await AuditVerification(store).run().isWhole)
        }
    }
}
