import Attendance
import CentralStore
import Crypto
import Foundation
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

@testable import CentralServer

@Suite("The centre's signing keys")
struct KeyTests {
    private func status(_ key: CentralKeys.SigningKey?) -> NodeStatus {
        NodeStatus(version: "1", backlog: 0, centreKey: key.map { Hex.encode($0.fingerprint) })
    }

    /// Sends a heartbeat of a node that trusts `keys`, newest last, and learns what its receipt announces.
    private func beat(
        _ edge: Edge, trusting keys: inout [Curve25519.Signing.PublicKey], _ client: any TestClientProtocol
    ) async throws -> Receipt {
        let newest = try #require(keys.last)
        let known = Hex.encode(SHA256.hash(data: newest.rawRepresentation))
        let batch = try edge.batch(status: NodeStatus(version: "1", backlog: 0, centreKey: known))
        let bytes = Array(try await client.send(batch).body.readableBytesView)
        let receipt = keys.lazy.compactMap { try? Receipt(parsing: bytes, centreKey: $0, to: batch.header) }.first
        let believed = try #require(receipt, "no key that the node trusts signed the receipt")
        if let next = believed.nextKey, !keys.contains(where: { $0.rawRepresentation == next.rawRepresentation }) {
            keys.append(next)
        }
        return believed
    }

