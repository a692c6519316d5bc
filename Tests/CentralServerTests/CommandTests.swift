import Attendance
import CentralServer
import CentralStore
import Crypto
import Foundation
import HadirTestSupport
import Testing

@Suite("Commands")
struct CommandTests {
    private static let cheap = try? JSONDecoder().decode(
        RecoveryKit.Cost.self, from: Data(#"{"n":1024,"r":8,"p":1}"#.utf8))

    @discardableResult
    static func initialise(_ directory: URL) throws -> (StateDirectory, CentralCommands.Initialised) {
        let state = StateDirectory(directory.appending(path: "s").path)
        let cost = try #require(cheap)
        return (state, try CentralCommands.initialise(state, cost: cost))
    }

    private func permissions(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test("init makes a private state directory whose recovery kit gives back the keys")
    func initialise() async throws {
        try await withTemporaryDirectory { directory in
            let (state, made) = try Self.initialise(directory)
            #expect(try permissions(state.path) == 0o700)
            for file in [state.signingKey, state.sealingKey, state.database, state.recoveryKit] {
                #expect(try permissions(file) == 0o600, "\(file)")
            }
            let keys = try CentralKeys(state)
            #expect(Hex.encode(keys.fingerprint) == made.fingerprint)
            let text = try String(contentsOfFile: made.recoveryKit, encoding: .utf8)
            let kit = try RecoveryKit(parsing: text)
            let opened = try kit.open(passphrase: try #require(made.passphrase)).keys
            #expect(opened.signing.rawRepresentation == keys.signing.rawRepresentation)
            #expect(opened.sealing.rawRepresentation == keys.sealing.rawRepresentation)
            #expect(throws: CentralError.self) { try kit.open(passphrase: "0000-0000-0000-0000-0000") }
            #expect(!text.contains(keys.signing.rawRepresentation.base64EncodedString()))
            let other = text.replacing(made.fingerprint, with: String(repeating: "0", count: 64))
            #expect(throws: CentralError.self) {
                try RecoveryKit(parsing: other).open(passphrase: made.passphrase ?? "")
            }
        }
    }

    @Test("init again is refused and changes nothing")
    func initialiseTwice() async throws {
        try await withTemporaryDirectory { directory in
            let (state, _) = try Self.initialise(directory)
            let before = try Data(contentsOf: URL(filePath: state.signingKey))
            let error = #expect(throws: CentralError.self) { try CentralCommands.initialise(state) }
            #expect(error?.exitCode == 78)
            #expect(try Data(contentsOf: URL(filePath: state.signingKey)) == before)
        }
    }

    @Test("an operator's kit goes where it is told, is never written over, and needs a real passphrase")
    func ownKit() async throws {
        try await withTemporaryDirectory { directory in
            let state = StateDirectory(directory.appending(path: "s").path)
            let path = directory.appending(path: "kit.txt").path
            let cost = try #require(Self.cheap)
            #expect(throws: CentralError.self) {
                try CentralCommands.initialise(state, kit: (path, "short"), cost: cost)
            }
            try Data("mine".utf8).write(to: URL(filePath: path))
            #expect(throws: CentralError.self) {
                try CentralCommands.initialise(state, kit: (path, "correct horse battery"), cost: cost)
            }
            #expect(!state.isInitialised)
            try FileManager.default.removeItem(atPath: path)
            let made = try CentralCommands.initialise(state, kit: (path, "correct horse battery"), cost: cost)
            #expect(made.passphrase == nil)
            let kit = try RecoveryKit(parsing: String(contentsOfFile: path, encoding: .utf8))
            #expect(
                try kit.open(passphrase: "correct horse battery").keys.fingerprint == CentralKeys(state).fingerprint)
        }
    }

