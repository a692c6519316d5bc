import ArgumentParser
import CentralServer
import Foundation

struct RosterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "roster", abstract: "Say who works which shift on which date.",
        discussion: """
            For groups whose schedule has shifts. A date of which the roster says nothing has no hours, and is \
            shown as tanpa_jadwal: never as absence.
            """,
        subcommands: [Set.self, Clear.self, List.self])

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a person a shift, or a free day, on a date.",
            discussion: """
                EXAMPLES
                  hadir-central roster set 198609262015051001 2026-03-02 malam --state DIR
                  hadir-central roster set 198609262015051001 2026-03-03 libur --state DIR
                """)

        @OptionGroup var state: StateOption
        @OptionGroup var day: RosterArguments

        @Argument(help: ArgumentHelp("The shift's name; libur for a free day.", valueName: "SHIFT"))
        var shift: String

        func run() async throws {
            try await CentralCommands.setRoster(day.number, date: day.date, shift: shift, in: state.directory)
            Terminal.answer("\(day.number) has \(shift) on \(day.date)")
        }
    }

    struct Clear: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take back what the roster says of a person and date.",
            discussion: """
                EXAMPLES
                  hadir-central roster clear 198609262015051001 2026-03-02 --state DIR
                """)

        @OptionGroup var state: StateOption
        @OptionGroup var day: RosterArguments

        func run() async throws {
            try await CentralCommands.setRoster(day.number, date: day.date, shift: nil, in: state.directory)
            Terminal.answer("the roster says nothing of \(day.number) on \(day.date) any more")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the roster of a month.",
            discussion: """
                EXAMPLES
                  hadir-central roster list --month 2026-03 --state DIR
                  hadir-central roster list --month 2026-03 \\
                      --number 198609262015051001 --state DIR
                """)

        @OptionGroup var state: StateOption

        @Option(help: ArgumentHelp("The month, such as 2026-03.", valueName: "MONTH"))
        var month: String

        @Option(help: ArgumentHelp("Only this person.", valueName: "NIP"))
        var number: String?

        @Flag(help: "Print a JSON object.")
        var json = false

        func run() async throws {
            let roster = try await CentralCommands.roster(month: month, number: number, in: state.directory)
            if json { return try Terminal.answer(json: ["roster": roster]) }
            Terminal.answer(HoursTable.text(roster))
        }
    }
}

struct RosterArguments: ParsableArguments {
    @Argument(help: ArgumentHelp("NIP, NI PPPK, or the government's own number.", valueName: "NIP"))
    var number: String

    @Argument(help: ArgumentHelp("The date, such as 2026-03-02.", valueName: "DATE"))
    var date: String
}
