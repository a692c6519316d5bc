import CentralStore
import Foundation

extension BrokenStore {
    func addAccount(_ account: NewAccount) async throws -> Bool { throw Gone() }
    func account(named name: String) async throws -> Account? { throw Gone() }
    func addAccounts(_ accounts: [NewAccount]) async throws -> [Bool] { throw Gone() }
    func accounts() async throws -> [AccountSummary] { throw Gone() }
    func accounts(_ query: AccountQuery, at moment: Date) async throws -> AccountPage { throw Gone() }
    func summary(ofAccount name: String) async throws -> AccountSummary? { throw Gone() }
    func personAccounts() async throws -> [PersonAccount] { throw Gone() }
    func sessions(ofAccount name: String) async throws -> [SessionSummary] { throw Gone() }
    func change(account name: String, _ change: AccountChange, at moment: Date) async throws -> Bool { throw Gone() }
    func addSession(_ session: NewSession) async throws -> Bool { throw Gone() }
    func session(_ token: [UInt8]) async throws -> StoredSession? { throw Gone() }
    func noteUse(ofSession token: [UInt8], at moment: Date) async throws { throw Gone() }
    func endSession(_ token: [UInt8], at moment: Date) async throws { throw Gone() }
    func forgetSessions(unusedSince: Date, olderThan: Date, at moment: Date) async throws { throw Gone() }
    func noteBrowser(_ token: [UInt8], ofAccount name: String, at moment: Date) async throws { throw Gone() }
    func isKnownBrowser(_ token: [UInt8], ofAccount name: String?, at moment: Date) async throws -> Bool {
        throw Gone()
    }
}
