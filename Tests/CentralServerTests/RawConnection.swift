import NIOCore
import NIOPosix

/// Sends `text` to a loopback port and gives what the server says until it closes the connection.
func rawExchange(port: Int, _ text: String) async throws -> String {
    try await exchange(
        ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(
            host: "127.0.0.1", port: port, channelInitializer: wrap), text)
}

/// The same over a Unix socket.
func rawExchange(path: String, _ text: String) async throws -> String {
    try await exchange(
        ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(
            unixDomainSocketPath: path, channelInitializer: wrap), text)
}

private typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

@Sendable private func wrap(_ channel: any Channel) -> EventLoopFuture<Connection> {
    channel.eventLoop.makeCompletedFuture { try Connection(wrappingChannelSynchronously: channel) }
}

private func exchange(_ connection: Connection, _ text: String) async throws -> String {
    try await connection.executeThenClose { inbound, outbound in
        var answer = ""
        do {
            try await outbound.write(ByteBuffer(string: text))
        } catch is ChannelError {
            // On a busy machine the server may have let go before we began; what it said is still to be read.
        }
        do {
            for try await piece in inbound { answer += String(buffer: piece) }
        } catch let error where error is IOError || error is ChannelError {
            // The server may reset a connection whose request it did not read to the end.
        }
        return answer
    }
}
