import Attendance
import Foundation
import GRDB
import Testing

@testable import CentralStore

@Suite("Accounts")
struct AccountTests {
    private let password = PasswordHash(
        hash: [UInt8](repeating: 1, count: 32), salt: [UInt8](repeating: 2, count: 16),
        cost: PasswordCost(n: 1024, r: 8, p: 1))
    private let other = PasswordHash(
        hash: [UInt8](repeating: 3, count: 32), salt: [UInt8](repeating: 4, count: 16), cost: .standard)

    private func token(_ number: Int) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) } + [UInt8](repeating: 9, count: 24)
    }

    private func add(_ name: String, _ store: any CentralStore, role: AccountRole = .viewer) async throws -> Bool {
        try await store.addAccount(NewAccount(name: name, role: role, password: password, createdAt: monday))
    }

    private func open(
        _ number: Int, _ store: any CentralStore, _ name: String = "siti", with used: PasswordHash? = nil,
        at moment: Date = monday
    ) async throws -> Bool {
        try await store.addSession(
            NewSession(token: token(number), account: name, password: used ?? password, createdAt: moment))
    }

    @Test("a name is taken once, whatever its case, and is found in any", arguments: StoreKind.allCases)
    func names(kind: StoreKind) async throws {
        try await kind.withStore { store in
            #expect(try await add("Siti.Rahma", store, role: .admin))
            #expect(try await !add("siti.rahma", store))
            #expect(try await add("budi", store))
            let found = try #require(try await store.account(named: "SITI.RAHMA"))
            #expect(found.name == "Siti.Rahma" && found.role == .admin && !found.isDisabled)
            #expect(found.password == password)
            #expect(try await store.account(named: "nobody") == nil)
            #expect(try await store.account(named: "siti%") == nil)
            let all = try await store.accounts()
            #expect(all.map(\.name) == ["budi", "Siti.Rahma"])
            #expect(all.first?.createdAt == monday && all.first?.passwordChangedAt == monday)
        }
    }

    @Test(
        "H16 another password, another role, a disabled account: its sessions are dead at once, others' live",
        arguments: StoreKind.allCases)
    func changes(kind: StoreKind) async throws {
        let later = monday.addingTimeInterval(60)
        let changes: [AccountChange] = [
            .password(other, firstEnds: nil), .role(.admin, unit: nil), .disabled, .enabled,
        ]
        for change in changes {
            try await kind.withStore { store in
                _ = try await add("siti", store)
                _ = try await add("budi", store)
                #expect(try await open(1, store))
                #expect(try await open(2, store, "budi"))
                #expect(
                    try await store.session(token(1))
                        == StoredSession(account: "siti", role: .viewer, createdAt: monday, seenAt: monday))
                #expect(try await store.change(account: "SITI", change, at: later))
                #expect(try await store.session(token(1)) == nil, "\(change)")
                #expect(try await store.session(token(2)) != nil)
                #expect(try await !store.change(account: "nobody", change, at: later))
            }
        }
    }

    @Test(
        "H16 what was changed between the look at a password and the session leaves no session",
        arguments: StoreKind.allCases)
    func races(kind: StoreKind) async throws {
        try await kind.withStore { store in
            _ = try await add("siti", store)
            #expect(try await store.change(account: "siti", .password(other, firstEnds: nil), at: monday))
            #expect(try await !open(1, store))
            #expect(try await open(1, store, with: other))
            #expect(try await store.change(account: "siti", .disabled, at: monday))
            #expect(try await !open(2, store, with: other))
            #expect(try await store.account(named: "siti")?.isDisabled == true)
            #expect(try await store.change(account: "siti", .disabled, at: monday.addingTimeInterval(60)))
            #expect(try await store.accounts().first?.disabledAt == monday)
            #expect(try await store.change(account: "siti", .enabled, at: monday))
            #expect(try await open(3, store, with: other))
            #expect(try await !open(4, store, "nobody"))
        }
    }

    @Test(
        "H16 a session ends for good; unused and old ones are forgotten, and an account has no more than it may",
        arguments: StoreKind.allCases)
    func sessions(kind: StoreKind) async throws {
        try await kind.withStore { store in
            _ = try await add("siti", store)
            for number in 0..<NewSession.mostOfOneAccount + 5 {
                #expect(try await open(number, store, at: monday.addingTimeInterval(Double(number))))
            }
            #expect(try await store.accounts().first?.sessions == NewSession.mostOfOneAccount)
            #expect(try await store.session(token(4)) == nil)
            #expect(try await store.session(token(5)) != nil)
            // A clock that went back does not make the newest one the oldest.
            #expect(try await open(999, store, at: monday.addingTimeInterval(-3600)))
            #expect(try await store.session(token(999)) != nil)
            try await store.endSession(token(54), at: monday)
            #expect(try await store.session(token(54)) == nil)
            let used = monday.addingTimeInterval(600)
            try await store.noteUse(ofSession: token(20), at: used)
            #expect(try await store.session(token(20))?.seenAt == used)
            #expect(try await store.accounts().first?.seenAt == used)
            try await store.forgetSessions(
                unusedSince: monday.addingTimeInterval(300), olderThan: monday, at: monday)
            #expect(try await store.accounts().first?.sessions == 1)
            try await store.forgetSessions(
                unusedSince: monday, olderThan: monday.addingTimeInterval(21), at: monday)
            #expect(try await store.session(token(20)) == nil)
        }
    }

    @Test(
        "H17 a browser is known to the account that was signed in to there, for its lifetime, and few are kept",
        arguments: StoreKind.allCases)
    func browsers(kind: StoreKind) async throws {
        try await kind.withStore { store in
            _ = try await add("siti", store)
            _ = try await add("budi", store)
            try await store.noteBrowser(token(1), ofAccount: "Siti", at: monday)
            func isKnown(_ number: Int, _ name: String?, _ days: Double = 0) async throws -> Bool {
                try await store.isKnownBrowser(
                    token(number), ofAccount: name, at: monday.addingTimeInterval(days * 86_400))
            }
            #expect(try await isKnown(1, "siti"))
            #expect(try await isKnown(1, nil))
            #expect(try await !isKnown(1, "budi"))
            #expect(try await !isKnown(2, nil))
            #expect(try await isKnown(1, "siti", 400))
            #expect(try await !isKnown(1, "siti", 401))
            // Another password does not make a browser unknown: under attack it would lock its owner out.
            _ = try await store.change(account: "siti", .password(other, firstEnds: nil), at: monday)
            #expect(try await isKnown(1, "siti"))
            for number in 2..<2 + KnownBrowser.mostOfOneAccount {
                try await store.noteBrowser(
                    token(number), ofAccount: "siti", at: monday.addingTimeInterval(Double(number)))
            }
            #expect(try await !isKnown(1, "siti"))
            #expect(try await isKnown(2, "siti"))
            let end = monday.addingTimeInterval(500 * 86_400)
            try await store.forgetSessions(unusedSince: monday, olderThan: monday, at: end)
            #expect(try await !isKnown(2, "siti"))
        }
    }

    @Test("H24 of a session that ended nothing is left in the file; accounts are never deleted")
    func file() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "central.db").path
            let store = try SQLiteCentralStore(path: path)
            _ = try await add("siti", store)
            #expect(try await open(1, store))
            try await store.endSession(token(1), at: monday)
            await #expect(throws: DatabaseError.self) {
                try await store.write { db in try db.execute(sql: "DELETE FROM accounts") }
            }
            try store.close()
            let bytes = try Data(contentsOf: URL(filePath: path))
            #expect(bytes.range(of: Data(password.hash)) != nil)
            #expect(bytes.range(of: Data(token(1))) == nil)
        }
    }
}
