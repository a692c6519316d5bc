import Foundation
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import PageSupport
import ServiceSupport
import Synchronization

/// The clerk's page, and `/livez`, `/readyz` and `/metrics`, for this computer only.
///
/// It must never be in the way of collecting: it does no work of its own, holds few connections, and where it cannot
/// listen it says so and tries again.
package struct StatusServer: Sendable {
    typealias Inbound = HTTPServerRequestPart
    typealias Outbound = HTTPPart<HTTPResponseHead, ByteBuffer>
    typealias Connection = NIOAsyncChannel<Inbound, Outbound>

    struct Answer: Sendable {
        var status: HTTPResponseStatus
        var contentType = "text/plain; charset=utf-8"
        var body: String
        /// In place of `body`: a file.
        var bytes: [UInt8]?
        /// Besides those that every answer has.
        var headers: [(name: String, value: String)] = []
    }

    static let mostConnections = 64
    private static let retryWait = Duration.seconds(60)

    let address: EdgeConfiguration.ListenAddress
    let source: StatusSource
    let page: OfficePage
    let imports: ImportPage
    /// `nil` where nothing can be carried.
    let carry: CarryPage?
    let environment: EdgeEnvironment
    /// Called with what prevents serving, once each time it begins.
    let failed: @Sendable (String) -> Void
    /// For a whole request, from connecting or the answer before on.
    let requestTimeout: TimeAmount
    private let open = ConnectionCount()
    private let uploads = ConnectionCount()
    private static let mostUploads = 2

    init(
        address: EdgeConfiguration.ListenAddress, source: StatusSource, page: OfficePage, imports: ImportPage,
        carry: CarryPage? = nil, environment: EdgeEnvironment,
        requestTimeout: TimeAmount = .seconds(10), failed: @escaping @Sendable (String) -> Void
    ) {
        self.address = address
        self.source = source
        self.page = page
        self.imports = imports
        self.carry = carry
        self.environment = environment
        self.failed = failed
        self.requestTimeout = requestTimeout
    }

    /// Serves until cancelled; never ends because of an error.
    ///
    /// - Parameters:
    ///   - ready: called with the port when it listens.
    ///   - tried: called once, when it listens or cannot.
    func run(
        ready: @escaping @Sendable (Int) -> Void = { _ in }, tried: @escaping @Sendable () -> Void = {}
    ) async {
        var isTold = false
        while !Task.isCancelled {
            do {
                let server = try await bind()
                isTold = false
                environment.logger.info(
                    "status.listening", metadata: ["address": "\(server.channel.localAddress, default: "")"])
                ready(server.channel.localAddress?.port ?? 0)
                tried()
                try await serve(server)
            } catch {
                if Task.isCancelled { return }
                let text = "status_listen \(address.host):\(address.port) cannot be served: \(error)"
                environment.logger.error("status.failed", metadata: ["problem": "\(text)"])
                if !isTold { failed(text) }
                isTold = true
                tried()
            }
            try? await environment.clock.sleep(for: Self.retryWait)
        }
    }

    private func bind() async throws -> NIOAsyncChannel<Connection, Never> {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 16)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: address.host, port: address.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(RequestLimit(timeout: requestTimeout))
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: true)
                    try channel.pipeline.syncOperations.addHandler(BrokenRequests())
                    try channel.pipeline.syncOperations.addHandler(HTTPServerParts())
                    return try Connection(wrappingChannelSynchronously: channel)
                }
            }
    }

    private func serve(_ server: NIOAsyncChannel<Connection, Never>) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            try await server.executeThenClose { connections in
                for try await connection in connections {
                    guard !Handles.areScarce(), open.enter(limit: Self.mostConnections) else {
                        connection.channel.close(promise: nil)
                        group.addTask { try? await connection.executeThenClose { _, _ in } }
                        continue
                    }
                    group.addTask {
                        defer { open.leave() }
                        // A caller that goes away is its own affair.
                        try? await converse(connection)
                    }
                }
            }
            group.cancelAll()
        }
    }

    private func converse(_ connection: Connection) async throws {
        try await connection.executeThenClose { inbound, outbound in
            var head: HTTPRequestHead?
            var body: [UInt8]?
            defer { if body != nil { uploads.leave() } }
            for try await part in inbound {
                switch part {
                case .head(let next):
                    head = next
                    guard let room = room(for: next) else { continue }
                    // Refused before a byte of its body is taken.
                    if let refusal = refusal(next) { return try await write(refusal, to: next, false, outbound) }
                    guard uploads.enter(limit: Self.mostUploads) else {
                        return try await write(busy(next), to: next, false, outbound)
                    }
                    body = []
                    body?.reserveCapacity(min(room, Int(next.headers.first(name: "content-length") ?? "") ?? 0))
                case .body(let bytes):
                    guard let head else { return }
                    guard body != nil, let room = room(for: head), (body?.count ?? 0) + bytes.readableBytes <= room
                    else { return try await write(tooMuch(head), to: head, false, outbound) }
                    body?.append(contentsOf: bytes.readableBytesView)
                case .end:
                    guard let request = head else { return }
                    head = nil
                    let keepAlive = request.isKeepAlive
                    if let taken = body {
                        body = nil
                        defer { uploads.leave() }
                        try await write(await answer(request, body: taken), to: request, keepAlive, outbound)
                    } else {
                        try await write(await answer(request), to: request, keepAlive, outbound)
                    }
                    guard keepAlive else { return }
                }
            }
        }
    }

    func answer(_ request: HTTPRequestHead) async -> Answer {
        // For all of them: devices' names and numbers of scans are no web site's either.
        guard OfficeHost.isOurs(request.headers.first(name: "host"), address) else {
            return Answer(status: .misdirectedRequest, body: "this is not the address of this computer\n")
        }
        guard request.method == .GET || request.method == .HEAD else {
            return Answer(status: .methodNotAllowed, body: "only GET is answered\n")
        }
        switch request.uri.prefix(while: { $0 != "?" }) {
        case "/livez": return Answer(status: .ok, body: "ok\n")
        case "/readyz":
            let readiness = Readiness(await source.current())
            return Answer(
                status: readiness.ready ? .ok : .serviceUnavailable, contentType: "application/json",
                body: readiness.json)
        case "/metrics":
            let form = MetricsText.Form(accept: request.headers.first(name: "accept"))
            return Answer(
                status: .ok, contentType: form.contentType,
                body: MetricsText.text(await source.current(), form: form))
        case "/", "/hadir.css", "/hadir.js", ImportPage.path: return await pageAnswer(request)
        case CarryPage.path where carry != nil: return await carried(request)
        default:
            return Answer(status: .notFound, body: "there are /, /impor, /kirim, /livez, /readyz and /metrics\n")
        }
    }

    private func pageAnswer(_ request: HTTPRequestHead) async -> Answer {
        var answer =
            switch request.uri.prefix(while: { $0 != "?" }) {
            case "/hadir.css": Answer(status: .ok, contentType: "text/css; charset=utf-8", body: OfficePage.style)
            case "/hadir.js":
                Answer(status: .ok, contentType: "text/javascript; charset=utf-8", body: OfficePage.script)
            case ImportPage.path:
                Answer(status: .ok, contentType: "text/html; charset=utf-8", body: imports.form().html)
            default: Answer(status: .ok, contentType: "text/html; charset=utf-8", body: await page.html())
            }
        answer.headers = PagePolicy.headers
        return answer
    }

    private func write(
        _ answer: Answer, to request: HTTPRequestHead, _ keepAlive: Bool,
        _ outbound: NIOAsyncChannelOutboundWriter<Outbound>
    ) async throws {
        let body = answer.bytes.map { ByteBuffer(bytes: $0) } ?? ByteBuffer(string: answer.body)
        var head = HTTPResponseHead(version: .http1_1, status: answer.status)
        head.headers.add(name: "content-type", value: answer.contentType)
        head.headers.add(name: "content-length", value: "\(body.readableBytes)")
        head.headers.add(name: "cache-control", value: "no-store")
        head.headers.add(name: "x-content-type-options", value: "nosniff")
        for (name, value) in answer.headers { head.headers.replaceOrAdd(name: name, value: value) }
        if answer.status == .methodNotAllowed { head.headers.add(name: "allow", value: "GET, HEAD") }
        if !keepAlive { head.headers.add(name: "connection", value: "close") }
        try await outbound.write(.head(head))
        if request.method != .HEAD { try await outbound.write(.body(body)) }
        try await outbound.write(.end(nil))
    }
}

