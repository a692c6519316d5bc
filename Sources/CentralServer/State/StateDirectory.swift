import FailPoints
import Foundation
import Glibc
import ServiceSupport

/// `--state DIR`: the database, the keys, the lock and the control socket of one centre.
package struct StateDirectory: Sendable {
    package let path: String

    package init(_ path: String) { self.path = path }

    package var database: String { path + "/central.db" }
    package var signingKey: String { path + "/signing.key" }
    package var nextSigningKey: String { path + "/next-signing.key" }
    package var sealingKey: String { path + "/sealing.key" }
    package var recoveryKit: String { path + "/recovery-kit.txt" }
    package var controlSocket: String { path + "/control.sock" }
    /// Files that people asked for; emptied whenever the server starts.
    package var exports: String { path + "/exports" }
    /// When the database was last backed up and a backup last restored for proof.
    package var backupRecord: String { path + "/backup.json" }
    private var lockFile: String { path + "/lock" }

    private static let earlierPrefix = "earlier-signing-"

    /// - Parameter fingerprint: hex.
    package func earlierSigningKey(_ fingerprint: String) -> String {
        "\(path)/\(Self.earlierPrefix)\(fingerprint.prefix(16)).key"
    }

    /// Files of signing keys that have been replaced.
    func earlierSigningKeys() throws(CentralError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path)
                .filter { $0.hasPrefix(Self.earlierPrefix) && $0.hasSuffix(".key") }.sorted().map { path + "/" + $0 }
        } catch {
            throw CentralError(.io, "cannot read \(path): \(error.localizedDescription)")
        }
    }

    /// The signing key is written last, so its presence says that `init` was finished.
    package var isInitialised: Bool { FileManager.default.fileExists(atPath: signingKey) }

    /// - Throws: `.permission` where this user may not look, `.configuration` where there is no centre.
    package func requireInitialised() throws(CentralError) {
        guard access(signingKey, F_OK) == 0 else {
            if errno == EACCES {
                throw CentralError(.permission, "\(path) may not be read by this user; run it as the centre's own user")
            }
            throw CentralError(
                .configuration, "\(path) holds no centre; run `hadir-central init --state \(path)` first")
        }
    }

    package func create() throws(CentralError) {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw CentralError(.io, "cannot make the directory \(path): \(error.localizedDescription)")
        }
    }

    /// Makes the database's file before SQLite does: its companions take over these permissions.
    func createDatabaseFile() throws(CentralError) {
        let descriptor = open(database, O_RDWR | O_CREAT | O_CLOEXEC | FileOwner.flags(in: path), 0o600)
        guard descriptor >= 0 else {
            throw CentralError(.io, "cannot make \(database): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        try adopt(descriptor, database)
    }

    /// Puts a database that is there, with its log, out of the way; does nothing where there is none.
    func moveDatabaseAside(at moment: Date) throws(CentralError) {
        guard FileManager.default.fileExists(atPath: database) else { return }
        let aside = "\(database).before-\(Int(moment.timeIntervalSince1970))"
        // The file itself last: its log must never lie beside another file.
        for suffix in ["-shm", "-wal", ""] where FileManager.default.fileExists(atPath: database + suffix) {
            try PrivateFile.move(database + suffix, to: aside + suffix)
        }
    }

    private func adopt(_ descriptor: Int32, _ file: String) throws(CentralError) {
        guard FileOwner.adopt(descriptor, in: path) else {
            throw CentralError(
                .io, "cannot give \(file) to its folder's owner: \(String(cString: strerror(errno)))")
        }
    }

    /// Makes this process the only one that writes here, until the lock is released.
    ///
    /// - Returns: `nil` where another process holds it.
    package func lock() throws(CentralError) -> StateLock? {
        let descriptor = open(lockFile, O_RDWR | O_CREAT | O_CLOEXEC | FileOwner.flags(in: path), 0o600)
        guard descriptor >= 0 else {
            let reason = errno
            throw CentralError(
                reason == EACCES ? .permission : .io, "cannot open \(lockFile): \(String(cString: strerror(reason)))")
        }
        do throws(CentralError) {
            try adopt(descriptor, lockFile)
        } catch {
            close(descriptor)
            throw error
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            return nil
        }
        return StateLock(descriptor: descriptor)
    }
}

/// Held while this process may write; the system releases it when the process ends, however it ends.
package final class StateLock: Sendable {
    private let descriptor: Int32

    fileprivate init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }
}

/// Small files that must be whole or absent, and readable by nobody else.
enum PrivateFile {
    /// Writes `text` beside `path`, syncs it and puts it in place at once.
    ///
    /// - Parameter isState: made by root, it belongs to the owner of its folder.
    static func write(
        _ text: String, to path: String, isState: Bool = true, mode: mode_t = 0o600
    ) throws(CentralError) {
        let temporary = path + ".new"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw failure("write", path) }
        defer { close(descriptor) }
        let folder = URL(filePath: path).deletingLastPathComponent().path
        guard !isState || FileOwner.adopt(descriptor, in: folder) else {
            throw failure("give to its folder's owner", path)
        }
        FailPoint.reach("centre.file.made")
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0,
            rename(temporary, path) == 0
        else {
            let error = failure("write", path)
            unlink(temporary)
            throw error
        }
        FailPoint.reach("centre.file.renamed")
        try syncDirectory(of: path)
    }

    /// Puts `path` in the place of `target` at once.
    static func move(_ path: String, to target: String) throws(CentralError) {
        guard rename(path, target) == 0 else { throw failure("move", path) }
        try syncDirectory(of: target)
    }

    /// - Throws: `.permission` where others than the owner may read it.
    static func read(_ path: String) throws(CentralError) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("read", path) }
        defer { close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0 else { throw failure("read", path) }
        guard facts.st_mode & 0o077 == 0 else {
            throw CentralError(.permission, "\(path) can be read by others; run `chmod 600 \(path)`")
        }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw failure("read", path) }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    private static func syncDirectory(of path: String) throws(CentralError) {
        let parent = URL(filePath: path).deletingLastPathComponent().path
        let descriptor = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("sync", parent) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("sync", parent) }
    }

    private static func failure(_ verb: String, _ path: String) -> CentralError {
        let reason = errno
        return CentralError(
            reason == EACCES ? .permission : .io, "cannot \(verb) \(path): \(String(cString: strerror(reason)))")
    }
}
