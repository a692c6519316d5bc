import ArgumentParser
import Attendance
import DeviceFormats
import EdgeDaemon
import EdgeStore
import Foundation
import ZKClient

struct PushGroupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "push",
        abstract: "Devices that report by themselves (ADMS, Cloud Server): list, admit, commands.",
        subcommands: [
            PushListCommand.self, PushAdmitCommand.self, PushCommandsCommand.self, PushSendCommand.self,
            PushCancelCommand.self, PushResendCommand.self,
        ])
}

/// Asks the running daemon; push devices have no other way.
struct PushAsker: ParsableArguments {
    @OptionGroup var state: StateOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    func ask(_ ask: PushAsk, of device: String? = nil) async throws -> PushReport {
        var request = ControlRequest(command: .push, devices: device.map { [$0] } ?? [])
        request.push = ask
        request.account = Account.sudoUser
        let answer = try await ControlClient.ask(
            request, socket: state.directory.controlSocket, timeout: .seconds(30))
        guard let answer else {
            throw CommandFailure(.unavailable, "hadird is not running, and devices report to nobody else: start it")
        }
        if let error = answer.error { throw CommandFailure(answer.unknown == nil ? .unavailable : .usage, error) }
        return answer.push ?? PushReport()
    }

    func show(_ commands: [PushOrder]) throws {
        if json { return try Terminal.print(json: commands) }
        var table = TableText(["id", "command", "state", "told", "queued", "sent", "ended", "by"])
        for order in commands {
            let period = order.from.map { " \(PushTime.short($0))/\(order.to.map { PushTime.short($0) } ?? "-")" } ?? ""
            let count = order.count.map { " (\($0) scans)" } ?? ""
            let code = order.code.flatMap { $0 == 0 ? nil : " \($0)" } ?? ""
            table.add([
                "\(order.id)", order.kind + period, order.state.rawValue + code + count, "\(order.sends)",
                PushTime.local(order.queuedAt), PushTime.local(order.sentAt), PushTime.local(order.endedAt), order.by,
            ])
        }
        Terminal.print(table.text)
    }
}

/// Times in tables, as a person at this computer reads them; `--json` has them whole.
enum PushTime {
    /// `11-23 07:00:05`, by this computer's zone; `-` for none.
    static func local(_ text: String?) -> String {
        guard let moment = text.flatMap({ UTC.date($0) }) else { return "-" }
        let offset = TimeInterval(TimeZone.current.secondsFromGMT(for: moment))
        let dial = UTC.text(moment.addingTimeInterval(offset))
        return String(dial.prefix(19).dropFirst(5)).replacing("T", with: " ")
    }

    /// `19 s ago`
    static func ago(_ text: String) -> String {
        UTC.date(text).map { "\(max(0, Int(Date().timeIntervalSince($0)))) s ago" } ?? "-"
    }

    /// A device's own time without its century and seconds: `26-11-23T07:00`
    static func short(_ text: String) -> String { text.utf8.count == 19 ? String(text.dropFirst(2).dropLast(3)) : text }
}

struct PushListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Who reports here, and who knocks and is not admitted.",
        discussion: """
            A device that is not admitted is shown (the last 64 of them) and nothing of it is kept: it keeps its scans
            and tries again. REASON is "unknown" (admit it), "address" (its stanza names another one), or
            "security" (it speaks the dialect of access control, which is not read).

            Example:
              hadir push list
            """)

    @OptionGroup var asker: PushAsker

    func run() async throws {
        let report = try await asker.ask(PushAsk(.list))
        if asker.json { return try Terminal.print(json: report) }
        var table = TableText(["serial", "device", "address", "last contact", "contacts", "waiting commands"])
        for device in report.devices ?? [] {
            table.add([
                device.serial, device.device, device.address.isEmpty ? "-" : device.address,
                device.age.map { "\($0) s ago" } ?? (device.refusal == nil ? "never" : "refused"),
                "\(device.contacts)", "\(device.waiting)",
            ])
        }
        for knock in report.knocking ?? [] {
            table.add([
                knock.serial, "(not admitted: \(knock.reason))", knock.address, PushTime.ago(knock.last),
                "\(knock.count)", "-",
            ])
        }
        Terminal.print(table.text)
        for device in report.devices ?? [] {
            if let refusal = device.refusal { Terminal.say(TableText.harmless("\(device.device): \(refusal)")) }
        }
        if report.port == nil {
            Terminal.say("hadird does not listen: [push] is missing in devices.conf, or see its log")
        }
    }
}

