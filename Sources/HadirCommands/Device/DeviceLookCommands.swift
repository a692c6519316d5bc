import ArgumentParser
import Attendance
import EdgeDaemon
import EdgeStore
import Foundation
import ZKClient
import ZKWire

/// Asks the running daemon what it knows of its devices.
enum KnownDevices {
    /// - Returns: `nil` where no daemon runs.
    static func ask(_ names: [String] = [], state: StateOptions) async throws -> [DeviceDetails]? {
        let answer = try await ControlClient.ask(
            ControlRequest(command: .details, devices: names), socket: state.directory.controlSocket,
            timeout: .seconds(10))
        return answer?.details
    }

    /// `12 of 100 (12 %)`
    static func used(_ used: Int?, of capacity: Int?) -> String {
        guard let used, let capacity, capacity > 0 else { return "-" }
        return "\(used) of \(capacity) (\(used * 100 / capacity) %)"
    }

    static func words(_ days: Int?) -> String { days.map { $0 > 9999 ? "years" : "\($0)" } ?? "-" }
}

struct DeviceShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "All that is known of one configured device, without asking it.",
        discussion: """
            From devices.conf, from the journal, and from a running hadird. To ask the device itself: hadir device info

            Example:
              hadir device show lobby
            """)

    @Argument(help: "The name in devices.conf.")
    var name: String

    @OptionGroup var file: ConfigurationOptions
    @OptionGroup var state: StateOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    struct Report: Codable {
        struct Done: Codable {
            var what, source, by: String
            var object, device_time, before, after: String?
            var journaled: String
        }

        var name, address, timezone: String
        var poll_seconds: Int64
        var live: Bool
        var clock_correction_seconds: Int64?
        var serial, last_read, problem: String?
        var running: Bool
        var records, record_capacity, days_left, users, user_capacity, fingers, finger_capacity, clock_offset: Int?
        /// Until when its record is complete, UTC.
        var covered_to: String?
        /// Oldest first.
        var operations: [Done]
    }

    private static let operations = 10
    private static let within = 100_000

    func run() async throws {
        let configuration = try DevicesFile.load(path: file.config)
        guard let stanza = configuration.devices.first(where: { $0.name == name }) else {
            throw CommandFailure(.usage, "there is no device \"\(name)\" in \(file.config)")
        }
        let known = try await KnownDevices.ask(state: state)
        let report = try report(stanza, known?.first { $0.status.name == name }, isRunning: known != nil)
        if json { return try Terminal.print(json: report) }
        Terminal.print(Self.table(report))
    }

    private func report(_ stanza: DeviceConfiguration, _ known: DeviceDetails?, isRunning: Bool) throws -> Report {
        let told = known?.status.serial ?? ""
        var report = Report(
            name: name, address: stanza.address.description, timezone: stanza.timezone,
            poll_seconds: stanza.poll.components.seconds, live: stanza.live && stanza.address.link.hasSessions,
            clock_correction_seconds: stanza.clockCorrection?.components.seconds,
            serial: stanza.journalSerial?.text ?? (told.isEmpty ? nil : told), last_read: known?.status.lastRead,
            problem: known?.status.problem, running: isRunning, records: known?.status.count,
            record_capacity: known?.status.capacity, days_left: known?.daysLeft, users: known?.users?.used,
            user_capacity: known?.users?.capacity, fingers: known?.fingers?.used,
            finger_capacity: known?.fingers?.capacity, clock_offset: known?.status.clockOffset, operations: [])
        guard let serial = report.serial.flatMap({ DeviceSerial($0) }),
            FileManager.default.fileExists(atPath: state.directory.journal)
        else { return report }
        let journal = try state.openJournal()
        report.covered_to = try journal.memory(of: serial).coveredTo.map { UTC.text($0) }
        report.operations = try journal.newestOperations(of: serial, Self.operations, within: Self.within).map {
            Report.Done(
                what: $0.operation.what, source: $0.operation.source.rawValue, by: $0.operation.by,
                object: $0.operation.object.isEmpty ? nil : $0.operation.object,
                device_time: $0.operation.deviceTime?.text, before: $0.operation.before, after: $0.operation.after,
                journaled: UTC.text($0.at))
        }
        return report
    }

    static func table(_ report: Report) -> String {
        var table = TableText(["device", report.name])
        table.add(["address", report.address])
        table.add(["serial", report.serial ?? "not known yet"])
        table.add(["time zone", report.timezone])
        table.add([
            "read every",
            report.address.hasPrefix("push://")
                ? "it reports by itself" : "\(report.poll_seconds) s\(report.live ? ", and live" : "")",
        ])
        table.add(["clock correction", report.clock_correction_seconds.map { "up to \($0) s" } ?? "off"])
        table.add([
            "last read", report.running ? report.last_read ?? "not since hadird started" : "hadird is not running",
        ])
        table.add(["problem", report.problem ?? "none"])
        table.add(["records", KnownDevices.used(report.records, of: report.record_capacity)])
        table.add(["days until full", KnownDevices.words(report.days_left)])
        table.add(["users", KnownDevices.used(report.users, of: report.user_capacity)])
        table.add(["fingers", KnownDevices.used(report.fingers, of: report.finger_capacity)])
        table.add(["clock offset", report.clock_offset.map { "\($0) s" } ?? "-"])
        table.add(["complete up to", report.covered_to ?? "-"])
        for (number, done) in report.operations.reversed().enumerated() {
            let change = done.before.map { " from \($0) to \(done.after ?? "?")" } ?? ""
            let who = done.by.isEmpty ? "" : " by \(done.by)"
            let when = done.device_time ?? done.journaled
            table.add([
                number == 0 ? "last operations" : "", "\(when) \(done.what) \(done.object ?? "")\(change)\(who)",
            ])
        }
        return table.text
    }
}

