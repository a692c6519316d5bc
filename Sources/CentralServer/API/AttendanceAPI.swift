import Attendance
import AttendanceRules
import CentralAttendance
import CentralStore
import Foundation
import Hummingbird

/// People, workdays and recaps for programs, each within the unit of its token.
struct AttendanceAPI: Sendable {
    let store: any AttendanceStore
    let cache: PeopleCache
    let account: @Sendable (_ employee: Int64, CivilDate) async throws -> DayAccount?
    let now: @Sendable () -> Date

    /// Longest span of days in one answer.
    static let mostDays = 366

    var routes: [APIRoute] { peopleRoutes + dayRoutes + recapRoutes + statementRoutes + writingRoutes }

    /// What the caller may see: a unit that is not there any more has nobody.
    func source(_ call: APICall) async throws -> RecapSource {
        try await cache.source(of: call.caller.grant.unit.map { [$0] })
    }

    /// As `source`, narrowed to the unit asked for where one is.
    func askedSource(_ call: APICall) async throws -> (source: RecapSource, unit: OrgUnit?) {
        let source = try await source(call)
        guard let name = call.query["unit"] else { return (source, nil) }
        guard let unit = source.unit(named: name) else { throw APICall.absent }
        return (source.narrowed(to: unit), unit)
    }

    func employee(_ call: APICall, _ source: RecapSource) throws -> Employee {
        guard let employee = call.parameters["number"].flatMap(source.employee) else { throw APICall.absent }
        return employee
    }

    // MARK: People

    private var peopleRoutes: [APIRoute] {
        [
            APIRoute(.get, "units", .readUnits, query: ["after", "limit"]) { call in
                let source = try await source(call)
                let units = source.people.units.filter { source.scope.contains($0.id) }
                return try page("units", units, by: \.id, call) { Shapes.unit($0, source) }
            },
            APIRoute(.get, "employees", .readPeople, query: ["unit", "date", "after", "limit"]) { call in
                let (source, _) = try await askedSource(call)
                let date = try call.date("date")
                let found = source.people.employees.filter { employee in
                    date.map { source.scope.contains(employee, on: $0) && employee.employment(on: $0) != nil }
                        ?? source.scope.contains(employee)
                }
                return try page("employees", found, by: \.id, call) { Shapes.employee($0, source) }
            },
            APIRoute(.get, "employees/{number}", .readPeople) { call in
                let source = try await source(call)
                return try APIAnswer.of(Shapes.employee(try employee(call, source), source))
            },
            APIRoute(.get, "unlinked", .readUnlinked, query: ["unit", "after", "limit"]) { call in
                try await unlinked(call)
            },
        ]
    }

    /// User ids that scan and are nobody's today, by their place in the list of the store.
    private func unlinked(_ call: APICall) async throws -> Response {
        let (source, _) = try await askedSource(call)
        let linked = Set(source.people.links.map { LinkedID(scope: $0.scope, userID: $0.userID) })
        let seen = try await store.seenUserIDs().filter { seen in
            source.scope.contains(seen.unit) && !linked.contains(LinkedID(scope: .unit(seen.unit), userID: seen.userID))
                && !linked.contains(LinkedID(scope: .device(seen.serial), userID: seen.userID))
        }
        let numbered = seen.enumerated().map { (place: Int64($0.offset) + 1, seen: $0.element) }
        return try page("unlinked", numbered, by: \.place, call) { item in
            [
                "serial": .text(item.seen.serial), "unit": JSONValue(source.tree[item.seen.unit]?.name),
                "user_id": .text(item.seen.userID.text), "user_id_hex": JSONValue(item.seen.userID.hexIfNotText),
                "device_name": JSONValue(item.seen.deviceName), "first": JSONValue(item.seen.first),
                "last": JSONValue(item.seen.last), "scans": JSONValue(item.seen.scans),
            ]
        }
    }

    private struct LinkedID: Hashable {
        let scope: IdentityLink.Scope
        let userID: UserID
    }

    // MARK: Days

