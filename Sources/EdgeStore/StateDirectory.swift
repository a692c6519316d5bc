import FailPoints
import Foundation
import ServiceSupport

#if canImport(Glibc)
    import Glibc
#endif

/// The folder in which a daemon keeps everything, and the lock that lets one process write there.
package struct StateDirectory: Sendable {
    package let path: String

    package init(path: String) { self.path = path }

    package var journal: String { path + "/journal.db" }
    package var nodeIdentity: String { path + "/node.json" }
    package var nodeKey: String { path + "/node.key" }
    /// What a daemon found wrong with the journal while it ran: the next start mends it.
    package var journalDamage: String { path + "/journal.damaged" }
    package var controlSocket: String { path + "/control.sock" }
    /// Files from flash disks, as they came.
    package var imports: String { path + "/imports" }

    /// Makes the folder, readable by its owner and group only, if it is missing.
    package func create() throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o750])
        } catch {
            throw StateDirectoryError("cannot make \(path): \(error.localizedDescription)")
        }
    }

    /// Takes the exclusive lock; it is held until the value goes away, and by no process that is dead.
    ///
    /// - Returns: `nil` where another process holds it.
    package func lock() throws -> StateLock? {
        let descriptor = open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC | FileOwner.flags(in: path), 0o600)
        guard descriptor >= 0 else {
            throw StateDirectoryError("cannot open \(path)/lock: \(String(cString: strerror(errno)))")
        }
        guard FileOwner.adopt(descriptor, in: path) else {
            let code = errno
            close(descriptor)
            throw StateDirectoryError(
                "cannot give \(path)/lock to its folder's owner: \(String(cString: strerror(code)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(descriptor)
            if code == EWOULDBLOCK { return nil }
            throw StateDirectoryError("cannot lock \(path)/lock: \(String(cString: strerror(code)))")
        }
        return StateLock(descriptor: descriptor)
    }
}

/// Held while a process may write the state directory.
package final class StateLock: Sendable {
    private let descriptor: Int32

    fileprivate init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }
}

package struct StateDirectoryError: Error, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// Files that are either the old ones or the new ones, whatever happens in between; made by root, they belong to the
/// owner of their folder.
package enum AtomicFile {
    package static func write(_ bytes: [UInt8], to path: String, mode: mode_t) throws {
        let temporary = path + ".new"
        unlink(temporary)
        do {
            try writeWhole(bytes, to: temporary, mode: mode)
            FailPoint.reach("edge.file.written")
            guard rename(temporary, path) == 0 else { throw failure("cannot rename to", path) }
            FailPoint.reach("edge.file.renamed")
        } catch {
            unlink(temporary)
            throw error
        }
        // The name itself must survive a power cut too.
        let folder = open((path as NSString).deletingLastPathComponent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if folder >= 0 {
            fsync(folder)
            close(folder)
        }
    }

    private static func writeWhole(_ bytes: [UInt8], to path: String, mode: mode_t) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw failure("cannot make", path) }
        FailPoint.reach("edge.file.made")
        defer { close(descriptor) }
        guard FileOwner.adopt(descriptor, in: (path as NSString).deletingLastPathComponent) else {
            throw failure("cannot give to its folder's owner", path)
        }
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("cannot write", path) }
            done += count
        }
        guard fsync(descriptor) == 0 else { throw failure("cannot sync", path) }
    }

    private static func failure(_ what: String, _ path: String) -> StateDirectoryError {
        StateDirectoryError("\(what) \(path): \(String(cString: strerror(errno)))")
    }
}