struct DeviceInfoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Ask a device for its identity, its options and how full it is.",
        discussion: """
            Reads only. Options a device does not know are left out; secrets such as its comm key are never asked for.

            Examples:
              hadir device info lobby
              hadir device info tcp://192.168.1.201 --json
            """)

    @OptionGroup var device: DeviceTarget

    @Flag(help: "Print one JSON object.")
    var json = false

    /// Options without secrets (zk-protocol, section 7).
    private static let keys = [
        "~OS", "~OEMVendor", "~ProductTime", "~ZKFPVersion", "ZKFaceVersion", "~ZKFVVersion", "IPAddress", "NetMask",
        "GATEIPAddress", "DeviceID", "~IsABCPinEnable", "IsSupportABCPin", "WorkCode", "~SSR", "~ExtendFmt",
        "~UserExtFmt", "ExtendOPLog", "CompatOldFirmware", "FingerFunOn", "FaceFunOn", "~RFCardOn", "~IsOnlyRFMachine",
        "BiometricType", "Language", "LockOn", "TCPPort", "UDPPort",
    ]

    struct Report: Codable {
        struct Room: Codable {
            var used, capacity: Int
        }

        var serial, model, platform, firmware, mac: String
        var pin_width: Int?
        var device_time: String
        var records, users, fingers, faces: Room?
        var operations, admins, passwords: Int?
        var options: [String: String]
    }

    func run() async throws {
        let device = device
        let report = try await device.withSession("hadir device info") { session, _ in
            let identity = try await session.identity()
            let sizes = try await session.freeSizes()
            var options: [String: String] = [:]
            for key in Self.keys { options[key] = try await session.option(key) }
            var report = Report(
                serial: identity.serial, model: identity.model, platform: identity.platform,
                firmware: identity.firmware, mac: identity.mac, pin_width: identity.pinWidth,
                device_time: try await session.deviceTime().parts.text, options: options)
            guard let sizes else { return report }
            report.records = .init(used: Int(sizes.attendance), capacity: Int(sizes.attendanceCapacity))
            report.users = .init(used: Int(sizes.users), capacity: Int(sizes.userCapacity))
            report.fingers = .init(used: Int(sizes.fingers), capacity: Int(sizes.fingerCapacity))
            report.operations = Int(sizes.operations)
            report.admins = Int(sizes.admins)
            report.passwords = Int(sizes.passwords)
            if let faces = sizes.faces, let capacity = sizes.faceCapacity, capacity > 0 {
                report.faces = .init(used: Int(faces), capacity: Int(capacity))
            }
            return report
        }
        if json { return try Terminal.print(json: report) }
        Terminal.print(Self.table(report))
    }

    static func table(_ report: Report) -> String {
        func room(_ room: Report.Room?) -> String {
            room.map { KnownDevices.used($0.used, of: $0.capacity) } ?? "the device does not say"
        }
        var table = TableText(["device", report.serial])
        let digits = report.pin_width.map { "\($0)" } ?? ""
        let who = [
            ("model", report.model), ("platform", report.platform), ("firmware", report.firmware), ("mac", report.mac),
            ("user id digits", digits), ("clock", report.device_time),
        ]
        let faces = report.faces.map { room($0) } ?? ""
        let admins = report.admins.map { "\($0)" } ?? ""
        let operations = report.operations.map { "\($0)" } ?? ""
        let rooms = [
            ("records", room(report.records)), ("users", room(report.users)), ("fingers", room(report.fingers)),
            ("faces", faces), ("administrators", admins), ("operation log", operations),
        ]
        for (name, value) in who + rooms { table.add([name, value.isEmpty ? "-" : value]) }
        for key in report.options.keys.sorted() { table.add([key, report.options[key] ?? ""]) }
        return table.text
    }
}

