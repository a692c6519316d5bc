import ArgumentParser
import CentralServer
import Foundation

@main
struct HadirCentral: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hadir-central",
        abstract: "The centre of hadir: takes punches from every office and keeps them.",
        discussion: """
            A centre lives in one state directory: its database, its keys and a lock. Only one process writes \
            there. While `serve` runs, the other commands hand their writes to it; without it they write \
            themselves.

            FIRST STEPS
              hadir-central init --state /var/lib/hadir-central
              hadir-central serve --state /var/lib/hadir-central \\
                  --listen 127.0.0.1:8080
              hadir-central node add --state /var/lib/hadir-central \\
                  --unit "Dinas Kesehatan" --url http://127.0.0.1:8080
              hadir-central token add --state /var/lib/hadir-central --role reader
              systemd-ask-password "Password:" | \\
                  hadir-central user add NAME --role admin --password-stdin \\
                  --state /var/lib/hadir-central

            EXIT STATUS
              0 done; 1 an example of `rules test` comes out otherwise, `doctor` found a fault, or
              files that an office carried here are not all; 64 wrong usage;
              65 mistakes in a list, a carried file that is refused, days that are not decided when a
              month is closed, an audit log, entries or punches that are not what they were, or a
              backup or kit that would not do;
              69 address or server unavailable;
              74 input/output error; 75 another process holds the state directory;
              77 permission; 78 configuration.
            """,
        subcommands: [
            InitCommand.self, BackupCommand.self, RestoreCommand.self, ServeCommand.self, VerifyCommand.self,
            DoctorCommand.self, NodeCommand.self,
            OrderCommand.self, KeyCommand.self,
            TokenCommand.self, UserCommand.self, AuditCommand.self, PeopleCommand.self, ImportCommand.self,
            LinkCommand.self,
            DeviceCommand.self,
            RulesCommand.self, ScheduleCommand.self, GroupCommand.self, CalendarCommand.self, RosterCommand.self,
            RecapCommand.self, ExportCommand.self, WorkdayCommand.self, RecomputeCommand.self, MonthCommand.self,
            LeaveCommand.self, CorrectionCommand.self, SheetCommand.self, CoverageCommand.self, FileCommand.self,
            DemoDataCommand.self,
        ])

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let error as CentralError {
            Terminal.explain("hadir-central: \(error.description)")
            Foundation.exit(error.exitCode)
        } catch {
            exit(withError: error)
        }
    }
}

struct StateOption: ParsableArguments {
    @Option(name: .customLong("state"), help: ArgumentHelp("The centre's state directory.", valueName: "DIR"))
    var path: String

    var directory: StateDirectory { StateDirectory(path) }
}

/// What a script reads goes to standard output, what a person reads beside it to standard error.
enum Terminal {
    /// Ends the process with `CentralError.Kind.io` where the answer cannot be written: a token that nobody
    /// saw must not look like success.
    static func answer(_ text: String) {
        do {
            try write(text, to: .standardOutput)
        } catch {
            explain("hadir-central: standard output cannot be written; what it should have said is lost")
            Foundation.exit(CentralError.Kind.io.rawValue)
        }
    }

    static func explain(_ text: String) {
        // Nobody is left to be told.
        try? write(text, to: .standardError)
    }

    /// Not `write(_:)`, which traps on a full disk and on a reader that went away.
    private static func write(_ text: String, to file: FileHandle) throws {
        try file.write(contentsOf: Data((text + "\n").utf8))
    }

    static func answer(json value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        answer(String(decoding: try encoder.encode(value), as: UTF8.self))
    }
}
