import ArgumentParser
import Attendance
import EdgeDaemon
import Foundation
import ZKClient
import ZKWire

struct DeviceBackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Save a device's users and settings, and with --templates its fingers, sealed with a key.",
        discussion: """
            The file holds names, cards, passwords and fingerprints: it is sealed with AES-256-GCM, and nothing in it can
            be read or altered without the key. Keep the key in another place than the backups, and a copy of it: without
            it they are lost. The key is not kept in the state directory.

            Examples:
              hadir device backup --new-key /etc/hadir/backup.key
              hadir device backup lobby
              hadir device backup lobby --templates --to /media/usb/lobby.backup
            """)

    @Argument(help: "A name from devices.conf, or an address such as tcp://HOST.")
    var name: String?

    @Option(help: ArgumentHelp("Make a new key in this file, and do nothing else.", valueName: "file"))
    var newKey: String?

    @Option(help: ArgumentHelp("Where to (default: a new file in the state directory's backups).", valueName: "file"))
    var to: String?

    @Flag(help: "Fingers, too.")
    var templates = false

    @Option(help: "The device's comm key, as in its menu (default: as configured, or none).")
    var commKey: UInt32?

    @OptionGroup var backupKey: BackupKeyOptions
    @OptionGroup var file: ConfigurationOptions
    @OptionGroup var state: StateOptions

    @Flag(help: "Print one JSON object; nothing secret is in it.")
    var json = false

    private struct Report: Codable, Sendable {
        var device, serial, file, key: String
        var users: Int
    }

    func validate() throws {
        if name != nil, newKey != nil {
            throw ValidationError("a device or --new-key, not both: make the key first, then use it with --key")
        }
        guard name != nil || newKey != nil else {
            throw ValidationError("say a device, or --new-key FILE")
        }
        if let name { try DevicesOptions(devices: [name], file: file, state: state).validate() }
    }

    func run() async throws {
        if let newKey {
            let key = try BackupKey.make(path: newKey, state: state.directory)
            Terminal.print(
                "made \(newKey), fingerprint \(key.fingerprint). Keep a copy of it: without it no backup opens")
            return
        }
        guard let name else { return }
        let maker = BackupMaker(key: try backupKey.read(state.directory), state: state.directory, to: to)
        let templates = templates
        let devices = DevicesOptions(devices: [name], commKey: commKey, file: file, state: state)
        let results = try await devices.withEach("hadir device backup") { session, way in
            let serial = try await way.journalSerial(session)
            let list = try await session.userList()
            let path = try await maker.make(session, way, list, withFingers: templates)
            return Report(
                device: name, serial: serial.text, file: path, key: maker.key.fingerprint, users: list.users.count)
        }
        for (_, result) in results {
            let report = try result.get()
            if json { return try Terminal.print(json: report) }
            Terminal.print(
                TableText.harmless("\(report.device): \(report.users) users saved in \(report.file)"))
        }
    }
}

struct DeviceRestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Make a device's users, fingers or settings those of a backup.",
        discussion: """
            The device must be the one the backup was made of, unless --other-device says so. Users that came after the
            backup are deleted, within the same limits as hadir device sync --users. Fingers are those of the backup;
            a finger enrolled since stays.

            Examples:
              hadir device restore lobby --from lobby.backup --users --dry-run
              hadir device restore lobby --from lobby.backup --users --templates
            """)

    @Argument(help: "A name from devices.conf, or an address such as tcp://HOST.")
    var name: String

    @Option(help: ArgumentHelp("The backup.", valueName: "file"))
    var from: String

    @Flag(help: "Users, with cards, groups and passwords.")
    var users = false

    @Flag(help: "Fingers of users who are on the device.")
    var templates = false

    @Flag(help: "Settings that belong to the device's task: none of the network, none of the clock.")
    var settings = false

    @Flag(help: "The device is another one than the backup's.")
    var otherDevice = false

    @Flag(help: "Show what would be done, and do nothing.")
    var dryRun = false

    @OptionGroup var roster: RosterOptions
    @Option(help: "The device's comm key, as in its menu (default: as configured, or none).")
    var commKey: UInt32?

    @OptionGroup var backupKey: BackupKeyOptions
    @OptionGroup var file: ConfigurationOptions
    @OptionGroup var state: StateOptions

    @Flag(help: "Print a JSON array.")
    var json = false

    func validate() throws {
        guard users || templates || settings else { throw ValidationError("say --users, --templates or --settings") }
        try DevicesOptions(devices: [name], file: file, state: state).validate()
    }

    func run() async throws {
        let content = try BackupFile.opened(
            try BackupFile.read(path: from), try backupKey.read(state.directory), name: from)
        if templates, content.fingers == nil {
            throw CommandFailure(.data, "\(from) holds no fingers: it was made without --templates")
        }
        var restoring = BackupRestoring(content: content, users: users, templates: templates, settings: settings)
        restoring.otherDevice = otherDevice
        restoring.editing = UserEditing(
            purpose: "hadir device restore", limits: roster.limits, dryRun: dryRun, json: json, mayDelete: true)
        let devices = DevicesOptions(devices: [name], commKey: commKey, file: file, state: state)
        let reports = try await restoring.run(devices)
        try UserReport.finish(reports, devices, json: json, isPlanOnly: dryRun && reports.allSatisfy(\.isGood))
    }
}
