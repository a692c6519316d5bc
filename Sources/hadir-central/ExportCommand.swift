import ArgumentParser
import CentralServer
import Foundation
import ServiceSupport

struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write recaps, daftar hadir and lists for other systems into a file.",
        discussion: """
            The same files as /unduhan makes, by the same code: a workbook (.xlsx) or CSV, as --to ends. Each says in \
            its Keterangan what its figures are: rules, days that are not known, months closed or not, and up to where \
            each journal was held. A CSV of unggah-… has it in a second file beside it, so that a program meets nothing \
            but the table. An existing file is not written over.

            KINDS
              rekap            a row for each employee and month
              rekap-unit       a row for each unit and month, with all below it
              daftar-hadir     the daily grid of one month, a sheet for each unit
              pelanggaran      who was absent, late or early, with minutes
              belum-sinkron    days that are not known, and which device is missing
              unggah-harian    a row for each employee and day, keyed by NIP
              unggah-bulanan   a row for each employee and month, keyed by NIP

            Reads the database and changes nothing. Progress goes to standard error.

            EXAMPLES
              hadir-central export rekap --state DIR --month 2026-03 --to maret.xlsx
              hadir-central export daftar-hadir --state DIR --month 2026-03 \\
                  --unit "Dinas Contoh" --config /etc/hadir/centre.conf --to dinas.xlsx
              hadir-central export unggah-bulanan --state DIR --year 2026 --to 2026.csv
            """)

    @OptionGroup var state: StateOption

    @Argument(help: ArgumentHelp("What to write.", valueName: "KIND"))
    var kind: String

    @Option(help: ArgumentHelp("The month.", valueName: "YYYY-MM"))
    var month: String?

    @Option(help: ArgumentHelp("All months of the year.", valueName: "YYYY"))
    var year: Int?

    @Option(help: ArgumentHelp("The first of several months.", valueName: "YYYY-MM"))
    var from: String?

    @Option(help: ArgumentHelp("The last of them.", valueName: "YYYY-MM"))
    var through: String?

    @Option(help: ArgumentHelp("Only this unit and all below it.", valueName: "NAME"))
    var unit: String?

    @Option(help: ArgumentHelp("The file to write; .xlsx or .csv.", valueName: "FILE"))
    var to: String

    @Option(
        help: ArgumentHelp(
            "The centre's configuration: the government's name and zone, place, paper and codes.", valueName: "FILE"))
    var config: String?

    @Flag(help: "Print a JSON object.")
    var json = false

    func run() async throws {
        do {
            let report = try await CentralCommands.export(
                kind, CentralCommands.exportMonths(month: month, year: year, from: from, through: through), unit: unit,
                to: to, in: state.directory,
                settings: try config.map { try CentralConfiguration.load(path: $0).pages } ?? PagesConfiguration(),
                progress: ProgressLine())
            if json { return try Terminal.answer(json: report) }
            Terminal.answer(report.text)
        } catch let error as ConfigurationFileError {
            throw CentralError(.configuration, error.description)
        }
    }
}
