import ArgumentParser
import CentralServer
import Foundation

struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a new centre: database, keys and recovery kit.",
        discussion: """
            Makes the state directory, readable by its owner only, with an empty database, an Ed25519 key that \
            signs receipts and an X25519 key that opens what is sealed to the centre. A directory that holds a \
            centre already is refused and not changed.

            The recovery kit holds both keys, encrypted under a passphrase (scrypt, AES-256-GCM). Print it, and \
            keep its passphrase elsewhere. When offices have been enrolled make a kit that knows them, with \
            `hadir-central key kit FILE`: with that one `hadir-central restore` makes a lost centre again, and \
            every office fills it unasked. Without --recovery-kit it is written to DIR/recovery-kit.txt and its passphrase is made \
            here and shown once.

            EXAMPLES
              hadir-central init --state /var/lib/hadir-central
              hadir-central init --state /var/lib/hadir-central \\
                  --recovery-kit /media/safe/hadir-kit.txt --passphrase-stdin < passphrase
            """)

    @OptionGroup var state: StateOption

    @Option(help: ArgumentHelp("Write the recovery kit here.", valueName: "FILE"))
    var recoveryKit: String?

    @Flag(help: "Read the kit's passphrase, one line, from standard input.")
    var passphraseStdin = false

    func validate() throws {
        guard (recoveryKit != nil) == passphraseStdin else {
            throw ValidationError("--recovery-kit FILE and --passphrase-stdin belong together.")
        }
    }

    func run() async throws {
        let kit = recoveryKit.map { path in
            (path: path, passphrase: readLine() ?? "")
        }
        let made = try CentralCommands.initialise(state.directory, kit: kit)
        Terminal.answer("centre \(made.fingerprint)")
        Terminal.explain("The recovery kit is \(made.recoveryKit). Move it off this machine.")
        if let passphrase = made.passphrase {
            Terminal.answer("passphrase \(passphrase)")
            Terminal.explain("This passphrase opens the kit. It is shown only now and stored nowhere: write it down.")
        }
    }
}
