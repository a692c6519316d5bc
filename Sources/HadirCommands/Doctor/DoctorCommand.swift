import ArgumentParser
import Doctor
import EdgeStore
import Foundation

/// `hadir doctor`: what is wrong with this office, and what to do.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "What is wrong at this office, and what to do about it.",
        discussion: """
            Looks at the configuration, files, disk, clock, the service, the journal, the network, the way
            to the centre and every device, all at once and for half a minute at most; beside a running
            hadird and without one. It changes nothing. Speaks Indonesian where LANG or LC_ALL says so
            (id_ID), English otherwise.

            Faults come first, each with one thing to do. Exit code 0 without faults, 1 with any; with
            --strict also 1 with warnings. Ids in the JSON stay what they are: docs/doctor.md lists them.

            Examples:
              sudo hadir doctor
              sudo LANG=id_ID.UTF-8 hadir doctor
              sudo hadir doctor --json | jq '.findings[].id'
            """)

    @OptionGroup var file: ConfigurationOptions
    @OptionGroup var state: StateOptions

    @Flag(help: "Exit code 1 for warnings, too.")
    var strict = false

    @Flag(help: "Print one JSON object: ok, faults, warnings, findings and checks.")
    var json = false

    /// Whose words are spoken. Tests put other variables here.
    @TaskLocal static var variables = ProcessInfo.processInfo.environment

    func run() async throws {
        let language = Language(variables: Self.variables)
        let doctor = EdgeDoctor(config: file.config, state: state.directory)
        let examination = await doctor.examination()
        let bar = ProgressBar(language == .english ? "looking" : "memeriksa")
        let report = await examination.run { bar.update($0, of: examination.checks.count) }
        bar.finish()
        if json {
            try Terminal.print(json: report.page(in: language))
        } else {
            let columns = Int(Self.variables["COLUMNS"] ?? "") ?? 100
            Terminal.print(report.text(in: language, width: min(columns, 120)))
        }
        if !report.isWell || strict && report.count(.warning) > 0 {
            throw ExitCode(CommandFailure.Code.finding.rawValue)
        }
    }
}
