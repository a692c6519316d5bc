import AttendanceRules
import CentralStore
import Foundation
import Hummingbird
import HummingbirdTesting
import Testing

@testable import CentralServer

/// Made from the table of routes: a page that is added is asked by everybody, without a test of its own.
@Suite("Who may open which page", .timeLimit(.minutes(10)))
struct PagePermissionTests {
    /// What each role may, written down a second time: a change of the table must be meant.
    static let expected: [AccountRole: Set<String>] = {
        let everybody: Set = ["read_self", "own_account"]
        let raw: Set = ["read_punches", "read_devices", "read_nodes", "read_gaps", "read_network"]
        let viewer = raw.union(["read_board"])
        let days: Set = ["read_units", "read_people", "read_workdays", "read_recap", "read_closings", "export"]
        let executive = days.union(["read_board"])
        let head = executive.union(["trace", "read_attestations"])
        let clerk = head.union(["read_unlinked", "write_leave", "write_correction", "write_sheet", "withdraw"])
        return [
            .admin: viewer.union([
                "trace", "read_acts", "accept_file", "import_bundles", "manage_nodes", "manage_accounts",
            ]),
            .viewer: viewer, .executive: executive, .head: head, .clerk: clerk, .employee: [],
            .personnel: clerk.union([
                "read_reasons", "write_coverage", "accept_file", "close_month", "recompute", "write_links",
                "import_files", "import_bundles", "manage_accounts",
            ]),
            .auditor: head.union(raw).union(["read_unlinked", "read_reasons", "read_acts"]),
        ].mapValues { $0.union(everybody) }
    }()

    /// What speaks of the whole government: nobody has it for one unit.
    static let ofGovernment: Set = [
        "read_punches", "read_devices", "read_nodes", "read_gaps", "read_network", "read_acts", "accept_file",
        "import_files", "import_bundles", "manage_nodes", "manage_accounts",
    ]

    static func may(_ role: AccountRole, unit: Int64?, _ permission: Permission) -> Bool {
        expected[role]?.contains(permission.rawValue) == true
            && (unit == nil || !ofGovernment.contains(permission.rawValue))
    }

