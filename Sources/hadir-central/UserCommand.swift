import ArgumentParser
import CentralServer
import Foundation

struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "Add, list and change the accounts of people who see the pages.",
        discussion: """
            An account is a name, a role and a password. Names have 1 to 64 letters, digits and . _ - @; capitals do \
            not count. An admin sees everything and may change what pages let change; a viewer sees everything.

            A password has 12 to 128 characters, of any kind; the most common ones, and the account's own name, are \
            refused. It is read from standard input, one line, and never from the command line, where others on the \
            machine could see it. It is hashed here (scrypt, 128 MiB), and only the hash is handed on.

            A new password, a new role and `disable` end every session of the account at once. Accounts are never \
            deleted, so that a name stays one person's.
            """,
        subcommands: [Add.self, List.self, Password.self, Role.self, Disable.self, Enable.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add an account.",
            discussion: """
                EXAMPLES
                  hadir-central user add siti.rahma --role admin \\
                      --password-stdin --state DIR < password
                  systemd-ask-password "Password:" | \\
                      hadir-central user add kepala.dinas --role viewer \\
                      --password-stdin --state DIR
                """)

        @OptionGroup var user: UserArgument
        @OptionGroup var password: PasswordOption
        @OptionGroup var state: StateOption

        @Option(help: ArgumentHelp("admin or viewer.", valueName: "ROLE"))
        var role: String

        func run() async throws {
            let hash = try CentralCommands.hash(password.read(), account: user.name)
            try await user.perform(.add(name: user.name, role: role, password: hash), state, "added as \(role)")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show every account, its role and state.",
            discussion: """
                SESSIONS counts those that are kept, LAST USE is the newest use of one of them. Reads the database \
                and changes nothing; works beside a running server and without one.

                EXAMPLES
                  hadir-central user list --state DIR
                  hadir-central user list --state DIR --json
                """)

        @OptionGroup var state: StateOption

        @Flag(help: "Print a JSON object.")
        var json = false

        func run() async throws {
            let accounts = try await CentralCommands.accounts(in: state.directory)
            if json { return try Terminal.answer(json: AccountsAnswer(accounts)) }
            Terminal.answer(AccountTable.text(accounts))
        }
    }

    struct Password: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give an account another password; its sessions end.",
            discussion: """
                EXAMPLES
                  hadir-central user password siti.rahma \\
                      --password-stdin --state DIR < password
                """)

        @OptionGroup var user: UserArgument
        @OptionGroup var password: PasswordOption
        @OptionGroup var state: StateOption

        func run() async throws {
            let hash = try CentralCommands.hash(password.read(), account: user.name)
            try await user.perform(.password(name: user.name, password: hash), state, "has a new password")
        }
    }

    struct Role: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give an account another role; its sessions end.",
            discussion: """
                EXAMPLES
                  hadir-central user role kepala.dinas --role admin --state DIR
                """)

        @OptionGroup var user: UserArgument
        @OptionGroup var state: StateOption

        @Option(help: ArgumentHelp("admin or viewer.", valueName: "ROLE"))
        var role: String

        func run() async throws {
            try await user.perform(.role(name: user.name, role: role), state, "is now \(role)")
        }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let nobody sign in to an account; its sessions end.",
            discussion: """
                EXAMPLES
                  hadir-central user disable siti.rahma --state DIR
                """)

        @OptionGroup var user: UserArgument
        @OptionGroup var state: StateOption

        func run() async throws { try await user.perform(.disable(name: user.name), state, "is disabled") }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let people sign in to a disabled account again, with its password.",
            discussion: """
                EXAMPLES
                  hadir-central user enable siti.rahma --state DIR
                """)

        @OptionGroup var user: UserArgument
        @OptionGroup var state: StateOption

        func run() async throws { try await user.perform(.enable(name: user.name), state, "is enabled") }
    }
}

struct UserArgument: ParsableArguments {
    @Argument(help: ArgumentHelp("The account's name.", valueName: "NAME"))
    var name: String

    func perform(_ request: AccountRequest, _ state: StateOption, _ what: String) async throws {
        guard case .account(let name) = try await CentralCommands.perform(.account(request), in: state.directory) else {
            throw CentralError(.unavailable, "the server gave another kind of answer")
        }
        Terminal.answer("\(name) \(what)")
    }
}

struct PasswordOption: ParsableArguments {
    @Flag(help: "Read the password, one line, from standard input; there is no other way to give it.")
    var passwordStdin = false

    func validate() throws {
        guard passwordStdin else {
            throw ValidationError("a password is read from standard input only: add --password-stdin.")
        }
    }

    func read() throws -> String {
        guard let line = readLine() else { throw CentralError(.usage, "standard input ended before a password came") }
        return line
    }
}
