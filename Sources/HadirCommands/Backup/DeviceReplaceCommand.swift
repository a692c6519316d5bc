import ArgumentParser
import Attendance
import EdgeDaemon
import Foundation
import ZKClient
import ZKWire

struct DeviceReplaceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replace",
        abstract: "Put a new device in the place of an old one: users, fingers, settings, clock, configuration.",
        discussion: """
            The old device is read a last time where it still answers, or else its users come from a backup. Then the new
            one gets everything, its stanza in devices.conf gets the new address and serial, and a running hadird is told.
            What the old one recorded stays under the old serial: history goes on. Checked before anything is written:
            room, lengths of user ids, the fingerprint algorithm, and that the new device has no users and no fingers of
            its own; a user id that has another name there is somebody else. At the end both lists are read back, and it
            says who must enroll again.

            Examples:
              hadir device replace lobby tcp://192.168.1.210 --dry-run
              hadir device replace lobby tcp://192.168.1.210
              hadir device replace lobby tcp://192.168.1.210 --from lobby.backup
            """)

    @Argument(help: "The old device's name in devices.conf.")
    var old: String

    @Argument(help: "Where the new device is: tcp://HOST[:4370] or udp://HOST[:4370].")
    var new: String

    @Option(help: ArgumentHelp("A backup of the old device, where it does not answer any more.", valueName: "file"))
    var from: String?

    @Option(help: "The new device's comm key (default: none).")
    var commKey: UInt32 = 0

    @Flag(help: "The new device may have users of its own: they and their fingers are deleted.")
    var allowUsers = false

    @Flag(help: "Show what would be done, and do nothing.")
    var dryRun = false

    @OptionGroup var backupKey: BackupKeyOptions
    @OptionGroup var file: ConfigurationOptions
    @OptionGroup var state: StateOptions

    func validate() throws {
        guard DeviceConfiguration.isName(old) else {
            throw ValidationError("the old device is named as in devices.conf")
        }
        do {
            _ = try DeviceAddress(parsing: new)
        } catch {
            throw ValidationError(error.description)
        }
    }

    func run() async throws {
        guard let stanza = try DevicesFile.load(path: file.config).devices.first(where: { $0.name == old }) else {
            throw CommandFailure(.usage, "there is no device \"\(old)\" in \(file.config)")
        }
        let key = dryRun && from == nil ? nil : try backupKey.read(state.directory)
        let content = try await source(key)
        let replacement = DeviceReplacement(
            old: stanza, content: content, allowUsers: allowUsers, dryRun: dryRun)
        let devices = DevicesOptions(devices: [new], commKey: commKey, file: file, state: state)
        let results = try await devices.withEach("hadir device replace", mustEnable: !dryRun) { session, way in
            try await replacement.run(session, way)
        }
        guard let done = try results.first?.result.get() else { return }
        for line in done.edited.report.lines { Terminal.print(TableText.harmless(line)) }
        guard done.edited.report.isGood || dryRun else {
            Terminal.say("\(old) was not replaced")
            throw ExitCode(CommandFailure.Code.finding.rawValue)
        }
        for line in done.mustEnroll { Terminal.print(TableText.harmless(line)) }
        guard !dryRun else { return }
        try writeConfiguration(stanza, done.serial)
        try await CommandJournal.append(done.edited.operations, state: state.directory)
        try await reload()
        Terminal.print(TableText.harmless("\(old) is now serial \(done.serial) at \(new)"))
    }

    /// The old device's content: read now, or from a backup.
    private func source(_ key: BackupKey?) async throws -> BackupContent {
        if let from, let key {
            Terminal.say("scans that were on the old device and not read are lost, unless it is read once more")
            return try BackupFile.opened(try BackupFile.read(path: from), key, name: from)
        }
        if !dryRun {
            // Its last scans, before it goes.
            let sync = try DeviceSyncCommand.parse([old, "--config", file.config, "--state", state.state])
            if let problem = try await sync.read().first(where: { $0.problem != nil })?.problem {
                throw CommandFailure(
                    .unavailable,
                    "the old device was not read a last time: \(problem)\n"
                        + "If it is broken for good: --from BACKUP")
            }
        }
        let maker = BackupMaker(key: key ?? BackupKey.none, state: state.directory)
        let isKept = key != nil
        let devices = DevicesOptions(devices: [old], file: file, state: state)
        let read = try await devices.withEach("hadir device replace") { session, way in
            _ = try await way.journalSerial(session)
            let list = try await session.userList()
            if isKept { _ = try await maker.make(session, way, list, withFingers: true) }
            return try await maker.content(session, list, withFingers: true)
        }
        do {
            guard let content = try read.first?.result.get() else { throw CommandFailure(.io, "nothing was read") }
            return content
        } catch let error as DeviceError {
            throw CommandFailure(
                .unavailable, "the old device: \(error)\nIf it is broken for good: --from BACKUP")
        }
    }

    private func writeConfiguration(_ stanza: DeviceConfiguration, _ serial: DeviceSerial) throws {
        var text = try DevicesFile.read(path: file.config)
        let path = file.config
        text = try DevicesFile.setting("address", to: new, ofDevice: old, in: text, path: path)
        text = try DevicesFile.setting("serial", to: serial.text, ofDevice: old, in: text, path: path)
        if CommKey(commKey) != stanza.commKey {
            // A new file: should the next step fail, the old stanza still finds the old key.
            let keyFile = "\(old)-\(serial.text.filter { $0.isLetter || $0.isNumber }).key"
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
            try DevicesFile.writeKey("\(commKey)\n", to: "\(folder)/\(keyFile)", beside: path)
            text = try DevicesFile.setting("comm_key_file", to: keyFile, ofDevice: old, in: text, path: path)
        }
        let day = UTC.text(Date()).prefix(10)
        text = try DevicesFile.remarking(
            "since \(day) serial \(serial.text), before that \(stanza.serial?.text ?? "unknown")", ofDevice: old,
            in: text, path: path)
        try DevicesFile.write(text, path: path)
    }

    private func reload() async throws {
        let answer = try await ControlClient.ask(
            ControlRequest(command: .reload), socket: state.directory.controlSocket, timeout: .seconds(30))
        if let error = answer?.error { throw CommandFailure(.configuration, error) }
    }
}