struct PushAdmitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "admit",
        abstract: "Admit a device that reports by itself: add it to devices.conf and tell a running hadird.",
        discussion: """
            The serial number is all that a push device proves who it is with, and it is printed on its case: compare
            it there. --from binds the device to one IP address as well. Comments and order of the file stay.

            Examples:
              hadir push admit CJ9L170560001 --name lobby
              hadir push admit CJ9L170560001 --name lobby --from 192.168.1.201 --timezone WITA
            """)

    @Argument(help: "The device's serial number, as in: hadir push list")
    var serial: String

    @Option(help: "A short name: a-z, 0-9, _ and -, up to 32.")
    var name: String

    @Option(help: ArgumentHelp("Only from this address.", valueName: "ip"))
    var from: String?

    @Option(help: "The zone the device's clock shows: WIB, WITA, WIT or an IANA name (default: that of [edge]).")
    var timezone: String?

    @OptionGroup var file: ConfigurationOptions
    @OptionGroup var state: StateOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    private struct Report: Codable {
        var name, serial, address, config: String
        var reloaded: Bool
    }

    func validate() throws {
        guard DeviceConfiguration.isName(name) else {
            throw ValidationError("--name is 1 to 32 of a-z, 0-9, _ and -")
        }
        guard DeviceSerial(serial) != nil else {
            throw ValidationError("a serial number has 1 to \(DeviceSerial.longest) characters")
        }
        if let timezone, TimezoneName.resolve(timezone) == nil {
            throw ValidationError("--timezone \(timezone) is not WIB, WITA, WIT or an IANA name")
        }
    }

    func run() async throws {
        let host = from.map { $0.contains(":") ? "[\($0)]" : $0 } ?? ""
        let address = try DeviceAddress(parsing: "push://\(host)")
        let stanza = DeviceStanza(name: name, address: address, serial: DeviceSerial(serial), timezone: timezone)
        let text = try DevicesFile.read(path: file.config)
        try DevicesFile.write(DevicesFile.adding(stanza, to: text, path: file.config), path: file.config)
        let answer = try await ControlClient.ask(
            ControlRequest(command: .reload), socket: state.directory.controlSocket, timeout: .seconds(60))
        if let error = answer?.error {
            throw CommandFailure(.configuration, "\(name) is in \(file.config), but hadird did not take it: \(error)")
        }
        if answer != nil { try await checkAdmitted() }
        if json {
            return try Terminal.print(
                json: Report(
                    name: name, serial: serial, address: address.description, config: file.config,
                    reloaded: answer != nil))
        }
        let what = answer == nil ? "hadird is not running" : "hadird takes its scans from now on"
        Terminal.print(TableText.harmless("admitted \(name): serial \(serial), in \(file.config); \(what)"))
    }
}

extension PushAdmitCommand {
    /// The file names it; whether its scans are taken, only the daemon knows.
    private func checkAdmitted() async throws {
        var request = ControlRequest(command: .push)
        request.push = PushAsk(.list)
        let answer = try await ControlClient.ask(
            request, socket: state.directory.controlSocket, timeout: .seconds(30))
        let device = answer?.push?.devices?.first { $0.device == name }
        let problem = answer?.error ?? (device == nil ? "it is not in its list" : device?.refusal)
        guard let problem else { return }
        throw CommandFailure(.configuration, "\(name) is in \(file.config), but its scans are not taken: \(problem)")
    }
}

