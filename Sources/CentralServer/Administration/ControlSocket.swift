import Foundation
import Glibc
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// The running server's side of `control.sock`: one line of JSON in, one line out, for its own user and root.
struct ControlServer: Service {
    let path: String
    let administration: Administration
    let logger: Logger

    /// A list of all employees is a line; only root and the server's own user may send one.
    static let longestLine = 16 << 20

    private typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    func run() async throws {
        let server: NIOAsyncChannel<Connection, Never>
        do {
            server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true) { channel in
                    channel.eventLoop.makeCompletedFuture { try Connection(wrappingChannelSynchronously: channel) }
                }
        } catch {
            throw CentralError(.io, "cannot make the control socket \(path): \(error)")
        }
        guard chmod(path, 0o660) == 0 else { throw CentralError(.io, "cannot set the permissions of \(path)") }
        defer { unlink(path) }
        do {
            try await cancelWhenGracefulShutdown { try await accept(server) }
        } catch is CancellationError {
            logger.debug("control.closed")
        }
    }

    private func accept(_ server: NIOAsyncChannel<Connection, Never>) async throws {
        try await server.executeThenClose { connections in
            try await withThrowingDiscardingTaskGroup { group in
                for try await connection in connections { group.addTask { await serve(connection) } }
            }
        }
    }

    private func serve(_ connection: Connection) async {
        do {
            let peer = try await peer(connection.channel)
            try await connection.executeThenClose { inbound, outbound in
                guard peer == 0 || peer == geteuid() else {
                    logger.warning("control.refused", metadata: ["user": "\(peer)"])
                    let refused = ControlAnswer.refused(
                        kind: .permission, text: "only the server's own user and root may do this")
                    return try await outbound.write(Self.line(refused))
                }
                guard let line = try await Self.firstLine(inbound),
                    let request = try? JSONDecoder().decode(ControlRequest.self, from: Data(line.readableBytesView))
                else {
                    let refused = ControlAnswer.refused(
                        kind: .usage, text: "the server does not know this request; are both of one version?")
                    return try await outbound.write(Self.line(refused))
                }
                let answer = await administration.perform(request, by: .operatorOfMachine(peer))
                note(request, answer, peer: peer)
                try await outbound.write(Self.line(answer))
            }
        } catch {
            logger.debug("control.ended", metadata: ["error": "\(error)"])
        }
    }

    /// Who may see the pages changes rarely, and somebody may ask later when it did.
    private func note(_ request: ControlRequest, _ answer: ControlAnswer, peer: uid_t) {
        guard case .account(let change) = request else { return }
        let what: Logger.MetadataValue = "\(change.words.what)"
        switch answer {
        case .account(let name):
            logger.notice("account.changed", metadata: ["account": "\(name)", "what": what, "by": "\(peer)"])
        // Of slips only how many, and whose where it is one: what stands on them is never logged.
        case .slips(let batch):
            let account = batch.slips.count == 1 ? batch.slips.first?.account : nil
            logger.notice(
                "account.changed",
                metadata: [
                    "account": "\(account ?? "\(batch.slips.count) accounts")", "what": what, "by": "\(peer)",
                ])
        default: break
        }
    }

    /// The user at the other end, as the kernel knows it.
    private func peer(_ channel: any Channel) async throws -> uid_t {
        guard let options = channel as? any SocketOptionProvider else { throw ChannelError.operationUnsupported }
        let credentials: PeerCredentials = try await options.unsafeGetSocketOption(
            level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED)
        ).get()
        return credentials.uid
    }

    /// `nil` where the connection ends or the line grows over the limit before its end.
    static func firstLine(_ inbound: NIOAsyncChannelInboundStream<ByteBuffer>) async throws -> ByteBuffer? {
        var text = ByteBuffer()
        for try await var piece in inbound {
            // Only in what came now: a long line comes in very many pieces.
            let end = piece.readableBytesView.firstIndex(of: UInt8(ascii: "\n")).map { end in
                text.writerIndex + end - piece.readerIndex
            }
            text.writeBuffer(&piece)
            if let end { return text.getSlice(at: text.readerIndex, length: end - text.readerIndex) }
            guard text.readableBytes <= longestLine else { return nil }
        }
        return nil
    }

    static func line(_ value: some Encodable) throws -> ByteBuffer {
        ByteBuffer(bytes: try JSONEncoder().encode(value) + [UInt8(ascii: "\n")])
    }
}

/// The kernel's `struct ucred`, which Glibc's module does not show.
private struct PeerCredentials {
    let pid: pid_t
    let uid: uid_t
    let gid: gid_t
}

/// A command's side of `control.sock`.
enum ControlClient {
    /// - Returns: `nil` where nothing takes connections there, and so nothing was asked.
    /// - Throws: `CentralError` where no server answers within `deadline`.
    static func send(_ request: ControlRequest, to path: String, within deadline: Duration = .seconds(120))
        async throws -> ControlAnswer?
    {
        try await withThrowingTaskGroup(of: ControlAnswer?.self) { group in
            group.addTask { try await exchange(request, path) }
            group.addTask {
                try await Task.sleep(for: deadline)
                throw CentralError(.unavailable, "the running hadir-central did not answer within \(deadline)")
            }
            defer { group.cancelAll() }
            guard let answer = try await group.next() else { throw CancellationError() }
            return answer
        }
    }

    private static func exchange(_ request: ControlRequest, _ path: String) async throws -> ControlAnswer? {
        let connection: NIOAsyncChannel<ByteBuffer, ByteBuffer>
        do {
            connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(unixDomainSocketPath: path) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                    }
                }
        } catch let error as IOError where error.errnoCode == EACCES {
            throw CentralError(
                .permission, "\(path) may not be used by this user; run it as root or the centre's own user")
        } catch {
            return nil
        }
        return try await connection.executeThenClose { inbound, outbound in
            try await outbound.write(ControlServer.line(request))
            guard let line = try await ControlServer.firstLine(inbound),
                let answer = try? JSONDecoder().decode(ControlAnswer.self, from: Data(line.readableBytesView))
            else {
                throw CentralError(.unavailable, "the running hadir-central ended the connection without an answer")
            }
            return answer
        }
    }
}
