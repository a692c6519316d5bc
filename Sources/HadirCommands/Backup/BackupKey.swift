import Attendance
import Crypto
import EdgeDaemon
import EdgeStore
import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// The key that backups are sealed with: 32 random bytes in a file of its own, outside the state directory, so that a
/// copy of the state directory opens no fingerprint.
struct BackupKey: Sendable, CustomStringConvertible, CustomReflectable {
    let key: SymmetricKey

    var description: String { "<backup key \(fingerprint)>" }
    var customMirror: Mirror { Mirror(self, children: []) }

    /// Tells keys apart and nothing of them.
    var fingerprint: String {
        key.withUnsafeBytes { bytes in
            let label = Array("hadir backup key ".utf8)
            return String(Hex.encode(SHA256.hash(data: label + Array(bytes))).prefix(16))
        }
    }

    /// For content that is not written anywhere.
    static let none = BackupKey(key: SymmetricKey(size: .bits256))

    static let usual = "/etc/hadir/backup.key"
    private static let size = 32

    /// From a file of 64 hex digits that nobody else may read.
    ///
    /// - Parameter state: the file must not lie in there.
    static func read(path: String, state: StateDirectory) throws -> BackupKey {
        try refuseInside(state, path)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            let reason = String(cString: strerror(errno))
            throw CommandFailure(
                errno == EACCES ? .permission : .configuration,
                "the backup key \(path) cannot be opened: \(reason). To make one: hadir device backup --new-key \(path)"
            )
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw CommandFailure(.configuration, "the backup key \(path) is no regular file")
        }
        // systemd gives credentials to their user as 0400; a group may be trusted, everybody is not.
        guard status.st_mode & 0o007 == 0 else {
            throw CommandFailure(.configuration, "the backup key \(path) is open to every user: chmod 600 \(path)")
        }
        var buffer = [UInt8](repeating: 0, count: size * 2 + 8)
        let count = Foundation.read(descriptor, &buffer, buffer.count)
        let text = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        guard let bytes = Hex.decode(text), bytes.count == size else {
            throw CommandFailure(.configuration, "\(path) is no backup key: it must hold \(size * 2) hex digits")
        }
        return BackupKey(key: SymmetricKey(data: bytes))
    }

    /// Makes a new key in a new file. An old one is never overwritten: its backups could not be opened any more.
    static func make(path: String, state: StateDirectory) throws -> BackupKey {
        try refuseInside(state, path)
        let key = BackupKey(key: SymmetricKey(size: .bits256))
        let text = key.key.withUnsafeBytes { Hex.encode(Array($0)) } + "\n"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw CommandFailure(
                errno == EACCES ? .permission : .io,
                "\(path) cannot be made: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard bytes.withUnsafeBytes({ Foundation.write(descriptor, $0.baseAddress, $0.count) }) == bytes.count,
            fchmod(descriptor, 0o600) == 0, fsync(descriptor) == 0
        else {
            unlink(path)
            throw CommandFailure(.io, "\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
        return key
    }

    /// As the kernel finds it; as it is written where nothing is there.
    private static func real(_ path: String) -> String {
        guard let found = realpath(path, nil) else { return URL(fileURLWithPath: path).standardizedFileURL.path }
        defer { free(found) }
        return String(cString: found)
    }

    private static func refuseInside(_ state: StateDirectory, _ path: String) throws {
        let folder = real(state.path)
        // The file may not be there yet, and then only the folder it comes into tells where it will lie.
        let parent = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let places = [real(path), real(parent) + "/" + URL(fileURLWithPath: path).lastPathComponent]
        guard !places.contains(where: { $0.hasPrefix(folder + "/") }) else {
            throw CommandFailure(
                .configuration,
                "\(path) lies in the state directory, beside the backups it opens: keep the key elsewhere")
        }
    }
}
