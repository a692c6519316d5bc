import Attendance
import CentralStore
import Crypto
import Foundation
import PageSupport

extension Administration {
    /// Somewhat over a year: whoever renews it once a year is never late, and a program that nobody looks after any
    /// more loses it some day.
    package static let tokenDays = 400
    private static let mostTokenDays = 3660

    func addToken(_ role: String, _ label: String, _ unit: String?, _ ends: String?) async throws -> ControlAnswer {
        guard let known = TokenRole(rawValue: role) else {
            let roles = TokenRole.allCases.map(\.rawValue).joined(separator: ", ")
            throw CentralError(.usage, "--role \(PageText.shown(role)): not one of \(roles)")
        }
        let moment = now()
        let end =
            try ends.map { try Self.end($0, after: moment) }
            ?? moment.addingTimeInterval(Double(Self.tokenDays) * 86_400)
        let grant = TokenGrant(
            role: known, unit: try await unitID(unit, of: known),
            label: try label.isEmpty ? "" : Self.name(label, "--label"))
        let token = "hadir_" + RandomText.hex(bytes: 32)
        try await store.addToken(
            hash: Array(SHA256.hash(data: Data(token.utf8))), grant, endsAt: end, at: moment)
        return .token(text: token, ends: UTC.text(end))
    }

    func revokeToken(_ id: Int64) async throws -> ControlAnswer {
        guard let token = try await store.tokens().first(where: { $0.id == id }),
            try await store.revokeToken(id, at: now())
        else { throw CentralError(.usage, "there is no token \(id); `hadir-central token list` shows them") }
        return .tokenRevoked(label: token.grant.label)
    }

    private static func end(_ text: String, after moment: Date) throws -> Date {
        guard let end = UTC.date(text), end > moment,
            end <= moment.addingTimeInterval(Double(mostTokenDays) * 86_400)
        else {
            throw CentralError(.usage, "a token ends after now, and within \(mostTokenDays / 366) years")
        }
        return end
    }

    private func unitID(_ name: String?, of role: TokenRole) async throws -> Int64? {
        guard let name else { return nil }
        guard Permission.allCases.contains(where: { $0.rule.reach == .unit && $0.rule.tokens.contains(role) }) else {
            throw CentralError(.usage, "--unit: a \(role.rawValue) reads what the whole government's nodes send")
        }
        return try await unit(named: name)
    }

    func unit(named name: String) async throws -> Int64 {
        guard let unit = try await store.people().units.first(where: { $0.name == name }) else {
            throw CentralError(.usage, "--unit \(PageText.shown(name)): there is no such unit; check how it is written")
        }
        return unit.id
    }
}

extension CentralCommands {
    /// Reads beside a running server or without one.
    package static func tokens(in state: StateDirectory, at moment: Date) async throws -> TokenList {
        try await read(state) { store in
            TokenList(try await store.tokens(), try await store.people().units, at: moment)
        }
    }

    /// The end of a token, as an operator gives it: the end of a day of UTC, or some days from now.
    ///
    /// - Throws: `CentralError.usage`.
    package static func tokenEnd(date: String?, days: Int?, at moment: Date) throws -> String? {
        guard date == nil || days == nil else { throw CentralError(.usage, "give --ends or --days, not both") }
        if let days {
            guard (1...3660).contains(days) else { throw CentralError(.usage, "--days \(days): 1 to 3660") }
            return UTC.text(moment.addingTimeInterval(Double(days) * 86_400))
        }
        guard let date else { return nil }
        guard let day = UTC.date(date + "T00:00:00.000Z") else {
            throw CentralError(.usage, "--ends \(PageText.shown(date)): not a date such as 2027-03-31")
        }
        return UTC.text(day.addingTimeInterval(86_400))
    }
}

/// `hadir-central token list`.
package struct TokenList: Encodable {
    package struct Item: Encodable {
        let id: Int64
        let role, label, state, created_at: String
        let unit, ends_at, revoked_at: String?
    }

    package let tokens: [Item]

    init(_ tokens: [TokenSummary], _ units: [OrgUnit], at moment: Date) {
        let names = Dictionary(units.map { ($0.id, $0.name) }) { first, _ in first }
        self.tokens = tokens.map { token in
            Item(
                id: token.id, role: token.grant.role.rawValue, label: token.grant.label,
                state: token.state(at: moment).rawValue, created_at: UTC.text(token.createdAt),
                unit: token.grant.unit.map { names[$0] ?? "?" }, ends_at: token.endsAt.map(UTC.text),
                revoked_at: token.revokedAt.map(UTC.text))
        }
    }

    package var text: String {
        TextTable.text(
            head: ["ID", "ROLE", "LABEL", "UNIT", "STATE", "CREATED", "ENDS"],
            rows: tokens.map { token in
                [
                    String(token.id), token.role, token.label.isEmpty ? "-" : PageText.shown(token.label, longest: 200),
                    token.unit.map { PageText.shown($0, longest: 200) } ?? "all", token.state, token.created_at,
                    token.ends_at ?? "never",
                ]
            })
    }
}

extension TokenSummary {
    enum State: String { case active, over, revoked }

    func state(at moment: Date) -> State {
        if revokedAt != nil { return .revoked }
        return endsAt.map { $0 > moment ? .active : .over } ?? .active
    }
}
