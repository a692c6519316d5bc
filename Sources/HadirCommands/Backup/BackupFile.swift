import Crypto
import EdgeStore
import Foundation

/// A backup on disk: one line that anybody may read, then what only the key opens.
///
///     hadir-backup 1 {"fingers":12,"key":"…","model":"F18/ID","serial":"…","taken_at":"…","users":25}\n
///     nonce (12 bytes), ciphertext, tag (16 bytes): AES-256-GCM with the line as additional data
///
/// So a file can be told from another without its key, and neither line nor content can be altered unseen.
enum BackupFile {
    struct Header: Codable, Equatable, Sendable {
        var serial, model, taken_at: String
        var users, fingers: Int
        /// Fingerprint of the key.
        var key: String
    }

    static let magic = "hadir-backup 1 "
    static let longest = 256 << 20
    private static let longestHeader = 4096

    static func sealed(_ content: BackupContent, _ key: BackupKey) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let header = Header(
            serial: content.serial, model: content.model, taken_at: content.taken_at, users: content.users.count,
            fingers: content.fingers?.count ?? 0, key: key.fingerprint)
        let line = Array(magic.utf8) + Array(try encoder.encode(header)) + [10]
        let box = try AES.GCM.seal(try encoder.encode(content), using: key.key, authenticating: line)
        guard let combined = box.combined else { throw CommandFailure(.io, "the backup cannot be sealed") }
        return line + Array(combined)
    }

    /// - Throws: `CommandFailure`: another key, altered, cut short, another version, no backup at all.
    static func opened(_ bytes: [UInt8], _ key: BackupKey, name: String) throws -> BackupContent {
        let (header, end) = try header(bytes, name: name)
        guard header.key == key.fingerprint else {
            throw CommandFailure(
                .data,
                "\(name) was sealed with another key (\(header.key); this one is \(key.fingerprint)): say --key FILE")
        }
        let plain: Data
        do {
            let box = try AES.GCM.SealedBox(combined: bytes[end...])
            plain = try AES.GCM.open(box, using: key.key, authenticating: bytes[..<end])
        } catch {
            throw CommandFailure(.data, "\(name) was altered or cut short: nothing in it can be trusted")
        }
        do {
            return try JSONDecoder().decode(BackupContent.self, from: plain)
        } catch {
            // Not the error itself, which may quote what was sealed.
            throw CommandFailure(.data, "\(name) was written by another version of hadir")
        }
    }

    /// What stands in clear. Not to be trusted before the file was opened.
    static func header(_ bytes: [UInt8], name: String) throws -> (header: Header, end: Int) {
        guard bytes.starts(with: magic.utf8), let end = bytes.prefix(longestHeader).firstIndex(of: 10) else {
            let isOther = bytes.starts(with: "hadir-backup ".utf8)
            throw CommandFailure(
                .data, isOther ? "\(name) is of another version of hadir" : "\(name) is no backup of hadir")
        }
        let json = Data(bytes[magic.utf8.count..<end])
        guard let header = try? JSONDecoder().decode(Header.self, from: json) else {
            throw CommandFailure(.data, "\(name) has a damaged first line")
        }
        return (header, end + 1)
    }

    static func read(path: String) throws -> [UInt8] {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw CommandFailure(.data, "\(path) cannot be opened: is the name right, and may you read it?")
        }
        let data = try handle.read(upToCount: longest + 1) ?? Data()
        guard data.count <= longest else { throw CommandFailure(.data, "\(path) is too large for a backup") }
        return Array(data)
    }

    /// A file that is there already stays.
    static func write(_ bytes: [UInt8], path: String) throws {
        guard !FileManager.default.fileExists(atPath: path) else {
            throw CommandFailure(.io, "\(path) is there already and is not overwritten")
        }
        try AtomicFile.write(bytes, to: path, mode: 0o600)
    }
}
