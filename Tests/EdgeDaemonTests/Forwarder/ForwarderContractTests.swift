import Attendance
import Crypto
import EdgeStore
import Foundation
import GRDB
import Testing

@testable import EdgeDaemon

/// What the contract says beside the plain sending of batches: gaps, orders, keys, and lines that fail again and again.
@Suite("Forwarding, clause by clause", .timeLimit(.minutes(2)))
struct ForwarderContractTests {
    private let day: TimeInterval = 86_400

    /// A journal whose first entries are gone: acknowledged, and older than the retention.
    private func pruned(_ rig: ForwarderRig, _ forwarder: Forwarder) async throws {
        for number in 0..<60 {
            try rig.journal(5)
            await rig.centre.setTime(monday.addingTimeInterval(Double(number) * day))
            #expect(try await forwarder.drain() == nil)
            rig.clock.advance(by: .seconds(86_400))
        }
        rig.clock.advance(by: .seconds(3601))
        #expect(try await forwarder.sendNext() == .acknowledged(301))
    }

    @Test("B21 A restored centre gets what is left, from the oldest on, and the gap is told", arguments: [0, 40])
    func restoredBeyondRetention(kept: Int) async throws {
        try await ForwarderRig.with { rig in
            let forwarder = rig.forwarder { $0.mostEntries = 50 }
            try await pruned(rig, forwarder)
            let head = try rig.store.head()
            #expect(head.prunedSeq > 100)
            await rig.centre.restore(keeping: kept)
            #expect(try await forwarder.sendNext() == .rewound(head.prunedSeq))
            #expect(try await forwarder.drain() == nil)
            #expect(await rig.centre.gaps == [Int64(kept) + 1...head.prunedSeq])
            let left = try rig.store.run(after: head.prunedSeq, most: .max, mostBytes: .max).entries
            #expect(await rig.centre.stored(head.epoch).suffix(left.count) == left[...])
            #expect(try rig.alarmCodes(after: head.prunedSeq).isEmpty)
        }
    }

    @Test("C2 C9 However often the centre's clock jumps ahead, nothing is forgotten before its time was lived through")
    func centreClockJumps() async throws {
        try await ForwarderRig.with { rig in
            let forwarder = rig.forwarder()
            for number in 0..<200 {
                try rig.journal(1)
                let years = number.isMultiple(of: 2) ? 0.0 : 3650
                await rig.centre.setTime(monday.addingTimeInterval(years * day + Double(number)))
                #expect(try await forwarder.drain() == nil)
                rig.clock.advance(by: .seconds(3601))
            }
            // A little more than eight days.
            #expect(try rig.store.head().prunedSeq == 0)
        }
    }

    @Test("every batch tells the oldest entry that is left and the newest key that is trusted")
    func told() async throws {
        try await ForwarderRig.with { rig in
            let forwarder = rig.forwarder()
            #expect(try await forwarder.drain() == nil)
            #expect(await rig.centre.headers.last?.status?.oldest == 1)
            try await pruned(rig, forwarder)
            let head = try rig.store.head()
            _ = try await forwarder.sendNext()
            #expect(await rig.centre.headers.last?.status?.oldest == head.prunedSeq + 1)
            #expect(await rig.centre.headers.last?.status?.centreKey == rig.identity.newestCentreKey)
        }
    }

    @Test("a centre that takes no batch behind a gap is asked in peace, and a person is told")
    func gapRefused() async throws {
        try await ForwarderRig.with { rig in
            let forwarder = rig.forwarder()
            try await pruned(rig, forwarder)
            for _ in 0..<4 {
                await rig.centre.script(
                    .instead {
                        $0.answer = .gap
                        $0.high_water = 0
                        $0.end_hash = ChainHash.start(of: Epoch($0.epoch) ?? .random()).hex
                    })
            }
            let why = try #require(try await forwarder.drain())
            #expect(why.contains("keeps asking"))
            #expect(try rig.alarmCodes(after: rig.store.head().prunedSeq) == ["no_progress"])
        }
    }

    @Test("C2 Nothing is forgotten because the centre's clock says ten years have passed")
    func clockAhead() async throws {
        try await ForwarderRig.with { rig in
            let forwarder = rig.forwarder()
            try rig.journal(10)
            #expect(try await forwarder.drain() == nil)
            await rig.centre.setTime(monday.addingTimeInterval(3650 * day))
            rig.clock.advance(by: .seconds(7200))
            try rig.journal(1)
            #expect(try await forwarder.drain() == nil)
            #expect(try rig.store.head().prunedSeq == 0)
        }
    }

    // MARK: Keys

    @Test("F13 A key announced under the old one is trusted from then on, also after a restart")
    func keyRotation() async throws {
        try await ForwarderRig.with { rig in
            let next = Curve25519.Signing.PrivateKey()
            let forwarder = rig.forwarder()
            await rig.centre.announce(next.publicKey)
            try rig.journal(1)
            #expect(try await forwarder.drain() == nil)
            let kept = try #require(rig.kept.value)
            #expect(kept.newestCentreKey == Hex.encode(SHA256.hash(data: next.publicKey.rawRepresentation)))
            await rig.centre.sign(with: next)
            try rig.journal(1)
            #expect(try await forwarder.drain() == nil)
            #expect(await rig.centre.headers.last?.status?.centreKey == kept.newestCentreKey)
            let restarted = rig.forwarder(identity: kept)
            try rig.journal(1)
            #expect(try await restarted.drain() == nil)
            #expect(try await rig.everythingArrived())
        }
    }

