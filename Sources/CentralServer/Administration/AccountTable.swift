import Attendance
import CentralStore
import Foundation
import PageSupport

/// Accounts with the names of their units and people.
package struct AccountList: Sendable {
    package let accounts: [AccountSummary]
    private let units: [Int64: String]
    private let people: [Int64: Employee]

    init(_ accounts: [AccountSummary], _ people: People) {
        self.accounts = accounts
        units = Dictionary(people.units.map { ($0.id, $0.name) }) { first, _ in first }
        self.people = Dictionary(people.employees.map { ($0.id, $0) }) { first, _ in first }
    }

    func unit(of account: AccountSummary) -> String? { account.unit.map { units[$0] ?? "?" } }
    func person(of account: AccountSummary) -> Employee? { account.employee.flatMap { people[$0] } }
}

/// `hadir-central user list` as text.
package enum AccountTable {
    package static func text(_ list: AccountList, at moment: Date) -> String {
        TextTable.text(
            head: ["NAME", "ROLE", "UNIT", "EMPLOYEE", "STATE", "CREATED", "PASSWORD SET", "SESSIONS", "LAST USE"],
            rows: list.accounts.map { account in
                [
                    account.name, account.role.rawValue, list.unit(of: account).map { PageText.shown($0) } ?? "-",
                    list.person(of: account).map { PageText.shown("\($0.number) \($0.name)") } ?? "-",
                    account.state(at: moment).rawValue, UTC.short(account.createdAt),
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
        let unit, employee, employee_name, first_password_ends, disabled_at, last_use: String?
        let sessions: Int

        init(_ account: AccountSummary, _ list: AccountList, _ moment: Date) {
            let person = list.person(of: account)
            name = account.name
            role = account.role.rawValue
            unit = list.unit(of: account)
            employee = person?.number
            employee_name = person?.name
            state = account.state(at: moment).rawValue
            created_at = UTC.text(account.createdAt)
            password_changed_at = UTC.text(account.passwordChangedAt)
            first_password_ends = account.firstPasswordEnds.map(UTC.text)
            disabled_at = account.disabledAt.map(UTC.text)
            last_use = account.seenAt.map(UTC.text)
            sessions = account.sessions
        }
    }

    let users: [Item]

    package init(_ list: AccountList, at moment: Date) { users = list.accounts.map { Item($0, list, moment) } }
}
