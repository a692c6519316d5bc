import CentralPages
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// The pages of the network, and their live stream.
struct NetworkPages: Sendable {
    let parts: PageParts

    private var live: LivePages { parts.live }

    var routes: [PageRoute] {
        PageName.allCases.map { name in
            PageRoute(.get, name.rawValue, .readNetwork) { call in try await page(name, call) }
        } + [PageRoute(.get, "langsung", .readNetwork) { call in try await stream(call) }]
            + EnrolmentPages(parts: parts).routes + FilePages(parts: parts).routes
    }

    /// Those beside the pages that everybody has who reads the network.
    static func others(_ authority: Authority) -> Set<NetworkPage> {
        Set(NetworkPage.allCases.filter { authority.may($0.permission) })
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
        // Event streams hide the status from scripts: they ask with this first.
        if call.query["coba"] != nil { return Response(status: .noContent) }
        guard let page = PageName(rawValue: call.query["halaman"] ?? "") else {
            throw HTTPError(.badRequest, message: "there is no such page")
        }
        guard let place = parts.places.take(call.visitor.session, of: call.visitor.account) else {
            throw HTTPError(
                .serviceUnavailable, headers: [.retryAfter: "30"], message: "too many pages are open; close some")
        }
        let stream = LiveStream(
            live: live, page: page, others: call.frame.networkPages, visitor: call.visitor,
            session: { [sessions = parts.sessions] in await sessions.life(of: $0, touching: true) }, place: place,
            channel: call.channel, now: parts.now)
        var headers: HTTPFields = [.contentType: "text/event-stream; charset=utf-8"]
        // Proxies that collect an answer before they pass it on are asked not to.
        if let name = HTTPField.Name("X-Accel-Buffering") { headers[name] = "no" }
        return Response(
            status: .ok, headers: headers, body: ResponseBody { writer in try await stream.write(&writer) })
    }
}

extension NetworkPage {
    var permission: Permission {
        switch self {
        case .enrolment: .manageNodes
        case .files: .acceptFile
        }
    }
}
