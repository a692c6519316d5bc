import Attendance
import CentralServer
import CentralStore
import Crypto
import Foundation
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

@Suite("Batches over HTTP", .timeLimit(.minutes(1)))
struct BatchTests {
    @Test("A6 the answer lost after the commit: the same bytes again add nothing and are acknowledged")
    func answerLost() async throws {
        try await Centre.run { centre, client in
            var edge = try await centre.enrolledEdge()
            edge.write(try device(), try punch(), try punch(UserID("8")))
            let batch = try edge.batch()
            _ = try await client.send(batch)  // stored, and this answer never arrives
            let totals = try await centre.store.totals()
            #expect(totals.entries == 3 && totals.punches == 2)
            let response = try await client.send(batch)
            let receipt = try centre.receipt(response, to: batch)
            #expect(response.status == .ok && receipt.answer == .ok)
            #expect(receipt.accepted == 0 && receipt.duplicate == 3)
            #expect(receipt.high_water == 3 && receipt.end_hash == batch.header.end_hash)
            #expect(receipt.server_time == UTC.text(monday))
            #expect(try await centre.store.totals() == totals)
        }
    }

    @Test("odd dates, odd user ids, two people in one second and one twice are kept as separate rows")
    func oddRecords() async throws {
        try await Centre.run { centre, client in
            var edge = try await centre.enrolledEdge()
            edge.write(
                try punch(UserID("7"), "5ebd3a21"), try punch(UserID("7"), "2099-01-01T00:00:00"),
                try punch(UserID("")), try punch(UserID(field: [0xC3, 0x28])), try punch(UserID(field: [0xC3, 0x29])),
                try punch(), try punch(occurrence: 1), try punch(UserID("8")))
            let batch = try edge.batch()
            let receipt = try centre.receipt(try await client.send(batch), to: batch)
            #expect(receipt.answer == .ok && receipt.accepted == 8 && receipt.quarantined.isEmpty)
            #expect(try await centre.store.totals().punches == 8)
        }
    }

    @Test("H7 a batch altered at any place stores nothing")
    func tampered() async throws {
        try await Centre.run { centre, client in
            var edge = try await centre.enrolledEdge()
            edge.write(try device(), try punch())
            let batch = try edge.batch(status: NodeStatus(version: "1", backlog: 0))
            let before = try await centre.store.totals()
            for place in stride(from: 0, to: batch.text.count - 1, by: 7) {
                var text = batch.text
                text[place] ^= 0x01
                let response = try await client.send(text)
                #expect(response.status == .badRequest, "byte \(place)")
            }
            #expect(try await centre.store.totals() == before)
            #expect(try centre.receipt(try await client.send(batch), to: batch).answer == .ok)
        }
    }

    @Test(
        "H7 a changed entry, another node's signature, a node id swapped and an unknown node get a signed refusal with its reason"
    )
    func foreign() async throws {
        try await Centre.run { centre, client in
            var edge = try await centre.enrolledEdge()
            let other = try await centre.enrolledEdge(unit: "Kecamatan Misal")
            edge.write(try punch())
            let before = try await centre.store.totals()
            func reason(_ batch: Batch, _ text: [UInt8]? = nil) async throws -> String? {
                let response = try await client.send(text ?? batch.text)
                let receipt = try centre.receipt(response, to: batch)
                #expect(response.status == .badRequest && receipt.answer == .bad && receipt.high_water == 0)
                return receipt.reason
            }
            #expect(try await reason(edge.batch(signedBy: other.key)) == "bad_signature")
            var swapped = Edge(node: other.node, key: edge.key)
            swapped.write(try punch())
            #expect(try await reason(swapped.batch()) == "bad_signature")
            var stranger = Edge(node: "0011223344556677", key: Curve25519.Signing.PrivateKey())
            stranger.write(try punch())
            #expect(try await reason(stranger.batch()) == "unknown_node")
            let batch = try edge.batch()
            let changed = String(decoding: batch.text, as: UTF8.self).replacing("07:30:00", with: "07:31:00")
            #expect(try await reason(batch, Array(changed.utf8)) == "broken_chain")
            #expect(try await centre.store.totals() == before)
        }
    }

