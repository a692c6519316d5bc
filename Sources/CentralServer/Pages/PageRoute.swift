import AttendanceRules
import CentralAttendance
import CentralPages
import CentralStore
import Foundation
import Hummingbird
import NIOCore

/// One route of the pages. The router takes no others behind the login, so what has no permission has no answer.
package struct PageRoute: Sendable {
    package enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
    }

    /// What comes with a POST. Its form token is checked before anything else is looked at.
    enum Sent: Sendable {
        /// `application/x-www-form-urlencoded`, of at most so many bytes.
        case form(most: Int)
        /// One file and fields as `multipart/form-data`, of at most so many bytes.
        case upload(most: Int)
    }

    package let method: Method
    /// Without the slash in front, with parameters in braces.
    package let path: String
    package let permission: Permission
    let sent: Sent
    let answer: @Sendable (PageCall) async throws -> Response

    init(
        _ method: Method, _ path: String, _ permission: Permission, sent: Sent = .form(most: FormFields.mostBytes),
        answer: @Sendable @escaping (PageCall) async throws -> Response
    ) {
        self.method = method
        self.path = path
        self.permission = permission
        self.sent = sent
        self.answer = answer
    }

    /// Names of the parameters in the path.
    package var parameters: [String] {
        path.split(separator: "/").compactMap { part in part.first == "{" ? String(part.dropFirst().dropLast()) : nil }
    }
}

/// A request of somebody who is signed in, to a route that the person may ask.
struct PageCall: Sendable {
    let visitor: Visitor
    let authority: Authority
    /// Everybody: for names and the tree. What is shown comes out of `source`.
    let whole: RecapSource
    /// The part of the government in which the permission of the route holds; empty for the own pages.
    var source: RecapSource
    let parameters: [String: String]
    let query: [String: String]
    /// Of a POST.
    let fields: FormFields
    /// Of a POST of a form with a file; `nil` where none was chosen.
    let file: MultipartForm.File?
    let frame: PageFrame
    let moment: Date
    /// In the government's zone.
    let today: CivilDate
    /// Of the sender, as far as it is believed.
    let address: String
    /// Of the connection.
    var jar = CookieJar(isSecure: true)
    /// Of the browser, where it has been given one.
    var browser: SecretToken?
    /// Where the visitor reaches the centre: scheme, host and port.
    let origin: String
    let channel: any Channel

    /// For what the visitor does: the store's changes and notes.
    var actor: Actor { visitor.actor(at: address) }

    /// The same for what is not there and what is not the visitor's to see.
    static let absent = HTTPError(.notFound, message: "not found")

    /// The visitor in the records.
    ///
    /// - Throws: `HTTPError` 404.
    func own() throws -> Employee {
        guard let employee = authority.employee.flatMap(whole.employee(id:)) else { throw Self.absent }
        return employee
    }

    /// - Throws: `HTTPError` 404, also for one outside of the scope.
    func unit(_ name: String = "unit") throws -> OrgUnit {
        guard let id = parameters[name].flatMap({ Int64($0) }), source.scope.contains(id), let unit = source.tree[id]
        else { throw Self.absent }
        return unit
    }

    /// - Throws: `HTTPError` 404, also for somebody who never was in the scope.
    func employee(_ name: String = "employee") throws -> Employee {
        guard let id = parameters[name].flatMap({ Int64($0) }), let employee = source.employee(id: id),
            source.scope.contains(employee)
        else { throw Self.absent }
        return employee
    }

    func may(_ permission: Permission) -> Bool { authority.may(permission) }

    /// Whether it may that about this unit.
    func may(_ permission: Permission, in unit: Int64?) -> Bool {
        guard authority.may(permission) else { return false }
        guard let roots = authority.roots(for: permission) else { return true }
        return UnitScope(units: roots, in: whole.tree).contains(unit)
    }
}

/// Asks every route's rule before its answer.
struct PageRouting: Sendable {
    let site: Site
    let frame: FrameMaker
    let people: PeopleCache
    let bodyTime: Duration
    let now: @Sendable () -> Date
    /// Files that are in memory at one time, for all and of one account.
    private let uploads = Admission(most: 4)
    private let uploadsOfAccount = SenderAdmission(most: 1)

    init(
        site: Site, frame: FrameMaker, people: PeopleCache, bodyTime: Duration, now: @escaping @Sendable () -> Date
    ) {
        self.site = site
        self.frame = frame
        self.people = people
        self.bodyTime = bodyTime
        self.now = now
    }

