import ArgumentParser
import Attendance
import EdgeDaemon
import Foundation
import ZKClient
import ZKWire

package struct FingerCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "finger", abstract: "Fingers on devices: list, enroll, copy, delete.",
        subcommands: [
            FingerListCommand.self, FingerEnrollCommand.self, FingerCopyCommand.self, FingerDeleteCommand.self,
        ])

    package init() {}
}

/// Fingers in words. Numbers: zk-protocol, section 13.4.
enum FingerName {
    private static let fingers = ["little", "ring", "middle", "index", "thumb"]

    static func text(_ finger: UInt8) -> String {
        switch finger {
        case 0...4: "left \(fingers[Int(finger)])"
        case 5...9: "right \(fingers[9 - Int(finger)])"
        default: "finger \(finger)"
        }
    }
}

struct FingerListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Which fingers are enrolled on a device.",
        discussion: """
            Reads the fingers from the device to count their bytes; none of them is shown or kept.

            Example:
              hadir finger list --device lobby
            """)

    @OptionGroup var devices: DevicesOptions

    @Flag(help: "Print a JSON array; no fingerprint is in it.")
    var json = false

    private struct Row: Codable, Sendable {
        var device, user_id, name, finger_name: String
        var finger, bytes: Int
        /// 0 invalid, 1 valid, 3 duress.
        var flag: Int
    }

    func run() async throws {
        let results = try await devices.withEach("hadir finger list") { session, way in
            _ = try await way.journalSerial(session)
            let list = try await session.userList()
            let device = way.name ?? way.address.description
            return try await session.templates().map { one in
                let user = list.users.first { $0.index == one.index }
                return Row(
                    device: device, user_id: user?.id.text ?? "?",
                    name: user.map { way.nameEncoding.text($0.name.bytes) } ?? "",
                    finger_name: FingerName.text(one.finger), finger: Int(one.finger),
                    bytes: one.template.bytes.count, flag: Int(one.flag))
            }
        }
        var rows: [Row] = []
        var problems: [CommandFailure] = []
        for (device, result) in results {
            switch result {
            case .success(let found): rows += found
            case .failure(let error): problems.append(CommandFailure(error, of: device))
            }
        }
        if json {
            try Terminal.print(json: rows)
        } else if !rows.isEmpty || problems.isEmpty {
            var table = TableText(["device", "user id", "name", "finger", "", "bytes", "valid"])
            for row in rows {
                table.add([
                    row.device, row.user_id, row.name, "\(row.finger)", row.finger_name, "\(row.bytes)",
                    row.flag == 1 ? "yes" : row.flag == 3 ? "duress" : "no",
                ])
            }
            Terminal.print(table.text)
        }
        try UserRow.finish(problems)
    }
}

struct FingerEnrollCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enroll",
        abstract: "Enroll a finger of a user who stands at the device.",
        discussion: """
            The device asks for the finger three times, and this command says how it goes. Not every model can do it:
            newer ones refuse; enroll there at the device's own menu. Fingers: 0 left little, 1 left ring, 2 left middle,
            3 left index, 4 left thumb, 5 right thumb, 6 right index, 7 right middle, 8 right ring, 9 right little.

            Example:
              hadir finger enroll --device lobby --user 1001 --finger 6
            """)

    @OptionGroup var devices: DevicesOptions

    @Option(name: .customLong("user"), help: "The user id; the user must be on the device.")
    var userID: String

    @Option(help: "0 to 9.")
    var finger: UInt8

    @Option(help: ArgumentHelp("Seconds to wait for the person.", valueName: "seconds"))
    var patience = 60

    func validate() throws {
        if devices.all || devices.devices.count > 1 { throw ValidationError("enroll takes one --device") }
        if finger > 9 { throw ValidationError("--finger is 0 to 9") }
        if !(5...300).contains(patience) { throw ValidationError("--patience is 5 to 300 seconds") }
    }

    func run() async throws {
        let (id, finger, patience) = (UserID(userID), finger, patience)
        let results = try await devices.withEach("hadir finger enroll", mustEnable: true) { session, way in
            var edited = UserEditing.Edited(report: UserReport(device: way.name ?? way.address.description))
            edited.serial = try await way.journalSerial(session)
            edited.way = way
            let list = try await session.userList()
            guard let user = list.users.first(where: { $0.id == id }) else {
                throw CommandFailure(.data, UserEditError(.noSuchUser, id.bytes).description)
            }
            let result = try await session.enrol(
                user, finger: finger, layout: list.layout ?? .u72, patience: .seconds(patience)
            ) { Self.tell($0, finger) }
            edited.note(Self.outcome(result), "finger_enrolled", id, finger)
            return edited
        }
        try UserReport.finish(await UserEditing.reports(results, devices.state.directory), devices, json: false)
    }

    private static func tell(_ step: EnrolmentStep, _ finger: UInt8) {
        let all = DeviceSession.touchesWanted
        switch step {
        case .ready: Terminal.say("Put the \(FingerName.text(finger)) finger on the device. (1 of \(all))")
        case .touched: break
        case .good(let count) where count < all:
            Terminal.say("Good. Lift it and put it on again. (\(count + 1) of \(all))")
        case .good: Terminal.say("Good.")
        case .bad: Terminal.say("Not read well: put it on flat, dry and clean, and a little longer.")
        }
    }

    private static func outcome(_ result: EnrolmentResult) -> FingerOutcome {
        switch result {
        case .confirmed: .confirmed
        case .sent: .sent("the device said yes and gives no template: try a scan")
        case .failed(let code): .refused("the device did not take the finger (result \(code)): try again")
        case .duplicate: .refused("this finger is enrolled already, perhaps for somebody else")
        case .timedOut: .refused("nobody came in time: try again")
        case .taken: .refused("this finger is enrolled already; to replace it: hadir finger delete")
        case .unsupported(let answer):
            .refused("the device does not enroll on request (\(answer)): enroll at its own menu")
        }
    }
}
