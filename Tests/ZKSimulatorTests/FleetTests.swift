import Foundation
import Testing

@testable import ZKSimulator

@Suite("Several devices in one process")
struct FleetTests {
    @Test("serials, ports, seeds and control sockets are counted on")
    func counted() throws {
        var first = SimulatorConfiguration(
            serial: "SIM0098", tcp: .init(port: 4370), udp: .init(port: 0), records: 5, seed: 7)
        first.controlPath = "/run/sim"
        let devices = try SimulatorFleet(of: 3, like: first).configurations
        #expect(devices.map(\.serial) == ["SIM0098", "SIM0099", "SIM0100"])
        #expect(devices.map { $0.tcp?.port } == [4370, 4371, 4372])
        #expect(devices.map { $0.udp?.port } == [0, 0, 0], "any free one each")
        #expect(devices.map(\.seed) == [7, 8, 9])
        #expect(devices.map(\.controlPath) == ["/run/sim.1", "/run/sim.2", "/run/sim.3"])
    }

    @Test("one device is the device as configured")
    func one() throws {
        var first = SimulatorConfiguration(serial: "LOBBY")
        first.controlPath = "/run/sim"
        let device = try #require(try SimulatorFleet(of: 1, like: first).configurations.first)
        #expect((device.serial, device.controlPath) == ("LOBBY", "/run/sim"))
        #expect(try SimulatorFleet(of: 2, like: first).configurations.map(\.serial) == ["LOBBY1", "LOBBY2"])
    }

    @Test("ports do not run out silently")
    func ports() throws {
        let first = SimulatorConfiguration(tcp: .init(port: 65_530))
        #expect(throws: SimulatorFleetError.self) { try SimulatorFleet(of: 10, like: first) }
    }

    @Test("each answers on its own port, with its own serial")
    func running() async throws {
        let fleet = try SimulatorFleet(of: 5, like: SimulatorConfiguration(serial: "MANY01", udp: nil))
        let servers = try await fleet.start()
        #expect(Set(servers.compactMap(\.tcpPort)).count == 5)
        for server in servers { await server.stop() }
    }
}