    private func enrol(_ node: String, _ unit: String, _ store: any CentralStore) async throws {
        let code = EnrolmentCode(
            url: "http://127.0.0.1", id: node, secret: [UInt8](repeating: 3, count: 16),
            centreFingerprint: [UInt8](repeating: 7, count: 32), tlsPin: nil)
        try await store.addEnrolmentCode(
            NewEnrolmentCode(
                id: node, unit: unit, key: EnrolmentKey(secret: code.secret, codeID: node), createdAt: monday,
                expiresAt: monday.addingTimeInterval(86_400)))
        let request = EnrolmentRequest(code: code, nodeKey: Curve25519.Signing.PrivateKey().publicKey)
        #expect(
            try await store.enrol(
                request, nodeName: node, centreFingerprint: code.centreFingerprint, at: monday) != nil)
    }

    @Test("B21 a centre made again from its kit has its keys and nodes; who was revoked stays revoked")
    func restored() async throws {
        try await withTemporaryDirectory { directory in
            let (state, _) = try Self.initialise(directory)
            let store = try SQLiteCentralStore(path: state.database)
            try await enrol("n1", "Dinas Contoh", store)
            try await enrol("n2", "Dinas Lain", store)
            _ = try await store.revoke(node: "n2", from: monday, at: monday)
            let kept = try await store.keptNodes()
            try store.close()
            let path = directory.appending(path: "kit.txt").path
            let phrase = "correct horse battery"
            let cost = try #require(Self.cheap)
            _ = try await CentralCommands.recoveryKit(state, path: path, passphrase: phrase, cost: cost)
            let keys = try CentralKeys(state)

            let held = await #expect(throws: CentralError.self) {
                try await CentralCommands.restore(state, kit: path, passphrase: phrase, at: monday)
            }
            #expect(held?.exitCode == 78)
            let new = StateDirectory(directory.appending(path: "new").path)
            let wrong = await #expect(throws: CentralError.self) {
                try await CentralCommands.restore(new, kit: path, passphrase: "not this one at all", at: monday)
            }
            #expect(wrong?.exitCode == 77 && !new.isInitialised)
            // Of an attempt that was cut off before the keys were written.
            try new.create()
            try Data("half".utf8).write(to: URL(filePath: new.database))
            let made = try await CentralCommands.restore(new, kit: path, passphrase: phrase, at: monday)
            #expect(made.nodes == 2 && made.fingerprint == Hex.encode(keys.fingerprint))
            #expect(try CentralKeys(new).sealing.rawRepresentation == keys.sealing.rawRepresentation)
            let again = try SQLiteCentralStore(path: new.database)
            #expect(try await again.keptNodes() == kept)
            #expect(try await again.nodes().map(\.isRevocationMet) == [false, true])
            #expect(try await again.auditNotes(after: 0, limit: 10).map(\.what) == ["centre_restored"])
            try again.close()
            #expect(try await CentralCommands.verify(in: new).isWhole)
        }
    }

    @Test("keys that others may read, or that are damaged, are refused with what to do")
    func keyFiles() async throws {
        try await withTemporaryDirectory { directory in
            let (state, _) = try Self.initialise(directory)
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: state.signingKey)
            let open = #expect(throws: CentralError.self) { try CentralKeys(state) }
            #expect(open?.kind == .permission && open?.description.contains("chmod 600") == true)
            try Data("not a key".utf8).write(to: URL(filePath: state.signingKey))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: state.signingKey)
            #expect(throws: CentralError.self) { try CentralKeys(state) }
            let nowhere = StateDirectory(directory.appending(path: "none").path)
            let missing = #expect(throws: CentralError.self) { try CentralKeys(nowhere) }
            #expect(missing?.description.contains("hadir-central init") == true)
        }
    }

    @Test("without a server, commands write themselves; while another process holds the lock they do not")
    func withoutServer() async throws {
        try await withTemporaryDirectory { directory in
            let (state, _) = try Self.initialise(directory)
            let request = ControlRequest.addNode(unit: "Dinas Contoh", url: "https://hadir.example", tlsPin: nil)
            guard
                case .code(let text, "Dinas Contoh", let expires) =
                    try await CentralCommands.perform(request, in: state, now: { monday })
            else { throw FixtureError(what: "no code") }
            #expect(expires == "2026-03-03T00:00:00.000Z")
            #expect(try EnrolmentCode(parsing: text).url == "https://hadir.example")
            #expect(try await CentralCommands.nodes(in: state).isEmpty)
        }
    }

    @Test("a command waits 5 s for whoever holds the lock and does not answer, then says so; let go, it is done")
    func lockHeld() async throws {
        try await withTemporaryDirectory { directory in
            let (state, _) = try Self.initialise(directory)
            let request = ControlRequest.addNode(unit: "Dinas Contoh", url: "https://hadir.example", tlsPin: nil)
            var lock = try state.lock()
            #expect(lock != nil)
            let clock = ManualClock()
            let refused = Task { try await CentralCommands.perform(request, in: state, clock: clock) }
            for _ in 0..<100 {
                await clock.sleepers(1)
                clock.advance(by: .milliseconds(50))
            }
            let error = await #expect(throws: CentralError.self) { try await refused.value }
            #expect(error?.exitCode == 75 && error?.description.contains("does not answer") == true)
            let done = Task { try await CentralCommands.perform(request, in: state, clock: clock) }
            await clock.sleepers(1)
            withExtendedLifetime(lock) {}
            lock = nil
            clock.advance(by: .milliseconds(50))
            guard case .code = try await done.value else { throw FixtureError(what: "no code") }
        }
    }

    @Test("what an operator mistypes is refused and says what was expected")
    func mistyped() async throws {
        try await withTemporaryDirectory { directory in
            let (state, _) = try Self.initialise(directory)
            let wrong: [(ControlRequest, String)] = [
                (.addNode(unit: "", url: "https://hadir.example", tlsPin: nil), "--unit"),
                (.addNode(unit: "a\u{1B}[2J", url: "https://hadir.example", tlsPin: nil), "--unit"),
                (.addNode(unit: "Dinas", url: "http://hadir.example", tlsPin: nil), "plain HTTP"),
                (.addNode(unit: "Dinas", url: "http://127.evil.example", tlsPin: nil), "plain HTTP"),
                (.addNode(unit: "Dinas", url: "ftp://hadir.example", tlsPin: nil), "neither"),
                (.addNode(unit: "Dinas", url: "hadir.example", tlsPin: nil), "such as"),
                (.addNode(unit: "Dinas", url: "https://hadir.example", tlsPin: "00"), "pin"),
                (.revokeNode(node: "nobody", from: nil), "no node nobody"),
                (.revokeNode(node: "nobody", from: "yesterday"), "--from"),
                (.addToken(role: "king", label: ""), "reader"),
            ]
            for (request, part) in wrong {
                let error = await #expect(throws: CentralError.self) {
                    try await CentralCommands.perform(request, in: state)
                }
                #expect(error?.exitCode == 64)
                #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
            }
        }
    }

    @Test("an address to listen on is read strictly, and only loopback counts as loopback")
    func listenAddress() throws {
        #expect(try ListenAddress(parsing: "127.0.0.1:0") == ListenAddress(host: "127.0.0.1", port: 0))
        #expect(try ListenAddress(parsing: "[::1]:8443") == ListenAddress(host: "::1", port: 8443))
        for text in ["", "127.0.0.1", ":80", "::1:80", "a:65536", "a:-1", "[]:1", "a:b"] {
            #expect(throws: CentralError.self, "\(text)") { try ListenAddress(parsing: text) }
        }
        for host in ["127.0.0.1", "127.1.2.3", "localhost", "::1"] {
            #expect(ListenAddress(host: host, port: 1).isLoopback, "\(host)")
        }
        for host in ["0.0.0.0", "192.168.1.2", "::", "fe80::1", "127.evil.example", "hadir.example"] {
            #expect(!ListenAddress(host: host, port: 1).isLoopback, "\(host)")
        }
    }

    @Test("H13 the table of nodes shows state and backlog and no terminal escapes")
    func table() {
        let status = NodeStatus(version: "1.0\u{1B}[31m", backlog: 12)
        let nodes = [
            NodeSummary(
                node: "4f1c9a2be07d3358", unit: "Dinas Contoh", enrolledAt: monday, revokedFrom: nil, contactAt: monday,
                status: status, highWater: 41, missing: 7),
            NodeSummary(node: "8a00", unit: "Kec. Misal", enrolledAt: monday, revokedFrom: monday),
        ]
        #expect(
            NodeTable.text(nodes, at: monday) == """
                NODE              UNIT          STATE    LAST CONTACT          VERSION   BACKLOG  HIGH WATER  MISSING  FORKS
                4f1c9a2be07d3358  Dinas Contoh  active   2026-03-02T00:00:00Z  1.0\u{FFFD}[31m  12       41          7        0
                8a00              Kec. Misal    revoked  never                 -         -        0           0        0
                """)
    }
}
