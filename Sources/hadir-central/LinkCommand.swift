import ArgumentParser
import CentralServer
import Foundation

struct LinkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "link", abstract: "Say whose each PIN on each device is.",
        discussion: """
            Scans of a PIN that nobody is linked to are kept and listed, and count from the day of the link on, in \
            the past too. A PIN is one person's at a time: a link that would give it to a second one is refused.
            """,
        subcommands: [List.self, Propose.self, Confirm.self, Add.self, End.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show PINs that devices know, and whose they are.",
            discussion: """
                EXAMPLES
                  hadir-central link list --unknown --state DIR
                  hadir-central link list --all --unit "Dinas Kesehatan" --json --state DIR
                """)

        @OptionGroup var state: StateOption
        @OptionGroup var scope: UnitOption

        @Flag(help: "Only those nobody is linked to; this is the default.")
        var unknown = false

        @Flag(help: "Only those that links give to two people at a time.")
        var claimed = false

        @Flag(help: "All.")
        var all = false

        @Flag(help: "Print a JSON object.")
        var json = false

        func validate() throws {
            guard [unknown, claimed, all].count(where: \.self) <= 1 else {
                throw ValidationError("give one of --unknown, --claimed and --all.")
            }
        }

        func run() async throws {
            let answer = try await CentralCommands.links(
                all ? nil : claimed ? "claimed" : "unknown", unit: scope.unit, in: state.directory)
            if json { return try Terminal.answer(json: answer) }
            Terminal.answer(answer.text)
        }
    }

    struct Propose: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Propose links by the names devices have, as a list to go through.",
            discussion: """
                Names are compared with employees of the device's unit and those below it. Where several people \
                fit, the NIP is left empty and the list says who: a person decides. Nothing is linked here.

                EXAMPLES
                  hadir-central link propose --state DIR > usulan.csv
                  hadir-central link confirm usulan.csv --document "BA 07/2026" --state DIR
                """)

        @OptionGroup var state: StateOption
        @OptionGroup var scope: UnitOption

        @Flag(help: "Print a JSON object with every candidate, score and reason.")
        var json = false

        func run() async throws {
            let answer = try await CentralCommands.proposals(unit: scope.unit, in: state.directory)
            if json { return try Terminal.answer(json: answer) }
            Terminal.answer(answer.list)
        }
    }

    struct Confirm: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make links of a list that a person went through.",
            discussion: """
                Rows without a NIP are left alone. --all-exact takes every proposal whose name is wholly that of \
                one person of the unit and no other's.

                EXAMPLES
                  hadir-central link confirm usulan.csv --document "BA 07/2026" --state DIR
                  hadir-central link confirm --all-exact --document "BA 07/2026" --dry-run \\
                      --state DIR
                """)

        @Argument(help: ArgumentHelp("The list, .csv or .xlsx.", valueName: "FILE"))
        var file: String?

        @OptionGroup var state: StateOption
        @OptionGroup var scope: UnitOption
        @OptionGroup var outcome: OutcomeOptions

        @Flag(help: "Every proposal that is certain by its name.")
        var allExact = false

        func validate() throws {
            guard (file == nil) == allExact else { throw ValidationError("give either FILE or --all-exact.") }
        }

        func run() async throws {
            if let file {
                try outcome.show(
                    try await CentralCommands.confirmLinks(
                        file, document: outcome.document, isDry: outcome.dryRun, in: state.directory))
            } else {
                try outcome.show(
                    try await CentralCommands.confirmExact(
                        unit: scope.unit, document: outcome.document, isDry: outcome.dryRun, in: state.directory))
            }
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Link one PIN to one employee.",
            discussion: """
                EXAMPLES
                  hadir-central link add 13 198609262015051001 --unit "Puskesmas Contoh" \\
                      --from 2026-01-05 --document "BA 03/2026" --state DIR
                """)

        @Argument(help: ArgumentHelp("The PIN on the device.", valueName: "PIN")) var pin: String
        @Argument(help: ArgumentHelp("The employee's number.", valueName: "NIP")) var number: String

        @OptionGroup var state: StateOption
        @OptionGroup var outcome: OutcomeOptions

        @Option(help: ArgumentHelp("On this device only.", valueName: "SERIAL"))
        var device: String?

        @Option(help: ArgumentHelp("On every device of this very unit.", valueName: "NAME"))
        var unit: String?

        @Option(help: ArgumentHelp("First day; default today.", valueName: "DATE"))
        var from: String?

        @Option(help: ArgumentHelp("Last day; default none.", valueName: "DATE"))
        var to: String?

        func run() async throws {
            var request = LinkRequest(pin: pin, number: number, document: outcome.document)
            request.device = device
            request.unit = unit
            request.from = from
            request.to = to
            try outcome.show(
                try await CentralCommands.addLink(request, isDry: outcome.dryRun, in: state.directory))
        }
    }

    struct End: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a link; what was scanned until then stays that person's.",
            discussion: """
                With a last day before its first one the link never was.

                EXAMPLES
                  hadir-central link end 17 --last 2026-03-31 --state DIR
                """)

        @Argument(help: ArgumentHelp("The link's id, from `link list --all`.", valueName: "ID")) var link: Int64

        @OptionGroup var state: StateOption

        @Option(help: ArgumentHelp("The last day on which it counts.", valueName: "DATE"))
        var last: String

        @Flag(help: "Print a JSON object.")
        var json = false

        func run() async throws {
            try await CentralCommands.endLink(link, last: last, in: state.directory)
            if json { return try Terminal.answer(json: ["link": String(link), "last": last]) }
            Terminal.answer("Tautan \(link) berakhir \(last).")
        }
    }
}

struct UnitOption: ParsableArguments {
    @Option(
        name: .customLong("unit"),
        help: ArgumentHelp("Only devices of this unit and those below it, by name or code.", valueName: "UNIT"))
    var unit: String?
}

struct OutcomeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("What the links go back to: a letter, a record.", valueName: "TEXT"))
    var document: String

    @Flag(help: "Show what would change and change nothing.")
    var dryRun = false

    @Flag(help: "Print a JSON object.")
    var json = false

    func show(_ report: ImportReport) throws {
        try ImportOutcome.show(report, isDry: dryRun, json: json)
    }
}

enum ImportOutcome {
    static func show(_ report: ImportReport, isDry: Bool, json: Bool) throws {
        if json {
            try Terminal.answer(json: report)
        } else {
            if !report.warningText.isEmpty { Terminal.explain(report.warningText) }
            Terminal.answer(report.text)
            if !report.isRefused { Terminal.explain(report.outcome(isDry: isDry)) }
        }
        if report.isRefused { throw ExitCode(CentralError.Kind.data.rawValue) }
    }
}
