import CentralStore

extension PersonnelPages {
    /// Tells the audit log what was done.
    func note(_ call: PageCall, _ what: String, _ detail: String) async throws {
    }
}
