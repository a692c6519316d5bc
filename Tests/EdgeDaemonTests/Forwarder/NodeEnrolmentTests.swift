import Attendance
import Crypto
import EdgeDaemon
import EdgeStore
import Foundation
import Testing

/// How an edge becomes a node; the centre here is a closure.
@Suite struct NodeEnrolmentTests {
    private struct Link: CentreLink {
        let answer: @Sendable (EnrolmentRequest) throws -> CentreAnswer

        func post(_ path: String, body: [UInt8], contentType: String) async throws -> CentreAnswer {
            guard path == "/v1/enroll", contentType == "application/json" else {
                return CentreAnswer(status: 404, body: [])
            }
            return try answer(try JSONDecoder().decode(EnrolmentRequest.self, from: Data(body)))
        }

        func close() async {}
    }

    private let centre = Curve25519.Signing.PrivateKey()
    private let sealing = Curve25519.KeyAgreement.PrivateKey().publicKey

    private var code: EnrolmentCode {
        EnrolmentCode(
            url: "http://127.0.0.1:9", id: "0011223344556677", secret: [UInt8](repeating: 1, count: 16),
            centreFingerprint: Array(SHA256.hash(data: centre.publicKey.rawRepresentation)), tlsPin: nil)
    }

    private func accept(_ request: EnrolmentRequest, signedBy key: Curve25519.Signing.PrivateKey) throws -> CentreAnswer
    {
        let answer = EnrolmentAnswer(
            code: request.code, publicKey: request.public_key, node: "dinkes-1", unit: "Dinas Kesehatan",
            signingKey: key.publicKey, sealingKey: sealing)
        return CentreAnswer(status: 200, body: try answer.sign(with: key))
    }

    @Test("a lost answer can be asked for again with the same key, and the identity is kept")
    func lostAnswer() async throws {
        try await withTemporaryDirectory { directory in
            let state = StateDirectory(path: directory + "/state")
            let keys = Mutexed<[String]>([])
            await #expect(throws: CentreLinkError.self) {
                try await NodeEnrolment.enroll(with: code, in: state) {
                    Link { request in
                        keys.value.append(request.public_key)
                        throw CentreLinkError(.lost, "")
                    }
                }
            }
            #expect(try NodeIdentity.load(from: state) == nil)
            let identity = try await NodeEnrolment.enroll(with: code, in: state) {
                Link { request in
                    keys.value.append(request.public_key)
                    return try accept(request, signedBy: centre)
                }
            }
            #expect(keys.value.count == 2 && Set(keys.value).count == 1)
            let loaded = try #require(try NodeIdentity.load(from: state))
            #expect(loaded.node == "dinkes-1" && loaded.key.rawRepresentation == identity.key.rawRepresentation)
        }
    }

    @Test("a refusal, a stranger's answer and a login page enroll nothing")
    func refused() async throws {
        let answers: [@Sendable (EnrolmentRequest) throws -> CentreAnswer] = [
            { _ in CentreAnswer(status: 403, body: Array("{\"error\":\"refused\"}".utf8)) },
            { _ in CentreAnswer(status: 429, body: []) },
            { _ in CentreAnswer(status: 200, body: Array("<html>".utf8)) },
            { try accept($0, signedBy: Curve25519.Signing.PrivateKey()) },
            {
                var other = $0
                other.code = "7766554433221100"
                return try accept(other, signedBy: centre)
            },
        ]
        for answer in answers {
            try await withTemporaryDirectory { directory throws in
                let state = StateDirectory(path: directory)
                let error = await #expect(throws: (any Error).self) {
                    try await NodeEnrolment.enroll(with: code, in: state) { Link(answer: answer) }
                }
                #expect(error is NodeEnrolmentError || error is EnrolmentError, "\(error as Any)")
                #expect(try NodeIdentity.load(from: state) == nil)
            }
        }
    }

    @Test("a running daemon keeps its state directory to itself")
    func lockHeld() async throws {
        try await withTemporaryDirectory { directory in
            let state = StateDirectory(path: directory)
            let lock = try #require(try state.lock())
            await #expect(throws: EdgeDaemonError.self) {
                try await NodeEnrolment.enroll(with: code, in: state) {
                    Link { _ in CentreAnswer(status: 500, body: []) }
                }
            }
            withExtendedLifetime(lock) {}
        }
    }
}
