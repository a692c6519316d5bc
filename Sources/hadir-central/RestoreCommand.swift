import ArgumentParser
import CentralServer
import Foundation

struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Make a lost centre again from its recovery kit and a backup.",
        discussion: """
            For when the state directory is lost. Makes a new one with the keys of the kit and what the backup \
            has, or without one only the nodes that stand in the kit; a directory that holds a centre is refused \
            and not changed. Then run `serve` where the old one was: every office notices and sends again all that \
            it keeps, 35 days and more, and nobody has to do anything there.

            A backup brings back what was true when it was made: revoke again the nodes, tokens and accounts that \
            were revoked since (nodes that the kit knows as revoked stay so).

            Nodes enrolled after the kit was made are not known (`unknown_node` in the log). Each is enrolled \
            again, with `node add` here and `hadir node enroll` there, and then sends all that it keeps.

            What neither a backup nor an office has is not given back: people, links, hours, leave, accounts, \
            tokens and older scans.

            EXAMPLES
              hadir-central restore --state /var/lib/hadir-central --kit /media/safe/hadir-kit.txt \
                  --backup /media/disk/hadir-central-20261122T203000Z < passphrase
              hadir-central restore --state /var/lib/hadir-central --kit /media/safe/hadir-kit.txt < passphrase
            """)

    @OptionGroup var state: StateOption

    @Option(
        help: ArgumentHelp(
            "The recovery kit. Its passphrase, one line, is read from standard input.",
            valueName: "FILE"))
    var kit: String

    @Option(help: ArgumentHelp("A backup: the folder that `backup` made.", valueName: "BACKUP"))
    var backup: String?

    func run() async throws {
        let made = try await CentralCommands.restore(
            state.directory, kit: kit, passphrase: readLine() ?? "", backup: backup.map { BackupFolder($0) },
            at: Date())
        Terminal.answer("centre \(made.fingerprint)")
        Terminal.answer("nodes \(made.nodes)")
        if backup != nil { Terminal.answer("entries \(made.entries)") }
        if made.nodes == 0 {
            Terminal.explain("This kit knows no nodes: enroll every office again. They send all that they keep.")
        }
    }
}

struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check that entries and punches are what the nodes sent.",
        discussion: """
            Compares every entry with the chain of hashes that its node signed, and every punch with the entries \
            that tell of it, and asks SQLite about its file. The server does the same every night. Exit status 65 \
            where something is not what it was. Then put back a copy of the state directory from before, or make \
            the centre anew with `restore`: offices send again what it lacks, 35 days and more.

            EXAMPLES
              hadir-central verify --state /var/lib/hadir-central
              hadir-central verify --state /var/lib/hadir-central --json
            """)

    @OptionGroup var state: StateOption

    @Flag(help: "Print a JSON object.")
    var json = false

    func run() async throws {
        let verdict = try await CentralCommands.verify(in: state.directory)
        if json {
            try Terminal.answer(json: verdict)
        } else {
            for problem in verdict.problems { Terminal.answer(problem) }
            Terminal.answer(
                "\(verdict.isWhole ? "whole" : "damaged"): \(verdict.entries) entries, \(verdict.punches) punches")
        }
        if !verdict.isWhole { throw ExitCode(CentralError.Kind.data.rawValue) }
    }
}