    @Test("F13 a new signing key is announced under the old one, takes over when all know it, and no batch fails")
    func rotation() async throws {
        try await Centre.run { centre, client in
            let old = centre.keys.signing
            let edges = [try await centre.enrolledEdge(), try await centre.enrolledEdge(unit: "Kecamatan Misal")]
            let away = try await centre.enrolledEdge()
            var trusted = [[Curve25519.Signing.PublicKey]](repeating: [old.publicKey], count: 2)
            func beats() async throws -> [Receipt] {
                var receipts: [Receipt] = []
                for number in 0..<2 {
                    receipts.append(try await beat(edges[number], trusting: &trusted[number], client))
                }
                return receipts
            }
            #expect(try await beats().allSatisfy { $0.answer == .ok && $0.next_key == nil })
            guard case .key(let announced) = await centre.administration.perform(.announceKey) else {
                throw FixtureError(what: "not announced")
            }
            #expect(await centre.administration.perform(.announceKey) == .key(fingerprint: announced))
            let next = try #require(centre.keys.next)
            #expect(Hex.encode(next.fingerprint) == announced)
            let early = await centre.administration.perform(.switchKey(force: false))
            guard case .refused(.usage, let text) = early else { throw FixtureError(what: "switched") }
            #expect(([away] + edges).allSatisfy { text.contains($0.node) })
            // Once they hear it, once they say so.
            #expect(try await beats().allSatisfy { $0.nextKey?.rawRepresentation == next.publicKey.rawRepresentation })
            _ = try await beats()
            let status = KeyStatus(centre.keys, try await centre.store.nodes(), at: monday)
            #expect(status.unaware == [away.node])
            // The third office has been closed for two months.
            centre.clock.pass(60 * 86_400)
            _ = try await beats()
            #expect(await centre.administration.perform(.switchKey(force: false)) == .key(fingerprint: announced))
            #expect(centre.keys.signing.rawRepresentation == next.rawRepresentation && centre.keys.next == nil)
            for receipt in try await beats() { #expect(receipt.answer == .ok && receipt.next_key == nil) }
            // It opens again, and has heard of nothing: told under the key it knows, then under the new one.
            var late = [old.publicKey]
            #expect(try await beat(away, trusting: &late, client).nextKey != nil)
            #expect(try await beat(away, trusting: &late, client).next_key == nil)
            #expect(late.count == 2)
        }
    }

    @Test("F13 a node that a forced change left behind is told under the key it knows; nobody else can ask for that")
    func forced() async throws {
        try await Centre.run { centre, client in
            let old = centre.keys.signing
            let edge = try await centre.enrolledEdge()
            guard case .refused(.usage, _) = await centre.administration.perform(.switchKey(force: true)) else {
                throw FixtureError(what: "switched to a key that was never announced")
            }
            #expect(centre.keys.signing.rawRepresentation == old.rawRepresentation)
            _ = await centre.administration.perform(.announceKey)
            guard case .key = await centre.administration.perform(.switchKey(force: true)) else {
                throw FixtureError(what: "not switched")
            }
            var keys = [old.publicKey]
            #expect(try await beat(edge, trusting: &keys, client).answer == .ok)
            #expect(keys.last?.rawRepresentation == centre.keys.signing.publicKey.rawRepresentation)
            let forged = try edge.batch(status: status(old), signedBy: .init())
            let refusal = try centre.receipt(try await client.send(forged), to: forged)
            #expect(refusal.reason == "bad_signature" && refusal.next_key == nil)
        }
    }

    @Test("F13 an enrolment code is answered under the key it names, old or new, and so is the same request again")
    func codes() async throws {
        try await Centre.run { centre, client in
            let old = try await centre.code()
            let used = try await centre.code()
            func enrol(_ code: EnrolmentCode, _ key: Curve25519.Signing.PublicKey) async throws -> EnrolmentAnswer {
                let request = EnrolmentRequest(code: code, nodeKey: key)
                let response = try await client.execute(
                    uri: "/v1/enroll", method: .post, headers: [.contentType: "application/json"],
                    body: ByteBuffer(bytes: JSONEncoder().encode(request)))
                return try EnrolmentAnswer(
                    parsing: Array(response.body.readableBytesView), code: code, request: request)
            }
            let keys = (0..<3).map { _ in Curve25519.Signing.PrivateKey() }
            let first = try await enrol(used, keys[0].publicKey)
            _ = await centre.administration.perform(.announceKey)
            _ = await centre.administration.perform(.switchKey(force: true))
            let new = try await centre.code()
            #expect(new.centreFingerprint == centre.keys.fingerprint && old.centreFingerprint != new.centreFingerprint)
            #expect(try await enrol(used, keys[0].publicKey) == first)
            let late = try await enrol(old, keys[1].publicKey)
            _ = try await enrol(new, keys[2].publicKey)
            // Who came in under the old key learns the new one with its first batch.
            let earlier = try #require(centre.keys.earlier.first)
            var trusted = [earlier.publicKey]
            #expect(try await beat(Edge(node: late.node, key: keys[1]), trusting: &trusted, client).answer == .ok)
            #expect(trusted.count == 2)
        }
    }

    @Test("F12 F13 a change cut off after any step leaves a centre that starts, and the change can be done again")
    func interrupted() async throws {
        try await withTemporaryDirectory { directory in
            let (state, _) = try CommandTests.initialise(directory)
            let old = try CentralKeys(state).signing
            func reopened() throws -> CentralKeys {
                let keys = try CentralKeys(state)
                // Whatever was cut off: who trusts the old key gets an answer under it, or is told the new one.
                let (key, next) = keys.signer(trusted: Hex.encode(old.fingerprint))
                #expect(key.rawRepresentation == old.rawRepresentation)
                #expect((next == nil) == (keys.next == nil && keys.earlier.isEmpty))
                #expect(keys.signing(fingerprint: old.fingerprint) != nil)
                return keys
            }
            // Half of a file that was being written.
            try Data("abc".utf8).write(to: URL(filePath: state.nextSigningKey + ".new"))
            #expect(try reopened().next == nil)
            let next = try #require(try KeyRing(state).announce().next)
            #expect(try reopened().next?.rawRepresentation == next.rawRepresentation)
            #expect(try KeyRing(state).announce().next?.rawRepresentation == next.rawRepresentation)
            try Data("abc".utf8).write(
                to: URL(filePath: state.earlierSigningKey(Hex.encode(old.fingerprint)) + ".new"))
            #expect(try reopened().earlier.isEmpty)
            try KeyFiles.keep(old, in: state)
            let kept = try reopened()
            #expect(kept.earlier.isEmpty && kept.signing.rawRepresentation == old.rawRepresentation)
            #expect(kept.next?.rawRepresentation == next.rawRepresentation)
            let changed = try #require(try KeyRing(state).change())
            let after = try reopened()
            for keys in [changed, after] {
                #expect(keys.signing.rawRepresentation == next.rawRepresentation && keys.next == nil)
                #expect(keys.earlier.map(\.rawRepresentation) == [old.rawRepresentation])
            }
            #expect(try KeyRing(state).change() == nil)
            for name in try FileManager.default.contentsOfDirectory(atPath: state.path) where name.hasSuffix(".key") {
                let mode = try FileManager.default.attributesOfItem(atPath: state.path + "/" + name)[.posixPermissions]
                #expect(mode as? Int == 0o600, "\(name)")
            }
        }
    }

    @Test("F12 F13 keys that change while they are read are read again: none is left out of a kit")
    func changedMeanwhile() async throws {
        try await withTemporaryDirectory { directory in
            let (state, _) = try CommandTests.initialise(directory)
            let ring = try KeyRing(state)
            let old = ring.keys.signing
            let next = try #require(try ring.announce().next)
            var readings = 0
            let keys = try CentralKeys.read(state) {
                readings += 1
                if readings == 1 { _ = try? ring.change() }
            }
            #expect(readings == 2 && keys.signing.rawRepresentation == next.rawRepresentation)
            #expect(keys.earlier.map(\.rawRepresentation) == [old.rawRepresentation] && keys.next == nil)
        }
    }

    @Test("a recovery kit made later gives back every key; nothing is written over")
    func kit() async throws {
        try await withTemporaryDirectory { directory in
            let (state, _) = try CommandTests.initialise(directory)
            let cost = try JSONDecoder().decode(RecoveryKit.Cost.self, from: Data(#"{"n":1024,"r":8,"p":1}"#.utf8))
            let ring = try KeyRing(state)
            for round in 0..<3 {
                _ = try ring.announce()
                if round > 0 { _ = try ring.change() }
                let path = directory.appending(path: "kit-\(round)").path
                let made = try await CentralCommands.recoveryKit(state, path: path, passphrase: nil, cost: cost)
                let kit = try RecoveryKit(parsing: String(contentsOfFile: path, encoding: .utf8))
                let opened = try kit.open(passphrase: try #require(made)).keys
                #expect(opened.signing.rawRepresentation == ring.keys.signing.rawRepresentation)
                #expect(opened.sealing.rawRepresentation == ring.keys.sealing.rawRepresentation)
                #expect(opened.next?.rawRepresentation == ring.keys.next?.rawRepresentation)
                #expect(Set(opened.earlier.map(\.fingerprint)) == Set(ring.keys.earlier.map(\.fingerprint)))
                #expect(opened.earlier.count == round)
                await #expect(throws: CentralError.self) {
                    try await CentralCommands.recoveryKit(
                        state, path: path, passphrase: "correct horse battery", cost: cost)
                }
            }
        }
    }

    @Test("key status names each key and who is waited for; revoked and long silent nodes are not")
    func table() throws {
        let (present, next, old) = (CentralKeys.SigningKey(), CentralKeys.SigningKey(), CentralKeys.SigningKey())
        var keys = CentralKeys(signing: present, sealing: .init(), next: next, earlier: [old])
        func node(_ name: String, _ key: CentralKeys.SigningKey?, days: Double = 1, revoked: Bool = false)
            -> NodeSummary
        {
            NodeSummary(
                node: name, unit: "Dinas", enrolledAt: monday.addingTimeInterval(-90 * 86_400),
                revokedFrom: revoked ? monday : nil, contactAt: monday.addingTimeInterval(-days * 86_400),
                status: status(key))
        }
        let nodes = [
            node("knows", next), node("slow", present), node("slower", old), node("silent", nil),
            node("stranger", .init()), node("gone", present, days: 60), node("revoked", present, revoked: true),
            node("from the future", present, days: -400),
            NodeSummary(node: "never", unit: "Dinas", enrolledAt: monday, revokedFrom: nil),
        ]
        let told = KeyStatus(keys, nodes, at: monday)
        #expect(told.unaware == ["slow", "slower", "silent", "stranger", "from the future", "never"])
        #expect(told.nodes.map(\.knows).prefix(5) == ["next", "present", "earlier", nil, "other"])
        #expect(
            told.text.contains("next    \(Hex.encode(next.fingerprint))\nearlier \(Hex.encode(old.fingerprint))\n"))
        keys.next = nil
        #expect(KeyStatus(keys, nodes, at: monday).unaware.isEmpty)
    }
}
