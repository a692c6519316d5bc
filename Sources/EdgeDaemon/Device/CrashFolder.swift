import EdgeStore
import Foundation
import ServiceSupport

/// The small files of `CrashGuard`, named by devices.
///
/// The folder's owner may not be who runs this (root, by hand), and may lay links: the folder is opened once, as a
/// folder and no link, and everything is done below its descriptor.
final class CrashFolder: Sendable {
    private let descriptor: Int32
    private let path: String

    /// A file has one line.
    private static let mostBytes = 64
    private static let mostFiles = 10_000

    /// - Returns: `nil` where it is no folder, or a link to one, or may not be opened.
    init?(state: StateDirectory) {
        path = state.path + "/reading"
        _ = mkdir(path, 0o750)
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        _ = FileOwner.adopt(descriptor, in: state.path)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Sorted.
    var names: [String] {
        let copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0 else { return [] }
        guard let folder = fdopendir(copy) else {
            close(copy)
            return []
        }
        defer { closedir(folder) }
        var names: [String] = []
        while names.count < Self.mostFiles, let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// - Returns: `nil` where it is no plain file, or cannot be read.
    func text(of name: String) -> String? {
        let file = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var facts = stat()
        guard fstat(file, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { return nil }
        var bytes = [UInt8](repeating: 0, count: Self.mostBytes)
        let count = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
        return count >= 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
    }

    func write(_ text: String, _ name: String) {
        let file = openat(
            descriptor, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o640)
        guard file >= 0 else { return }
        defer { close(file) }
        _ = FileOwner.adopt(file, in: path)
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { Foundation.write(file, $0.baseAddress, $0.count) }
    }

    func remove(_ name: String) { unlinkat(descriptor, name, 0) }
}
