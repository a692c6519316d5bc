import ArgumentParser
import Attendance
import EdgeStore
import Foundation

package struct JournalCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "journal",
        abstract: "Look at this edge's journal; carry it to the centre by hand.",
        discussion: "All but receipts only read; all are safe beside a running hadird.",
        subcommands: [
            JournalStatusCommand.self, JournalTailCommand.self, JournalVerifyCommand.self, JournalWitnessCommand.self,
            JournalExportCommand.self, JournalReceiptsCommand.self,
        ])

    package init() {}
}

/// Where the state directory is.
struct StateOptions: ParsableArguments {
    static let usual = "/var/lib/hadird"

    @Option(help: ArgumentHelp("The state directory of hadird.", valueName: "dir"))
    var state = Self.usual

    var directory: StateDirectory { StateDirectory(path: state) }

    func openJournal() throws -> EdgeStore { try EdgeStore.readOnly(path: directory.journal) }
}

struct JournalStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "How much is journaled, and how much the centre has acknowledged.",
        discussion: """
            With --json: epoch, last_seq, acked_seq, pending, oldest_pending, quarantined.

            Example:
              hadir journal status --state /var/lib/hadird --json
            """)

    @OptionGroup var state: StateOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() async throws {
        let status = try state.openJournal().status()
        if json { return try Terminal.print(json: status) }
        var table = TableText(["epoch", status.epoch])
        table.add(["entries", "\(status.lastSeq)"])
        table.add(["acknowledged", "\(status.ackedSeq)"])
        table.add(["waiting", status.pending == 0 ? "none" : "\(status.pending), since \(status.oldestPending ?? "?")"])
        table.add(["quarantined at the centre", "\(status.quarantined)"])
        Terminal.print(table.text)
    }
}

struct JournalTailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Print the last entries, oldest first.",
        discussion: """
            Each line is the entry's body, unprintable characters shown as ?; with --json, as stored, an object {"seq":…,"hash":…,"body":…} a line.

            Example:
              hadir journal tail --state /var/lib/hadird -n 20
            """)

    @OptionGroup var state: StateOptions

    @Option(name: [.customShort("n"), .long], help: "How many entries.")
    var count = 10

    @Flag(help: "Print one JSON object a line, with seq and hash.")
    var json = false

    func validate() throws {
        guard (1...100_000).contains(count) else { throw ValidationError("--count is 1 to 100000") }
    }

    func run() async throws {
        for entry in try state.openJournal().tail(count) {
            guard json else {
                let body = String(decoding: entry.body, as: UTF8.self)
                Terminal.print("\(entry.seq) \(TableText.harmless(body))")
                continue
            }
            var line = JSONLine()
            line.add("seq", entry.seq)
            line.add("hash", entry.hash.hex)
            line.add("body", json: entry.body)
            Terminal.print(String(decoding: line.finish(), as: UTF8.self))
        }
    }
}

struct JournalVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Read the whole journal and check every entry, its checksum and the hash chain.",
        discussion: """
            Exit code 0 for a whole chain, 1 where something is wrong; each problem is a line.

            Example:
              hadir journal verify --state /var/lib/hadird
            """)

    @OptionGroup var state: StateOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() async throws {
        let verdict = try state.openJournal().verify()
        if json {
            try Terminal.print(json: verdict)
        } else {
            for problem in verdict.problems { Terminal.print(TableText.harmless(problem)) }
            Terminal.print(
                verdict.problems.isEmpty
                    ? "whole: \(verdict.entries) entries, \(verdict.punches) of them punches, last hash \(verdict.lastHash)"
                    : "\(verdict.problems.count) problems in \(verdict.entries) entries")
        }
        if !verdict.problems.isEmpty { throw ExitCode(CommandFailure.Code.finding.rawValue) }
    }
}
