/// What a person signed in at the pages may do.
package enum AccountRole: String, Sendable, CaseIterable {
    /// Sees everything and may change what pages let change.
    case admin
    /// Sees everything.
    case viewer
}
