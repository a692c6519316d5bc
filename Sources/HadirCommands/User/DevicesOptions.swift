import ArgumentParser
import EdgeDaemon
import Foundation
import ZKClient

/// Which devices a command of many is for.
struct DevicesOptions: ParsableArguments {
    @Option(
        name: .customLong("device"),
        help: ArgumentHelp(
            "A name from devices.conf, or an address such as tcp://HOST; may be repeated.", valueName: "device"))
    var devices: [String] = []

    @Flag(help: "All devices of devices.conf.")
    var all = false

    @Option(help: "The devices' comm key, as in their menu (default: as configured, or none).")
    var commKey: UInt32?

    @Option(help: ArgumentHelp("Seconds to wait for an answer.", valueName: "seconds"))
    var timeout: Int = 10

    @Flag(help: "Take replies whose number is wrong, as a few firmwares send them (loose_replies in devices.conf).")
    var looseReplies = false

    @OptionGroup var file: ConfigurationOptions
    @OptionGroup var state: StateOptions

    init() {}

    /// Devices that no option named.
    init(
        devices: [String], all: Bool = false, commKey: UInt32? = nil, timeout: Int = 10, looseReplies: Bool = false,
        file: ConfigurationOptions, state: StateOptions
    ) {
        self.devices = devices
        self.all = all
        self.commKey = commKey
        self.timeout = timeout
        self.looseReplies = looseReplies
        self.file = file
        self.state = state
    }

    func validate() throws {
        guard all != !devices.isEmpty else { throw ValidationError("say --device NAME, once or more, or --all") }
        guard Set(devices).count == devices.count else { throw ValidationError("a device is named twice") }
        try DeviceTarget.validate(timeout: timeout)
        for device in devices { try target(device).validate() }
    }

    private func target(_ device: String) -> DeviceTarget {
        DeviceTarget(
            device: device, commKey: commKey, timeout: timeout, looseReplies: looseReplies, file: file, state: state)
    }

    func targets() throws -> [DeviceTarget] {
        guard all else { return devices.map { target($0) } }
        let configured = try DevicesFile.load(path: file.config).devices.filter { $0.address.link.hasSessions }
        guard !configured.isEmpty else {
            throw CommandFailure(.configuration, "no device in \(file.config) takes commands of this kind")
        }
        return configured.map { target($0.name) }
    }

    /// Devices that `--all` cannot mean, and why. Silence would look as if they had been done, too.
    func leftOut() throws -> [String] {
        guard all else { return [] }
        return try DevicesFile.load(path: file.config).devices.compactMap { device in
            switch device.address.link {
            case .soap: "\(device.name): left out, it is read over its web service; do it at the device's own menu"
            case .push: "\(device.name): left out, it reports by itself; do it at the device's own menu, or: hadir push"
            case .tcp, .udp, .usb: nil
            }
        }
    }

    /// All but one.
    func without(_ name: String) throws -> DevicesOptions {
        for line in try leftOut() { Terminal.say("hadir: \(line)") }
        return DevicesOptions(
            devices: try targets().map(\.device).filter { $0 != name }, commKey: commKey, timeout: timeout,
            looseReplies: looseReplies, file: file, state: state)
    }

    /// So many devices are talked to at a time.
    private static let mostAtOnce = 8

    /// Runs `body` with every device, some at a time. One that fails stands in no other's way.
    ///
    /// - Returns: in the order of the devices.
    func withEach<Value: Sendable>(
        _ purpose: String, mustEnable: Bool = false,
        _ body: @escaping @Sendable (DeviceSession, DeviceTarget.Way) async throws -> Value
    ) async throws -> [(device: String, result: Result<Value, any Error>)] {
        let targets = try targets()
        for line in try leftOut() { Terminal.say("hadir: \(line)") }
        return await withTaskGroup(of: (Int, Result<Value, any Error>).self) { group in
            var waiting = targets.enumerated().makeIterator()
            func startNext() {
                guard let (number, target) = waiting.next() else { return }
                group.addTask {
                    do {
                        return (number, .success(try await target.withSession(purpose, mustEnable: mustEnable, body)))
                    } catch {
                        return (number, .failure(error))
                    }
                }
            }
            for _ in 0..<Self.mostAtOnce { startNext() }
            var results: [Int: Result<Value, any Error>] = [:]
            for await (number, result) in group {
                results[number] = result
                startNext()
            }
            return targets.enumerated().compactMap { number, target in
                results[number].map { (target.device, $0) }
            }
        }
    }
}