    /// - Parameter group: guarded; whoever gets here has a visitor.
    func add(_ routes: [PageRoute], to group: RouterGroup<CentralContext>) {
        for route in routes {
            group.on(RouterPath(route.path), method: route.method == .get ? .get : .post) { request, context in
                guard case .upload = route.sent, route.method == .post else {
                    return try await route.answer(try await call(route, request, context))
                }
                return try await withPlace(try context.requireVisitor().account) {
                    try await route.answer(try await call(route, request, context))
                }
            }
        }
    }

    /// - Throws: `HTTPError` 400, 401, 403.
    private func call(_ route: PageRoute, _ request: Request, _ context: CentralContext) async throws -> PageCall {
        let visitor = try context.requireVisitor()
        let whole = try await people.source()
        let moment = now()
        let today = today(moment)
        let authority = Authority(visitor, whole.people, today: today)
        guard authority.may(route.permission) else {
            throw HTTPError(.forbidden, message: "the account may not \(route.permission.rawValue)")
        }
        var parameters: [String: String] = [:]
        for name in route.parameters {
            guard let text = context.parameters.get(name)?.removingPercentEncoding else { throw PageCall.absent }
            parameters[name] = text
        }
        var query: [String: String] = [:]
        for (name, value) in request.uri.queryParameters { query[String(name)] = String(value) }
        let (fields, file) = try await sent(route, request, visitor)
        let jar = CookieJar(isSecure: site.isSecure(request, peer: context.address))
        return PageCall(
            visitor: visitor, authority: authority, whole: whole,
            source: try await people.source(of: authority.roots(for: route.permission)), parameters: parameters,
            query: query, fields: fields, file: file, frame: frame.frame(for: visitor, authority, at: moment),
            moment: moment, today: today, address: site.address(request, peer: context.address),
            jar: jar, browser: jar.token(.browser, request),
            origin: site.origin(request, peer: context.address), channel: context.channel)
    }

    private func sent(
        _ route: PageRoute, _ request: Request, _ visitor: Visitor
    ) async throws -> (FormFields, MultipartForm.File?) {
        guard route.method == .post else { return (.none, nil) }
        switch route.sent {
        case .form(let most):
            let fields = try await FormFields.collect(request, upTo: most, within: bodyTime)
            try FormGuard.check(fields["token"], is: visitor.formToken)
            return (fields, nil)
        case .upload(let most):
            do {
                let boundary = try MultipartForm.boundary(request.headers[.contentType] ?? "")
                let body = try await BoundedBody.collect(request, upTo: most, within: bodyTime)
                let form = try MultipartForm(body, boundary: boundary) { token in
                    try FormGuard.check(token, is: visitor.formToken)
                }
                return (FormFields(values: form.fields), form.file)
            } catch let malformed as MultipartForm.Malformed {
                // A body that was not read would be taken for the next request.
                throw HTTPError(
                    .badRequest, headers: [.connection: "close"], message: "the form cannot be read: \(malformed.why)")
            }
        }
    }

    /// A file takes memory that ingest needs, too.
    private func withPlace(_ account: String, _ work: () async throws -> Response) async throws -> Response {
        do {
            return try await uploadsOfAccount.run(account) { try await uploads.run(work) }
        } catch is Admission.Busy {
            throw HTTPError(
                .serviceUnavailable, headers: [.retryAfter: "5", .connection: "close"],
                message: "other files are being read; send it again")
        }
    }

    private func today(_ moment: Date) -> CivilDate { frame.settings.value.date(of: moment) }
}

extension PageParts {
    /// Names with their days are a look at these people: one line for the list, and no list without it.
    ///
    /// - Parameters:
    ///   - page: a word of ours.
    ///   - unit: with those below it; `nil` for all that the visitor may see.
    func noteList(_ page: String, of unit: Int64?, _ call: PageCall) async throws {
        try await store.note(
            .viewPerson, object: unit.map { "unit:\($0)" } ?? "", detail: #"{"page":"\#(page)"}"#, by: call.actor,
            from: call.address, at: now())
    }
}

/// What routes of pages are made with.
struct PageParts: Sendable {
    let store: any CentralStore
    let attendance: AttendanceParts
    let pages: CentralPages
    let settings: PagesSettings
    let live: LivePages
    let board: Board
    let people: PeopleCache
    let bell: ChangeBell
    let administration: Administration
    let sessions: SessionService
    let places: StreamPlaces
    let limits: CentralLimits
    let now: @Sendable () -> Date
}
