import Attendance
import CentralPages
import CentralStore
import Foundation
import HummingbirdTesting
import NIOCore
import NIOPosix
import Testing

@testable import CentralServer

/// Reads an open page's stream as a browser does.
struct OpenPage {
    private var pieces: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    /// All that came so far.
    private(set) var text = ""

    /// Runs `work` with the stream of `page`, with the cookies of `browser`.
    static func open(
        _ page: PageName, _ browser: Browser, port: Int, _ work: (inout OpenPage) async throws -> Void
    ) async throws {
        try await open(path: "/langsung?halaman=\(page.rawValue)", browser, port: port, work)
    }

    static func open(
        path: String, _ browser: Browser, port: Int, _ work: (inout OpenPage) async throws -> Void
    ) async throws {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(
            host: "127.0.0.1", port: port
        ) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
        }
        try await channel.executeThenClose { inbound, outbound in
            let cookies = browser.cookies.map { "\($0)=\($1)" }.joined(separator: "; ")
            try await outbound.write(
                ByteBuffer(
                    string:
                        "GET \(path) HTTP/1.1\r\nHost: localhost\r\nCookie: \(cookies)\r\n\r\n"
                ))
            var open = OpenPage(pieces: inbound.makeAsyncIterator())
            try await work(&open)
        }
    }

    /// Reads on until `isThere`; an error where the stream ends before.
    mutating func read(until isThere: (String) -> Bool) async throws {
        while !isThere(text) {
            guard let piece = try await pieces.next() else { throw FixtureError(what: "it ended: \(text.suffix(500))") }
            text += String(buffer: piece)
        }
    }

    /// What came from here on counts.
    mutating func forget() { text = "" }

    /// The sections that came, by id.
    var sections: [String: String] {
        struct Section: Decodable { let id, html: String }
        var found: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) where line.hasPrefix("data: {\"") {
            if let section = try? JSONDecoder().decode(Section.self, from: Data(line.dropFirst(6).utf8)) {
                found[section.id] = section.html
            }
        }
        return found
    }
}

@Suite("An open page", .timeLimit(.minutes(1)))
struct LiveStreamTests {
    private func withPage(
        _ page: PageName = .summary, _ work: @Sendable @escaping (PagesRig, Browser, Int) async throws -> Void
    ) async throws {
        try await PagesRig.run { rig, client in
            try await rig.add("siti")
            var browser = Browser(client)
            try await browser.signIn()
            try await work(rig, browser, try #require(client.port))
        }
    }

    /// Sends what the edge has beyond `seq`, as a node does.
    private func send(_ edge: Edge, after seq: Int = 0, _ browser: Browser) async throws {
        let answer = try await browser.client.send(try edge.batch(after: seq))
        guard answer.status == .ok else { throw FixtureError(what: "\(answer.status)") }
    }

    @Test("Each page's stream begins with all its parts, and these are the parts of the page itself")
    func whole() async throws {
        try await withPage { _, browser, port in
            for page in PageName.allCases {
                var browser = browser
                let html = try await browser.get("/" + page.rawValue).text
                let ids = html.matches(of: /data-section="([a-z-]+)"/).map { String($0.1) }
                #expect(!ids.isEmpty, "\(page)")
                try await OpenPage.open(page, browser, port: port) { open in
                    try await open.read { $0.contains("event: beat") }
                    #expect(Set(open.sections.keys) == Set(ids), "\(page)")
                    #expect(open.text.lowercased().contains("content-type: text/event-stream"))
                }
            }
        }
    }

    @Test("A scan is told as soon as it is stored, in the parts that show it and no others")
    func scan() async throws {
        try await withPage { rig, browser, port in
            var edge = try await rig.enrolledEdge()
            try await OpenPage.open(.summary, browser, port: port) { open in
                try await open.read { $0.contains("event: beat") }
                let before = open.sections
                open.forget()
                edge.write(try punch(UserID("4711"), "2026-03-02T07:30:00"))
                try await send(edge, browser)
                try await open.read { $0.contains("4711") && $0.contains("event: beat") }
                for (id, html) in open.sections { #expect(before[id] != html, "\(id) did not change") }
                #expect(open.sections.count < before.count)
            }
        }
    }

    @Test("A page that was away for a day is right with its first message")
    func dayLater() async throws {
        try await withPage { rig, browser, port in
            var edge = try await rig.enrolledEdge()
            edge.write(try punch(UserID("4711"), "2026-03-02T07:30:00"))
            try await OpenPage.open(.summary, browser, port: port) { open in
                try await send(edge, browser)
                try await open.read { $0.contains("4711") }
                // The computer sleeps; its page is used again and again before, so the session goes on.
                for _ in 0..<49 {
                    rig.clock.pass(29 * 60)
                    var browser = browser
                    #expect(try await browser.get("/langsung?coba=1").status == .noContent)
                }
            }
            edge.write(try punch(UserID("4712"), "2026-03-03T07:31:00"))
            try await send(edge, after: 1, browser)
            try await OpenPage.open(.summary, browser, port: port) { open in
                try await open.read { $0.contains("event: beat") }
                let html = open.sections.values.joined()
                #expect(html.contains("4712") && html.contains("4711"))
                #expect(html.contains("Selasa, 3 Maret 2026"))
            }
        }
    }

    @Test("H16 A stream ends with its session: signed out, disabled, or too old")
    func sessionEnds() async throws {
        for end in ["sign out", "disable", "age"] {
            try await withPage { rig, browser, port in
                var edge = try await rig.enrolledEdge()
                edge.write(try punch())
                try await OpenPage.open(.summary, browser, port: port) { open in
                    try await open.read { $0.contains("event: beat") }
                    var browser = browser
                    switch end {
                    case "sign out":
                        let token = try await browser.formToken("/")
                        #expect(try await browser.post("/keluar", ["token": token]).status == .seeOther)
                    case "disable": _ = await rig.administration.perform(.account(.disable(name: "siti")))
                    default: rig.clock.pass(37 * 3600)
                    }
                    rig.clock.pass(2)
                    open.forget()
                    try await send(edge, browser)
                    try await open.read { $0.contains("event: end\ndata: {\"why\":\"session\"}") }
                    #expect(!open.text.contains("event: section"), "\(end)")
                }
            }
        }
    }

    @Test("Without a session a stream is 401; an unknown page is 400; more than eight of one session are told to wait")
    func refused() async throws {
        try await withPage { _, browser, port in
            let stranger = Browser(browser.client)
            try await OpenPage.open(.summary, stranger, port: port) { open in
                try await open.read { $0.hasPrefix("HTTP/1.1 401") }
            }
            var known = browser
            #expect(try await known.get("/langsung?halaman=rahasia").status == .badRequest)
            try await fill(8, browser, port) {
                var ninth = browser
                let refusal = try await ninth.get("/langsung?halaman=jaringan")
                #expect(refusal.status == .serviceUnavailable && refusal.headers[.retryAfter] == "30")
            }
        }
    }

    /// Opens so many pages, one inside the other.
    private func fill(_ count: Int, _ browser: Browser, _ port: Int, _ work: () async throws -> Void) async throws {
        guard count > 0 else { return try await work() }
        try await OpenPage.open(.summary, browser, port: port) { open in
            try await open.read { $0.contains("event: beat") }
            try await fill(count - 1, browser, port, work)
        }
    }
}