struct DeviceCapacityCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "capacity",
        abstract: "How full devices are, and how many days their logs have left.",
        discussion: """
            As a running hadird saw them at the last reading. A log that is full drops scans or takes no more: an alarm
            comes at 80 %, 95 % and 100 %. Exit code 1 where a log is 95 % full or more.

            Examples:
              hadir device capacity
              hadir device capacity lobby gudang --json
            """)

    @Argument(help: "Names from devices.conf; none means all.")
    var names: [String] = []

    @OptionGroup var state: StateOptions

    @Flag(help: "Print a JSON array.")
    var json = false

    struct Row: Codable {
        var name: String
        var records, record_capacity, percent, days_left, users, user_capacity, fingers, finger_capacity: Int?
    }

    func run() async throws {
        let request = ControlRequest(command: .details, devices: names)
        guard
            let answer = try await ControlClient.ask(
                request, socket: state.directory.controlSocket, timeout: .seconds(10))
        else {
            throw CommandFailure(.unavailable, "hadird does not run: ask a device itself with hadir device info")
        }
        if let error = answer.error { throw CommandFailure(.usage, error) }
        let rows = (answer.details ?? []).map { known in
            Row(
                name: known.status.name, records: known.status.count, record_capacity: known.status.capacity,
                percent: known.percent, days_left: known.daysLeft, users: known.users?.used,
                user_capacity: known.users?.capacity, fingers: known.fingers?.used,
                finger_capacity: known.fingers?.capacity)
        }
        if json { try Terminal.print(json: rows) } else { Terminal.print(Self.table(rows)) }
        if rows.contains(where: { ($0.percent ?? 0) >= 95 }) { throw ExitCode(CommandFailure.Code.finding.rawValue) }
    }

    static func table(_ rows: [Row]) -> String {
        var table = TableText(["device", "records", "days until full", "users", "fingers"])
        for row in rows {
            table.add([
                row.name, KnownDevices.used(row.records, of: row.record_capacity), KnownDevices.words(row.days_left),
                KnownDevices.used(row.users, of: row.user_capacity),
                KnownDevices.used(row.fingers, of: row.finger_capacity),
            ])
        }
        return table.text
    }
}

extension DeviceDetails {
    var percent: Int? {
        guard let count = status.count, let capacity = status.capacity, capacity > 0 else { return nil }
        return count * 100 / capacity
    }
}
