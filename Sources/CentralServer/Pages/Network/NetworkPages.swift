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
            + EnrolmentPages(parts: parts).routes + FilePages(parts: parts).routes + BundlePages(parts: parts).routes
    }

    /// Those beside the pages that everybody has who reads the network.
    static func others(_ authority: Authority) -> Set<NetworkPage> {
        Set(
            NetworkPage.allCases.filter { page in
                // Who reads of people has the same among the pages about them.
                authority.may(page.permission) && (page != .trace || !authority.may(.readPeople))
            })
    }

    /// The frame with what waits behind the tabs.
    static func frame(_ call: PageCall, _ live: LivePages) async throws -> PageFrame {
        try await frame(call, live.snapshot(for: .summary))
    }

    private static func frame(_ call: PageCall, _ snapshot: LivePages.Snapshot) -> PageFrame {
        var frame = call.frame
        frame.activeAlarms = snapshot.overview.alarms.count { !$0.isOver }
        frame.quarantined = snapshot.overview.quarantine.count
        return frame
    }

    private func page(_ name: PageName, _ call: PageCall) async throws -> Response {
        let snapshot = try await live.snapshot(for: name)
        return PageAnswers.html(
            parts.pages.page(
                name, snapshot.overview, snapshot.coverage, Self.frame(call, snapshot),
                // A form of a browser writes a space as "+".
                search: call.query["cari"]?.replacing("+", with: " ") ?? ""))
    }

    private func stream(_ call: PageCall) async throws -> Response {
        guard let page = PageName(rawValue: call.query["halaman"] ?? "") else {
            if call.query["coba"] != nil { return Response(status: .noContent) }
            throw HTTPError(.badRequest, message: "there is no such page")
        }
        let others = call.frame.networkPages
        return try LiveStream<LivePages.Snapshot>.answer(call, parts) { place in
            LiveStream(
                listen: { [live] in await live.listen(to: page) }, moment: { $0.overview.moment },
                sections: { [live] in await live.sections(of: page, $0, with: others) },
                end: { [sessions = parts.sessions, visitor = call.visitor] in
                    await sessions.life(of: visitor, touching: true).end
                }, place: place, channel: call.channel, now: parts.now)
        }
    }
}

extension NetworkPage {
    var permission: Permission {
        switch self {
        case .enrolment: .manageNodes
        case .files: .acceptFile
        case .bundles: .importBundles
        case .trace: .trace
        }
    }
}
