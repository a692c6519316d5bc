import ArgumentParser
import Attendance
import EdgeDaemon
import Foundation
import ZKClient
import ZKWire

struct FingerCopyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy",
        abstract: "Copy fingers from one device to others.",
        discussion: """
            Users are matched by user id and must be on the other devices already. A finger that is there as it is, is
            left; another one in its place is replaced only with --replace. Both devices must have the same fingerprint
            algorithm. Nothing is kept on this computer.

            Examples:
              hadir finger copy --from lobby --device gudang --user 1001
              hadir finger copy --from lobby --all
            """)

    @Option(help: "The device to read: a name from devices.conf, or an address.")
    var from: String

    @OptionGroup var devices: DevicesOptions

    @Option(name: .customLong("user"), help: "Only this user id; may be repeated.")
    var users: [String] = []

    @Flag(help: "Also replace fingers that are enrolled otherwise.")
    var replace = false

    @Flag(help: "Print a JSON array.")
    var json = false

    func run() async throws {
        let source = DevicesOptions(
            devices: [from], commKey: devices.commKey, timeout: devices.timeout, looseReplies: devices.looseReplies,
            file: devices.file, state: devices.state)
        let read = try await source.withEach("hadir finger copy") { session, way in
            _ = try await way.journalSerial(session)
            return (
                BackupContent.fingers(try await session.templates(), try await session.userList().users),
                try await session.option(DeviceOption.fingerVersion)
            )
        }
        guard let (fingers, version) = try read.first?.result.get() else { return }
        let only = Set(users.map { UserID($0) })
        let wanted = fingers.filter { only.isEmpty || only.contains(UserID(field: $0.user_id.bytes.bytes)) }
        for id in only where !wanted.contains(where: { UserID(field: $0.user_id.bytes.bytes) == id }) {
            Terminal.say("user \(id.text) has no finger on \(from)")
        }
        let (replace, from) = (replace, from)
        var others = devices
        if devices.all { others = try devices.without(from) }
        let results = try await others.withEach("hadir finger copy", mustEnable: true) { session, way in
            var edited = UserEditing.Edited(report: UserReport(device: way.name ?? way.address.description))
            edited.serial = try await way.journalSerial(session)
            edited.way = way
            try await FingerWriting(fingers: wanted, version: version, replaces: replace).write(session, &edited)
            return edited
        }
        try UserReport.finish(await UserEditing.reports(results, devices.state.directory), devices, json: json)
    }
}

struct FingerDeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Delete a finger, or all fingers, of a user from devices.",
        discussion: """
            Example:
              hadir finger delete --user 1001 --finger 6 --all
            """)

    @OptionGroup var devices: DevicesOptions

    @Option(name: .customLong("user"), help: "The user id.")
    var userID: String

    @Option(help: "0 to 9.")
    var finger: UInt8?

    @Flag(help: "All fingers of the user.")
    var allFingers = false

    @Flag(help: "Print a JSON array.")
    var json = false

    func validate() throws {
        if (finger == nil) != allFingers { throw ValidationError("say --finger N or --all-fingers") }
        if let finger, finger > 9 { throw ValidationError("--finger is 0 to 9") }
    }

    func run() async throws {
        let (id, finger) = (UserID(userID), finger)
        let results = try await devices.withEach("hadir finger delete", mustEnable: true) { session, way in
            var edited = UserEditing.Edited(report: UserReport(device: way.name ?? way.address.description))
            edited.serial = try await way.journalSerial(session)
            edited.way = way
            guard let user = try await session.userList().users.first(where: { $0.id == id }) else {
                throw CommandFailure(.data, UserEditError(.noSuchUser, id.bytes).description)
            }
            let wanted: [UInt8] =
                if let finger { [finger] } else {
                    try await session.templates().filter { $0.index == user.index }.map(\.finger)
                }
            let word = OperatorWord(for: [.deleteTemplate, .deleteUserTemplate])
            for finger in wanted {
                let outcome = try await session.deleteTemplate(
                    index: user.index, userID: user.userID, finger: finger, word: word)
                edited.note(outcome, "finger_deleted", id, finger)
            }
            return edited
        }
        try UserReport.finish(await UserEditing.reports(results, devices.state.directory), devices, json: json)
    }
}