    @Test(
        "a revocation takes a moment with and without milliseconds",
        arguments: [
            "2026-03-02T00:00:00Z", "2026-03-02T00:00:00.000Z",
        ])
    func revokedFrom(moment: String) async throws {
        try await Centre.run { centre, _ in
            let edge = try await centre.enrolledEdge()
            let answer = await centre.administration.perform(.revokeNode(node: edge.node, from: moment))
            #expect(answer == .revoked(node: edge.node, from: "2026-03-02T00:00:00.000Z"))
        }
    }

    @Test("F11 a revoked node gets a signed refusal and stores nothing, also with a batch made before")
    func revoked() async throws {
        try await Centre.run { centre, client in
            var edge = try await centre.enrolledEdge()
            edge.write(try punch())
            let early = try edge.batch()
            let answer = await centre.administration.perform(.revokeNode(node: edge.node, from: nil))
            #expect(answer == .revoked(node: edge.node, from: UTC.text(monday)))
            let response = try await client.send(early)
            #expect(response.status == .forbidden)
            #expect(try centre.receipt(response, to: early).answer == .revoked)
            #expect(try await centre.store.totals().entries == 0)
        }
    }

    @Test("E6 F9 a gap is answered with high_water, a fork is refused, and neither changes what is stored")
    func gapAndFork() async throws {
        try await Centre.run { centre, client in
            var edge = try await centre.enrolledEdge()
            for second in 0..<4 { edge.write(try punch(UserID("7"), "2026-03-02T07:30:0\(second)")) }
            _ = try await client.send(try edge.batch(to: 2))
            let late = try edge.batch(after: 3)
            let gap = try await client.send(late)
            #expect(gap.status == .conflict)
            let needed = try centre.receipt(gap, to: late)
            #expect(needed.answer == .gap && needed.high_water == 2 && needed.end_hash == edge.entries[1].hash.hex)
            var clone = Edge(node: edge.node, key: edge.key)
            clone.epoch = edge.epoch
            clone.write(try punch(UserID("7"), "2026-03-02T07:30:00"), try punch(UserID("9")))
            let forged = try clone.batch()
            let fork = try await client.send(forged)
            #expect(fork.status == .conflict)
            #expect(try centre.receipt(fork, to: forged).answer == .fork)
            let totals = try await centre.store.totals()
            #expect(totals.entries == 2 && totals.punches == 2)
            let heartbeat = try edge.batch(after: 2, to: 2)
            #expect(try centre.receipt(try await client.send(heartbeat), to: heartbeat).answer == .ok)
        }
    }

    @Test("T4 H8 entries that cannot be taken are named in the receipt and kept; the line moves on")
    func quarantined() async throws {
        try await Centre.run { centre, client in
            var owner = try await centre.enrolledEdge()
            owner.write(try punch())
            _ = try await client.send(try owner.batch())
            var edge = try await centre.enrolledEdge(unit: "Kecamatan Misal")
            edge.write(raw: [0xFF, 0xFE])
            edge.write(try punch(UserID("8")), try punch(UserID("9"), serial: "CJ9L170560009"))
            let batch = try edge.batch()
            let receipt = try centre.receipt(try await client.send(batch), to: batch)
            #expect(receipt.answer == .ok && receipt.high_water == 3 && receipt.accepted == 3)
            #expect(receipt.quarantined.map(\.seq) == [1, 2])
            #expect(receipt.quarantined.last?.reason == "not_your_device")
            #expect(try await centre.store.quarantined(limit: 9).map(\.body) == edge.entries.prefix(2).map(\.body))
        }
    }

