import Foundation
import Logging
import ZKSimulator

#if canImport(Glibc)
    import Glibc
#endif

/// Several simulated devices in one process: the same device with running serials, ports, seeds and control sockets.
struct Fleet {
    static let most = 5000

    let configurations: [SimulatorConfiguration]

    /// - Throws: `FleetError` where a port would be over 65535.
    init(of count: Int, like first: SimulatorConfiguration) throws {
        configurations = try (0..<count).map { number in
            guard count > 1 else { return first }
            var device = first
            device.serial = Self.serial(first.serial, plus: number)
            device.tcp = try Self.address(first.tcp, plus: number)
            device.udp = try Self.address(first.udp, plus: number)
            device.seed = first.seed &+ UInt64(number)
            device.controlPath = first.controlPath.map { "\($0).\(number + 1)" }
            return device
        }
    }

    /// Starts all of them.
    ///
    /// - Throws: what kept one from starting; then none is left running.
    func start(logger: Logger) async throws -> [SimulatorServer] {
        if configurations.count > 1 { Self.allowManyFiles() }
        var servers: [SimulatorServer] = []
        for configuration in configurations {
            let server = SimulatorServer(configuration, logger: logger)
            do {
                try await server.start()
            } catch {
                for server in servers { await server.stop() }
                throw error
            }
            servers.append(server)
        }
        return servers
    }

    /// The digits at the end counted on, no shorter than they were: SIM0000000001 plus 1 is SIM0000000002.
    static func serial(_ serial: String, plus number: Int) -> String {
        let digits = serial.reversed().prefix { $0.isASCII && $0.isNumber }.prefix(18)
        let text = String(Int(String(digits.reversed())).map { $0 + number } ?? number + 1)
        return serial.dropLast(digits.count) + String(repeating: "0", count: max(0, digits.count - text.count)) + text
    }

    /// Port 0 stays: any free one.
    private static func address(
        _ first: SimulatorConfiguration.Address?, plus number: Int
    ) throws -> SimulatorConfiguration.Address? {
        guard let first, first.port > 0 else { return first }
        guard first.port + number <= 65_535 else { throw FleetError(port: first.port) }
        return SimulatorConfiguration.Address(host: first.host, port: first.port + number)
    }

    /// Each device needs a few descriptors; the usual limit of 1024 is for programs that use `select`.
    private static func allowManyFiles() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}

struct FleetError: Error, CustomStringConvertible {
    let port: Int

    var description: String { "--devices: counted on from \(port), the ports end above 65535" }
}
