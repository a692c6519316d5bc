import ArgumentParser
import CentralServer
import Foundation

struct GroupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "group", abstract: "Say which group of people has which schedule, and when.",
        discussion: """
            A group is a word that people's placements carry: whoever is in it has its hours. Of several schedules \
            one that overrides wins (Ramadan), then the one that begins later. Days before a schedule's own first \
            day, and behind its last, it never binds.
            """,
        subcommands: [Set.self, End.self, List.self, Show.self])

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a group a schedule from a date on; its days are computed again.",
            discussion: """
                EXAMPLES
                  hadir-central group set kantor nasional-5-hari --from 2026-01-01 \\
                      --document "Perbup 12/2025" --state DIR
                  hadir-central group set kantor lampung-2026-ramadan-5-hari \\
                      --from 2026-02-19 --to 2026-03-20 --override \\
                      --document "SE Gubernur 10/2026" --state DIR
                """)

        @OptionGroup var state: StateOption
        @OptionGroup var target: GroupArguments

        @Option(help: ArgumentHelp("The last day; without it there is none.", valueName: "DATE"))
        var to: String?

        @Flag(help: "Win over schedules that do not override, as in Ramadan.")
        var override = false

        @Option(help: ArgumentHelp("The letter that says so.", valueName: "TEXT"))
        var document: String

        func run() async throws {
            try await CentralCommands.setGroup(
                target.group, schedule: target.schedule, from: target.from, to: to, override: override,
                document: document, in: state.directory)
            Terminal.answer(
                "\(target.group) has \(target.schedule) from \(target.from)\(to.map { " to \($0)" } ?? " on")")
        }
    }

    struct End: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End what a group was given, or take it back.",
            discussion: """
                With --last the group has the schedule up to that day. Without it, it never had it.

                EXAMPLES
                  hadir-central group end kantor nasional-5-hari --from 2026-01-01 \\
                      --last 2026-06-30 --document "Perbup 7/2026" --state DIR
                  hadir-central group end kantor enam-hari --from 2026-01-01 --state DIR
                """)

        @OptionGroup var state: StateOption
        @OptionGroup var target: GroupArguments

        @Option(help: ArgumentHelp("The last day it binds.", valueName: "DATE"))
        var last: String?

        @Option(help: ArgumentHelp("With --last: the letter that says so.", valueName: "TEXT"))
        var document: String?

        func run() async throws {
            try await CentralCommands.endGroup(
                target.group, schedule: target.schedule, from: target.from, last: last, document: document,
                in: state.directory)
            let what = last.map { "has \(target.schedule) until \($0)" } ?? "no longer has \(target.schedule)"
            Terminal.answer("\(target.group) \(what) (given from \(target.from) on)")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show every group and what it was given.",
            discussion: """
                EXAMPLES
                  hadir-central group list --state DIR
                """)

        @OptionGroup var state: StateOption

        @Flag(help: "Print a JSON object.")
        var json = false

        func run() async throws {
            let groups = try await CentralCommands.hours(in: state.directory).groups
            if json { return try Terminal.answer(json: HoursAnswer(groups: groups)) }
            Terminal.answer(HoursTable.text(groups))
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what binds a group on each date of a month.",
            discussion: """
                With schedules that override, and the calendar.

                EXAMPLES
                  hadir-central group show kantor --month 2026-03 --state DIR
                """)

        @OptionGroup var state: StateOption

        @Argument(help: ArgumentHelp("The group.", valueName: "GROUP"))
        var group: String

        @Option(help: ArgumentHelp("The month, such as 2026-03.", valueName: "MONTH"))
        var month: String

        @Flag(help: "Print a JSON object.")
        var json = false

        func run() async throws {
            let plan = try await CentralCommands.month(month, ofGroup: group, in: state.directory)
            if json { return try Terminal.answer(json: plan) }
            Terminal.answer(plan.text)
        }
    }
}

struct GroupArguments: ParsableArguments {
    @Argument(help: ArgumentHelp("The group.", valueName: "GROUP"))
    var group: String

    @Argument(help: ArgumentHelp("The schedule's name, from `schedule list`.", valueName: "SCHEDULE"))
    var schedule: String

    @Option(help: ArgumentHelp("The first day.", valueName: "DATE"))
    var from: String
}
