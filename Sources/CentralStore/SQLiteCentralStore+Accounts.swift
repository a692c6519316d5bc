import Attendance
import FailPoints
import Foundation
import GRDB

extension SQLiteCentralStore {
    package func addAccount(_ account: NewAccount) async throws -> Bool {
        try await write { db in try add(account, db) }
    }

    package func addAccounts(_ accounts: [NewAccount]) async throws -> [Bool] {
        try await write { db in try accounts.map { try add($0, db) } }
    }

    private func add(_ account: NewAccount, _ db: Database) throws -> Bool {
        try db.execute(
            sql: """
                INSERT INTO accounts
                    (name, role, hash, salt, cost_n, cost_r, cost_p, created_at, password_changed_at, unit_id,
                     employee_id, first_password_ends)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9, ?10, ?11) ON CONFLICT (name) DO NOTHING
                """,
            arguments: [
                account.name, account.role.rawValue, Data(account.password.hash), Data(account.password.salt),
                account.password.cost.n, account.password.cost.r, account.password.cost.p,
                account.createdAt.milliseconds, account.unit, account.employee,
                account.firstPasswordEnds?.milliseconds,
            ])
        guard db.changesCount == 1 else { return false }
        FailPoint.reach("centre.account.added")
        try notes(db, at: account.createdAt).note(
            .accountAdded, "account:\(account.name)",
            .of { line in
                line.add("role", account.role.rawValue)
                if let unit = account.unit { line.add("unit", unit) }
                if let employee = account.employee { line.add("employee", employee) }
            })
        return true
    }

    package func account(named name: String) async throws -> Account? {
        try await database.read { db in try Self.account(db, name) }
    }

    private static func account(_ db: Database, _ name: String) throws -> Account? {
        guard let row = try Row.fetchOne(db, sql: "SELECT * FROM accounts WHERE name = ?", arguments: [name]),
            let role = AccountRole(rawValue: row["role"])
        else { return nil }
        return Account(
            name: row["name"], role: role, unit: row["unit_id"], employee: row["employee_id"],
            password: PasswordHash(
                hash: Array(row["hash"] as Data), salt: Array(row["salt"] as Data),
                cost: PasswordCost(n: row["cost_n"], r: row["cost_r"], p: row["cost_p"])),
            firstPasswordEnds: (row["first_password_ends"] as Int64?).map { Date(milliseconds: $0) },
            isDisabled: row["disabled_at"] as Int64? != nil)
    }

    package func change(account name: String, _ change: AccountChange, at moment: Date) async throws -> Bool {
        try await write { db in
            guard
                let row = try Row.fetchOne(
                    db, sql: "SELECT id, name, role, unit_id, employee_id FROM accounts WHERE name = ?",
                    arguments: [name])
            else { return false }
            let id: Int64 = row["id"]
            try Self.apply(change, to: id, at: moment.milliseconds, db)
            FailPoint.reach("centre.account.changed")
            let (word, detail) = change.note(before: row)
            try notes(db, at: moment).note(word, "account:\(row["name"] as String)", detail)
            try db.execute(sql: "DELETE FROM sessions WHERE account_id = ?", arguments: [id])
            return true
        }
    }

    private static func apply(_ change: AccountChange, to id: Int64, at moment: Int64, _ db: Database) throws {
        switch change {
        case .password(let password, let firstEnds):
            try db.execute(
                sql: """
                    UPDATE accounts SET hash = ?, salt = ?, cost_n = ?, cost_r = ?, cost_p = ?, password_changed_at = ?,
                        first_password_ends = ?
                    WHERE id = ?
                    """,
                arguments: [
                    Data(password.hash), Data(password.salt), password.cost.n, password.cost.r, password.cost.p, moment,
                    firstEnds?.milliseconds, id,
                ])
        case .role(let role, let unit):
            try db.execute(
                sql: "UPDATE accounts SET role = ?, unit_id = ? WHERE id = ?", arguments: [role.rawValue, unit, id])
        case .employee(let employee):
            try db.execute(sql: "UPDATE accounts SET employee_id = ? WHERE id = ?", arguments: [employee, id])
        case .disabled:
            try db.execute(
                sql: "UPDATE accounts SET disabled_at = coalesce(disabled_at, ?) WHERE id = ?",
                arguments: [moment, id])
        case .enabled:
            try db.execute(sql: "UPDATE accounts SET disabled_at = NULL WHERE id = ?", arguments: [id])
        case .signedOut: break
        }
    }

    // MARK: Sessions

    package func addSession(_ session: NewSession) async throws -> Bool {
        try await write { db in
            guard let account = try Self.account(db, session.account), !account.isDisabled,
                account.password == session.password
            else { return false }
            let person = Actor(name: account.name, role: account.role.rawValue, address: actor.address)
            try AuditWriter(db: db, actor: person, moment: session.createdAt.milliseconds)
                .note(.signIn, "account:\(account.name)")
            try db.execute(
                sql: """
                    INSERT INTO sessions (token_hash, account_id, created_at, seen_at)
                    SELECT ?1, id, ?2, ?2 FROM accounts WHERE name = ?3
                    """, arguments: [Data(session.token), session.createdAt.milliseconds, session.account])
            try db.execute(
                sql: """
                    DELETE FROM sessions WHERE token_hash IN (
                        SELECT token_hash FROM sessions JOIN accounts ON accounts.id = account_id WHERE name = ?1
                        ORDER BY token_hash = ?2 DESC, sessions.created_at DESC LIMIT -1 OFFSET ?3)
                    """, arguments: [session.account, Data(session.token), NewSession.mostOfOneAccount])
            return true
        }
    }