    @Test("gzip is taken; a bomb, a torn stream and other encodings are refused and store nothing")
    func encodings() async throws {
        try await Centre.run { centre, client in
            var edge = try await centre.enrolledEdge()
            edge.write(try punch())
            let batch = try edge.batch()
            let packed = try gzip(batch.text)
            let bomb = try gzip([UInt8](repeating: 0x20, count: 64 * 1024 * 1024))
            #expect(bomb.count < 100_000)
            #expect(try await client.send(Array(packed.dropLast(9)), encoding: "gzip").status == .badRequest)
            #expect(try await client.send(batch.text, encoding: "gzip").status == .badRequest)
            #expect(try await client.send(packed + [0, 0], encoding: "gzip").status == .badRequest)
            #expect(try await client.send(packed, encoding: "br").status == .unsupportedMediaType)
            #expect(try await client.send(batch.text, type: "application/json").status == .unsupportedMediaType)
            #expect(try await centre.store.totals().entries == 0)
            let taken = try await client.send(packed, encoding: "gzip")
            #expect(try centre.receipt(taken, to: batch).accepted == 1)
            let refused = try await client.send(bomb, encoding: "gzip")
            #expect(refused.status == .contentTooLarge && refused.headers[.connection] == "close")
        }
        try await Centre.run { _, client in
            let big = [UInt8](repeating: 0x0A, count: Batch.mostBytes + 1)
            let response = try await client.send(big)
            #expect(response.status == .contentTooLarge)
            #expect(response.text == #"{"error":"the body is over 1048576 bytes"}"#)
        }
    }

