import ArgumentParser
import CentralServer
import Foundation
import Logging

struct DemoDataCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo-data",
        abstract: "Fill an empty centre with an invented government.",
        discussion: """
            Makes Pemerintah Kabupaten Contoh: units, heads, people with numbers in the form of a NIP, schedules, \
            Ramadan, calendar, rosters, leave, corrections, signed sheets, devices, and scans as people make them, with \
            outages, cleared logs, clocks that began anew in 2000 or are off by minutes, and sticks. Nobody in it is real.

            What devices tell is signed by a node of each unit and taken as from a real one: enrolled, checked, \
            acknowledged. The same options give the same, byte for byte; `digest` stands for all entries.

            Only a centre without nodes, units, people and entries is filled, and no server may run in it. There is no \
            way around that. The keys of its nodes follow from the seed: never enrol a real office there. Cut off half \
            way, the centre is of no use; begin with a new one. Ten thousand scans take about 7 MiB.

            EXAMPLES
              hadir-central init --state /tmp/contoh
              hadir-central demo-data --state /tmp/contoh --employees 120 --units 6 --months 1
              hadir-central demo-data --state DIR --employees 15000 --units 80 \\
                  --months 12 --seed 7 --until 2026-10-31 --json
            """)

    @OptionGroup var state: StateOption

    @Option(help: ArgumentHelp("People, 1 to 100000.", valueName: "N"))
    var employees = 120

    @Option(help: ArgumentHelp("Units below the government itself, 1 to 400.", valueName: "N"))
    var units = 6

    @Option(help: ArgumentHelp("Months of scans, counted back from the last day, 1 to 120.", valueName: "N"))
    var months = 1

    @Option(help: ArgumentHelp("Another number gives another government.", valueName: "N"))
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("The last day with scans; default: yesterday.", valueName: "DATE"))
    var until: String?

    @Flag(help: "Print a JSON object.")
    var json = false

    func run() async throws {
        var logger = Logger(label: "hadir-central") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .error
        let report = try await CentralCommands.sample(
            state.directory, employees: employees, units: units, months: months, seed: seed, until: until, at: Date(),
            logger: logger
        ) { line in Terminal.explain(line) }
        if json { return try Terminal.answer(json: report) }
        Terminal.answer(report.text)
        Terminal.explain(
            """
            NEXT: let it compute the days, then look at them
              hadir-central serve --state DIR --listen 127.0.0.1:8080
              hadir-central recap --state DIR --month \(report.until.prefix(7)) --units
            """)
    }
}
