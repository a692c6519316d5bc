import Crypto
import DeviceFormats
import EdgeStore
import FailPoints
import Foundation
import ServiceSupport

#if canImport(Glibc)
    import Glibc
#endif

/// `state/imports`: files from flash disks as they came, under their SHA-256.
///
/// A device may offer to delete what it wrote to the disk, so a file may be the only copy: it is stored before any of it
/// is journaled. `SHA.part` is still coming, `SHA.new` waits for a person's yes, `SHA.dat` was imported.
package struct ImportFolder: Sendable {
    private let path: String
    private let parent: String

    /// Imported files are kept up to this, the oldest going first: their scans are in the journal, with each line.
    package static let mostBytes: Int64 = 256 << 20
    /// Files that wait for a yes; the oldest goes first.
    static let mostWaiting = 4
    /// Of a file in one request.
    package static let chunk = 384 << 10

    package init(_ state: StateDirectory) {
        path = state.imports
        parent = state.path
    }

    private enum Ending: String {
        case part, new, dat
    }

    package static func sha256(of bytes: [UInt8]) -> String {
        SHA256.hash(data: bytes).map { String(format: "%02x", $0) }.joined()
    }

    private func file(_ sha: String, _ ending: Ending) throws(ImportError) -> String {
        guard sha.utf8.count == 64, sha.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { throw ImportError("a SHA-256 is 64 hexadecimal digits") }
        return "\(path)/\(sha).\(ending.rawValue)"
    }

    // MARK: In

    /// Adds a part of a file; the last one makes it wait for a yes.
    ///
    /// - Throws: `ImportError`, `StickRefusal` for a whole file that is none of attendance: it is then gone again.
    package func add(_ bytes: [UInt8], at offset: Int, of total: Int, to sha: String, name: String) throws {
        // No sum before both are bounded: whoever may ask could stop the daemon with one.
        guard (1...StickFile.largest).contains(total), (0..<total).contains(offset), bytes.count <= Self.chunk,
            !bytes.isEmpty, bytes.count <= total - offset
        else { throw ImportError("a part of 1 to \(Self.chunk) bytes within \(StickFile.largest) is wanted") }
        let part = try file(sha, .part)
        try create()
        if offset == 0 { makeRoom() }
        try write(bytes, at: offset, to: part)
        guard offset + bytes.count == total else { return }
        guard let whole = Self.read(part), Self.sha256(of: whole) == sha else {
            unlink(part)
            throw ImportError("the file did not come whole: import it again")
        }
        unlink(part)
        try spool(whole, name: name)
    }

    /// Stores a file to wait for a yes.
    ///
    /// - Returns: its SHA-256.
    /// - Throws: `StickRefusal` before anything of it is stored; `StateDirectoryError`.
    @discardableResult
    package func spool(_ bytes: [UInt8], name: String) throws -> String {
        _ = try StickFile.attendance(bytes, name: name)
        let sha = Self.sha256(of: bytes)
        if Self.exists(try file(sha, .dat)) { return sha }
        try create()
        makeRoom()
        try AtomicFile.write(bytes, to: try file(sha, .new), mode: 0o600)
        FailPoint.reach("edge.stick.spooled")
        return sha
    }

    /// - Throws: `ImportError` where it is not here, or no longer what its name says.
    package func bytes(_ sha: String) throws -> [UInt8] {
        for ending in [Ending.new, .dat] {
            if let bytes = Self.read(try file(sha, ending)), Self.sha256(of: bytes) == sha { return bytes }
        }
        throw ImportError("the file is no longer here: import it again")
    }

    /// Keeps a file for good, before its scans are journaled.
    package func keep(_ sha: String) throws {
        let kept = try file(sha, .dat)
        let waiting = try file(sha, .new)
        guard Self.exists(waiting) else { return }
        forgetOldest(sparing: kept)
        guard rename(waiting, kept) == 0 else { throw ImportError.failed("keep", kept) }
        sync()
    }

    /// Somebody said no.
    package func discard(_ sha: String) {
        guard let waiting = try? file(sha, .new) else { return }
        unlink(waiting)
    }

    /// What was left half way is gone: nobody said yes to it, and none of it was journaled.
    package func clean() {
        for name in names where !name.hasSuffix(".dat") { unlink("\(path)/\(name)") }
    }

    // MARK: The folder

    private var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] }

    private func create() throws {
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw ImportError.failed("make", path) }
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard folder >= 0 else { throw ImportError.failed("open", path) }
        defer { close(folder) }
        guard FileOwner.adopt(folder, in: parent) else { throw ImportError.failed("give to its owner", path) }
    }

    private func sync() {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return }
        fsync(folder)
        close(folder)
    }

    private func makeRoom() {
        let waiting = aged { !$0.hasSuffix(".dat") }
        for file in waiting.dropLast(Self.mostWaiting - 1) { unlink(file.path) }
    }

    private func forgetOldest(sparing spared: String) {
        let kept = aged { $0.hasSuffix(".dat") }
        var bytes = kept.reduce(0) { $0 + $1.size }
        for file in kept where bytes > Self.mostBytes && file.path != spared {
            unlink(file.path)
            bytes -= file.size
        }
    }

    /// Oldest first.
    private func aged(_ wanted: (String) -> Bool) -> [(path: String, size: Int64)] {
        names.filter(wanted).map { name in
            var facts = stat()
            let isThere = lstat("\(path)/\(name)", &facts) == 0
            return (
                path: "\(path)/\(name)", size: isThere ? Int64(facts.st_size) : 0,
                age: isThere ? Double(facts.st_mtim.tv_sec) + Double(facts.st_mtim.tv_nsec) / 1e9 : 0
            )
        }.sorted { ($0.age, $0.path) < ($1.age, $1.path) }.map { ($0.path, $0.size) }
    }

    private func write(_ bytes: [UInt8], at offset: Int, to part: String) throws {
        let mode = offset == 0 ? O_CREAT | O_TRUNC : 0
        let descriptor = open(part, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | mode, 0o600)
        guard descriptor >= 0 else { throw ImportError.failed("open", part) }
        defer { close(descriptor) }
        var facts = stat()
        guard FileOwner.adopt(descriptor, in: path), fstat(descriptor, &facts) == 0, Int(facts.st_size) == offset,
            lseek(descriptor, 0, SEEK_END) == off_t(offset)
        else { throw ImportError("parts of a file come one after the other: import it again") }
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw ImportError.failed("write", part) }
            done += count
        }
    }

    private static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    private static func read(_ path: String) -> [UInt8]? { try? BoundedFile.read(path, upTo: StickFile.largest) }
}

