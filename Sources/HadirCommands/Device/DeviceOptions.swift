import ArgumentParser
import EdgeDaemon
import Logging
import ZKClient
import ZKClientUSB
import ZKWire

/// Where a device is and how to get in; shared by the commands that talk to one directly.
struct DeviceOptions: ParsableArguments {
    @Argument(
        help: "Where the device is: tcp://HOST[:4370], udp://HOST[:4370], usb://1b55:0a01 or soap://HOST[:80].")
    var url: String

    @Option(help: "The device's comm key, as in its menu (0 for none).")
    var commKey: UInt32 = 0

    @Option(help: ArgumentHelp("Seconds to wait for an answer.", valueName: "seconds"))
    var timeout: Int = 10

    @Flag(help: "Take replies whose number is wrong, as a few firmwares send them (loose_replies in devices.conf).")
    var looseReplies = false

    func validate() throws {
        guard (1...600).contains(timeout) else { throw ValidationError("--timeout is 1 to 600 seconds") }
        do {
            _ = try DeviceAddress(parsing: url)
        } catch {
            throw ValidationError(error.description)
        }
    }

    /// Of the option, or else of the address.
    var key: UInt32 { commKey != 0 ? commKey : (try? DeviceAddress(parsing: url))?.comKey ?? 0 }

    /// Opens a session, runs `body`, and always gives the device back.
    func withDevice<Value: Sendable>(
        _ body: @Sendable (DeviceSession) async throws -> Value, soap: (SOAPClient) async throws -> Value
    ) async throws -> Value {
        let address = try DeviceAddress(parsing: url)
        if address.link == .soap { return try await soap(SOAPClient(address, commKey: key, timeout: timeout)) }
        var configuration = DeviceSession.Configuration()
        configuration.commKey = CommKey(key)
        configuration.looseReplies = looseReplies
        configuration.replyTimeout = .seconds(timeout)
        configuration.connectTimeout = .seconds(min(timeout, 30))
        configuration.datagramTimeout = .seconds(max(1, min(timeout, 10) / 3))
        return try await withDeviceSession(
            to: address, configuration: configuration, logger: CommandLogger.make(), over: connectAny, body)
    }
}

/// Over whichever link the address names.
let connectAny: @Sendable (DeviceAddress, DeviceSession.Configuration) async throws -> any Transport = {
    try await connectDevice(to: $0, configuration: $1, logger: CommandLogger.make())
}

enum CommandLogger {
    /// Commands print what they find; only warnings of the parts below reach standard error.
    static func make() -> Logger {
        var logger = Logger(label: "hadir") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .warning
        return logger
    }
}
