import Attendance
import CentralServer
import CentralStore
import Crypto
import Foundation
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

@Suite("Enrolment over HTTP")
struct EnrolmentTests {
    private func post(_ request: EnrolmentRequest, _ client: any TestClientProtocol) async throws -> TestResponse {
        try await post(JSONEncoder().encode(request), client)
    }

    private func post(_ body: Data, _ client: any TestClientProtocol) async throws -> TestResponse {
        try await client.execute(
            uri: "/v1/enroll", method: .post, headers: [.contentType: "application/json"], body: ByteBuffer(bytes: body)
        )
    }

    @Test("F10 a code makes a node that may send; the same request gets the same node, another key is refused")
    func enrol() async throws {
        try await Centre.run { centre, client in
            let code = try await centre.code(unit: "Kecamatan Contoh")
            #expect(code.centreFingerprint == centre.keys.fingerprint && code.tlsPin == nil)
            let key = Curve25519.Signing.PrivateKey()
            let request = EnrolmentRequest(code: code, nodeKey: key.publicKey)
            let first = try await post(request, client)
            #expect(first.status == .ok)
            let answer = try EnrolmentAnswer(
                parsing: Array(first.body.readableBytesView), code: code, request: request)
            #expect(answer.unit == "Kecamatan Contoh")
            #expect(
                Data(base64Encoded: answer.centre_sealing_key) == centre.keys.sealing.publicKey.rawRepresentation)
            let second = try await post(request, client)
            let again = try EnrolmentAnswer(
                parsing: Array(second.body.readableBytesView), code: code, request: request)
            #expect(again == answer)
            let other = EnrolmentRequest(code: code, nodeKey: Curve25519.Signing.PrivateKey().publicKey)
            let refused = try await post(other, client)
            #expect(refused.status == .forbidden && refused.text.hasPrefix(#"{"error":""#))
            #expect(try await centre.store.totals().nodes == 1)
            var edge = Edge(node: answer.node, key: key)
            edge.write(try punch())
            let batch = try edge.batch()
            #expect(try centre.receipt(try await client.send(batch), to: batch).answer == .ok)
        }
    }

    @Test("F10 unknown, expired and mistyped codes get one and the same refusal")
    func refused() async throws {
        try await Centre.run { centre, client in
            let key = Curve25519.Signing.PrivateKey().publicKey
            let code = try await centre.code()
            let request = EnrolmentRequest(code: code, nodeKey: key)
            var unknown = request
            unknown.code = "0011223344556677"
            var wrong = request
            wrong.mac = Data(repeating: 1, count: 32).base64EncodedString()
            var short = request
            short.public_key = "AAAA"
            var answers: Set<String> = []
            for bad in [unknown, wrong, short] {
                let response = try await post(bad, client)
                #expect(response.status == .forbidden)
                answers.insert(response.text)
            }
            centre.clock.pass(86_400)
            let late = try await post(request, client)
            #expect(late.status == .forbidden)
            answers.insert(late.text)
            #expect(answers.count == 1)
            let malformed = try await post(Data("[]".utf8), client)
            #expect(malformed.status == .badRequest)
            #expect(try await centre.store.totals().nodes == 0)
        }
    }

    @Test("F10 too many tries are told to wait, and after that time may try again")
    func rate() async throws {
        var limits = CentralLimits()
        limits.enrolmentPerAddress = RateLimiter.Rate(burst: 3, perSecond: 0.1)
        try await Centre.run(limits: limits) { centre, client in
            for _ in 0..<3 { #expect(try await post(Data("{}".utf8), client).status == .badRequest) }
            let response = try await post(Data("{}".utf8), client)
            #expect(response.status == .tooManyRequests && response.headers[.retryAfter] == "10")
            centre.clock.pass(10)
            #expect(try await post(Data("{}".utf8), client).status == .badRequest)
        }
    }

    @Test("F10 one address cannot use up another's tries, and all together are bounded, however many addresses")
    func limiter() {
        let clock = TestClock()
        let limiter = RateLimiter(
            address: .init(burst: 2, perSecond: 1), all: .init(burst: 6, perSecond: 0.5), mostAddresses: 3,
            now: clock.now)
        #expect([limiter.take("a"), limiter.take("a"), limiter.take("a")] == [nil, nil, 1])
        #expect([limiter.take("b"), limiter.take("c"), limiter.take("d"), limiter.take("e")] == [nil, nil, nil, nil])
        #expect(limiter.take("f") == 2)
        clock.pass(-100)
        #expect(limiter.take("f") == 2)
        clock.pass(102)
        #expect(limiter.take("a") == nil)
    }
}
