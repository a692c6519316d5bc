import NIOCore
import NIOPosix

/// Sends `text` to a loopback port and gives what the server says until it closes the connection.
func rawExchange(port: Int, _ text: String) async throws -> String {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connect(host: "127.0.0.1", port: port) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
        }
    return try await channel.executeThenClose { inbound, outbound in
        try await outbound.write(ByteBuffer(string: text))
        var answer = ""
        do {
            for try await piece in inbound { answer += String(buffer: piece) }
        } catch is IOError {
            // The server may reset a connection whose request it did not read to the end.
        }
        return answer
    }
}
