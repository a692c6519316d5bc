import ArgumentParser
import CentralServer
import Foundation

struct DeviceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "device", abstract: "Show devices, and say since when and until when each serves its unit.",
        subcommands: [List.self, Service.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show devices with their unit, days of service and time zone.",
            discussion: """
                EXAMPLES
                  hadir-central device list --state DIR
                """)

        @OptionGroup var state: StateOption

        @Flag(help: "Print a JSON object.")
        var json = false

        func run() async throws {
            let answer = try await CentralCommands.devices(in: state.directory)
            if json { return try Terminal.answer(json: answer) }
            Terminal.answer(answer.text)
        }
    }

    struct Service: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say since when and until when a device serves.",
            discussion: """
                Without a word a device serves from its first contact on, for ever: the days of one that was scrapped \
                stay belum_sinkron, and scans from before the first contact do not count.

                EXAMPLES
                  hadir-central device service CJ9L170560001 --from 2025-01-01 --to 2026-03-31 \\
                      --document "BA penghapusan 4/2026" --state DIR
                """)

        @Argument(help: ArgumentHelp("The device.", valueName: "SERIAL")) var serial: String

        @OptionGroup var state: StateOption

        @Option(help: ArgumentHelp("First day.", valueName: "DATE"))
        var from: String

        @Option(help: ArgumentHelp("Last day; default none.", valueName: "DATE"))
        var to: String?

        @Option(help: ArgumentHelp("What it goes back to: a letter, a record.", valueName: "TEXT"))
        var document: String

        @Flag(help: "Print a JSON object.")
        var json = false

        func run() async throws {
            try await CentralCommands.setService(
                of: serial, from: from, to: to, document: document, in: state.directory)
            if json { return try Terminal.answer(json: ["serial": serial, "from": from, "to": to ?? ""]) }
            try await Terminal.answer(CentralCommands.devices(in: state.directory).text)
        }
    }
}
