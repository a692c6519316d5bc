import ArgumentParser
import Attendance
import EdgeDaemon
import EdgeStore
import Foundation

struct DeviceSyncCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync",
        abstract: "Read devices now and journal what is new.",
        discussion: """
            A running hadird does it in the sessions it holds; without one, this command reads the devices itself.
            Exit code 0 where every device was read, 69 where one was not.

            Examples:
              hadir device sync
              hadir device sync lobby gudang --json
            """)

    @Argument(help: "Names from devices.conf; none means all.")
    var names: [String] = []

    @OptionGroup var file: ConfigurationOptions
    @OptionGroup var state: StateOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() async throws {
        let request = ControlRequest(command: .sync, devices: names)
        let asked = try await ControlClient.ask(request, socket: state.directory.controlSocket)
        let answer = if let asked { asked } else { try await readHere() }
        if let error = answer.error { throw CommandFailure(answer.unknown == nil ? .unavailable : .usage, error) }
        let synced = answer.synced ?? []
        if json {
            try Terminal.print(json: answer)
        } else {
            var table = TableText(["device", "new scans", "in the log", "clock offset", "problem"])
            for read in synced {
                table.add([
                    read.device, read.outcome.map { "\($0.newPunches)" } ?? "-",
                    read.outcome?.count.map { "\($0)" } ?? "-", read.outcome?.clockOffset.map { "\($0) s" } ?? "-",
                    read.problem ?? "none",
                ])
            }
            Terminal.print(table.text)
        }
        if synced.contains(where: { $0.problem != nil }) { throw ExitCode(CommandFailure.Code.unavailable.rawValue) }
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
