import Foundation
import Synchronization
import Testing
import ZKWire

@testable import ZKSimulator

@Suite("The device on sockets")
struct ServerTests {
    static let links: [(DeviceProfile, Peer.Link)] = [
        (.tft, .tcp), (.tft, .udp), (.tft49, .tcp), (.tft49, .udp), (.legacy, .tcp), (.legacy, .udp), (.old, .udp),
    ]

    static func client(_ server: SimulatorServer, _ link: Peer.Link) throws -> RawClient {
        link == .tcp ? try RawClient(tcp: server.tcpPort) : try RawClient(udp: server.udpPort)
    }

    @Test("log and users are read whole, with a key, over either transport", arguments: links)
    func reads(_ profile: DeviceProfile, _ link: Peer.Link) async throws {
        let configuration = SimulatorConfiguration(
            profile: profile, users: 30, records: 5000, commKey: CommKey(777_777))
        try await SimulatorServer.with(configuration) { server in
            let client = try Self.client(server, link)
            #expect(try client.connect(key: CommKey(777_777)).command == .ackOK)
            let attendance: [UInt8]
            let users: [UInt8]
            if profile.hasBuffer {
                attendance = try client.dataset(.attendance)
                users = try client.dataset(.users)
            } else {
                try client.request(.attendanceRead)
                attendance = try client.burst().filter { $0.command == .data }.flatMap(\.data)
                try client.request(.userTemplateRead, [5])
                users = try client.burst().filter { $0.command == .data }.flatMap(\.data)
            }
            #expect(try Dataset(attendance).body == server.logBytes)
            #expect(try Dataset(users).users(profile.users) == server.users)
            #expect(try Dataset(attendance).isComplete)
        }
    }

    @Test("both transports share a port number, and are served at once")
    func together() async throws {
        try await SimulatorServer.with(SimulatorConfiguration(records: 100)) { server in
            #expect(server.tcpPort == server.udpPort)
            let tcp = try RawClient(tcp: server.tcpPort)
            let udp = try RawClient(udp: server.udpPort)
            try tcp.connect()
            try udp.connect()
            #expect(tcp.session != udp.session)
            #expect(try tcp.dataset(.attendance) == udp.dataset(.attendance))
        }
    }

    @Test("a scan reaches every listener as an event with reply number 0", arguments: links)
    func events(_ profile: DeviceProfile, _ link: Peer.Link) async throws {
        try await SimulatorServer.with(SimulatorConfiguration(profile: profile)) { server in
            let listener = try Self.client(server, link)
            let other = try RawClient(udp: server.udpPort)
            for client in [listener, other] {
                try client.connect()
                #expect(try client.ask(.registerEvent, [0xFF, 0xFF, 0, 0]).command == .ackOK)
            }
            let scan = try server.scan(userID: "4", at: "2026-02-03T07:01:02", state: 1)
            for client in [listener, other] {
                let frame = try client.frame()
                #expect(frame.command == .registerEvent && frame.session == 1 && frame.reply == 0)
                guard case .attendance(let events)? = RealtimeEvent(frame)?.content, let event = events.first else {
                    Issue.record("no attendance event: \(frame)")
                    continue
                }
                #expect(event.time.packed == scan.time && event.state == 1 && event.verify == profile.usualVerify)
                try client.send(Frame(.ackOK, session: client.session))
            }
            #expect(await server.wait { $0.eventsAcknowledged == 2 })
            #expect(server.statistics.eventsSent == 2)
            #expect(try other.ask(.registerEvent, [0, 0, 0, 0]).command == .ackOK)
            #expect(server.statistics.listeners == 1)
        }
    }

    @Test("a second TCP client is refused, hangs or kicks out the first; after EXIT it is served")
    func secondClient() async throws {
        for mode in Fault.SecondClient.allCases {
            let fault = Fault(.secondClient, word: mode.rawValue)
            try await SimulatorServer.with(SimulatorConfiguration(faults: [fault])) { server in
                let first = try RawClient(tcp: server.tcpPort)
                try first.connect()
                let second = try RawClient(tcp: server.tcpPort)
                try second.request(.connect)
                switch mode {
                case .refuse:
                    #expect(try second.next() == nil)
                    #expect(server.statistics.connectionsRefused == 1)
                    #expect(try first.ask(.getTime).command == .ackOK)
                case .hang:
                    #expect(await server.wait { $0.connections == 2 })
                    #expect(try first.ask(.exit).command == .ackOK)
                    #expect(try second.frame().command == .ackOK)
                case .kick:
                    #expect(try second.frame().command == .ackOK)
                    #expect(try first.next() == nil)
                }
            }
        }
    }

    @Test("a client that only opens a connection does not take the place of one that connects")
    func idleConnection() async throws {
        try await SimulatorServer.with(SimulatorConfiguration()) { server in
            let idle = try RawClient(tcp: server.tcpPort)
            let client = try RawClient(tcp: server.tcpPort)
            #expect(try client.connect().command == .ackOK)
            try idle.request(.connect)
            #expect(try idle.next() == nil)
            #expect(try client.ask(.getTime).command == .ackOK)
        }
    }

