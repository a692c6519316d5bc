import CentralStore
import Crypto
import Foundation
import Testing

@testable import CentralServer

@Suite("Accounts at the shell")
struct AccountsCommandTests {
    private static let cheap = PasswordCost(n: 1024, r: 8, p: 1)

    private func perform(_ request: AccountRequest, _ state: StateDirectory) async throws {
        _ = try await CentralCommands.perform(.account(request), in: state, now: { monday })
    }

    @Test("accounts are added, listed and changed without a server; what is mistyped is refused with exit code 64")
    func life() async throws {
        try await withTemporaryDirectory { directory in
            let (state, _) = try CommandTests.initialise(directory)
            let hash = try CentralCommands.hash("kuda makan rumput", account: "siti", cost: Self.cheap)
            try await perform(.add(name: "Siti", role: "admin", password: hash), state)
            try await perform(.add(name: "budi@kab", role: "viewer", password: hash), state)
            try await perform(.disable(name: "BUDI@kab"), state)
            try await perform(.role(name: "siti", role: "viewer"), state)
            let accounts = try await CentralCommands.accounts(in: state)
            #expect(
                AccountTable.text(accounts, at: monday) == """
                    NAME      ROLE    UNIT  EMPLOYEE  STATE     CREATED               PASSWORD SET          SESSIONS  LAST USE
                    budi@kab  viewer  -     -         disabled  2026-03-02T00:00:00Z  2026-03-02T00:00:00Z  0         -
                    Siti      viewer  -     -         active    2026-03-02T00:00:00Z  2026-03-02T00:00:00Z  0         -
                    """)
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            let json = String(decoding: try encoder.encode(AccountsAnswer(accounts, at: monday)), as: UTF8.self)
            #expect(json.contains(#""disabled_at":"2026-03-02T00:00:00.000Z","name":"budi@kab","#))
            let wrong: [(AccountRequest, String)] = [
                (.add(name: "siti", role: "admin", password: hash), "already"),
                (.add(name: "a", role: "king", password: hash), "admin, viewer"),
                (.add(name: "", role: "admin", password: hash), "not a name"),
                (.add(name: "si ti", role: "admin", password: hash), "not a name"),
                (.add(name: "sit\u{131}", role: "admin", password: hash), "not a name"),
                (.add(name: String(repeating: "a", count: 65), role: "admin", password: hash), "not a name"),
                (.add(name: "b", role: "admin", password: PasswordHash(hash: [], salt: [], cost: Self.cheap)), "hash"),
                (
                    .add(
                        name: "b", role: "admin",
                        password: PasswordHash(
                            hash: hash.hash, salt: hash.salt, cost: PasswordCost(n: 1 << 30, r: 8, p: 1))),
                    "hash"
                ),
                (.disable(name: "nobody"), "no account nobody"), (.enable(name: "nobody"), "no account"),
                (.role(name: "siti", role: "Admin"), "--role"),
                (.password(name: "nobody", password: hash), "no account"),
            ]
            for (request, part) in wrong {
                let error = await #expect(throws: CentralError.self) { try await perform(request, state) }
                #expect(
                    error?.exitCode == 64 && error?.description.contains(part) == true, "\(error?.description ?? "")")
            }
        }
    }

    @Test("passwords: 12 to 128 characters of any kind, none of those that are guessed first, none that is the name")
    func rules() {
        func isTaken(_ password: String, _ account: String = "siti.rahma") -> Bool {
            PasswordRules.problem(password, account: account) == nil
        }
        for good in [
            "kuda makan rumput", "correct horse battery", "aaaabbbbccccdddd", "Ini Ibu Budi 17", "1234 5678 9012 3456",
            String(repeating: "kata ", count: 25) + "x", "сложный пароль", "\u{1F434}\u{1F33E}  kuda-rumput",
            "siti.rahma suka durian",
        ] { #expect(isTaken(good), "\(good)") }
        for bad in [
            "", "kuda makan", String(repeating: "kata ", count: 26), "password1234", "PASSWORD1234", "Indonesia1945",
            "aaaaaaaaaaaaaaa", "abcabcabcabcabc", "hadirhadirhadir", "123456789012", "987654321098", "qwertyuiopas",
            "siti.rahma12", "Siti.Rahmasiti.rahma", "siti.rahma12345678",
        ] { #expect(!isTaken(bad), "\(bad)") }
        #expect(!isTaken("bismillahirrahmanirrahim"))
        // 12 characters, whichever way the keyboard composes them.
        #expect(isTaken("e\u{301}" + "kuda makan r") && !isTaken("e\u{301}" + "kuda makan"))
        #expect(PasswordRules.bytes("caf\u{E9}") == PasswordRules.bytes("cafe\u{301}"))
    }

    @Test("scrypt as RFC 7914 has it; a hash fits its own password, whatever the cost it was made at")
    func scrypt() async throws {
        let vector = try PasswordHasher.scrypt(
            Array("pleaseletmein".utf8), Array("SodiumChloride".utf8), PasswordCost(n: 16384, r: 8, p: 1))
        #expect(vector.prefix(8) == [0x70, 0x23, 0xBD, 0xCB, 0x3A, 0xFD, 0x73, 0x48])
        let hasher = PasswordHasher(limits: SignInLimits())
        for cost in [Self.cheap, PasswordCost(n: 2048, r: 4, p: 2)] {
            let kept = try PasswordHasher.make("kuda makan rumput", cost: cost)
            let other = try PasswordHasher.make("kuda makan rumput", cost: cost)
            #expect(kept.isSane && kept.salt != other.salt && kept.hash != other.hash)
            #expect(try await hasher.matches("kuda makan rumput", kept, isKnown: false))
            #expect(try await !hasher.matches("kuda makan Rumput", kept, isKnown: false))
            #expect(try await !hasher.matches("", kept, isKnown: false))
        }
        #expect(PasswordCost.standard.isSane && !PasswordCost(n: 1000, r: 8, p: 1).isSane)
    }

    @Test("a request travels as JSON to the server and back, and a hash that is one stays one")
    func wire() throws {
        let hash = PasswordHash(
            hash: [UInt8](repeating: 1, count: 32), salt: [UInt8](repeating: 2, count: 16), cost: .standard)
        let request = ControlRequest.account(.add(name: "siti", role: "admin", password: hash))
        let line = try JSONEncoder().encode(request)
        #expect(try JSONDecoder().decode(ControlRequest.self, from: line) == request)
        #expect(line.count < ControlServer.longestLine)
    }
}
