import CentralStore
import Foundation
import Hummingbird

/// What nodes sent, as it is: routes older than people and workdays.
struct ReaderAPI: Sendable {
    let store: any CentralStore
    let now: @Sendable () -> Date

    /// Gaps come one for each restored centre and node; more are somebody's play.
    private static let mostGaps = 1000

    var routes: [APIRoute] {
        [
            APIRoute(.get, "punches", .readPunches, query: ["after", "limit"], isStrict: false) { call in
                let after = try call.number("after", default: 0, in: 0...Int64.max)
                let limit = try call.number("limit", default: 500, in: 1...5000)
                return try APIAnswer.of(
                    PunchesAnswer(try await store.punches(after: after, limit: Int(limit)), after: after))
            },
            APIRoute(.get, "devices", .readDevices, isStrict: false) { _ in
                try APIAnswer.of(DevicesAnswer(try await store.devices()))
            },
            APIRoute(.get, "nodes", .readNodes, isStrict: false) { _ in
                try APIAnswer.of(NodesAnswer(try await store.nodes(), at: now()))
            },
            APIRoute(.get, "gaps", .readGaps, isStrict: false) { _ in
                try APIAnswer.of(GapsAnswer(try await store.gaps(limit: Self.mostGaps)))
            },
        ]
    }
}

enum APIAnswer {
    static func of(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return Response(
            status: status, headers: [.contentType: "application/json; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: try encoder.encode(value))))
    }
}

extension APIRoute.Method {
    var http: HTTPRequest.Method {
        switch self {
        case .get: .get
        case .post: .post
        }
    }
}
