import ArgumentParser
import CentralServer
import Foundation

/// Every attestation names its document and its reason; the reason may be about health and is shown to few.
struct DocumentOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Number of the letter, sheet or decision.", valueName: "TEXT"))
    var document: String

    @Option(help: ArgumentHelp("Why; shown to auditors and BKPSDM only.", valueName: "TEXT"))
    var reason = "-"

    @Flag(help: "Print a JSON object.")
    var json = false

    func answer(_ id: Int64, _ words: String) throws {
        if json { return try Terminal.answer(json: ["attestation": id]) }
        Terminal.answer(String(id))
        Terminal.explain("\(words) is attestation \(id).")
    }
}

struct LeaveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "leave", abstract: "Enter approved leave and duty elsewhere, list it, withdraw it.",
        subcommands: [Add.self, List.self, Withdraw.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Enter leave or duty of one employee; prints its id.",
            discussion: """
                KINDS
                  izin, sakit, cuti_tahunan, cuti_besar, cuti_sakit, cuti_melahirkan, cuti_alasan_penting, cltn, \
                dinas_luar, tugas_belajar, diklat, wfh, wfa

                EXAMPLES
                  hadir-central leave add --state DIR 198609262015051001 --kind cuti_tahunan \\
                      --from 2026-03-02 --to 2026-03-04 --document "800/12/2026"
                """)

        @OptionGroup var state: StateOption

        @Argument(help: ArgumentHelp("A number the employee has or had.", valueName: "NIP"))
        var number: String

        @Option(help: ArgumentHelp("What it is: see KINDS.", valueName: "KIND"))
        var kind: String

        @Option(help: ArgumentHelp("The first date.", valueName: "DATE"))
        var from: String

        @Option(help: ArgumentHelp("The last date.", valueName: "DATE"))
        var to: String

        @OptionGroup var document: DocumentOptions

        func run() async throws {
            let id = try await CentralCommands.addLeave(
                in: state.directory, number: number, kind: kind, from: from, to: to, document: document.document,
                reason: document.reason)
            try document.answer(id, "Leave")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show attestations of one kind, oldest first; reasons are not shown.",
            discussion: """
                EXAMPLES
                  hadir-central leave list --state DIR
                  hadir-central leave list --state DIR --kind sheet --withdrawn
                """)

        @OptionGroup var state: StateOption

        @Option(help: ArgumentHelp("leave, correction, sheet, coverage or file.", valueName: "KIND"))
        var kind = "leave"

        @Flag(help: "Those that were withdrawn, too.")
        var withdrawn = false

        @Flag(help: "Print a JSON object.")
        var json = false

        func run() async throws {
            let report = try await CentralCommands.attestations(
                in: state.directory, kind: try CentralCommands.kind(kind), withdrawn: withdrawn)
            try Terminal.answer(report, json: json)
        }
    }

    struct Withdraw: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Withdraw an attestation of any kind; it stays visible as withdrawn.",
            discussion: """
                EXAMPLES
                  hadir-central leave withdraw --state DIR 17 --reason "salah orang"
                """)

        @OptionGroup var state: StateOption

        @Argument(help: ArgumentHelp("The attestation's id, from `leave list`.", valueName: "ID"))
        var id: Int64

        @Option(help: ArgumentHelp("Why.", valueName: "TEXT"))
        var reason: String

        func run() async throws {
            try await CentralCommands.withdraw(in: state.directory, attestation: id, reason: reason)
            Terminal.answer("\(id) is withdrawn")
        }
    }
}

struct CorrectionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "correction", abstract: "Correct one side of a day; scans stay what they are.",
        subcommands: [Add.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Enter a correction; prints its id.",
            discussion: """
                A time that the day's hours cannot have, or that is on the wrong side of what is known, is refused. \
                See the day with `workday explain` before and after.

                KINDS
                  arrival, departure     came or left at --time
                  excuse_late, excuse_early   the minutes stay, nothing is deducted
                  present                at work the whole day, as a superior states
                  not_theirs             the scan --key is not this person's

                EXAMPLES
                  hadir-central correction add --state DIR 198609262015051001 --date 2026-03-02 \\
                      --kind departure --time 16:00 --document "800/13/2026"
                """)

        @OptionGroup var state: StateOption

        @Argument(help: ArgumentHelp("A number the employee has or had.", valueName: "NIP"))
        var number: String

        @Option(help: ArgumentHelp("The date.", valueName: "DATE"))
        var date: String

        @Option(help: ArgumentHelp("What is corrected: see KINDS.", valueName: "KIND"))
        var kind: String

        @Option(help: ArgumentHelp("HH:MM; over 24:00 is the day after.", valueName: "TIME"))
        var time: String?

        @Option(help: ArgumentHelp("Key of the scan, from `workday explain --json`.", valueName: "KEY"))
        var key: String?

        @OptionGroup var zone: TimezoneOption

        @OptionGroup var document: DocumentOptions

        func run() async throws {
            let id = try await CentralCommands.addCorrection(
                in: state.directory, number: number, on: date, kind: kind, time: time, key: key,
                document: document.document, reason: document.reason,
                timezone: try zone.resolved)
            try document.answer(id, "The correction")
            Terminal.explain("What it makes of the day: hadir-central workday explain --state DIR NIP \(date)")
        }
    }
}

