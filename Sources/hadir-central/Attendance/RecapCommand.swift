import ArgumentParser
import CentralServer
import Foundation

struct RecapCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recap", abstract: "Show what days add up to, by employee, unit or government.",
        subcommands: [Show.self, Thresholds.self], defaultSubcommand: Show.self)

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Add up a month or a year.",
            discussion: """
                Every total is the sum of its rows. A month that is closed is shown as it was closed; what changed \
                since is counted beside it. Days that are not known yet (belum sinkron) count neither way.

                Reads the database and changes nothing.

                EXAMPLES
                  hadir-central recap --state DIR --month 2026-03
                  hadir-central recap --state DIR --month 2026-03 \\
                      --unit "Dinas Contoh" --csv > maret.csv
                  hadir-central recap --state DIR --year 2026 --units --json
                """)

        @OptionGroup var state: StateOption

        @Option(help: ArgumentHelp("The month.", valueName: "YYYY-MM"))
        var month: String?

        @Option(help: ArgumentHelp("The year.", valueName: "YYYY"))
        var year: Int?

        @Option(help: ArgumentHelp("Only this unit and all below it.", valueName: "NAME"))
        var unit: String?

        @Flag(help: "One row for each employee; this is the default.")
        var employees = false

        @Flag(help: "One row for each unit, with all below it.")
        var units = false

        @Flag(help: "Only the total.")
        var government = false

        @Flag(help: "Print CSV for a spreadsheet; NIP as text.")
        var csv = false

        @Flag(help: "Print a JSON object.")
        var json = false

        func validate() throws {
            guard (month == nil) != (year == nil) else { throw ValidationError("Give --month or --year.") }
            guard year.map((1900...2199).contains) ?? true else {
                throw ValidationError("--year is from 1900 to 2199.")
            }
            guard [employees, units, government].filter({ $0 }).count <= 1 else {
                throw ValidationError("Give one of --employees, --units and --government.")
            }
            guard !(csv && json) else { throw ValidationError("Give --csv or --json.") }
        }

        func run() async throws {
            let rows: RecapRows = units ? .units : government ? .government : .employees
            let report: Report
            if let year {
                report = try await CentralCommands.recap(in: state.directory, year: year, unit: unit, rows: rows)
            } else {
                let month = try CentralCommands.month(month ?? "")
                report = try await CentralCommands.recap(in: state.directory, month: month, unit: unit, rows: rows)
            }
            if csv, let warning = report.warning { Terminal.explain(warning) }
            if csv { return Terminal.answer((report.csv ?? "").trimmingCharacters(in: .newlines)) }
            try Terminal.answer(report, json: json)
        }
    }

    struct Thresholds: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show whose days of a year have reached a threshold: an indication, never a sanction.",
            discussion: """
                Unjustified days from 1 January on, and whole days of minutes late and early where the rule set says \
                so, against the thresholds of the rule set in force. It is a list to examine; nothing follows by itself.

                EXAMPLES
                  hadir-central recap thresholds --state DIR --year 2026
                """)

        @OptionGroup var state: StateOption

        @Option(help: ArgumentHelp("The year.", valueName: "YYYY"))
        var year: Int

        @Option(help: ArgumentHelp("Only this unit and all below it.", valueName: "NAME"))
        var unit: String?

        @Flag(help: "Print a JSON object.")
        var json = false

        func run() async throws {
            try Terminal.answer(
                await CentralCommands.thresholds(in: state.directory, year: year, unit: unit), json: json)
        }
    }
}

extension Terminal {
    static func answer(_ report: Report, json: Bool) throws {
        if let warning = report.warning { explain(warning) }
        if json { return try answer(json: report.json) }
        answer(report.text)
    }
}
