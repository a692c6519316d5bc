import ArgumentParser
import CentralServer
import Foundation

struct CalendarCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calendar", abstract: "Show and change the days on which not everybody works.",
        discussion: """
            KINDS
              libur         an official holiday
              cuti_bersama  collective leave; does not reduce cuti tahunan
              libur_daerah  a local day off

            A day that comes late, or goes, has its workdays computed again; the trace of each says why. A whole \
            year comes by `import calendar FILE`.
            """,
        subcommands: [List.self, Add.self, Remove.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the calendar.",
            discussion: """
                EXAMPLES
                  hadir-central calendar list --year 2026 --state DIR
                """)

        @OptionGroup var state: StateOption

        @Option(help: ArgumentHelp("Only this year.", valueName: "YEAR"))
        var year: Int?

        @Flag(help: "Print a JSON object.")
        var json = false

        func run() async throws {
            let days = try await CentralCommands.calendar(year: year, in: state.directory)
            if json { return try Terminal.answer(json: HoursAnswer(calendar: days)) }
            Terminal.answer(HoursTable.text(days))
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a day, or give the one of that date and kind these facts.",
            discussion: """
                EXAMPLES
                  hadir-central calendar add 2025-08-18 cuti_bersama \\
                      "Cuti bersama Proklamasi" \\
                      --citation "SKB 933/2025-1/2025-3/2025" --state DIR
                  hadir-central calendar add 2026-04-15 libur_daerah "Pilkada ulang" \\
                      --citation "SK Bupati 100/2026" --group kantor --state DIR
                """)

        @OptionGroup var state: StateOption
        @OptionGroup var day: CalendarArguments

        @Argument(help: ArgumentHelp("What the day is called.", valueName: "NAME"))
        var name: String

        @Option(help: ArgumentHelp("The rule that says so.", valueName: "TEXT"))
        var citation: String

        @Option(help: ArgumentHelp("Only for this group; may be given often.", valueName: "GROUP"))
        var group: [String] = []

        func run() async throws {
            try await CentralCommands.addCalendarDay(
                day.date, kind: day.kind, name: name, citation: citation, groups: group, in: state.directory)
            Terminal.answer("\(day.date) is \(day.kind)\(group.isEmpty ? "" : " for \(group.joined(separator: ", "))")")
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a day out of the calendar.",
            discussion: """
                EXAMPLES
                  hadir-central calendar remove 2025-08-18 cuti_bersama --state DIR
                """)

        @OptionGroup var state: StateOption
        @OptionGroup var day: CalendarArguments

        func run() async throws {
            try await CentralCommands.removeCalendarDay(day.date, kind: day.kind, in: state.directory)
            Terminal.answer("\(day.date) is no \(day.kind) any more")
        }
    }
}

struct CalendarArguments: ParsableArguments {
    @Argument(help: ArgumentHelp("The date, such as 2026-03-19.", valueName: "DATE"))
    var date: String

    @Argument(help: ArgumentHelp("libur, cuti_bersama or libur_daerah.", valueName: "KIND"))
    var kind: String
}
