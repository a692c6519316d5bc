import Attendance
import CentralStore
import Foundation
import Testing

@Suite("Punches")
struct PunchTests {
    @Test(
        "odd dates, odd user ids and scans in one second are all kept as separate rows", arguments: StoreKind.allCases)
    func oddRecords(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            let odd = [
                try punch("7", "8c3a1f00", flags: [.noDate]), try punch("7", "2099-12-31T23:59:59"),
                try punch(""), try punch("0"), try punch("7"), try punch("8"), try punch("7", occurrence: 1),
                try punch(id: UserID(field: [0xFF, 0x31])), try punch(id: UserID(field: [0xFE, 0x31])),
                try punch("007"),
            ]
            var journal = Journal(node: "n1")
            journal.write(try device())
            journal.write(odd.map { .punch($0) })
            let outcome = try await store.append(journal.run(), receivedAt: monday)
            #expect(outcome.quarantined.isEmpty && outcome.accepted == 11)
            let stored = try await store.punches(after: 0, limit: 100)
            #expect(stored.map(\.punch) == odd)
            #expect(stored.map(\.key) == odd.map(\.key))
            #expect(Set(stored.map(\.key)).count == odd.count)
            #expect(stored[0].utc == nil)
            #expect(stored[1].utc == UTC.date("2099-12-31T16:59:59.000Z"))
        }
    }

    @Test("pages follow the ids and end", arguments: StoreKind.allCases)
    func pages(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            var journal = Journal(node: "n1")
            for user in 1...7 { journal.write(.punch(try punch("\(user)"))) }
            _ = try await store.append(journal.run(), receivedAt: monday)
            var seen: [String] = []
            var after: Int64 = 0
            for _ in 0..<4 {
                let page = try await store.punches(after: after, limit: 3)
                seen += page.map(\.punch.userID.text)
                after = page.last?.id ?? after
            }
            #expect(seen == (1...7).map(String.init))
        }
    }

    @Test("any order of any mix of sources ends with the same rows and attributes", arguments: StoreKind.allCases)
    func orderOfSources(kind: StoreKind) async throws {
        let told: [Punch] = try Punch.Source.allCases.flatMap { source in
            [
                try punch(verify: 1, state: 4, workCode: "3", source: source, raw: [1, 2], flags: [.noUser, .noDate]),
                try punch(verify: 15, state: 0, source: source, raw: [9], flags: [.noDate, .noUser]),
                try punch("8", verify: source.rank, source: source),
            ]
        }
        var orders = [told, told.reversed(), told.sorted { $0.source.rawValue < $1.source.rawValue }]
        var generator = SplitMix(state: 20_260_302)
        for _ in 0..<12 { orders.append(told.shuffled(using: &generator)) }
        var results: Set<[Punch]> = []
        for order in orders {
            try await kind.withStore { store in
                try await store.enrolNode("n1", unit: "Dinas Contoh")
                var journal = Journal(node: "n1")
                journal.write(order.map { .punch($0) })
                // One batch for each, and then all of it once more from another epoch.
                for seq in journal.entries.map(\.seq) {
                    _ = try await store.append(journal.run(from: seq, to: seq), receivedAt: monday)
                }
                var again = Journal(node: "n1")
                again.write(order.reversed().map { .punch($0) })
                _ = try await store.append(again.run(), receivedAt: monday)
                #expect(try await store.totals().observations == told.count * 2)
                results.insert(
                    try await store.punches(after: 0, limit: 10).map(\.punch).sorted {
                        $0.key.hex < $1.key.hex
                    })
            }
        }
        let result = try #require(results.first)
        #expect(results.count == 1)
        #expect(result.count == 2 && result.allSatisfy { $0.source == .poll })
        // Of two polls the smaller attribute bytes win: verify 1 before verify 15.
        let seven = try #require(result.first { $0.userID.text == "7" })
        #expect(seven.verify == 1)
        #expect(seven.flags == [.noUser, .noDate])
    }

    @Test(
        "a worse source seen later changes nothing; a better one improves the row and keeps its id",
        arguments: StoreKind.allCases)
    func bestSource(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            try await store.enrolNode("n2", unit: "Dinas Contoh")
            var journal = Journal(node: "n1")
            journal.write(.punch(try punch(verify: 2, source: .live)))
            _ = try await store.append(journal.run(), receivedAt: monday)
            var other = Journal(node: "n2")
            other.write(.punch(try punch(verify: 3, source: .stick)))
            _ = try await store.append(other.run(), receivedAt: monday)
            #expect(try await store.punches(after: 0, limit: 10).map(\.punch.verify) == [2])
            other.write(.punch(try punch(verify: 4, source: .soap)))
            _ = try await store.append(other.run(), receivedAt: monday.addingTimeInterval(60))
            let stored = try await store.punches(after: 0, limit: 10)
            #expect(stored.map(\.punch.verify) == [4] && stored.map(\.punch.source) == [.soap])
            #expect(stored.map(\.id) == [1] && stored.map(\.node) == ["n1"] && stored.map(\.receivedAt) == [monday])
        }
    }

    @Test(
        "what only files told is unconfirmed, with the file and who brought it, the same for any order of files",
        arguments: StoreKind.allCases)
    func unconfirmed(kind: StoreKind) async throws {
        func of(_ file: String, _ by: String) throws -> Punch {
            try punch(
                "7", source: .stick, raw: [1], file: FileOrigin(sha256: String(repeating: file, count: 64), by: by))
        }
        let told = [
            try of("b", "budi"), try of("a", "siti"), try of("a", "budi"), try punch("7", source: .stick, raw: [1]),
        ]
        for order in [told, told.reversed(), [told[2], told[0], told[3], told[1]]] {
            try await kind.withStore { store in
                try await store.enrolNode("n1", unit: "Dinas Contoh")
                var journal = Journal(node: "n1")
                for punch in order {
                    journal.write(.punch(punch))
                    let last = Int64(journal.entries.count)
                    _ = try await store.append(journal.run(from: last, to: last), receivedAt: monday)
                }
                let stored = try #require(try await store.punches(after: 0, limit: 9).first)
                // No file at all has the fewest bytes; it cannot come from a stick of this version.
                #expect(stored.punch.source.isUnconfirmed && stored.punch.file == told[2].file)
                #expect(try await store.punchCount() == 0, "not counted")
                #expect(try await store.scanHours(ofDates: ["2026-03-02"]).isEmpty)
                journal.write(.punch(try punch("7", verify: 4, source: .live)), .punch(told[0]))
                _ = try await store.append(journal.run(), receivedAt: monday)
                let confirmed = try await store.punches(after: 0, limit: 9)
                #expect(confirmed.map(\.punch.source) == [.live] && confirmed.map(\.punch.file) == [nil])
                #expect(confirmed.first?.id == stored.id && confirmed.first?.receivedAt == stored.receivedAt)
                #expect(try await store.punchCount() == 1, "confirmed by itself, and counted once")
                #expect(try await store.scanHours(ofDates: ["2026-03-02"])["2026-03-02"]?[7] == 1)
                journal.write(.punch(try punch("7", source: .poll)))
                _ = try await store.append(journal.run(), receivedAt: monday)
                #expect(try await store.punchCount() == 1)
            }
        }
    }

    @Test("a file claims a device for nobody: the unit whose node reads it has it", arguments: StoreKind.allCases)
    func claimedByFile(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            try await store.enrolNode("n2", unit: "Kecamatan Contoh")
            var typing = Journal(node: "n1")
            typing.write(.punch(try punch("7", source: .stick)))
            #expect(try await store.append(typing.run(), receivedAt: monday).quarantined.isEmpty)
            var reading = Journal(node: "n2")
            reading.write(.punch(try punch("7")), .punch(try punch("8")))
            #expect(try await store.append(reading.run(), receivedAt: monday).quarantined.isEmpty)
            #expect(try await store.devices().map(\.unit) == ["Kecamatan Contoh"])
            #expect(try await store.punches(after: 0, limit: 9).map(\.punch.source) == [.poll, .poll])
            // From now on it is that unit's: neither file nor node of the other one may speak for it.
            typing.write(.punch(try punch("9", source: .stick)), .punch(try punch("9")))
            let outcome = try await store.append(typing.run(), receivedAt: monday)
            #expect(outcome.quarantined.map(\.reason) == ["not_your_device", "not_your_device"])
        }
    }

    @Test(
        "device entries in any order of arrival end with the same zones and facts", arguments: StoreKind.allCases)
    func orderOfDeviceEntries(kind: StoreKind) async throws {
        let told = ["Asia/Jakarta", "Asia/Makassar", "Asia/Jakarta"].enumerated().map { day, zone in
            (day: day, zone: zone, moment: monday.addingTimeInterval(Double(day) * 86_400))
        }
        var results: Set<[String]> = []
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            try await kind.withStore { store in
                try await store.enrolNode("n1", unit: "Dinas Contoh")
                let received = monday.addingTimeInterval(9 * 86_400)
                for number in order {
                    // Each from an epoch of its own, so that any may come first.
                    var journal = Journal(node: "n1")
                    let (day, zone, moment) = told[number]
                    journal.write(try device(name: "lobby \(day)", timezone: zone), at: moment)
                    _ = try await store.append(journal.run(), receivedAt: received)
                    _ = try await store.append(journal.run(), receivedAt: received)
                }
                var scans = Journal(node: "n1")
                for day in 1...5 { scans.write(.punch(try punch("7", "2026-03-0\(day)T12:00:00"))) }
                _ = try await store.append(scans.run(), receivedAt: received)
                let device = try #require(try await store.devices().first)
                let times = try await store.punches(after: 0, limit: 9).map { $0.utc.map(UTC.text) ?? "none" }
                results.insert(times + [device.name, device.timezone ?? "none"])
            }
        }
        #expect(
            results == [
                [
                    "2026-03-01T05:00:00.000Z", "2026-03-02T05:00:00.000Z", "2026-03-03T04:00:00.000Z",
                    "2026-03-04T05:00:00.000Z", "2026-03-05T05:00:00.000Z", "lobby 2", "Asia/Jakarta",
                ]
            ])
    }

    @Test(
        "an entry of an edge whose clock ran ahead is not the last word on a device", arguments: StoreKind.allCases)
    func factsFromTheFuture(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            var journal = Journal(node: "n1")
            journal.write(try device(name: "ahead"), at: monday.addingTimeInterval(3650 * 86_400))
            _ = try await store.append(journal.run(), receivedAt: monday)
            journal.write(try device(name: "right"), at: monday.addingTimeInterval(60))
            _ = try await store.append(journal.run(), receivedAt: monday.addingTimeInterval(61))
            #expect(try await store.devices().map(\.name) == ["right"])
        }
    }

    @Test(
        "a work code with a NUL ends there, whichever observation came first", arguments: StoreKind.allCases)
    func workCodeWithNUL(kind: StoreKind) async throws {
        let codes = ["3\u{0}9", "3\u{0}1", "3"]
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            try await kind.withStore { store in
                try await store.enrolNode("n1", unit: "Dinas Contoh")
                var journal = Journal(node: "n1")
                for number in order {
                    journal.write(
                        .punch(try punch("7", workCode: codes[number])),
                        .punch(try punch("8", workCode: number == 0 ? "4\u{0}" : "4", raw: [UInt8(number)])))
                }
                _ = try await store.append(journal.run(), receivedAt: monday)
                let stored = try await store.punches(after: 0, limit: 9).map(\.punch)
                #expect(stored.map(\.workCode) == ["3", "4"] && stored.last?.raw == [0], "\(order)")
            }
        }
    }

    @Test(
        "UTC follows the zone in force at the punch, the first zone before any, and none where none is known",
        arguments: StoreKind.allCases)
    func zones(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.enrolNode("n1", unit: "Dinas Contoh")
            var journal = Journal(node: "n1")
            journal.write(.punch(try punch("1", "2026-03-01T07:30:00")))
            _ = try await store.append(journal.run(), receivedAt: monday)
            #expect(try await store.punches(after: 0, limit: 1).map(\.utc) == [nil])
            journal.write(try device(timezone: "Asia/Jakarta"), at: monday)
            journal.write(try device(timezone: "Asia/Jakarta"), at: monday.addingTimeInterval(3600))
            journal.write(try device(timezone: "Asia/Makassar"), at: monday.addingTimeInterval(86_400))
            journal.write(.punch(try punch("2", "2026-03-02T07:30:00")), .punch(try punch("3", "2026-03-03T16:00:00")))
            journal.write(.punch(try punch("4", "ffffffff")), .punch(try punch("5", serial: "CJ9L170560002")))
            journal.write(try device("CJ9L170560002", timezone: "Mars/Olympus"))
            _ = try await store.append(journal.run(), receivedAt: monday)
            let times = try await store.punches(after: 0, limit: 10).map { $0.utc.map(UTC.text) }
            #expect(
                times == [
                    "2026-03-01T00:30:00.000Z", "2026-03-02T00:30:00.000Z", "2026-03-03T08:00:00.000Z", nil, nil,
                ])
            #expect(try await store.devices().map(\.timezone) == ["Asia/Makassar", "Mars/Olympus"])
        }
    }
}

/// Shuffles that are the same in every run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
