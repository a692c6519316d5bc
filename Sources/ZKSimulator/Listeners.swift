import NIOCore
import NIOPosix

/// Binds the sockets of one device, all on its event loop.
struct Listeners {
    let server: SimulatorServer
    let hub: NIOLoopBound<LinkHub>

    func tcp(_ address: SimulatorConfiguration.Address, port: Int) async throws -> any Channel {
        let hub = hub
        return try await bound("tcp \(address.host):\(port)") {
            try await ServerBootstrap(group: server.loop, childGroup: server.loop)
                .serverChannelOption(.backlog, value: 16)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(hub.value.makeTCPLink())
                    }
                }
                .bind(host: address.host, port: port).get()
        }
    }

    /// A device answers both transports on one port number: where any port will do, the TCP port's number is tried
    /// first.
    func udp(_ address: SimulatorConfiguration.Address, port: Int, like tcpPort: Int?) async throws -> any Channel {
        if port == 0, let tcpPort, let channel = try? await udp(address.host, port: tcpPort) { return channel }
        return try await bound("udp \(address.host):\(port)") { try await udp(address.host, port: port) }
    }

    private func udp(_ host: String, port: Int) async throws -> any Channel {
        let hub = hub
        return try await DatagramBootstrap(group: server.loop)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 4096))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(hub.value.makeUDPLink())
                }
            }
            .bind(host: host, port: port).get()
    }

    func soap(
        _ address: SimulatorConfiguration.Address, port: Int, _ door: NIOLoopBound<SOAPDoor>
    ) async throws -> any Channel {
        try await bound("soap \(address.host):\(port)") {
            try await ServerBootstrap(group: server.loop, childGroup: server.loop)
                .serverChannelOption(.backlog, value: 16)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(SOAPLink(door: door.value))
                    }
                }
                .bind(host: address.host, port: port).get()
        }
    }

    func control(_ path: String) async throws -> any Channel {
        let server = server
        return try await bound("control socket \(path)") {
            try await ServerBootstrap(group: server.loop, childGroup: server.loop)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(ControlLink(server: server))
                    }
                }
                .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
        }
    }

    private func bound(_ what: String, _ bind: () async throws -> any Channel) async throws -> any Channel {
        do {
            return try await bind()
        } catch {
            throw SimulatorStartError(what: what, cause: error)
        }
    }
}
