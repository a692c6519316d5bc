import Crypto
import Foundation
import NIOCore
import NIOHTTP1
import NIOHTTPCompression
import NIOPosix
import NIOSSL
import Synchronization

/// A small HTTP server on loopback that answers as told.
final class LoopbackServer: Sendable {
    enum Behaviour: Sendable {
        case answer(HTTPResponseStatus, HTTPHeaders = [:], [UInt8] = [])
        /// Says keep-alive, and closes when it has answered.
        case answerAndClose
        /// Closes when the request is there.
        case close
        /// Closes in the middle of an answer.
        case halfAnswer
        /// Never answers.
        case silence
        /// Bytes that are no HTTP.
        case garbage
    }

    struct Request: Sendable {
        let head: HTTPRequestHead
        let body: [UInt8]
    }

    private struct State {
        var behaviours: [Behaviour] = []
        var requests: [Request] = []
        var connections = 0
    }

    private let state = Mutex(State())
    private let channel: any Channel
    /// The number of requests, as each arrives whole.
    let arrivals: AsyncStream<Int>
    private let sink: AsyncStream<Int>.Continuation
    /// One for each connection that the other side has ended.
    let closings: AsyncStream<Void>
    private let closingSink: AsyncStream<Void>.Continuation

    var port: Int { channel.localAddress?.port ?? 0 }
    var requests: [Request] { state.withLock { $0.requests } }
    var connections: Int { state.withLock { $0.connections } }

    /// - Parameter unzips: bodies are what was compressed; otherwise they are as sent.
    static func with<Value>(
        _ behaviours: [Behaviour], tls: NIOSSLContext? = nil, unzips: Bool = false,
        _ work: (LoopbackServer) async throws -> Value
    ) async throws -> Value {
        let box = Mutexed<LoopbackServer?>(nil)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
                    try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false)
                    if unzips { try pipeline.addHandler(NIOHTTPRequestDecompressor(limit: .none)) }
                    try pipeline.addHandler(Handler(server: box.value))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let server = LoopbackServer(channel)
        server.state.withLock { $0.behaviours = behaviours }
        box.value = server
        do {
            let value = try await work(server)
            try await channel.close()
            return value
        } catch {
            try await channel.close()
            throw error
        }
    }

    private init(_ channel: any Channel) {
        self.channel = channel
        (arrivals, sink) = AsyncStream.makeStream()
        (closings, closingSink) = AsyncStream.makeStream()
    }

    private func connected() { state.withLock { $0.connections += 1 } }

    private func arrived(_ request: Request) -> Behaviour {
        let (count, behaviour): (Int, Behaviour) = state.withLock { state in
            state.requests.append(request)
            return (state.requests.count, state.behaviours.isEmpty ? .answer(.ok) : state.behaviours.removeFirst())
        }
        sink.yield(count)
        return behaviour
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let server: LoopbackServer?
        private var head: HTTPRequestHead?
        private var body: [UInt8] = []

        init(server: LoopbackServer?) { self.server = server }

        func channelActive(context: ChannelHandlerContext) { server?.connected() }

        func channelInactive(context: ChannelHandlerContext) { server?.closingSink.yield() }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): self.head = head
            case .body(let part): body += part.readableBytesView
            case .end:
                guard let head, let server else { return }
                let request = Request(head: head, body: body)
                (self.head, body) = (nil, [])
                answer(server.arrived(request), context)
            }
        }

        private func answer(_ behaviour: Behaviour, _ context: ChannelHandlerContext) {
            switch behaviour {
            case .answer(let status, let headers, let body): send(status, headers, body, context)
            case .answerAndClose:
                send(.ok, [:], Array("goodbye".utf8), context)
                context.close(promise: nil)
            case .close: context.close(promise: nil)
            case .halfAnswer:
                let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-length": "1000"])
                context.write(wrapOutboundOut(.head(head)), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: "half")))), promise: nil)
                context.close(promise: nil)
            case .silence: break
            case .garbage:
                let raw = NIOAny(IOData.byteBuffer(ByteBuffer(string: "SSH-2.0-not-http\r\n\r\n")))
                context.channel.pipeline.syncOperations.writeToWire(raw)
            }
        }

        private func send(
            _ status: HTTPResponseStatus, _ headers: HTTPHeaders, _ body: [UInt8], _ context: ChannelHandlerContext
        ) {
            var headers = headers
            headers.add(name: "content-length", value: "\(body.count)")
            let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}

extension ChannelPipeline.SynchronousOperations {
    /// Past the HTTP encoder.
    fileprivate func writeToWire(_ data: NIOAny) {
        guard let first = try? context(handlerType: HTTPResponseEncoder.self) else { return }
        first.writeAndFlush(data, promise: nil)
    }
}

/// A self-signed certificate, made with openssl in a directory that goes away.
struct TestCertificate {
    let context: NIOSSLContext
    /// SHA-256 of the public key info, worked out by openssl.
    let pin: [UInt8]

    let certificate: NIOSSLCertificate

    /// - Parameter renewing: makes another certificate for the key of the one of that name.
    init(in directory: String, name: String = "localhost", renewing: String? = nil) throws {
        let (key, certificate) = (directory + "/\(renewing ?? name).key", directory + "/\(name).pem")
        let info = directory + "/\(name).spki"
        if renewing == nil { try Self.openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key) }
        try Self.openssl(
            "req", "-x509", "-new", "-key", key, "-days", "2", "-subj", "/CN=\(name)",
            "-addext", "subjectAltName=DNS:\(name)", "-out", certificate)
        try Self.openssl("x509", "-in", certificate, "-pubkey", "-noout", "-out", info + ".pem")
        try Self.openssl("pkey", "-pubin", "-in", info + ".pem", "-outform", "DER", "-out", info)
        pin = Array(SHA256.hash(data: try Data(contentsOf: URL(filePath: info))))
        let chain = try NIOSSLCertificate.fromPEMFile(certificate)
        guard let first = chain.first else { throw FixtureError(what: "no certificate") }
        self.certificate = first
        context = try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))))
    }

    private static func openssl(_ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw FixtureError(what: "openssl \(arguments)") }
    }
}

/// Names every host this machine, so many times, and then none.
final class FailingResolver: Resolver, Sendable {
    private let left: Mutex<Int>
    private let count = Mutex(0)

    /// How often a name was to be resolved.
    var asked: Int { count.withLock { $0 } }

    init(answers: Int) { left = Mutex(answers) }

    func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        count.withLock { $0 += 1 }
        let mayAnswer = left.withLock { left in
            left -= 1
            return left >= 0
        }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        guard mayAnswer, let address = try? SocketAddress(ipAddress: "127.0.0.1", port: port) else {
            return loop.makeFailedFuture(FixtureError(what: "no such name"))
        }
        return loop.makeSucceededFuture([address])
    }

    func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        MultiThreadedEventLoopGroup.singleton.next().makeFailedFuture(FixtureError(what: "no such name"))
    }

    func cancelQueries() {}
}
