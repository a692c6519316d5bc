import Attendance
import CentralStore
import Crypto
import Foundation
import Hummingbird
import NIOCore
import Synchronization

/// Bounds on what senders may ask of the centre.
package struct CentralLimits: Sendable {
    package var connections = 512
    /// Of these, one address's. Offices may share one: half a minute without a word gives a place back.
    package var connectionsOfOneAddress = 128
    package var idle: TimeAmount = .seconds(30)
    /// For all of a request's body.
    package var bodyTime: Duration = .seconds(60)
    package var enrolmentBytes = 4096
    /// Batches read and stored at one time; each needs some tens of MiB at most.
    package var batchesAtOnce = 16
    /// Of these, such as are larger than `largeBatch` bytes: offices that were away leave room for the scans of now.
    package var largeBatchesAtOnce = 8
    package var largeBatch = 64 * 1024
    /// Of these, one node's: an edge sends one after the other, and a resend may meet its first try.
    package var batchesOfOneNode = 2
    /// Answers to programs that are made at one time.
    package var apiRequestsAtOnce = 8
    /// Of these, such as read the days of everybody, for all and of one token.
    package var heavyAnswersAtOnce = 2
    package var heavyAnswersOfOneToken = 1
    /// Bodies of one token that are on their way at one time.
    package var bodiesOfOneToken = 2
    package var enrolmentPerAddress = RateLimiter.Rate(burst: 10, perSecond: 0.1)
    package var enrolment = RateLimiter.Rate(burst: 100, perSecond: 5)
    package var signIn = SignInLimits()
    /// Pages that are open at one time, for all, one session and one account: each holds a connection.
    package var openPages = 128
    package var openPagesOfOneSession = 8
    package var openPagesOfOneAccount = 16

    package init() {}
}

/// What every answer has: no caching unless it says so, errors as JSON or as a page, and an end to connections whose
/// body was not read.
struct AnswerPolicy: RouterMiddleware {
    let pages: PageAnswers

    func handle(
        _ request: Request, context: CentralContext, next: (Request, CentralContext) async throws -> Response
    ) async throws -> Response {
        let isPage = PageAnswers.isPage(request.uri.path)
        func failure(_ status: HTTPResponse.Status, _ text: String, _ headers: HTTPFields = [:]) -> Response {
            isPage ? pages.error(status, headers) : Self.response(status, text, headers)
        }
        var response: Response
        do {
            guard !isPage || pages.site.isOwnHost(request) else { throw HTTPError(.misdirectedRequest) }
            response = try await next(request, context)
        } catch let error as HTTPError {
            response = failure(error.status, error.body ?? error.status.reasonPhrase, error.headers)
        } catch is CancellationError {
            response = failure(.serviceUnavailable, "the centre is stopping; send it again", [.retryAfter: "5"])
        } catch {
            // The path as the router knows it: paths of the API may have a NIP in them.
            let path = context.endpointPath ?? "-"
            context.logger.error("request.failed", metadata: ["path": "\(path)", "error": "\(error)"])
            response =
                switch StoreTrouble(error) {
                case .full, .disk:
                    failure(
                        .serviceUnavailable, "the centre's disk takes nothing now; send it again", [.retryAfter: "5"])
                case .damage:
                    failure(
                        .serviceUnavailable, "the centre's database is damaged; its operator must look",
                        [.retryAfter: "60"])
                case nil: failure(.internalServerError, "the centre could not do this; its log says why")
                }
        }
        if isPage {
            pages.addHeaders(to: &response, request, peer: context.address)
        } else {
            response.headers[.cacheControl] = "no-store"
            response.headers[.xContentTypeOptions] = "nosniff"
        }
        let isUnread = [.contentTooLarge, .requestTimeout].contains(response.status)
        if isUnread || response.headers[.connection] == "close" { Self.end(context, &response) }
        // A body behind an answer to HEAD would be read as the start of the next answer.
        return request.method == .head ? response.createHeadResponse() : response
    }

