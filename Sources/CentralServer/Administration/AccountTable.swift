import Attendance
import CentralStore
import Foundation

/// `hadir-central user list` as text.
package enum AccountTable {
    package static func text(_ accounts: [AccountSummary]) -> String {
        TextTable.text(
            head: ["NAME", "ROLE", "STATE", "CREATED", "PASSWORD SET", "SESSIONS", "LAST USE"],
            rows: accounts.map { account in
                [
                    account.name, account.role.rawValue, account.state, UTC.short(account.createdAt),
                    UTC.short(account.passwordChangedAt), String(account.sessions),
                    account.seenAt.map(UTC.short) ?? "-",
                ]
            })
    }
}

/// `hadir-central user list --json`.
package struct AccountsAnswer: Encodable {
    struct Item: Encodable {
        let name, role, state, created_at, password_changed_at: String
        let disabled_at, last_use: String?
        let sessions: Int

        init(_ account: AccountSummary) {
            name = account.name
            role = account.role.rawValue
            state = account.state
            created_at = UTC.text(account.createdAt)
            password_changed_at = UTC.text(account.passwordChangedAt)
            disabled_at = account.disabledAt.map(UTC.text)
            last_use = account.seenAt.map(UTC.text)
            sessions = account.sessions
        }
    }

    let users: [Item]

    package init(_ accounts: [AccountSummary]) { users = accounts.map(Item.init) }
}

extension AccountSummary {
    fileprivate var state: String { disabledAt == nil ? "active" : "disabled" }
}
