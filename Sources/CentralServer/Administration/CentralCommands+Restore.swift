import Attendance
import CentralStore
import Foundation

extension CentralCommands {
    package struct Restored: Sendable {
        package let fingerprint: String
        package let nodes: Int
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

    /// Makes a centre again from its recovery kit: the same keys, the nodes that stand in it, and nothing else.
    ///
    /// Cut off at any step it can be run again: the signing key, which says that there is a centre, is written last.
    package static func restore(
        _ state: StateDirectory, kit path: String, passphrase: String, at moment: Date
    ) async throws -> Restored {
        guard !state.isInitialised else {
            throw CentralError(.configuration, "\(state.path) holds a centre already; nothing was changed")
        }
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw CentralError(.io, "cannot read \(path)")
        }
        let content = try RecoveryKit(parsing: text).open(passphrase: passphrase)
        try state.create()
        guard let lock = try state.lock() else {
            throw CentralError(.alreadyRunning, "another hadir-central is at work in \(state.path)")
        }
        defer { withExtendedLifetime(lock) {} }
        // Of an attempt that was cut off, or of the centre that was lost: it is in nobody's way.
        try state.moveDatabaseAside(at: moment)
        try state.createDatabaseFile()
        let store = try open(state)
        try await store.restore(content.nodes, at: moment)
        try store.close()
        try content.keys.write(to: state)
        return Restored(fingerprint: Hex.encode(content.keys.fingerprint), nodes: content.nodes.count)
    }

    /// Beside a running server or without one.
    package static func verify(in state: StateDirectory) async throws -> EntryVerdict {
        try await read(state) { store in try await store.verifyEntries(piece: 2000) }
    }
}
