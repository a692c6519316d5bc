import CentralAttendance
import CentralStore

/// People and units as they are now, read again only when they changed: every page and every answer asks for them.
actor PeopleCache {
    private let store: any AttendanceStore
    private var known: RecapSource?
    private var narrowed: [Set<Int64>: RecapSource] = [:]
    private var reading: Task<RecapSource, any Error>?

    /// Scopes that are kept: more than there are units with people who look.
    private static let mostScopes = 200

    init(_ store: any AttendanceStore) { self.store = store }

    /// Of the whole government.
    func source() async throws -> RecapSource {
        let revision = try await store.peopleRevision()
        if let known, known.people.revision == revision { return known }
        // Whoever asks while it is being read gets the same.
        if let reading { return try await reading.value }
        let task = Task { [store] in try await RecapSource(store) }
        reading = task
        defer { reading = nil }
        let source = try await task.value
        known = source
        narrowed = [:]
        return source
    }

    /// - Parameter roots: these units and all below them; `nil` for the whole government.
    func source(of roots: Set<Int64>?) async throws -> RecapSource {
        let whole = try await source()
        guard let roots else { return whole }
        if let known = narrowed[roots], known.people.revision == whole.people.revision { return known }
        let source = RecapSource(
            store, whole.people, tree: whole.tree, scope: UnitScope(units: roots, in: whole.tree))
        if narrowed.count >= Self.mostScopes { narrowed = [:] }
        narrowed[roots] = source
        return source
    }
}
