import ArgumentParser
import CentralServer
import Foundation

struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Change the key that signs what the centre says.",
        discussion: """
            A node believes nothing that a key it knows has not signed. So a new key is announced first, under the \
            old one, and takes over when the nodes know it:

              hadir-central key announce --state DIR    make the next key; receipts tell the nodes
              hadir-central key kit FILE --state DIR    print its recovery kit
              hadir-central key status --state DIR      who knows it
              hadir-central key switch --state DIR      it signs from now on

            Each step can be cut off and run again.
            """,
        subcommands: [Announce.self, Status.self, Switch.self, Kit.self, CheckKit.self])

    struct Announce: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make the next signing key and tell the nodes; prints its fingerprint.",
            discussion: """
                Nothing is signed with it yet. Where one is announced already, that one is shown.

                EXAMPLES
                  hadir-central key announce --state /var/lib/hadir-central
                """)

        @OptionGroup var state: StateOption

        func run() async throws {
            guard case .key(let fingerprint) = try await CentralCommands.perform(.announceKey, in: state.directory)
            else { throw CentralError(.unavailable, "the server gave another kind of answer") }
            Terminal.answer("next \(fingerprint)")
            Terminal.explain(
                "The recovery kit does not hold this key: make a new kit with `hadir-central key kit FILE`, print it.")
        }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the signing keys and which nodes know which.",
            discussion: """
                KNOWS is the newest key of the centre that a node says it trusts: next, present, earlier, other (not \
                of this centre), or - where it has not said. AWAITED nodes are not revoked, were seen in the last \
                60 days, and do not know the next key: `key switch` waits for them.

                EXAMPLES
                  hadir-central key status --state /var/lib/hadir-central --json
                """)

        @OptionGroup var state: StateOption

        @Flag(help: "Print a JSON object.")
        var json = false

        func run() async throws {
            let status = try await CentralCommands.keyStatus(in: state.directory, at: Date())
            if json { return try Terminal.answer(json: status) }
            Terminal.answer(status.text)
        }
    }

    struct Switch: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make the announced key the signing key.",
            discussion: """
                Refused while a node that is not revoked and was seen in the last 60 days does not know it. A node \
                that comes back later, or that --force left behind, is answered under the key it knows and told \
                the new one. The old key is kept for that, and for enrolment codes that were made under it.

                EXAMPLES
                  hadir-central key switch --state /var/lib/hadir-central
                """)

        @OptionGroup var state: StateOption

        @Flag(help: "Also where nodes do not know the key yet.")
        var force = false

        func run() async throws {
            guard
                case .key(let fingerprint) =
                    try await CentralCommands.perform(.switchKey(force: force), in: state.directory)
            else { throw CentralError(.unavailable, "the server gave another kind of answer") }
            Terminal.answer("centre \(fingerprint)")
        }
    }

    struct Kit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a new recovery kit with all keys and all nodes of the centre.",
            discussion: """
                As `init` does: encrypted under a passphrase, which is made here and shown once unless one is given. \
                Make one after `key announce`, and destroy the older kit when the new key has taken over. Make one \
                also after offices were enrolled: `hadir-central restore` gives back the nodes that stand in it, \
                and the others must be enrolled again.

                EXAMPLES
                  hadir-central key kit /media/safe/hadir-kit.txt --state /var/lib/hadir-central
                  hadir-central key kit kit.txt --state /var/lib/hadir-central \\
                      --passphrase-stdin < passphrase
                """)

        @OptionGroup var state: StateOption

        @Argument(help: ArgumentHelp("Where the kit goes; nothing is written over.", valueName: "FILE"))
        var file: String

        @Flag(help: "Read the kit's passphrase, one line, from standard input.")
        var passphraseStdin = false

        func run() async throws {
            let made = try await CentralCommands.recoveryKit(
                state.directory, path: file, passphrase: passphraseStdin ? readLine() ?? "" : nil)
            Terminal.explain("The recovery kit is \(file). Keep it off this machine.")
            if let made {
                Terminal.answer("passphrase \(made)")
                Terminal.explain(
                    "This passphrase opens the kit. It is shown only now and stored nowhere: write it down.")
            }
        }
    }

    struct CheckKit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check-kit",
            abstract: "Open a recovery kit with its passphrase and compare it with the centre.",
            discussion: """
                Says what `restore` would lack: keys and nodes that are not in it. Exit status 65 where there is \
                anything: make a new kit with `key kit`, and try that one too.

                EXAMPLES
                  hadir-central key check-kit /media/safe/hadir-kit.txt --state /var/lib/hadir-central < passphrase
                """)

        @OptionGroup var state: StateOption

        @Argument(
            help: ArgumentHelp("The kit. Its passphrase, one line, is read from standard input.", valueName: "FILE"))
        var file: String

        @Flag(help: "Print a JSON object.")
        var json = false

        func run() async throws {
            let verdict = try await CentralCommands.checkKit(
                state.directory, kit: file, passphrase: readLine() ?? "")
            if json {
                try Terminal.answer(json: verdict)
            } else {
                Terminal.answer("the kit opens: centre \(verdict.centre), \(verdict.nodes) nodes")
                for problem in verdict.problems { Terminal.answer(problem) }
            }
            if !verdict.problems.isEmpty { throw ExitCode(CentralError.Kind.data.rawValue) }
        }
    }
}