struct PushCommandsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "commands",
        abstract: "What a device was told or is to be told, and what became of it.",
        discussion: """
            STATE is "queued", "sent" (the device was told and has said nothing of it yet), "confirmed" or "failed"
            (by the device, with its code), "expired" or "cancelled". Sent is not confirmed: a device may lose it.

            Example:
              hadir push commands lobby
            """)

    @Argument(help: "A name from devices.conf.")
    var device: String

    @OptionGroup var asker: PushAsker

    func run() async throws {
        try asker.show(try await asker.ask(PushAsk(.commands), of: device).commands ?? [])
    }
}

struct PushSendCommand: AsyncParsableCommand {
    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case check, log, info, query, verify, reboot
    }

    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Queue a command for a device; it fetches it within half a minute.",
        discussion: """
            KIND
              check    read the settings again and send what is new
              log      send what is new
              info     tell counters and firmware
              query    send the scans from --from to --to again, to repair a loss
              verify   count the scans from --from to --to (newer firmware)
              reboot   start again; told once and never repeated

            Times are the device's own: 2026-11-23, or 2026-11-23T07:00:00. A command nobody fetches expires after
            a week.

            Examples:
              hadir push send lobby check
              hadir push send lobby query --from 2026-11-01 --to 2026-11-23
            """)

    @Argument(help: "A name from devices.conf.")
    var device: String

    @Argument(help: "One of: \(Kind.allCases.map(\.rawValue).joined(separator: ", ")).")
    var kind: Kind

    @Option(help: ArgumentHelp("Begin of the period.", valueName: "time"))
    var from: String?

    @Option(help: ArgumentHelp("End of the period, that day or second included.", valueName: "time"))
    var to: String?

    @OptionGroup var asker: PushAsker

    func validate() throws {
        guard let word = PushCommand.Kind(rawValue: kind.rawValue),
            PushCommand(word, from: time(from, "00:00:00"), to: time(to, "23:59:59")) != nil,
            from == nil || time(from, "00:00:00") != nil, to == nil || time(to, "23:59:59") != nil
        else {
            throw ValidationError(
                kind == .query || kind == .verify
                    ? "\(kind.rawValue) needs --from and --to, such as --from 2026-11-01 --to 2026-11-23"
                    : "\(kind.rawValue) takes no --from and --to")
        }
    }

    private func time(_ text: String?, _ clock: String) -> DeviceTime? {
        text.flatMap { DeviceTime(text: $0.utf8.count == 10 ? "\($0)T\(clock)" : $0) }.flatMap {
            $0.isCalendarDate ? $0 : nil
        }
    }

    func run() async throws {
        let ask = PushAsk(
            .send, kind: kind.rawValue, from: time(from, "00:00:00")?.text, to: time(to, "23:59:59")?.text)
        try asker.show(try await asker.ask(ask, of: device).commands ?? [])
    }
}

struct PushCancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Take back a command that the device was not told yet.",
        discussion: """
            Example:
              hadir push cancel lobby 17
            """)

    @Argument(help: "A name from devices.conf.")
    var device: String

    @Argument(help: "The command's number, as in: hadir push commands NAME")
    var id: Int64

    @OptionGroup var asker: PushAsker

    func run() async throws {
        try asker.show(try await asker.ask(PushAsk(.cancel, id: id), of: device).commands ?? [])
    }
}

struct PushResendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resend",
        abstract: "Ask a device for everything it has, at its next handshake.",
        discussion: """
            What is in the journal already is not journaled again. The device is told to shake hands (CHECK); some
            do so only when they are switched on.

            Example:
              hadir push resend lobby
            """)

    @Argument(help: "A name from devices.conf.")
    var device: String

    @OptionGroup var asker: PushAsker

    func run() async throws {
        try asker.show(try await asker.ask(PushAsk(.resend), of: device).commands ?? [])
    }
}