/// Files that somebody else chose the size of.
package enum BoundedFile {
    /// - Throws: `ImportError` for a folder, a device, and what is longer than `most`.
    package static func read(
        _ path: String, upTo most: Int, as what: String = "attendance of one device"
    ) throws(ImportError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .failed("open", path) }
        defer { close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            throw ImportError("\(path) is no plain file")
        }
        guard facts.st_size <= most else {
            throw ImportError("\(path) has more than \(most >> 20) MiB: this is no \(what)")
        }
        // One more, so that a file that grows meanwhile is noticed.
        var bytes = [UInt8](repeating: 0, count: Int(facts.st_size) + 1)
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .failed("read", path) }
            if count == 0 { break }
            done += count
        }
        guard done < bytes.count else { throw ImportError("\(path) grows while it is read: import a copy of it") }
        return Array(bytes.prefix(done))
    }
}

/// Why an import cannot go on.
package struct ImportError: Error, Equatable, Sendable, CustomStringConvertible {
    package let description: String
    /// The device is the trouble: a name or serial nobody knows.
    package let isUnknownDevice: Bool
    /// The file names another device than the one it shall be of.
    package let isOtherDevice: Bool
    /// A disk or a folder failed.
    package let isDisk: Bool

    package init(
        _ description: String, isUnknownDevice: Bool = false, isOtherDevice: Bool = false, isDisk: Bool = false
    ) {
        self.description = description
        self.isUnknownDevice = isUnknownDevice
        self.isOtherDevice = isOtherDevice
        self.isDisk = isDisk
    }

    static func failed(_ what: String, _ path: String) -> ImportError {
        ImportError("cannot \(what) \(path): \(String(cString: strerror(errno)))", isDisk: true)
    }
}
