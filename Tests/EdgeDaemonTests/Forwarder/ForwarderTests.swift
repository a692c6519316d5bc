import Attendance
import EdgeDaemon
import EdgeStore
import Foundation
import Testing

/// Nothing is acknowledged without a signed receipt for this very batch, and nothing is lost on the way.
@Suite(.timeLimit(.minutes(2))) struct ForwarderTests {
    @Test("everything arrives, in order and once")
    func drain() async throws {
        try await ForwarderRig.with { rig in
            try rig.journal(250)
            let forwarder = rig.forwarder { $0.mostEntries = 100 }
            #expect(try await forwarder.drain() == nil)
            #expect(try await rig.everythingArrived())
            #expect(await rig.centre.headers.map(\.first) == [1, 101, 201])
            #expect(await rig.centre.headers.map(\.count) == [100, 100, 51])
            // Nothing waits: a heartbeat.
            #expect(try await forwarder.sendNext() == .acknowledged(251))
            let heartbeat = try #require(await rig.centre.headers.last)
            #expect(heartbeat.count == 0 && heartbeat.first == 252 && heartbeat.prev_hash == heartbeat.end_hash)
            #expect(heartbeat.status?.version == "1")
        }
    }

    static let unclear: [(String, ScriptedCentre.Fault)] = [
        ("line down", .lineDown(.unreachable)), ("no DNS", .lineDown(.nameNotFound)), ("TLS", .lineDown(.tls)),
        ("wrong key", .lineDown(.wrongKey)), ("no answer", .lineDown(.timedOut)), ("answer lost", .answerLost),
        ("login page", .inBetween(200, "<!DOCTYPE html><html>please sign in</html>")),
        ("empty 200", .inBetween(200)), ("200 and JSON", .inBetween(200, "{\"answer\":\"ok\"}\n")),
        ("stored, then a login page", .storedThen(200, "<html>")), ("unsigned 403", .inBetween(403, "no")),
        ("unsigned 401", .inBetween(401)), ("redirect", .inBetween(302)), ("511", .inBetween(511)),
        ("proxy", .inBetween(407)), ("500", .inBetween(500, "oops")),
        ("502 after storing", .storedThen(502, "bad gateway")),
        ("unsigned 409", .inBetween(409)), ("truncated receipt", .truncated), ("signed by another key", .otherKey),
        ("429", .inBetween(429)), ("503", .inBetween(503, retryAfter: 7)),
    ]

    @Test(
        "A6 E4 E7 E8 E14 E21 An unclear answer acknowledges nothing, and the same bytes go again",
        arguments: unclear.indices)
    func unclearAnswer(position: Int) async throws {
        let (what, fault) = Self.unclear[position]
        try await ForwarderRig.with { rig in
            try rig.journal(5)
            let forwarder = rig.forwarder()
            await rig.centre.script(fault)
            guard case .retry(let wait, let why) = try await forwarder.sendNext() else {
                Issue.record("\(what) was believed")
                return
            }
            #expect(wait >= .milliseconds(200) && !why.isEmpty, "\(what)")
            #expect(try rig.store.head().ackedSeq == 0, "\(what)")
            #expect(await forwarder.currentProblem == why, "\(what)")
            // More is journaled meanwhile: it waits behind the bytes that were sent.
            try rig.journal(3)
            _ = try await forwarder.sendNext()
            let posted = await rig.centre.posted
            #expect(posted[0] == posted[1], "\(what)")
            #expect(try await forwarder.drain() == nil)
            #expect(try await rig.everythingArrived(), "\(what)")
            #expect(await forwarder.currentProblem == nil)
        }
    }

    @Test("E22 The receipt of another batch is not believed")
    func replayedReceipt() async throws {
        try await ForwarderRig.with { rig in
            try rig.journal(3)
            let forwarder = rig.forwarder()
            #expect(try await forwarder.drain() == nil)
            try rig.journal(3)
            await rig.centre.script(.replayed)
            guard case .retry = try await forwarder.sendNext() else {
                Issue.record("it was believed")
                return
            }
            #expect(try rig.store.head().ackedSeq == 4)
            #expect(try await forwarder.drain() == nil)
            #expect(try await rig.everythingArrived())
        }
    }

    @Test("A4 A5 After a crash between sending and acknowledging, the rest goes again and is a duplicate")
    func crash() async throws {
        try await ForwarderRig.with { rig in
            try rig.journal(20)
            await rig.centre.script(.answerLost)
            guard case .retry = try await rig.forwarder().sendNext() else { throw FixtureError(what: "no fault") }
            #expect(await rig.centre.stored(try rig.store.head().epoch).count == 21)
            #expect(try await rig.forwarder().drain() == nil)
            #expect(try await rig.everythingArrived())
        }
    }

    @Test("E3 L4 413 halves the batch until it fits, and grows it again slowly")
    func tooLarge() async throws {
        try await ForwarderRig.with { rig in
            try rig.journal(1000)
            await rig.centre.limit(to: 20_000)
            let forwarder = rig.forwarder()
            #expect(try await forwarder.drain() == nil)
            #expect(try await rig.everythingArrived())
            let refused = await rig.centre.posted.filter { $0.count > 20_000 }.count
            let passed = await rig.centre.posted.count - refused
            #expect(passed < 60 && refused <= 4 + passed / 16, "\(refused) refused, \(passed) passed")
            await rig.centre.limit(to: .max)
            for _ in 0..<40 {
                try rig.journal(200)
                #expect(try await forwarder.drain() == nil)
            }
            #expect(try await #require(rig.centre.headers.last).count == 200)
        }
    }

    @Test("E3 One entry refused by size stays, alarms once, and goes when it can")
    func entryTooLarge() async throws {
        try await ForwarderRig.with { rig in
            try rig.journal(10)
            await rig.centre.limit(to: 300)
            let forwarder = rig.forwarder()
            for _ in 0..<10 {
                let why = try #require(try await forwarder.drain())
                #expect(why.contains("entry 1 is too large"))
            }
            #expect(await rig.centre.posted.count < 25)
            #expect(try rig.store.head().ackedSeq == 0)
            #expect(try rig.alarmCodes() == ["entry_too_large"])
            await rig.centre.limit(to: .max)
            #expect(try await forwarder.drain() == nil)
            #expect(try await rig.everythingArrived())
        }
    }

    @Test(
        "E2 Retry-After is honoured between a second and an hour",
        arguments: [
            (nil, 30), (7, 7), (0, 1), (-5, 1), (3600, 3600), (86_400_000, 3600), (.max, 3600), (.min, 1),
        ] as [(Int?, Int)])
    func retryAfter(asked: Int?, waited: Int) async throws {
        for status in [429, 503] {
            try await ForwarderRig.with { rig in
                await rig.centre.script(.inBetween(status, retryAfter: asked))
                let step = try await rig.forwarder().sendNext()
                guard case .retry(let wait, _) = step else { throw FixtureError(what: "\(step)") }
                #expect(wait == .seconds(waited))
            }
        }
    }

    static let signedRefusals: [(String, String, @Sendable (inout Receipt) -> Void)] = [
        ("beyond ours", "fork", { $0.high_water = 99 }),
        ("other hash", "fork", { $0.end_hash = String(repeating: "a", count: 64) }),
        ("fork", "fork", { $0.answer = .fork }), ("revoked", "revoked", { $0.answer = .revoked }),
        (
            "bad", "refused",
            {
                $0.answer = .bad
                $0.reason = "no"
            }
        ),
        ("gap of what was just sent", "no_progress", { $0.answer = .gap }),
        (
            "gap beyond ours", "fork",
            {
                $0.answer = .gap
                $0.high_water = 99
            }
        ),
        (
            "gap with another hash", "fork",
            {
                $0.answer = .gap
                $0.end_hash = String(repeating: "b", count: 64)
            }
        ),
    ]

    @Test(
        "F11 A signed refusal acknowledges nothing, alarms once and is tried again", arguments: signedRefusals.indices)
    func signedRefusal(position: Int) async throws {
        let (what, code, change) = Self.signedRefusals[position]
        try await ForwarderRig.with { rig in
            try rig.journal(4)
            let forwarder = rig.forwarder()
            let epoch = try rig.store.head().epoch
            await rig.centre.script(.instead(change), .instead(change), .instead(change))
            for number in 1...3 {
                guard case .retry = try await forwarder.sendNext() else {
                    Issue.record("\(what) was taken for progress")
                    return
                }
                #expect(await rig.centre.posted.count == number)
            }
            #expect(try rig.store.head().ackedSeq == 0, "\(what)")
            #expect((try rig.store.head().epoch == epoch) == (code != "fork"), "\(what)")
            #expect(try rig.alarmCodes() == [code], "\(what)")
            #expect(try await forwarder.drain() == nil)
            #expect(try await rig.everythingArrived())
        }
    }

    @Test("a centre that stores nothing and says ok is not asked for ever")
    func noProgress() async throws {
        try await ForwarderRig.with { rig in
            try rig.journal(4)
            let forwarder = rig.forwarder()
            for _ in 0..<20 { await rig.centre.script(.instead { _ in }) }
            let why = try #require(try await forwarder.drain())
            #expect(why.contains("keeps asking"))
            #expect(await rig.centre.posted.count <= 5)
            #expect(try rig.store.head().ackedSeq == 0)
        }
    }

    @Test("B21 A centre restored from a backup gets the rest again", arguments: [0, 1, 120, 299])
    func restoredCentre(kept: Int) async throws {
        try await ForwarderRig.with { rig in
            try rig.journal(300)
            let forwarder = rig.forwarder { $0.mostEntries = 50 }
            #expect(try await forwarder.drain() == nil)
            await rig.centre.restore(keeping: kept)
            // Already a heartbeat shows it.
            #expect(try await forwarder.sendNext() == .rewound(Int64(kept)))
            #expect(try await forwarder.drain() == nil)
            #expect(try await rig.everythingArrived())
        }
    }

    @Test("a centre that forgets again and again is served, with pauses")
    func forgetfulCentre() async throws {
        try await ForwarderRig.with { rig in
            try rig.journal(99)
            let forwarder = rig.forwarder { $0.mostEntries = 50 }
            #expect(try await forwarder.drain() == nil)
            var pauses = 0
            for _ in 0..<20 {
                await rig.centre.restore(keeping: 10)
                if case .retry = try await forwarder.sendNext() { pauses += 1 }
                _ = try await forwarder.sendNext()
            }
            #expect(pauses >= 10)
            #expect(await rig.centre.posted.count < 60)
        }
    }

    @Test("B20 F9 H9 A fork is alarmed, nothing at the centre is overwritten, and all goes on in one new epoch")
    func fork() async throws {
        try await ForwarderRig.with { rig in
            try rig.journal(4)
            let forwarder = rig.forwarder()
            #expect(try await forwarder.drain() == nil)
            let epoch = try rig.store.head().epoch
            await rig.centre.forge(epoch)
            let before = await rig.centre.stored(epoch)
            try rig.journal(4)
            #expect(try #require(try await forwarder.drain()).contains("copied or restored"))
            let next = try rig.store.head().epoch
            #expect(next != epoch)
            #expect(try await forwarder.drain() == nil)
            #expect(try rig.store.head().epoch == next)
            #expect(await rig.centre.stored(epoch) == before)
            #expect(try await rig.everythingArrived())
            // Its first entry, the four that waited, the alarm.
            #expect(try rig.store.head().lastSeq == 6)
            #expect(try rig.alarmCodes() == ["fork"])
        }
    }

    @Test("a centre that calls everything a fork gets one new epoch, not one per answer")
    func endlessFork() async throws {
        try await ForwarderRig.with { rig in
            try rig.journal(4)
            let forwarder = rig.forwarder()
            for _ in 0..<10 { await rig.centre.script(.instead { $0.answer = .fork }) }
            _ = try await forwarder.sendNext()
            let epoch = try rig.store.head().epoch
            for _ in 0..<9 {
                guard case .retry = try await forwarder.sendNext() else { throw FixtureError(what: "progress") }
            }
            #expect(try rig.store.head().epoch == epoch)
            #expect(try await forwarder.drain() == nil)
            #expect(try await rig.everythingArrived())
        }
    }

    @Test("E16 A line too slow for a batch gets smaller ones")
    func slowLine() async throws {
        try await ForwarderRig.with { rig in
            try rig.journal(99)
            let forwarder = rig.forwarder()
            await rig.centre.script(.lineDown(.timedOut), .lineDown(.timedOut))
            for _ in 0..<3 { _ = try await forwarder.sendNext() }
            let counts = await rig.centre.headers.map(\.count)
            #expect(counts == [100, 100, 50])
            #expect(try await forwarder.drain() == nil)
            #expect(try await rig.everythingArrived())
        }
    }
}