struct SheetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sheet", abstract: "Enter a signed attendance sheet.", subcommands: [Add.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Enter the sheet of one unit and day from a file; prints its id.",
            discussion: """
                The file is CSV with the columns nip,masuk,pulang; times as 07:30, empty where nobody signed. All of \
                it is taken or nothing: nobody who is not of the unit on the date, no date to come. Scans win over a \
                sheet, and days with one stay marked as manual for ever.

                EXAMPLES
                  hadir-central sheet add --state DIR --unit "Dinas Contoh" --date 2026-03-02 \\
                      --document "DH/03/2026" daftar.csv
                """)

        @OptionGroup var state: StateOption

        @Option(help: ArgumentHelp("The unit.", valueName: "NAME"))
        var unit: String

        @Option(help: ArgumentHelp("The date.", valueName: "DATE"))
        var date: String

        @OptionGroup var document: DocumentOptions

        @Argument(help: ArgumentHelp("CSV; - for standard input.", valueName: "FILE"))
        var file: String

        func run() async throws {
            let sheet = try await CentralCommands.addSheet(
                in: state.directory, unit: unit, on: date, file: try CentralCommands.sheetText(file),
                document: document.document, reason: document.reason)
            try document.answer(sheet.id, "The sheet of \(sheet.lines) people")
        }
    }
}

struct CoverageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coverage", abstract: "Attest that a device's record is complete for a time.",
        subcommands: [Add.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Enter the attestation; prints its id.",
            discussion: """
                For devices that claim nothing themselves, such as those that push. Whoever did not scan there in \
                this time may become absent. It is not laid over times at which the device's clock was wrong.

                EXAMPLES
                  hadir-central coverage add --state DIR CJ9L170560001 --from "2026-03-02 00:00" \\
                      --to "2026-03-03 00:00" --timezone WIB --document "BA/7/2026" \\
                      --reason "log diperiksa di tempat"
                """)

        @OptionGroup var state: StateOption

        @Argument(help: ArgumentHelp("The device's serial.", valueName: "SERIAL"))
        var serial: String

        @Option(help: ArgumentHelp("From this time in --timezone, or UTC.", valueName: "TIME"))
        var from: String

        @Option(help: ArgumentHelp("To this time in --timezone, or UTC.", valueName: "TIME"))
        var to: String

        @Option(help: ArgumentHelp("WIB, WITA, WIT or an IANA name.", valueName: "ZONE"))
        var timezone = "WIB"

        @OptionGroup var document: DocumentOptions

        func run() async throws {
            let id = try await CentralCommands.addCoverage(
                in: state.directory, serial: serial, from: from, to: to, document: document.document,
                reason: document.reason, timezone: try CentralCommands.timezone(timezone))
            try document.answer(id, "The coverage")
        }
    }
}

struct FileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "file", abstract: "Accept files from sticks, so that their scans count.",
        subcommands: [Accept.self])

    struct Accept: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let the scans of a file count; prints the attestation's id.",
            discussion: """
                A text file on a stick can be edited by anybody. Accept it when you know where it comes from.

                EXAMPLES
                  hadir-central file accept --state DIR SHA256 --document "BA/8/2026"
                """)

        @OptionGroup var state: StateOption

        @Argument(help: ArgumentHelp("SHA-256 of the file, as in /api/v1/punches.", valueName: "SHA256"))
        var sha256: String

        @OptionGroup var document: DocumentOptions

        func run() async throws {
            let id = try await CentralCommands.acceptFile(
                in: state.directory, sha256: sha256, document: document.document, reason: document.reason)
            try document.answer(id, "The file")
        }
    }
}
