import Foundation
import Logging
import Synchronization
import Testing
import ZKClient
import ZKSimulator
import ZKWire

let quiet = Logger(label: "ZKClientTests", factory: { _ in SwiftLogNoOpLogHandler() })

/// True time in these tests: 2026-11-18 01:46:40 UTC, a Wednesday morning in WIB.
let noon = Date(timeIntervalSince1970: 1_794_966_400)

extension DeviceSession.Configuration {
    /// For real sockets on loopback.
    static var brisk: Self {
        var configuration = Self()
        configuration.exitTimeout = .milliseconds(500)
        return configuration
    }

    /// For lines that lose datagrams on purpose: they are missed soon.
    static var lossy: Self {
        var configuration = Self.brisk
        configuration.datagramTimeout = .milliseconds(60)
        configuration.datagramAttempts = 40
        configuration.grace = .milliseconds(20)
        configuration.exitTimeout = .milliseconds(60)
        return configuration
    }
}

extension DeviceSession.AttendanceOptions {
    /// A year after `noon`.
    static var usual: Self {
        Self(
            latest: PackedTime(.init(year: 2027, month: 11, day: 18, hour: 0, minute: 0, second: 0))
                ?? .init(rawValue: 0))
    }

    static var fromScratch: Self {
        var options = usual
        options.everything = true
        return options
    }

    static var distrusting: Self {
        var options = usual
        options.distrustCounters = true
        return options
    }
}

/// Records as they lie on a device. A failed comparison of two logs prints no megabytes.
struct Raw: Equatable, CustomTestStringConvertible {
    let bytes: [UInt8]

    init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

    func suffix(_ count: Int) -> Raw { Raw(bytes.suffix(count)) }
    func starts(with other: Raw) -> Bool { bytes.starts(with: other.bytes) }

    var testDescription: String { "\(bytes.count) bytes, hash \(bytes.hashValue)" }
}

extension AttendanceRead {
    /// The bytes of all records.
    var raw: Raw { Raw(records.flatMap(\.raw)) }
    /// Of the records behind the old cursor.
    var newRaw: Raw { Raw(records.suffix(newCount).flatMap(\.raw)) }
}

extension SimulatorServer {
    var raw: Raw { Raw(logBytes) }
}

/// A simulated device on loopback for the length of `body`.
func withDevice<Result>(
    _ profile: DeviceProfile = .tft, records: Int = 200, users: Int = 12, capacity: Int? = nil, seed: UInt64 = 7,
    key: CommKey = .none, faults: String = "", adjust: (inout SimulatorConfiguration) -> Void = { _ in },
    _ body: (SimulatorServer) async throws -> Result
) async throws -> Result {
    var configuration = SimulatorConfiguration(
        profile: profile, users: users, records: records, capacity: capacity, seed: seed, commKey: key,
        faults: try Fault.list(faults))
    adjust(&configuration)
    return try await SimulatorServer.with(configuration, clock: { noon }, body)
}

extension SimulatorServer {
    func address(_ link: DeviceAddress.Link) -> DeviceAddress {
        DeviceAddress(link: link, host: "127.0.0.1", port: (link == .tcp ? tcpPort : udpPort) ?? 0)
    }

    /// The first of the links this device has.
    var usualAddress: DeviceAddress { tcpPort == nil ? address(.udp) : address(.tcp) }
}

func session<Result: Sendable>(
    with device: SimulatorServer, over link: DeviceAddress.Link? = nil,
    _ configuration: DeviceSession.Configuration = .brisk, mustEnable: Bool = false,
    _ body: @Sendable (DeviceSession) async throws -> Result
) async throws -> Result {
    try await withDeviceSession(
        to: link.map { device.address($0) } ?? device.usualAddress, configuration: configuration,
        mustEnable: mustEnable, logger: quiet, body)
}

/// One reading in a session of its own.
func reading(
    _ device: SimulatorServer, over link: DeviceAddress.Link? = nil, since cursor: AttendanceCursor? = nil,
    _ options: DeviceSession.AttendanceOptions = .usual, _ configuration: DeviceSession.Configuration = .brisk
) async throws -> AttendanceRead {
    try await session(with: device, over: link, configuration) {
        try await $0.readAttendance(since: cursor, options: options)
    }
}

/// The code of the `DeviceError` that `body` throws; an issue where it throws another or none.
func code(
    _ body: () async throws -> some Sendable, location: SourceLocation = #_sourceLocation
) async -> DeviceError.Code? {
    do {
        let value = try await body()
        Issue.record("no error, but \(value)", sourceLocation: location)
    } catch let error as DeviceError {
        #expect(!error.description.isEmpty, sourceLocation: location)
        return error.code
    } catch {
        Issue.record("\(error) is no DeviceError", sourceLocation: location)
    }
    return nil
}

/// A device without sockets for `LinkedTransport`: what it answers comes at once.
final class DeviceInMemory: Sendable {
    private let device: Mutex<SimulatedDevice>
    private let swallowed = Mutex<Set<Command>>([])

    init(_ profile: DeviceProfile = .tft, records: Int = 200, users: Int = 12, faults: String = "") throws {
        let configuration = SimulatorConfiguration(
            profile: profile, users: users, records: records, seed: 7, faults: try Fault.list(faults))
        device = Mutex(SimulatedDevice(configuration, at: noon))
    }

    /// Frames of this command are lost on the way.
    func swallow(_ commands: Command...) { swallowed.withLock { $0 = Set(commands) } }

    var script: @Sendable (Frame) -> [Frame] {
        { frame in
            guard !self.swallowed.withLock({ $0.contains(frame.command) }) else { return [] }
            return self.device.withLock { $0.receive(frame, from: Peer(.tcp, 1), at: noon).frames.map(\.frame) }
        }
    }

    var statistics: SimulatorStatistics { device.withLock { $0.report(at: noon) } }
    var raw: Raw { Raw(device.withLock { $0.log.bytes }) }
}
