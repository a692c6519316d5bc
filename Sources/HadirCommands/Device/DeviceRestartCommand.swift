import ArgumentParser
import Attendance
import EdgeDaemon
import Foundation
import ZKClient
import ZKWire

struct DeviceRestartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restart",
        abstract: "Restart a device and wait until it answers again.",
        discussion: """
            Nobody can scan meanwhile, for about a minute. Its log, users and fingers stay. An entry tells who did it.

            Examples:
              hadir device restart lobby
              hadir device restart lobby --yes --wait 300
            """)

    @OptionGroup var device: DeviceTarget

    @Flag(help: "Do not ask.")
    var yes = false

    @Option(help: ArgumentHelp("Seconds to wait until it answers again.", valueName: "seconds"))
    var wait: Int = 180

    @Flag(help: "Print one JSON object.")
    var json = false

    private struct Report: Codable {
        var serial: String
        var answers_after: Double?
    }

    func validate() throws {
        guard (1...1800).contains(wait) else { throw ValidationError("--wait is 1 to 1800 seconds") }
    }

    func run() async throws {
        if !yes { try Question.confirm("Restart \(device.device)? Nobody can scan for about a minute.") }
        let device = device
        let serial = try await device.withSession("hadir device restart") { session, way in
            let serial = try await device.identify(session, way)
            do {
                let reply = try await session.request(
                    .restart, operation: "restart", word: OperatorWord(for: [.restart]))
                guard reply.command == .ackOK else {
                    throw DeviceError(.commandRefused, "restart", "it answered \(reply.command)")
                }
            } catch let error as DeviceError where [.linkLost, .timedOut, .noAnswer].contains(error.code) {
                // Many devices go without a word (zk-protocol, section 6.1).
            }
            try await device.note(Attendance.Operation(serial: serial, source: .command, what: "restarted", by: ""))
            return serial
        }
        let report = Report(serial: serial.text, answers_after: await secondsUntilBack(serial))
        if json { try Terminal.print(json: report) }
        guard let seconds = report.answers_after else {
            throw CommandFailure(
                .unavailable, "\(device.device) was told to restart and has not answered for \(wait) s: look at it")
        }
        if !json { Terminal.print("\(device.device) answers again after \(Int(seconds.rounded(.up))) s") }
    }

    private func secondsUntilBack(_ serial: DeviceSerial) async -> Double? {
        let begun = ContinuousClock.now
        let device = device
        // One that has not gone yet still answers.
        var pause = Duration.seconds(wait) / 20
        while ContinuousClock.now - begun < .seconds(wait) {
            do { try await ContinuousClock().sleep(for: min(pause, .seconds(5))) } catch { return nil }
            pause = .seconds(2)
            let answering = try? await device.withSession("hadir device restart") { session, way in
                try await device.identify(session, way)
            }
            if answering == serial {
                let passed = ContinuousClock.now - begun
                return Double(passed.components.seconds) + Double(passed.components.attoseconds) / 1e18
            }
        }
        return nil
    }
}
