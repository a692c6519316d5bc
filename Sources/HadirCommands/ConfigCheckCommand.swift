import ArgumentParser
import EdgeDaemon
import EdgeStore
import Foundation

/// `hadir config`: the edge's configuration file.
package struct ConfigCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Look after devices.conf.",
        subcommands: [ConfigCheckCommand.self, ConfigReloadCommand.self])

    package init() {}
}

/// `hadir config check FILE`: every mistake in the file, or that there is none. It reaches no device.
package struct ConfigCheckCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Tell all mistakes in a configuration file.",
        discussion: "Prints one line per mistake as file:line: message. Exit status 0 without mistakes, 78 with any.")

    /// EX_CONFIG of sysexits.
    package static let wrongConfiguration = ExitCode(78)

    @Flag(help: "Print JSON: ok, devices and findings of file, line, column and message.")
    var json = false

    @Argument(help: "The configuration file.", completion: .file(extensions: ["conf", "toml"]))
    var file: String

    package init() {}

    package func run() throws {
        let result = Self.check(file)
        Terminal.print(json ? try result.json() : result.text)
        if !result.ok { throw Self.wrongConfiguration }
    }

    struct Result: Encodable {
        let file: String
        let ok: Bool
        /// Names of the devices, in the order of the file; empty where there are findings.
        let devices: [String]
        let findings: [DevicesFileError.Finding]

        var text: String {
            ok ? "\(file): no mistakes, \(devices.count) devices" : findings.map(\.description).joined(separator: "\n")
        }

        func json() throws -> String {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    static func check(_ file: String) -> Result {
        do {
            let configuration = try DevicesFile.load(path: file)
            return Result(file: file, ok: true, devices: configuration.devices.map(\.name), findings: [])
        } catch {
            return Result(file: file, ok: false, devices: [], findings: error.findings)
        }
    }
}

/// `hadir config reload`: the running daemon reads its file again.
struct ConfigReloadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload", abstract: "Make a running hadird read its configuration again.",
        discussion: """
            The same as SIGHUP, and it says what came of it. A file with mistakes is refused and the daemon goes on
            as before: exit status 78. Devices whose lines are as they were keep their session.

            Example:
              hadir config reload
            """)

    @OptionGroup var state: StateOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() async throws {
        let answer = try await ControlClient.ask(
            ControlRequest(command: .reload), socket: state.directory.controlSocket, timeout: .seconds(60))
        guard let answer else {
            throw CommandFailure(.unavailable, "hadird is not running; it reads the file when it starts")
        }
        let findings = answer.findings ?? []
        if json {
            try Terminal.print(json: answer)
        } else if let configured = answer.configured {
            Terminal.print("\(configured) devices are configured now")
        } else {
            Terminal.print(TableText.harmless((findings + [answer.error ?? ""]).joined(separator: "\n")))
        }
        guard answer.error == nil else {
            if findings.isEmpty, let error = answer.error { throw CommandFailure(.unavailable, error) }
            throw ConfigCheckCommand.wrongConfiguration
        }
    }
}
