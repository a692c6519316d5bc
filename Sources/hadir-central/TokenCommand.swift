import ArgumentParser
import CentralServer
import Foundation

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Make, list and end tokens of programs that ask the centre.",
        subcommands: [Add.self, List.self, Revoke.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a token and print it once.",
            discussion: """
                The token is the only line on standard output. The centre keeps its SHA-256 and cannot show it \
                again.

                ROLES
                  reader     punches, devices, nodes and gaps, as nodes sent them
                  viewer     recaps, workdays and people, without reasons
                  clerk      as viewer, and enters leave, corrections and signed sheets
                  personnel  all of it: also coverage, files, closing of months, recomputing
                  auditor    reads everything, reasons and acts too, and writes nothing

                With --unit the token holds for that unit and all below it, on the days that people were placed \
                there; what is outside does not exist for it. docs/api.md has the routes.

                A token ends: after \(Administration.tokenDays) days, or as --ends (the last day, UTC) or --days say. \
                `token revoke` ends it at once.

                EXAMPLES
                  hadir-central token add --state DIR --role reader --label "payroll"
                  hadir-central token add --state DIR --role clerk --unit "Dinas Contoh" --label "TU Dinas" \\
                      --ends 2027-12-31
                  curl -H "Authorization: Bearer $TOKEN" \\
                      'http://127.0.0.1:8080/api/v1/punches?after=0'
                """)

        @OptionGroup var state: StateOption

        @Option(help: ArgumentHelp("What the bearer may do: see ROLES.", valueName: "ROLE"))
        var role: String

        @Option(help: ArgumentHelp("What the token is for.", valueName: "LABEL"))
        var label = ""

        @Option(help: ArgumentHelp("Only this unit and all below it; default all.", valueName: "NAME"))
        var unit: String?

        @Option(help: ArgumentHelp("The last day on which it holds.", valueName: "DATE"))
        var ends: String?

        @Option(help: ArgumentHelp("For so many days from now.", valueName: "N"))
        var days: Int?

        func run() async throws {
            let end = try CentralCommands.tokenEnd(date: ends, days: days, at: Date())
            let request = ControlRequest.addToken(role: role, label: label, unit: unit, ends: end)
            guard case .token(let text, let ends) = try await CentralCommands.perform(request, in: state.directory)
            else {
                throw CentralError(.unavailable, "the server gave another kind of answer")
            }
            Terminal.answer(text)
            Terminal.explain(
                "This token is shown only now. Whoever has it may do what a \(role) may, until \(ends).")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show every token: its number, role, unit, label and end; never itself.",
            discussion: """
                EXAMPLES
                  hadir-central token list --state DIR
                  hadir-central token list --state DIR --json
                """)

        @OptionGroup var state: StateOption

        @Flag(help: "Print a JSON object.")
        var json = false

        func run() async throws {
            let tokens = try await CentralCommands.tokens(in: state.directory, at: Date())
            if json { return try Terminal.answer(json: tokens) }
            Terminal.answer(tokens.text)
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a token at once and for good.",
            discussion: """
                EXAMPLES
                  hadir-central token revoke 3 --state DIR
                """)

        @OptionGroup var state: StateOption

        @Argument(help: ArgumentHelp("The token's number, as `token list` shows it.", valueName: "ID"))
        var id: Int64

        func run() async throws {
            guard
                case .tokenRevoked(let label) = try await CentralCommands.perform(
                    .revokeToken(id: id), in: state.directory)
            else { throw CentralError(.unavailable, "the server gave another kind of answer") }
            Terminal.answer(label.isEmpty ? "token \(id) is revoked" : "token \(id), \(label), is revoked")
        }
    }
}
