import ArgumentParser
import EdgeDaemon
import Foundation
import ZKClient
import ZKWire

package struct DeviceProbeCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Ask a device who it is, how full it is, and how far its clock is off.",
        discussion: """
            Reads only; the device is not blocked. The clock is compared with this machine's, in --timezone.
            A running hadird lends the device meanwhile, and reads it again afterwards. Over soap:// there are no
            counters: the log and the users are read and counted.

            Examples:
              hadir device probe lobby
              hadir device probe tcp://192.168.1.201
              hadir device probe udp://192.168.1.202:4370 --comm-key 123456 --json
            """)

    @OptionGroup var device: DeviceTarget

    @Option(help: "The device's time zone: WIB, WITA, WIT or an IANA name (default: as configured, or WIB).")
    var timezone: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    package init() {}

    struct Report: Codable, Equatable {
        var serial, model, platform, firmware, mac: String
        var pin_width: Int?
        var users, user_capacity, records, record_capacity, fingers: Int?
        var device_time: String
        /// Device time minus true local time, in seconds; absent where the device's is no date.
        var clock_offset: Int?
    }

    package func validate() throws {
        if let timezone, TimezoneName.resolve(timezone) == nil {
            throw ValidationError("--timezone \(timezone) is not WIB, WITA, WIT or an IANA name")
        }
    }

    package func run() async throws {
        let zone = timezone.flatMap { TimezoneName.resolve($0) }
        let report = try await device.withDevice("hadir device probe") { session, way in
            let zone = zone ?? way.timezone ?? "Asia/Jakarta"
            let identity = try await session.identity()
            let sizes = try await session.freeSizes()
            let time = try await session.deviceTime()
            return Report(
                serial: identity.serial, model: identity.model, platform: identity.platform,
                firmware: identity.firmware, mac: identity.mac, pin_width: identity.pinWidth,
                users: sizes.map { Int($0.users) }, user_capacity: sizes.map { Int($0.userCapacity) },
                records: sizes.map { Int($0.attendance) }, record_capacity: sizes.map { Int($0.attendanceCapacity) },
                fingers: sizes.map { Int($0.fingers) }, device_time: time.parts.text,
                clock_offset: LocalClock(timezone: zone).offset(of: time, at: Date()))
        } soap: { client, way in
            let zone = zone ?? way.timezone ?? "Asia/Jakarta"
            let time = try await client.deviceTime()
            let offset = LocalClock(timezone: zone).offset(of: time, at: Date())
            // There are no counters: what is there is read and counted.
            return Report(
                serial: try await client.serialNumber() ?? "", model: "", platform: "", firmware: "", mac: "",
                users: try? await client.users().count, records: try await client.ask(.attendance),
                device_time: time.parts.text, clock_offset: offset)
        }
        if json { return try Terminal.print(json: report) }
        Terminal.print(Self.table(report))
    }

    static func table(_ report: Report) -> String {
        func full(_ used: Int?, _ capacity: Int?) -> String {
            guard let used else { return "the device does not say" }
            guard let capacity, capacity > 0 else { return "\(used)" }
            return "\(used) of \(capacity) (\(used * 100 / capacity) %)"
        }
        var table = TableText(["device", report.serial.isEmpty ? "it tells no serial" : report.serial])
        table.add(["model", report.model.isEmpty ? "-" : report.model])
        table.add(["platform", report.platform.isEmpty ? "-" : report.platform])
        table.add(["firmware", report.firmware.isEmpty ? "-" : report.firmware])
        table.add(["records", full(report.records, report.record_capacity)])
        table.add(["users", full(report.users, report.user_capacity)])
        table.add(["clock", report.device_time])
        table.add(["clock offset", report.clock_offset.map { "\($0) s" } ?? "its date does not exist"])
        return table.text
    }
}
