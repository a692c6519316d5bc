import Attendance
import CentralAttendance
import CentralPages
import CentralStore
import Crypto
import Foundation
import Hummingbird
import Logging
import NIOCore
import PageSupport

/// A request and the connection it came over.
struct CentralContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel
    /// Who is signed in; `nil` before `SessionPolicy` has looked, and where nobody is.
    var visitor: Visitor?
    /// Whose token it is; `nil` before `BearerPolicy` has looked.
    var caller: Caller?

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// Without the port: what is counted per sender.
    var address: String { channel.remoteAddress?.ipAddress ?? "unknown" }

    /// Behind `SessionPolicy` there is always one.
    ///
    /// - Throws: `HTTPError` 401.
    func requireVisitor() throws -> Visitor {
        guard let visitor else { throw HTTPError(.unauthorized, message: "not signed in") }
        return visitor
    }
}

/// Everything the centre answers over HTTP.
struct CentralRouter: Sendable {
    let store: any CentralStore
    private let attendance: AttendanceParts
    let ingest: IngestService
    let enrolment: EnrolmentService
    let limits: CentralLimits
    let enrolmentRate: RateLimiter
    let admission: Admission
    let largeAdmission: Admission
    private let places: APIPlaces
    let readiness: Readiness
    let gate: PageGate
    /// Runs while the server does.
    let live: LivePages
    /// Today of everybody; runs while the server does.
    let board: Board
    private let frame: FrameMaker
    private let people: PeopleCache
    /// Rung when something was stored, by whoever stores.
    let bell: ChangeBell
    private let administration: Administration
    /// Runs while the server does.
    let exports: ExportService

    init(
        store: any CentralStore, keys: KeyRing, limits: CentralLimits, gate: PageGate,
        attendance: AttendanceParts? = nil, exports: ExportPlace? = nil, now: @escaping @Sendable () -> Date,
        logger: Logger
    ) {
        self.gate = gate
        self.store = store
        self.attendance = attendance ?? AttendanceParts(store, timezone: gate.site.settings.value.zone, now: now)
        self.limits = limits
        let bell = ChangeBell()
        self.bell = bell
        people = PeopleCache(self.attendance.store)
        ingest = IngestService(
            store: store, keys: keys, batchesOfOneNode: limits.batchesOfOneNode, bell: bell, now: now, logger: logger)
        administration = Administration(store: store, keys: keys, now: now, ingest: ingest)
        frame = FrameMaker(settings: gate.site.settings)
        live = LivePages(
            source: OverviewSource(store: store, settings: gate.site.settings, now: now), pages: gate.pages,
            frame: frame, bell: bell, logger: logger)
        board = Board(
            store: store, people: people, pages: gate.pages, frame: frame, bell: bell, now: now, logger: logger)
        enrolment = EnrolmentService(store: store, keys: keys, now: now, logger: logger)
        enrolmentRate = RateLimiter(address: limits.enrolmentPerAddress, all: limits.enrolment, now: now)
        admission = Admission(most: limits.batchesAtOnce)
        largeAdmission = Admission(most: limits.largeBatchesAtOnce)
        places = APIPlaces(limits)
        readiness = Readiness(store: store, now: now)
        self.exports = ExportService(
            place: exports,
            writer: ExportWriter(
                store: store, attendance: self.attendance, settings: gate.site.settings, database: exports?.database,
                now: now), now: now, logger: logger)
        self.now = now
        self.logger = logger
    }

    private let logger: Logger
    private let now: @Sendable () -> Date

    func build() -> Router<CentralContext> {
        let router = Router(context: CentralContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: AnswerPolicy(pages: gate.answers))
        router.get("livez") { _, _ in "ok\n" }
        router.get("readyz") { _, _ in
            guard await readiness.isReady() else {
                throw HTTPError(.serviceUnavailable, message: "the store cannot be read")
            }
            return "ok\n"
        }
        router.post("v1/batches") { request, _ in try await takeBatch(request) }
        router.post("v1/enroll") { request, context in try await enrol(request, context) }
        add(
            apiRoutes, to: router.group("api/v1").add(middleware: BearerPolicy(store: store, site: gate.site, now: now))
        )
        for path in ["livez", "readyz"] { Self.refuseOthers(than: [.get, .head], at: path, router) }
        for path in ["v1/batches", "v1/enroll"] { Self.refuseOthers(than: [.post], at: path, router) }
        let routes = pageRoutes
        PageRouting(site: gate.site, frame: frame, people: people, bodyTime: limits.bodyTime, now: now)
            .add(routes, to: gate.pages(on: router, routes))
        return router
    }

