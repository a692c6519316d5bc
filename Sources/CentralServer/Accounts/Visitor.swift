import CentralStore

/// Who looks at a page, as the session cookie says.
struct Visitor: Equatable, Sendable {
    let account: String
    let role: AccountRole
    /// SHA-256 of the session's token: what the store knows it by.
    let session: [UInt8]
    /// Goes into every form of this session; what comes back must be equal.
    let formToken: String
}
