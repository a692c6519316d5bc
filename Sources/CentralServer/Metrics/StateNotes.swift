import Attendance
import Foundation
import Glibc

/// Small files of JSON in the state directory that one part leaves and another reads.
enum StateNote {
    /// Room for a path of the longest kind, and for what later versions add.
    static let mostBytes = 16 * 1024

    /// Never waits, follows no link, and takes no more than a small file.
    ///
    /// - Returns: `nil` where there is none, and where it is something else than a small JSON file of that shape.
    static func read<Note: Decodable>(_ type: Note.Type, at path: String) -> Note? {
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG, facts.st_size <= mostBytes else {
            return nil
        }
        var bytes = [UInt8](repeating: 0, count: mostBytes + 1)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { return nil }
            if got == 0 { break }
            count += got
        }
        guard count <= mostBytes else { return nil }
        return try? JSONDecoder().decode(type, from: Data(bytes.prefix(count)))
    }

    /// `2026-11-22T20:30:00Z`, or with milliseconds.
    static func date(_ text: String?) -> Date? {
        guard let text else { return nil }
        if let date = UTC.date(text) { return date }
        guard text.utf8.count == 20, text.hasSuffix("Z") else { return nil }
        return UTC.date(text.dropLast() + ".000Z")
    }
}

/// What the last backup left behind: `backup.json` in the state directory.
package struct BackupMark: Equatable, Sendable {
    /// When it was whole.
    package let at: Date
    /// When a restore of it, done to try it, had everything; `nil` where none was, or it was not right.
    package let drilledAt: Date?
    package let bytes: Int64?
    /// How long it took.
    package let seconds: Double?

    private struct Text: Decodable {
        let at: String
        let drilled_at: String?
        let bytes: Int64?
        let seconds: Double?
    }

    init(at moment: Date, drilledAt: Date?, bytes: Int64?, seconds: Double?) {
        at = moment
        self.drilledAt = drilledAt
        self.bytes = bytes
        self.seconds = seconds
    }

    /// - Returns: `nil` where there is none, and where nobody can say what it tells.
    package init?(path: String) {
        guard let text = StateNote.read(Text.self, at: path), let moment = StateNote.date(text.at) else { return nil }
        at = moment
        drilledAt = StateNote.date(text.drilled_at)
        bytes = text.bytes.flatMap { $0 >= 0 ? $0 : nil }
        seconds = text.seconds.flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
    }
}

/// What the last look at all entries and punches found: `entries-check.json` in the state directory.
struct EntriesCheck: Codable, Equatable, Sendable {
    /// When it began, UTC text.
    let at: String
    let entries: Int
    let punches: Int
    /// What is not what it was.
    let problems: Int

    var moment: Date? { StateNote.date(at) }

    func write(to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        try PrivateFile.write(String(decoding: encoder.encode(self), as: UTF8.self) + "\n", to: path)
    }
}
