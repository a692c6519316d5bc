import Attendance
import CentralServer
import CentralStore
import Crypto
import Foundation
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

/// Faults of the line and of those who speak on it, as the centre meets them; the ids are those of docs/reliability.md.
@Suite("Faults at the centre", .timeLimit(.minutes(1)))
struct FaultTests {
    private func take(_ batch: Batch, _ centre: Centre, _ client: any TestClientProtocol) async throws -> Receipt {
        try centre.receipt(try await client.send(batch), to: batch)
    }

    @Test("C9 the centre's clock goes back by a year: receipts go on by their counter, and nothing expires early")
    func clockBack() async throws {
        try await Centre.run { centre, client in
            var edge = try await centre.enrolledEdge()
            let code = try await centre.code(unit: "Kecamatan Misal")
            let order = OrderRequest(node: edge.node, kind: "resend", from: 1)
            guard case .order = await centre.administration.perform(.addOrder(order)) else {
                throw FixtureError(what: "no order")
            }
            let token = try await centre.token()
            var ids: [Int64] = []
            var highWater: Int64 = 0
            for step in [0, -365 * 86_400, 60, -3600, 365 * 86_400] as [TimeInterval] {
                centre.clock.pass(step)
                edge.write(try punch(UserID("\(edge.entries.count)")))
                let receipt = try await take(edge.batch(after: edge.entries.count - 1), centre, client)
                #expect(receipt.answer == .ok && receipt.accepted == 1 && receipt.high_water > highWater)
                #expect(receipt.end_hash == edge.entries.last?.hash.hex && receipt.orders.count == 1)
                highWater = receipt.high_water
                ids = try await centre.store.punches(after: 0, limit: 99).map(\.id)
                #expect(ids == ids.sorted() && ids.count == edge.entries.count)
                let before = try await take(edge.batch(to: 1), centre, client)
                #expect(before.answer == .ok && before.high_water == highWater && before.duplicate == 1)
                #expect(try await client.get("/api/v1/nodes", token: token).status == .ok)
            }
            centre.clock.pass(-30 * 86_400)
            let request = EnrolmentRequest(code: code, nodeKey: Curve25519.Signing.PrivateKey().publicKey)
            #expect(
                try await centre.store.enrol(
                    request, nodeName: "late", centreFingerprint: centre.keys.fingerprint, at: centre.clock.now())
                    != nil)
        }
    }

    @Test("E6 batches three times each and in any order: nothing twice, nothing lost, the centre says from where on")
    func reordered() async throws {
        for seed in 1...8 as ClosedRange<UInt64> {
            try await Centre.run { centre, client in
                var random = SplitMix(state: seed)
                var edge = try await centre.enrolledEdge()
                for user in 0..<60 { edge.write(try punch(UserID("\(user)"))) }
                var batches: [Batch] = []
                var from = 0
                while from < 60 {
                    let to = min(60, from + Int.random(in: 1...12, using: &random))
                    batches.append(try edge.batch(after: from, to: to))
                    from = to
                }
                var highWater: Int64 = 0
                var accepted = 0
                func send(_ batch: Batch) async throws -> Receipt.Answer {
                    let receipt = try await take(batch, centre, client)
                    #expect(receipt.answer == .ok || receipt.answer == .gap)
                    #expect(receipt.high_water >= highWater, "seed \(seed)")
                    #expect(receipt.accepted + receipt.duplicate == (receipt.answer == .ok ? batch.header.count : 0))
                    highWater = receipt.high_water
                    accepted += receipt.accepted
                    return receipt.answer
                }
                var gaps = 0
                for batch in (batches + batches + batches).shuffled(using: &random) {
                    if try await send(batch) == .gap { gaps += 1 }
                }
                #expect(gaps > 0, "seed \(seed)")
                while highWater < 60 { _ = try await send(edge.batch(after: Int(highWater))) }
                #expect(accepted == 60, "seed \(seed)")
                let totals = try await centre.store.totals()
                #expect(totals.entries == 60 && totals.punches == 60 && totals.observations == 60)
            }
        }
    }

    @Test("F9 a cloned node is found at the first hash that differs, refused and shown; the other goes on")
    func cloned() async throws {
        try await Centre.run { centre, client in
            var edge = try await centre.enrolledEdge()
            edge.write(try punch(UserID("1")), try punch(UserID("2")))
            #expect(try await take(edge.batch(), centre, client).answer == .ok)
            // One disk image, two machines, and each reads the device for itself.
            var clone = edge
            edge.write(try punch(UserID("3")), try punch(UserID("4")))
            clone.write(try punch(UserID("4")), try punch(UserID("3")), try punch(UserID("5")))
            #expect(try await take(edge.batch(after: 2), centre, client).answer == .ok)
            for _ in 0..<3 {
                let response = try await client.send(try clone.batch(after: 2, name: "0"))
                #expect(response.status == .conflict)
            }
            #expect(try await take(clone.batch(after: 4, to: 5), centre, client).answer == .fork)
            #expect(try await take(clone.batch(after: 5), centre, client).answer == .gap)
            let forks = try await centre.store.forks(limit: 9)
            #expect(forks.map(\.place.seq) == [3, 4] && forks.first?.hash == clone.entries[2].hash)
            #expect(forks.allSatisfy { $0.place.node == edge.node && $0.notedAt == monday })
            edge.write(try punch(UserID("6")))
            #expect(try await take(edge.batch(after: 4), centre, client).answer == .ok)
            // The clone's own new epoch is taken: what it read is counted, each scan once.
            var renewed = Edge(node: clone.node, key: clone.key)
            renewed.write(try punch(UserID("4")), try punch(UserID("3")), try punch(UserID("5")))
            #expect(renewed.epoch != clone.epoch)
            #expect(try await take(renewed.batch(), centre, client).accepted == 3)
            #expect(try await centre.store.totals().punches == 6)
            let token = try await centre.token()
            #expect(try await client.get("/api/v1/nodes", token: token).text.contains(#""forks":2"#))
        }
    }

    @Test("F10 two nodes race for one enrolment code: one wins, and wins again when its answer was lost")
    func raced() async throws {
        try await Centre.run { centre, client in
            let code = try await centre.code()
            let requests = (0..<8).map { _ in
                EnrolmentRequest(code: code, nodeKey: Curve25519.Signing.PrivateKey().publicKey)
            }
            @Sendable func post(_ request: EnrolmentRequest) async throws -> HTTPResponse.Status {
                try await client.execute(
                    uri: "/v1/enroll", method: .post, headers: [.contentType: "application/json"],
                    body: ByteBuffer(bytes: JSONEncoder().encode(request))
                ).status
            }
            let answers = try await withThrowingTaskGroup(of: (Int, HTTPResponse.Status).self) { group in
                for (number, request) in requests.enumerated() {
                    group.addTask { (number, try await post(request)) }
                }
                return try await group.reduce(into: [Int: HTTPResponse.Status]()) { $0[$1.0] = $1.1 }
            }
            let winners = answers.filter { $0.value == .ok }
            #expect(winners.count == 1 && answers.values.filter { $0 == .forbidden }.count == 7)
            #expect(try await centre.store.totals().nodes == 1)
            let winner = try #require(winners.keys.first)
            #expect(try await post(requests[winner]) == .ok)
            #expect(try await post(requests[(winner + 1) % 8]) == .forbidden)
            #expect(try await centre.store.totals().nodes == 1)
        }
    }

    @Test("F11 a node revoked while it was offline keeps its line: enrolled again, all of it is taken, nothing twice")
    func revokedOffline() async throws {
        try await Centre.run { centre, client in
            var edge = try await centre.enrolledEdge()
            edge.write(try device(), try punch(UserID("1")), try punch(UserID("2")))
            _ = try await client.send(try edge.batch())
            // Offline: people go on scanning.
            for user in 3..<50 { edge.write(try punch(UserID("\(user)"))) }
            _ = await centre.administration.perform(.revokeNode(node: edge.node, from: nil))
            for _ in 0..<3 {
                let batch = try edge.batch(after: 3)
                let response = try await client.send(batch)
                let receipt = try centre.receipt(response, to: batch)
                #expect(response.status == .forbidden && receipt.answer == .revoked && receipt.high_water == 3)
                #expect(receipt.orders.isEmpty)
            }
            #expect(try await centre.store.totals().punches == 2)
            var again = try await centre.enrolledEdge()
            again.epoch = edge.epoch
            for entry in edge.entries { again.write(raw: entry.body) }
            let rest = try again.batch(after: 3)
            #expect(try await take(rest, centre, client).high_water == 0)
            let whole = try await take(again.batch(), centre, client)
            #expect(whole.answer == .ok && whole.accepted == 50 && whole.quarantined.isEmpty)
            #expect(try await centre.store.totals().punches == 49)
        }
    }

    @Test("H6 a whole valid batch sent again by somebody else adds nothing, is counted, and is no news of the node")
    func replayed() async throws {
        try await Centre.run { centre, client in
            var edge = try await centre.enrolledEdge()
            edge.write(try device(), try punch(UserID("1")))
            let captured = try edge.batch(status: NodeStatus(version: "1", backlog: 9))
            _ = try await client.send(captured)
            edge.write(try punch(UserID("2")))
            _ = try await client.send(try edge.batch(after: 2, status: NodeStatus(version: "1", backlog: 0)))
            let totals = try await centre.store.totals()
            let node = try #require(try await centre.store.nodes().first)
            centre.clock.pass(3600)
            for _ in 0..<20 {
                let receipt = try await take(captured, centre, client)
                #expect(receipt.answer == .ok && receipt.accepted == 0 && receipt.duplicate == 2)
            }
            #expect(try await centre.store.totals() == totals)
            let after = try #require(try await centre.store.nodes().first)
            #expect(after == node && after.status?.backlog == 0)
            // Not the newest heartbeat either, nor the last batch of an epoch that the node has left, nor a clone's.
            let beat = try edge.batch(after: 3, status: NodeStatus(version: "1", backlog: 1))
            #expect(try await take(beat, centre, client).answer == .ok)
            let beaten = try #require(try await centre.store.nodes().first)
            #expect(beaten.contactAt == centre.clock.now() && beaten.status?.backlog == 1)
            centre.clock.pass(3600)
            #expect(try await take(beat, centre, client).answer == .ok)
            #expect(try await centre.store.nodes().first == beaten)
            var renewed = Edge(node: edge.node, key: edge.key)
            renewed.write(try punch(UserID("4")))
            let fresh = try renewed.batch(status: NodeStatus(version: "1", backlog: 2))
            #expect(try await take(fresh, centre, client).accepted == 1)
            let moved = try #require(try await centre.store.nodes().first)
            #expect(moved.contactAt == centre.clock.now() && moved.status?.backlog == 1)
            centre.clock.pass(3600)
            #expect(try await take(beat, centre, client).answer == .ok)
            var clone = Edge(node: edge.node, key: edge.key)
            clone.epoch = renewed.epoch
            clone.write(try punch(UserID("5")))
            let forked = try clone.batch(status: NodeStatus(version: "1", backlog: 99))
            #expect(try await take(forked, centre, client).answer == .fork)
            let still = try #require(try await centre.store.nodes().first)
            #expect(still.contactAt == moved.contactAt && still.status == moved.status)
            // A node that must go back first has spoken all the same.
            renewed.write(try punch(UserID("5")), try punch(UserID("6")))
            let ahead = try renewed.batch(after: 2, status: NodeStatus(version: "1", backlog: 3))
            #expect(try await take(ahead, centre, client).answer == .gap)
            let spoke = try #require(try await centre.store.nodes().first)
            #expect(spoke.contactAt == centre.clock.now() && spoke.status?.backlog == 3)
            // To another centre it means nothing.
            try await Centre.run { other, client in
                let refused = try await client.send(captured)
                #expect(try other.receipt(refused, to: captured).reason == "unknown_node")
                #expect(try await other.store.totals().entries == 0)
            }
        }
    }

    @Test(
        "H8 a malicious node reaches its own devices only: 5,000 entries of others' are kept aside and change nothing")
    func malicious() async throws {
        try await Centre.run { centre, client in
            var owner = try await centre.enrolledEdge()
            owner.write(try device(), try punch())
            _ = try await client.send(try owner.batch())
            let token = try await centre.token()
            let before = try await centre.store.punches(after: 0, limit: 9)
            let devices = try await centre.store.devices()
            var thief = try await centre.enrolledEdge(unit: "Kecamatan Misal")
            // Backdated, forged, the owner's own scan with another verdict, and the owner's device under another zone.
            thief.write(try device(timezone: "Asia/Jayapura"), try punch())
            for user in 0..<4998 { thief.write(try punch(UserID("\(user)"), "2021-01-01T07:30:00")) }
            let receipt = try await take(thief.batch(), centre, client)
            #expect(receipt.answer == .ok && receipt.quarantined.count == 5000)
            #expect(try await centre.store.punches(after: 0, limit: 9) == before)
            let claimed = NodeStatus(version: "1", backlog: 0, devices: [.init(serial: "CJ9L170560001", name: "mine")])
            _ = try await client.send(try thief.batch(after: 5000, status: claimed))
            #expect(try await centre.store.devices() == devices)
            #expect(try await client.get("/api/v1/punches", token: token).text.contains("2021") == false)
        }
    }
}

/// Chance that is the same in every run.
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
