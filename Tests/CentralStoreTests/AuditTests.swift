import Attendance
import Foundation
import GRDB
import Testing

@testable import CentralStore

@Suite("Audit log")
struct AuditTests {
    private let siti = Actor(name: "siti", role: "personnel", address: "10.0.0.7")

    private func view(_ store: any CentralStore, _ employee: Int64, by actor: Actor? = nil, at moment: Date = monday)
        async throws
    {
        let actor = actor ?? siti
        try await store.note(
            .viewPerson, object: "employee:\(employee)", detail: "", by: actor, from: actor.address, at: moment)
    }

    @Test(
        "C3 notes of a centre without a clock, which begins in 1970, are chained as all others",
        arguments: [0, 1_795_372_233_000])
    func anyMoment(base: Int64) async throws {
        try await StoreKind.sqlite.withStore { store in
            for number in 0..<60 {
                let stored = base + Int64(number) * 700_123 + 77
                #expect(Date(milliseconds: stored).milliseconds == stored)
                // As a clock tells it: not whole milliseconds.
                let told = Date(timeIntervalSince1970: Double(stored) / 1000 + 0.0003)
                try await view(store, Int64(number), at: told)
            }
            var hash = AuditChain.start
            for note in try await store.auditNotes(after: 0, limit: 100) {
                #expect(note.hash == note.expectedHash(after: hash), "\(note.seq)")
                hash = note.hash
            }
        }
    }

    @Test("each note is chained to the one before it, and the head is the last", arguments: StoreKind.allCases)
    func chain(kind: StoreKind) async throws {
        try await kind.withStore { store in
            #expect(try await store.auditHead() == .empty)
            for employee in 1...3 as ClosedRange<Int64> { try await view(store, employee) }
            let notes = try await store.auditNotes(after: 0, limit: 10)
            #expect(notes.map(\.seq) == [1, 2, 3] && notes.map(\.object).last == "employee:3")
            #expect(notes.allSatisfy { $0.by == siti && $0.at == monday && $0.what == "view_person" })
            var hash = AuditChain.start
            for note in notes {
                #expect(note.hash == note.expectedHash(after: hash))
                hash = note.hash
            }
            #expect(try await store.auditHead() == AuditHead(seq: 3, hash: hash))
            #expect(try await store.auditHash(at: 2) == notes[1].hash)
            #expect(try await store.auditHash(at: 4) == nil)
        }
    }

    @Test("the same view within ten minutes is one note; another person, account or address another")
    func sameView() async throws {
        try await StoreKind.sqlite.withStore { store in
            try await view(store, 1)
            try await view(store, 1, at: monday.addingTimeInterval(599))
            #expect(try await store.auditHead().seq == 1)
            try await view(store, 2)
            try await view(store, 1, by: Actor(name: "budi", role: "personnel", address: "10.0.0.7"))
            try await view(store, 1, by: Actor(name: "siti", role: "personnel", address: "10.0.0.8"))
            #expect(try await store.auditHead().seq == 4)
            try await view(store, 1, at: monday.addingTimeInterval(601))
            #expect(try await store.auditHead().seq == 5)
        }
    }

    @Test("whoever guesses passwords from many addresses does not fill the disk")
    func refusals() async throws {
        try await StoreKind.sqlite.withStore { store in
            func refuse(_ number: Int, at moment: Date) async throws {
                try await store.note(
                    .signInRefused, object: "", detail: "", by: Actor(name: "", role: ""), from: "fd00::\(number)",
                    at: moment)
            }
            for number in 0..<200 { try await refuse(number, at: monday) }
            #expect(try await store.auditHead().seq == 120)
            try await refuse(500, at: monday.addingTimeInterval(3601))
            #expect(try await store.auditHead().seq == 121)
        }
    }

