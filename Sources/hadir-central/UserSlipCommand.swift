import ArgumentParser
import CentralServer
import Foundation

extension UserCommand {
    struct Issue: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make accounts for people who have none, and a file of slips to print.",
            discussion: """
                Everybody with a place in a unit today and without an account gets one: its name is the person's \
                number, its role employee, its first password made at random by the centre. The password must be \
                changed at the first login and opens nothing after \(FirstPassword.lifetimeDays) days. It stands on \
                the slip and nowhere else: print the file, hand the slips out in closed envelopes, delete the file.

                With --again also those who have an account and have not begun get a new slip; the old one opens \
                nothing any more. Nobody else's account is touched.

                The file must not exist, is readable for its owner only, and is written as accounts are made: after a \
                stop it has what was made, and the same command with another file goes on.

                EXAMPLES
                  hadir-central user issue --unit "Dinas Kesehatan" --slips dinkes.html \\
                      --address https://hadir.example.go.id --state DIR
                  hadir-central user issue --all --again --slips semua.html \\
                      --address https://hadir.example.go.id --state DIR
                """)

        @OptionGroup var slips: SlipOptions
        @OptionGroup var state: StateOption

        @Option(help: ArgumentHelp("People of this unit and all below it.", valueName: "NAME"))
        var unit: String?

        @Flag(help: "People of the whole government.")
        var all = false

        @Option(help: ArgumentHelp("Only employee: other roles are given one by one.", valueName: "ROLE"))
        var role = "employee"

        @Flag(help: "Also those who have not begun: a new first password.")
        var again = false

        func validate() throws {
            guard all == (unit == nil) else { throw ValidationError("give --unit NAME, or --all.") }
            guard role == "employee" else {
                throw ValidationError("accounts in bulk are employees'; give other roles with `user role`.")
            }
        }

        func run() async throws {
            let file = try slips.file()
            var total = 0
            try await CentralCommands.issue(
                IssueRequest(unit: unit, again: again), in: state.directory, to: file
            ) { made, left, skipped in
                total = made
                for person in skipped {
                    Terminal.explain("no account for \(person.words)")
                }
                Terminal.explain("\(made) slips made, \(left) people left")
            }
            try file.finish()
            Terminal.answer("\(total) slips are in \(slips.path): print it, hand them out closed, delete the file")
        }
    }

    struct Slip: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give an account a new first password, on a slip to print; its sessions end.",
            discussion: """
                For whoever has forgotten the password, and instead of choosing one for somebody else.

                EXAMPLES
                  hadir-central user slip 198609262015051001 --slips ani.html \\
                      --address https://hadir.example.go.id --state DIR
                """)

        @OptionGroup var user: UserArgument
        @OptionGroup var slips: SlipOptions
        @OptionGroup var state: StateOption

        func run() async throws {
            let file = try slips.file()
            let request = ControlRequest.account(.slip(name: user.name))
            guard case .slips(let batch) = try await CentralCommands.perform(request, in: state.directory) else {
                throw CentralError(.unavailable, "the server gave another kind of answer")
            }
            try file.add(batch.slips)
            try file.finish()
            Terminal.answer(
                "the slip of \(user.name) is in \(slips.path): print it, hand it out closed, delete the file")
        }
    }
}

struct SlipOptions: ParsableArguments {
    @Option(
        name: .customLong("slips"), help: ArgumentHelp("Where the slips go; there is no such file.", valueName: "FILE"))
    var path: String

    @Option(help: ArgumentHelp("Where people reach the pages, as it is printed.", valueName: "URL"))
    var address: String

    func file() throws -> SlipFile { try SlipFile(path: path, address: address) }
}