    @Test("the table says what was decided, and no role has anything else")
    func table() {
        for permission in Permission.allCases {
            for role in AccountRole.allCases {
                for unit in [nil, 1] as [Int64?] {
                    #expect(
                        permission.isAllowed(to: Duty(role, unit: unit)) == Self.may(role, unit: unit, permission),
                        "\(role) of \(unit.map(String.init) ?? "all") \(permission)")
                }
            }
        }
        let auditor = Self.expected[.auditor] ?? []
        #expect(auditor.allSatisfy { $0.hasPrefix("read_") || ["own_account", "export", "trace"].contains($0) })
    }

    // MARK: Every route

    @Test("every path behind the login is in the table of routes, once, with a permission somebody has")
    func routes() async throws {
        try await PageCentre.run { centre, _ in
            let known = Set(centre.routes.map { "\($0.method.rawValue) \($0.path)" })
            #expect(known.count == centre.routes.count)
            let open: Set = ["/masuk", "/keluar", "/livez", "/readyz", "/v1/batches", "/v1/enroll"]
            let others = Set(centre.registeredPaths).filter { path in
                !open.contains(path) && !path.hasPrefix("/aset/") && !path.hasPrefix("/api/v1/")
            }
            #expect(others == Set(centre.routes.map { "/" + $0.path }))
            for route in centre.routes {
                #expect(!route.permission.rule.accounts.isEmpty, "\(route.path)")
                #expect(throws: Never.self) { try PageSamples.path(of: route) }
            }
        }
    }

    @Test("H19 every route takes its own methods only, and nobody who has not signed in")
    func methods() async throws {
        try await PageCentre.run { centre, client in
            let admin = try await PageVisitor(client, centre.store, "admin", .admin, at: monday)
            for (path, routes) in Dictionary(grouping: centre.routes, by: \.path) {
                guard let route = routes.first else { continue }
                let uri = try PageSamples.path(of: route)
                let known = Set(
                    routes.map { $0.method.rawValue } + (routes.contains { $0.method == .get } ? ["HEAD"] : []))
                for method in [.get, .head, .post, .put, .patch, .delete, .options] as [HTTPRequest.Method]
                where !known.contains(method.rawValue) {
                    let response = try await admin.send(uri, method)
                    #expect(response.status == .methodNotAllowed, "\(method) \(path)")
                }
                for route in routes {
                    let response = try await client.execute(
                        uri: uri, method: route.method == .get ? .get : .post, headers: [.origin: "http://localhost"])
                    if PagePaths.streams.contains(uri) {
                        #expect(response.status == .unauthorized, "\(path)")
                    } else {
                        #expect(response.status == .seeOther, "\(path)")
                        #expect(response.headers[.location]?.hasPrefix("/masuk") == true, "\(path)")
                    }
                }
            }
        }
    }

    @Test(
        "every route, asked by every role with an account of no, its own and another unit",
        arguments: AccountRole.allCases)
    func everyRoute(role: AccountRole) async throws {
        // Of those in the unit it is Budi: nobody may state anything about the own days (decision 0040).
        for (unit, employee) in [(nil, nil), (nil, 2), (1, 2), (3, 3)] as [(Int64?, Int64?)] {
            try await PageCentre.run { centre, client in
                let visitor = try await PageVisitor(
                    client, centre.store, "peminta", role, unit: unit, employee: employee, at: monday)
                for route in centre.routes {
                    let asker = "\(role) of \(unit.map(String.init) ?? "all")"
                    var may = Self.may(role, unit: unit, route.permission)
                    if route.permission == .readSelf { may = employee != nil }
                    try await Asked(visitor, route, asker)
                        .expect(may: may, unit: unit, isUnitFixed: unit != nil)
                }
            }
        }
    }

    @Test("H15 every form is refused without its token, and with another session's")
    func forms() async throws {
        try await PageCentre.run { centre, client in
            var visitors: [AccountRole: PageVisitor] = [:]
            for role in AccountRole.allCases {
                visitors[role] = try await PageVisitor(
                    client, centre.store, "\(role)", role, employee: 1, at: monday)
            }
            for route in centre.routes where route.method == .post {
                let role = AccountRole.allCases.first { Self.may($0, unit: nil, route.permission) }
                let visitor = try #require(role.flatMap { visitors[$0] })
                let uri = try PageSamples.path(of: route)
                for form in [nil, "", SecretToken().formToken] {
                    let response =
                        switch route.sent {
                        case .form: try await visitor.post(uri, form: form)
                        case .upload: try await visitor.upload(uri, form: form)
                        }
                    #expect(response.status == .forbidden, "\(uri) with \(form ?? "no token")")
                }
            }
        }
    }

    // MARK: Heads by the records

    @Test(
        "who leads a unit by the records has it in those days and in no others, whatever the role of the account",
        arguments: UnitHead.Capacity.allCases)
    func heads(capacity: UnitHead.Capacity) async throws {
        // Citra of unit 3 leads unit 1 from the third to the fourth of March.
        let span = DateSpan(from: Government.date("2026-03-03"), to: Government.date("2026-03-04"))
        for (day, leads) in [(2, false), (3, true), (4, true), (5, false)] {
            let heads = [(number: PageGovernment.people[2].number, capacity, span)]
            try await PageCentre.run(heads: heads, day: day) { centre, client in
                let visitor = try await PageVisitor(
                    client, centre.store, "peminta", .employee, employee: 3, at: centre.moment)
                for route in centre.routes {
                    var may = Self.may(.employee, unit: nil, route.permission)
                    if leads { may = may || Self.may(.head, unit: 1, route.permission) }
                    try await Asked(visitor, route, "\(capacity) on March \(day)")
                        .expect(may: may, unit: leads ? 1 : nil, isUnitFixed: false)
                }
            }
        }
    }

    @Test("a head whose days end loses the unit at the next request, in the same session")
    func lastDay() async throws {
        let span = DateSpan(from: Government.date("2026-03-01"), to: Government.date("2026-03-02"))
        let heads = [(number: PageGovernment.people[2].number, UnitHead.Capacity.plh, span)]
        try await PageCentre.run(heads: heads) { centre, client in
            let visitor = try await PageVisitor(
                client, centre.store, "peminta", .employee, employee: 3, at: centre.moment)
            // It is 07:00 here: the day ends seventeen hours later.
            centre.clock.pass(17 * 3600 - 1)
            try await centre.store.noteUse(ofSession: visitor.token.hash, at: centre.clock.now())
            #expect(try await visitor.get("/").status == .ok)
            centre.clock.pass(1)
            #expect(try await visitor.get("/").headers[.location] == "/saya")
        }
    }
}

