import ArgumentParser
import CentralServer
import Foundation

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the database while the centre runs, and prove the copy by restoring it.",
        discussion: """
            Each backup is a folder hadir-central-DATE with the database as one file and a manifest. It is then \
            restored beside, and every entry, punch and note of the audit log in it is verified: the restore \
            drill. `hadir-central restore --kit KIT --backup FOLDER` makes a lost centre of it.

            A backup has the names and the attendance of everybody, and no key: keep it where only its keepers can \
            read it, off this machine, and the recovery kit somewhere else.
            """,
        subcommands: [Make.self, Check.self, List.self], defaultSubcommand: Make.self)

    struct Make: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "make",
            abstract: "Make a backup (what `backup` does without another word).",
            discussion: """
                Offices and pages are served meanwhile. For the drill the folder's disk must have room for the \
                database twice. Exit status 65 where the drill fails: the copy is then kept as …-damaged, older \
                ones stay, and `verify` says whether the centre's own database is damaged.

                EXAMPLES
                  hadir-central backup --state /var/lib/hadir-central --to /var/backups/hadir-central --keep 14
                  hadir-central backup --state /var/lib/hadir-central --to /media/disk --json
                """)

        @OptionGroup var state: StateOption

        @Option(help: ArgumentHelp("Where backups go, each in a folder of its own.", valueName: "FOLDER"))
        var to: String

        @Option(help: ArgumentHelp("Remove the oldest beyond so many, once the new one is proved.", valueName: "N"))
        var keep: Int?

        @Flag(help: "Do not restore the copy for proof.")
        var noDrill = false

        @Flag(help: "Print a JSON object.")
        var json = false

        func validate() throws {
            guard keep.map({ $0 >= 1 }) ?? true else { throw ValidationError("--keep must be 1 or more.") }
            guard keep == nil || !noDrill else {
                throw ValidationError("--keep needs the drill: nothing is removed for a copy that nobody proved.")
            }
        }

        func run() async throws {
            let made = try await CentralCommands.backUp(
                state.directory, to: to, keep: keep, drill: !noDrill, progress: BackupLine().show)
            if json {
                try Terminal.answer(json: made)
            } else {
                Terminal.answer("backup \(made.path)")
                Terminal.answer(
                    "\(made.entries) entries, \(made.punches) punches, \(made.nodes) nodes, \(made.bytes) bytes,"
                        + " copied in \(BackupLine.seconds(made.seconds))")
                if let seconds = made.drillSeconds {
                    Terminal.answer("restored and verified in \(BackupLine.seconds(seconds))")
                }
                Terminal.answer("\(made.kept) kept, \(made.removed.count) removed")
            }
            if let problem = made.problem {
                Terminal.explain(
                    "hadir-central: \(problem). See what `hadir-central verify` says of the centre itself.")
                throw ExitCode(CentralError.Kind.data.rawValue)
            }
            if noDrill { Terminal.explain("Not proved: `hadir-central backup check \(made.path)` restores it.") }
        }
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Restore a backup for proof; nothing of that is kept.",
            discussion: """
                Beside the backup, on the same disk. Exit status 65 where it is not whole.

                EXAMPLES
                  hadir-central backup check /media/disk/hadir-central-20261122T203000Z \\
                      --state /var/lib/hadir-central
                """)

        @OptionGroup var state: StateOption

        @Argument(help: ArgumentHelp("The folder of the backup.", valueName: "BACKUP"))
        var backup: String

        func run() async throws {
            let manifest = try await CentralCommands.drill(
                BackupFolder(backup), of: state.directory, at: Date(), progress: BackupLine().show)
            Terminal.answer("whole: \(manifest.entries) entries, \(manifest.punches) punches, \(manifest.nodes) nodes")
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the backups in a folder.",
            discussion: """
                EXAMPLES
                  hadir-central backup list /var/backups/hadir-central
                """)

        @Argument(help: ArgumentHelp("Where backups go.", valueName: "FOLDER"))
        var folder: String

        @Flag(help: "Print a JSON array.")
        var json = false

        func run() throws {
            let all = try BackupFolder.all(in: folder)
            if json { return try Terminal.answer(json: try all.map { try $0.manifest() }) }
            for backup in all {
                do throws(CentralError) {
                    let manifest = try backup.manifest()
                    Terminal.answer(
                        "\(backup.name)  \(manifest.entries) entries  \(manifest.punches) punches  \(manifest.bytes) bytes"
                    )
                } catch {
                    Terminal.answer("\(backup.name)  \(error.description)")
                }
            }
            if all.isEmpty { Terminal.explain("There are no backups in \(folder).") }
        }
    }
}

/// One line on a terminal that says how far long work is; nothing where nobody watches.
struct BackupLine: Sendable {
    private static let isWatched = isatty(STDERR_FILENO) == 1

    func show(_ what: String, _ share: Double) {
        guard Self.isWatched else { return }
        let line = "\r\(what) \(Int(share * 100)) %   \(what == "verifying" && share == 1 ? "\n" : "")"
        try? FileHandle.standardError.write(contentsOf: Data(line.utf8))
    }

    static func seconds(_ value: Double) -> String { String(format: "%.1f s", value) }
}