extension Readiness {
    var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return ((try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}") + "\n"
    }
}

/// How many connections are open.
private final class ConnectionCount: Sendable {
    private let count = Mutex(0)

    /// - Returns: false where `limit` are open already.
    func enter(limit: Int) -> Bool {
        count.withLock { count in
            guard count < limit else { return false }
            count += 1
            return true
        }
    }

    func leave() { count.withLock { $0 -= 1 } }
}

/// Bounds what one request may be: bytes, and time from the first to the last.
private final class RequestLimit: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    /// Scrapers send a few hundred bytes of headers.
    private static let mostBytes = 16 * 1024
    /// A form with a file may be larger, and slower: a browser reads it from the flash disk while it sends it.
    private static let uploads = [ImportPage.path, CarryPage.receiptsPath].map { Array("POST \($0)".utf8) }
    private static let longestStart = uploads.map(\.count).max() ?? 0
    private static let uploadTimes: Int = 12

    private let timeout: TimeAmount
    private var bytes = 0
    /// How the request begins: whether it may carry a file.
    private var start: [UInt8] = []
    private var isUpload = false
    private var deadline: Scheduled<Void>?

    init(timeout: TimeAmount) { self.timeout = timeout }

    func channelActive(context: ChannelHandlerContext) {
        restart(context, timeout)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let read = unwrapInboundIn(data)
        if !isUpload, start.count < Self.longestStart {
            start += read.readableBytesView.prefix(Self.longestStart - start.count)
            isUpload = Self.uploads.contains { start.starts(with: $0) }
            if isUpload { restart(context, timeout * Self.uploadTimes) }
        }
        bytes += read.readableBytes
        let most = isUpload ? ImportPage.mostBytes + Self.mostBytes : Self.mostBytes
        guard bytes <= most else { return context.close(promise: nil) }
        context.fireChannelRead(data)
    }

    /// An answer goes out: what comes next is another request.
    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        bytes = 0
        start = []
        isUpload = false
        restart(context, timeout)
        context.write(data, promise: promise)
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        context.fireChannelInactive()
    }

    private func restart(_ context: ChannelHandlerContext, _ timeout: TimeAmount) {
        deadline?.cancel()
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) { context.close(promise: nil) }
    }
}

/// Between the server's response parts, which may be files, and ours, which are bytes.
private final class HTTPServerParts: ChannelOutboundHandler {
    typealias OutboundIn = StatusServer.Outbound
    typealias OutboundOut = HTTPServerResponsePart

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let part: HTTPServerResponsePart =
            switch unwrapOutboundIn(data) {
            case .head(let head): .head(head)
            case .body(let bytes): .body(.byteBuffer(bytes))
            case .end(let trailers): .end(trailers)
            }
        context.write(wrapOutboundOut(part), promise: promise)
    }
}