    @Test("frames in one write, a frame in single bytes, and bytes that are no frame")
    func framing() async throws {
        try await SimulatorServer.with(SimulatorConfiguration()) { server in
            let client = try RawClient(tcp: server.tcpPort)
            try client.connect()
            let two =
                Frame(.getTime, session: client.session, reply: 8).enveloped()
                + Frame(.getVersion, session: client.session, reply: 9).enveloped()
            try client.send(bytes: two)
            #expect([try client.frame().reply, try client.frame().reply] == [8, 9])
            let split = Frame(.getTime, session: client.session, reply: 10).enveloped()
            for byte in split { try client.send(bytes: [byte]) }
            #expect(try client.frame().reply == 10)
            var broken = Frame(.getTime, session: client.session, reply: 11).enveloped()
            broken[10] ^= 1
            try client.send(bytes: broken)
            #expect(try client.ask(.getTime).command == .ackOK)
            try client.send(bytes: Array("GET / HTTP/1.1\r\n\r\n".utf8))
            #expect(try client.next() == nil)
            #expect(server.statistics.framesRejected == 2)
        }
    }

    @Test("after a restart sessions, registrations and disablement are gone, the log is not")
    func restart() async throws {
        try await SimulatorServer.with(SimulatorConfiguration(records: 10)) { server in
            let client = try RawClient(tcp: server.tcpPort)
            let udp = try RawClient(udp: server.udpPort)
            try client.connect()
            try udp.connect()
            _ = try client.ask(.disableDevice)
            _ = try udp.ask(.registerEvent, [1, 0, 0, 0])
            #expect(try client.ask(.restart).command == .ackOK)
            #expect(try client.next() == nil)
            #expect(try udp.ask(.getTime).command == .ackUnauthorised)
            let report = server.statistics
            #expect(report.listeners == 0 && !report.isDisabled && report.records == 10 && report.destructive == 1)
        }
    }

    @Test("a silent device keeps its connection and answers later requests only")
    func silence() async throws {
        let clock = TestClock()
        try await SimulatorServer.with(SimulatorConfiguration(), clock: { clock.now }) { server in
            let client = try RawClient(tcp: server.tcpPort)
            try client.connect()
            server.silence(for: .seconds(30))
            try client.request(.getTime)
            #expect(await server.wait { $0.count(.getTime) == 1 })
            clock.advance(by: 29)
            try client.request(.getVersion)
            #expect(await server.wait { $0.count(.getVersion) == 1 })
            clock.advance(by: 1)
            let reply = try client.request(.getTime)
            #expect(try client.frame().reply == reply)
        }
    }

    @Test("connections can be dropped, the serial swapped, and the server stopped and started with what it had")
    func control() async throws {
        let server = SimulatorServer(SimulatorConfiguration(serial: "SIM1", records: 3))
        try await server.start()
        let port = server.tcpPort
        let client = try RawClient(tcp: port)
        try client.connect()
        #expect(try DeviceOption(client.ask(.optionRead, DeviceOption.request("~SerialNumber")).data)?.value == "SIM1")
        server.setSerial("SIM2")
        #expect(try DeviceOption(client.ask(.optionRead, DeviceOption.request("~SerialNumber")).data)?.value == "SIM2")
        server.dropConnections()
        #expect(try client.next() == nil)
        try server.scan(userID: "2")
        await server.stop()
        #expect(throws: RawClient.Failure.self) { try RawClient(tcp: port) }
        try await server.start()
        #expect(server.tcpPort == port)
        let again = try RawClient(tcp: port)
        try again.connect()
        #expect(try Dataset(again.dataset(.attendance)).body.count == 4 * 40)
        await server.stop()
    }

    @Test("something can be made to happen right before a command is answered, once each")
    func interruptions() async throws {
        try await SimulatorServer.with(SimulatorConfiguration(records: 30)) { server in
            server.beforeNext(.prepareBuffer) { _ = try? $0.scan(userID: "3") }
            server.beforeNext(.prepareBuffer) { $0.clearLog() }
            let client = try RawClient(tcp: server.tcpPort)
            try client.connect()
            #expect(FreeSizes(try client.ask(.getFreeSizes).data)?.attendance == 30)
            #expect(try Dataset(client.dataset(.attendance)).body.count == 31 * 40)
            #expect(try Dataset(client.dataset(.attendance)).body.isEmpty)
            try server.scan(userID: "4")
            #expect(try Dataset(client.dataset(.attendance)).body.count == 40)
        }
    }

    @Test("a wait ends when what it waits for happens, and with false when it does not")
    func waiting() async throws {
        try await SimulatorServer.with(SimulatorConfiguration()) { server in
            async let scanned = server.wait(upTo: .seconds(30)) { $0.scans == 1 }
            try server.scan(userID: "1")
            #expect(await scanned)
            #expect(await !server.wait(upTo: .milliseconds(20)) { $0.scans == 2 })
        }
    }

    @Test("an address in use is an error that names it")
    func addressInUse() async throws {
        try await SimulatorServer.with(SimulatorConfiguration()) { server in
            let port = try #require(server.tcpPort)
            let second = SimulatorServer(SimulatorConfiguration(tcp: .init(port: port), udp: nil))
            let error = await #expect(throws: SimulatorStartError.self) { try await second.start() }
            #expect(error?.description.contains("tcp 127.0.0.1:\(port)") == true)
        }
    }

    @Test("100,000 records are read whole")
    func large() async throws {
        let server = SimulatorServer(SimulatorConfiguration(users: 500, records: 100_000))
        try await server.start()
        let client = try RawClient(tcp: server.tcpPort)
        try client.connect()
        #expect(try client.dataset(.attendance).count == 4_000_004)
        await server.stop()
    }
}

/// A true time that is moved by hand.
final class TestClock: Sendable {
    private let moment = Mutex(DeviceFixture.moment)

    var now: Date { moment.withLock { $0 } }

    func advance(by seconds: Double) { moment.withLock { $0 += seconds } }
}
