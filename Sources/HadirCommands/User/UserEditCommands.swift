import ArgumentParser
import Attendance
import EdgeDaemon
import Foundation
import ZKClient
import ZKWire

/// What can be said of a user on a command line.
struct UserFields: ParsableArguments {
    @Option(help: "The name; one that is longer than the device's field is cut behind a whole letter.")
    var name: String?

    @Option(help: "user, enroller, admin or super.")
    var privilege: String?

    @Option(help: ArgumentHelp("The card's number, or none.", valueName: "number"))
    var card: String?

    @Option(help: "The access group, 0 to 255.")
    var group: UInt8?

    @Flag(inversion: .prefixedNo, help: "The user may not scan.")
    var disabled: Bool?

    @Flag(help: "Read a new password from standard input: digits, one line.")
    var passwordStdin = false

    @Flag(help: "Take the password away.")
    var noPassword = false

    @Option(help: .hidden)
    var password: String?

    func validate() throws {
        if password != nil {
            // Everybody on this computer can see a command line.
            throw ValidationError("a password does not belong into a command line: --password-stdin reads it")
        }
        if let privilege, PrivilegeWord.code(privilege) == nil {
            throw ValidationError("--privilege is \(PrivilegeWord.list)")
        }
        if let card, card != "none", UInt32(card) == nil {
            throw ValidationError("--card is a number up to \(UInt32.max), or none")
        }
        if let name, name.unicodeScalars.contains(where: { $0.value < 0x20 }) {
            throw ValidationError("--name has characters that are no letters")
        }
        if passwordStdin, noPassword { throw ValidationError("--password-stdin or --no-password, not both") }
    }

    var isEmpty: Bool {
        name == nil && privilege == nil && card == nil && group == nil && disabled == nil && !passwordStdin
            && !noPassword
    }

    func change(of userID: String) throws -> UserChange {
        var change = UserChange(userID: userID)
        change.name = name
        change.privilege = privilege.flatMap { PrivilegeWord.code($0) }
        change.card = card.map { UInt32($0) ?? 0 }
        change.group = group
        change.isDisabled = disabled
        if passwordStdin { change.password = try Self.password() }
        if noPassword { change.password = Redacted([]) }
        return change
    }

    private static func password() throws -> Redacted {
        let data = try FileHandle.standardInput.read(upToCount: 64) ?? Data()
        let line = data.prefix { $0 != 10 && $0 != 13 }
        guard (1...8).contains(line.count), line.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw CommandFailure(.data, "the password on standard input is not 1 to 8 digits; nothing was sent")
        }
        return Redacted(Array(line))
    }
}

struct UserAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Put a new user on devices.",
        discussion: """
            The list is read immediately before, so nobody is overwritten: a user id that is there already is refused,
            and so is a card that somebody else has. Afterwards the list is read again: "confirmed" means that the
            device shows the user. Each change is an entry of the journal.

            Examples:
              hadir user add 1001 --name "Sari Wulandari" --device lobby
              hadir user add 9001 --privilege admin --password-stdin --all < password.txt
            """)

    @Argument(help: "The user id: digits on old devices; up to 9 or 24 characters, as the device is set.")
    var userID: String

    @OptionGroup var fields: UserFields
    @OptionGroup var devices: DevicesOptions

    @Flag(help: "Print a JSON array.")
    var json = false

    func run() async throws {
        let change = try fields.change(of: userID)
        let id = UserID(userID)
        let editing = UserEditing(purpose: "hadir user add", json: json)
        let reports = try await editing.run(devices) { list, way, limits in
            let wanted = RosterPlan.wanted([change], layout: list.layout, encoding: way.nameEncoding).map { one in
                RosterPlan.Wanted(userID: one.userID) { there in
                    there == nil ? one.make(nil) : .failure(UserEditError(.idTaken, id.bytes))
                }
            }
            return RosterPlan(wanted: wanted, list: list, limits: limits, encoding: way.nameEncoding)
        }
        try UserReport.finish(reports, devices, json: json)
    }
}

struct UserSetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Change a user on devices; what is not named stays as it is.",
        discussion: """
            The device's last administrator is not demoted, unless --allow-no-admin says so.

            Examples:
              hadir user set 1001 --name "Sari W. Lestari" --all
              hadir user set 1001 --card none --device lobby --device gudang
              hadir user set 1001 --disabled --all
            """)

    @Argument(help: "The user id.")
    var userID: String

    @OptionGroup var fields: UserFields
    @OptionGroup var devices: DevicesOptions

    @Flag(help: "Let the device have no administrator.")
    var allowNoAdmin = false

    @Flag(help: "Print a JSON array.")
    var json = false

    func validate() throws {
        if fields.isEmpty {
            throw ValidationError(
                "say what to change: --name, --privilege, --card, --group, --disabled, --no-disabled, "
                    + "--password-stdin or --no-password")
        }
    }

    func run() async throws {
        let change = try fields.change(of: userID)
        let id = UserID(userID)
        var editing = UserEditing(purpose: "hadir user set", json: json)
        editing.limits.allowNoAdmin = allowNoAdmin
        let reports = try await editing.run(devices) { list, way, limits in
            let wanted = RosterPlan.wanted([change], layout: list.layout, encoding: way.nameEncoding).map { one in
                RosterPlan.Wanted(userID: one.userID) { there in
                    there.map { one.make($0) } ?? .failure(UserEditError(.noSuchUser, id.bytes))
                }
            }
            return RosterPlan(wanted: wanted, list: list, limits: limits, encoding: way.nameEncoding)
        }
        try UserReport.finish(reports, devices, json: json)
    }
}

struct UserRemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Delete a user, with fingers and password, from devices.",
        discussion: """
            Scans stay: those on the device and those in the journal. The device's last administrator is not deleted,
            unless --allow-no-admin says so.

            Example:
              hadir user remove 1001 --all
            """)

    @Argument(help: "The user id.")
    var userID: String

    @OptionGroup var devices: DevicesOptions

    @Flag(help: "Let the device have no administrator.")
    var allowNoAdmin = false

    @Flag(help: "Print a JSON array.")
    var json = false

    func run() async throws {
        let id = UserID(userID)
        var editing = UserEditing(purpose: "hadir user remove", json: json)
        editing.mayDelete = true
        editing.limits.allowNoAdmin = allowNoAdmin
        let reports = try await editing.run(devices) { list, way, limits in
            RosterPlan(deleting: [id], list: list, limits: limits, encoding: way.nameEncoding)
        }
        try UserReport.finish(reports, devices, json: json)
    }
}
