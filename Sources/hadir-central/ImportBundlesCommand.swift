import ArgumentParser
import CentralServer
import Foundation

extension ImportCommand {
    struct Bundles: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "bundles",
            abstract: "Files of an office without a link, carried here by hand; the default.",
            discussion: """
                What `hadir journal export` wrote at the office. It is taken as if it had come over the network: \
                signed by its node, each entry once, whatever else arrives before or after. A file that was altered, \
                cut off, or is of another centre or an unknown node is refused whole and changes nothing.

                Beside each file its receipts are written, NAME.receipts: carry them back and give them to \
                `hadir journal receipts`. Files may be given in any order; what is missing before one is told.

                With --json: files of path, looks (node, unit, first, last, new, known, state, needed), answers \
                (first, last, answer, accepted, duplicate, quarantined, needed), receipts, error.

                Exit status 65 where a file is refused (the others are taken), 1 where files are still missing.

                EXAMPLES
                  hadir-central import /media/usb/*.hadir --state DIR
                  hadir-central import bundles /media/usb/*.hadir --dry-run --state DIR
                """)

        @Argument(help: ArgumentHelp("Files as `hadir journal export` wrote them.", valueName: "FILE"))
        var files: [String]

        @OptionGroup var state: StateOption

        @Flag(help: "Show what is in the files and change nothing.")
        var dryRun = false

        @Flag(help: "Print a JSON object.")
        var json = false

        @Option(
            help: ArgumentHelp("Where receipts go; default beside their files.", valueName: "FOLDER"))
        var receipts: String?

        func run() async throws {
            let report = try await CentralCommands.importBundles(
                files, isDry: dryRun, receipts: receipts, in: state.directory,
                progress: { words in Terminal.explain("hadir-central: \(words)") })
            if json {
                try Terminal.answer(json: report)
            } else {
                Terminal.answer(BundleTable.text(report))
                for file in report.files {
                    if let error = file.error { Terminal.explain("hadir-central: \(file.path): \(error)") }
                }
                let written = report.files.compactMap(\.receipts)
                if !written.isEmpty {
                    Terminal.explain("hadir-central: carry \(written.count) .receipts back to the office")
                }
            }
            guard report.exitCode == 0 else { throw ExitCode(report.exitCode) }
        }
    }
}
