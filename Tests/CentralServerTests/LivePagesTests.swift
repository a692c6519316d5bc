import Attendance
import CentralPages
import CentralStore
import Foundation
import HTTPTypes
import HadirTestSupport
import Hummingbird
import NIOEmbedded
import PageSupport
import Testing

@testable import CentralServer

@Suite("What open pages are told", .timeLimit(.minutes(1)))
struct LivePagesTests {
    private struct Stage {
        let centre: Centre
        let live: LivePages
        let bell = ChangeBell()
        let clock = ManualClock()

        init(_ centre: Centre) throws {
            self.centre = centre
            live = LivePages(
                source: OverviewSource(store: centre.store, settings: PagesSettings(), now: centre.clock.now),
                pages: try CentralPages(),
                frame: FrameMaker(settings: PagesSettings()), bell: bell,
                clock: clock, logger: silent)
        }
    }

    private func withStage(_ work: @Sendable @escaping (Stage) async throws -> Void) async throws {
        try await Centre.run(.router) { centre, _ in
            let stage = try Stage(centre)
            let running = Task { try await stage.live.run() }
            try await work(stage)
            running.cancel()
            stage.bell.ring()
            _ = await running.result
        }
    }

    @Test("Who listens hears the state at once, then after each ring, and at least every five seconds")
    func rings() async throws {
        try await withStage { stage in
            var states = await stage.live.listen(to: .summary).makeAsyncIterator()
            #expect(await states.next()?.overview.scansEver == 0)
            var edge = try await stage.centre.enrolledEdge()
            edge.write(try punch())
            _ = try await stage.centre.store.append(try EntryRun(try edge.batch()), receivedAt: monday)
            stage.bell.ring()
            // The beat's sleep and the pause after a state.
            await stage.clock.sleepers(2)
            stage.clock.advance(by: LivePages.pause)
            #expect(await states.next()?.overview.scansEver == 1)
            await stage.clock.sleepers(2)
            stage.clock.advance(by: LivePages.pause)
            await stage.clock.sleepers(1)
            stage.clock.advance(by: LivePages.beat)
            #expect(await states.next() != nil)
        }
    }

    @Test("A slow listener gets the newest state, not all that were between")
    func slow() async throws {
        try await withStage { stage in
            let stream = await stage.live.listen(to: .summary)
            var edge = try await stage.centre.enrolledEdge()
            for number in 1...3 {
                edge.write(try punch(UserID("\(number)")))
                _ = try await stage.centre.store.append(
                    try EntryRun(try edge.batch(after: number - 1)), receivedAt: monday)
                stage.bell.ring()
                await stage.clock.sleepers(2)
                stage.clock.advance(by: LivePages.pause)
            }
            stage.bell.ring()
            await stage.clock.sleepers(2)
            for await state in stream {
                #expect(state.overview.scansEver == 3)
                break
            }
        }
    }

    @Test("Parts of a page are made once for all who look at it, and anew for a new state")
    func shared() async throws {
        try await withStage { stage in
            let first = try await stage.live.snapshot(for: .summary)
            let sections = await stage.live.sections(of: .summary, first)
            #expect(await stage.live.sections(of: .summary, first) == sections)
            #expect(try await stage.live.snapshot(for: .offices).number == first.number, "a quarter of a second is now")
            stage.centre.clock.pass(1)
            #expect(try await stage.live.snapshot(for: .offices).number > first.number)
            #expect(first.coverage == nil)
            #expect(try await stage.live.snapshot(for: .coverage).coverage != nil)
        }
    }

    @Test("Open pages are bounded for one session, one account and all, and a place that is left is free again")
    func places() throws {
        let places = StreamPlaces(most: 4, mostOfSession: 2, mostOfAccount: 3)
        var held = [try #require(places.take([1], of: "a")), try #require(places.take([1], of: "a"))]
        #expect(places.take([1], of: "a") == nil)
        held.append(try #require(places.take([2], of: "a")))
        #expect(places.take([3], of: "a") == nil, "a new session is no new account")
        held.append(try #require(places.take([4], of: "b")))
        #expect(places.take([5], of: "c") == nil)
        held.removeFirst()
        #expect(places.take([1], of: "a") != nil)
        #expect(held.count == 3)
    }

    @Test("H5 A store that does not say whether the session goes on ends no stream; one that says no does")
    func unknownSession() async throws {
        try await withStage { stage in
            for (life, ending) in [(SessionLife.unknown, "event: beat"), (.over, "\"why\":\"session\"")] {
                let (texts, sink) = AsyncStream.makeStream(of: String.self)
                let place = try #require(
                    StreamPlaces(most: 1, mostOfSession: 1, mostOfAccount: 1).take([1], of: "siti"))
                let stream = LiveStream(
                    listen: { await stage.live.listen(to: .summary) }, moment: { $0.overview.moment },
                    sections: { await stage.live.sections(of: .summary, $0) }, end: { life.end }, place: place,
                    channel: NIOAsyncTestingChannel(), now: { monday })
                let writing = Task {
                    var writer: any ResponseBodyWriter = Sink(sink: sink)
                    try await stream.write(&writer)
                }
                var heard = ""
                for await text in texts {
                    heard += text
                    if heard.contains(ending) { break }
                }
                #expect(heard.contains(ending) && heard.contains("event: end") == (life == .over))
                writing.cancel()
                _ = await writing.result
                // The pause behind a state, or nobody would hear of the next.
                await stage.clock.sleepers(2)
                stage.clock.advance(by: LivePages.pause)
            }
        }
    }

    private struct Sink: ResponseBodyWriter {
        let sink: AsyncStream<String>.Continuation
        mutating func write(_ buffer: ByteBuffer) async throws { sink.yield(String(buffer: buffer)) }
        consuming func finish(_ trailingHeaders: HTTPFields?) async throws { sink.finish() }
    }

    @Test("One address holds so many connections; loopback and proxies are not counted, and a place left is free")
    func connectionPlaces() {
        let places = ConnectionPlaces(most: 2) { $0.isLoopback }
        #expect(places.take("192.0.2.1") && places.take("::ffff:192.0.2.1"))
        #expect(!places.take("192.0.2.1") && places.take("192.0.2.2"))
        #expect(places.take("2001:db8::1") && places.take("2001:db8::2") && !places.take("2001:db8::3"), "one /64")
        places.leave("192.0.2.1")
        #expect(places.take("192.0.2.1") && !places.take("192.0.2.1"))
        for _ in 0..<5 { #expect(places.take("127.0.0.1") && places.take(nil)) }
    }

    @Test("An event is one line of data, whatever is in it")
    func event() {
        struct Text: Encodable { let html: String }
        let event = LiveStream<Int>.event("section", Text(html: "a\nb\r\u{2028}\n\nevent: end\ndata: {}"))
        #expect(event.split(separator: "\n", omittingEmptySubsequences: false).count == 4)
        #expect(event.hasPrefix("event: section\ndata: {") && event.hasSuffix("}\n\n") && !event.contains("\r"))
    }
}
