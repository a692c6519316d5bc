import CentralPages
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// The pages of somebody who is signed in, and their live stream.
struct PageRoutes: Sendable {
    let live: LivePages
    let pages: CentralPages
    let frame: FrameMaker
    let session: @Sendable (Visitor) async -> SessionLife
    let places: StreamPlaces
    let now: @Sendable () -> Date

    /// - Parameter routes: guarded; whoever gets here has a visitor.
    func add(to routes: some RouterMethods<CentralContext>) {
        for name in PageName.allCases {
            routes.get(RouterPath(name.rawValue)) { _, context in try await page(name, context) }
        }
        routes.get("langsung") { request, context in try await stream(request, context) }
    }

    private func page(_ name: PageName, _ context: CentralContext) async throws -> Response {
        guard let visitor = context.visitor else { throw HTTPError(.unauthorized) }
        let snapshot = try await live.snapshot(for: name)
        let html = pages.page(
            name, snapshot.overview, snapshot.coverage, frame.frame(snapshot.overview, for: visitor))
        return Response(
            status: .ok, headers: [.contentType: "text/html; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: html)))
    }

    private func stream(_ request: Request, _ context: CentralContext) async throws -> Response {
        guard let visitor = context.visitor else { throw HTTPError(.unauthorized) }
        // Event streams hide the status from scripts: they ask with this first.
        if request.uri.queryParameters["coba"] != nil { return Response(status: .noContent) }
        guard let page = PageName(rawValue: request.uri.queryParameters["halaman"].map(String.init) ?? "") else {
            throw HTTPError(.badRequest, message: "there is no such page")
        }
        guard let place = places.take(visitor.session, of: visitor.account) else {
            throw HTTPError(
                .serviceUnavailable, headers: [.retryAfter: "30"], message: "too many pages are open; close some")
        }
        let stream = LiveStream(
            live: live, page: page, visitor: visitor, session: session, place: place, channel: context.channel,
            now: now)
        var headers: HTTPFields = [.contentType: "text/event-stream; charset=utf-8"]
        // Proxies that collect an answer before they pass it on are asked not to.
        if let name = HTTPField.Name("X-Accel-Buffering") { headers[name] = "no" }
        return Response(
            status: .ok, headers: headers, body: ResponseBody { writer in try await stream.write(&writer) })
    }
}
