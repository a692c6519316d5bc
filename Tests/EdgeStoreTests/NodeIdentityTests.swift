import Attendance
import Crypto
import EdgeStore
import Foundation
import Testing

@Suite struct NodeIdentityTests {
    private let centre = Curve25519.Signing.PrivateKey()

    private func identity(_ key: NodeKey, pin: [UInt8]?) throws -> NodeIdentity {
        let code = EnrolmentCode(
            url: "https://hadir.example.go.id:8443", id: "0011223344556677", secret: [UInt8](repeating: 1, count: 16),
            centreFingerprint: Array(SHA256.hash(data: centre.publicKey.rawRepresentation)), tlsPin: pin)
        let answer = EnrolmentAnswer(
            code: code.id, publicKey: key.key.publicKey.rawRepresentation.base64EncodedString(), node: "dinkes-1",
            unit: "Dinas Kesehatan", signingKey: centre.publicKey,
            sealingKey: Curve25519.KeyAgreement.PrivateKey().publicKey)
        return try NodeIdentity(answer: answer, code: code, key: key)
    }

    private func withState<Value>(_ work: (StateDirectory) throws -> Value) throws -> Value {
        try withTemporaryDirectory { try work(StateDirectory(path: $0)) }
    }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test("what was saved is loaded", arguments: [nil, [UInt8](repeating: 9, count: 32)])
    func roundTrip(pin: [UInt8]?) throws {
        try withState { state in
            #expect(try NodeIdentity.load(from: state) == nil)
            let key = try NodeKey.forEnrolment(in: state)
            let saved = try identity(key, pin: pin)
            try saved.save(to: state)
            let loaded = try #require(try NodeIdentity.load(from: state))
            #expect(loaded.node == "dinkes-1" && loaded.unit == "Dinas Kesehatan" && loaded.url == saved.url)
            #expect(loaded.tlsPin == pin && loaded.centreSealingKey == saved.centreSealingKey)
            #expect(loaded.centreKeys.map(\.rawRepresentation) == [centre.publicKey.rawRepresentation])
            #expect(loaded.key.rawRepresentation == key.key.rawRepresentation)
            #expect(try mode(state.nodeKey) == 0o600)
            #expect(
                try !String(contentsOfFile: state.nodeIdentity, encoding: .utf8)
                    .contains(key.key.rawRepresentation.base64EncodedString()))
        }
    }

    @Test("a second try to enroll uses the same key")
    func sameKey() throws {
        try withState { state in
            let key = try NodeKey.forEnrolment(in: state)
            #expect(try NodeKey.forEnrolment(in: state).key.rawRepresentation == key.key.rawRepresentation)
        }
    }

    @Test("a key that others can read is refused, with the remedy", arguments: [0o640, 0o604, 0o660, 0o644, 0o601])
    func openKey(mode: Int) throws {
        try withState { state in
            try identity(try NodeKey.forEnrolment(in: state), pin: nil).save(to: state)
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: state.nodeKey)
            let error = #expect(throws: StateDirectoryError.self) { try NodeIdentity.load(from: state) }
            #expect(error?.description.contains("chmod 600 \(state.nodeKey)") == true)
            try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: state.nodeKey)
            #expect(try NodeIdentity.load(from: state) != nil)
        }
    }

    @Test("damaged files are errors that say what to do, never another identity")
    func damaged() throws {
        let manager = FileManager.default
        let damages: [(StateDirectory) throws -> Void] = [
            { try manager.removeItem(atPath: $0.nodeKey) },
            { try Data("no key\n".utf8).write(to: URL(filePath: $0.nodeKey)) },
            { try Data().write(to: URL(filePath: $0.nodeKey)) },
            { try Data([UInt8](repeating: 65, count: 40)).write(to: URL(filePath: $0.nodeKey)) },
            { try Data("{}".utf8).write(to: URL(filePath: $0.nodeIdentity)) },
            {
                try Data(Data(contentsOf: URL(filePath: $0.nodeIdentity)).dropLast(9)).write(
                    to: URL(filePath: $0.nodeIdentity))
            },
            { try replace("\"tls_pin\" : \"", "\"tls_pin\" : \"0", in: $0.nodeIdentity) },
            { try replace("\"centre_signing_key\" : \"", "\"centre_signing_key\" : \"A", in: $0.nodeIdentity) },
            { try replace("\"centre_sealing_key\" : \"", "\"centre_sealing_key\" : \"AAAA", in: $0.nodeIdentity) },
            {
                try manager.removeItem(atPath: $0.nodeIdentity)
                try manager.createDirectory(atPath: $0.nodeIdentity, withIntermediateDirectories: false)
            },
        ]
        for (number, damage) in damages.enumerated() {
            try withState { state in
                try identity(NodeKey.forEnrolment(in: state), pin: [UInt8](repeating: 9, count: 32)).save(
                    to: state)
                try damage(state)
                if manager.fileExists(atPath: state.nodeKey) {
                    try manager.setAttributes([.posixPermissions: 0o600], ofItemAtPath: state.nodeKey)
                }
                #expect(throws: StateDirectoryError.self, "damage \(number)") { try NodeIdentity.load(from: state) }
            }
        }
    }

    private func replace(_ old: String, _ new: String, in path: String) throws {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        guard text.contains(old) else { throw FixtureError(what: "\(old) is not in \(path)") }
        try text.replacingOccurrences(of: old, with: new).write(toFile: path, atomically: false, encoding: .utf8)
    }

    @Test("a file that cannot be replaced stays as it was, and nothing is left beside it")
    func atomicFile() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/node.json"
            try AtomicFile.write(Array("old".utf8), to: path, mode: 0o640)
            try Data("left by a crash".utf8).write(to: URL(filePath: path + ".new"))
            try AtomicFile.write(Array("new".utf8), to: path, mode: 0o600)
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "new")
            #expect(try mode(path) == 0o600)
            // A directory cannot be replaced by a file.
            let folder = directory + "/folder"
            try FileManager.default.createDirectory(atPath: folder + "/inside", withIntermediateDirectories: true)
            #expect(throws: StateDirectoryError.self) { try AtomicFile.write([1], to: folder, mode: 0o600) }
            #expect(throws: StateDirectoryError.self) {
                try AtomicFile.write([1], to: directory + "/no/x", mode: 0o600)
            }
            #expect(try Set(FileManager.default.contentsOfDirectory(atPath: directory)) == ["folder", "node.json"])
            try AtomicFile.write([], to: path, mode: 0o600)
            #expect(try Data(contentsOf: URL(filePath: path)).isEmpty)
        }
    }

    @Test("F12 A new enrolment cut short at any step leaves the old key or the new one in use, never none")
    func keyChange() throws {
        try withState { state in
            let first = try NodeKey.forEnrolment(in: state)
            try identity(first, pin: nil).save(to: state)
            // Cut short before the answer: the old key works, and the same new one is found again.
            let second = try NodeKey.forEnrolment(in: state)
            #expect(second.key.rawRepresentation != first.key.rawRepresentation)
            #expect(try NodeIdentity.load(from: state)?.key.rawRepresentation == first.key.rawRepresentation)
            #expect(try NodeKey.forEnrolment(in: state).key.rawRepresentation == second.key.rawRepresentation)
            try identity(second, pin: nil).save(to: state)
            #expect(try NodeIdentity.load(from: state)?.key.rawRepresentation == second.key.rawRepresentation)
            #expect(!FileManager.default.fileExists(atPath: state.nodeKey))
            // Cut short between the new identity and the removal of the former key: nobody takes it for a new one.
            let third = try NodeKey.forEnrolment(in: state)
            #expect(third.key.rawRepresentation != second.key.rawRepresentation)
            #expect(try mode("\(state.path)/\(third.file)") == 0o600)
        }
    }

    @Test("F13 Keys the centre announced are trusted beside the first, once each and not without end")
    func announcedKeys() throws {
        try withState { state in
            var saved = try identity(try NodeKey.forEnrolment(in: state), pin: nil)
            let next = Curve25519.Signing.PrivateKey().publicKey
            saved = try #require(saved.trusting(next))
            #expect(saved.trusting(next) == nil && saved.trusting(centre.publicKey) == nil)
            try saved.save(to: state)
            let loaded = try #require(try NodeIdentity.load(from: state))
            #expect(loaded.centreKeys.map(\.rawRepresentation) == [centre.publicKey, next].map(\.rawRepresentation))
            #expect(loaded.newestCentreKey == Hex.encode(SHA256.hash(data: next.rawRepresentation)))
            for _ in 0..<20 { saved = saved.trusting(Curve25519.Signing.PrivateKey().publicKey) ?? saved }
            #expect(saved.centreKeys.count == 8)
        }
    }

    @Test("a key file's name never leads out of the state directory", arguments: ["../x", "/etc/passwd", "node-1.key"])
    func keyFileName(name: String) throws {
        try withState { state in
            try identity(try NodeKey.forEnrolment(in: state), pin: nil).save(to: state)
            let text = try String(contentsOfFile: state.nodeIdentity, encoding: .utf8)
            let changed = text.replacing("{", with: "{\"key_file\":\"\(name)\",", maxReplacements: 1)
            try changed.write(toFile: state.nodeIdentity, atomically: true, encoding: .utf8)
            #expect(throws: StateDirectoryError.self) { try NodeIdentity.load(from: state) }
        }
    }
}