    /// A known path with another method is a mistake of the sender, not a page that is missing.
    static func refuseOthers(
        than allowed: [HTTPRequest.Method], at path: String, _ routes: some RouterMethods<CentralContext>
    ) {
        let methods: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options]
        let names = allowed.map(\.rawValue).joined(separator: ", ")
        for method in methods where !allowed.contains(method) {
            routes.on(RouterPath(path), method: method) { _, _ -> Response in
                throw HTTPError(
                    .methodNotAllowed, headers: [.allow: names], message: "this path takes \(names) only")
            }
        }
    }

    // MARK: For people

    /// All routes behind the login: each has a permission.
    var pageRoutes: [PageRoute] {
        let parts = PageParts(
            store: store, attendance: attendance, pages: gate.pages, settings: gate.site.settings, live: live,
            board: board, people: people, bell: bell, administration: administration, sessions: gate.sessions,
            places: StreamPlaces(
                most: limits.openPages, mostOfSession: limits.openPagesOfOneSession,
                mostOfAccount: limits.openPagesOfOneAccount), limits: limits, now: now)
        return [
            BoardPages(parts: parts).routes,
            NetworkPages(parts: parts).routes,
            OwnAccountPages(parts: parts).routes,
            AccountPages(parts: parts).routes,
            TokenPages(parts: parts).routes,
            PersonPages(parts: parts).routes,
            PersonnelPages(parts: parts).routes,
            ExportPages(parts: parts, service: exports, note: noteExport).routes,
            AuditPages(parts: parts).routes,
        ].flatMap(\.self)
    }

    private var noteExport: @Sendable (String, String, PageCall) async throws -> Void {
        { [store] object, detail, call in
            try await store.note(
                .export, object: object, detail: detail, by: call.visitor.actor, from: call.address, at: call.moment)
        }
    }

    // MARK: From nodes

    private func takeBatch(_ request: Request) async throws -> Response {
        try Self.require("text/plain", request)
        let text = try await BoundedBody.collect(request, upTo: Batch.mostBytes, within: limits.bodyTime)
        return try await Self.orBusy {
            try await admission.run {
                guard text.count > limits.largeBatch else { return try await answer(to: text) }
                return try await largeAdmission.run { try await answer(to: text) }
            }
        }
    }

    private func answer(to text: [UInt8]) async throws -> Response {
        do {
            let (receipt, signed) = try await ingest.take(text)
            return Self.text(signed, status: Self.status(receipt.answer))
        } catch let error as BatchError {
            throw HTTPError(.badRequest, message: error.description)
        }
    }

    private static func orBusy(_ work: () async throws -> Response) async throws -> Response {
        do {
            return try await work()
        } catch is Admission.Busy {
            throw HTTPError(
                .serviceUnavailable, headers: [.retryAfter: "2"], message: "the centre is busy; send it again")
        }
    }

    private static func status(_ answer: Receipt.Answer) -> HTTPResponse.Status {
        switch answer {
        case .ok: .ok
        case .gap, .fork: .conflict
        case .revoked: .forbidden
        case .bad: .badRequest
        }
    }

    private func enrol(_ request: Request, _ context: CentralContext) async throws -> Response {
        if let wait = enrolmentRate.take(context.address) {
            throw HTTPError(
                .tooManyRequests, headers: [.retryAfter: "\(wait)"], message: "too many tries; wait \(wait) s")
        }
        try Self.require("application/json", request)
        let body = try await BoundedBody.collect(request, upTo: limits.enrolmentBytes, within: limits.bodyTime)
        guard let enrolment = try? JSONDecoder().decode(EnrolmentRequest.self, from: Data(body)), enrolment.v == 1
        else {
            throw HTTPError(.badRequest, message: "the body is not an enrolment request")
        }
        guard let signed = try await self.enrolment.enrol(enrolment) else {
            throw HTTPError(.forbidden, message: "the enrolment code is not valid; ask the centre for a new one")
        }
        return Self.text(signed, status: .ok)
    }

    // MARK: For programs

    /// All routes of the API: each has a permission.
    var apiRoutes: [APIRoute] {
        ReaderAPI(store: store, now: now).routes
            + AttendanceAPI(store: attendance.store, cache: people, account: attendance.account, now: now).routes
    }

    private func add(_ routes: [APIRoute], to group: RouterGroup<CentralContext>) {
        for route in routes {
            group.on(RouterPath(route.path), method: route.method.http) { request, context in
                let call = try APICall(route, request, context)
                return try await Self.orBusy {
                    let bytes = route.method == .post ? try await collect(request, of: call.caller, route.mostBody) : []
                    return try await places.run(route, of: call.caller) {
                        try await route.answer(APICall(call, bytes: bytes))
                    }
                }
            }
        }
        for (path, routes) in Dictionary(grouping: routes, by: \.path) {
            let methods = routes.map(\.method)
            Self.refuseOthers(
                than: methods.contains(.get) ? [.get, .head] + methods.filter { $0 != .get }.map(\.http) : [.post],
                at: path, group)
        }
    }

    /// Before the request has a place: one who sends slowly holds up nobody else.
    private func collect(_ request: Request, of caller: Caller, _ most: Int) async throws -> [UInt8] {
        try Self.require("application/json", request)
        return try await places.collect(of: caller) {
            try await BoundedBody.collect(request, upTo: most, within: limits.bodyTime)
        }
    }

    // MARK: Forms

    private static func require(_ type: String, _ request: Request) throws {
        let given = request.headers[.contentType]?.split(separator: ";").first?.trimmingCharacters(in: .whitespaces)
        guard given?.lowercased() == type else {
            throw HTTPError(.unsupportedMediaType, message: "Content-Type is not \(type)")
        }
    }

    private static func text(_ bytes: [UInt8], status: HTTPResponse.Status) -> Response {
        Response(
            status: status, headers: [.contentType: "text/plain; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
