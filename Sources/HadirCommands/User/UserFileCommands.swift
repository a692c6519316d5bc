import ArgumentParser
import Attendance
import EdgeDaemon
import Foundation
import ZKClient
import ZKWire

struct UserExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a device's users as a file that import and sync read.",
        discussion: """
            CSV: user_id,name,privilege,card,group,disabled. Passwords are never read out. Card numbers only with
            --cards, because a card can be copied by whoever knows its number; without it their cells are empty, which
            leaves cards as they are.

            Example:
              hadir user export --device lobby > users.csv
            """)

    @OptionGroup var devices: DevicesOptions

    @Flag(help: "Write card numbers, too.")
    var cards = false

    func validate() throws {
        if devices.all || devices.devices.count > 1 { throw ValidationError("export takes one --device") }
    }

    func run() async throws {
        let cards = cards
        let results = try await devices.withEach("hadir user export") { session, way in
            _ = try await way.journalSerial(session)
            let users = try await session.userList().users
            return RosterFile.text(users, cards: cards) { way.nameEncoding.text($0.name.bytes) }
        }
        for (_, result) in results { Terminal.print(try result.get()) }
    }
}

struct UserImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Add and change users as a file says; nobody is deleted.",
        discussion: """
            The file is CSV with a header: user_id, and any of name, privilege, card, group, disabled. An empty cell
            leaves things as they are. To make a device's list the same as a file's: hadir device sync --users FILE

            Examples:
              hadir user import users.csv --all --dry-run
              hadir user import users.csv --device lobby
            """)

    @Argument(help: ArgumentHelp("The file; - for standard input.", valueName: "file"))
    var path: String

    @OptionGroup var devices: DevicesOptions

    @Flag(help: "Show what would be done, and do nothing.")
    var dryRun = false

    @Flag(help: "Let devices have no administrator.")
    var allowNoAdmin = false

    @Flag(help: "Print a JSON array.")
    var json = false

    func run() async throws {
        let changes = try RosterFile.read(path: path).changes
        var editing = UserEditing(purpose: "hadir user import", dryRun: dryRun, json: json)
        editing.limits.allowNoAdmin = allowNoAdmin
        let reports = try await editing.run(devices) { list, way, limits in
            let wanted = RosterPlan.wanted(changes, layout: list.layout, encoding: way.nameEncoding)
            return RosterPlan(wanted: wanted, list: list, limits: limits, encoding: way.nameEncoding)
        }
        try UserReport.finish(reports, devices, json: json, isPlanOnly: dryRun && reports.allSatisfy(\.isGood))
    }
}
