import Attendance
import CentralStore
import Crypto
import Foundation
import Glibc

/// What a backup says of itself: enough to know, without opening the database, whose it is and whether it is whole.
package struct BackupManifest: Codable, Equatable, Sendable {
    var v = 1
    /// Hex fingerprint of the signing key of that time.
    package var centre: String
    /// ISO 8601, UTC.
    package var at: String
    /// Of the database's file.
    package var bytes: Int
    /// Hex, of the database's file.
    package var sha256: String
    package var entries, punches, nodes: Int
}

/// One backup: a folder with the database as a single file and a manifest beside it.
package struct BackupFolder: Sendable {
    package let path: String

    package init(_ path: String) { self.path = path }

    var database: String { path + "/central.db" }
    var manifestFile: String { path + "/manifest.json" }
    package var name: String { URL(filePath: path).lastPathComponent }

    private static let prefix = "hadir-central-"
    /// Of a backup that could not be restored: it is kept for those who must find out, and counts as none.
    private static let damaged = "-damaged"
    private static let longestManifest = 64 << 10

    /// `hadir-central-20261122T203000Z`: their order by name is their order in time.
    static func name(at moment: Date) -> String {
        prefix + moment.ISO8601Format().filter { $0 != "-" && $0 != ":" }
    }

    /// The backups in a folder that are not marked as damaged, the oldest first.
    package static func all(in folder: String) throws(CentralError) -> [BackupFolder] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder)
                .filter { $0.wholeMatch(of: /hadir-central-[0-9]{8}T[0-9]{6}Z/) != nil }
                .sorted().map { BackupFolder(folder + "/" + $0) }
        } catch {
            throw CentralError(.io, "cannot read \(folder): \(error.localizedDescription)")
        }
    }

    /// Makes this process the only one that makes backups there, while the value lives.
    package static func claim(_ folder: String) throws(CentralError) -> any Sendable { try BackupPlace(folder) }

    /// - Throws: `.data` where this is no backup, `.io` where it cannot be read.
    package func manifest() throws(CentralError) -> BackupManifest {
        guard let file = FileHandle(forReadingAtPath: manifestFile) else {
            throw CentralError(.io, "\(path) is no backup, or may not be read: there is no \(manifestFile)")
        }
        defer { try? file.close() }
        guard let bytes = try? file.read(upToCount: Self.longestManifest + 1), bytes.count <= Self.longestManifest,
            let manifest = try? JSONDecoder().decode(BackupManifest.self, from: bytes), manifest.v == 1
        else { throw CentralError(.data, "\(manifestFile) is not the manifest of a backup") }
        return manifest
    }

    /// Reads the whole database file again.
    ///
    /// - Throws: `.data` where it is not what the manifest says.
    func check(_ manifest: BackupManifest) throws {
        let found = try Self.digest(of: database)
        guard found.bytes == manifest.bytes, found.sha256 == manifest.sha256 else {
            throw CentralError(
                .data,
                "\(database) is not what was written: \(found.bytes) bytes of \(manifest.bytes), SHA-256 \(found.sha256)"
                    + " instead of \(manifest.sha256); take an older backup")
        }
    }

    static func digest(of path: String) throws(CentralError) -> (bytes: Int, sha256: String) {
        var hash = SHA256()
        var bytes = 0
        try pieces(of: path) { piece in
            hash.update(data: piece)
            bytes += piece.count
        }
        return (bytes, Hex.encode(Array(hash.finalize())))
    }

    /// Copies the database's bytes into a file that is there, and has them on the disk when it returns.
    func copyDatabase(into target: String) throws(CentralError) {
        guard let file = FileHandle(forWritingAtPath: target) else { throw Self.failure("write", target) }
        defer { try? file.close() }
        do {
            try file.truncate(atOffset: 0)
        } catch { throw CentralError(.io, "cannot write \(target): \(error.localizedDescription)") }
        try Self.pieces(of: database) { piece throws(CentralError) in
            do {
                try file.write(contentsOf: piece)
            } catch { throw CentralError(.io, "cannot write \(target): \(error.localizedDescription)") }
        }
        guard fsync(file.fileDescriptor) == 0 else { throw Self.failure("sync", target) }
    }

    private static func pieces(
        of path: String, _ take: (Data) throws(CentralError) -> Void
    ) throws(CentralError) {
        guard let file = FileHandle(forReadingAtPath: path) else { throw failure("read", path) }
        defer { try? file.close() }
        while true {
            let piece: Data?
            do {
                piece = try file.read(upToCount: 1 << 20)
            } catch { throw CentralError(.io, "cannot read \(path): \(error.localizedDescription)") }
            guard let piece, !piece.isEmpty else { return }
            try take(piece)
        }
    }

    /// Under another name, which no list of backups has.
    func markDamaged() throws(CentralError) -> BackupFolder {
        try PrivateFile.move(path, to: path + Self.damaged)
        return BackupFolder(path + Self.damaged)
    }

    private static func failure(_ verb: String, _ path: String) -> CentralError {
        CentralError(
            errno == EACCES ? .permission : .io, "cannot \(verb) \(path): \(String(cString: strerror(errno)))")
    }
}

/// What the state directory remembers of backups: `backup.json`.
package struct BackupRecord: Codable, Equatable, Sendable {
    /// When the last backup was made; ISO 8601, UTC.
    package var at: String
    package var path: String
    package var bytes, entries: Int
    /// How long the copy took.
    package var seconds: Double
    /// When a backup was last restored and found whole, perhaps an earlier one.
    package var drilledAt: String?
    /// Why the last drill failed.
    package var problem: String?

    enum CodingKeys: String, CodingKey {
        case at, path, bytes, entries, seconds, problem
        case drilledAt = "drilled_at"
    }

    static func read(_ state: StateDirectory) -> BackupRecord? {
        guard let text = try? PrivateFile.read(state.backupRecord) else { return nil }
        return try? JSONDecoder().decode(BackupRecord.self, from: Data(text.utf8))
    }

    func write(to state: StateDirectory) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var text = self
        // The file is read in one piece of 4 KiB.
        text.problem = problem.map { String($0.prefix(500)) }
        try PrivateFile.write(
            String(decoding: try encoder.encode(text), as: UTF8.self) + "\n", to: state.backupRecord)
    }
}