/// A centre whose pages are asked without a socket.
struct PageCentre: Sendable {
    let store: SQLiteCentralStore
    let clock = TestClock()
    let moment: Date
    let administration: Administration
    let log = LogLines()
    private let application: CentralApplication

    private init(_ path: String, day: Int) throws {
        store = try SQLiteCentralStore(path: path)
        clock.pass(Double(day - 2) * 86_400)
        moment = clock.now()
        let ring = KeyRing(CentralKeys())
        administration = Administration(store: store, keys: ring, now: clock.now)
        application = try CentralApplication(
            listen: ListenAddress(host: "127.0.0.1", port: 0), store: store, keys: ring, derive: CountedHash().derive,
            now: clock.now, logger: log.logger)
    }

    var routes: [PageRoute] { application.pageRoutes }
    var registeredPaths: [String] { application.registeredPaths }

    /// - Parameter day: of March 2026, at 07:00 WIB.
    static func run(
        heads: [(number: String, UnitHead.Capacity, DateSpan)] = [], day: Int = 2,
        _ work: @Sendable @escaping (PageCentre, any TestClientProtocol) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            let centre = try PageCentre(directory.appending(path: "central.db").path, day: day)
            try await PageGovernment.fill(centre.store, heads: heads)
            try await centre.application.application().test(.router) { client in try await work(centre, client) }
            try centre.store.close()
        }
    }
}

/// One request to one route, about Ani and unit 1.
private struct Asked {
    let visitor: PageVisitor
    let route: PageRoute
    let asker: String

    init(_ visitor: PageVisitor, _ route: PageRoute, _ asker: String) {
        self.visitor = visitor
        self.route = route
        self.asker = asker
    }

    /// - Parameters:
    ///   - may: what the second table says.
    ///   - unit: where the visitor may; `nil` for everywhere.
    ///   - isUnitFixed: whether the visitor is of that unit in the records, too, so that nothing of another may show.
    func expect(may: Bool, unit: Int64?, isUnitFixed: Bool) async throws {
        let uri = try PageSamples.path(of: route)
        let response: TestResponse
        switch (route.method, route.sent) {
        case (.get, _):
            let query = [PageSamples.queries[route.path], "coba=1"].compactMap(\.self).joined(separator: "&")
            response = try await visitor.get("\(uri)?\(query)")
        case (.post, .form): response = try await visitor.post(uri, PageSamples.fields[route.path] ?? [:])
        case (.post, .upload): response = try await visitor.upload(uri, form: visitor.token.formToken)
        }
        let asked = "\(asker) asks \(route.method.rawValue) \(uri): \(response.status)"
        guard may else {
            #expect(response.status == .forbidden, "\(asked)")
            return checkNames(response, nil, asked)
        }
        let isAboutUnit1 = route.parameters.contains(where: PageSamples.ofUnits.contains)
        if unit == 3, isAboutUnit1 {
            #expect(response.status == .notFound, "\(asked)")
        } else if isAboutUnit1 || route.parameters.isEmpty, route.method == .get {
            #expect([200, 204, 302, 303, 307].contains(response.status.code), "\(asked) \(response.text.prefix(2000))")
        } else {
            // What is not there is not found, and an empty form is refused in words; but nobody is turned away.
            #expect(![401, 403, 405, 415].contains(response.status.code), "\(asked)")
            #expect(response.status.code < 500, "\(asked)")
        }
        if isUnitFixed { checkNames(response, unit, asked) }
    }

    /// - Parameter unit: whose names may stand there; `nil` for nobody's.
    private func checkNames(_ response: TestResponse, _ unit: Int64?, _ asked: String) {
        for (other, marks) in PageGovernment.marks where other != unit {
            for mark in marks { #expect(!response.text.contains(mark), "\(asked) shows \(mark)") }
        }
    }
}