    @Test("F13 H7 A key that only a stranger announces is never trusted")
    func strangersKey() async throws {
        try await ForwarderRig.with { rig in
            let stranger = Curve25519.Signing.PrivateKey()
            await rig.centre.announce(stranger.publicKey)
            await rig.centre.sign(with: stranger)
            try rig.journal(1)
            let forwarder = rig.forwarder()
            for _ in 0..<3 { #expect(try await forwarder.drain() != nil) }
            #expect(rig.kept.value == nil)
            #expect(try rig.store.head().ackedSeq == 0)
        }
    }

    // MARK: Peers' rows

    @Test("T4 An entry the centre cannot accept stands in nobody's way: the others arrive in the same batch")
    func quarantine() async throws {
        try await ForwarderRig.with { rig in
            try rig.journal(9)
            let forwarder = rig.forwarder()
            await rig.centre.quarantine(seq: 4, "undecodable: test")
            #expect(try await forwarder.drain() == nil)
            #expect(try await rig.everythingArrived())
            #expect(try rig.store.status().quarantined == 1)
            #expect(await rig.centre.posted.count == 1)
        }
    }

    @Test("T5 400 records go up in one request, not in 400")
    func fourHundred() async throws {
        try await ForwarderRig.with { rig in
            try rig.journal(400)
            #expect(try await rig.forwarder().drain() == nil)
            #expect(await rig.centre.posted.count == 1)
            #expect(try await rig.everythingArrived())
        }
    }

    // MARK: Lines that fail again and again

    @Test("E4 E6 E17 A line that loses, doubles and garbles at random brings everything once and in order")
    func flapping() async throws {
        let seed = UInt64.random(in: 1 ... .max)
        try await ForwarderRig.with { rig in
            var random = SeededRandom(seed: seed)
            let forwarder = rig.forwarder { $0.mostEntries = 7 }
            var sent = 0
            for _ in 0..<400 {
                if Int.random(in: 0..<4, using: &random) == 0 {
                    try rig.journal(Int.random(in: 1...9, using: &random))
                }
                let faults: [ScriptedCentre.Fault?] = [
                    .answerLost, .answerLost, .lineDown(.lost), .storedThen(200, "<html>"), .truncated, .replayed,
                    .inBetween(502), nil, nil,
                ]
                if let fault = faults.randomElement(using: &random) ?? nil { await rig.centre.script(fault) }
                if case .acknowledged = try await forwarder.sendNext() { sent += 1 }
            }
            await rig.centre.forgive()
            #expect(try await forwarder.drain() == nil)
            #expect(try await rig.everythingArrived(), "seed \(seed)")
            #expect(sent > 20, "seed \(seed)")
        }
    }

    @Test("E1 E19 20,000 entries of a week without network go up in order, the newest last")
    func backlog() async throws {
        try await ForwarderRig.with { rig in
            try rig.journal(20_000, bytes: 60)
            let forwarder = rig.forwarder()
            await rig.centre.script(.lineDown(.unreachable), .lineDown(.nameNotFound), .lineDown(.timedOut))
            for _ in 0..<3 { _ = try await forwarder.sendNext() }
            #expect(try await forwarder.drain() == nil)
            #expect(try await rig.everythingArrived())
            let firsts = await rig.centre.headers.map(\.first)
            #expect(firsts == firsts.sorted())
            #expect(await rig.centre.posted.count <= 10)
        }
    }

    @Test("E2 A centre that is busy three times in a row, or for long, is a matter for people, once")
    func busy() async throws {
        try await ForwarderRig.with { rig in
            let forwarder = rig.forwarder()
            await rig.centre.script(.inBetween(503, retryAfter: 5), .inBetween(429, retryAfter: 5))
            for _ in 0..<2 { _ = try await forwarder.sendNext() }
            #expect(try rig.alarmCodes().isEmpty)
            await rig.centre.script(.inBetween(503, retryAfter: 5), .inBetween(503, retryAfter: 900))
            for _ in 0..<2 { _ = try await forwarder.sendNext() }
            #expect(try rig.alarmCodes() == ["centre_busy"])
        }
    }

    // MARK: Damage

    @Test("B12 A damaged entry among old ones stops no sending: no alarm after alarm, the daemon is told once an hour")
    func damagedOldEntry() async throws {
        try await ForwarderRig.with { rig in
            let forwarder = rig.forwarder()
            try await pruned(rig, forwarder)
            let oldest = try rig.store.head().prunedSeq
            try await DatabaseQueue(path: rig.path).write { db in
                try db.execute(sql: "DROP TRIGGER journal_is_append_only")
                try db.execute(
                    sql: "UPDATE journal SET seal = seal + 1 WHERE seq > ? AND seq <= ?",
                    arguments: [oldest, oldest + 150])
            }
            for number in 60...70 {
                try rig.journal(5)
                await rig.centre.setTime(monday.addingTimeInterval(Double(number) * day))
                rig.clock.advance(by: .seconds(86_400))
                #expect(try await forwarder.drain() == nil)
                #expect(try await forwarder.drain() == nil)
            }
            #expect(rig.damages.value == 10)
            #expect(try rig.store.head().prunedSeq == oldest)
            let head = try rig.store.head()
            #expect(head.ackedSeq == head.lastSeq && head.lastSeq == 356)
        }
    }
}
