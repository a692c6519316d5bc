import Crypto
import Foundation
import Testing

@testable import Attendance

/// `Tests/verify_bundle.py` is a second implementation, written from docs/contract.md and RFC 9180 alone.
@Suite("A bundle: sealed to the centre, its open line authenticated")
struct SealedBundleTests {
    private struct Vector: Decodable {
        let node_key, sealing_key, batch, bundle: String
    }

    private static func vector() throws -> (Vector, Curve25519.KeyAgreement.PrivateKey, [UInt8]) {
        let file = try #require(
            Bundle.module.url(forResource: "bundle", withExtension: "json", subdirectory: "Vectors"))
        let vector = try JSONDecoder().decode(Vector.self, from: Data(contentsOf: file))
        let key = try Curve25519.KeyAgreement.PrivateKey(
            rawRepresentation: try #require(Hex.decode(vector.sealing_key)))
        return (vector, key, try #require(Base64.decode(vector.bundle)))
    }

    private static func one(_ bytes: [UInt8]) throws -> SealedBundle {
        var reader = BundleReader(bytes)
        return try #require(try reader.next())
    }

    @Test("The vector opens to its batch, which its node signed")
    func vector() throws {
        let (vector, key, bytes) = try Self.vector()
        let batch = try Self.one(bytes).open(with: key)
        let node = try Curve25519.Signing.PrivateKey(rawRepresentation: try #require(Hex.decode(vector.node_key)))
        #expect(batch.text == Array(vector.batch.utf8))
        #expect(batch.isSigned(by: node.publicKey))
        #expect(try batch.entries().count == 1)
    }

    @Test("Every single changed byte, and every cut, is refused; nothing is opened")
    func alterations() throws {
        let (_, key, bytes) = try Self.vector()
        for place in bytes.indices {
            var changed = bytes
            changed[place] ^= 1
            #expect(throws: (any Error).self, "byte \(place)") { try Self.one(changed).open(with: key) }
        }
        for length in 1..<bytes.count {
            #expect(throws: (any Error).self, "cut to \(length)") { try Self.one(Array(bytes.prefix(length))) }
        }
        let half = Array(bytes.prefix(bytes.count / 2))
        #expect(throws: BundleError.truncated) { try Self.one(half) }
    }

    @Test("Another centre's key does not open it, and says whose it is")
    func foreign() throws {
        let (_, key, bytes) = try Self.vector()
        let other = Curve25519.KeyAgreement.PrivateKey()
        let own = SealedBundle.fingerprint(key.publicKey)
        #expect(throws: BundleError.otherCentre(own)) { try Self.one(bytes).open(with: other) }
    }

    @Test("A line that speaks of another batch is refused, also by who can seal")
    func lyingHeader() throws {
        let (_, key, bytes) = try Self.vector()
        let bundle = try Self.one(bytes)
        let batch = try bundle.open(with: key)
        for change in 0..<3 {
            var header = bundle.header
            switch change {
            case 0: header.node = "8899aabbccddeeff"
            case 1: header.epoch = String(repeating: "a", count: 32)
            default: (header.first, header.last) = (2, 2)
            }
            let line = SealedBundle.encode(header)
            var sender = try HPKE.Sender(
                recipientKey: key.publicKey, ciphersuite: .Curve25519_SHA256_ChachaPoly,
                info: Data(SealedBundle.info.utf8))
            let sealed = Array(sender.encapsulatedKey) + (try sender.seal(Data(batch.text), authenticating: Data(line)))
            let lying = try Self.one(line + sealed)
            #expect(throws: BundleError.self) { try lying.open(with: key) }
        }
    }

    @Test("Bundles stand one behind the other in a file, however it is read")
    func several() throws {
        let (_, key, bytes) = try Self.vector()
        for most in [1, 7, 1024, 1 << 20] {
            var rest = bytes + bytes + bytes
            var reader = BundleReader { count in
                defer { rest.removeFirst(min(count, most, rest.count)) }
                return Array(rest.prefix(min(count, most)))
            }
            var found = 0
            while let bundle = try reader.next() {
                _ = try bundle.open(with: key)
                found += 1
            }
            #expect(found == 3)
        }
    }

    @Test("The Python script opens what Swift seals, and Swift what the script seals")
    func agreement() throws {
        let (vector, key, bytes) = try Self.vector()
        let batch = try Self.one(bytes).open(with: key)
        let made = try SealedBundle(sealing: batch, to: key.publicKey)
        #expect(try python("open", vector.sealing_key, made.bytes) == batch.text)
        let theirs = try python("seal", vector.sealing_key, batch.text)
        #expect(try Self.one(theirs).open(with: key).text == batch.text)
        var altered = made.bytes
        altered[altered.count - 1] ^= 1
        #expect(try python("open", vector.sealing_key, altered).isEmpty)
    }

    private func python(_ what: String, _ key: String, _ input: [UInt8]) throws -> [UInt8] {
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "verify_bundle.py")
        let (into, out) = (Pipe(), Pipe())
        let python = Process()
        python.executableURL = URL(filePath: "/usr/bin/env")
        python.arguments = ["python3", script.path, what, key]
        (python.standardInput, python.standardOutput, python.standardError) = (into, out, Pipe())
        try python.run()
        try into.fileHandleForWriting.write(contentsOf: Data(input))
        try into.fileHandleForWriting.close()
        let told = try out.fileHandleForReading.readToEnd() ?? Data()
        python.waitUntilExit()
        return Array(told)
    }
}
