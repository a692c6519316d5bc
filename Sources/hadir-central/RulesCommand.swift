import ArgumentParser
import CentralServer
import Foundation

struct RulesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "Write, try and keep the rules that make deductions of minutes.",
        discussion: """
            A rule set is a TOML text: what minutes late and early cost, what a missing scan and a day of absence \
            cost, in force from a date on, with the rule it cites and examples of its own. How it is written: \
            docs/rules.md.
            """,
        subcommands: [Samples.self, Check.self, Test.self, Add.self, List.self, Show.self])

    struct Samples: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the rule sets that come with the program, or print one to start from.",
            discussion: """
                Their comments say what was read in a source and what is assumed.

                EXAMPLES
                  hadir-central rules samples
                  hadir-central rules samples set-a > my-rules.toml
                """)

        @Argument(help: ArgumentHelp("Print this one.", valueName: "NAME"))
        var name: String?

        @Flag(help: "Print the list as JSON.")
        var json = false

        func run() throws {
            if let name { return Terminal.answer(trimmed(try CentralCommands.sample(.rules, named: name))) }
            let samples = try CentralCommands.samples(of: .rules)
            if json { return try Terminal.answer(json: ["rules": samples]) }
            Terminal.answer(HoursTable.text(samples))
        }
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read files of rule sets and tell all that is wrong with them, by line.",
            discussion: """
                Needs no state directory. Exit status 78 where something is wrong.

                EXAMPLES
                  hadir-central rules check my-rules.toml
                """)

        @Argument(help: ArgumentHelp("The files.", valueName: "FILE"))
        var files: [String]

        @Flag(help: "Print what the files hold as JSON.")
        var json = false

        func run() throws {
            let found = try each(files) { try CentralCommands.check(.rules, file: $0) }
            if json { return try Terminal.answer(json: ["rules": found]) }
            Terminal.answer(HoursTable.text(found))
        }
    }

    struct Test: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run the examples of rule sets, as real days are judged.",
            discussion: """
                Prints every example with what its text expects and what came out. Needs no state directory. Exit \
                status 1 where any comes out otherwise (BEDA), 78 where a file cannot be read.

                EXAMPLES
                  hadir-central rules test my-rules.toml
                  hadir-central rules test my-rules.toml --schedule my-hours.toml
                """)

        @Argument(help: ArgumentHelp("The files.", valueName: "FILE"))
        var files: [String]

        @Option(help: ArgumentHelp("A schedule's file that examples name; may be given often.", valueName: "FILE"))
        var schedule: [String] = []

        @Flag(help: "Print the results as JSON.")
        var json = false

        func run() throws {
            let tests = try each(files) { try CentralCommands.test(rules: $0, schedules: schedule) }
            if json {
                try Terminal.answer(json: ["tests": tests])
            } else {
                Terminal.answer(tests.map { HoursTable.text($0) }.joined(separator: "\n\n"))
            }
            if tests.contains(where: { !$0.isRight }) { throw ExitCode(1) }
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keep a rule set at the centre; its days are computed again.",
            discussion: """
                A rule set of the same name takes the earlier one's place; the earlier text is kept. A text whose \
                examples come out otherwise is refused.

                EXAMPLES
                  hadir-central rules add my-rules.toml --state DIR
                """)

        @OptionGroup var state: StateOption

        @Argument(help: ArgumentHelp("The file.", valueName: "FILE"))
        var file: String

        @Flag(help: "Print what was kept as JSON.")
        var json = false

        func run() async throws {
            let added = try await CentralCommands.add(.rules, file: file, in: state.directory)
            if json { return try Terminal.answer(json: added) }
            Terminal.answer("\(added.name) is kept")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the rule sets that the centre keeps.",
            discussion: """
                EXAMPLES
                  hadir-central rules list --state DIR
                  hadir-central rules list --state DIR --json
                """)

        @OptionGroup var state: StateOption

        @Flag(help: "Print a JSON object.")
        var json = false

        func run() async throws {
            let texts = try await CentralCommands.texts(.rules, in: state.directory)
            if json { return try Terminal.answer(json: ["rules": texts]) }
            Terminal.answer(HoursTable.text(texts))
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a rule set that the centre keeps, as it was given.",
            discussion: """
                EXAMPLES
                  hadir-central rules show set-a --state DIR
                """)

        @OptionGroup var state: StateOption

        @Argument(help: ArgumentHelp("The rule set's name.", valueName: "NAME"))
        var name: String

        func run() async throws {
            Terminal.answer(trimmed(try await CentralCommands.text(.rules, named: name, in: state.directory)))
        }
    }
}

/// Does it for each file; where some are wrong, all are told.
func each<Value>(_ files: [String], _ work: (String) throws -> Value) throws -> [Value] {
    var values: [Value] = []
    var wrong: [CentralError] = []
    for file in files {
        do {
            values.append(try work(file))
        } catch let error as CentralError {
            wrong.append(error)
        }
    }
    guard let first = wrong.first else { return values }
    throw CentralError(first.kind, wrong.map(\.description).joined(separator: "\n"))
}

/// Without the line end that is printed anyway.
func trimmed(_ text: String) -> String { text.hasSuffix("\n") ? String(text.dropLast()) : text }
