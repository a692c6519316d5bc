import ArgumentParser
import Attendance
import DeviceFormats
import EdgeDaemon
import Foundation
import ZKClient
import ZKWire

package struct DevicePullCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "pull",
        abstract: "Read a device's whole attendance log to standard output.",
        discussion: """
            Reads only: nothing is journaled, nothing is sent, the device's log stays as it is.
            Every record is printed, also one whose date does not exist: its device_time is then the field in hex.
            A running hadird lends the device meanwhile, and reads it again afterwards.

            Examples:
              hadir device pull lobby --format csv > log.csv
              hadir device pull tcp://192.168.1.201
              hadir device pull udp://192.168.1.202 --comm-key 123456 --format ndjson > log.ndjson
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case table, ndjson, csv
    }

    @OptionGroup var device: DeviceTarget

    @Option(help: "table, ndjson or csv.")
    var format = Format.table

    @Flag(help: "16-byte records with verify before state, as some firmware writes them.")
    var verifyFirst = false

    package init() {}

    package func run() async throws {
        let bar = ProgressBar("reading")
        let verifyFirst = verifyFirst
        let (punches, platform) = try await device.withDevice("hadir device pull") { session, way in
            let platform = try await session.option(DeviceOption.platform) ?? ""
            let serial = DeviceSerial(try await session.serialNumber())
            guard let serial else { throw DeviceError(.noSerial, "identify") }
            // The newest believable date only helps to tell layouts apart.
            var options = DeviceSession.AttendanceOptions(latest: Self.latest)
            options.sixteenVerifyFirst = verifyFirst || way.verifyFirst
            options.progress = { bar.update($0) }
            let read = try await session.readAttendance(since: nil, options: options)
            let users = read.cursor?.layout.namesIndex ?? false ? try await session.users().users : []
            var normaliser = PunchNormaliser(serial: serial, source: .poll, users: users)
            return (normaliser.punches(from: read.records), platform)
        } soap: { client, _ in
            _ = try await client.deviceTime()
            // The serial is not printed; it only makes keys.
            guard let serial = DeviceSerial("SOAP") else { throw DeviceError(.noSerial, "identify") }
            var maker = TextPunches(serial: serial, source: .soap)
            var punches: [Punch] = []
            try await client.ask(.attendance) { punches.append(maker.punch($0.scan)) }
            return (punches, "")
        }
        bar.finish()
        PulledRecords(punches: punches, platform: platform).print(format)
        Terminal.say("\(punches.count) records")
    }

    static var latest: PackedTime {
        LocalClock(timezone: "GMT").packed(Date().addingTimeInterval(2 * 86_400)) ?? PackedTime(rawValue: .max)
    }
}

/// A log as text.
struct PulledRecords {
    let punches: [Punch]
    let platform: String

    func print(_ format: DevicePullCommand.Format) {
        switch format {
        case .ndjson: write(punches.map { Self.json($0, platform) })
        case .csv: write(["user_id,device_time,verify,verify_code,state,state_code,raw"] + punches.map(csv))
        case .table:
            var table = TableText(["user id", "device time", "verify", "state"])
            for punch in punches {
                table.add([
                    punch.userID.text, punch.deviceTime.text, CodeNames.verify(punch.verify, platform: platform),
                    CodeNames.state(punch.state),
                ])
            }
            Terminal.print(table.text)
        }
    }

    /// In pieces: a log of a million records need not be one string.
    private func write(_ lines: [String]) {
        for start in stride(from: 0, to: lines.count, by: 4096) {
            Terminal.print(lines[start..<min(start + 4096, lines.count)].joined(separator: "\n"))
        }
    }

    static func json(_ punch: Punch, _ platform: String) -> String {
        var line = JSONLine()
        line.add("user_id", punch.userID.text)
        if let hex = punch.userID.hexIfNotText { line.add("user_id_hex", hex) }
        line.add("device_time", punch.deviceTime.text)
        line.add("verify", CodeNames.verify(punch.verify, platform: platform))
        line.add("verify_code", punch.verify)
        line.add("state", CodeNames.state(punch.state))
        line.add("state_code", punch.state)
        line.add("raw", Hex.encode(punch.raw))
        return String(decoding: line.finish(), as: UTF8.self)
    }

    private func csv(_ punch: Punch) -> String {
        CSVLine.text([
            punch.userID.text, punch.deviceTime.text, CodeNames.verify(punch.verify, platform: platform),
            "\(punch.verify)", CodeNames.state(punch.state), "\(punch.state)", Hex.encode(punch.raw),
        ])
    }
}
