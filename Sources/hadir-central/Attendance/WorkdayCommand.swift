import ArgumentParser
import CentralServer
import Foundation

struct TimezoneOption: ParsableArguments {
    @Option(help: ArgumentHelp("Zone of the government, for units without their own.", valueName: "ZONE"))
    var timezone = "WIB"

    var resolved: TimeZone { get throws { try CentralCommands.timezone(timezone) } }
}

struct WorkdayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workday", abstract: "Show days of one employee, and why they are what they are.",
        subcommands: [Explain.self, List.self])

    struct Explain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say in Indonesian what decided one day.",
            discussion: """
                The hours that bound, each scan and whether it counts, what each device's record covers and where it \
                has holes, leave, corrections and sheets with their documents, the rule set, and every change of the \
                day with its reason. Reads the database and changes nothing.

                EXAMPLES
                  hadir-central workday explain --state DIR 198609262015051001 2026-03-02
                """)

        @OptionGroup var state: StateOption

        @Argument(help: ArgumentHelp("A number the employee has or had.", valueName: "NIP"))
        var number: String

        @Argument(help: ArgumentHelp("The date.", valueName: "DATE"))
        var date: String

        @OptionGroup var zone: TimezoneOption

        @Flag(help: "Print a JSON object.")
        var json = false

        func run() async throws {
            let report = try await CentralCommands.explain(
                in: state.directory, number: number, date: try CentralCommands.date(date),
                timezone: try zone.resolved)
            try Terminal.answer(report, json: json)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show an employee's days of one month.",
            discussion: """
                Times are those of the clocks in the employee's unit.

                EXAMPLES
                  hadir-central workday list --state DIR 198609262015051001 --month 2026-03
                """)

        @OptionGroup var state: StateOption

        @Argument(help: ArgumentHelp("A number the employee has or had.", valueName: "NIP"))
        var number: String

        @Option(help: ArgumentHelp("The month.", valueName: "YYYY-MM"))
        var month: String

        @OptionGroup var zone: TimezoneOption

        @Flag(help: "Print a JSON object.")
        var json = false

        func run() async throws {
            let report = try await CentralCommands.workdays(
                in: state.directory, number: number, month: try CentralCommands.month(month),
                timezone: try zone.resolved)
            try Terminal.answer(report, json: json)
        }
    }
}

struct PeopleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "people", abstract: "Show who is who.", subcommands: [Show.self])

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show an employee's numbers and places, with their dates.",
            discussion: """
                EXAMPLES
                  hadir-central people show --state DIR 198609262015051001
                """)

        @OptionGroup var state: StateOption

        @Argument(help: ArgumentHelp("A number the employee has or had.", valueName: "NIP"))
        var number: String

        @Flag(help: "Print a JSON object.")
        var json = false

        func run() async throws {
            try Terminal.answer(await CentralCommands.person(in: state.directory, number: number), json: json)
        }
    }
}

struct RecomputeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recompute", abstract: "Have days computed again.",
        discussion: """
            Asks for it and returns; `hadir-central serve` computes, and says on each day that changes that this was \
            why. The same evidence gives the same days, so this changes nothing that was right.

            EXAMPLES
              hadir-central recompute --state DIR --from 2026-03-01 --to 2026-03-31
              hadir-central recompute --state DIR --unit "Dinas Contoh" \\
                  --from 2026-03-01 --to 2026-03-31
            """)

    @OptionGroup var state: StateOption

    @Option(help: ArgumentHelp("Only this unit.", valueName: "NAME"))
    var unit: String?

    @Option(help: ArgumentHelp("Only this employee.", valueName: "NIP"))
    var nip: String?

    @Option(help: ArgumentHelp("The first date.", valueName: "DATE"))
    var from: String

    @Option(help: ArgumentHelp("The last date.", valueName: "DATE"))
    var to: String

    @Flag(help: "Print a JSON object.")
    var json = false

    func run() async throws {
        try await CentralCommands.recompute(in: state.directory, unit: unit, number: nip, from: from, to: to)
        if json { return try Terminal.answer(json: ["queued": true]) }
        Terminal.explain(
            "Queued: \(from) to \(to) are computed again by `hadir-central serve`: now where it runs, else once it does."
        )
    }
}

struct MonthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "month", abstract: "Close months, and show which are closed.",
        subcommands: [Close.self, List.self, Adjustments.self])

    struct Close: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Close a month of a unit and all below it.",
            discussion: """
                Refused while a day is not decided; those days are listed, and the exit status is 65. What changes \
                after closing is shown as an adjustment beside the closed figures.

                EXAMPLES
                  hadir-central month close --state DIR 2026-03 --unit "Dinas Contoh"
                """)

        @OptionGroup var state: StateOption

        @Argument(help: ArgumentHelp("The month.", valueName: "YYYY-MM"))
        var month: String

        @Option(help: ArgumentHelp("The unit.", valueName: "NAME"))
        var unit: String

        @Flag(help: "Print a JSON object.")
        var json = false

        private struct Answer: Encodable {
            let closed: Bool
            let undecided: [UndecidedDay]
        }

        func run() async throws {
            let left = try await CentralCommands.close(in: state.directory, month: month, unit: unit)
            if json {
                try Terminal.answer(json: Answer(closed: left.isEmpty, undecided: left))
            } else if left.isEmpty {
                Terminal.answer("\(month) of \(unit) is closed")
            } else {
                Terminal.answer(CentralCommands.text(left))
            }
            guard left.isEmpty else {
                Terminal.explain("Not closed: \(left.count) days are not decided.")
                throw ExitCode(65)
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show which months are closed.",
            discussion: """
                EXAMPLES
                  hadir-central month list --state DIR
                """)

        @OptionGroup var state: StateOption

        @Flag(help: "Print a JSON object.")
        var json = false

        func run() async throws { try Terminal.answer(await CentralCommands.closings(in: state.directory), json: json) }
    }
}
