import NIOCore
import NIOPosix
import Testing
import ZKClient
import ZKSimulator
import ZKWire

/// Every cause in zk-field-notes, section 1, has its own code, and nobody is hammered.
@Suite("Connecting", .timeLimit(.minutes(1)))
struct ConnectTests {
    static let links = [DeviceAddress.Link.tcp, .udp]

    @Test("An open device, and one that wants a key although none is set", arguments: links, [false, true])
    func opens(_ link: DeviceAddress.Link, _ alwaysAsks: Bool) async throws {
        try await withDevice(adjust: { $0.alwaysAsksKey = alwaysAsks }) { device in
            let serial = try await session(with: device, over: link) { try await $0.serialNumber() }
            #expect(serial == "SIM0000000001")
            let statistics = device.statistics
            #expect(statistics.count(.auth) == (alwaysAsks ? 1 : 0))
            #expect(statistics.count(.connect) == 1 && statistics.count(.exit) == 1)
        }
    }

    @Test("D14 The right key opens, the wrong one is refused once and not tried again", arguments: links)
    func keys(_ link: DeviceAddress.Link) async throws {
        try await withDevice(key: CommKey(123_456)) { device in
            var configuration = DeviceSession.Configuration.brisk
            configuration.commKey = CommKey(123_456)
            _ = try await session(with: device, over: link, configuration) { try await $0.serialNumber() }
            #expect(device.statistics.keysRefused == 0)
            for wrong in [CommKey.none, CommKey(654_321)] {
                configuration.commKey = wrong
                let refusals = device.statistics.keysRefused
                let asked = configuration
                #expect(await code { try await session(with: device, over: link, asked) { _ in } } == .keyRefused)
                #expect(device.statistics.keysRefused == refusals + 1)
            }
            #expect(DeviceError(.keyRefused, "connect").isRetryable == false)
        }
    }

    @Test("6001 is told as what it is", arguments: links)
    func newHandshake(_ link: DeviceAddress.Link) async throws {
        try await withDevice(faults: "refuse-6001") { device in
            #expect(await code { try await session(with: device, over: link) { _ in } } == .newHandshake)
            #expect(device.statistics.count(.connect) == 1)
        }
    }

