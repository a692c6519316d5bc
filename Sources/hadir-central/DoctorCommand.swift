import ArgumentParser
import CentralServer
import Doctor
import Foundation

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "What is wrong at the centre, and what to do about it.",
        discussion: """
            Looks at the configuration, files, disk, clock, the server, the database, keys, the certificate, files of \
            the pages, the audit log, offices and the computation of days, all at once and for half a minute at most; \
            beside a running server and without one. It changes nothing. Speaks Indonesian where LANG or LC_ALL says \
            so (id_ID), English otherwise.

            Faults come first, each with one thing to do. Exit status 0 without faults, 1 with any; with --strict also 1 \
            with warnings. Ids in the JSON stay what they are: docs/doctor.md lists them.

            EXAMPLES
              sudo hadir-central doctor --state /var/lib/hadir-central
              sudo LANG=id_ID.UTF-8 hadir-central doctor --state DIR --config FILE
              hadir-central doctor --state DIR --json | jq '.findings[].id'
            """)

    @OptionGroup var state: StateOption

    @Option(help: ArgumentHelp("The configuration of the server.", valueName: "FILE"))
    var config = "/etc/hadir/centre.conf"

    @Flag(help: "Exit status 1 for warnings, too.")
    var strict = false

    @Flag(help: "Print a JSON object: ok, faults, warnings, findings and checks.")
    var json = false

    func run() async throws {
        let variables = ProcessInfo.processInfo.environment
        let language = Language(variables: variables)
        let isWatched = isatty(2) == 1
        let examination = await CentreDoctor(state: state.directory, config: config).examination()
        let report = await examination.run { done in
            if isWatched { Self.show("\r\(done)/\(examination.checks.count) ") }
        }
        if isWatched { Self.show("\r\u{1B}[K") }
        if json {
            try Terminal.answer(json: report.page(in: language))
        } else {
            Terminal.answer(report.text(in: language, width: min(Int(variables["COLUMNS"] ?? "") ?? 100, 120)))
        }
        if !report.isWell || strict && report.count(.warning) > 0 { throw ExitCode(1) }
    }

    private static func show(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }
}