    /// The server would go on reading a body of any length; give the answer time to arrive, then close.
    private static func end(_ context: CentralContext, _ response: inout Response) {
        response.headers[.connection] = "close"
        let channel = context.channel
        channel.eventLoop.scheduleTask(in: .seconds(2)) { channel.close(promise: nil) }
    }

    private static func response(_ status: HTTPResponse.Status, _ text: String, _ headers: HTTPFields) -> Response {
        var line = JSONLine()
        line.add("error", text)
        var headers = headers
        headers[.contentType] = "application/json; charset=utf-8"
        return Response(
            status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: line.finish())))
    }
}

/// Lets only bearers of a token pass; which of them may what is the routes' business.
struct BearerPolicy: RouterMiddleware {
    let store: any CentralStore
    let site: Site
    let now: @Sendable () -> Date

    func handle(
        _ request: Request, context: CentralContext, next: (Request, CentralContext) async throws -> Response
    ) async throws -> Response {
        // One that is over or revoked is as one that never was: whoever has it knows what it was.
        guard let hash = Self.token(request).map({ Array(SHA256.hash(data: Data($0.utf8))) }),
            let grant = try await store.grant(ofTokenHash: hash, at: now())
        else {
            throw HTTPError(
                .unauthorized, headers: [.wwwAuthenticate: "Bearer"],
                message: "this needs `Authorization: Bearer TOKEN`, from `hadir-central token add`")
        }
        var context = context
        context.caller = Caller(grant, hash: hash, address: site.address(request, peer: context.address))
        return try await next(request, context)
    }

    private static func token(_ request: Request) -> Substring? {
        guard let value = request.headers[.authorization], value.utf8.count <= 256 else { return nil }
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return parts[1]
    }
}

/// Holds work to a number at a time; what is more is told to come again.
final class Admission: Sendable {
    private let most: Int
    private let running = Mutex(0)

    init(most: Int) { self.most = most }

    /// - Throws: `Busy` where there is no room.
    func run<Value: Sendable>(_ work: () async throws -> Value) async throws -> Value {
        let admitted = running.withLock { running in
            guard running < most else { return false }
            running += 1
            return true
        }
        guard admitted else { throw Busy() }
        defer { running.withLock { $0 -= 1 } }
        return try await work()
    }

    /// There is no room now; the sender is told to come again.
    struct Busy: Error {}
}

/// Holds the work for each of many senders to a number at a time, so that none takes the room of all.
final class SenderAdmission: Sendable {
    private let most: Int
    /// Only of senders with work in hand: as many as there are batches at once.
    private let running = Mutex<[String: Int]>([:])

    init(most: Int) { self.most = most }

    /// - Throws: `Admission.Busy` where the sender has enough in hand.
    func run<Value: Sendable>(_ sender: String, _ work: () async throws -> Value) async throws -> Value {
        let admitted = running.withLock { running in
            guard running[sender, default: 0] < most else { return false }
            running[sender, default: 0] += 1
            return true
        }
        guard admitted else { throw Admission.Busy() }
        defer {
            running.withLock { running in
                let left = running[sender, default: 1] - 1
                running[sender] = left > 0 ? left : nil
            }
        }
        return try await work()
    }
}

/// Whether the store answers, asked at most once a second.
final class Readiness: Sendable {
    private let store: any CentralStore
    private let now: @Sendable () -> Date
    private let last = Mutex<(at: Date, ready: Bool)?>(nil)

    init(store: any CentralStore, now: @escaping @Sendable () -> Date) {
        self.store = store
        self.now = now
    }

    func isReady() async -> Bool {
        let moment = now()
        let known = last.withLock { last in
            last.flatMap { abs($0.at.timeIntervalSince(moment)) < 1 ? $0.ready : nil }
        }
        if let known { return known }
        let ready: Bool
        do {
            try await store.checkReady()
            ready = true
        } catch {
            ready = false
        }
        last.withLock { $0 = (moment, ready) }
        return ready
    }
}
