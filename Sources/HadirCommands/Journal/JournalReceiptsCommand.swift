import ArgumentParser
import Attendance
import EdgeDaemon
import EdgeStore
import Foundation

struct JournalReceiptsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "receipts",
        abstract: "Apply receipts of the centre that were carried here.",
        discussion: """
            What the centre has stored is acknowledged then. A receipt is believed where this node's centre signed it,
            for a batch that was exported here; late, twice or out of order does no harm. A running hadird does it;
            without one, this command writes the journal itself.

            With --json: files of path, receipts (result, first, last, acked, needed, reason, quarantined) and error.
            Exit code 65 where a file is refused (the others are applied), 1 where the centre lacks entries, has
            revoked this node or refuses a batch.

            Examples:
              sudo hadir journal receipts /media/usb/*.receipts
            """)

    @Argument(help: ArgumentHelp("Files as the centre wrote them: .receipts.", valueName: "file"))
    var files: [String]

    @OptionGroup var state: StateOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    struct Report: Codable {
        struct File: Codable {
            var path: String
            var receipts: [CarriedReceipts.Outcome]
            var error: String?
        }

        var files: [File]
        /// Acknowledged up to here at the end.
        var acked: Int64
    }

    func run() async throws {
        var report = Report(files: [], acked: 0)
        var hands: Hands?
        for path in files {
            var file = Report.File(path: path, receipts: [])
            do {
                for text in try Self.receipts(in: path) {
                    if hands == nil { hands = try await Hands(state.directory, probe: text) }
                    if let outcome = try await hands?.take(text) { file.receipts.append(outcome) }
                }
            } catch let refusal as CarriedReceipts.Refusal {
                file.error = refusal.description
            } catch let failure as CommandFailure where failure.code == .data {
                file.error = failure.description
            }
            report.files.append(file)
        }
        hands = nil
        report.acked = try state.openJournal().head().ackedSeq
        try show(report)
        if report.files.contains(where: { $0.error != nil }) { throw ExitCode(CommandFailure.Code.data.rawValue) }
        if report.files.contains(where: { $0.receipts.contains { !$0.isGood } }) {
            throw ExitCode(CommandFailure.Code.finding.rawValue)
        }
    }

    private static func receipts(in path: String) throws -> [[UInt8]] {
        try CarriedReceipts.split(
            try BoundedFile.read(path, upTo: CarriedReceipts.mostFileBytes, as: "file of receipts"))
    }

    private func show(_ report: Report) throws {
        if json { return try Terminal.print(json: report) }
        var table = TableText(["ENTRIES", "RESULT", "QUARANTINED"])
        for outcome in report.files.flatMap(\.receipts) {
            table.add(["\(outcome.first)-\(outcome.last)", Self.words(outcome), "\(outcome.quarantined)"])
        }
        if report.files.contains(where: { !$0.receipts.isEmpty }) { Terminal.print(table.text) }
        Terminal.print("acknowledged up to entry \(report.acked)")
        for file in report.files {
            if let error = file.error { Terminal.say("hadir: \(file.path): \(error)") }
        }
    }

    static func words(_ outcome: CarriedReceipts.Outcome) -> String {
        let needed = outcome.needed ?? 0
        switch outcome.result {
        case .acknowledged: return "acknowledged up to \(outcome.acked)"
        case .known: return "known already"
        case .older: return "older than what is known: passed over"
        case .rewound: return "the centre lost entries: export again, from \(needed) on"
        case .missing: return "the centre lacks entries from \(needed) on: carry those files too"
        case .forked: return "the centre has other entries: a new epoch was begun; restart hadird and export again"
        case .revoked: return "the centre has revoked this node: enroll it again"
        case .refused: return "refused: \(outcome.reason ?? "no reason given")"
        }
    }

    /// Who applies them: a running daemon, which is the one writer, or else this command.
    private final class Hands {
        private var desk: CarriedDesk?
        private let lock: StateLock?
        private let socket: String
        /// What the daemon said of the first receipt, which found it.
        private var first: ControlAnswer?

        init(_ state: StateDirectory, probe: [UInt8]) async throws {
            socket = state.controlSocket
            first = try await ControlClient.ask(Self.request(probe), socket: socket, timeout: .seconds(60))
            guard first == nil else {
                lock = nil
                return
            }
            let identity = try JournalExportCommand.identity(in: state)
            lock = try state.lock()
            guard lock != nil else { throw EdgeDaemonError.alreadyRunning(state.path) }
            let store = try EdgeStore.opening(path: state.journal, now: Date()).0
            desk = CarriedDesk(store: store, state: state, identity: identity)
        }

        private static func request(_ text: [UInt8]) -> ControlRequest {
            var request = ControlRequest(command: .receipt)
            request.receipt = Data(text).base64EncodedString()
            return request
        }

        func take(_ text: [UInt8]) async throws -> CarriedReceipts.Outcome {
            if desk != nil, let outcome = try desk?.take(text, at: Date()) { return outcome }
            let told: ControlAnswer?
            if let first {
                told = first
                self.first = nil
            } else {
                told = try await ControlClient.ask(Self.request(text), socket: socket, timeout: .seconds(60))
            }
            guard let answer = told else {
                throw CommandFailure(.unavailable, "hadird stopped meanwhile: try again")
            }
            if let error = answer.error {
                throw CommandFailure(answer.refusal == ControlAnswer.notOurReceipt ? .data : .io, error)
            }
            guard let outcome = answer.carried else {
                throw CommandFailure(.unavailable, "hadird is of another version: restart it")
            }
            return outcome
        }
    }
}
