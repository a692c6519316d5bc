import Attendance
import CentralStore
import Foundation

extension CentralCommands {
    package struct Restored: Sendable {
        package let fingerprint: String
        /// All that it has now.
        package let nodes: Int
        package let entries: Int
    }

    static func keptNodes(in state: StateDirectory) async throws -> [KeptNode] {
        do {
            let store = try SQLiteCentralStore(readingPath: state.database)
            let nodes = try await store.keptNodes()
            try store.close()
            return nodes
        } catch {
            throw CentralError(.io, "cannot read \(state.database): \(error)")
        }
    }

    /// Makes a centre again from its recovery kit: the same keys, and either the nodes that stand in it and nothing
    /// else, or what a backup has and the nodes that only the kit knows.
    ///
    /// Cut off at any step it can be run again: the signing key, which says that there is a centre, is written last.
    package static func restore(
        _ state: StateDirectory, kit path: String, passphrase: String, backup: BackupFolder? = nil, at moment: Date
    ) async throws -> Restored {
        guard !state.isInitialised else {
            throw CentralError(.configuration, "\(state.path) holds a centre already; nothing was changed")
        }
        let content = try openKit(path, passphrase: passphrase)
        return try await restore(state, content, backup, at: moment)
    }

    static func openKit(_ path: String, passphrase: String) throws -> RecoveryKit.Content {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw CentralError(.io, "cannot read \(path)")
        }
        return try RecoveryKit(parsing: text).open(passphrase: passphrase)
    }

    static func restore(
        _ state: StateDirectory, _ content: RecoveryKit.Content, _ backup: BackupFolder?, at moment: Date
    ) async throws -> Restored {
        if let backup {
            let manifest = try backup.manifest()
            let known = ([content.keys.signing, content.keys.next].compactMap { $0 } + content.keys.earlier)
                .map { Hex.encode($0.fingerprint) }
            guard known.contains(manifest.centre) else {
                throw CentralError(
                    .data, "\(backup.path) is of another centre, \(manifest.centre), than the recovery kit")
            }
            try backup.check(manifest)
        }
        try state.create()
        guard let lock = try state.lock() else {
            throw CentralError(.alreadyRunning, "another hadir-central is at work in \(state.path)")
        }
        defer { withExtendedLifetime(lock) {} }
        // Of an attempt that was cut off, or of the centre that was lost: it is in nobody's way.
        try state.moveDatabaseAside(at: moment)
        try state.createDatabaseFile()
        try backup?.copyDatabase(into: state.database)
        let store = try open(state)
        try await store.restore(content.nodes, at: moment)
        let totals = try await store.totals()
        try store.close()
        try content.keys.write(to: state)
        return Restored(
            fingerprint: Hex.encode(content.keys.fingerprint), nodes: totals.nodes, entries: totals.entries)
    }

    /// Beside a running server or without one.
    package static func verify(in state: StateDirectory) async throws -> EntryVerdict {
        try await read(state) { store in try await store.verifyEntries(piece: 2000) }
    }
}