    @Test("truncated and random text is refused, never an inner error")
    func garbage() async throws {
        try await Centre.run { centre, client in
            var edge = try await centre.enrolledEdge()
            edge.write(try punch(), try device())
            let text = try edge.batch().text
            var generator = SystemRandomNumberGenerator()
            var hostile = stride(from: 0, to: text.count, by: 23).map { Array(text.prefix($0)) }
            hostile += (0..<40).map { size in
                (0..<(size * 13)).map { _ in UInt8.random(in: 0...255, using: &generator) }
            }
            let long = String(repeating: "n", count: 65)
            hostile.append(try edge.batch(name: long).text)
            for (old, new) in [
                (#""first":1"#, #""first":9223372036854775807"#), (#""last":2"#, #""last":-9223372036854775808"#),
                (#""count":2"#, #""count":1e400"#), (#""v":1"#, #""v":2"#),
            ] {
                hostile.append(Array(String(decoding: text, as: UTF8.self).replacing(old, with: new).utf8))
            }
            for bytes in hostile {
                let response = try await client.send(bytes)
                #expect(response.status == .badRequest)
                #expect(response.text.hasPrefix(#"{"error":""#))
            }
            #expect(try await centre.store.totals().entries == 0)
        }
    }

    @Test("a batch that could not be stored gets no receipt, and the centre says it is not ready")
    func storeGone() async throws {
        let key = Curve25519.Signing.PrivateKey()
        var edge = Edge(node: "n1", key: key)
        edge.write(try punch())
        let batch = try edge.batch()
        let keys = KeyRing(CentralKeys())
        let application = try CentralApplication(
            listen: ListenAddress(host: "127.0.0.1", port: 0), store: BrokenStore(key: key.publicKey), keys: keys,
            logger: silent)
        try await application.application().test(.live) { client in
            let response = try await client.send(batch)
            #expect(response.status == .internalServerError)
            #expect(response.text == #"{"error":"the centre could not do this; its log says why"}"#)
            #expect(try await client.get("/readyz").status == .serviceUnavailable)
            #expect(try await client.get("/livez").status == .ok)
        }
    }

    @Test("H8 more batches at once than there is room for are told to come again")
    func busy() async throws {
        var limits = CentralLimits()
        limits.batchesAtOnce = 0
        try await Centre.run(limits: limits) { centre, client in
            var edge = try await centre.enrolledEdge()
            edge.write(try punch())
            let response = try await client.send(try edge.batch())
            #expect(response.status == .serviceUnavailable && response.headers[.retryAfter] == "2")
            #expect(try await centre.store.totals().entries == 0)
        }
    }

    @Test("E20 While offices that were away take all the room there is for large batches, scans of now pass")
    func largeBatches() async throws {
        var limits = CentralLimits()
        limits.largeBatchesAtOnce = 0
        try await Centre.run(limits: limits) { centre, client in
            var (away, other) = (try await centre.enrolledEdge(), try await centre.enrolledEdge())
            for user in 0..<1000 { away.write(try punch(UserID("\(user)"))) }
            other.write(try punch(UserID("9999")))
            let response = try await client.send(try away.batch())
            #expect(response.status == .serviceUnavailable && response.headers[.retryAfter] == "2")
            #expect(try await client.send(try other.batch()).status == .ok)
            #expect(try await centre.store.totals().punches == 1)
        }
    }

    @Test("H8 one node cannot take the room of all: what it sends beside its two batches in hand must come again")
    func busyNode() async throws {
        var limits = CentralLimits()
        limits.batchesOfOneNode = 0
        try await Centre.run(limits: limits) { centre, client in
            var edge = try await centre.enrolledEdge()
            edge.write(try punch())
            let response = try await client.send(try edge.batch())
            #expect(response.status == .serviceUnavailable && response.headers[.retryAfter] == "2")
            // Who has not shown its key takes nobody's room.
            let forged = try edge.batch(signedBy: .init())
            #expect(try centre.receipt(try await client.send(forged), to: forged).reason == "bad_signature")
        }
        limits.batchesOfOneNode = 1
        limits.batchesAtOnce = 64
        try await Centre.run(limits: limits) { centre, client in
            var (flood, other) = (try await centre.enrolledEdge(), try await centre.enrolledEdge())
            for user in 0..<2000 { flood.write(try punch(UserID("\(user)"))) }
            other.write(try punch(UserID("9999")))
            let (batches, quiet) = ([try flood.batch(), try flood.batch()], try other.batch())
            let statuses = try await withThrowingTaskGroup(of: HTTPResponse.Status.self) { group in
                for number in 0..<24 { group.addTask { try await client.send(batches[number % 2]).status } }
                group.addTask { try await client.send(quiet).status == .ok ? .accepted : .badRequest }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(statuses).isSubset(of: [.ok, .serviceUnavailable, .accepted]))
            #expect(statuses.contains(.ok) && statuses.contains(.accepted))
            // All room is free again.
            #expect(try await client.send(batches[0]).status == .ok)
            #expect(try await centre.store.totals().punches == 2001)
        }
    }

    @Test("a sender slower than the time for a body is told so and let go")
    func slow() async throws {
        var limits = CentralLimits()
        limits.bodyTime = .zero
        try await Centre.run(limits: limits) { centre, client in
            let port = try #require(client.port)
            let answer = try await rawExchange(
                port: port,
                "POST /v1/batches HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\nab")
            #expect(answer.hasPrefix("HTTP/1.1 408"))
        }
    }

    @Test(
        "a connection that stops in the middle of its headers is closed", arguments: ["", "GET /livez HTTP/1.1\r\nHos"])
    func idle(text: String) async throws {
        var limits = CentralLimits()
        limits.idle = .milliseconds(100)
        try await Centre.run(limits: limits) { _, client in
            let port = try #require(client.port)
            #expect(try await rawExchange(port: port, text) == "")
        }
    }

    @Test("H3 a body that breaks off in the middle, or is no HTTP, is the sender's fault, and said so")
    func brokenBody() async throws {
        try await Centre.run { _, client in
            let port = try #require(client.port)
            let head = "POST /v1/batches HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\n"
            for body in ["1\r\nx\r\nzz\r\n", "1\r\nx\r\n-1\r\n"] {
                let answer = try await rawExchange(port: port, head + "Transfer-Encoding: chunked\r\n\r\n" + body)
                #expect(answer.hasPrefix("HTTP/1.1 400 "), "\(answer)")
            }
        }
    }

    @Test("headers without end are refused")
    func headers() async throws {
        try await Centre.run { _, client in
            let port = try #require(client.port)
            let many = (0..<200).map { "X-\($0): a\r\n" }.joined()
            #expect(try await rawExchange(port: port, "GET /livez HTTP/1.1\r\n\(many)\r\n").hasPrefix("HTTP/1.1 4"))
            let wide = String(repeating: "a", count: 40_000)
            #expect(
                try await rawExchange(port: port, "GET /livez HTTP/1.1\r\nX: \(wide)\r\n\r\n").hasPrefix("HTTP/1.1 4"))
        }
    }
}
