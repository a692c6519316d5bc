import Attendance
import CentralStore
import FailPoints
import Foundation
import Glibc

/// The folder that backups go to, while this process alone works in it.
final class BackupPlace: Sendable {
    let path: String
    private let descriptor: Int32

    /// Work that was cut off lies under these names, and the next one clears it away.
    private var unfinished: String { path + "/.unfinished" }
    private var drillState: String { path + "/.drill" }

    /// - Throws: `.alreadyRunning` where another backup is being made there.
    init(_ path: String) throws(CentralError) {
        self.path = path
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw CentralError(.io, "cannot make the folder \(path): \(error.localizedDescription)")
        }
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CentralError(
                errno == EACCES ? .permission : .io, "cannot open \(path): \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw CentralError(.alreadyRunning, "another backup is being made in \(path)")
        }
        for leftover in [unfinished, drillState] { try? FileManager.default.removeItem(atPath: leftover) }
    }

    deinit { close(descriptor) }

    /// - Parameter copies: of the database there will be at once, beside those that are there.
    func requireRoom(for database: String, copies: Int) throws(CentralError) {
        var bytes: Int64 = 16 << 20
        for file in [database, database + "-wal"] {
            let size = try? FileManager.default.attributesOfItem(atPath: file)[.size] as? NSNumber
            bytes += (size?.int64Value ?? 0) * Int64(copies)
        }
        let facts = try? FileManager.default.attributesOfFileSystem(forPath: path)
        guard let free = (facts?[.systemFreeSize] as? NSNumber)?.int64Value else { return }
        guard free >= bytes else {
            throw CentralError(
                .io, "\(path) has \(free >> 20) MiB free, \(bytes >> 20) MiB are needed; nothing was written")
        }
    }

    /// Makes a backup under its own name, whole or not at all.
    func copy(
        _ state: StateDirectory, _ keys: CentralKeys, at moment: Date,
        _ progress: @escaping CentralCommands.BackupProgress
    ) async throws -> (BackupFolder, BackupManifest) {
        let target = path + "/" + BackupFolder.name(at: moment)
        guard !FileManager.default.fileExists(atPath: target) else {
            throw CentralError(.alreadyRunning, "\(target) exists already")
        }
        let folder = BackupFolder(unfinished)
        try FileManager.default.createDirectory(
            atPath: folder.path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        try Self.makePrivateFile(folder.database)
        do {
            try SQLiteCentralStore.copy(database: state.database, to: folder.database) { done, total in
                progress("copying", Double(done) / Double(max(1, total)))
            }
        } catch {
            throw CentralError(.io, "cannot copy \(state.database) to \(path): \(error)")
        }
        FailPoint.reach("centre.backup.copied")
        try Self.sync(folder.database)
        let manifest = try await Self.manifest(of: folder, keys, at: moment)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try PrivateFile.write(
            String(decoding: try encoder.encode(manifest), as: UTF8.self) + "\n", to: folder.manifestFile,
            isState: false)
        FailPoint.reach("centre.backup.described")
        try PrivateFile.move(folder.path, to: target)
        return (BackupFolder(target), manifest)
    }

    private static func manifest(
        of folder: BackupFolder, _ keys: CentralKeys, at moment: Date
    ) async throws -> BackupManifest {
        let store = try SQLiteCentralStore(readingPath: folder.database)
        let totals = try await store.totals()
        try store.close()
        let digest = try BackupFolder.digest(of: folder.database)
        return BackupManifest(
            centre: Hex.encode(keys.fingerprint), at: moment.ISO8601Format(), bytes: digest.bytes,
            sha256: digest.sha256, entries: totals.entries, punches: totals.punches, nodes: totals.nodes)
    }

    /// Restores the backup as `restore` does, in a folder that goes away, and looks at all that is in it.
    ///
    /// - Throws: `.data` where it is not what it must be.
    func drill(
        _ backup: BackupFolder, _ manifest: BackupManifest, _ keys: CentralKeys, at moment: Date,
        _ progress: CentralCommands.BackupProgress
    ) async throws {
        let state = StateDirectory(drillState)
        try? FileManager.default.removeItem(atPath: state.path)
        defer { try? FileManager.default.removeItem(atPath: state.path) }
        progress("restoring", 0)
        let restored: CentralCommands.Restored
        do {
            let content = RecoveryKit.Content(keys: keys, nodes: [])
            restored = try await CentralCommands.restore(state, content, backup, at: moment)
        } catch let error as CentralError where error.kind != .configuration {
            throw error
        } catch {
            throw CentralError(.data, "the backup cannot be restored: \(error)")
        }
        progress("verifying", 0)
        let store = try SQLiteCentralStore(readingPath: state.database)
        let verdict = try await store.verifyEntries(piece: 2000)
        let audit = try await AuditVerification(store).run()
        let totals = try await store.totals()
        try store.close()
        var problems = verdict.problems
        if let first = audit.firstBad { problems.append("the audit log is broken at note \(first)") }
        if totals.entries != manifest.entries || totals.punches != manifest.punches || totals.nodes != manifest.nodes {
            problems.append(
                "\(totals.entries) entries, \(totals.punches) punches and \(totals.nodes) nodes were restored of"
                    + " \(manifest.entries), \(manifest.punches) and \(manifest.nodes)")
        }
        if try CentralKeys(state).fingerprint != keys.fingerprint || restored.entries != manifest.entries {
            problems.append("the restored centre has other keys or entries")
        }
        guard problems.isEmpty else {
            throw CentralError(.data, "the restored backup is not whole: " + problems.prefix(5).joined(separator: "; "))
        }
        progress("verifying", 1)
    }

    /// - Returns: names of the backups that were removed, the oldest first.
    func removeAllBut(_ count: Int) throws -> [String] {
        let old = try BackupFolder.all(in: path).dropLast(max(1, count))
        for backup in old {
            do {
                try FileManager.default.removeItem(atPath: backup.path)
            } catch {
                throw CentralError(.io, "cannot remove \(backup.path): \(error.localizedDescription)")
            }
        }
        return old.map(\.name)
    }

    private static func makePrivateFile(_ path: String) throws(CentralError) {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw CentralError(.io, "cannot make \(path): \(String(cString: strerror(errno)))") }
        close(file)
    }

    private static func sync(_ path: String) throws(CentralError) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw CentralError(.io, "cannot open \(path): \(String(cString: strerror(errno)))") }
        defer { close(file) }
        guard fsync(file) == 0 else {
            throw CentralError(.io, "cannot sync \(path): \(String(cString: strerror(errno)))")
        }
    }
}
