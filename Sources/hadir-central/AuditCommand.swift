import ArgumentParser
import CentralServer
import Foundation

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Who did, saw and took what; and whether that log is still what it was.",
        discussion: """
            Each note is hashed behind the one before it, and the head travels to every edge with the receipts. So what \
            was changed shows in the chain, and what was cut off or written anew shows at the edges.
            """,
        subcommands: [Verify.self, List.self, Head.self, Accept.self])

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Look at every note, and compare the log with what the edges were told.",
            discussion: """
                Asked are the heads that nodes gave back with their last batch, and those given here: take some from \
                edges with `hadir journal witness`, or from a paper of last month. Exit status 0 where all fits, 65 \
                where something does not; the first note that may be another than it was is named.

                EXAMPLES
                  hadir-central audit verify --state /var/lib/hadir-central
                  hadir-central audit verify --state DIR --witness 1204:5f1c…
                """)

        @OptionGroup var state: StateOption

        @Option(help: ArgumentHelp("A head that somebody outside was told; may be given again.", valueName: "SEQ:HASH"))
        var witness: [String] = []

        @Flag(help: "Print a JSON object.")
        var json = false

        func run() async throws {
            let report = try await CentralCommands.verifyAudit(in: state.directory, witnesses: witness)
            if json { try Terminal.answer(json: report) } else { Terminal.answer(report.text) }
            guard report.isWhole else { throw ExitCode(CentralError.Kind.data.rawValue) }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show notes, newest first.",
            discussion: """
                EXAMPLES
                  hadir-central audit list --state DIR --by siti --since 2026-03-01
                  hadir-central audit list --state DIR --what view_person --object employee:12 --json
                """)

        @OptionGroup var state: StateOption

        @Option(help: ArgumentHelp("Only of this account, token label or user.", valueName: "NAME"))
        var by: String?

        @Option(help: ArgumentHelp("Only this word; may be given again.", valueName: "WORD"))
        var what: [String] = []

        @Option(
            help: ArgumentHelp("Only about this, such as employee:12; employee: is all of a kind.", valueName: "OBJECT")
        )
        var object: String?

        @Option(help: ArgumentHelp("Only from this UTC date or time on.", valueName: "TIME"))
        var since: String?

        @Option(help: ArgumentHelp("At most so many.", valueName: "COUNT"))
        var limit = 100

        @Flag(help: "Print a JSON object.")
        var json = false

        func run() async throws {
            var listing = AuditListing()
            listing.by = by
            listing.what = what
            listing.object = object
            listing.since = since
            listing.limit = limit
            let report = try await CentralCommands.audit(in: state.directory, listing)
            if json { return try Terminal.answer(json: report.json) }
            Terminal.answer(report.text)
        }
    }

    struct Head: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the end of the log as SEQ:HASH: for a paper that is kept elsewhere.",
            discussion: """
                EXAMPLES
                  hadir-central audit head --state /var/lib/hadir-central
                """)

        @OptionGroup var state: StateOption

        func run() async throws {
            Terminal.answer(try await CentralCommands.auditHead(in: state.directory))
        }
    }

    struct Accept: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say that the heads which did not fit are known, and why.",
            discussion: """
                After a restored backup the edges know a longer log than the centre has. Look at it first: `audit \
                verify` names each head. The reason is kept in the log itself, with the heads, and the pages stop \
                warning of these; of the next one they warn again.

                EXAMPLES
                  hadir-central audit accept --state DIR --because "Dipulihkan dari cadangan 1 Maret"
                """)

        @OptionGroup var state: StateOption

        @Option(help: ArgumentHelp("One line: why they do not fit.", valueName: "TEXT"))
        var because: String

        func run() async throws {
            guard
                case .accepted(let doubts) = try await CentralCommands.perform(
                    .acceptAudit(because: because), in: state.directory)
            else { throw CentralError(.unavailable, "the server gave another kind of answer") }
            Terminal.answer("accepted \(doubts)")
        }
    }
}
