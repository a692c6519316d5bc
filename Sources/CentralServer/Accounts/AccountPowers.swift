import CentralStore

/// Who may make, change and end which accounts and tokens at the pages. Whoever has not a row may none: giving a role
/// that one has not, or changing an account of such a role, would be a way to it.
enum AccountPowers {
    /// The table for accounts. The role an account has and the role it is to have must both be in the row.
    static func accounts(of role: AccountRole) -> Set<AccountRole> {
        switch role {
        case .admin: Set(AccountRole.allCases)
        case .personnel: [.executive, .clerk, .head, .employee]
        case .viewer, .executive, .auditor, .clerk, .head, .employee: []
        }
    }

    /// The table for tokens.
    static func tokens(of role: AccountRole) -> Set<TokenRole> {
        switch role {
        case .admin: Set(TokenRole.allCases)
        case .personnel: [.viewer, .clerk]
        case .viewer, .executive, .auditor, .clerk, .head, .employee: []
        }
    }

    /// Whether the visitor may change an account; nobody the own one, which has `/sandi`.
    static func mayChange(_ account: String, of role: AccountRole, by visitor: Visitor) -> Bool {
        accounts(of: visitor.role).contains(role) && account.lowercased() != visitor.account.lowercased()
    }
}
