import ArgumentParser
import CentralServer
import Foundation

struct ScheduleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule", abstract: "Write, check and keep the hours of work.",
        discussion: """
            A schedule is a TOML text: hours by weekday, or shifts by roster, with scan windows, in force from a date \
            on, with what it cites. How it is written: docs/rules.md. `group set` says whom it binds.
            """,
        subcommands: [Samples.self, Check.self, Add.self, List.self, Show.self])

    struct Samples: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the schedules that come with the program, or print one to start from.",
            discussion: """
                Their comments say what was read in a source and what is assumed.

                EXAMPLES
                  hadir-central schedule samples
                  hadir-central schedule samples nasional-5-hari > my-hours.toml
                """)

        @Argument(help: ArgumentHelp("Print this one.", valueName: "NAME"))
        var name: String?

        @Flag(help: "Print the list as JSON.")
        var json = false

        func run() throws {
            if let name { return Terminal.answer(trimmed(try CentralCommands.sample(.schedule, named: name))) }
            let samples = try CentralCommands.samples(of: .schedule)
            if json { return try Terminal.answer(json: ["schedule": samples]) }
            Terminal.answer(HoursTable.text(samples))
        }
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read files of schedules and tell all that is wrong with them, by line.",
            discussion: """
                Needs no state directory. Exit status 78 where something is wrong.

                EXAMPLES
                  hadir-central schedule check my-hours.toml
                """)

        @Argument(help: ArgumentHelp("The files.", valueName: "FILE"))
        var files: [String]

        @Flag(help: "Print what the files hold as JSON.")
        var json = false

        func run() throws {
            let found = try each(files) { try CentralCommands.check(.schedule, file: $0) }
            if json { return try Terminal.answer(json: ["schedule": found]) }
            Terminal.answer(HoursTable.text(found))
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keep a schedule at the centre; its days are computed again.",
            discussion: """
                A schedule of the same name takes the earlier one's place; the earlier text is kept.

                EXAMPLES
                  hadir-central schedule add my-hours.toml --state DIR
                """)

        @OptionGroup var state: StateOption

        @Argument(help: ArgumentHelp("The file.", valueName: "FILE"))
        var file: String

        @Flag(help: "Print what was kept as JSON.")
        var json = false

        func run() async throws {
            let added = try await CentralCommands.add(.schedule, file: file, in: state.directory)
            if json { return try Terminal.answer(json: added) }
            Terminal.answer("\(added.name) is kept")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the schedules that the centre keeps.",
            discussion: """
                EXAMPLES
                  hadir-central schedule list --state DIR
                  hadir-central schedule list --state DIR --json
                """)

        @OptionGroup var state: StateOption

        @Flag(help: "Print a JSON object.")
        var json = false

        func run() async throws {
            let texts = try await CentralCommands.texts(.schedule, in: state.directory)
            if json { return try Terminal.answer(json: ["schedule": texts]) }
            Terminal.answer(HoursTable.text(texts))
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a schedule that the centre keeps, or what it makes of a month.",
            discussion: """
                With --month each date with its hours, and which days the calendar frees for everybody. What binds a \
                group, with Ramadan and its own days off: `group show`.

                EXAMPLES
                  hadir-central schedule show nasional-5-hari --state DIR
                  hadir-central schedule show nasional-5-hari --month 2026-03 \\
                      --state DIR
                """)

        @OptionGroup var state: StateOption

        @Argument(help: ArgumentHelp("The schedule's name.", valueName: "NAME"))
        var name: String

        @Option(help: ArgumentHelp("Show this month, such as 2026-03.", valueName: "MONTH"))
        var month: String?

        @Flag(help: "With --month: print a JSON object.")
        var json = false

        func run() async throws {
            guard let month else {
                return Terminal.answer(
                    trimmed(try await CentralCommands.text(.schedule, named: name, in: state.directory)))
            }
            let plan = try await CentralCommands.month(month, ofSchedule: name, in: state.directory)
            if json { return try Terminal.answer(json: plan) }
            Terminal.answer(plan.text)
        }
    }
}
