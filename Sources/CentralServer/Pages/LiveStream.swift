import Attendance
import CentralPages
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle
import Synchronization

/// Why an open page is told nothing more.
enum LiveEnd: String, Sendable {
    /// Nobody is signed in there any more.
    case session
    /// The visitor may not see this any more, or sees something else there.
    case scope
    case stopping
}

extension SessionLife {
    /// A store that does not say ends nothing.
    var end: LiveEnd? { self == .over ? .session : nil }
}

/// Server-sent events for one open page: each changing part whole, whenever it changed, and a beat.
///
/// What a reader missed does not matter: after every connection all parts are sent, so a page that was cut off for a
/// day is right as soon as it is back.
struct LiveStream<State: Sendable>: Sendable {
    /// Every state from now on; the first comes at once, and one at least every few seconds.
    let listen: @Sendable () async -> AsyncStream<State>
    let moment: @Sendable (State) -> Date
    let sections: @Sendable (State) async -> [PageSection]
    /// Asked again and again: whether the visitor may still see the page; an open page counts as use.
    let end: @Sendable () async -> LiveEnd?
    let place: StreamPlaces.Place
    let channel: any Channel
    let now: @Sendable () -> Date
    /// Between two questions whether it goes on.
    var lookInterval: TimeInterval = 2

    /// A reader that takes nothing for so long is gone.
    static var longestWrite: TimeAmount { .seconds(20) }
    private static var beatInterval: TimeInterval { 2 }

    func write(_ writer: inout any ResponseBodyWriter) async throws {
        var sent: [String: String] = [:]
        var lookedAt = Date.distantPast
        var beatAt = Date.distantPast
        // The browser waits so long before it comes again by itself.
        try await put("retry: 2000\n\n", &writer)
        for await state in await listen().cancelOnGracefulShutdown() {
            let moment = now()
            if abs(moment.timeIntervalSince(lookedAt)) >= lookInterval {
                lookedAt = moment
                if let end = await end() { return try await finish(end, &writer) }
            }
            var text = ""
            for section in await sections(state) where sent[section.id] != section.html {
                sent[section.id] = section.html
                text += Self.event("section", Section(id: section.id, html: section.html))
            }
            if !text.isEmpty || abs(moment.timeIntervalSince(beatAt)) >= Self.beatInterval {
                beatAt = moment
                text += Self.event("beat", Beat(now: UTC.text(self.moment(state))))
                try await put(text, &writer)
            }
        }
        try await finish(.stopping, &writer)
    }

    private func finish(_ end: LiveEnd, _ writer: inout any ResponseBodyWriter) async throws {
        try await put(Self.event("end", Ended(why: end.rawValue)), &writer)
        try await writer.finish(nil)
    }

    private func put(_ text: String, _ writer: inout any ResponseBodyWriter) async throws {
        let limit = channel.eventLoop.scheduleTask(in: Self.longestWrite) { [channel] in channel.close(promise: nil) }
        defer { limit.cancel() }
        try await writer.write(ByteBuffer(string: text))
    }

    /// JSON has no line ends, which would end the event's data.
    static func event(_ name: String, _ data: some Encodable) -> String {
        let json = (try? JSONEncoder().encode(data)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
        return "event: \(name)\ndata: \(json)\n\n"
    }
}

extension LiveStream {
    /// The answer to whoever asks for the page's stream, or only (`coba=1`) whether there would be one: event streams
    /// hide the status from scripts.
    ///
    /// - Parameter make: with the place the page holds while it is open.
    /// - Throws: `HTTPError` 503 where too many pages are open.
    static func answer(_ call: PageCall, _ parts: PageParts, _ make: (StreamPlaces.Place) -> Self) throws -> Response {
        if call.query["coba"] != nil { return Response(status: .noContent) }
        guard let place = parts.places.take(for: call) else {
            throw HTTPError(
                .serviceUnavailable, headers: [.retryAfter: "30"], message: "too many pages are open; close some")
        }
        let stream = make(place)
        var headers: HTTPFields = [.contentType: "text/event-stream; charset=utf-8"]
        // Proxies that collect an answer before they pass it on are asked not to.
        if let name = HTTPField.Name("X-Accel-Buffering") { headers[name] = "no" }
        return Response(
            status: .ok, headers: headers, body: ResponseBody { writer in try await stream.write(&writer) })
    }
}

private struct Section: Encodable {
    let id, html: String
}

private struct Beat: Encodable {
    let now: String
}

private struct Ended: Encodable {
    let why: String
}

/// How many pages may be open: each holds a connection, and nodes need connections too.
final class StreamPlaces: Sendable {
    /// Held while a stream is open.
    final class Place: Sendable {
        private let leave: Mutex<(@Sendable () -> Void)?>

        init(leave: @escaping @Sendable () -> Void) { self.leave = Mutex(leave) }

        /// Once; what is left already is not left again.
        func release() {
            let leave = leave.withLock { held in
                defer { held = nil }
                return held
            }
            leave?()
        }

        deinit { release() }
    }

    /// Held until the stream ends or its connection does: who goes from page to page must not wait for the writing
    /// that finds out.
    func take(for call: PageCall) -> Place? {
        let place = take(call.visitor.session, of: call.visitor.account)
        call.channel.closeFuture.whenComplete { [weak place] _ in place?.release() }
        return place
    }

    private let most: Int
    private let mostOfSession: Int
    private let mostOfAccount: Int
    private let taken = Mutex(Taken())

    private struct Taken {
        var all = 0
        var sessions: [[UInt8]: Int] = [:]
        var accounts: [String: Int] = [:]

        mutating func add(_ number: Int, _ session: [UInt8], _ account: String) {
            all += number
            let (ofSession, ofAccount) = (
                sessions[session, default: 0] + number, accounts[account, default: 0] + number
            )
            sessions[session] = ofSession > 0 ? ofSession : nil
            accounts[account] = ofAccount > 0 ? ofAccount : nil
        }
    }

    init(most: Int, mostOfSession: Int, mostOfAccount: Int) {
        self.most = most
        self.mostOfSession = mostOfSession
        self.mostOfAccount = mostOfAccount
    }

    /// - Returns: `nil` where all, or all of this session or account, are taken.
    func take(_ session: [UInt8], of account: String) -> Place? {
        let isFree = taken.withLock { taken in
            guard taken.all < most, taken.sessions[session, default: 0] < mostOfSession,
                taken.accounts[account, default: 0] < mostOfAccount
            else { return false }
            taken.add(1, session, account)
            return true
        }
        guard isFree else { return nil }
        return Place { [weak self] in self?.taken.withLock { $0.add(-1, session, account) } }
    }
}
