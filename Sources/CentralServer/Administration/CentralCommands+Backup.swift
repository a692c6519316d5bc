import Attendance
import CentralStore
import Foundation
import Glibc

extension CentralCommands {
    /// What became of one backup.
    package struct BackupReport: Encodable, Equatable, Sendable {
        package var path: String
        package var bytes, entries, punches, nodes: Int
        /// What the copy took, and what restoring and verifying it took; `nil` without a drill.
        package var seconds: Double
        package var drillSeconds: Double?
        /// Why it cannot be relied on; `nil` where all is well or nobody looked.
        package var problem: String?
        package var kept: Int
        package var removed: [String]

        enum CodingKeys: String, CodingKey {
            case path, bytes, entries, punches, nodes, seconds, problem, kept, removed
            case drillSeconds = "drill_seconds"
        }
    }

    /// What is being done, and how far: 0 to 1.
    package typealias BackupProgress = @Sendable (_ what: String, _ share: Double) -> Void

    /// Copies the database of a centre that may be running, and proves the copy by restoring it.
    ///
    /// - Parameters:
    ///   - folder: where backups go, each in a folder of its own; made where it is missing.
    ///   - keep: how many good ones stay; `nil` for all. Nothing is removed unless the new one passed its drill.
    ///   - drill: whether the copy is restored and verified, which takes as much room again for a while.
    /// - Returns: also where the drill failed: `problem` says why, and the copy is kept under another name.
    package static func backUp(
        _ state: StateDirectory, to folder: String, keep: Int?, drill: Bool, now: @Sendable () -> Date = { Date() },
        progress: @escaping BackupProgress = { _, _ in }
    ) async throws -> BackupReport {
        let keys = try CentralKeys(state)
        let place = try BackupPlace(folder)
        defer { withExtendedLifetime(place) {} }
        try place.requireRoom(for: state.database, copies: drill ? 2 : 1)
        let begun = now()
        let (backup, manifest) = try await place.copy(state, keys, at: begun, progress)
        var report = BackupReport(
            path: backup.path, bytes: manifest.bytes, entries: manifest.entries, punches: manifest.punches,
            nodes: manifest.nodes, seconds: now().timeIntervalSince(begun), kept: 0, removed: [])
        let before = BackupRecord.read(state)
        var record = BackupRecord(
            at: manifest.at, path: backup.path, bytes: manifest.bytes, entries: manifest.entries,
            seconds: report.seconds, drilledAt: before?.drilledAt)
        if drill {
            let drilled = now()
            do {
                try await place.drill(backup, manifest, keys, at: drilled, progress)
                record.drilledAt = drilled.ISO8601Format()
                report.drillSeconds = now().timeIntervalSince(drilled)
            } catch let error as CentralError where error.kind == .data {
                report.path = try backup.markDamaged().path
                report.problem = error.description
                record.path = report.path
                record.problem = error.description
            }
        }
        if report.problem == nil, drill, let keep { report.removed = try place.removeAllBut(keep) }
        report.kept = try BackupFolder.all(in: folder).count
        try record.write(to: state)
        return report
    }

    /// Restores an older backup for proof, with the keys of the state directory; nothing of it is kept.
    package static func drill(
        _ backup: BackupFolder, of state: StateDirectory, at moment: Date,
        progress: @escaping BackupProgress = { _, _ in }
    ) async throws -> BackupManifest {
        let keys = try CentralKeys(state)
        let manifest = try backup.manifest()
        let place = try BackupPlace(URL(filePath: backup.path).deletingLastPathComponent().path)
        defer { withExtendedLifetime(place) {} }
        try place.requireRoom(for: backup.database, copies: 1)
        try await place.drill(backup, manifest, keys, at: moment, progress)
        if var record = BackupRecord.read(state) {
            record.drilledAt = moment.ISO8601Format()
            if record.path == backup.path { record.problem = nil }
            try record.write(to: state)
        }
        return manifest
    }

    /// What a recovery kit lacks.
    package struct KitVerdict: Encodable, Equatable, Sendable {
        package var centre: String
        package var nodes: Int
        /// Sentences; none where the kit gives back all keys and nodes there are now.
        package var problems: [String]
    }

    /// Opens a kit, as `restore` would, and compares it with the centre.
    package static func checkKit(
        _ state: StateDirectory, kit path: String, passphrase: String
    ) async throws -> KitVerdict {
        let keys = try CentralKeys(state)
        let content = try openKit(path, passphrase: passphrase)
        var problems: [String] = []
        if content.keys.fingerprint != keys.fingerprint {
            problems.append("the key that signs now is not the kit's: offices would not believe the restored centre")
        }
        if content.keys.sealing.rawRepresentation != keys.sealing.rawRepresentation {
            problems.append("the key that opens what offices seal is not the kit's")
        }
        if let next = keys.next, content.keys.next?.fingerprint != next.fingerprint {
            problems.append("the announced next key is not in the kit")
        }
        let inKit = Dictionary(content.nodes.map { ($0.key, $0) }) { first, _ in first }
        for node in try await keptNodes(in: state) {
            if inKit[node.key] == nil {
                problems.append("node \(node.name) is not in the kit: its office would have to be enrolled again")
            } else if node.isRevoked, inKit[node.key]?.isRevoked == false {
                problems.append("node \(node.name) is revoked; the kit would let it in again")
            }
        }
        return KitVerdict(
            centre: Hex.encode(content.keys.fingerprint), nodes: content.nodes.count, problems: problems)
    }
}
