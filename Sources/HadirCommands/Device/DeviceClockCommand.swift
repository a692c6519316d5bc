import ArgumentParser
import Attendance
import DeviceFormats
import EdgeDaemon
import Foundation
import ZKClient
import ZKWire

struct DeviceClockCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clock",
        abstract: "Compare a device's clock with this computer's, or set it.",
        discussion: """
            Without --set it reads only. With --set the device is given this computer's time in its zone, the time is
            read back, and an entry tells what the clock showed, what it shows, and who did it. Scans that are in the
            log keep the time they have. Refused while this computer's own clock is in doubt.

            Examples:
              hadir device clock lobby
              hadir device clock lobby --set
            """)

    @OptionGroup var device: DeviceTarget

    @Flag(help: "Set the clock.")
    var set = false

    @Flag(help: "Set it although this computer's own clock is in doubt.")
    var force = false

    @Option(help: "The device's time zone: WIB, WITA, WIT or an IANA name (default: as configured, or WIB).")
    var timezone: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    struct Report: Codable, Equatable {
        var serial: String
        /// Before anything was set.
        var device_time: String
        var true_time: String
        /// Device time minus true local time, in seconds; absent where the device's is no date.
        var clock_offset: Int?
        /// What it shows since it was set; absent where it was not.
        var set_to: String?
        var offset_now: Int?
    }

    func validate() throws {
        if let timezone, TimezoneName.resolve(timezone) == nil {
            throw ValidationError("--timezone \(timezone) is not WIB, WITA, WIT or an IANA name")
        }
        if force, !set { throw ValidationError("--force goes with --set") }
    }

    func run() async throws {
        if set, !force { try await refuseWithDoubt() }
        let report = try await look()
        if json { return try Terminal.print(json: report) }
        var table = TableText(["device", report.serial])
        table.add(["its clock", report.device_time])
        table.add(["true time", report.true_time])
        table.add(["offset", report.clock_offset.map { "\($0) s" } ?? "its date does not exist"])
        if let now = report.set_to {
            table.add(["set to", now])
            table.add(["offset now", report.offset_now.map { "\($0) s" } ?? "-"])
        }
        Terminal.print(table.text)
    }

    private func refuseWithDoubt() async throws {
        let answer = try await ControlClient.ask(
            ControlRequest(command: .details), socket: device.state.directory.controlSocket, timeout: .seconds(10))
        guard answer?.clockTrusted ?? OwnClock.isTrusted(device.state.directory) else {
            throw CommandFailure(
                .unavailable,
                "this computer's own clock is in doubt: set it first (timedatectl), or add --force if it is right")
        }
    }

    private func look() async throws -> Report {
        let zone = timezone.flatMap { TimezoneName.resolve($0) }
        let (device, set) = (device, set)
        return try await device.withSession("hadir device clock") { session, way in
            let clock = LocalClock(timezone: zone ?? way.timezone ?? "Asia/Jakarta")
            let serial = try await device.identify(session, way)
            let before = try await session.deviceTime()
            let now = Date()
            guard let right = clock.packed(now) else {
                throw CommandFailure(.unavailable, "this computer's date is none a device can show")
            }
            var report = Report(
                serial: serial.text, device_time: before.parts.text, true_time: right.parts.text,
                clock_offset: clock.offset(of: before, at: now))
            guard set else { return report }
            let after = try await session.setDeviceTime(clock.packed(Date()) ?? right)
            report.set_to = after.parts.text
            report.offset_now = clock.offset(of: after, at: Date())
            // Before the device goes back: its own log tells of it, too, and is read at once.
            try await device.note(
                Attendance.Operation(
                    serial: serial, source: .command, what: "clock_set", by: "", before: DeviceTime(before).text,
                    after: DeviceTime(after).text))
            return report
        }
    }
}
