import Logging

/// Several simulated devices in one process: the same device with running serials, ports, seeds and control sockets.
package struct SimulatorFleet: Sendable {
    package static let most = 5000

    package let configurations: [SimulatorConfiguration]

    /// - Throws: `SimulatorFleetError` where a port would be over 65535.
    package init(of count: Int, like first: SimulatorConfiguration) throws {
        configurations = try (0..<count).map { number in
            guard count > 1 else { return first }
            var device = first
            device.serial = Self.serial(first.serial, plus: number)
            device.tcp = try Self.address(first.tcp, plus: number)
            device.udp = try Self.address(first.udp, plus: number)
            device.soap = try Self.address(first.soap, plus: number)
            device.seed = first.seed &+ UInt64(number)
            device.controlPath = first.controlPath.map { "\($0).\(number + 1)" }
            return device
        }
    }

    /// Starts all of them; they share the process's event loops.
    ///
    /// - Throws: what kept one from starting; then none is left running.
    package func start(
        logger: Logger = Logger(label: "hadir-sim", factory: { _ in SwiftLogNoOpLogHandler() })
    ) async throws -> [SimulatorServer] {
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

    /// The digits at the end counted on, no shorter than they were: SIM0000000009 plus 1 is SIM0000000010.
    private static func serial(_ serial: String, plus number: Int) -> String {
        let digits = String(serial.reversed().prefix { $0.isASCII && $0.isNumber }.prefix(18).reversed())
        let text = String(Int(digits).map { $0 + number } ?? number + 1)
        return serial.dropLast(digits.count) + String(repeating: "0", count: max(0, digits.count - text.count)) + text
    }

    /// Port 0 stays: any free one.
    private static func address(
        _ first: SimulatorConfiguration.Address?, plus number: Int
    ) throws -> SimulatorConfiguration.Address? {
        guard let first, first.port > 0 else { return first }
        guard first.port + number <= 65_535 else { throw SimulatorFleetError(port: first.port) }
        return SimulatorConfiguration.Address(host: first.host, port: first.port + number)
    }
}

package struct SimulatorFleetError: Error, CustomStringConvertible {
    let port: Int

    package var description: String { "counted on from \(port), the ports end above 65535" }
}
