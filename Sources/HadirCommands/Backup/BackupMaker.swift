import ArgumentParser
import Attendance
import EdgeStore
import Foundation
import ZKClient
import ZKWire

/// Where the key of backups is.
struct BackupKeyOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The key of backups (default: backup.key among systemd's credentials, or \(BackupKey.usual)).",
            valueName: "file"))
    var key: String?

    func read(_ state: StateDirectory) throws -> BackupKey {
        if let key { return try BackupKey.read(path: key, state: state) }
        if let folder = ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"] {
            let path = "\(folder)/backup.key"
            if FileManager.default.fileExists(atPath: path) { return try BackupKey.read(path: path, state: state) }
        }
        return try BackupKey.read(path: BackupKey.usual, state: state)
    }
}

/// Makes backups of devices.
struct BackupMaker: Sendable {
    let key: BackupKey
    let state: StateDirectory
    /// A file; `nil` makes one named after device and time in the state directory.
    var to: String?
    var now: @Sendable () -> Date = { Date() }

    /// - Returns: the file's path.
    func make(
        _ session: DeviceSession, _ way: DeviceTarget.Way, _ list: DeviceUserList, withFingers: Bool
    ) async throws -> String {
        let content = try await content(session, list, withFingers: withFingers)
        let path: String
        if let to {
            path = to
        } else {
            let folder = state.path + "/backups"
            try state.create()
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o750])
            path = folder + "/\(Self.fileName(content))"
        }
        try BackupFile.write(try BackupFile.sealed(content, key), path: path)
        return path
    }

    func content(
        _ session: DeviceSession, _ list: DeviceUserList, withFingers: Bool
    ) async throws -> BackupContent {
        let identity = try await session.identity()
        var settings: [String: String] = [:]
        for key in BackupSettings.keys { settings[key] = try await session.option(key) }
        var fingers: [BackupContent.Finger]?
        if withFingers {
            let bar = ProgressBar("fingers")
            fingers = BackupContent.fingers(try await session.templates { bar.update($0) }, list.users)
            bar.finish()
        }
        return BackupContent(
            serial: identity.serial, model: identity.model, platform: identity.platform, firmware: identity.firmware,
            taken_at: UTC.text(now()), layout: list.layout?.rawValue, pin_width: list.pinWidth,
            finger_version: try await session.option(DeviceOption.fingerVersion), settings: settings,
            users: list.users.map { BackupContent.User($0) }, fingers: fingers)
    }

    /// Nothing a device says can name another folder.
    private static func fileName(_ content: BackupContent) -> String {
        let safe = content.serial.unicodeScalars.map { scalar in
            CharacterSet.alphanumerics.contains(scalar) && scalar.isASCII ? String(scalar) : "-"
        }.joined()
        let time = content.taken_at.filter { $0.isNumber }
        return "\(safe.prefix(64))-\(time).backup"
    }
}
