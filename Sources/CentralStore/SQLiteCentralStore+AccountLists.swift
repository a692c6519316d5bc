import Foundation
import GRDB

extension SQLiteCentralStore {
    private static let summary = """
        SELECT name, role, unit_id, employee_id, created_at, password_changed_at, disabled_at, first_password_ends,
            (SELECT count(*) FROM sessions WHERE account_id = accounts.id) AS sessions,
            (SELECT max(seen_at) FROM (
                SELECT seen_at FROM sessions WHERE account_id = accounts.id
                UNION ALL SELECT seen_at FROM known_browsers WHERE account_id = accounts.id)) AS seen_at
        FROM accounts
        """

    package func accounts() async throws -> [AccountSummary] {
        try await database.read { db in
            try Row.fetchAll(db, sql: "\(Self.summary) ORDER BY name").compactMap(Self.summary)
        }
    }

    package func summary(ofAccount name: String) async throws -> AccountSummary? {
        try await database.read { db in
            try Row.fetchOne(db, sql: "\(Self.summary) WHERE name = ?", arguments: [name]).flatMap(Self.summary)
        }
    }

    package func accounts(_ query: AccountQuery, at moment: Date) async throws -> AccountPage {
        let states: [AccountSummary.State: String] = [
            .active: "disabled_at IS NULL AND first_password_ends IS NULL",
            .first: "disabled_at IS NULL AND first_password_ends > :moment",
            .over: "disabled_at IS NULL AND first_password_ends <= :moment", .disabled: "disabled_at IS NOT NULL",
        ]
        let state = query.state.flatMap { states[$0] } ?? "1"
        let condition = """
            WHERE (:role IS NULL OR role = :role) AND \(state)
                AND (:text = '' OR instr(lower(name), lower(:text)) > 0
                    OR employee_id IN (SELECT value FROM json_each(:employees)))
            """
        // `:moment` is always named, so that it may always be given.
        let named: StatementArguments = [
            "role": query.role?.rawValue, "text": query.text, "moment": moment.milliseconds,
            "employees": "[" + query.employees.map(String.init).joined(separator: ",") + "]",
        ]
        return try await database.read { db in
            let count = try Int.fetchOne(
                db, sql: "SELECT count(*) FROM accounts \(condition) AND :moment = :moment", arguments: named)
            let rows = try Row.fetchAll(
                db,
                sql: """
                    \(Self.summary) \(condition) AND :moment = :moment ORDER BY name LIMIT :limit OFFSET :offset
                    """, arguments: named + ["limit": max(0, query.limit), "offset": max(0, query.offset)])
            return AccountPage(accounts: rows.compactMap(Self.summary), count: count ?? 0)
        }
    }

    package func personAccounts() async throws -> [PersonAccount] {
        try await database.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT name, role, employee_id, first_password_ends IS NOT NULL AS is_first,
                        disabled_at IS NOT NULL AS is_disabled
                    FROM accounts WHERE employee_id IS NOT NULL ORDER BY name
                    """
            ).compactMap { row in
                AccountRole(rawValue: row["role"]).map { role in
                    PersonAccount(
                        name: row["name"], role: role, employee: row["employee_id"],
                        hasFirstPassword: row["is_first"], isDisabled: row["is_disabled"])
                }
            }
        }
    }

    package func sessions(ofAccount name: String) async throws -> [SessionSummary] {
        try await database.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT token_hash, sessions.created_at, seen_at FROM sessions
                    JOIN accounts ON accounts.id = account_id WHERE name = ? ORDER BY seen_at DESC, token_hash
                    """, arguments: [name]
            ).map { row in
                SessionSummary(
                    token: Array(row["token_hash"] as Data), createdAt: Date(milliseconds: row["created_at"]),
                    seenAt: Date(milliseconds: row["seen_at"]))
            }
        }
    }

    private static func summary(_ row: Row) -> AccountSummary? {
        AccountRole(rawValue: row["role"]).map { role in
            AccountSummary(
                name: row["name"], role: role, unit: row["unit_id"], employee: row["employee_id"],
                createdAt: Date(milliseconds: row["created_at"]),
                passwordChangedAt: Date(milliseconds: row["password_changed_at"]),
                firstPasswordEnds: (row["first_password_ends"] as Int64?).map { Date(milliseconds: $0) },
                disabledAt: (row["disabled_at"] as Int64?).map { Date(milliseconds: $0) },
                sessions: row["sessions"], seenAt: (row["seen_at"] as Int64?).map { Date(milliseconds: $0) })
        }
    }
}
