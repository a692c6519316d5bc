import Foundation

/// A new file that only its owner may read, written in pieces.
final class OutputFile {
    let path: String
    private let descriptor: Int32
    private var isOpen = true
    private var waiting: [UInt8] = []
    private(set) var bytes = 0

    private static let piece = 64 << 10

    /// - Throws: `TableWriteError`, also where the path is taken.
    init(_ path: String) throws(TableWriteError) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw TableWriteError("\(path) cannot be made: \(String(cString: strerror(errno)))")
        }
        waiting.reserveCapacity(Self.piece + 4096)
    }

    func write(_ text: String) throws(TableWriteError) {
        waiting += text.utf8
        if waiting.count >= Self.piece { try flush() }
    }

    /// Whole on disk.
    func finish() throws(TableWriteError) {
        try flush()
        guard fsync(descriptor) == 0 else { throw failure }
        isOpen = false
        guard close(descriptor) == 0 else { throw failure }
    }

    /// Closes it and takes it away.
    func abandon() {
        if isOpen { close(descriptor) }
        isOpen = false
        unlink(path)
    }

    deinit { if isOpen { close(descriptor) } }

    private func flush() throws(TableWriteError) {
        var done = 0
        while done < waiting.count {
            let count = waiting.withUnsafeBytes { buffer in
                Foundation.write(descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure }
            done += count
        }
        bytes += waiting.count
        waiting.removeAll(keepingCapacity: true)
    }

    private var failure: TableWriteError {
        TableWriteError("\(path) cannot be written: \(String(cString: strerror(errno)))")
    }
}
