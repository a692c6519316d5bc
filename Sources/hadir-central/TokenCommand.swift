import ArgumentParser
import CentralServer

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Make tokens for programs that read from the centre.",
        subcommands: [Add.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a token and print it once.",
            discussion: """
                The token is the only line on standard output. The centre keeps its SHA-256 and cannot show it \
                again. A reader may get punches, devices and nodes.

                EXAMPLES
                  hadir-central token add --state DIR --role reader --label "payroll"
                  curl -H "Authorization: Bearer $TOKEN" \\
                      'http://127.0.0.1:8080/api/v1/punches?after=0'
                """)

        @OptionGroup var state: StateOption

        @Option(help: ArgumentHelp("What the bearer may do: reader.", valueName: "ROLE"))
        var role: String

        @Option(help: ArgumentHelp("What the token is for.", valueName: "LABEL"))
        var label = ""

        func run() async throws {
            let request = ControlRequest.addToken(role: role, label: label)
            guard case .token(let text) = try await CentralCommands.perform(request, in: state.directory) else {
                throw CentralError(.unavailable, "the server gave another kind of answer")
            }
            Terminal.answer(text)
            Terminal.explain("This token is shown only now. It can read everything the centre tells readers.")
        }
    }
}