    @Test("An access panel on the same port is known by its first bytes")
    func accessPanel() async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Panel()) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let address = DeviceAddress(link: .tcp, host: "127.0.0.1", port: server.localAddress?.port ?? 0)
        let found = await code {
            try await withDeviceSession(to: address, configuration: .brisk, logger: quiet) { _ in }
        }
        #expect(found == .accessPanel)
        try await server.close()
    }

    @Test("A port nobody listens on is refused, over TCP at once, over UDP by ICMP", arguments: links)
    func refused(_ link: DeviceAddress.Link) async throws {
        let address = try await withDevice { $0.address(link) }
        let found = await code {
            try await withDeviceSession(to: address, configuration: .brisk, logger: quiet) { _ in }
        }
        #expect(found == .refused)
    }

    @Test("A name without an address", arguments: links)
    func nameNotFound(_ link: DeviceAddress.Link) async throws {
        let address = DeviceAddress(link: link, host: "no-such-device.invalid")
        let found = await code {
            try await withDeviceSession(to: address, configuration: .brisk, logger: quiet) { _ in }
        }
        #expect(found == .nameNotFound)
    }

    @Test("IPv6", arguments: links)
    func ipv6(_ link: DeviceAddress.Link) async throws {
        let local = SimulatorConfiguration.Address(host: "::1")
        try await withDevice(adjust: { ($0.tcp, $0.udp) = (local, local) }) { device in
            let port = try #require(link == .tcp ? device.tcpPort : device.udpPort)
            let address = try DeviceAddress(parsing: "\(link.rawValue)://[::1]:\(port)")
            let serial = try await withDeviceSession(to: address, configuration: .brisk, logger: quiet) {
                try await $0.serialNumber()
            }
            #expect(serial == "SIM0000000001")
        }
    }

    @Test("D13 A second client is refused, and told that the link was lost")
    func secondRefused() async throws {
        try await withDevice(faults: "second-client=refuse") { device in
            try await session(with: device, over: .tcp) { first in
                #expect(await code { try await session(with: device, over: .tcp) { _ in } } == .linkLost)
                _ = try await first.deviceTime()
            }
        }
    }

    @Test("A second client that is left hanging gives up, and the first notices nothing")
    func secondHangs() async throws {
        try await withDevice(faults: "second-client=hang") { device in
            try await session(with: device, over: .tcp) { first in
                var configuration = DeviceSession.Configuration.brisk
                configuration.replyTimeout = .milliseconds(150)
                let asked = configuration
                #expect(await code { try await session(with: device, over: .tcp, asked) { _ in } } == .noAnswer)
                _ = try await first.deviceTime()
            }
        }
    }

    @Test("Another program that takes the session ends ours with an error")
    func kicked() async throws {
        try await withDevice(faults: "second-client=kick") { device in
            let found = await code {
                try await session(with: device, over: .tcp) { first in
                    _ = try await first.deviceTime()
                    try await session(with: device, over: .tcp) { _ = try await $0.deviceTime() }
                    return try await first.deviceTime()
                }
            }
            #expect(found == .linkLost)
        }
    }

    @Test("A smaller TCP segment may be offered, for links that swallow large ones")
    func segmentSize() async throws {
        try await withDevice(records: 3000) { device in
            var configuration = DeviceSession.Configuration.brisk
            configuration.segment = 1200
            let read = try await reading(device, over: .tcp, .usual, configuration)
            #expect(read.records.count == 3000)
        }
    }

    @Test(
        "Addresses",
        arguments: [
            ("tcp://192.168.1.201:4370", DeviceAddress.Link.tcp, "192.168.1.201", 4370),
            ("udp://lobby", .udp, "lobby", 4370), ("TCP://[fe80::1]:99", .tcp, "fe80::1", 99),
            ("udp://[::1]", .udp, "::1", 4370),
        ])
    func addresses(_ text: String, _ link: DeviceAddress.Link, _ host: String, _ port: Int) throws {
        let address = try DeviceAddress(parsing: text)
        #expect(address == DeviceAddress(link: link, host: host, port: port))
        #expect(try DeviceAddress(parsing: address.description) == address)
    }

    @Test(
        "Text that is no address",
        arguments: [
            "", "192.168.1.201", "http://lobby", "tcp://", "tcp://:4370", "tcp://lobby:0", "tcp://lobby:65536",
            "tcp://lobby:x",
            "tcp://[::1", "tcp://[::1]4370", "tcp://::1:4370", "tcp://lobby/path", "tcp://lobby:", "tcp://user@lobby",
            "tcp://[]:4370", "tcp://a b",
        ])
    func noAddress(_ text: String) {
        #expect(throws: DeviceAddressError.self) { try DeviceAddress(parsing: text) }
    }
}

extension ConnectTests {
    @Test("A key in an address is taken from a SOAP one only, and stands in no error and no description")
    func keyInAddress() throws {
        let address = try DeviceAddress(parsing: "soap://192.168.1.201?com_key=736251")
        #expect(address.comKey == 736_251 && address.port == 80)
        #expect(address.description == "soap://192.168.1.201:80")
        for text in [
            "soap://[::1?com_key=736251", "soap://?com_key=736251", "soap://a:0?com_key=736251",
            "sopa://a?com_key=736251",
            "tcp://a?com_key=736251", "soap://a?com_key=736251&x=1", "soap://a?comkey=736251",
            "soap://a?com_key=736251" + String(repeating: "0", count: 600),
        ] {
            let error = #expect(throws: DeviceAddressError.self) { try DeviceAddress(parsing: text) }
            #expect(error.map { "\($0)" }?.contains("736251") == false, "\(text)")
        }
    }
}

/// Answers whatever it is asked the way a door controller does.
private final class Panel: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.writeAndFlush(NIOAny(ByteBuffer(bytes: [0xAA, 0x01, 0x00, 0x55])), promise: nil)
    }
}
