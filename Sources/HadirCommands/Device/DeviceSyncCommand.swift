import ArgumentParser
import Attendance
import EdgeDaemon
import EdgeStore
import Foundation

struct DeviceSyncCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync",
        abstract: "Read devices now and journal what is new; with --users, make their users those of a file.",
        discussion: """
            A running hadird reads in the sessions it holds, and sets clocks as it is configured; without one, this
            command does it itself. Exit code 0 where every device was read, 69 where one was not.

            With --users, the list of each device is made the same as the file's, which hadir user export writes:
            what is to be added, changed and deleted is shown, a backup is made, then it is sent, and the list is read
            again. "Confirmed" is what the device then shows. A file that is empty, has a user id twice, has less than
            half of the device's users, or deletes more than a tenth of them changes nothing. After a failure run
            the same again: it does what is left. To undo it: hadir device restore NAME --from BACKUP --users

            Examples:
              hadir device sync
              hadir device sync lobby gudang --json
              hadir device sync lobby --users pegawai.csv --dry-run
              hadir device sync --all --users pegawai.csv
              hadir device sync lobby gudang --templates
            """)

    @Argument(help: "Names from devices.conf; none means all.")
    var names: [String] = []

    @Flag(help: "All devices; the same as no names.")
    var all = false

    @Option(help: ArgumentHelp("Make the devices' users those of this file.", valueName: "file"))
    var users: String?

    @Flag(help: "Copy fingers between the devices: each gets those that its users have on the others.")
    var templates = false

    @Flag(help: "With --users or --templates: show what would be done, and do nothing.")
    var dryRun = false

    @OptionGroup var roster: RosterOptions
    @OptionGroup var backupKey: BackupKeyOptions
    @OptionGroup var file: ConfigurationOptions
    @OptionGroup var state: StateOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        if all, !names.isEmpty { throw ValidationError("names or --all, not both") }
        if users == nil, !templates, dryRun {
            throw ValidationError("--dry-run goes with --users or --templates; a reading changes no device")
        }
        if templates, names.count == 1 { throw ValidationError("--templates needs two devices or more, or --all") }
    }

    private struct Report: Encodable {
        var synced: [ControlAnswer.Sync]?
        var users: [UserReport]?
    }

    func run() async throws {
        var edited = if let users { try await syncUsers(users) } else { nil as [UserReport]? }
        if templates { edited = (edited ?? []) + (try await syncFingers()) }
        let synced = dryRun ? nil : try await read()
        if json {
            try Terminal.print(json: Report(synced: synced, users: edited))
        } else if let synced {
            Terminal.print(Self.table(synced))
        }
        if synced?.contains(where: { $0.problem != nil }) ?? false {
            throw ExitCode(CommandFailure.Code.unavailable.rawValue)
        }
        guard let edited else { return }
        try UserReport.finish(
            edited, devicesOptions, json: false, isPlanOnly: dryRun && edited.allSatisfy(\.isGood), isPrinted: json)
    }

    /// The reading alone.
    func read() async throws -> [ControlAnswer.Sync] {
        let request = ControlRequest(command: .sync, devices: names)
        let asked = try await ControlClient.ask(request, socket: state.directory.controlSocket)
        let answer = if let asked { asked } else { try await readHere() }
        if let error = answer.error { throw CommandFailure(answer.unknown == nil ? .unavailable : .usage, error) }
        return answer.synced ?? []
    }

    private static func table(_ synced: [ControlAnswer.Sync]) -> String {
        var table = TableText(["device", "new scans", "in the log", "clock offset", "problem"])
        for read in synced {
            table.add([
                read.device, read.outcome.map { "\($0.newPunches)" } ?? "-",
                read.outcome?.count.map { "\($0)" } ?? "-", read.outcome?.clockOffset.map { "\($0) s" } ?? "-",
                read.problem ?? "none",
            ])
        }
        return table.text
    }

    /// No daemon runs: we are the one writer.
    private func readHere() async throws -> ControlAnswer {
        let configuration = try DevicesFile.load(path: file.config)
        if let unknown = names.first(where: { name in !configuration.devices.contains { $0.name == name } }) {
            throw CommandFailure(.usage, "there is no device \"\(unknown)\" in \(file.config)")
        }
        let daemon = try EdgeDaemon(
            configuration: configuration, state: state.directory, environment: .real(logger: CommandLogger.make()))
        return ControlAnswer(synced: await daemon.readNow(names))
    }
}

struct DeviceListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "The configured devices, and what a running hadird knows of each.",
        discussion: """
            Example:
              hadir device list --config /etc/hadir/devices.conf --state /var/lib/hadird
            """)

    @OptionGroup var file: ConfigurationOptions
    @OptionGroup var state: StateOptions

    @Flag(help: "Print a JSON array.")
    var json = false

    private struct Row: Codable {
        var name, address: String
        var serial, last_read, problem: String?
        var count, capacity, clock_offset: Int?
        /// Of its log, and days until that is full at the present rate.
        var percent, days_left: Int?
    }

    func run() async throws {
        let configuration = try DevicesFile.load(path: file.config)
        let answer = try await ControlClient.ask(
            ControlRequest(command: .status), socket: state.directory.controlSocket, timeout: .seconds(10))
        let known = answer?.devices ?? []
        let details = try await KnownDevices.ask(state: state) ?? []
        let rows = configuration.devices.map { device in
            let now = known.first { $0.name == device.name }
            let more = details.first { $0.status.name == device.name }
            return Row(
                name: device.name, address: device.address.description, serial: device.serial?.text ?? now?.serial,
                last_read: now?.lastRead, problem: now?.problem, count: now?.count, capacity: now?.capacity,
                clock_offset: now?.clockOffset, percent: more?.percent, days_left: more?.daysLeft)
        }
        if json { return try Terminal.print(json: rows) }
        var table = TableText(["device", "address", "serial", "last read", "in the log", "clock offset", "problem"])
        for row in rows {
            table.add([
                row.name, row.address, row.serial ?? "-", row.last_read ?? "-", Self.log(row),
                row.clock_offset.map { "\($0) s" } ?? "-",
                answer == nil ? "hadird is not running" : row.problem ?? "none",
            ])
        }
        Terminal.print(table.text)
    }

    /// A log that fills up is told here, too.
    private static func log(_ row: Row) -> String {
        guard let count = row.count else { return "-" }
        guard let percent = row.percent, percent >= 80 else { return "\(count)" }
        return "\(count), \(percent) % full" + (row.days_left.map { ", \($0) days left" } ?? "")
    }
}
