import Attendance
import CentralPages
import Foundation
import Hummingbird
import NIOCore
import ServiceLifecycle
import Synchronization

/// Server-sent events for one open page: each changing part whole, whenever it changed, and a beat.
///
/// What a reader missed does not matter: after every connection all parts are sent, so a page that was cut off for a
/// day is right as soon as it is back.
struct LiveStream: Sendable {
    let live: LivePages
    let page: PageName
    /// Tabs besides those that everybody has who may open the page.
    var others: Set<NetworkPage> = []
    let visitor: Visitor
    /// Whether the visitor is still signed in; an open page counts as use.
    let session: @Sendable (Visitor) async -> SessionLife
    let place: StreamPlaces.Place
    let channel: any Channel
    let now: @Sendable () -> Date

    /// A reader that takes nothing for so long is gone.
    static let longestWrite = TimeAmount.seconds(20)
    static let lookInterval: TimeInterval = 2

    func write(_ writer: inout any ResponseBodyWriter) async throws {
        var sent: [String: String] = [:]
        var lookedAt = Date.distantPast
        var beatAt = Date.distantPast
        // The browser waits so long before it comes again by itself.
        try await put("retry: 2000\n\n", &writer)
        for await snapshot in await live.listen(to: page).cancelOnGracefulShutdown() {
            let moment = now()
            if abs(moment.timeIntervalSince(lookedAt)) >= Self.lookInterval {
                lookedAt = moment
                if await session(visitor) == .over { return try await end("session", &writer) }
            }
            var text = ""
            for section in await live.sections(of: page, snapshot, with: others) where sent[section.id] != section.html
            {
                sent[section.id] = section.html
                text += Self.event("section", Section(id: section.id, html: section.html))
            }
            if !text.isEmpty || abs(moment.timeIntervalSince(beatAt)) >= Self.lookInterval {
                beatAt = moment
                text += Self.event("beat", Beat(now: UTC.text(snapshot.overview.moment)))
                try await put(text, &writer)
            }
        }
        try await end("stopping", &writer)
    }

    private func end(_ why: String, _ writer: inout any ResponseBodyWriter) async throws {
        try await put(Self.event("end", End(why: why)), &writer)
        try await writer.finish(nil)
    }

    private func put(_ text: String, _ writer: inout any ResponseBodyWriter) async throws {
        let limit = channel.eventLoop.scheduleTask(in: Self.longestWrite) { [channel] in channel.close(promise: nil) }
        defer { limit.cancel() }
        try await writer.write(ByteBuffer(string: text))
    }

    private struct Section: Encodable {
        let id, html: String
    }

    private struct Beat: Encodable {
        let now: String
    }

    private struct End: Encodable {
        let why: String
    }

    /// JSON has no line ends, which would end the event's data.
    static func event(_ name: String, _ data: some Encodable) -> String {
        let json = (try? JSONEncoder().encode(data)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
        return "event: \(name)\ndata: \(json)\n\n"
    }
}

/// How many pages may be open: each holds a connection, and nodes need connections too.
final class StreamPlaces: Sendable {
    /// Held while a stream is open.
    final class Place: Sendable {
        private let leave: @Sendable () -> Void

        init(leave: @escaping @Sendable () -> Void) { self.leave = leave }

        deinit { leave() }
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
