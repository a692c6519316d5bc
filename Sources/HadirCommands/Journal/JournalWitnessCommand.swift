import ArgumentParser
import Attendance
import EdgeStore
import Foundation

struct JournalWitnessCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "witness",
        abstract: "Print where the centre's audit log ended, as its receipts told this edge.",
        discussion: """
            Each line is a witness for `hadir-central audit verify --witness`. Kept are the first, the last and the newest
            of each day, and both sides of every step back. With --json: a list of seq, hash, at, went_back.

            Example:
              hadir journal witness --state /var/lib/hadird
            """)

    @OptionGroup var state: StateOptions

    @Flag(help: "Print one JSON list.")
    var json = false

    private struct Line: Encodable {
        let seq: Int64
        let hash, at: String
        let went_back: Bool
    }

    func run() async throws {
        let witnesses = try state.openJournal().witnesses()
        if json {
            return try Terminal.print(
                json: witnesses.map { found in
                    Line(
                        seq: found.head.seq, hash: found.head.hash.hex, at: UTC.text(found.at),
                        went_back: found.wentBack)
                })
        }
        for found in witnesses {
            Terminal.print("\(found.head.text) \(UTC.text(found.at))\(found.wentBack ? " went back" : "")")
        }
        if witnesses.isEmpty { Terminal.say("no receipt has told of an audit log yet") }
    }
}
