import Attendance
import CentralStore
import Crypto
import Foundation
import Testing

@Suite("Enrolment and tokens")
struct EnrolmentTests {
    private let key = Curve25519.Signing.PrivateKey().publicKey
    private let code = EnrolmentCode(
        url: "https://centre.example", id: RandomText.hex(bytes: 8), secret: [UInt8](repeating: 9, count: 16),
        centreFingerprint: centreFingerprint, tlsPin: nil)

    @Test(
        "F10 a code makes one node; the same request gets it again, another key nothing", arguments: StoreKind.allCases)
    func once(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.addEnrolmentCode(code.kept(unit: "Dinas Contoh", at: monday))
            let request = EnrolmentRequest(code: code, nodeKey: key)
            for name in ["n1", "n2"] {
                let node = try await store.enrol(
                    request, nodeName: name, centreFingerprint: centreFingerprint, at: monday)
                #expect(node == EnrolledNode(node: "n1", unit: "Dinas Contoh"))
            }
            // Also a day later, when the code itself could no longer be used.
            let late = try await store.enrol(
                request, nodeName: "n3", centreFingerprint: centreFingerprint, at: monday.addingTimeInterval(90_000))
            #expect(late?.node == "n1")
            let other = EnrolmentRequest(code: code, nodeKey: Curve25519.Signing.PrivateKey().publicKey)
            #expect(
                try await store.enrol(other, nodeName: "n4", centreFingerprint: centreFingerprint, at: monday) == nil)
            var forged = request
            forged.mac = Data(repeating: 0, count: 32).base64EncodedString()
            #expect(
                try await store.enrol(forged, nodeName: "n5", centreFingerprint: centreFingerprint, at: monday) == nil)
            let identity = try #require(try await store.identity(ofNode: "n1"))
            #expect(identity.publicKey.rawRepresentation == key.rawRepresentation && identity.revokedFrom == nil)
            #expect(try await store.totals().nodes == 1)
        }
    }

    @Test(
        "C9 F10 an unknown code, a wrong proof and an expired code are refused, also when the clock goes back",
        arguments: StoreKind.allCases)
    func refused(kind: StoreKind) async throws {
        try await kind.withStore { store in
            let request = EnrolmentRequest(code: code, nodeKey: key)
            func enrol(_ request: EnrolmentRequest, after seconds: TimeInterval = 0) async throws -> EnrolledNode? {
                try await store.enrol(
                    request, nodeName: "n1", centreFingerprint: centreFingerprint,
                    at: monday.addingTimeInterval(seconds))
            }
            #expect(try await enrol(request) == nil)
            try await store.addEnrolmentCode(code.kept(unit: "Dinas Contoh", at: monday))
            let guess = EnrolmentCode(
                url: code.url, id: code.id, secret: [UInt8](repeating: 8, count: 16),
                centreFingerprint: centreFingerprint, tlsPin: nil)
            #expect(try await enrol(EnrolmentRequest(code: guess, nodeKey: key)) == nil)
            #expect(try await enrol(request, after: 86_400) == nil)
            // The key is gone once it was found expired, also for a clock that goes back.
            #expect(try await enrol(request) == nil)
            let unused = EnrolmentCode(
                url: code.url, id: RandomText.hex(bytes: 8), secret: code.secret, centreFingerprint: centreFingerprint,
                tlsPin: nil)
            try await store.addEnrolmentCode(unused.kept(unit: "Dinas Contoh", at: monday))
            try await store.forgetExpiredCodes(at: monday.addingTimeInterval(86_400))
            #expect(try await enrol(EnrolmentRequest(code: unused, nodeKey: key)) == nil)
            #expect(try await store.totals().nodes == 0)
        }
    }

    @Test("a token is found by its hash only", arguments: StoreKind.allCases)
    func tokens(kind: StoreKind) async throws {
        try await kind.withStore { store in
            let hash = Array(SHA256.hash(data: Data("secret".utf8)))
            try await store.addToken(hash: hash, role: .reader, label: "dashboard", at: monday)
            #expect(try await store.role(ofTokenHash: hash, at: monday) == .reader)
            #expect(try await store.role(ofTokenHash: Array(hash.reversed()), at: monday) == nil)
            await #expect(throws: (any Error).self) {
                try await store.addToken(hash: hash, role: .reader, label: "again", at: monday)
            }
        }
    }

    @Test("the TLS pin is remembered and can be taken back", arguments: StoreKind.allCases)
    func pin(kind: StoreKind) async throws {
        try await kind.withStore { store in
            #expect(try await store.tlsPin() == nil)
            try await store.setTLSPin([1, 2, 3])
            #expect(try await store.tlsPin() == [1, 2, 3])
            try await store.setTLSPin(nil)
            #expect(try await store.tlsPin() == nil)
        }
    }
}
