import ArgumentParser
import Attendance
import EdgeDaemon
import EdgeStore
import Foundation

/// Changes devices.conf, what the journal remembers of the name, and a running daemon, in an order in which a crash
/// between two steps leaves a device that is read as before.
private struct StanzaChange {
    let file: ConfigurationOptions
    let state: StateOptions

    /// - Parameters:
    ///   - names: the old name, and the new one where there is one.
    ///   - change: of the file's text.
    func run(_ names: [String], _ change: (String) throws -> String) async throws {
        let text = try DevicesFile.read(path: file.config)
        let changed = try change(text)
        if names.count > 1 { try await remember(names) }
        try DevicesFile.write(changed, path: file.config)
        try await reload()
        try await remember(Array(names.prefix(1)))
    }

    private func remember(_ names: [String]) async throws {
        let request = ControlRequest(command: .rename, devices: names)
        if let answer = try await ControlClient.ask(
            request, socket: state.directory.controlSocket, timeout: .seconds(30))
        {
            if let error = answer.error { throw CommandFailure(.io, error) }
            return
        }
        guard FileManager.default.fileExists(atPath: state.directory.journal) else { return }
        guard let lock = try state.directory.lock() else {
            throw EdgeDaemonError.alreadyRunning(state.directory.path)
        }
        defer { withExtendedLifetime(lock) {} }
        let (store, _) = try EdgeStore.opening(path: state.directory.journal, now: Date())
        if let old = names.first, let new = names.dropFirst().first {
            try store.copyFirstSerial(of: old, to: new)
        } else if let old = names.first {
            try store.forgetFirstSerial(of: old)
        }
    }

    private func reload() async throws {
        let answer = try await ControlClient.ask(
            ControlRequest(command: .reload), socket: state.directory.controlSocket, timeout: .seconds(60))
        guard let error = answer?.error else { return }
        let findings = (answer?.findings ?? []).joined(separator: "\n")
        throw CommandFailure(
            .configuration, "the file is changed, and the running hadird refuses it: \(error)\n\(findings)")
    }
}

struct DeviceRenameCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rename",
        abstract: "Give a device another name in devices.conf.",
        discussion: """
            Its scans, coverage and serial stay: they hang from the serial number, not from the name. Comments and order
            of the file stay, and a running hadird takes the new name at once.

            Example:
              hadir device rename lobby pintu-depan
            """)

    @Argument(help: "The name in devices.conf.")
    var name: String

    @Argument(help: "The new one: a-z, 0-9, _ and -, up to 32.")
    var new: String

    @OptionGroup var file: ConfigurationOptions
    @OptionGroup var state: StateOptions

    func validate() throws {
        guard DeviceConfiguration.isName(new) else {
            throw ValidationError("the new name is 1 to 32 of a-z, 0-9, _ and -")
        }
        guard new != name else { throw ValidationError("that is its name already") }
    }

    func run() async throws {
        guard try DevicesFile.load(path: file.config).devices.contains(where: { $0.name == name }) else {
            throw CommandFailure(.usage, "there is no device \"\(name)\" in \(file.config)")
        }
        try await StanzaChange(file: file, state: state).run([name, new]) { text in
            try DevicesFile.renaming(name, to: new, in: text, path: file.config)
        }
        Terminal.print("\(name) is called \(new) now")
    }
}

struct DeviceRetireCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retire",
        abstract: "Read a device no more: its lines in devices.conf become comments.",
        discussion: """
            What was read of it stays, here and at the centre. Scans that are on it and were not read are not read any
            more: run `hadir device sync NAME` first. A running hadird lets go of it at once. Take the # away and
            reload to read it again.

            Examples:
              hadir device retire gudang
              hadir device retire gudang --yes
            """)

    @Argument(help: "The name in devices.conf.")
    var name: String

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var file: ConfigurationOptions
    @OptionGroup var state: StateOptions

    func run() async throws {
        let configuration = try DevicesFile.load(path: file.config)
        guard configuration.devices.contains(where: { $0.name == name }) else {
            throw CommandFailure(.usage, "there is no device \"\(name)\" in \(file.config)")
        }
        if !yes { try Question.confirm("Read \(name) no more?") }
        let day = UTC.text(Date()).prefix(10)
        try await StanzaChange(file: file, state: state).run([name]) { text in
            try DevicesFile.retiring(
                name, note: "\(name): retired \(day); what was read of it stays", in: text, path: file.config)
        }
        Terminal.print("\(name) is not read any more; its lines stand in \(file.config) as comments")
    }
}
