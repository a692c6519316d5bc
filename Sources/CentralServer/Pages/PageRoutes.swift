import CentralPages
import Foundation
import Hummingbird

/// The pages of the network, and their live stream.
struct NetworkPages: Sendable {
    let parts: PageParts

    private var live: LivePages { parts.live }

    var routes: [PageRoute] {
        PageName.allCases.map { name in
            PageRoute(.get, name.rawValue, .readNetwork) { call in try await page(name, call) }
        } + [PageRoute(.get, "langsung", .readNetwork) { call in try await stream(call) }]
    }

    private func page(_ name: PageName, _ call: PageCall) async throws -> Response {
        let snapshot = try await live.snapshot(for: name)
        var frame = call.frame
        frame.activeAlarms = snapshot.overview.alarms.count { !$0.isOver }
        frame.quarantined = snapshot.overview.quarantine.count
        return PageAnswers.html(parts.pages.page(name, snapshot.overview, snapshot.coverage, frame))
    }

    private func stream(_ call: PageCall) async throws -> Response {
        guard let page = PageName(rawValue: call.query["halaman"] ?? "") else {
            if call.query["coba"] != nil { return Response(status: .noContent) }
            throw HTTPError(.badRequest, message: "there is no such page")
        }
        return try LiveStream<LivePages.Snapshot>.answer(call, parts) { place in
            LiveStream(
                listen: { [live] in await live.listen(to: page) }, moment: { $0.overview.moment },
                sections: { [live] in await live.sections(of: page, $0) },
                end: { [sessions = parts.sessions, visitor = call.visitor] in
                    await sessions.life(of: visitor, touching: true) == .over ? .session : nil
                }, place: place, channel: call.channel, now: parts.now)
        }
    }
}
