import ArgumentParser
import Attendance
import EdgeDaemon
import EdgeStore
import Foundation
import ZKClient

/// Where the configuration is.
struct ConfigurationOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The configuration of hadird.", valueName: "file"))
    var config = "/etc/hadir/devices.conf"
}

struct DeviceEnrollCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enroll",
        abstract: "Admit a device: ask its serial number and add it to devices.conf.",
        discussion: """
            From then on hadird reads the device, and refuses any other at its address. A comm key goes into a
            file NAME.key beside the configuration, for its owner, and for its group where others cannot read
            the configuration. Comments and order of the file stay, and a running hadird reads the device at once.

            Examples:
              hadir device enroll tcp://192.168.1.201 --name lobby
              hadir device enroll udp://192.168.1.202 --name gudang --comm-key 123456 --timezone WITA
              hadir device enroll soap://192.168.1.203 --name kasir --serial 6530150200047
            """)

    @OptionGroup var device: DeviceOptions
    @OptionGroup var file: ConfigurationOptions
    @OptionGroup var state: StateOptions

    @Option(help: "A short name: a-z, 0-9, _ and -, up to 32.")
    var name: String

    @Option(help: "The serial number on its label; needed where a device over SOAP tells none, else compared.")
    var serial: String?

    @Option(help: "The zone the device's clock shows: WIB, WITA, WIT or an IANA name (default: that of [edge]).")
    var timezone: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    private struct Report: Codable {
        var name, serial, address, model, config: String
        /// A running hadird reads it now.
        var reloaded: Bool
    }

    func validate() throws {
        guard DeviceConfiguration.isName(name) else {
            throw ValidationError("--name is 1 to 32 of a-z, 0-9, _ and -")
        }
        if let timezone, TimezoneName.resolve(timezone) == nil {
            throw ValidationError("--timezone \(timezone) is not WIB, WITA, WIT or an IANA name")
        }
        if let serial, DeviceSerial(serial) == nil {
            throw ValidationError("--serial is 1 to 64 characters without control characters")
        }
    }

    func run() async throws {
        let address = try DeviceAddress(parsing: device.url)
        let text = try DevicesFile.read(path: file.config)
        let (serial, model) = try await whoIsIt()
        var stanza = DeviceStanza(name: name, address: address, serial: serial, timezone: timezone)
        // Before anything is written: a device of this name may be there, and its key must stay.
        _ = try DevicesFile.adding(stanza, to: text, path: file.config)
        if device.key != 0 {
            let keyFile = "\(name).key"
            try writeKey(keyFile)
            stanza.commKeyFile = keyFile
        }
        try DevicesFile.write(DevicesFile.adding(stanza, to: text, path: file.config), path: file.config)
        let (isReloaded, what) = await reload()
        if json {
            return try Terminal.print(
                json: Report(
                    name: name, serial: serial.text, address: address.description, model: model,
                    config: file.config, reloaded: isReloaded))
        }
        Terminal.print(
            TableText.harmless(
                "enrolled \(name): serial \(serial), \(model.isEmpty ? "over SOAP" : model), in \(file.config); \(what)"
            ))
    }

    /// The device is enrolled, whatever becomes of this.
    private func reload() async -> (Bool, String) {
        do {
            let answer = try await ControlClient.ask(
                ControlRequest(command: .reload), socket: state.directory.controlSocket, timeout: .seconds(60))
            guard let answer else { return (false, "hadird is not running") }
            guard let error = answer.error else { return (true, "hadird reads it from now on") }
            return (false, "hadird did not take it: \(error)")
        } catch {
            return (false, "hadird was not told (\(CommandFailure(error))): hadir config reload")
        }
    }

    private func whoIsIt() async throws -> (DeviceSerial, model: String) {
        let (told, model) = try await device.withDevice({
            let identity = try await $0.identity()
            return (identity.serial, identity.model)
        }) { client -> (String, String) in
            // First the clock: it proves that the device is there and takes the key.
            _ = try await client.deviceTime()
            return (try await client.serialNumber() ?? serial ?? "", "")
        }
        guard let found = DeviceSerial(told) else {
            throw DeviceError(.noSerial, "identify", "write the one on its label: --serial NUMBER")
        }
        if let serial, DeviceSerial(serial) != found {
            throw DeviceError(.otherDevice, "identify", "serial \(found) instead of \(serial)")
        }
        return (found, model)
    }

    private func writeKey(_ keyFile: String) throws {
        let folder = URL(fileURLWithPath: file.config).deletingLastPathComponent().path
        try DevicesFile.writeKey("\(device.key)\n", to: "\(folder)/\(keyFile)", beside: file.config)
    }
}