    package func session(_ token: [UInt8]) async throws -> StoredSession? {
        try await database.read { db in
            try Row.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT name, role, unit_id, employee_id, first_password_ends, sessions.created_at, seen_at
                        FROM sessions
                        JOIN accounts ON accounts.id = account_id
                        WHERE token_hash = ? AND disabled_at IS NULL
                        """), arguments: [Data(token)]
            ).flatMap { row in
                AccountRole(rawValue: row["role"]).map { role in
                    StoredSession(
                        account: row["name"], role: role, unit: row["unit_id"], employee: row["employee_id"],
                        mustChangePassword: row["first_password_ends"] as Int64? != nil,
                        createdAt: Date(milliseconds: row["created_at"]),
                        seenAt: Date(milliseconds: row["seen_at"]))
                }
            }
        }
    }

    package func noteUse(ofSession token: [UInt8], at moment: Date) async throws {
        try await write { db in
            try db.execute(
                sql: "UPDATE sessions SET seen_at = ? WHERE token_hash = ?",
                arguments: [moment.milliseconds, Data(token)])
        }
    }

    package func endSession(_ token: [UInt8], at moment: Date) async throws {
        try await write { db in
            let row = try Row.fetchOne(
                db,
                sql: "SELECT name, role FROM sessions JOIN accounts ON accounts.id = account_id WHERE token_hash = ?",
                arguments: [Data(token)])
            guard let row, !Sabotage.isOn("session_survives_logout") else { return }
            try db.execute(sql: "DELETE FROM sessions WHERE token_hash = ?", arguments: [Data(token)])
            let person = Actor(name: row["name"], role: row["role"], address: actor.address)
            try AuditWriter(db: db, actor: person, moment: moment.milliseconds)
                .note(.signOut, "account:\(person.name)")
        }
    }

    package func forgetSessions(unusedSince: Date, olderThan: Date, at moment: Date) async throws {
        try await write { db in
            try db.execute(
                sql: "DELETE FROM sessions WHERE seen_at < ? OR created_at < ?",
                arguments: [unusedSince.milliseconds, olderThan.milliseconds])
            try db.execute(
                sql: "DELETE FROM known_browsers WHERE seen_at < ?",
                arguments: [moment.addingTimeInterval(-KnownBrowser.lifetime).milliseconds])
        }
    }

    // MARK: Known browsers

    package func noteBrowser(_ token: [UInt8], ofAccount name: String, at moment: Date) async throws {
        try await write { db in
            try db.execute(
                sql: """
                    INSERT INTO known_browsers (account_id, token_hash, created_at, seen_at)
                    SELECT id, ?1, ?2, ?2 FROM accounts WHERE name = ?3
                    ON CONFLICT (account_id, token_hash) DO UPDATE SET seen_at = excluded.seen_at
                    """, arguments: [Data(token), moment.milliseconds, name])
            try db.execute(
                sql: """
                    DELETE FROM known_browsers
                    WHERE account_id = (SELECT id FROM accounts WHERE name = ?1) AND token_hash IN (
                        SELECT token_hash FROM known_browsers JOIN accounts ON accounts.id = account_id WHERE name = ?1
                        ORDER BY token_hash = ?2 DESC, seen_at DESC LIMIT -1 OFFSET ?3)
                    """, arguments: [name, Data(token), KnownBrowser.mostOfOneAccount])
        }
    }

    package func isKnownBrowser(_ token: [UInt8], ofAccount name: String?, at moment: Date) async throws -> Bool {
        try await database.read { db in
            try Bool.fetchOne(
                db,
                sql: """
                    SELECT EXISTS (
                        SELECT 1 FROM known_browsers JOIN accounts ON accounts.id = account_id
                        WHERE token_hash = ?1 AND (?2 IS NULL OR name = ?2) AND seen_at >= ?3)
                    """,
                arguments: [Data(token), name, moment.addingTimeInterval(-KnownBrowser.lifetime).milliseconds]) == true
        }
    }
}

extension AccountChange {
    /// - Parameter row: of the account before, with `role`, `unit_id` and `employee_id`.
    fileprivate func note(before row: Row) -> (AuditWord, JSONLine) {
        var line = JSONLine(reserving: 96)
        switch self {
        case .password(_, let firstEnds):
            if let firstEnds { line.add("first_ends", UTC.text(firstEnds)) }
            return (.passwordChanged, line)
        case .role(let role, let unit):
            line.add("role", role.rawValue)
            if let unit { line.add("unit", unit) }
            line.add("was_role", row["role"] as String)
            if let was = row["unit_id"] as Int64? { line.add("was_unit", was) }
            return (.accountChanged, line)
        case .employee(let employee):
            if let employee { line.add("employee", employee) }
            if let was = row["employee_id"] as Int64? { line.add("was_employee", was) }
            return (.accountChanged, line)
        case .disabled: return (.accountDisabled, line)
        case .enabled: return (.accountEnabled, line)
        case .signedOut: return (.sessionsEnded, line)
        }
    }
}
