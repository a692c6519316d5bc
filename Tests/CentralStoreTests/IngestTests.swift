import Attendance
import CentralStore
import Foundation
import Testing

@Suite("Storing entries")
struct IngestTests {
    @Test(
        "A6 E6 a run is stored once: the same run again adds nothing and says duplicate", arguments: StoreKind.allCases)
    func resend(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            var journal = Journal(node: "n1")
            journal.write(try device(), .punch(try punch("7")), .punch(try punch("8")))
            let first = try await store.append(journal.run(), receivedAt: monday)
            #expect(first == AppendOutcome(.ok, highWater: 3, endHash: journal.endHash, accepted: 3))
            let totals = try await store.totals()
            #expect(
                totals == CentralTotals(entries: 3, punches: 2, observations: 2, quarantined: 0, devices: 1, nodes: 1))
            let again = try await store.append(journal.run(), receivedAt: monday.addingTimeInterval(60))
            #expect(again == AppendOutcome(.ok, highWater: 3, endHash: journal.endHash, duplicate: 3))
            #expect(try await store.totals() == totals)
        }
    }

    @Test("E6 the same run many times at once is stored once", arguments: StoreKind.allCases)
    func race(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            var journal = Journal(node: "n1")
            for user in 0..<50 { journal.write(.punch(try punch("\(user)"))) }
            let run = journal.run()
            let outcomes = try await withThrowingTaskGroup(of: AppendOutcome.self) { group in
                for _ in 0..<12 { group.addTask { try await store.append(run, receivedAt: monday) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.count == 12 && outcomes.allSatisfy { $0.answer == .ok && $0.highWater == 50 })
            #expect(outcomes.map(\.accepted).sorted() == [Int](repeating: 0, count: 11) + [50])
            #expect(try await store.totals().observations == 50)
        }
    }

    @Test("a run that overlaps what is stored adds only what is new", arguments: StoreKind.allCases)
    func overlap(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            var journal = Journal(node: "n1")
            for second in 0..<6 { journal.write(.punch(try punch("7", "2026-03-02T07:30:0\(second)"))) }
            _ = try await store.append(journal.run(to: 4), receivedAt: monday)
            let outcome = try await store.append(journal.run(from: 3), receivedAt: monday)
            #expect(outcome == AppendOutcome(.ok, highWater: 6, endHash: journal.endHash, accepted: 2, duplicate: 2))
            #expect(try await store.totals().punches == 6)
        }
    }

    @Test("E6 a run after a hole is answered with what is needed and stores nothing", arguments: StoreKind.allCases)
    func gap(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            var journal = Journal(node: "n1")
            for second in 0..<6 { journal.write(.punch(try punch("7", "2026-03-02T07:30:0\(second)"))) }
            let start = ChainHash.start(of: journal.epoch)
            let unknown = try await store.append(journal.run(from: 2), receivedAt: monday)
            #expect(unknown == AppendOutcome(.gap, highWater: 0, endHash: start))
            #expect(try await store.totals().entries == 0)
            _ = try await store.append(journal.run(to: 2), receivedAt: monday)
            let hole = try await store.append(journal.run(from: 4), receivedAt: monday)
            #expect(hole == AppendOutcome(.gap, highWater: 2, endHash: journal.entries[1].hash))
            let ahead = try await store.append(journal.heartbeat(), receivedAt: monday)
            #expect(ahead == AppendOutcome(.gap, highWater: 2, endHash: journal.entries[1].hash))
            #expect(try await store.totals().entries == 2)
        }
    }

    @Test(
        "F9 H9 another hash at a stored position is a fork: refused, kept as evidence, and what is stored stays",
        arguments: StoreKind.allCases)
    func fork(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            var journal = Journal(node: "n1")
            journal.write(.punch(try punch("7")))
            var other = journal
            journal.write(.punch(try punch("8")))
            other.write(.punch(try punch("9")), .punch(try punch("10")))
            _ = try await store.append(journal.run(), receivedAt: monday)
            let refused = AppendOutcome(.fork, highWater: 2, endHash: journal.endHash)
            #expect(try await store.append(other.run(), receivedAt: monday) == refused)
            #expect(try await store.append(other.run(from: 3), receivedAt: monday) == refused)
            #expect(try await store.append(other.run(from: 2, to: 2), receivedAt: monday) == refused)
            var shorter = journal
            shorter.write(.punch(try punch("11")))
            _ = try await store.append(shorter.run(), receivedAt: monday)
            #expect(try await store.append(other.heartbeat(), receivedAt: monday).answer == .fork)
            let ids = try await store.punches(after: 0, limit: 10).map(\.punch.userID.text)
            #expect(ids == ["7", "8", "11"])
            // The first place that differs, once for each hash that was sent for it.
            func noted(_ seq: Int) -> ForkSummary {
                ForkSummary(
                    place: EntryPlace(node: "n1", epoch: journal.epoch.text, seq: Int64(seq)),
                    hash: other.entries[seq - 1].hash, notedAt: monday)
            }
            #expect(try await store.forks(limit: 9) == [noted(2), noted(3)])
            #expect(try await store.nodes().map(\.forks) == [2])
        }
    }

    @Test(
        "C9 F11 a revoked node stores nothing from the chosen moment on, whatever the clock does later",
        arguments: StoreKind.allCases)
    func revoked(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            var journal = Journal(node: "n1")
            journal.write(.punch(try punch("7")))
            _ = try await store.append(journal.run(), receivedAt: monday)
            journal.write(.punch(try punch("8")))
            let noon = monday.addingTimeInterval(12 * 3600)
            #expect(try await store.revoke(node: "n1", from: noon, at: monday) == noon)
            #expect(try await store.revoke(node: "n1", from: noon.addingTimeInterval(3600), at: monday) == noon)
            #expect(try await store.revoke(node: "nobody", from: noon, at: monday) == nil)
            let before = try await store.append(journal.run(), receivedAt: noon.addingTimeInterval(-1))
            #expect(before.answer == .ok && before.accepted == 1)
            journal.write(.punch(try punch("9")))
            let refused = try await store.append(journal.run(), receivedAt: noon)
            #expect(refused == AppendOutcome(.revoked, highWater: 2, endHash: journal.entries[1].hash))
            // C9: it has been in force once; a clock that goes back takes nothing back.
            let early = try await store.append(journal.run(), receivedAt: monday)
            #expect(early.answer == .revoked)
            #expect(try await store.totals().entries == 2)
            #expect(try await store.nodes().map(\.isRevocationMet) == [true])
        }
    }

    @Test(
        "C9 F11 a revocation whose moment came while its node was silent stays, though the clock goes back",
        arguments: StoreKind.allCases)
    func revokedInSilence(kind: StoreKind) async throws {
        try await kind.withStore { store in
            for node in ["n1", "n2", "n3"] { try await store.enrolNode(node, unit: "Dinas Contoh") }
            let noon = monday.addingTimeInterval(12 * 3600)
            for node in ["n1", "n2"] { _ = try await store.revoke(node: node, from: noon, at: monday) }
            try await store.noteRevocations(at: noon.addingTimeInterval(-1))
            #expect(try await store.nodes().map(\.isRevocationMet) == [false, false, false])
            // A later moment named after noon: noon stays, and it is past.
            let evening = noon.addingTimeInterval(6 * 3600)
            #expect(try await store.revoke(node: "n2", from: evening, at: noon) == noon)
            #expect(try await store.nodes().map(\.isRevocationMet) == [false, true, false])
            try await store.noteRevocations(at: noon)
            #expect(try await store.nodes().map(\.isRevocationMet) == [true, true, false])
            for (node, answer) in [("n1", AppendOutcome.Answer.revoked), ("n2", .revoked), ("n3", .ok)] {
                var journal = Journal(node: node)
                journal.write(.punch(try punch()))
                #expect(try await store.append(journal.run(), receivedAt: monday).answer == answer, "\(node)")
            }
        }
    }

    @Test("a node nobody enrolled stores nothing", arguments: StoreKind.allCases)
    func unknown(kind: StoreKind) async throws {
        try await kind.withStore { store in
            var journal = Journal(node: "stranger")
            journal.write(.punch(try punch()))
            #expect(try await store.append(journal.run(), receivedAt: monday).answer == .unknownNode)
            let totals = try await store.totals()
            #expect(
                totals == CentralTotals(entries: 0, punches: 0, observations: 0, quarantined: 0, devices: 0, nodes: 0))
        }
    }

    @Test(
        "T4 what cannot be read is kept with its bytes and a reason, and the line moves on",
        arguments: StoreKind.allCases)
    func undecodable(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            var journal = Journal(node: "n1")
            let bad: [[UInt8]] = [
                [0xFF, 0x00, 0x7B], Array("{}".utf8), Array(#"{"kind":"punch","at":"2026-03-02T00:00:00Z"}"#.utf8),
                Array(#"{"kind":"punch","at":"now"}"#.utf8), Array(String(repeating: "[", count: 60_000).utf8),
            ]
            for body in bad { journal.write(raw: body) }
            journal.write(.punch(try punch("7")))
            let outcome = try await store.append(journal.run(), receivedAt: monday)
            #expect(outcome.answer == .ok)
            #expect(outcome.accepted == 6 && outcome.highWater == 6)
            #expect(outcome.quarantined.map(\.seq) == [1, 2, 3, 4, 5])
            #expect(outcome.quarantined.allSatisfy { $0.reason.hasPrefix("undecodable: ") })
            let kept = try await store.quarantined(limit: 10)
            #expect(kept.map(\.body) == bad)
            #expect(kept.map(\.place.seq) == [1, 2, 3, 4, 5])
            #expect(try await store.totals().punches == 1)
            let again = try await store.append(journal.run(), receivedAt: monday)
            #expect(again.duplicate == 6 && again.quarantined == outcome.quarantined)
        }
    }

    @Test(
        "H8 a device belongs to the unit that reported it first; another unit's word is quarantined",
        arguments: StoreKind.allCases)
    func notYourDevice(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            try await store.enrolNode("n2", unit: "Kecamatan Misal")
            try await store.enrolNode("n3", unit: "Dinas Contoh")
            var owner = Journal(node: "n1")
            owner.write(.punch(try punch("7")))
            _ = try await store.append(owner.run(), receivedAt: monday)
            var thief = Journal(node: "n2")
            let serial = try #require(DeviceSerial("CJ9L170560001"))
            thief.write(
                .punch(try punch("8")), try device(timezone: "Asia/Jayapura"),
                .clock(
                    ClockReading(
                        serial: serial, deviceTime: try punch().deviceTime, offset: 0, monotonic: 1, bootID: "b")),
                .coverage(Coverage(serial: serial, from: monday, to: monday, source: .poll)),
                .alarm(Alarm(code: "device_silent", serial: serial, text: "")),
                .punch(try punch("9", serial: "CJ9L170560002")))
            let outcome = try await store.append(thief.run(), receivedAt: monday)
            #expect(outcome.answer == .ok && outcome.highWater == 6)
            #expect(outcome.quarantined == (1...4).map { Receipt.Quarantined(seq: $0, reason: "not_your_device") })
            var colleague = Journal(node: "n3")
            colleague.write(.punch(try punch("10")))
            #expect(try await store.append(colleague.run(), receivedAt: monday).quarantined.isEmpty)
            let ids = try await store.punches(after: 0, limit: 10).map(\.punch.userID.text)
            #expect(ids == ["7", "9", "10"])
            let devices = try await store.devices()
            #expect(devices.map(\.unit) == ["Dinas Contoh", "Kecamatan Misal"])
            #expect(devices.allSatisfy { $0.timezone == nil && $0.name.isEmpty })
        }
    }

    @Test(
        "H8 a serial that only looks like another's is another device: its unit can neither scan for it nor move its zone",
        arguments: StoreKind.allCases)
    func lookalike(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            try await store.enrolNode("n2", unit: "Kecamatan Misal")
            let kelvin = "C\u{212A}JF0001"
            var owner = Journal(node: "n1")
            owner.write(try device("CKJF0001", timezone: "Asia/Kuwait"), .punch(try punch("7", serial: "CKJF0001")))
            _ = try await store.append(owner.run(), receivedAt: monday)
            let before = try await store.punches(after: 0, limit: 9)
            #expect(before.map(\.utc) == [UTC.date("2026-03-02T04:30:00.000Z")])
            var thief = Journal(node: "n2")
            thief.write(
                try device(kelvin, timezone: "Asia/Jayapura"), .punch(try punch("8", serial: "CKJF0001")),
                try device("CKJF0001", timezone: "Asia/Jayapura"), .punch(try punch("9", serial: kelvin)))
            let outcome = try await store.append(thief.run(), receivedAt: monday)
            #expect(outcome.quarantined == [2, 3].map { Receipt.Quarantined(seq: $0, reason: "not_your_device") })
            let after = try await store.punches(after: 0, limit: 9)
            #expect(Array(after.prefix(1)) == before)
            #expect(after.map(\.punch.userID.text) == ["7", "9"])
            let serials = try await store.devices().map { Array($0.serial.utf8) }
            #expect(serials == [Array("CKJF0001".utf8), Array(kelvin.utf8)])
            #expect(try await store.devices().map(\.timezone) == ["Asia/Kuwait", "Asia/Jayapura"])
        }
    }

    @Test("a heartbeat moves nothing but the node's and its own devices' status", arguments: StoreKind.allCases)
    func heartbeat(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            try await store.enrolNode("n2", unit: "Kecamatan Misal")
            var journal = Journal(node: "n1")
            let before = try await store.append(journal.heartbeat(), receivedAt: monday)
            #expect(before == AppendOutcome(.ok, highWater: 0, endHash: journal.endHash))
            journal.write(.punch(try punch()))
            _ = try await store.append(journal.run(), receivedAt: monday)
            let told = NodeStatus.Device(serial: "CJ9L170560001", name: "lobby", count: 41, clockOffset: -3)
            let status = NodeStatus(version: "1.2.3", backlog: 4, devices: [told])
            let later = monday.addingTimeInterval(60)
            let outcome = try await store.append(journal.heartbeat(status: status), receivedAt: later)
            #expect(outcome == AppendOutcome(.ok, highWater: 1, endHash: journal.endHash))
            let foreign = NodeStatus(version: "1.2.3", backlog: 0, devices: [.init(serial: "CJ9L170560001", name: "x")])
            _ = try await store.append(Journal(node: "n2").heartbeat(status: foreign), receivedAt: later)
            let node = try #require(try await store.nodes().first { $0.node == "n1" })
            #expect(node.status == status && node.contactAt == later && node.highWater == 1)
            #expect(try await store.devices().map(\.status) == [told])
            // A batch from before, brought late, is not news.
            let old = NodeStatus(version: "0.9", backlog: 99)
            journal.write(.punch(try punch("8")))
            _ = try await store.append(journal.run(from: 2), receivedAt: later)
            _ = try await store.append(journal.run(to: 1, status: old), receivedAt: later)
            #expect(try await store.nodes().first { $0.node == "n1" }?.status == status)
        }
    }

    @Test("each epoch has its own line, and epochs are listed by arrival", arguments: StoreKind.allCases)
    func epochs(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            var first = Journal(node: "n1")
            first.write(.epoch(EpochStart(reason: .firstStart)), .punch(try punch()))
            var second = Journal(node: "n1")
            second.write(.epoch(EpochStart(reason: .fork, previous: first.epoch, previousSeq: 2)), .punch(try punch()))
            _ = try await store.append(first.run(to: 1), receivedAt: monday)
            _ = try await store.append(second.run(), receivedAt: monday.addingTimeInterval(-3600))
            #expect(try await store.nodes().map(\.epoch) == [second.epoch.text])
            let drained = try await store.append(first.run(from: 2), receivedAt: monday)
            #expect(drained.answer == .ok && drained.highWater == 2)
            let key = try punch().key
            let places = try await store.observations(of: key)
            #expect(places.map(\.epoch) == [second.epoch.text, first.epoch.text] && places.map(\.seq) == [2, 2])
            #expect(try await store.totals().punches == 1)
        }
    }
}
