import ArgumentParser
import CentralServer
import Foundation

struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "Add, list and change the accounts of people who see the pages.",
        discussion: """
            An account is a name, a role and a password. Names have 1 to 64 letters, digits and . _ - @; capitals do \
            not count.

            ROLES
              admin      nodes, devices, accounts; sees totals, and where a scan is
              viewer     sees nodes, devices and totals
              executive  sees totals and people, changes nothing
              personnel  people, leave, corrections, sheets, months, accounts of employees
              auditor    sees everything, what others did too, and changes nothing
              clerk      enters leave, corrections and sheets
              head       sees the people and days of a unit
              employee   sees the own days

            With --unit a role holds for that unit and all below it, without for the whole government. With \
            --employee the account is that person's: it shows the own days, and whoever leads a unit by the records, \
            acting or not, sees that unit on those days without having the role.

            A password has 12 to 128 characters, of any kind; the most common ones, and the account's own name, are \
            refused. It is read from standard input, one line, and never from the command line, where others on the \
            machine could see it. It is hashed here (scrypt, 128 MiB), and only the hash is handed on.

            A new password, a new role and `disable` end every session of the account at once. Accounts are never \
            deleted, so that a name stays one person's.
            """,
        subcommands: [
            Add.self, List.self, Password.self, Role.self, Employee.self, Disable.self, Enable.self, Issue.self,
            Slip.self,
        ])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add an account.",
            discussion: """
                EXAMPLES
                  hadir-central user add siti.rahma --role admin \\
                      --password-stdin --state DIR < password
                  systemd-ask-password "Password:" | \\
                      hadir-central user add tu.dinkes --role clerk \\
                      --unit "Dinas Kesehatan" --employee 198609262015051001 \\
                      --password-stdin --state DIR
                """)

        @OptionGroup var user: UserArgument
        @OptionGroup var password: PasswordOption
        @OptionGroup var state: StateOption

        @OptionGroup var duty: DutyOptions

        @Option(help: ArgumentHelp("Whose account it is: a number of the records.", valueName: "NIP"))
        var employee: String?

        func run() async throws {
            let hash = try CentralCommands.hash(password.read(), account: user.name)
            try await user.perform(
                .add(name: user.name, role: duty.role, unit: duty.unit, employee: employee, password: hash), state,
                "added as \(duty.words)")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show every account, its role, unit, person and state.",
            discussion: """
                STATE is active, first (its first password was not changed yet), over (it was not changed in time: \
                give another slip) or disabled. SESSIONS counts those that are kept, LAST USE is the newest use of one of them, or \
                the last login. Reads the database \
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
            if json { return try Terminal.answer(json: AccountsAnswer(accounts, at: Date())) }
            Terminal.answer(AccountTable.text(accounts, at: Date()))
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
            abstract: "Give an account another role, or another unit; its sessions end.",
            discussion: """
                Without --unit the role holds for the whole government, whatever it was before.

                EXAMPLES
                  hadir-central user role kepala.dinas --role head \\
                      --unit "Dinas Kesehatan" --state DIR
                """)

        @OptionGroup var user: UserArgument
        @OptionGroup var state: StateOption
        @OptionGroup var duty: DutyOptions

        func run() async throws {
            try await user.perform(
                .role(name: user.name, role: duty.role, unit: duty.unit), state, "is now \(duty.words)")
        }
    }

    struct Employee: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say whose account it is; its sessions end.",
            discussion: """
                EXAMPLES
                  hadir-central user employee tu.dinkes 198609262015051001 --state DIR
                  hadir-central user employee diskominfo --none --state DIR
                """)

        @OptionGroup var user: UserArgument
        @OptionGroup var state: StateOption

        @Argument(help: ArgumentHelp("A number of the records.", valueName: "NIP"))
        var number: String?

        @Flag(help: "Nobody of the records.")
        var none = false

        func validate() throws {
            guard none == (number == nil) else { throw ValidationError("give a NIP, or --none.") }
        }

        func run() async throws {
            try await user.perform(
                .employee(name: user.name, number: number), state, number.map { "is now \($0)'s" } ?? "is now nobody's")
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

struct DutyOptions: ParsableArguments {
    @Option(help: ArgumentHelp("What the account may do: see `hadir-central user --help`.", valueName: "ROLE"))
    var role: String

    @Option(help: ArgumentHelp("The role holds for this unit and all below it; default all.", valueName: "NAME"))
    var unit: String?

    var words: String { "\(role) of \(unit ?? "the whole government")" }
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
