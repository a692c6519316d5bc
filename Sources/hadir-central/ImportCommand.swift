import ArgumentParser
import CentralServer
import Foundation

struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take lists of people, units, days off, leave and links from a file, or what an office carried here.",
        discussion: """
            Files alone, without a word before them, are what `hadir journal export` wrote at an office: see \
            `hadir-central help import bundles`.

            A list is a .csv (comma, semicolon or tab) or .xlsx file with a row of column names, Indonesian or \
            English; docs/import.md says which, docs/samples has one of each. Everything in it is data: a cell that \
            begins with = is text.

            A list is written whole or not at all. With a mistake anywhere all mistakes are shown, by line, and \
            nothing is changed; the exit status is 65. The same list twice changes nothing the second time. What a \
            list does not have stays as it is.

            Begin with units, then employees, then units once more for their heads.
            """,
        subcommands: [Bundles.self, Employees.self, Units.self, Calendar.self, Leave.self, Links.self],
        defaultSubcommand: Bundles.self)

    struct Employees: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Employees: number, name, kind, unit, post, superior, schedule group, since when, PIN.",
            discussion: """
                A NIP that a spreadsheet turned into 1.98609E+17 is refused: nobody can say what it was. An empty \
                cell changes nothing. Whoever is not in the list stays, unless --full is given: then their last day \
                was the day before --from, and a list that lacks more than --allow-missing per cent is refused.

                EXAMPLES
                  hadir-central import employees pegawai.csv --dry-run --state DIR
                  hadir-central import employees pegawai.xlsx --from 2026-01-01 \\
                      --document "SK 800/12/2026" --state DIR
                  hadir-central import employees semua.csv --full --state DIR
                """)

        @OptionGroup var list: ListOptions

        @Flag(help: "Whoever is not in the list works there no more.")
        var full = false

        @Option(help: ArgumentHelp("Per cent of present employees that a full list may lack.", valueName: "N"))
        var allowMissing = 10

        @Option(help: ArgumentHelp("Schedule group of new employees whose row names none.", valueName: "NAME"))
        var group: String?

        func run() async throws {
            try await list.run("employees") { request in
                request.isFull = full
                request.allowMissing = allowMissing
                request.group = group
            }
        }
    }

    struct Units: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Units: name, code, kind, the unit above, time zone, head.",
            discussion: """
                The order of rows does not matter. Heads who are not known yet are left out with a warning while \
                there are no employees at all.

                EXAMPLES
                  hadir-central import units unit.csv --dry-run --state DIR
                """)

        @OptionGroup var list: ListOptions

        func run() async throws { try await list.run("units") }
    }

    struct Calendar: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Days off: date, name, kind, source.",
            discussion: """
                A day that comes late changes months that were computed already; what changed and why is kept.

                EXAMPLES
                  hadir-central import calendar kalender.csv --state DIR
                """)

        @OptionGroup var list: ListOptions

        func run() async throws { try await list.run("calendar") }
    }

    struct Leave: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Approved leave and duty: number, kind, from, to, letter.",
            discussion: """
                EXAMPLES
                  hadir-central import leave cuti.xlsx --sheet Maret --state DIR
                """)

        @OptionGroup var list: ListOptions

        func run() async throws { try await list.run("leave") }
    }

    struct Links: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Whose each PIN is: device or unit, PIN, number, from, to.",
            discussion: """
                A PIN that would be two people's at a time is refused and both are named.

                EXAMPLES
                  hadir-central import links tautan.csv --dry-run --state DIR
                """)

        @OptionGroup var list: ListOptions

        func run() async throws { try await list.run("links") }
    }
}

struct ListOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("The list, .csv or .xlsx.", valueName: "FILE"))
    var file: String

    @OptionGroup var state: StateOption

    @Flag(help: "Show what would change and change nothing.")
    var dryRun = false

    @Flag(help: "Print a JSON object: counts, every step, every error and warning with its line.")
    var json = false

    @Option(help: ArgumentHelp("Sheet of a workbook; default the first that is shown.", valueName: "NAME"))
    var sheet: String?

    @Option(help: ArgumentHelp("First day for rows that name none; default today.", valueName: "DATE"))
    var from: String?

    @Option(
        help: ArgumentHelp("What the list goes back to; default its name and digest.", valueName: "TEXT"))
    var document: String?

    func run(_ kind: String, _ change: (inout ImportRequest) -> Void = { _ in }) async throws {
        var request = ImportRequest(kind: kind, path: file)
        request.sheet = sheet
        request.from = from
        request.document = document
        request.isDry = dryRun
        change(&request)
        let report = try await CentralCommands.importList(
            request, in: state.directory,
            progress: { words in
                Terminal.explain("hadir-central: \(words)")
            })
        try ImportOutcome.show(report, isDry: dryRun, json: json)
    }
}