    @Test("a change that is refused leaves no note, and a change without its note does not happen")
    func together() async throws {
        try await withTemporaryDirectory { directory in
            let store = try SQLiteCentralStore(path: directory.appending(path: "central.db").path)
            let password = PasswordHash(
                hash: [UInt8](repeating: 1, count: 32), salt: [UInt8](repeating: 2, count: 16), cost: .standard)
            let account = NewAccount(name: "Budi", role: .clerk, unit: nil, password: password, createdAt: monday)
            let own = store.acting(siti)
            #expect(try await own.addAccount(account))
            #expect(try await !own.addAccount(account))
            let notes = try await store.auditNotes(after: 0, limit: 10)
            #expect(notes.map(\.what) == ["account_added"] && notes.first?.by == siti)
            #expect(notes.first?.object == "account:Budi" && notes.first?.detail == #"{"role":"clerk"}"#)
            // The log takes no more: neither does the store.
            try await store.write { db in
                try db.execute(
                    sql: """
                        CREATE TRIGGER broken BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT, 'the disk is full'); END
                        """)
            }
            await #expect(throws: DatabaseError.self) {
                _ = try await own.change(account: "budi", .disabled, at: monday)
            }
            #expect(try await store.account(named: "budi")?.isDisabled == false)
            await #expect(throws: DatabaseError.self) {
                try await own.addToken(hash: [UInt8](repeating: 7, count: 32), role: .reader, label: "x", at: monday)
            }
            #expect(try await store.grant(ofTokenHash: [UInt8](repeating: 7, count: 32), at: monday) == nil)
            try store.close()
        }
    }

    @Test("H23 the log takes no change, no deletion and no note out of its place")
    func appendOnly() async throws {
        try await StoreKind.sqlite.withStore { store in
            let store = try #require(store as? SQLiteCentralStore)
            try await view(store, 1)
            let hash = Data(repeating: 1, count: 32).map { String(format: "%02x", $0) }.joined()
            let row = "0, 'a', 'b', '', 'view_person', '', '', x'\(hash)'"
            for sql in [
                "UPDATE audit_log SET by_name = 'nobody'", "DELETE FROM audit_log",
                "INSERT INTO audit_log VALUES (3, \(row))", "INSERT INTO audit_log VALUES (0, \(row))",
                "INSERT OR REPLACE INTO audit_log VALUES (1, \(row))",
            ] {
                await #expect(throws: DatabaseError.self, "\(sql)") {
                    try await store.write { db in try db.execute(sql: sql) }
                }
            }
            #expect(try await store.auditNotes(after: 0, limit: 9).map(\.by) == [siti])
        }
    }

    @Test("acts of an earlier version become the first notes, in their order, and are chained")
    func migration() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "central.db").path
            let old = try DatabaseQueue(path: path)
            try Schema.migrator.migrate(old, upTo: "14 units and people of accounts, ends of tokens")
            try await old.write { db in
                for number in 1...3 {
                    try db.execute(
                        sql:
                            "INSERT INTO acts (at, by_name, by_role, what, detail) VALUES (?, 'ani', 'operator', ?, ?)",
                        arguments: [number * 1000, "unit_changed", "{\"unit\":\"\(number)\"}"])
                }
            }
            try old.close()
            let store = try SQLiteCentralStore(path: path)
            let notes = try await store.auditNotes(after: 0, limit: 10)
            #expect(notes.map(\.detail) == (1...3).map { "{\"unit\":\"\($0)\"}" })
            #expect(notes.map(\.at) == (1...3).map { Date(timeIntervalSince1970: Double($0)) })
            #expect(notes.last?.hash == notes.last?.expectedHash(after: notes[1].hash))
            #expect(try await store.acts(limit: 2).map(\.id) == [3, 2])
            try await view(store, 1)
            #expect(try await store.acts(limit: 5).map(\.id) == [3, 2, 1], "who looked is no act")
            try store.close()
        }
    }

    @Test("a node's head that is not in the log is a doubt, once, until an operator has looked at it")
    func doubts() async throws {
        try await StoreKind.sqlite.withStore { store in
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            let head = try await store.auditHead()
            #expect(head.seq > 0)
            #expect(try await store.compare(witness: head, ofNode: "n1", at: monday) == nil)
            #expect(try await store.compare(witness: .empty, ofNode: "n1", at: monday) == nil)
            let other = AuditHead(seq: head.seq, hash: AuditChain.start)
            let doubt = try #require(try await store.compare(witness: other, ofNode: "n1", at: monday))
            #expect(!doubt.isCut && doubt.unit == "Dinas Contoh")
            #expect(try await store.compare(witness: other, ofNode: "n1", at: monday) == nil, "said once")
            let beyond = AuditHead(seq: head.seq + 5, hash: head.hash)
            #expect(try await store.compare(witness: beyond, ofNode: "n1", at: monday)?.isCut == true)
            #expect(try await store.auditDoubts(limit: 9).map(\.isAccepted) == [false, false])
            #expect(try await store.acceptAuditDoubts(because: "cadangan 1 Maret", at: monday) == 2)
            #expect(try await store.acceptAuditDoubts(because: "lagi", at: monday) == 0)
            #expect(try await store.auditDoubts(limit: 9).map(\.isAccepted) == [true, true])
            #expect(try await store.auditNotes(AuditQuery()).first?.what == "witness_accepted")
            // The next one is a new doubt.
            let more = AuditHead(seq: head.seq + 9, hash: head.hash)
            _ = try await store.compare(witness: more, ofNode: "n1", at: monday.addingTimeInterval(60))
            #expect(try await store.auditDoubts(limit: 9).map(\.isAccepted) == [false, true, true])
        }
    }

    @Test("notes are found by who, what, object and time, newest first, page after page")
    func queries() async throws {
        try await StoreKind.sqlite.withStore { store in
            for number in 0..<5 as Range<Int64> {
                try await view(store, number, at: monday.addingTimeInterval(Double(number) * 3600))
            }
            try await view(store, 2, by: Actor(name: "budi", role: "auditor"), at: monday.addingTimeInterval(9000))
            func seqs(_ ask: (inout AuditQuery) -> Void) async throws -> [Int64] {
                var query = AuditQuery()
                ask(&query)
                return try await store.auditNotes(query).map(\.seq)
            }
            #expect(try await seqs { _ in } == [6, 5, 4, 3, 2, 1])
            #expect(try await seqs { $0.by = "budi" } == [6])
            #expect(try await seqs { $0.object = "employee:2" } == [6, 3])
            #expect(try await seqs { $0.object = "employee:" } == [6, 5, 4, 3, 2, 1])
            #expect(try await seqs { $0.object = "unit:" }.isEmpty)
            #expect(try await seqs { $0.what = ["export"] }.isEmpty)
            #expect(
                try await seqs {
                    $0.before = 5
                    $0.limit = 2
                } == [4, 3])
            #expect(
                try await seqs {
                    $0.from = monday.addingTimeInterval(3600)
                    $0.until = monday.addingTimeInterval(7200)
                } == [2])
        }
    }
}
