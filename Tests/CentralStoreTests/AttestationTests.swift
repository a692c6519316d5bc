import Attendance
import AttendanceRules
import CentralStore
import Foundation
import Testing

@Suite("Attestations")
struct AttestationTests {
    private func add(
        _ store: any CentralStore, _ content: Attestation.Content, document: String = "ST 1", reason: String = ""
    ) async throws -> Int64 {
        let new = NewAttestation(content: content, document: document, reason: reason)
        return try #require(try await store.add([new], by: clerk, at: monday).first)
    }

    private func refused(
        _ store: any CentralStore, _ content: Attestation.Content, document: String = "ST 1", reason: String = ""
    ) async throws -> ChangeRefusal.Reason? {
        let before = try await store.attestations(AttestationQuery()).count
        let good = NewAttestation(
            content: .correction(employee: 1, try day("2026-01-09"), .excuseLate), document: "ok", reason: "")
        let new = NewAttestation(content: content, document: document, reason: reason)
        do {
            _ = try await store.add([good, new], by: clerk, at: monday)
            return nil
        } catch let refusal as ChangeRefusal {
            #expect(refusal.index == 1)
            #expect(try await store.attestations(AttestationQuery()).count == before, "all or none")
            return refusal.reason
        }
    }

    private func sheet(_ entries: (Int64, Int?, Int?)...) throws -> Attestation.Content {
        let lines = entries.map { Attestation.SheetEntry(employee: $0.0, arrival: $0.1, departure: $0.2) }
        return .sheet(unit: 1, try day("2026-03-02"), lines)
    }