    private var dayRoutes: [APIRoute] {
        [
            APIRoute(.get, "employees/{number}/workdays", .readWorkdays, query: ["month", "from", "to"]) { call in
                let source = try await source(call)
                let employee = try employee(call, source)
                let dates = try call.dates(upTo: Self.mostDays)
                let days = try await source.days(of: [employee.id], in: dates)
                var recap = Recap()
                for day in days { recap.add(day) }
                let adjusted = try await source.adjustments(in: dates).filter { $0.employee == employee.id }
                var answer = Shapes.name(employee, source).merging(Shapes.basis(recap)) { $1 }
                answer["from"] = .text(dates.lowerBound.text)
                answer["to"] = .text(dates.upperBound.text)
                answer["total"] = Shapes.figures(recap.total)
                answer["workdays"] = .array(days.map { Shapes.day($0, source) })
                answer["adjustments"] = .array(adjusted.map(Shapes.adjustment))
                return try APIAnswer.of(JSONValue.object(answer))
            },
            APIRoute(.get, "employees/{number}/workdays/{date}", .readWorkdays) { call in
                let source = try await source(call)
                let employee = try employee(call, source)
                guard let date = call.parameters["date"].flatMap({ CivilDate(text: $0) }),
                    let day = try await source.days(of: [employee.id], in: date...date).first
                else { throw APICall.absent }
                // A closed copy stays with the unit of then; what came later belongs to where the person is placed now.
                let isPlaced = source.isPlaced(employee.id, on: date)
                let changes = isPlaced ? try await store.changes(of: employee.id, on: date) : []
                var answer = Shapes.name(employee, source)
                answer["workday"] = Shapes.day(day, source)
                answer["changes"] = .array(changes.map(Shapes.change))
                answer["account"] = isPlaced ? try await account(employee.id, date).map(Shapes.account) ?? .null : .null
                return try APIAnswer.of(JSONValue.object(answer))
            },
        ]
    }

    // MARK: Lists

    /// A part of a list in the order of a number; `next` is the `after` of the next request, `null` at the end.
    func page<Item>(
        _ name: String, _ items: [Item], by key: (Item) -> Int64, _ call: APICall,
        adding more: [String: JSONValue] = [:],
        shape: (Item) -> JSONValue
    ) throws -> Response {
        let after = try call.number("after", default: 0, in: 0...Int64.max)
        let limit = Int(try call.number("limit", default: 500, in: 1...5000))
        let rest = items.filter { key($0) > after }.sorted { key($0) < key($1) }
        let shown = rest.prefix(limit)
        var answer = more
        answer[name] = .array(shown.map(shape))
        answer["next"] = rest.count > limit ? JSONValue(shown.last.map(key)) : .null
        return try APIAnswer.of(JSONValue.object(answer))
    }
}

extension Shapes {
    static func adjustment(_ adjustment: Adjustment) -> JSONValue {
        [
            "date": .text(adjustment.closed.date.text), "closed": .object(workday(adjustment.closed)),
            "now": .object(workday(adjustment.now)),
        ]
    }
}

extension APICall {
    func date(_ name: String) throws -> CivilDate? {
        guard let text = query[name] else { return nil }
        guard let date = CivilDate(text: text) else {
            throw HTTPError(.badRequest, message: "\(name) is not a date YYYY-MM-DD that exists")
        }
        return date
    }

    func month(_ name: String) throws -> CivilMonth? {
        guard let text = query[name] else { return nil }
        guard let month = CivilMonth(text: text) else {
            throw HTTPError(.badRequest, message: "\(name) is not a month YYYY-MM")
        }
        return month
    }

    /// `month`, or `from` and `to`.
    func dates(upTo most: Int) throws -> ClosedRange<CivilDate> {
        switch (try month("month"), try date("from"), try date("to")) {
        case (let month?, nil, nil): return month.dates
        case (nil, let from?, let to?):
            guard from <= to, from.distance(to: to) < most else {
                throw HTTPError(.badRequest, message: "from and to are not 1 to \(most) days in order")
            }
            return from...to
        default: throw HTTPError(.badRequest, message: "this needs month, or from and to")
        }
    }
}

/// Where people and workdays come from.
package struct AttendanceParts: Sendable {
    package let store: any AttendanceStore
    package let account: @Sendable (_ employee: Int64, CivilDate) async throws -> DayAccount?

    package init(
        _ store: any AttendanceStore,
        account: @escaping @Sendable (_ employee: Int64, CivilDate) async throws -> DayAccount?
    ) {
        self.store = store
        self.account = account
    }

    /// - Parameter timezone: of the government.
    package init(_ store: any CentralStore, timezone: TimeZone, now: @escaping @Sendable () -> Date) {
        let recomputation = Recomputation(store: store, timezone: timezone, now: now)
        self.init(store) { employee, date in
            try await recomputation.account(of: employee, on: date).map(DayAccount.init)
        }
    }
}
