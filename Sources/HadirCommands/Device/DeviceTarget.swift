import ArgumentParser
import Attendance
import EdgeDaemon
import Foundation
import ZKClient
import ZKWire

/// A device to talk to directly, by its address or its name in devices.conf.
///
/// Many devices accept one session at a time: where a running hadird has the device, it lends it for the length of the
/// command.
struct DeviceTarget: ParsableArguments {
    @Argument(
        help: """
            A name from devices.conf, or where the device is: tcp://HOST[:4370], udp://HOST[:4370], usb://1b55:0a01 or, \
            where the command works over the web service, soap://HOST[:80].
            """)
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

    static func validate(timeout: Int) throws {
        guard (1...600).contains(timeout) else { throw ValidationError("--timeout is 1 to 600 seconds") }
    }

    func validate() throws {
        try Self.validate(timeout: timeout)
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
        var usb = USBSettings()
        /// IANA name; `nil` where nothing is configured.
        var timezone: String?
        /// The name in devices.conf; `nil` for an address that stands in no stanza: nothing of it is journaled.
        var name: String?
        /// As configured; `nil` where none is.
        var serial: String?
        var serialTag: String?
        var nameEncoding = DeviceConfiguration.NameEncoding.utf8

        /// What the entries of this device carry.
        ///
        /// - Throws: `DeviceError` where another device than the configured one answers.
        func journalSerial(_ session: DeviceSession) async throws -> DeviceSerial {
            let told = try await session.serialNumber()
            if let serial, serial != told {
                throw DeviceError(.otherDevice, "identify", "it says \(told), devices.conf says \(serial)")
            }
            guard let serial = DeviceSerial(told), let tagged = serialTag.map({ serial.tagged($0) }) ?? serial else {
                throw DeviceError(.noSerial, "identify")
            }
            return tagged
        }
    }

    /// A target that no command line named as an argument.
    init(
        device: String, commKey: UInt32?, timeout: Int, looseReplies: Bool, file: ConfigurationOptions,
        state: StateOptions
    ) {
        self.device = device
        self.commKey = commKey
        self.timeout = timeout
        self.looseReplies = looseReplies
        self.file = file
        self.state = state
    }

    init() {}

    /// Opens a session, runs `body`, and always gives the device back.
    ///
    /// - Parameters:
    ///   - purpose: the command, for others who want the device meanwhile.
    ///   - mustEnable: this command disables devices, and one that died may have left it so.
    func withSession<Value: Sendable>(
        _ purpose: String, mustEnable: Bool = false,
        _ body: @escaping @Sendable (DeviceSession, Way) async throws -> Value
    ) async throws -> Value {
        try await withDevice(purpose, mustEnable: mustEnable, body) { _, way in
            throw CommandFailure(
                .usage,
                "\(way.name ?? way.address.description) is read over its web service, which cannot do this: use its "
                    + "tcp:// or udp:// address, or do it at the device's own menu")
        }
    }

    /// The same for a command that also knows what to do over the web service.
    func withDevice<Value: Sendable>(
        _ purpose: String, mustEnable: Bool = false,
        _ body: @escaping @Sendable (DeviceSession, Way) async throws -> Value,
        soap: @escaping @Sendable (SOAPClient, Way) async throws -> Value
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
                    let isWrongUse = answer.unknown != nil || answer.refusal == ControlAnswer.noSessions
                    throw CommandFailure(
                        isWrongUse ? .usage : .unavailable, answer.error ?? "hadird did not lend \(device)")
                }
                return try await talk(try way(lent), within: .seconds(lent.seconds), mustEnable, body, soap)
            }
        } catch let error as ControlError where error.isPermission && isAddress {
            // Whoever may not ask the daemon may still talk to a device he has the address of.
            talked = nil
        }
        if let value = talked ?? nil { return value }
        return try await talk(try wayWithoutDaemon(), within: nil, mustEnable, body, soap)
    }

    private func way(_ lent: ControlAnswer.Lent) throws -> Way {
        var usb = USBSettings()
        if let settle = lent.usbSettle { usb.settle = .milliseconds(settle) }
        if let chunk = lent.usbChunk, USBSettings.chunks.contains(chunk) { usb.longestChunk = chunk }
        let address = try DeviceAddress(parsing: isAddress ? device : lent.address)
        return Way(
            address: address, commKey: commKey ?? address.comKey ?? lent.commKey,
            looseReplies: looseReplies || lent.looseReplies, verifyFirst: lent.verifyFirst, usb: usb,
            timezone: lent.timezone, name: lent.device, serial: lent.serial, serialTag: lent.serialTag,
            nameEncoding: lent.nameEncoding.flatMap { .init(rawValue: $0) } ?? .utf8)
    }

    private func wayWithoutDaemon() throws -> Way {
        if isAddress {
            let address = try DeviceAddress(parsing: device)
            return Way(address: address, commKey: commKey ?? address.comKey ?? 0, looseReplies: looseReplies)
        }
        let configuration = try DevicesFile.load(path: file.config)
        guard let stanza = configuration.devices.first(where: { $0.name == device }) else {
            throw CommandFailure(.usage, "there is no device \"\(device)\" in \(file.config)")
        }
        guard stanza.address.link != .push else {
            throw CommandFailure(.usage, ControlAnswer.withoutSessions(device).error ?? "")
        }
        return Way(
            address: stanza.address, commKey: commKey ?? stanza.commKey.number,
            looseReplies: looseReplies || stanza.looseReplies, verifyFirst: stanza.attendanceOrder16VerifyFirst,
            usb: stanza.usb, timezone: stanza.timezone, name: stanza.name, serial: stanza.serial?.text,
            serialTag: stanza.serialTag, nameEncoding: stanza.nameEncoding)
    }

    /// - Parameter limit: when a lent device goes back, whatever we do.
    private func talk<Value: Sendable>(
        _ way: Way, within limit: Duration?, _ mustEnable: Bool,
        _ body: @escaping @Sendable (DeviceSession, Way) async throws -> Value,
        _ soap: @escaping @Sendable (SOAPClient, Way) async throws -> Value
    ) async throws -> Value {
        var configuration = DeviceSession.Configuration()
        configuration.commKey = CommKey(way.commKey)
        configuration.looseReplies = way.looseReplies
        configuration.usb = way.usb
        configuration.replyTimeout = .seconds(timeout)
        configuration.connectTimeout = .seconds(min(timeout, 30))
        configuration.datagramTimeout = .seconds(max(1, min(timeout, 10) / 3))
        return try await withThrowingTaskGroup(of: Value.self) { [configuration] group in
            group.addTask {
                if way.address.link == .soap {
                    return try await soap(SOAPClient(way.address, commKey: way.commKey, timeout: timeout), way)
                }
                return try await withDeviceSession(
                    to: way.address, configuration: configuration, mustEnable: mustEnable,
                    logger: CommandLogger.make(), over: connectAny
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

extension SOAPClient {
    /// - Parameter timeout: seconds without a byte.
    init(_ address: DeviceAddress, commKey: UInt32, timeout: Int) {
        var configuration = Configuration()
        configuration.connect = .seconds(min(timeout, 30))
        configuration.silence = .seconds(timeout)
        self.init(address, key: CommKey(commKey), configuration: configuration, clock: ContinuousClock())
    }
}