    @Test("each kind comes back as it was said, by whom and when", arguments: StoreKind.allCases)
    func roundTrip(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.makeOffice()
            var journal = Journal(node: "na")
            let digest = String(repeating: "ab", count: 32)
            journal.write(
                .punch(try punch(serial: "D1", source: .stick, file: FileOrigin(sha256: digest, by: "budi"))))
            _ = try await store.append(journal.run(), receivedAt: monday)
            let hour = monday.addingTimeInterval(-3600)
            let contents: [Attestation.Content] = [
                .leave(employee: 1, .cutiSakit, try days("2026-03-02", "2026-03-04")),
                .leave(employee: 2, .tugasBelajar, try days("2026-03-02")),
                .correction(employee: 1, try day("2026-03-05"), .arrival(minute: 450)),
                .correction(employee: 1, try day("2026-03-05"), .notTheirs(key: digest)),
                try sheet((1, 450, nil), (2, -10, 2880)),
                .coverage(serial: "D1", from: hour, to: monday), .file(sha256: digest),
            ]
            let new = contents.map { NewAttestation(content: $0, document: "ST 1", reason: "sakit\u{202E}") }
            let ids = try await store.add(new, by: clerk, at: monday)
            let kept = try await store.attestations(AttestationQuery())
            #expect(kept.map(\.content) == contents && kept.map(\.id) == ids)
            #expect(kept.allSatisfy { $0.by == clerk && $0.at == monday && $0.document == "ST 1" })
            #expect(kept.allSatisfy { $0.reason == "sakit\u{202E}" && $0.withdrawn == nil })
            let acts = try await store.acts(limit: 7)
            #expect(acts.allSatisfy { $0.what == "attestation_added" && $0.by == clerk })
            #expect(!acts.contains { $0.detail.contains("sakit") }, "no word of health in acts")
        }
    }

    @Test("the same thing said twice with one document is one attestation", arguments: StoreKind.allCases)
    func twice(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.makeOffice()
            let leave = Attestation.Content.leave(employee: 1, .cutiTahunan, try days("2026-03-02", "2026-03-04"))
            let first = try await add(store, leave)
            let rows = try await store.queueRows()
            #expect(try await add(store, leave, reason: "other words") == first)
            #expect(try await store.queueRows() == rows)
            let correction = Attestation.Content.correction(employee: 1, try day("2026-03-09"), .present)
            let other = try await add(store, correction, document: "ST 2")
            #expect(try await add(store, correction) != other)
            // Taken back and said again, it is another one.
            #expect(try await store.withdraw(attestation: first, reason: "", by: clerk, at: monday))
            #expect(try await add(store, leave) != first)
            let both = NewAttestation(content: correction, document: "ST 3", reason: "")
            let ids = try await store.add([both, both], by: clerk, at: monday)
            #expect(ids.count == 2 && ids[0] == ids[1])
        }
    }

    @Test("leave of one person never overlaps, also within one set and without an end", arguments: StoreKind.allCases)
    func overlap(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.makeOffice()
            func leave(_ employee: Int64, _ from: String, _ to: String?) throws -> Attestation.Content {
                .leave(employee: employee, .cutiTahunan, try days(from, to))
            }
            let id = try await add(store, leave(1, "2026-03-02", "2026-03-04"))
            let taken = ChangeRefusal.Reason.leaveOverlaps(id: id, span: try days("2026-03-02", "2026-03-04"))
            for (from, to) in [
                ("2026-03-04", "2026-03-06"), ("2026-03-01", "2026-03-02"), ("2026-03-03", "2026-03-03"),
                ("2026-02-01", nil), ("2026-03-04", nil), ("2026-03-02", "2026-03-04"),
            ] {
                #expect(try await refused(store, leave(1, from, to), document: "ST 9") == taken, "\(from)")
            }
            _ = try await add(store, leave(2, "2026-03-02", "2026-03-04"))
            _ = try await add(store, leave(1, "2026-03-05", nil))
            _ = try await add(store, leave(1, "2026-03-01", "2026-03-01"))
            let set = try [leave(2, "2026-04-01", "2026-04-02"), leave(2, "2026-04-02", "2026-04-03")].map {
                NewAttestation(content: $0, document: "ST 5", reason: "")
            }
            await #expect(throws: ChangeRefusal.self) { try await store.add(set, by: clerk, at: monday) }
            // Once taken back it stands in nobody's way.
            #expect(try await store.withdraw(attestation: id, reason: "", by: clerk, at: monday))
            _ = try await add(store, leave(1, "2026-03-03", "2026-03-03"))
        }
    }

    @Test("what cannot be is refused, and nothing of its set is kept", arguments: StoreKind.allCases)
    func refusals(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.makeOffice()
            let date = try day("2026-03-02")
            let later = monday.addingTimeInterval(1)
            let digest = String(repeating: "a", count: 64)
            let unknown = ChangeRefusal.Reason.unknownEmployee("99")
            #expect(try await refused(store, .leave(employee: 99, .izin, try days("2026-03-02"))) == unknown)
            #expect(try await refused(store, .correction(employee: 99, date, .present)) == unknown)
            #expect(try await refused(store, try sheet((1, 450, nil), (99, 450, nil))) == unknown)
            #expect(
                try await refused(store, .sheet(unit: 99, date, [.init(employee: 1, arrival: 1, departure: nil)]))
                    == .unknownUnit("99"))
            #expect(
                try await refused(store, .coverage(serial: "X", from: monday - 9, to: monday)) == .unknownDevice("X"))
            #expect(try await refused(store, .file(sha256: digest)) == .unknownFile(digest))
            #expect(try await refused(store, .file(sha256: "'; --")) == .unknownFile("'; --"))
            let malformed: [Attestation.Content] = [
                .leave(employee: 1, .izin, try days("2026-03-02", "2026-03-01")),
                .correction(employee: 1, date, .arrival(minute: -1441)),
                .correction(employee: 1, date, .departure(minute: 2881)),
                .correction(employee: 1, date, .notTheirs(key: "zz")),
                try sheet(), try sheet((1, nil, nil)), try sheet((1, 450, nil), (1, 460, nil)),
                try sheet((1, 2881, nil)), try sheet((1, nil, .min)), try sheet((1, 500, 499)),
                .coverage(serial: "D1", from: monday, to: monday), .coverage(serial: "D1", from: monday, to: later),
                .coverage(serial: "D1", from: monday, to: .distantFuture),
            ]
            for content in malformed {
                guard case .malformed? = try await refused(store, content) else {
                    Issue.record("taken: \(content)")
                    continue
                }
            }
            let good = Attestation.Content.correction(employee: 1, date, .present)
            for document in ["", " ", "a\u{0}b", "a\nb", String(repeating: "x", count: 201)] {
                #expect(try await refused(store, good, document: document) != nil)
            }
            #expect(try await refused(store, good, reason: String(repeating: "x", count: 1_048_576)) != nil)
            #expect(try await refused(store, good, reason: "a\u{0}") != nil)
            _ = try await add(store, good, document: "'); DROP TABLE attestations; --")
            #expect(try await store.attestations(AttestationQuery()).count == 1)
        }
    }

    @Test("a withdrawal is kept beside what it takes back, once", arguments: StoreKind.allCases)
    func withdrawal(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.makeOffice()
            let id = try await add(store, try sheet((1, 450, 960), (2, 450, 960)))
            let later = monday.addingTimeInterval(60)
            var isWithdrawn = false
            let queued = try await store.queued {
                isWithdrawn = try await store.withdraw(attestation: id, reason: "salah lembar", by: clerk, at: later)
            }
            #expect(isWithdrawn)
            #expect(queued == ["employee 1 2026-03-02…2026-03-02 sheet", "employee 2 2026-03-02…2026-03-02 sheet"])
            let other = Actor(name: "budi", role: "viewer")
            #expect(try await !store.withdraw(attestation: id, reason: "again", by: other, at: later))
            #expect(try await !store.withdraw(attestation: 99, reason: "", by: other, at: later))
            #expect(try await store.attestations(AttestationQuery()).isEmpty)
            var query = AttestationQuery()
            query.withWithdrawn = true
            #expect(
                try await store.attestations(query).map(\.withdrawn)
                    == [Attestation.Withdrawal(reason: "salah lembar", by: clerk, at: later)])
            #expect(try await store.acts(limit: 2).map(\.what) == ["attestation_withdrawn", "attestation_added"])
        }
    }

    @Test("questions by kind, person and date find what touches them", arguments: StoreKind.allCases)
    func queries(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.makeOffice()
            let leave = try await add(store, .leave(employee: 1, .izin, try days("2026-02-27", "2026-03-01")))
            let study = try await add(store, .leave(employee: 2, .tugasBelajar, try days("2026-02-01")))
            let sheet = try await add(store, try sheet((1, 450, nil), (2, 460, nil)))
            let coverage = try await add(store, .coverage(serial: "D1", from: monday - 60, to: monday))
            func on(_ from: String, _ to: String) throws -> ClosedRange<CivilDate> { try day(from)...(try day(to)) }
            let first = try on("2026-03-01", "2026-03-01")
            let week = try on("2026-03-02", "2026-03-09")
            let before = try on("2025-01-01", "2025-12-31")
            func ask(_ set: (inout AttestationQuery) throws -> Void) async throws -> [Int64] {
                var query = AttestationQuery()
                try set(&query)
                return try await store.attestations(query).map(\.id)
            }
            #expect(try await ask { _ in } == [leave, study, sheet, coverage])
            #expect(try await ask { $0.kinds = [.sheet, .coverage] } == [sheet, coverage])
            #expect(try await ask { $0.kinds = [] } == [])
            #expect(try await ask { $0.employees = [1] } == [leave, sheet])
            #expect(try await ask { $0.employees = [] } == [])
            #expect(try await ask { $0.dates = first } == [leave, study, coverage])
            #expect(try await ask { $0.dates = week } == [study, sheet, coverage])
            #expect(try await ask { $0.dates = before } == [])
            #expect(try await ask { $0.limit = 1 } == [leave])
            #expect(try await ask { $0.limit = -1 } == [])
        }
    }

    @Test("what is said asks for the days it is about", arguments: StoreKind.allCases)
    func queue(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.makeOffice()
            var journal = Journal(node: "na")
            let file = FileOrigin(sha256: String(repeating: "c", count: 64), by: "budi")
            for time in ["2026-02-02T07:30:00", "2026-02-03T07:30:00", "2026-03-01T07:30:00", "ffffffff"] {
                journal.write(.punch(try punch("7", time, serial: "D1", source: .stick, file: file)))
            }
            _ = try await store.append(journal.run(), receivedAt: monday)
            let rows = try await store.queued {
                _ = try await add(store, .leave(employee: 1, .izin, try days("2026-02-27")))
                _ = try await add(store, .correction(employee: 2, try day("2026-03-01"), .excuseEarly))
                _ = try await add(store, .coverage(serial: "D1", from: monday - 1, to: monday))
                _ = try await add(store, .file(sha256: file.sha256))
            }
            #expect(
                rows == [
                    "employee 1 2026-02-27… leave", "employee 2 2026-03-01…2026-03-01 correction",
                    "device D1 2026-02-28…2026-03-03 coverage", "user_id D1 7 2026-02-01…2026-02-04 file",
                    "user_id D1 7 2026-02-28…2026-03-02 file",
                ])
        }
    }
}
