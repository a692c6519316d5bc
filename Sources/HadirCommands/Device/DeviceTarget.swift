import ArgumentParser
import EdgeDaemon
import Foundation
import ZKClient
import ZKWire

/// A device to talk to directly, by its address or its name in devices.conf.
///
/// Many devices accept one session at a time: where a running hadird has the device, it lends it for the length of the
/// command.
struct DeviceTarget: ParsableArguments {
    @Argument(help: "A name from devices.conf, or where the device is: tcp://HOST[:4370] or udp://HOST[:4370].")
    var device: String

    @Option(help: "The device's comm key, as in its menu (default: as configured, or none).")
    var commKey: UInt32?

    @Option(help: ArgumentHelp("Seconds to wait for an answer.", valueName: "seconds"))
    var timeout: Int = 10

    @Flag(help: "Take replies whose number is wrong, as a few firmwares send them (loose_replies in devices.conf).")
    var looseReplies = false

    @OptionGroup var file: ConfigurationOptions
    @OptionGroup var state: StateOptions

    var isAddress: Bool { !DeviceConfiguration.isName(device) }

    func validate() throws {
        guard (1...600).contains(timeout) else { throw ValidationError("--timeout is 1 to 600 seconds") }
        guard isAddress else { return }
        do {
            _ = try DeviceAddress(parsing: device)
        } catch {
            throw ValidationError(error.description)
        }
    }

    /// How to get at the device.
    struct Way: Sendable {
        var address: DeviceAddress
        var commKey: UInt32 = 0
        var looseReplies = false
        var verifyFirst = false
        /// IANA name; `nil` where nothing is configured.
        var timezone: String?
        /// The one enrolled; `nil` where none is known, and any will do.
        var serial: String?
        var serialTag: String?
    }

    /// Opens a session, runs `body`, and always gives the device back.
    ///
    /// - Parameter purpose: the command, for others who want the device meanwhile.
    func withSession<Value: Sendable>(
        _ purpose: String, _ body: @escaping @Sendable (DeviceSession, Way) async throws -> Value
    ) async throws -> Value {
        let wanted = isAddress ? try DeviceAddress(parsing: device).description : device
        let request = ControlRequest(command: .lend, devices: [wanted], purpose: purpose)
        let talked: Value??
        do {
            talked = try await ControlClient.ask(
                request, socket: state.directory.controlSocket, timeout: .seconds(90)
            ) { answer -> Value? in
                guard let lent = answer.lent else {
                    // Not one of the daemon's: nobody is in our way.
                    if isAddress, answer.unknown != nil { return nil }
                    throw CommandFailure(
                        answer.unknown == nil ? .unavailable : .usage, answer.error ?? "hadird did not lend \(device)")
                }
                return try await talk(try way(lent), within: .seconds(lent.seconds), body)
            }
        } catch let error as ControlError where error.isPermission && isAddress {
            // Whoever may not ask the daemon may still talk to a device he has the address of.
            talked = nil
        }
        if let value = talked ?? nil { return value }
        return try await talk(try wayWithoutDaemon(), within: nil, body)
    }

    private func way(_ lent: ControlAnswer.Lent) throws -> Way {
        Way(
            address: try DeviceAddress(parsing: isAddress ? device : lent.address), commKey: commKey ?? lent.commKey,
            looseReplies: looseReplies || lent.looseReplies, verifyFirst: lent.verifyFirst, timezone: lent.timezone,
            serial: lent.serial, serialTag: lent.serialTag)
    }

    private func wayWithoutDaemon() throws -> Way {
        if isAddress {
            return Way(address: try DeviceAddress(parsing: device), commKey: commKey ?? 0, looseReplies: looseReplies)
        }
        let configuration = try DevicesFile.load(path: file.config)
        guard let stanza = configuration.devices.first(where: { $0.name == device }) else {
            throw CommandFailure(.usage, "there is no device \"\(device)\" in \(file.config)")
        }
        return Way(
            address: stanza.address, commKey: commKey ?? stanza.commKey.number,
            looseReplies: looseReplies || stanza.looseReplies, verifyFirst: stanza.attendanceOrder16VerifyFirst,
            timezone: stanza.timezone, serial: stanza.serial?.text, serialTag: stanza.serialTag)
    }

    /// - Parameter limit: when a lent device goes back, whatever we do.
    private func talk<Value: Sendable>(
        _ way: Way, within limit: Duration?, _ body: @escaping @Sendable (DeviceSession, Way) async throws -> Value
    ) async throws -> Value {
        var configuration = DeviceSession.Configuration()
        configuration.commKey = CommKey(way.commKey)
        configuration.looseReplies = way.looseReplies
        configuration.replyTimeout = .seconds(timeout)
        configuration.connectTimeout = .seconds(min(timeout, 30))
        configuration.datagramTimeout = .seconds(max(1, min(timeout, 10) / 3))
        return try await withThrowingTaskGroup(of: Value.self) { [configuration] group in
            group.addTask {
                try await withDeviceSession(
                    to: way.address, configuration: configuration, logger: CommandLogger.make()
                ) { try await body($0, way) }
            }
            if let limit {
                group.addTask {
                    try await ContinuousClock().sleep(for: limit)
                    throw CommandFailure(
                        .unavailable, "hadird lends a device for \(limit.components.seconds) s, which are over")
                }
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() else { throw CancellationError() }
            return value
        }
    }
}
