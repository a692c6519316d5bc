import ArgumentParser
import Attendance
import EdgeDaemon
import Foundation
import ZKClient
import ZKWire

package struct UserCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "user", abstract: "The people on devices: list, add, change, remove, import, export.",
        subcommands: [
            UserListCommand.self, UserShowCommand.self, UserAddCommand.self, UserSetCommand.self,
            UserRemoveCommand.self, UserImportCommand.self, UserExportCommand.self,
        ])

    package init() {}
}

/// What is shown of a user. Of card and password only whether there is one.
struct UserRow: Codable, Sendable {
    var device, user_id, name, privilege: String
    /// Where the bytes are no text.
    var user_id_hex: String?
    var group: Int
    var disabled, card, password: Bool

    init(_ user: UserRecord, device: String, encoding: DeviceConfiguration.NameEncoding) {
        self.device = device
        user_id = user.id.text
        user_id_hex = user.id.hexIfNotText
        name = encoding.text(user.name.bytes)
        privilege = PrivilegeWord.word(user.privilege)
        group = Int(user.group)
        disabled = user.isDisabled
        card = user.card != 0
        password = !user.password.bytes.isEmpty
    }

    static let columns = ["device", "user id", "name", "privilege", "group", "card", "password", "disabled"]

    var cells: [String] {
        [
            device, user_id, name.isEmpty ? "-" : name, privilege, "\(group)", card ? "yes" : "-",
            password ? "yes" : "-", disabled ? "yes" : "-",
        ]
    }

    /// For a program: words instead of dashes.
    var csv: [String] {
        let word = { (isSo: Bool) in isSo ? "yes" : "no" }
        return [device, user_id, name, privilege, "\(group)", word(card), word(password), word(disabled)]
    }

    static func rows(
        _ devices: DevicesOptions, _ purpose: String
    ) async throws -> (rows: [UserRow], problems: [CommandFailure]) {
        let results = try await devices.withEach(purpose) { session, way in
            _ = try await way.journalSerial(session)
            let name = way.name ?? way.address.description
            return try await session.userList().users.map {
                UserRow($0, device: name, encoding: way.nameEncoding)
            }
        }
        var rows: [UserRow] = []
        var problems: [CommandFailure] = []
        for (device, result) in results {
            switch result {
            case .success(let found): rows += found
            case .failure(let error): problems.append(CommandFailure(error, of: device))
            }
        }
        return (rows, problems)
    }

    /// One device that cannot be read must not look like one without users.
    static func finish(_ problems: [CommandFailure]) throws {
        for problem in problems { Terminal.say("hadir: \(problem)") }
        if let code = CommandFailure.Code(of: problems.map(\.code)) { throw ExitCode(code.rawValue) }
    }
}

struct UserListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Who is on a device, or on several.",
        discussion: """
            Reads only. Of cards and passwords it tells whether there is one, never which.

            Examples:
              hadir user list --device lobby
              hadir user list --all --format csv
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case table, json, csv
    }

    @OptionGroup var devices: DevicesOptions

    @Option(help: "table, json or csv.")
    var format = Format.table

    @Flag(help: "Print a JSON array; the same as --format json.")
    var json = false

    func validate() throws {
        if json, format == .csv { throw ValidationError("--json or --format csv, not both") }
    }

    func run() async throws {
        let format = json ? .json : format
        let (rows, problems) = try await UserRow.rows(devices, "hadir user list")
        switch format {
        case .json: try Terminal.print(json: rows)
        case .csv:
            let heads = UserRow.columns.map { $0.replacing(" ", with: "_") }
            if rows.isEmpty, !problems.isEmpty { break }
            Terminal.print(([heads] + rows.map(\.csv)).map(CSVLine.text).joined(separator: "\n"))
        case .table:
            var table = TableText(UserRow.columns)
            if rows.isEmpty, !problems.isEmpty { break }
            for row in rows { table.add(row.cells) }
            Terminal.print(table.text)
        }
        try UserRow.finish(problems)
    }
}

struct UserShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "One user as each device has them.",
        discussion: """
            Exit code 1 where a device does not have the user.

            Example:
              hadir user show 1001 --all
            """)

    @Argument(help: "The user id, as it stands on the device.")
    var userID: String

    @OptionGroup var devices: DevicesOptions

    @Flag(help: "Print a JSON array.")
    var json = false

    func run() async throws {
        let (rows, problems) = try await UserRow.rows(devices, "hadir user show")
        let found = rows.filter { $0.user_id == userID }
        if json {
            try Terminal.print(json: found)
        } else if !found.isEmpty || problems.isEmpty {
            var table = TableText(UserRow.columns)
            for row in found { table.add(row.cells) }
            Terminal.print(table.text)
        }
        try UserRow.finish(problems)
        let count = try devices.targets().count
        if found.count < count {
            Terminal.say("user \(userID) is on \(found.count) of \(count) devices")
            throw ExitCode(CommandFailure.Code.finding.rawValue)
        }
    }
}
