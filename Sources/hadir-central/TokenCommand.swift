import ArgumentParser
import CentralServer

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Make tokens for programs that ask the centre.",
        subcommands: [Add.self])

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

                EXAMPLES
                  hadir-central token add --state DIR --role reader --label "payroll"
                  hadir-central token add --state DIR --role clerk --unit "Dinas Contoh" --label "TU Dinas"
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

        func run() async throws {
            let request = ControlRequest.addToken(role: role, label: label, unit: unit)
            guard case .token(let text) = try await CentralCommands.perform(request, in: state.directory) else {
                throw CentralError(.unavailable, "the server gave another kind of answer")
            }
            Terminal.answer(text)
            Terminal.explain("This token is shown only now. Whoever has it may do what a \(role) may.")
        }
    }
}
