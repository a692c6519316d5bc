import ArgumentParser
import CentralServer

extension MonthCommand {
    struct Adjustments: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what has changed in a month since it was closed.",
            discussion: """
                The closed copy stays what recaps show; each day that is computed otherwise now is listed with both.

                EXAMPLES
                  hadir-central month adjustments --state DIR 2026-03
                """)

        @OptionGroup var state: StateOption

        @Argument(help: ArgumentHelp("The month.", valueName: "YYYY-MM"))
        var month: String

        @Option(help: ArgumentHelp("Only this unit and all below it.", valueName: "NAME"))
        var unit: String?

        @Flag(help: "Print a JSON object.")
        var json = false

        func run() async throws {
            let report = try await CentralCommands.adjustments(
                in: state.directory, month: try CentralCommands.month(month), unit: unit)
            try Terminal.answer(report, json: json)
        }
    }
}
